"""Findings over runs: new, persisting, resolved, with another cause, and out of sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scimlytics as scim
from scimlytics import checks, history
from scimlytics.history.outcome import paired
from tests.cli import call, small_tenant
from tests.native import attribute_mapping, sync_schema
from tests.scene import EARLY, LATE, Scene


def scene(*accounts: str) -> Scene:
    """Ada is in order; Bob and Cid were created once and are gone, unless they are named."""
    made = Scene()
    made.person("ada")
    for name in ("bob", "cid"):
        made.person(name, account=name in accounts)
        made.event(name, EARLY, action="create", target_id=f"a-{name}")
    made.group("Finance", "ada", "bob", inside=("ada", *(one for one in accounts if one == "bob")))
    return made


def later(folder: Path, old: str = "", new: str = "") -> Path:
    """The same evidence, a day later; with something else said about it."""
    path = folder / "scimlytics.toml"
    text = path.read_text().replace("taken_at = 2026-11-20", "taken_at = 2026-11-21")
    text = text.replace("2026-11-20T06:00:00Z]", "2026-11-21T06:00:00Z]")
    path.write_text(text.replace(old, new) if old else text)
    return folder


def kept(place: Path, folder: Path) -> history.Outcome:
    with scim.read(folder) as evidence:
        run = checks.run(evidence)
        asked = [name for name in checks.CHECKS if name not in run.skipped]
        return history.keep(place, evidence, run.findings, asked)


def statuses(outcome: history.Outcome) -> dict[str, str]:
    rows = outcome.findings.select(["subject", "status"]).to_pylist()
    return {row["subject"]: row["status"] for row in rows}


def subjects(rows: pa.Table) -> set[str]:
    return set(rows.column("subject").to_pylist())


BOB, CID = "bob@example.com", "cid@example.com"
EDGE = f"{BOB} → Finance"


def test_the_first_run_is_new_the_same_again_persists_a_repair_is_resolved(tmp_path: Path) -> None:
    place = tmp_path / "history"
    first = kept(place, scene().write(tmp_path / "1"))
    again = kept(place, tmp_path / "1")
    repaired = kept(place, later(scene("bob").write(tmp_path / "2")))

    assert set(statuses(first).values()) == {"new"}
    assert set(statuses(again).values()) == {"persisting"}
    assert again.findings.column("first_seen").unique().to_pylist() == [first_moment(tmp_path)]
    assert statuses(repaired)[CID] == "persisting"
    assert subjects(repaired.resolved) == {BOB, EDGE}
    assert repaired.unknown.num_rows == 0


def first_moment(tmp_path: Path) -> object:
    with scim.read(tmp_path / "1") as evidence:
        return evidence.as_of


def test_what_comes_back_after_it_was_resolved_is_new(tmp_path: Path) -> None:
    place = tmp_path / "history"
    kept(place, scene().write(tmp_path / "1"))
    kept(place, later(scene("bob", "cid").write(tmp_path / "2")))
    back = kept(place, later(scene("cid").write(tmp_path / "3")))

    assert statuses(back)[BOB] == "new"


def test_a_partial_pull_resolves_nothing_and_what_it_hid_persists(tmp_path: Path) -> None:
    place = tmp_path / "history"
    kept(place, scene().write(tmp_path / "1"))
    partial = scene("bob", "cid")
    for name in ("bob", "cid"):
        del partial.people[name], partial.accounts[name]
    partial.assigned = partial.assigned[:1]
    partial.members["Finance"] = partial.members["Finance"][:1]
    partial.inside["Finance"] = ["a-ada"]
    # Bare lists, which nobody calls complete: where they end, a page may be missing.
    partial.files["source/users.json"] = list(partial.people.values())
    partial.files["source/assignments.json"] = partial.assigned
    declared = 'complete = ["users", "groups", "memberships", "assignments"]'
    hidden = kept(place, later(partial.write(tmp_path / "2"), declared, "complete = []"))
    seen = kept(place, later(scene().write(tmp_path / "3")))

    assert hidden.resolved.num_rows == 0
    assert {BOB, CID, EDGE} <= subjects(hidden.unknown)
    assert statuses(seen)[BOB] == statuses(seen)[CID] == "persisting"


def test_who_is_shown_not_to_be_wanted_any_more_is_resolved(tmp_path: Path) -> None:
    place = tmp_path / "history"
    kept(place, scene().write(tmp_path / "1"))
    unassigned = scene()
    unassigned.assigned = [one for one in unassigned.assigned if one["principalId"] != "p-cid"]
    ended = kept(place, later(unassigned.write(tmp_path / "2")))

    assert CID in subjects(ended.resolved)


def test_a_check_that_was_not_asked_resolves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "history"
    folder = small_tenant(tmp_path / "1")
    call(capsys, "check", folder, "--history", place)
    part = call(
        capsys, "check", folder, "--history", place, "--only", "rename_lag", "--format", "json"
    )
    whole = call(capsys, "check", folder, "--history", place, "--format", "json")

    assert json.loads(part.out)["resolved"] == []
    assert {one["status"] for one in json.loads(whole.out)["findings"]} == {"persisting"}


def test_another_cause_is_said_with_the_former_one(tmp_path: Path) -> None:
    place = tmp_path / "history"
    kept(place, scene().write(tmp_path / "1"))
    refused = scene()
    refused.event("bob", LATE, action="delete", target_id="a-bob")
    changed = kept(place, later(refused.write(tmp_path / "2")))
    row = next(one for one in changed.findings.to_pylist() if one["subject"] == BOB)

    assert (row["status"], row["former_cause"]) == ("persisting", "target_deleted")
    assert row["cause"] == "idp_deprovisioned"


def test_an_edge_whose_group_was_made_meanwhile_is_the_same_edge() -> None:
    edge = {
        "object_type": "membership",
        "situation": "missing",
        "attribute": None,
        "source_id": "p-1",
        "group_source_id": "g-1",
        "target_id": "a-1",
        "group_target_id": None,
        "finding_id": "before",
    }
    after = {**edge, "group_target_id": "t-1", "finding_id": "after"}
    other = {**after, "source_id": "p-2", "target_id": "a-2", "finding_id": "other"}

    assert paired([edge], [other, after]) == {1: 0}


def test_fail_on_new_fails_only_on_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "history"
    folder = small_tenant(tmp_path / "1")
    codes = [
        call(capsys, "check", folder, "--history", place, "--fail-on", "new:high").code
        for _ in range(2)
    ]
    bare = call(capsys, "check", folder, "--fail-on", "new:high")

    assert codes == [1, 0]
    assert bare.code == 2
    assert "--history" in bare.errors[0]


def test_a_marked_finding_stays_suppressed_and_persists_when_its_mark_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place, marks = tmp_path / "history", tmp_path / "marks.toml"
    folder = small_tenant(tmp_path / "1")
    text = (
        '[[mark]]\nmatch = "bob@*"\nkind = "protected"\nowner = "o"\nreason = "r"\nexpires = {}\n'
    )
    marks.write_text(text.format("2027-01-01"))
    said = []
    for _ in range(2):
        ran = call(
            capsys, "check", folder, "--history", place, "--marks", marks, "--format", "json"
        )
        rows = json.loads(ran.out)["findings"]
        said.append(next(one["status"] for one in rows if one["subject"] == BOB))
        marks.write_text(text.format("2026-01-01"))

    assert said == ["suppressed", "persisting"]


def test_a_hundred_runs_at_once_are_all_kept_whole(tmp_path: Path) -> None:
    place = tmp_path / "history"
    with scim.read(small_tenant(tmp_path / "1")) as evidence:
        run = checks.run(evidence)
        asked = list(checks.CHECKS)
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: history.keep(place, evidence, run.findings, asked), range(100)))

    runs = history.runs(place)
    assert len(runs) == 100
    assert (runs["new"] + runs["persisting"] == run.findings.num_rows).all()
    assert not list(place.glob(".*"))


def test_processes_that_run_at_once_lose_nothing(tmp_path: Path) -> None:
    place = tmp_path / "history"
    folder = small_tenant(tmp_path / "1")
    command = [sys.executable, "-m", "scimlytics", "check", str(folder), "--history", str(place)]
    running = [
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(4)
    ]

    assert {one.wait(timeout=300) for one in running} == {1}
    assert len(history.runs(place)) == 4


def test_a_history_is_seen_by_its_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "history"
    kept(place, small_tenant(tmp_path / "1"))

    assert place.stat().st_mode & 0o077 == 0
    assert all(one.stat().st_mode & 0o077 == 0 for one in place.iterdir())


def newer(path: Path) -> None:
    table = pq.read_table(path)
    about = json.loads(table.schema.metadata[b"scimlytics history"])
    about["version"] = 99
    metadata = {b"scimlytics history": json.dumps(about).encode()}
    pq.write_table(table.replace_schema_metadata(metadata), path)


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    ("harm", "says"), [(newer, "written by a newer scimlytics"), (cut, "is damaged")]
)
def test_a_run_of_a_newer_version_or_a_damaged_one_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], harm: object, says: str
) -> None:
    place = tmp_path / "history"
    folder = small_tenant(tmp_path / "1")
    kept(place, folder)
    harm(next(place.iterdir()))  # type: ignore[operator]

    ran = call(capsys, "check", folder, "--history", place)

    assert ran.code == 6
    assert len(ran.errors) == 1
    assert says in ran.errors[0]


def test_other_systems_need_another_history(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "history"
    kept(place, small_tenant(tmp_path / "1"))

    ran = call(capsys, "check", scene().write(tmp_path / "2"), "--history", place)

    assert ran.code == 2
    assert "name another --history" in ran.errors[0]


def test_a_history_that_is_a_file_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "history").write_text("")

    ran = call(capsys, "check", small_tenant(tmp_path / "1"), "--history", tmp_path / "history")

    assert ran.code == 2
    assert "--history names a folder" in ran.errors[0]


def test_two_evidences_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = scene().write(tmp_path / "1")
    after = later(scene("bob").write(tmp_path / "2"))

    ran = call(capsys, "diff", before, after, "--format", "json")
    read = json.loads(ran.out)
    drawn = call(capsys, "diff", before, after)

    assert ran.code == 0
    assert {one["subject"] for one in read["fixed"]} == {BOB, EDGE}
    assert read["new"] == read["changed"] == read["unknown"] == []
    assert read["version"] == 1
    remedy = "deactivate_reactivate_in_source"
    row = next(one for one in read["remedies"] if one["remedy"] == remedy)
    assert (row["findings"], row["fixed"], row["persisting"]) == (2, 1, 1)
    assert "Fixed: shown to be no more (2)" in drawn.out
    assert drawn.err.splitlines()[-1] == "2 fixed, 0 new, 0 changed, 0 unknown, 1 as before."


def test_settings_that_changed_between_two_evidences_are_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def settings(folder: Path, source: str, operand: str, *more: str) -> Path:
        made = scene()
        mappings = [
            attribute_mapping("displayName", source),
            *(attribute_mapping(name, "mail") for name in more),
        ]
        staff = {"Staff": [("department", "NOT EQUALS", operand)]}
        made.files["source/synchronization/schema.json"] = sync_schema(*mappings, scope=staff)
        return made.write(folder)

    before = settings(tmp_path / "1", "displayName", "Contractors")
    after = settings(tmp_path / "2", "mailNickname", "Interns", "nickName")

    read = json.loads(call(capsys, "diff", before, after, "--format", "json").out)["settings"]
    drawn = call(capsys, "diff", before, after).out
    same = json.loads(call(capsys, "diff", before, before, "--format", "json").out)["settings"]

    assert [
        (row["what"], row["subject"], row["attribute"], row["before"], row["after"]) for row in read
    ] == [
        ("mapping", "displayName", "source_attribute", "displayName", "mailNickname"),
        ("mapping", "nickName", "is there", "no", "yes"),
        ("scope", "Staff", "operands", "Contractors", "Interns"),
    ]
    assert "Settings that changed (3)" in drawn
    assert same == []


def test_comparing_changes_neither_evidence(tmp_path: Path) -> None:
    folder = scene().write(tmp_path / "1")
    with scim.read(folder) as one, scim.read(folder) as other:
        expected = scim.check(one)
        compared = scim.compare(one, other)

        assert compared.new.empty
        assert len(compared.persisting) == len(expected)
        assert scim.check(other).equals(expected)
