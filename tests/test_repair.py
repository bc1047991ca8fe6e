"""Plans carried out: the simulator does what a plan says, and a second check shows what came of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import scimlytics as scim
from scimlytics import history
from scimlytics.checks import CHECKS, run
from scimlytics.lab.acts import ACTS, WIDE
from scimlytics.lab.repair import carry_out, go_on
from scimlytics.lab.score import counts
from scimlytics.lab.simulate import cast, write
from scimlytics.planning import Plan
from scimlytics.planning.acts import SENTENCES, SPECIAL
from scimlytics.vocabulary import REMEDIES

PEOPLE = 7
"""The rung of what people have to find out: it repairs nothing by itself."""
BY_REQUEST = {"provision_on_demand", "readd_member"}
NOT_IN_A_SIMULATION = {"delete_object_link", "enable_in_source", "resync_all"}
"""No finding has them first; the simulator has no button for them."""


@dataclasses.dataclass(frozen=True)
class Repair:
    """A tenant before and after its plan was carried out."""

    findings: list[Mapping[str, Any]]
    plan: Plan
    before: Path
    after: Path

    @property
    def claimed(self) -> set[str]:
        """The findings that the plan claims to repair; a window of the past it cannot."""
        past = {row["finding_id"] for row in self.findings if row["object_type"] == "cycle"}
        acting = [step for step in self.plan.rows if REMEDIES[step["remedy"]][0] < PEOPLE]
        return {name for step in acting for name in step["finding_ids"]} - past


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Source, target and how much of the plan is done → the tenant before and after; made once."""

    @cache
    def place(source: str, target: str, part: float = 1.0, provisioning: str = "scim") -> Repair:
        folder = tmp_path_factory.mktemp("repair")
        stage = cast(160, 30, 7, source, target, provisioning)
        write(folder / "before", stage, 30)
        with scim.read(folder / "before" / "evidence") as evidence:
            found = run(evidence).findings
            plan = scim.plan(found, evidence)
        rows = found.to_pylist()
        done = plan.rows[: round(len(plan.rows) * part)]
        carry_out(stage, done, rows)
        write(folder / "after", stage, 30)
        part_plan = dataclasses.replace(plan, rows=tuple(done))
        return Repair(
            rows, part_plan, folder / "before" / "evidence", folder / "after" / "evidence"
        )

    return place


def compared(one: Repair) -> scim.Comparison:
    with scim.read(one.before) as before, scim.read(one.after) as after:
        return scim.compare(before, after)


def test_the_simulator_can_do_what_a_plan_may_say() -> None:
    can = {*ACTS, *WIDE, *BY_REQUEST, *NOT_IN_A_SIMULATION}

    assert set(SENTENCES) | set(SPECIAL) | BY_REQUEST == can


@pytest.mark.parametrize(
    ("source", "target"), [("entra", "filescom"), ("entra", "scim"), ("okta", "filescom")]
)
def test_a_plan_carried_out_repairs_what_it_claims_and_breaks_nothing(
    places: Any, source: str, target: str
) -> None:
    one = places(source, target)
    became = compared(one)

    left = one.claimed - set(became.fixed["finding_id"])
    by_id = {row["finding_id"]: row for row in one.findings}
    assert len(one.claimed) > 20
    assert {by_id[name]["detail"] for name in left} == set()
    new = [row for row in became.new.to_dict("records") if counts(row)]
    assert [row["detail"] for row in new if row["object_type"] not in ("cycle", "evidence")] == []


def test_what_is_not_done_persists_and_what_is_done_is_resolved(
    places: Any, tmp_path: Path
) -> None:
    one = places("entra", "scim", 0.5)
    place = tmp_path / "history"
    with scim.read(one.before) as before:
        history.keep(place, before, run(before).findings, list(CHECKS))
    with scim.read(one.after) as after:
        outcome = history.keep(place, after, run(after).findings, list(CHECKS))
    resolved = set(outcome.resolved.column("finding_id").to_pylist())
    open_ones = {row["finding_id"] for row in outcome.findings.to_pylist() if counts(row)}

    by_id = {row["finding_id"]: row for row in one.findings}
    steps = [step for step in one.plan.rows if step["remedy"] == "disable_in_target"]
    assert {name for step in steps for name in step["finding_ids"]} <= resolved
    untouched = {
        name
        for name, row in by_id.items()
        if row["situation"] == "local" and row["cause"] == "local_account"
    }
    assert untouched
    assert untouched <= {row["finding_id"] for row in outcome.findings.to_pylist()}
    assert not untouched & resolved
    assert open_ones.isdisjoint(resolved)


def test_a_partial_second_pull_calls_nothing_resolved(places: Any, tmp_path: Path) -> None:
    one = places("entra", "scim", 0.5)
    cut = tmp_path / "cut"
    for path in one.after.rglob("*"):
        if path.is_file():
            made = cut / path.relative_to(one.after)
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_bytes(path.read_bytes())
    settings = cut / "scimlytics.toml"
    text = settings.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("complete")]
    settings.write_text("\n".join(lines), encoding="utf-8")
    for path in [*cut.glob("source/*.json"), *cut.glob("target/*.json")]:
        page = json.loads(path.read_text(encoding="utf-8"))
        key = next(
            (key for key in ("value", "Resources") if isinstance(page, dict) and key in page), None
        )
        if key is not None and len(page[key]) > 20:
            page[key] = page[key][: len(page[key]) // 2]
            page.pop("totalResults", None)
            page["@odata.nextLink"] = "https://graph.microsoft.com/v1.0/users?$skiptoken=x"
            path.write_text(json.dumps(page), encoding="utf-8")
    with scim.read(one.before) as before, scim.read(cut) as after:
        became = scim.compare(before, after)

    with scim.read(one.before) as before, scim.read(one.after) as whole:
        full = scim.compare(before, whole)
    assert set(became.fixed["finding_id"]) < set(full.fixed["finding_id"])
    text = "".join(path.read_text(encoding="utf-8") for path in cut.rglob("*.json"))
    for row in became.fixed.to_dict("records"):
        if row["object_type"] in ("user", "group", "membership"):
            assert row["source_id"] in text or row["target_id"] in text, row["detail"]


def test_a_tenant_that_runs_on_without_a_plan_mends_only_what_heals(
    places: Any, tmp_path: Path
) -> None:
    stage = cast(80, 30, 3, "entra", "filescom", "scim", {"target_deleted": 2, "rename_lag": 2})
    write(tmp_path / "before", stage, 30)
    go_on(stage, stage.world.now)
    write(tmp_path / "after", stage, 30)
    with (
        scim.read(tmp_path / "before" / "evidence") as before,
        scim.read(tmp_path / "after" / "evidence") as after,
    ):
        became = scim.compare(before, after)

    assert set(became.fixed["heals"]) <= {"yes"}
    assert set(became.persisting["cause"]) >= {"target_deleted", "rename_lag"}
