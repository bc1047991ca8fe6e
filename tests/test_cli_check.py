"""``check``: findings in every format, exit codes, and one line for everything that is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from scimlytics.cli.commands.check import Checked, checked_evidence
from tests.cli import TOML, UNPROVEN, call, small_tenant
from tests.native import graph_user, users_page, write_evidence

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """What the small tenant comes to; asked once, since asking takes seconds."""
    return checked_evidence(small_tenant(tmp_path_factory.mktemp("small")))


@pytest.fixture
def answered(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``check`` answer at once, whatever evidence it is given."""
    monkeypatch.setattr("scimlytics.cli.commands.check.checked_evidence", lambda *_, **__: checked)


def no_such_folder(tmp_path: Path) -> Path:
    return tmp_path / "nowhere"


def a_file(tmp_path: Path) -> Path:
    path = tmp_path / "users.json"
    path.write_text("[]")
    return path


def empty_folder(tmp_path: Path) -> Path:
    return tmp_path


def without_a_target(tmp_path: Path) -> Path:
    return write_evidence(tmp_path, {"source/users.json": users_page(graph_user())})


def unknown_key(tmp_path: Path) -> Path:
    return small_tenant(tmp_path, toml=TOML + "\n[targett]\n")


def no_toml(tmp_path: Path) -> Path:
    return small_tenant(tmp_path, toml="name = ")


def a_pdf(tmp_path: Path) -> Path:
    return write_evidence(small_tenant(tmp_path), {"source/scan.json": PDF})


