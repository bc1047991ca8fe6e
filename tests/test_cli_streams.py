"""Streams: closed, broken, narrow or in another encoding; none of it is a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scimlytics.cli import publish, streams
from scimlytics.errors import InputError
from tests.cli import TOML, small_tenant, spawn


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_tenant(tmp_path_factory.mktemp("evidence") / "small")


def test_a_reader_that_goes_away_is_no_error(tenant: Path) -> None:
    ran = spawn("inspect", tenant, "--format", "json", shell="| head -c 5")

    assert ran.out == '{\n  "'
    assert "Traceback" not in ran.err
    assert not ran.errors


def test_help_that_nobody_reads_is_no_error() -> None:
    ran = spawn("--help", shell="| true")

    assert ran.err == ""


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_closed_streams_leave_the_exit_code_alone(tenant: Path, closed: str) -> None:
    ran = spawn("inspect", tenant, shell=closed)

    assert ran.code == 0
    assert "Traceback" not in ran.out + ran.err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line() -> None:
    ran = spawn("--version", shell="> /dev/full")

    assert ran.code == 2
    assert ran.err == (
        "Error: stdout: cannot be written (No space left on device); use --out FILE, or make room.\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_tables_are_shown_in_any_encoding(tenant: Path, encoding: str) -> None:
    ran = spawn("inspect", tenant, shell="| cat -v", PYTHONIOENCODING=encoding, PYTHONUTF8="0")

    assert "Traceback" not in ran.err
    assert "users.json" in ran.out
    assert "M-" not in ran.out


def test_json_is_utf_8_whatever_the_terminal_speaks(tmp_path: Path) -> None:
    tenant = small_tenant(tmp_path / "Größe", toml=TOML.replace('name = "small"', ""))

    ran = spawn("inspect", tenant, "--format", "json", PYTHONIOENCODING="ascii", PYTHONUTF8="0")

    assert json.loads(ran.out)["evidence"]["name"] == "Größe"


@pytest.mark.parametrize("columns", ["0", "-3", "wide", "1", "99999"])
def test_a_strange_width_is_no_error(tenant: Path, columns: str) -> None:
    ran = spawn("inspect", tenant, COLUMNS=columns)

    assert (ran.code, ran.errors) == (0, [])
    assert spawn("check", "--help", COLUMNS=columns).code == 0


def test_nothing_moves_on_a_stream_that_is_no_terminal(tenant: Path) -> None:
    ran = spawn("inspect", tenant)

    assert "\x1b" not in ran.out + ran.err
    assert "\r" not in ran.out + ran.err


def test_invisible_characters_are_shown_by_their_code() -> None:
    shown = streams.visible("a\x1b[0m\u202eb\u200b\ufeff\n\x85\u2066é → 你")

    assert shown == "a\\u001b[0m\\u202eb\\u200b\\ufeff\\u000a\\u0085\\u2066é → 你"


def test_an_error_keeps_to_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    streams.complain("two files:\na.json\x1b[2J: no JSON\nb.json: empty")

    assert capsys.readouterr().err == (
        "Error: two files:\n  a.json\\u001b[2J: no JSON\n  b.json: empty\n"
    )


def test_a_file_is_written_whole_and_replaces_the_former(tmp_path: Path) -> None:
    out = tmp_path / "findings.json"
    out.write_text("former")

    publish.publish("now", out)

    assert out.read_text() == "now"
    assert list(tmp_path.iterdir()) == [out]


def test_a_link_is_followed_and_not_replaced(tmp_path: Path) -> None:
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("former")
    link.symlink_to(real)

    publish.publish("now", link)

    assert link.is_symlink()
    assert real.read_text() == "now"


def test_a_device_is_written_and_not_replaced() -> None:
    publish.publish("now", Path("/dev/null"))

    assert not Path("/dev/null").is_file()


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(InputError, match="No space left on device"):
        publish.publish("now", tmp_path / "findings.json")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (".", "is a folder"),
        ("nowhere/findings.json", "its folder does not exist"),
        ("evidence/findings.json", "would become part of the evidence"),
        ("x" * 300, "is no place for a file"),
    ],
)
def test_an_impossible_out_is_refused_before_the_work_begins(
    tmp_path: Path, name: str, says: str
) -> None:
    (tmp_path / "evidence").mkdir()

    with pytest.raises(InputError, match=says):
        publish.ready(tmp_path / name, tmp_path / "evidence")
