"""``init``: an empty folder that says what to export, and that can be read once it is filled."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimlytics.cli.exports import SOURCES, TARGETS, guide
from scimlytics.settings import read_settings
from tests.cli import call
from tests.native import graph_user, users_page, write_evidence
from tests.native_target import filescom_user


def test_the_folder_says_what_to_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "evidence"

    ran = call(capsys, "init", folder, "--source", "entra", "--target", "files.com")

    page = (folder / "README.md").read_text("utf-8")
    assert (ran.code, ran.out) == (0, f"{folder / 'README.md'}\n")
    assert {one.name for one in folder.iterdir()} == {
        "README.md", "scimlytics.toml", "source", "target", "log",
    }  # fmt: skip
    assert "`User.Read.All`" in page
    assert "Okta" not in page


def test_without_names_all_systems_are_on_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "init", tmp_path / "evidence")

    page = (tmp_path / "evidence/README.md").read_text("utf-8")
    assert all(one.title in page for one in (*SOURCES.values(), *TARGETS.values()))


def test_the_settings_it_writes_are_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "init", tmp_path / "evidence", "--source", "okta", "--target", "scim")

    settings = read_settings(tmp_path / "evidence")

    assert (settings.source.system, settings.target.system) == ("okta", "scim")


def test_every_key_in_the_settings_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "init", tmp_path / "evidence")
    path = tmp_path / "evidence/scimlytics.toml"
    text = path.read_text("utf-8")

    path.write_text(
        text.replace("# ", "", 1).replace("\n# ", "\n").replace("Every key", "# Every key")
    )

    assert read_settings(path.parent).log.covers is not None


def test_a_filled_folder_can_be_inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call(capsys, "init", tmp_path / "e")
    write_evidence(
        tmp_path / "e",
        {"source/a.json": users_page(graph_user()), "target/b.json": [filescom_user("ada")]},
    )

    ran = call(capsys, "inspect", tmp_path / "e")

    assert (ran.code, ran.err) == (0, "2 files, all of them read.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--source", "entraa"], "Did you mean 'entra'?"),
        (["--target", "dropbox"], "There are: files.com, scim."),
        (["--soruce", "entra"], "No such option"),
    ],
)
def test_what_it_does_not_know_is_refused(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = call(capsys, "init", tmp_path / "e", *arguments)

    assert ran.code == 2
    assert says in ran.err
    assert not (tmp_path / "e").exists()


def test_a_folder_that_holds_something_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("mine")

    ran = call(capsys, "init", tmp_path)

    assert (ran.code, ran.err) == (2, f"Error: {tmp_path}: is not empty; name another folder.\n")
    assert [one.name for one in tmp_path.iterdir()] == ["mine.txt"]


def test_a_file_in_the_way_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")

    ran = call(capsys, "init", tmp_path / "file")

    assert (ran.code, len(ran.errors)) == (2, 1)


def test_no_right_that_writes_is_ever_asked_for() -> None:
    text = guide([*SOURCES.values(), *TARGETS.values()])

    assert "ReadWrite" not in text
    assert ".manage" not in text