def half_a_gzip(tmp_path: Path) -> Path:
    whole = gzip.compress(json.dumps(users_page(graph_user())).encode())
    return write_evidence(small_tenant(tmp_path), {"source/more.json.gz": whole[: len(whole) // 2]})


BAD = [
    (no_such_folder, "nowhere"),
    (a_file, "users.json"),
    (empty_folder, "empty"),
    (without_a_target, "target"),
    (unknown_key, "Did you mean 'target'?"),
    (no_toml, "scimlytics.toml"),
    (a_pdf, "source/scan.json"),
    (half_a_gzip, "source/more.json.gz"),
]


@pytest.mark.parametrize(("make", "says"), BAD, ids=lambda one: getattr(one, "__name__", ""))
def test_bad_evidence_is_one_line_and_exit_2(
    make: Callable[[Path], Path], says: str, tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "check", make(tmp_path))

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert ran.err.startswith("Error: ")
    assert says in ran.err


def test_all_files_that_cannot_be_read_are_listed(tmp_path: Path, capsys: Capsys) -> None:
    files = {"source/scan.json": PDF, "target/broken.json": '[\n{"id": 1,}\n]'}

    ran = call(capsys, "check", write_evidence(small_tenant(tmp_path), files))

    assert (ran.code, len(ran.errors)) == (2, 1)
    assert "source/scan.json" in ran.err
    assert "target/broken.json, line 2" in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--only", "missing_user"], "Did you mean 'missing_users'?"),
        (["--only", "zzz"], "There are: "),
        (["--format", "xml"], "'xml' is not one of"),
        (["--fail-on", "bad"], "There are: critical, high, medium, low, info."),
        (["--fail-on", "new:high"], "--history"),
        (["--as-of", "yesterday"], "2026-11-20T06:00:00Z"),
        (["--as-of", "2026-11-20T06:00:00"], "zone"),
        (["--as-of", "2026-02-30T00:00:00Z"], "no time"),
        (["--as-of", "0001-01-01T00:00:00+14:00"], "out of range"),
        (["--out", "."], "is a folder"),
        (["--out", "nowhere/x.json"], "folder does not exist"),
        (["--colour"], "No such option"),
        (["more"], "unexpected extra argument"),
    ],
)
def test_bad_options_are_one_line_and_exit_2(
    options: list[str], says: str, tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "check", small_tenant(tmp_path), *options)

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert says in ran.err


def test_an_empty_name_is_not_the_current_folder(capsys: Capsys) -> None:
    ran = call(capsys, "check", "")

    assert ran.code == 2
    assert "is empty; name a folder." in ran.err


def test_what_is_wrong_with_the_options_is_said_before_anything_is_read(
    tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "check", tmp_path / "nowhere", "--only", "missing_user")

    assert "Did you mean 'missing_users'?" in ran.err


def test_the_account_that_is_gone_is_found(tmp_path: Path, capsys: Capsys) -> None:
    ran = call(capsys, "check", small_tenant(tmp_path), "--format", "json")

    said = json.loads(ran.out)
    assert ran.code == 1
    assert list(said) == ["version", "evidence", "findings"]
    gone = {one["subject"]: one for one in said["findings"] if one["situation"] == "missing"}
    assert "bob@example.com" in gone
    assert "ada@example.com" not in gone


def test_json_says_what_evidence_it_is_about(
    answered: None, tmp_path: Path, capsys: Capsys
) -> None:
    about = json.loads(call(capsys, "check", tmp_path, "--format", "json").out)["evidence"]

    assert list(about) == ["name", "as_of", "source", "target", "log"]
    assert (about["name"], about["as_of"]) == ("small", "2026-11-20T06:10:00Z")
    assert about["source"] == {
        "system": "entra",
        "taken_at": "2026-11-20T06:00:00Z",
        "complete": {
            "users": "complete",
            "groups": "absent",
            "memberships": "absent",
            "assignments": "complete",
        },
    }
    assert set(about["target"]["complete"]) == {"users", "groups", "memberships"}
    assert list(about["log"][0]) == ["product", "job", "from", "to", "events"]
    assert (about["log"][0]["product"], about["log"][0]["events"]) == ("entra", 3)


def test_the_same_evidence_gives_the_same_bytes(
    answered: None, tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = call(capsys, "check", tmp_path, "--format", "json")
    monkeypatch.undo()

    again = call(capsys, "check", small_tenant(tmp_path / "copy"), "--format", "json")

    assert first.out == again.out


def test_an_unproven_target_gives_exit_3(tmp_path: Path, capsys: Capsys) -> None:
    ran = call(capsys, "check", small_tenant(tmp_path, toml=UNPROVEN), "--format", "json")

    certain = [one for one in json.loads(ran.out)["findings"] if one["situation"] == "missing"]
    assert {one["certainty"] for one in certain} == {"suspected"}
    assert ran.code == 3


def test_a_check_that_was_asked_for_and_lacks_its_input_gives_exit_3(
    tmp_path: Path, capsys: Capsys
) -> None:
    tenant = small_tenant(tmp_path)
    (tenant / "log" / "events.json").unlink()

    ran = call(capsys, "check", tenant, "--only", "throttling_gaps", "--format", "json")

    skipped, summary = ran.err.splitlines()
    assert json.loads(ran.out)["findings"] == []
    assert ran.code == 3
    assert skipped.startswith("Skipped throttling_gaps: ")
    assert summary == "No findings. small, as of 2026-11-20T06:10:00Z."


def test_as_of_an_earlier_time_says_so(tmp_path: Path, capsys: Capsys) -> None:
    tenant, earlier = small_tenant(tmp_path), "2026-11-19T00:00:00+01:00"

    ran = call(capsys, "check", tenant, "--as-of", earlier, "--format", "json")

    assert json.loads(ran.out)["evidence"]["as_of"] == "2026-11-18T23:00:00Z"


@pytest.mark.parametrize(("limit", "code"), [("critical", 0), ("high", 1), ("info", 1)])
def test_fail_on_decides_what_fails(
    answered: None, limit: str, code: int, tmp_path: Path, capsys: Capsys
) -> None:
    assert call(capsys, "check", tmp_path, "--fail-on", limit).code == code


def test_stderr_says_what_was_skipped_and_sums_up(
    answered: None, tmp_path: Path, capsys: Capsys
) -> None:
    *skipped, summary = call(capsys, "check", tmp_path).err.splitlines()

    assert skipped
    assert all(line.startswith("Skipped ") for line in skipped)
    assert summary.startswith("2 findings: 2 high.")


def test_csv_goes_to_a_file_and_cannot_hold_a_formula(
    answered: None, tmp_path: Path, capsys: Capsys
) -> None:
    out = tmp_path / "findings.csv"

    ran = call(capsys, "check", tmp_path / "e", "--format", "csv", "--out", out)

    rows = list(csv.DictReader(io.StringIO(out.read_text("utf-8"), newline="")))
    assert (ran.code, ran.out) == (1, "")
    assert "'=eve@example.com" in {one["subject"] for one in rows}


def test_parquet_holds_what_json_holds(
    answered: None, checked: Checked, tmp_path: Path, capsys: Capsys
) -> None:
    out = tmp_path / "findings.parquet"

    call(capsys, "check", tmp_path / "e", "--format", "parquet", "--out", out)

    ids = [one["finding_id"] for one in checked.findings]
    assert pq.read_table(out).column("finding_id").to_pylist() == ids


@pytest.mark.parametrize(
    ("form", "begins"), [("junit", "<?xml"), ("github", "::"), ("table", "\n")]
)
def test_the_other_formats_are_written_too(
    answered: None, form: str, begins: str, tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "check", tmp_path, "--format", form)

    assert ran.code == 1
    assert ran.out.startswith(begins)
    assert "bob@example.com" in ran.out


def test_a_bug_keeps_its_traceback_and_exits_70(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("scimlytics.checks.run", broken)

    ran = call(capsys, "check", small_tenant(tmp_path))

    assert ran.code == 70
    assert "Traceback (most recent call last):" in ran.err
    assert "ZeroDivisionError: a bug" in ran.err


def test_an_interrupt_is_a_word_and_not_a_traceback(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scimlytics.checks.run", stopped)

    ran = call(capsys, "check", small_tenant(tmp_path))

    assert (ran.code, ran.err) == (130, "Interrupted.\n")
