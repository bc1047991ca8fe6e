"""``inspect``: every file is listed, what it is, and what follows from all of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from tests.cli import TOML, UNPROVEN, call, small_tenant
from tests.native import graph_user, users_page, write_evidence

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"


def test_each_file_has_a_line_with_its_name_and_its_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = call(capsys, "inspect", small_tenant(tmp_path))

    line = next(line for line in ran.out.splitlines() if "source/users.json" in line)
    assert ran.code == 0
    assert " 3 " in line
    assert "Graph users" in line
    assert ran.err == "4 files, all of them read.\n"


def test_json_says_the_same_and_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = call(capsys, "inspect", small_tenant(tmp_path), "--format", "json")

    said = json.loads(ran.out)
    users = next(one for one in said["files"] if one["path"] == "source/users.json")
    assert said["version"] == 1
    assert said["evidence"]["name"] == "small"
    assert (users["role"], users["tables"]["users"], users["error"]) == ("source", 3, None)
    assert [one["path"] for one in said["files"]] == sorted(one["path"] for one in said["files"])


def test_completeness_is_shown_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = UNPROVEN
    ran = call(capsys, "inspect", small_tenant(tmp_path, toml=toml), "--format", "json")

    graded = {(one["side"], one["collection"]): one for one in json.loads(ran.out)["completeness"]}
    assert graded["source", "users"]["grade"] == "complete"
    assert graded["target", "users"]["grade"] in ("unproven", "suspect")
    assert graded["target", "groups"]["grade"] == "absent"
    assert all(one["why"] for one in graded.values())


def test_it_says_what_can_and_cannot_be_concluded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = call(capsys, "inspect", small_tenant(tmp_path))

    assert "Can be concluded" in ran.out
    assert "Cannot be concluded" in ran.out
    assert "Which groups are missing" in ran.out


def test_a_folder_without_roles_is_listed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_evidence(tmp_path, {"people.json": users_page(graph_user())})

    ran = call(capsys, "inspect", tmp_path)

    line = next(line for line in ran.out.splitlines() if "people.json" in line)
    assert ran.code == 0
    assert " 1 " in line


def test_files_that_cannot_be_read_are_all_listed_and_the_others_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_tenant(tmp_path)
    write_evidence(
        tmp_path,
        {
            "source/scan.json": PDF,
            "log/half.json.gz": gzip.compress(b'{"value": [' + b" " * 5000 + b"]}")[:-12],
            "target/broken.json": '[\n{"id": 1,}\n]',
        },
    )

    ran = call(capsys, "inspect", tmp_path)

    assert ran.code == 2
    assert len(ran.errors) == 1
    for name in ("source/scan.json", "log/half.json.gz", "target/broken.json"):
        assert name in ran.out
        assert name in ran.err
    assert "line 2" in ran.out
    assert "source/users.json" in ran.out


def test_json_is_written_also_when_a_file_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_evidence(small_tenant(tmp_path), {"source/scan.json": PDF})

    ran = call(capsys, "inspect", tmp_path, "--format", "json")

    wrong = [one["path"] for one in json.loads(ran.out)["files"] if one["error"]]
    assert (ran.code, wrong) == (2, ["source/scan.json"])


def test_rows_put_aside_are_counted_with_the_first_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = users_page(graph_user(), {**graph_user("u2"), "id": None})
    write_evidence(tmp_path, {"source/users.json": page})

    ran = call(capsys, "inspect", tmp_path)

    assert ran.code == 0
    assert "source/users.json: 1 row put aside, row 2:" in ran.out


def test_the_load_report_can_go_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "load.json"

    ran = call(
        capsys, "inspect", small_tenant(tmp_path / "e", toml=TOML), "--format", "json", "--out", out
    )

    assert (ran.code, ran.out) == (0, "")
    assert json.loads(out.read_text("utf-8"))["version"] == 1
