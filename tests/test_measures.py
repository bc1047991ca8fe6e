"""Measures: small tables in, and the numbers one counts by hand out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from scimlytics.errors import InputError
from scimlytics.evidence import Evidence, to_frame
from scimlytics.evidence.completeness import Shown
from scimlytics.measures import (
    audit,
    cycles,
    deletion,
    duplicates,
    figures,
    measure,
    membership,
    payloads,
    people,
    renames,
    scoping,
    throttling,
)
from scimlytics.measures import findings as found
from scimlytics.settings import Settings
from scimlytics.tables import FINDINGS

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def columns(rows: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    held = list(rows)
    return {
        name: [row.get(name) for row in held]
        for name in sorted({key for row in held for key in row})
    }


def evidence(**tables: list[dict[str, Any]]) -> Evidence:
    return Evidence(
        {name: columns(rows) for name, rows in tables.items()},
        settings=Settings(),
        name="test",
        systems={"source": "entra", "target": "scim", "log": "entra"},
        newest={"source": NOW, "target": NOW, "log": NOW},
    )


def person(name: str, **more: Any) -> dict[str, Any]:
    return {"id": f"s-{name}", "user_name": name, "active": True, "created": ago(9000), **more}


def account(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"t-{name}",
        "external_id": f"s-{name}",
        "user_name": name,
        "active": True,
        **more,
    }


def assigned(*ids: str, kind: str = "user") -> list[dict[str, Any]]:
    return [{"principal_id": one, "principal_type": kind, "created": ago(8000)} for one in ids]


def attempt(name: str, hours: float, *, refused: bool = False) -> dict[str, Any]:
    return {
        "event_id": f"e-{name}-{hours}",
        "at": ago(hours),
        "product": "entra",
        "job_id": "job",
        "action": "update",
        "object_type": "user",
        "source_id": f"s-{name}",
        "status": "failure" if refused else "success",
        "error_code": "TooManyRequests" if refused else None,
        "written": not refused,
    }


def finding(subject: str, **more: Any) -> dict[str, Any]:
    return {
        "finding_id": f"f-{subject}-{more.get('cause', '')}",
        "check": "missing_users",
        "severity": "high",
        "certainty": "confirmed",
        "situation": "missing",
        "cause": "target_deleted",
        "object_type": "user",
        "subject": subject,
        "heals": "no",
        "remedy": "restart_job",
        **more,
    }


def findings(*rows: dict[str, Any]) -> pd.DataFrame:
    frame: pd.DataFrame = to_frame(FINDINGS.conform(columns(rows)))
    return frame


def rows(frame: pd.DataFrame, *names: str) -> list[Any]:
    return [tuple(row) for row in frame[list(names)].itertuples(index=False)]


NOTHING = evidence(source_users=[], target_users=[])


def test_by_cause_counts_what_is_open_and_leaves_info_and_marked_ones_out() -> None:
    held = findings(
        finding("a"),
        finding("b"),
        finding("c", cause="throttled", severity="medium"),
        finding("d", severity="info"),
        finding("e", status="suppressed"),
    )

    counted = measure(found.by_cause, NOTHING, held)

    assert rows(counted, "cause", "severity", "findings", "of_cause") == [
        ("target_deleted", "high", 2, 2),
        ("throttled", "medium", 1, 1),
    ]


def test_incidents_are_the_fewest_moments_that_explain_all_windows() -> None:
    held = findings(
        finding("a", since=ago(10), until=ago(6)),
        finding("b", since=ago(9), until=ago(5)),
        finding("c", since=ago(3), until=ago(2)),
        finding("d", since=ago(2.5), until=ago(1)),
        finding("e", since=ago(50), until=ago(49)),
    )

    incidents = measure(found.incidents, NOTHING, held)

    assert rows(incidents, "findings", "fits_from", "fits_to", "first", "last") == [
        (2, ago(9), ago(6), ago(10), ago(5)),
        (2, ago(2.5), ago(2), ago(3), ago(1)),
    ]


def test_windows_that_share_no_moment_are_apart_however_they_overlap() -> None:
    held = findings(
        finding("a", since=ago(10), until=ago(6)),
        finding("b", since=ago(7), until=ago(3)),
        finding("c", since=ago(4), until=ago(1)),
    )

    incidents = measure(found.incidents, NOTHING, held, options={"least": 1})

    assert rows(incidents, "findings", "fits_from", "fits_to") == [
        (2, ago(7), ago(6)),
        (1, ago(4), ago(1)),
    ]


def test_next_acts_hold_only_what_is_sure_the_most_severe_first() -> None:
    held = findings(
        finding("a", remedy="wait", severity="medium", heals="yes"),
        finding("b", remedy="disable_in_target", severity="critical"),
        finding("c", certainty="suspected"),
    )

    acts = measure(found.next_acts, NOTHING, held)

    assert rows(acts, "severity", "remedy", "findings", "never_heal") == [
        ("critical", "disable_in_target", 1, 1),
        ("medium", "wait", 1, 0),
    ]
    assert acts["says"][0] == "Disable the account in the target."


def test_health_gives_each_number_what_it_is_out_of() -> None:
    held = evidence(
        source_users=[person("ada"), person("bob"), person("left", active=False)],
        target_users=[account("ada"), account("left")],
        assignments=assigned("s-ada", "s-bob"),
    )
    seen = findings(
        finding("bob", source_id="s-bob"),
        finding("left", situation="orphaned", cause="orphaned_leaver", severity="critical"),
    )

    health = measure(figures.health, held, seen)

    first = rows(health, "label", "value", "of", "severity")[:2]
    assert first == [
        ("Leavers still active", 1, 1, "critical"),
        ("Missing or inactive", 1, 2, "high"),
    ]
    assert health["value"].isna().tolist()[2:5] == [True] * 3, "groups were not exported"


def test_a_zero_is_fine_only_when_what_it_rests_on_is_complete() -> None:
    def severity(**shown: bool) -> str:
        held = Evidence(
            {"source_users": columns([person("ada")]), "target_users": columns([account("ada")])},
            settings=Settings(),
            newest={"source": NOW, "target": NOW},
            pulls={
                (side, "users", None): Shown(rows=1, terminal=terminal)
                for side, terminal in shown.items()
            },
        )
        return str(measure(figures.health, held, findings())["severity"][1])

    assert severity(source=True, target=True) == "fine"
    assert severity(source=True, target=False) == "unproven"


def test_the_funnel_loses_people_from_stage_to_stage() -> None:
    held = evidence(
        source_users=[person("ada"), person("bob"), person("cy"), person("left", active=False)],
        target_users=[account("ada"), account("bob", active=False)],
        assignments=assigned("s-ada", "s-bob", "s-cy"),
    )

    stages = measure(people.funnel, held)

    assert stages["people"].tolist() == [4, 3, 3, 2, 2, 2, 1]
    assert stages["lost"].tolist() == [0, 1, 0, 1, 0, 0, 1]


def test_the_state_matrix_counts_every_person_and_every_lone_account() -> None:
    held = evidence(
        source_users=[person("ada"), person("left", active=False)],
        target_users=[account("ada"), account("left"), account("ghost", external_id=None)],
        assignments=assigned("s-ada"),
    )

    matrix = measure(people.state_matrix, held)

    assert rows(matrix, "source_state", "target_state", "people") == [
        ("active", "active", 1),
        ("disabled", "active", 1),
        ("none", "active", 1),
    ]


def test_leavers_show_administrators_and_recent_logins_first() -> None:
    held = evidence(
        source_users=[],
        target_users=[
            account("a", last_login=ago(1)),
            account("b", last_login=ago(900), privileged=True),
            account("c"),
        ],
    )
    gone = {"situation": "orphaned", "cause": "orphaned_leaver", "severity": "critical"}
    seen = findings(*(finding(name, target_id=f"t-{name}", **gone) for name in "acb"))

    leavers = measure(people.leavers, held, seen)

    assert leavers["subject"].tolist() == ["b", "a", "c"]


def test_healthy_people_are_none_that_a_finding_names() -> None:
    held = evidence(
        source_users=[person("ada"), person("bob")],
        target_users=[account("ada"), account("bob")],
        assignments=assigned("s-ada", "s-bob"),
    )

    healthy = measure(people.healthy, held, findings(finding("bob", source_id="s-bob")))

    assert rows(healthy, "subject", "target_id") == [("ada", "t-ada")]


GROUPS = {
    "source_users": [person("ada"), person("bob")],
    "target_users": [account("ada"), account("bob")],
    "source_groups": [
        {"id": "g1", "display_name": "Finance", "members_shown": True},
        {"id": "g2", "display_name": "Sales", "members_shown": True},
    ],
    "target_groups": [
        {"id": "G1", "external_id": "g1", "display_name": "Finance", "members_shown": True}
    ],
    "source_memberships": [
        {"group_id": group, "member_id": member, "member_type": "user"}
        for group in ("g1", "g2")
        for member in ("s-ada", "s-bob")
    ],
    "target_memberships": [{"group_id": "G1", "member_id": "t-ada", "member_type": "user"}],
    "assignments": [*assigned("s-ada", "s-bob"), *assigned("g1", "g2", kind="group")],
}

TWO_GROUPS = evidence(**GROUPS)


def test_coverage_counts_the_members_of_an_absent_group_as_missing() -> None:
    edge = finding(
        "bob → Finance", object_type="membership", group_source_id="g1", cause="target_edit"
    )

    coverage = measure(membership.coverage, TWO_GROUPS, findings(edge))

    assert rows(coverage, "group", "wanted", "missing", "covered", "group_missing") == [
        ("Sales", 2, 2, 0.0, True),
        ("Finance", 2, 1, 50.0, False),
    ]


def test_group_by_cause_shows_the_worst_groups_only() -> None:
    edges = [
        finding(f"{number} → {group}", object_type="membership", group_source_id=group, cause=cause)
        for group, cause, many in (("g1", "target_edit", 3), ("g2", "throttled", 1))
        for number in range(many)
    ]

    heat = measure(membership.group_by_cause, TWO_GROUPS, findings(*edges), options={"top": 1})

    assert rows(heat, "group", "cause", "memberships", "of_group") == [
        ("Finance", "target_edit", 3, 3)
    ]


THROTTLED = {
    "source_users": [person("ada"), person("bob")],
    "target_users": [account("ada"), account("bob")],
    "events": [
        attempt("ada", 10, refused=True),
        attempt("ada", 9.5, refused=True),
        attempt("ada", 8),
        attempt("bob", 10, refused=True),
        attempt("bob", 11),
    ],
}

REFUSED = evidence(**THROTTLED)


def test_pressure_puts_attempts_into_bars_of_some_hours() -> None:
    bars = measure(throttling.pressure, REFUSED, options={"hours": 2})

    assert rows(bars, "accepted", "throttled", "failed") == [(1, 0, 0), (0, 3, 0), (1, 0, 0)]
    assert bars["at"].iloc[0] == datetime(2026, 11, 19, 18, tzinfo=UTC)


def test_refused_objects_wait_until_they_are_accepted_or_for_ever() -> None:
    refused = measure(throttling.refused, REFUSED)

    assert rows(
        refused.fillna({"delay_minutes": -1}), "object_id", "refusals", "delay_minutes"
    ) == [
        ("s-ada", 2, 120.0),
        ("s-bob", 1, -1),
    ]


def test_gaps_count_what_came_back_and_what_was_lost() -> None:
    window = finding(
        "job",
        object_type="cycle",
        situation=None,
        cause="throttling_gap",
        since=ago(10),
        until=ago(9),
    )

    gaps = measure(throttling.gaps, REFUSED, findings(window))

    assert rows(gaps, "minutes", "refused", "objects", "recovered", "lost") == [(60.0, 3, 2, 1, 1)]


def test_retry_after_is_obeyed_when_the_next_request_waits() -> None:
    requests = [
        {"request_id": str(number), "at": ago(5) + timedelta(seconds=second), "client": "entra",
         "method": "GET", "path": "/Users", "status": status, "retry_after_s": wait}
        for number, (second, status, wait) in enumerate(
            [(0, 429, 30.0), (10, 429, 30.0), (50, 200, None), (60, 429, None)]
        )
    ]  # fmt: skip

    answer = measure(throttling.retry_after, evidence(scim_requests=requests))

    assert rows(answer, "client", "refused", "asked", "obeyed", "ignored") == [
        ("entra", 3, 2, 1, 1)
    ]


def test_clusters_list_the_survivor_before_its_twins() -> None:
    held = evidence(
        source_users=[person("ada")],
        target_users=[account("ada"), account("ada2", external_id=None, created=ago(5))],
    )
    twice = finding(
        "ada", situation="duplicated", cause="jit_twin", source_id="s-ada", target_id="t-ada",
        other_ids=["t-ada2"],
    )  # fmt: skip

    clusters = measure(duplicates.clusters, held, findings(twice))

    assert rows(clusters, "role", "account", "why") == [
        ("survivor", "t-ada", "carries the directory's id"),
        ("twin", "t-ada2", "the provider does not write to it"),
    ]


def test_duplicates_of_people_who_left_are_a_risk() -> None:
    held = evidence(source_users=[person("ada", active=False), person("bob")], target_users=[])
    seen = findings(
        *(
            finding(name, situation="duplicated", source_id=f"s-{name}", other_ids=["x"])
            for name in ("ada", "bob")
        )
    )

    assert rows(measure(duplicates.at_risk, held, seen), "subject", "person_state") == [
        ("ada", "disabled")
    ]


def test_renames_arrive_with_the_first_accepted_claim_or_never() -> None:
    audit = [
        {"audit_id": name, "at": ago(5), "action": "rename", "object_type": "user",
         "source_id": f"s-{name}", "subject": name, "attribute": "userPrincipalName", "new": name}
        for name in ("ada", "bob")
    ]  # fmt: skip
    held = evidence(
        source_users=[person("ada"), person("bob")],
        target_users=[],
        source_audit=audit,
        events=[
            attempt("ada", 6),
            attempt("ada", 4),
            attempt("ada", 3),
            attempt("bob", 4, refused=True),
        ],
    )

    arrived = measure(renames.arrivals, held).fillna({"lag_minutes": -1})

    assert rows(arrived, "subject", "lag_minutes") == [("ada", 60.0), ("bob", -1)]
    assert rows(measure(renames.distribution, held), "lag", "renames") == [
        ("to 80 min", 1),
        ("never", 1),
    ]


def test_ages_count_from_the_earliest_moment() -> None:
    seen = findings(
        finding("a", since=ago(10)),
        finding("b", since=ago(24 * 5)),
        finding("c"),
        finding("d", since=ago(9999)),
    )

    ages = measure(people.ages, NOTHING, seen, options={"now": NOW})

    assert rows(ages, "age", "findings") == [
        ("to 1 day", 1), ("to 7 days", 1), ("longer", 1), ("not known", 1),
    ]  # fmt: skip


def test_codes_tell_how_often_and_since_when() -> None:
    codes = measure(payloads.codes, REFUSED)

    assert rows(codes, "code", "family", "attempts", "objects", "first_seen", "last_seen") == [
        ("TooManyRequests", "throttled", 3, 2, ago(10), ago(9.5))
    ]


def test_cycles_end_as_their_worst_line() -> None:
    held = evidence(
        source_users=[person("ada")],
        target_users=[],
        events=[
            {**attempt("ada", 10), "cycle_id": "c1"},
            {**attempt("ada", 9.5, refused=True), "cycle_id": "c1"},
            {**attempt("ada", 5), "cycle_id": "c2"},
        ],
    )

    ran = measure(cycles.cycles, held)

    assert rows(ran, "cycle_id", "minutes", "lines", "outcome") == [
        ("c1", 30.0, 2, "throttled"),
        ("c2", 0.0, 1, "fine"),
    ]


def test_the_claim_audit_counts_what_the_target_contradicts() -> None:
    held = evidence(
        source_users=[person("ada"), person("bea"), person("cleo")],
        target_users=[account("ada"), account("cleo")],
        assignments=assigned("s-ada", "s-bea", "s-cleo"),
        events=[
            attempt("ada", 50),
            attempt("bea", 40),
            {**attempt("cleo", 30), "action": "disable"},
        ],
    )

    actions = measure(audit.claims_by_action, held)
    lost = measure(audit.contradictions, held)

    assert rows(actions, "action", "claims", "contradicted") == [
        ("account disabled", 1, 1),
        ("account made or updated", 2, 1),
    ]
    assert rows(lost, "subject", "target_shows") == [
        ("cleo", "account active"),
        ("bea", "account absent"),
    ]


def test_the_distance_to_quarantine_counts_objects_by_their_newest_line() -> None:
    held = evidence(
        source_users=[person("ada"), person("bea")],
        target_users=[],
        events=[
            attempt("ada", 9, refused=True),
            attempt("ada", 5),
            attempt("bea", 9),
            attempt("bea", 4, refused=True),
        ],
    )

    distance = measure(cycles.quarantine_distance, held)

    assert rows(distance, "job_id", "objects", "failing", "until_evaluated", "in_danger") == [
        ("job", 2, 1, 4_999, False)
    ]


def test_latency_keeps_attributes_apart() -> None:
    renamed = {"action": "rename", "object_type": "user", "source_id": "s-ada", "subject": "ada"}
    held = evidence(
        source_users=[person("ada")],
        target_users=[account("ada")],
        events=[attempt("ada", 9)],
        source_audit=[
            {**renamed, "audit_id": "a1", "at": ago(10), "attribute": "mail", "new": "x"},
            {
                **renamed,
                "audit_id": "a2",
                "at": ago(3),
                "attribute": "userPrincipalName",
                "new": "y",
            },
        ],
    )

    lags = measure(renames.latency, held)

    assert rows(lags, "attribute", "changes", "never_sent") == [
        ("mail", 1, 0),
        ("userPrincipalName", 1, 1),
    ]
    assert next(iter(lags["median_minutes"])) == 60


def test_clauses_that_were_false_are_counted_by_people() -> None:
    held = evidence(
        source_users=[person("ada"), person("bob")],
        target_users=[],
        events=[
            {**attempt(name, hours), "status": "skipped", "scope_failed": ["dept", "city"][:many],
             "scope_filter": False}
            for name, hours, many in (("ada", 3, 2), ("ada", 2, 2), ("bob", 1, 1))
        ],
    )  # fmt: skip

    assert rows(measure(scoping.clauses, held), "clause", "people") == [("dept", 2), ("city", 1)]
    assert rows(measure(scoping.flags, held), "flag", "people", "skipped") == [
        ("inside the scoping filter", 2, 3)
    ]


def test_deletions_name_groups_first_and_whom_they_hit() -> None:
    seen = findings(
        finding("ada", check="deletion_drift", source_id="s-ada"),
        finding("Sales", check="deletion_drift", object_type="group", source_id="g2"),
        finding("other"),
    )

    deletions = measure(deletion.deletions, TWO_GROUPS, seen)

    assert rows(deletions, "subject", "members") == [("Sales", 2), ("ada", 2)]


def options(name: str) -> dict[str, Any]:
    """Options without which a measure cannot be asked."""
    return {"now": NOW} if name == "ages" else {}


EVERY = [
    (module, name)
    for module in (
        audit,
        cycles,
        deletion,
        duplicates,
        figures,
        found,
        membership,
        payloads,
        people,
        renames,
        scoping,
        throttling,
    )
    for name, function in vars(module).items()
    if callable(function)
    and getattr(function, "__module__", "") == module.__name__
    and not name.startswith("_")
    and name not in ("rank", "word", "open_ones", "Figures")
]


@pytest.mark.parametrize(("module", "name"), EVERY, ids=[name for _, name in EVERY])
def test_every_measure_says_what_it_is_and_finds_nothing_in_nothing(module: Any, name: str) -> None:
    function = getattr(module, name)

    measured = measure(function, NOTHING, findings(), options=options(name))

    assert str(function.__doc__).split("\n")[0].endswith(".")
    if name not in ("figures", "health", "funnel"):
        assert measured.empty


@pytest.mark.parametrize(("module", "name"), EVERY, ids=[name for _, name in EVERY])
def test_every_measure_leaves_the_findings_as_they_were(module: Any, name: str) -> None:
    held = findings(finding("a", since=ago(2), until=ago(1)))
    before = held.copy()

    measure(getattr(module, name), TWO_GROUPS, held, options=options(name))

    pd.testing.assert_frame_equal(held, before)


@pytest.mark.parametrize(
    "module", [module for module, name in EVERY if name in ("figures", "health")]
)
def test_key_figures_have_the_columns_a_page_wants(module: Any) -> None:
    made = measure(
        getattr(module, "figures", None) or module.health,
        TWO_GROUPS,
        findings(),
    )

    assert list(made) == ["place", "label", "value", "of", "of_what", "severity", "note"]


def test_an_unknown_option_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no option 'tpo'.*There are: top"):
        measure(membership.group_by_cause, NOTHING, findings(), options={"tpo": 1})


def test_a_measure_of_findings_wants_findings() -> None:
    with pytest.raises(InputError, match="looks at findings"):
        measure(found.by_cause, NOTHING)
