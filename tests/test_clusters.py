"""Findings that one event can explain: when it was, and who did it where the target says so."""

from __future__ import annotations

from pathlib import Path

import pytest

import scimlytics as scim
from scimlytics.measures import findings as found
from scimlytics.measures import measure
from tests.cli import call
from tests.native_target import filescom_history, filescom_user
from tests.scene import Scene

DAY = "2026-11-15"
ROOT, OTHER = "root@example.com", "other@example.com"


def deleted(folder: Path, *acts: tuple[str, str, str]) -> Path:
    """Accounts that were deleted on the site: who, at what time of the day, by whom."""
    made = Scene()
    history = []
    for place, (name, at, actor) in enumerate(acts, 1):
        made.person(name, account=False)
        account = filescom_user(name, id=place)
        history.append(
            filescom_history("user_destroy", f"{DAY}T{at}:00Z", target=account, actor=actor)
        )
    made.person("well")
    made.files = {"target/users.json": [], "target/history.json": history}
    made.write(folder)
    return folder


def events(folder: Path) -> list[tuple[int, str, str | None]]:
    """Findings of an event, when it was, and by whom."""
    with scim.read(folder) as evidence:
        shown = measure(found.incidents, evidence, scim.check(evidence), options={"least": 1})
    gone = shown[shown["cause"] == "target_deleted"]
    return [
        (row["findings"], f"{row['fits_from']:%H:%M}-{row['fits_to']:%H:%M}", row["actor"])
        for row in gone.to_dict("records")
    ]


def test_what_one_actor_did_without_a_pause_is_one_event_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = deleted(
        tmp_path,
        ("ada", "09:10", ROOT),
        ("bea", "09:50", ROOT),
        ("cy", "10:20", ROOT),
        ("dan", "11:40", ROOT),
        ("eve", "09:30", OTHER),
    )

    ran = call(capsys, "check", folder)

    assert events(folder) == [
        (3, "09:10-10:20", ROOT),
        (1, "09:30-09:30", OTHER),
        (1, "11:40-11:40", ROOT),
    ]
    assert (
        f"3 findings of target_deleted (user) fit one event between {DAY} 09:10 and 10:20 UTC,"
        f" by {ROOT} through web."
    ) in ran.err


def test_an_actor_is_not_lent_to_what_no_audit_names(tmp_path: Path) -> None:
    folder = deleted(tmp_path, ("ada", "09:10", ROOT), ("bea", "09:12", ROOT))
    made = Scene()
    made.person("ada", account=False)
    made.person("bea", account=False)
    for name in ("cy", "dan"):
        made.person(name, account=False)
        made.event(name, "2026-11-10T09:00:00Z", target_id=f"a-{name}")
    made.files = {"target/history.json": (folder / "target/history.json").read_text()}

    made.write(tmp_path / "more")

    assert {(count, actor) for count, _, actor in events(tmp_path / "more")} == {
        (2, ROOT),
        (2, None),
    }
