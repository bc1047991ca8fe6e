"""Accepted exceptions: they hide what they name, until their day, and never in silence."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scimlytics.errors import InputError
from scimlytics.marks import Mark, apply, read_marks
from scimlytics.tables import FINDINGS
from tests.cli import call, small_tenant
from tests.scene import NOW, OLD, Scene

GOOD = """
[[mark]]
match = "bob@example.com"
kind = "protected"
owner = "it-ops@example.com"
reason = "on leave"
expires = 2027-03-31
"""
MOMENT = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)


def marked(folder: Path, text: str) -> Path:
    path = folder / "marks.toml"
    path.write_text(text)
    return path


def finding(**more: Any) -> dict[str, Any]:
    return {
        "finding_id": "f-1",
        "check": "missing_users",
        "severity": "high",
        "certainty": "confirmed",
        "situation": "missing",
        "cause": "target_deleted",
        "object_type": "user",
        "subject": "svc-backup@example.com",
        "source_id": "p-1",
        "target_id": None,
        "other_ids": [],
        **more,
    }


def table(*rows: dict[str, Any]) -> Any:
    names = {name for row in rows for name in row}
    return FINDINGS.conform({name: [row.get(name) for row in rows] for name in names})


def mark(**said: Any) -> Mark:
    given = {"kind": "service", "owner": "ops", "reason": "known", "expires": "2027-01-01", **said}
    given["expires"] = datetime.fromisoformat(given["expires"]).date()
    return Mark.model_validate(given)


def test_what_is_marked_does_not_fail_a_check_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small_tenant(tmp_path / "evidence")
    text = GOOD + GOOD.replace('match = "bob@example.com"', 'match = "=EVE@*"')

    plain = call(capsys, "check", folder, "--only", "deletion_drift")
    held = call(
        capsys, "check", folder, "--marks", marked(tmp_path, text), "--only", "deletion_drift",
        "--format", "json",
    )  # fmt: skip

    assert (plain.code, held.code) == (1, 0)
    assert [one["status"] for one in json.loads(held.out)["findings"]] == ["suppressed"] * 2
    assert "(2 marked as accepted)" in held.err


def test_a_mark_counts_through_its_last_day_and_not_longer(tmp_path: Path) -> None:
    rows = table(finding())
    today = [mark(match="svc-*", expires="2026-11-20")]
    yesterday = [mark(match="svc-*", expires="2026-11-19")]

    assert apply(rows, today, MOMENT).findings.column("status").to_pylist() == ["suppressed"]
    over = apply(rows, yesterday, MOMENT)
    assert over.findings.column("status").to_pylist() == [None]
    assert over.says == (
        "Mark 1 (svc-*, ops) expired on 2026-11-19; 1 finding counts again: renew or remove it.",
    )


def test_a_mark_that_matches_nothing_is_reported_unless_only_a_part_was_asked() -> None:
    marks = [mark(match="nobody@example.com")]

    assert apply(table(finding()), marks, MOMENT).says == (
        "Mark 1 (nobody@example.com, ops) matches nothing: correct or remove it.",
    )
    assert apply(table(finding()), marks, MOMENT, whole=False).says == ()


def test_a_mark_never_hides_what_is_critical_without_naming_it() -> None:
    rows = table(finding(severity="critical", situation="orphaned", cause="orphaned_leaver"))

    said = apply(rows, [mark(match="svc-*")], MOMENT).says

    assert said == (
        "Mark 1 (svc-*, ops) hides a critical finding: svc-backup@example.com, orphaned_leaver.",
    )


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ({"match": "SVC-*@example.com"}, True),
        ({"match": "svc-?@example.com"}, False),
        ({"match": "*-backup@*", "cause": "local_account"}, False),
        ({"match": "*-backup@*", "cause": "target_deleted", "object_type": "user"}, True),
        ({"match": "*-backup@*", "object_type": "group"}, False),
        ({"id": "p-1"}, True),
        ({"id": "f-1"}, True),
        ({"id": "P-1"}, False),
        ({"id": "a-2"}, True),
        ({"id": "g-1"}, False),
    ],
)
def test_what_a_mark_fits(said: dict[str, str], fits: bool) -> None:
    assert mark(**said).fits(finding(other_ids=["a-2"], group_source_id="g-1")) is fits


def test_a_marked_group_speaks_of_its_edges_only_where_it_says_so() -> None:
    edge = finding(object_type="membership", group_source_id="g-1", group_target_id=None)

    assert not mark(id="g-1").fits(edge)
    assert mark(id="g-1", object_type="membership").fits(edge)


def test_findings_and_marks_stay_as_they_are() -> None:
    rows = table(finding())

    apply(rows, [mark(match="svc-*")], MOMENT)

    assert rows.column("status").to_pylist() == [None]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD.replace('owner = "it-ops@example.com"\n', ""), "mark 1: needs owner."),
        (GOOD.replace("expires = 2027-03-31\n", ""), "mark 1: needs expires."),
        (GOOD.replace('reason = "on leave"\n', ""), "mark 1: needs reason."),
        (GOOD.replace('"protected"', '"forever"'), "mark 1.kind: "),
        (GOOD.replace("match", "mtach"), "there is no key 'mtach'. Did you mean 'match'?"),
        (GOOD.replace('match = "bob@example.com"\n', ""), "give match (a pattern"),
        (GOOD + 'id = "p-1"\n', "give match (a pattern"),
        (GOOD.replace("bob@example.com", "*"), "match fits everything"),
        (GOOD.replace("2027-03-31", '"soon"'), "mark 1.expires"),
        (GOOD.replace("2027-03-31", "2027-03-31T06:00:00"), "needs its zone"),
        (GOOD + 'cause = "target_delted"\n', "there is no cause 'target_delted'"),
        (GOOD + 'object_type = "person"\n', "there is no object type 'person'"),
        ("mark = 3\n", "write [[mark]]"),
        ("mark = [3]\n", "write [[mark]]"),
        ("[[marks]]\n", "there is no key 'marks'"),
        ("[[mark]\n", "no TOML"),
    ],
)
def test_a_bad_mark_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, says: str
) -> None:
    folder = small_tenant(tmp_path / "evidence")

    ran = call(capsys, "check", folder, "--marks", marked(tmp_path, text))

    assert ran.code == 2
    assert len(ran.errors) == 1
    assert says in ran.errors[0]
    assert "marks.toml" in ran.errors[0]


def test_no_such_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no such file; a mark is a \[\[mark\]\]"):
        read_marks(tmp_path / "marks.toml")


def test_a_service_account_is_accepted_and_its_leaver_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = Scene()
    scene.person("ada")
    scene.person("svc", enabled=False, assigned=OLD)
    scene.event("svc", NOW.replace("11-20", "11-01"), action="update")
    folder = scene.write(tmp_path / "evidence")
    text = GOOD.replace("bob@", "svc@")

    ran = call(capsys, "check", folder, "--marks", marked(tmp_path, text))

    assert "hides a critical finding: svc@example.com" in ran.err
