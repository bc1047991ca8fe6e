"""Plans: only what is proven, never a missing button, packed to the limits, in a safe order."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import scimlytics as scim
from scimlytics.errors import InputError
from scimlytics.planning import TICKET, Circumstances, Plan, plan_of, verify, worklists
from scimlytics.planning.acts import SENTENCES, SPECIAL
from scimlytics.planning.plan import duration
from scimlytics.vocabulary import (
    CAPABILITIES,
    CAUSES,
    REMEDIES,
    REMEDY_NEEDS,
    TAKES_AWAY,
    TOGETHER,
)
from tests.cli import call, small_tenant
from tests.scene import EARLY, Scene

NOW = datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
ALL = frozenset(CAPABILITIES["entra"])


def here(**more: Any) -> Circumstances:
    given = {
        "provider": "entra",
        "capabilities": ALL,
        "cycle": timedelta(minutes=40),
        "as_of": NOW,
        "oldest": NOW,
        "people": 1000,
        "groups": 20,
        "app": "sp-1",
        "job": "job-1",
        "rules": {"user": "rule-u", "group": "rule-g"},
        "evidence": "hash",
    }
    return Circumstances(**{**given, **more})


def finding(
    object_type: str = "user",
    situation: str | None = "missing",
    cause: str = "incremental_blind_spot",
    number: int = 1,
    **more: Any,
) -> dict[str, Any]:
    follows = CAUSES[object_type, situation, cause]
    edge = object_type == "membership"
    made = {
        "finding_id": f"f-{object_type}-{situation}-{cause}-{number}",
        "check": follows.check,
        "severity": follows.severity,
        "certainty": "confirmed",
        "situation": situation,
        "cause": cause,
        "object_type": object_type,
        "subject": f"p{number}@example.com" + (" → Finance" if edge else ""),
        "source_id": f"p-{number}",
        "target_id": None,
        "group_source_id": "g-1" if edge else None,
        "group_target_id": None,
        "other_ids": [],
        "attribute": None,
        "detail": "It is so.",
        "status": None,
        "remedy": follows.remedies[0],
        "remedies": list(follows.remedies),
        "heals": follows.heals,
        "heals_by": None,
    }
    return {**made, **more}


def remedies(plan: Plan) -> list[str]:
    return [row["remedy"] for row in plan.rows]


def ids(plan: Plan) -> set[str]:
    return {name for row in plan.rows for name in row["finding_ids"]}


def test_every_remedy_has_an_act() -> None:
    assert set(REMEDIES) - {"none", "provision_on_demand"} == set(SENTENCES) | set(SPECIAL)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"certainty": "suspected"}, "suspected: the evidence does not prove it"),
        ({"certainty": "undecidable"}, "undecidable: the evidence does not prove it"),
        ({"status": "suppressed"}, "accepted by a mark"),
    ],
)
def test_what_is_not_proven_or_accepted_is_refused_with_the_reason(
    more: dict[str, str], why: str
) -> None:
    plan = plan_of([finding(**more)], here())

    assert plan.rows == ()
    assert [reason for _, reason in plan.refusals] == [why]


def test_info_is_neither_planned_nor_refused() -> None:
    plan = plan_of([finding(severity="info")], here())

    assert (plan.rows, plan.refusals) == ((), ())


def test_evidence_that_is_too_old_is_refused() -> None:
    plan = plan_of([finding()], here(oldest=NOW - timedelta(hours=25)))

    assert plan.rows == ()
    assert "too old" in plan.refusals[0][1]


def test_an_administrator_is_not_disabled_by_a_plan() -> None:
    leaver = finding("user", "orphaned", "orphaned_leaver", target_id="a-1")

    refused = plan_of([leaver], here(privileged=frozenset({"a-1"})))
    planned = plan_of([leaver], here())

    assert refused.rows == ()
    assert "demote first" in refused.refusals[0][1]
    assert remedies(planned) == ["disable_in_target", "decide_deprovisioning"]


def test_too_many_at_once_are_an_incident_and_not_a_worklist() -> None:
    gone = [finding("user", "missing", "target_deleted", number) for number in range(30)]

    refused = plan_of(gone, here(people=100))
    planned = plan_of(gone, here(people=1000))

    assert refused.rows == ()
    assert {why.partition(":")[0] for _, why in refused.refusals} == {"over the threshold"}
    assert len(ids(planned)) == 30
    assert "more than 25" in planned.warnings[0]


def test_memberships_are_packed_five_to_a_call_and_each_is_sent_once() -> None:
    edges = [finding("membership", number=number) for number in range(12)]

    plan = plan_of(edges, here())

    assert [len(row["members"]) for row in plan.rows] == [5, 5, 2]
    assert sorted(name for row in plan.rows for name in row["members"]) == sorted(
        row["source_id"] for row in edges
    )
    body = plan.rows[0]["request"]["body"]["parameters"][0]
    assert body["ruleId"] == "rule-g"
    assert body["subjects"][0]["objectId"] == "g-1"
    assert len(body["subjects"][0]["links"]["members"]) == 5
    assert plan.rows[0]["request"]["url"].endswith(
        "/servicePrincipals/sp-1/synchronization/jobs/job-1/provisionOnDemand"
    )


def test_calls_on_demand_keep_to_five_in_ten_seconds() -> None:
    people = [finding(number=number) for number in range(11)]

    plan = plan_of(people, here())
    starts = [row["look_again_at"] - row["takes"] for row in plan.rows]

    for place in range(len(starts) - 5):
        assert starts[place + 5] - starts[place] >= timedelta(seconds=10)


def test_an_account_deleted_by_hand_comes_back_by_its_assignment_and_its_groups_follow() -> None:
    gone = finding("user", "missing", "target_deleted")
    waits = finding("membership", "missing", "member_not_provisioned", severity="info")

    plan = plan_of([gone, waits], here())

    assert remedies(plan) == [
        "deactivate_reactivate_in_source",
        "deactivate_reactivate_in_source",
        "provision_on_demand",
    ]
    assert [row["after"] for row in plan.rows] == [[], [1], [2]]
    assert plan.rows[2]["members"] == ["p-1"]
    assert all(row["finding_ids"] == [gone["finding_id"]] for row in plan.rows)
    assert "another id" in plan.rows[0]["wont_fix"]


def test_the_twin_goes_only_after_the_names_agree() -> None:
    twin = finding("user", "duplicated", "jit_twin", other_ids=["a-2"])

    plan = plan_of([twin], here())

    assert remedies(plan) == ["align_mail_and_upn", "remove_twin"]
    assert [row["after"] for row in plan.rows] == [[], [1]]
    assert "another name" in plan.rows[1]["act"]


def test_the_name_a_twin_held_is_sent_again_where_the_provider_would_not() -> None:
    twin = finding("user", "duplicated", "jit_twin", other_ids=["a-2"])
    okta = here(
        provider="okta", capabilities=frozenset(CAPABILITIES["okta"]), retries="retry-after"
    )

    plan = plan_of([twin], okta)

    assert remedies(plan) == ["align_mail_and_upn", "remove_twin", "touch_user", "touch_user"]
    assert [row["after"] for row in plan.rows] == [[], [1], [2], [3]]


@pytest.mark.parametrize(
    ("situation", "account", "says"),
    [("missing", None, "adopt the record"), ("stale", "a-1", "Give the record")],
)
def test_a_record_that_blocks_a_name_is_adopted_only_for_somebody_without_an_account(
    situation: str, account: str | None, says: str
) -> None:
    row = finding("user", situation, "blocked_by_existing", target_id=account, other_ids=["a-9"])

    [step] = plan_of([row], here()).rows

    assert says in step["act"]
    assert "p1@example.com (a-9)" in step["act"]


def test_a_target_that_mistakes_lists_is_mended_before_a_member_is_added() -> None:
    edge = finding("membership", "missing", "patch_semantics")

    plan = plan_of([edge], here())

    assert remedies(plan) == ["report_to_vendor", "readd_member", "readd_member"]


@pytest.mark.parametrize("remedy", ["fix_mapping", "fix_scope"])
def test_leavers_and_held_deletions_come_before_a_change_that_begins_an_initial_cycle(
    remedy: str,
) -> None:
    cause = {"fix_mapping": "mapping_misconfigured", "fix_scope": "out_of_scope"}[remedy]
    rows = [
        finding("user", "missing", cause),
        finding("user", "orphaned", "held_by_delete_guard", 2, target_id="a-2"),
        finding("user", "orphaned", "orphaned_leaver", 3, target_id="a-3"),
    ]

    order = remedies(plan_of(rows, here()))

    assert order.index(remedy) > order.index("review_staged_deletes")
    assert order.index(remedy) > order.index("disable_in_target")


@pytest.mark.parametrize(
    ("retries", "cause", "expected"),
    [
        ("6h,12h,24h,daily:28d", "no_licence", ["free_licences"]),
        ("retry-after", "no_licence", ["free_licences", "touch_user", "touch_user"]),
        ("none", "no_licence", ["free_licences", "touch_user", "touch_user"]),
        ("retry-after", "throttled", ["wait"]),
    ],
)
def test_whom_a_provider_does_not_try_again_is_sent_by_hand(
    retries: str, cause: str, expected: list[str]
) -> None:
    okta = here(provider="okta", capabilities=frozenset(CAPABILITIES["okta"]), retries=retries)

    assert remedies(plan_of([finding("user", "missing", cause)], okta)) == expected


def test_a_step_is_looked_at_when_the_object_is_tried_again() -> None:
    due = NOW + timedelta(hours=9)

    plan = plan_of([finding("user", "missing", "no_licence", heals_by=due)], here())

    assert plan.rows[0]["look_again_at"] == due


def test_the_groups_of_an_account_that_is_made_follow_it_where_nothing_is_on_demand() -> None:
    rows = [
        finding("user", "missing", "target_deleted"),
        finding("membership", "missing", "member_not_provisioned", severity="info"),
    ]
    okta = here(provider="okta", capabilities=frozenset(CAPABILITIES["okta"]))

    plan = plan_of(rows, okta)

    assert remedies(plan) == ["deactivate_reactivate_in_source"] * 2 + ["readd_member"] * 2
    assert [row["after"] for row in plan.rows] == [[], [1], [2], [3]]
    assert all(row["finding_ids"] == [rows[0]["finding_id"]] for row in plan.rows)


def test_users_come_before_groups_and_groups_before_their_edges() -> None:
    rows = [
        finding("membership", number=1),
        finding("group", number=2, subject="Finance", source_id="g-1"),
        finding("user", number=1),
    ]

    plan = plan_of(rows, here())

    assert [row["subjects"] for row in plan.rows] == [
        ["p1@example.com"],
        ["p1@example.com → Finance"],
    ]
    assert rows[1]["finding_id"] in plan.rows[1]["finding_ids"]
    assert plan.rows[1]["after"] == [1]


def test_a_deleted_group_is_touched_and_then_its_members_are_sent() -> None:
    group = finding("group", "missing", "target_group_deleted", subject="Finance", source_id="g-1")
    edges = [
        finding("membership", "missing", "member_not_provisioned", number, severity="info")
        for number in range(7)
    ]

    plan = plan_of([group, *edges], here())

    assert remedies(plan) == ["touch_group"] * 2 + ["provision_on_demand"] * 2
    assert [row["after"] for row in plan.rows] == [[], [1], [2], [2]]


def test_held_deletions_are_reviewed_before_a_restart() -> None:
    rows = [
        finding("job", None, "escrows_pruned", subject="job-1", source_id=None),
        finding("user", "orphaned", "held_by_delete_guard", target_id="a-1"),
        finding("user", "orphaned", "orphaned_leaver", 2, target_id="a-2"),
    ]

    plan = plan_of(rows, here())

    order = remedies(plan)
    restart = plan.rows[order.index("restart_job")]
    assert {order[number - 1] for number in restart["after"]} == {
        "review_staged_deletes",
        "disable_in_target",
        "decide_deprovisioning",
    }
    assert restart["affects"] == "All 1,000 people and 20 groups in scope."


@pytest.mark.parametrize(
    ("provider", "object_type", "expected"),
    [
        ("entra", "user", ["provision_on_demand"]),
        ("okta", "user", ["touch_user", "touch_user"]),
        ("okta", "membership", ["readd_member", "readd_member"]),
        ("other", "user", ["manual_edit"]),
    ],
)
def test_a_button_that_is_not_there_is_not_named(
    provider: str, object_type: str, expected: list[str]
) -> None:
    from scimlytics.diagnose.findings import remedies as offered

    capabilities = frozenset(CAPABILITIES.get(provider, ()))
    given = CAUSES[object_type, "missing", "incremental_blind_spot"].remedies
    shown = offered(given, object_type, capabilities) if provider != "other" else ["restart_job"]
    row = finding(object_type, remedies=shown, remedy=shown[0])

    assert remedies(plan_of([row], here(provider=provider, capabilities=capabilities))) == expected


def test_what_okta_is_asked_is_okta_s() -> None:
    row = finding("user", "missing", "idp_deprovisioned")

    plan = plan_of([row], here(provider="okta", capabilities=frozenset({"unassign"}), app="0oa1"))

    away, back = (one["request"] for one in plan.rows)
    assert (away["method"], away["url"].partition("/api/")[2]) == (
        "DELETE",
        "v1/apps/0oa1/users/p-1",
    )
    assert back["body"] == {"id": "p-1", "scope": "USER"}


REAL = sorted(
    (key for key in CAUSES if CAUSES[key].remedies != ("none",)),
    key=lambda key: tuple(map(str, key)),
)
FINDINGS = st.lists(
    st.builds(
        lambda key, number, certainty, severity, status: finding(
            *key,
            number,
            certainty=certainty,
            severity=severity,
            status=status,
            group_source_id=f"g-{number % 3}" if key[0] == "membership" else None,
        ),
        st.sampled_from(REAL),
        st.integers(0, 40),
        st.sampled_from(["confirmed", "likely", "suspected", "undecidable"]),
        st.sampled_from(["critical", "high", "medium", "low", "info"]),
        st.sampled_from([None, "new", "persisting", "suppressed"]),
    ),
    max_size=60,
    unique_by=lambda row: row["finding_id"],
)
PROFILES = st.builds(
    lambda provider, some, people, privileged: here(
        provider=provider,
        capabilities=frozenset(some),
        people=people,
        privileged=frozenset(privileged),
    ),
    st.sampled_from(["entra", "okta", "other"]),
    st.sets(st.sampled_from(sorted(ALL))),
    st.integers(0, 500),
    st.sets(st.sampled_from([f"p-{number}" for number in range(41)]), max_size=5),
)


@settings(max_examples=300, deadline=None)
@given(rows=FINDINGS, circumstances=PROFILES)
def test_no_plan_breaks_a_rule(rows: list[dict[str, Any]], circumstances: Circumstances) -> None:
    plan = plan_of(rows, circumstances)
    by_id = {row["finding_id"]: row for row in rows}
    refused = {name for name, _ in plan.refusals}

    for name in ids(plan):
        row = by_id[name]
        assert row["certainty"] in ("confirmed", "likely")
        assert row["severity"] != "info"
        assert row["status"] != "suppressed"
        assert name not in refused
    due = {
        row["finding_id"] for row in rows if row["severity"] != "info" and row["remedy"] != "none"
    }
    assert due == ids(plan) | refused
    sent: set[tuple[str, str]] = set()
    for row in plan.rows:
        assert len(row["members"]) <= 5
        assert all(number < row["step"] for number in row["after"])
        assert row["finding_ids"]
        needs = REMEDY_NEEDS.get(row["remedy"])
        assert needs is None or set(needs) & circumstances.capabilities
        if row["members"]:
            assert "on_demand_group" in circumstances.capabilities
            group = (
                row["request"]["body"]["parameters"][0]["subjects"][0]["objectId"]
                if row["request"]
                else row["act"]
            )
            for member in row["members"]:
                assert (group, member) not in sent
                sent.add((group, member))
        if row["remedy"] in TAKES_AWAY:
            for name in row["finding_ids"]:
                person = by_id[name]["source_id"]
                kind = by_id[name]["object_type"]
                assert kind not in ("user", "membership") or person not in circumstances.privileged
    places = {row["step"]: row for row in plan.rows}
    for row in plan.rows:
        if row["remedy"] in ("restart_job", "restart_job_full", "resync_all"):
            later = [places[number]["remedy"] for number in places if number > row["step"]]
            assert "disable_in_target" not in later
            assert "review_staged_deletes" not in later
    _pairs_in_order(plan, by_id)
    kinds = [_kind(row, by_id) for row in plan.rows if row["remedy"] in ("provision_on_demand",)]
    assert kinds == sorted(kinds)


def _pairs_in_order(plan: Plan, by_id: Mapping[str, Mapping[str, Any]]) -> None:
    for name in ids(plan):
        row = by_id[name]
        if (row["situation"], row["cause"]) not in TOGETHER:
            continue
        first, second = row["remedies"][:2]
        if second in ("merge_accounts", "remove_twin"):
            steps = [one for one in plan.rows if name in one["finding_ids"]]
            order = [one["remedy"] for one in steps]
            assert order.index(first) < order.index(second)


def _kind(row: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> int:
    if row["members"]:
        return 2
    return min(("user", "group").index(by_id[name]["object_type"]) for name in row["finding_ids"])


@settings(max_examples=50, deadline=None)
@given(rows=FINDINGS, circumstances=PROFILES)
def test_the_order_of_findings_does_not_matter(
    rows: list[dict[str, Any]], circumstances: Circumstances
) -> None:
    forward, backward = (plan_of(some, circumstances) for some in (rows, rows[::-1]))

    assert json.dumps(forward.document()) == json.dumps(backward.document())


@pytest.mark.parametrize(
    ("length", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(seconds=2), "PT2S"),
        (timedelta(minutes=45), "PT45M"),
        (timedelta(days=1, hours=6), "P1DT6H"),
        (timedelta(days=28), "P28D"),
    ],
)
def test_lengths_of_time_are_iso_8601(length: timedelta, text: str) -> None:
    assert duration(length) == text


def scene() -> Scene:
    made = Scene()
    made.person("ada")
    made.person("bob", account=False)
    made.event("bob", EARLY, action="create", target_id="a-bob")
    made.group("Finance", "ada", "bob", inside=("ada",))
    return made


def test_a_plan_of_real_findings_in_every_format(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene().write(tmp_path / "evidence")

    drawn = call(capsys, "plan", folder)
    read = json.loads(call(capsys, "plan", folder, "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(call(capsys, "plan", folder, "--format", "csv").out)))

    assert drawn.code == 0
    assert "To weigh" in drawn.out
    assert drawn.err.endswith(
        "3 steps, 0 findings refused. The plan holds until 2026-11-21 06:00 UTC.\n"
    )
    assert [one["step"] for one in read["steps"]] == [1, 2, 3]
    assert read["steps"][2]["members"] == ["p-bob"]
    assert [row["remedy"] for row in rows] == [one["remedy"] for one in read["steps"]]
    assert {"version", "evidence", "expires", "steps", "refused"} <= set(read)


def test_the_face_makes_the_same_plan(tmp_path: Path) -> None:
    with scim.read(scene().write(tmp_path / "evidence")) as evidence:
        plan = scim.plan(scim.check(evidence), evidence)

    assert list(plan.steps["step"]) == [1, 2, 3]
    assert plan.refused.empty
    assert plan.expires == datetime(2026, 11, 21, 6, tzinfo=UTC)


def test_what_is_marked_is_not_in_a_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene().write(tmp_path / "evidence")
    marks = tmp_path / "marks.toml"
    marks.write_text(
        '[[mark]]\nmatch = "bob@*"\nkind = "do_not_touch"\nowner = "o"\nreason = "r"\n'
        "expires = 2027-01-01\n"
    )

    read = json.loads(call(capsys, "plan", folder, "--marks", marks, "--format", "json").out)

    assert read["steps"] == []
    assert [one["why"] for one in read["refused"]] == ["accepted by a mark"]


def test_a_plan_holds_for_its_evidence_wherever_the_files_lie(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene().write(tmp_path / "evidence")
    path = tmp_path / "plan.json"
    call(capsys, "plan", folder, "--format", "json", "--out", path)
    (folder / "target/users.json").rename(folder / "target/renamed.json")

    assert call(capsys, "plan", folder, "--verify", path).code == 0


@pytest.mark.parametrize("place", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_plan_with_one_byte_changed_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: float
) -> None:
    folder = scene().write(tmp_path / "evidence")
    path = tmp_path / "plan.json"
    call(capsys, "plan", folder, "--format", "json", "--out", path)
    held = bytearray(path.read_bytes())
    at = next(n for n in range(int(len(held) * place), len(held)) if chr(held[n]).isalpha())
    held[at] ^= 0x20
    path.write_bytes(held)

    ran = call(capsys, "plan", folder, "--verify", path)

    assert ran.code == 2
    assert len(ran.errors) == 1


def test_a_plan_of_other_evidence_or_an_old_one_is_refused(tmp_path: Path) -> None:
    with scim.read(scene().write(tmp_path / "1")) as evidence:
        document = json.loads(json.dumps(scim.plan(scim.check(evidence), evidence).document()))
        with pytest.raises(InputError, match="expired at 2026-11-21"):
            verify(document, evidence.at(datetime(2026, 11, 21, 7, tzinfo=UTC)))
    with (
        scim.read(small_tenant(tmp_path / "2")) as other,
        pytest.raises(InputError, match="made from other evidence"),
    ):
        verify(document, other)
    with pytest.raises(InputError, match="is no plan"):
        verify({"steps": []}, other)


def test_worklists_go_to_owners_in_the_columns_of_ticket_systems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = scene().write(tmp_path / "evidence")
    owners = tmp_path / "owners.csv"
    owners.write_text("owner,subject,remedy\nhelpdesk@example.com,bob@example.com,\n")

    ran = call(capsys, "plan", folder, "--worklists", tmp_path / "lists", "--owners", owners)
    by_group = call(capsys, "plan", folder, "--worklists", tmp_path / "groups")

    assert (ran.code, by_group.code) == (0, 0)
    held = pd.read_csv(tmp_path / "lists/helpdesk@example.com.csv")
    assert list(held.columns) == list(TICKET)
    assert set(held["Priority"]) == {"High"}
    assert {path.name for path in (tmp_path / "groups").iterdir()} == {"nobody.csv"}


def test_a_frame_of_owners_without_a_key_is_refused(tmp_path: Path) -> None:
    with scim.read(scene().write(tmp_path / "evidence")) as evidence:
        findings = scim.check(evidence)
        plan = scim.plan(findings, evidence)
    with pytest.raises(InputError, match="needs a column owner and at least one of subject"):
        worklists(plan, findings, pd.DataFrame({"owner": ["a"], "team": ["b"]}))


def test_owners_without_worklists_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = call(capsys, "plan", tmp_path, "--owners", tmp_path / "owners.csv")

    assert ran.code == 2
    assert "--worklists" in ran.errors[0]
