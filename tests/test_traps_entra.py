"""The traps of formats.md that Entra's exports can fall into, a test each, by number."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from scimlytics.loaders.times import day_comes_first, parse_duration, parse_time
from scimlytics.tables import collected_columns
from tests.loading import one, read, report, rows
from tests.native import (
    JOB,
    TENANT,
    audit_target,
    audits_page,
    change,
    diagnostic,
    directory_audit,
    graph_event,
    graph_group,
    graph_member,
    graph_page,
    graph_user,
    groups_page,
    log_analytics,
    log_page,
    members_page,
    scoping,
    step,
    users_page,
)


def event_of(folder: Path, record: Any) -> dict[str, Any]:
    return one(read(folder, {"log/x.json": [record]}), "events")


def test_trap_01_the_same_event_under_other_names_and_in_other_case(tmp_path: Path) -> None:
    plain = graph_event()
    shouted = {key.upper(): value for key, value in plain.items()}
    spelt = {**plain, "initiatedBy": {"Id": "", "Name": "x", "initiatingType": "System"}}

    first, second, third = (
        event_of(tmp_path / str(n), record) for n, record in enumerate([plain, shouted, spelt])
    )

    assert first == {**second, "source_file": first["source_file"]}
    assert third["initiator"] == "system"


@pytest.mark.parametrize(
    "words", [("create", "skipped"), ("Create", "Skipped"), (1, 2), ("1", "2")]
)
def test_trap_02_enumerations_are_words_or_numbers(tmp_path: Path, words: tuple[Any, Any]) -> None:
    action, status = words
    record = graph_event(
        provisioningAction=action,
        provisioningStatusInfo={"Status": status, "errorInformation": None},
    )

    found = event_of(tmp_path, record)

    assert (found["action"], found["status"]) == ("create", "skipped")


@pytest.mark.parametrize(
    "action", ["stagedDelete", "StagedDelete", "stageddelete", 5, "StagedAction"]
)
def test_trap_02_a_held_delete_is_told_however_it_is_spelt(tmp_path: Path, action: Any) -> None:
    assert event_of(tmp_path, graph_event(provisioningAction=action))["action"] == "staged_delete"


def test_trap_03_the_text_false_is_false(tmp_path: Path) -> None:
    found = event_of(tmp_path, graph_event(scope={"assigned": False, "active": True}))

    assert (found["scope_assigned"], found["scope_active"]) == (False, True)


def test_trap_04_json_inside_text_is_decoded_and_other_text_is_not(tmp_path: Path) -> None:
    row = log_analytics(graph_event(display_name="{not json"))

    assert event_of(tmp_path, row)["source_name"] == "ada@example.com"
    assert rows(read(tmp_path / "2", {"log/x.json": [row]}), "steps", "type")[0] == "import"


def test_trap_05_the_tenant_is_not_the_workspace(tmp_path: Path) -> None:
    row = log_analytics(graph_event()) | {"SourceSystem": "Azure"}

    found = event_of(tmp_path, row)

    assert found["tenant_id"] == TENANT
    assert found["source_system"] is None


def test_trap_06_success_is_not_written_and_create_is_not_created(tmp_path: Path) -> None:
    quiet = graph_event(steps=[step("import"), scoping(), step("matching")])
    failed = graph_event("event-2", status="success", steps=[step("export", "failure")])

    loaded = read(tmp_path, {"log/x.json": log_page(quiet, failed, graph_event("event-3"))})

    assert rows(loaded, "events", "action", "status", "written") == [
        ("create", "success", False),
        ("create", "success", False),
        ("create", "success", True),
    ]


def test_trap_07_the_error_is_found_wherever_it_stands(tmp_path: Path) -> None:
    beta = graph_event("1", status="failure", provisioningStatusInfo=None) | {
        "statusInfo": {"status": "failure", "errorCode": "Timeout", "reason": "slow"}
    }
    analytics = log_analytics(graph_event("2", status="failure")) | {
        "ResultSignature": "Timeout",
        "ResultDescription": "slow",
    }
    wrapped = diagnostic(graph_event("3", status="failure")) | {
        "resultSignature": "Timeout",
        "resultDescription": "slow",
    }

    for number, record in enumerate([beta, analytics, wrapped]):
        found = event_of(tmp_path / str(number), record)
        assert (found["status"], found["error_code"], found["reason"]) == (
            "failure",
            "Timeout",
            "slow",
        )


def test_trap_07_a_skip_without_error_gives_the_steps_words(tmp_path: Path) -> None:
    skip = step("processing", "skipped", description="The user is not assigned.", details={})

    assert event_of(tmp_path, graph_event(status="skipped", steps=[skip]))["reason"] == (
        "The user is not assigned."
    )


@pytest.mark.parametrize(
    "details",
    [
        {
            "Active in the source system": "True",
            "Assigned to the application": "False",
            "User has the required role": "True",
            "Scoping filter evaluation passed": "False",
        },
        {
            "IsActive": "True",
            "Assigned": "False",
            "IsEffectivelyEntitledForProvisioning": "True",
            "IsInProvisioningScope": "False",
        },
        {
            "IsActive": "true",
            "Assigned to the application": "False",
            "IsEffectivelyEntitledForProvisioning": "True",
            "IsInProvisioningScopeDisplayName": "False",
        },
    ],
)
def test_trap_08_every_spelling_of_a_scoping_flag_is_one_flag(
    tmp_path: Path, details: dict[str, str]
) -> None:
    record = graph_event(
        steps=[step("scoping", details={**details, "ScopeEvaluationResult": "{}"})]
    )

    found = event_of(tmp_path, record)

    flags = (
        "scope_active",
        "scope_assigned",
        "scope_role",
        "scope_filter",
        "scope_all",
        "scope_failed",
    )
    assert [found[name] for name in flags] == [True, False, True, False, None, []]


def test_trap_09_ids_are_texts_and_an_empty_one_is_null(tmp_path: Path) -> None:
    dn = "CN=Ada,OU=People,DC=example,DC=com"
    events = [
        graph_event("1", source_id=dn, target_id="dbmid:AAAy-_4"),
        graph_event("2", source_id="", target_id=""),
        graph_event("3", target_id=7001),  # type: ignore[arg-type]
    ]

    loaded = read(tmp_path, {"log/x.json": log_page(*events)})

    assert rows(loaded, "events", "source_id", "target_id") == [
        (dn, "dbmid:AAAy-_4"),
        (None, None),
        ("user-1", "7001"),
    ]


def test_trap_10_overlapping_exports_are_counted_once_and_nothing_is_lost(tmp_path: Path) -> None:
    first, second, third = (graph_event(str(number)) for number in range(3))
    changed = {**second, "durationInMilliseconds": 1}

    loaded = read(
        tmp_path, {"log/1.json": log_page(first, second), "log/2.json": [first, changed, third]}
    )

    found = report(loaded, "log/2.json")
    assert sorted(rows(loaded, "events", "event_id", "duration_ms")) == [
        ("0", 437),
        ("1", 1),
        ("2", 437),
    ]
    assert (found.repeated, found.differing) == (1, 1)
    assert loaded.tables["steps"].num_rows == 12


def test_trap_10_without_id_the_change_tells_events_apart(tmp_path: Path) -> None:
    one_change = {**graph_event(), "id": None}
    later = {**one_change, "activityDateTime": "2026-11-11T09:00:00Z"}
    nothing = {**one_change, "changeId": ""}

    loaded = read(tmp_path, {"log/x.json": [one_change, one_change, later, nothing]})

    assert loaded.tables["events"].num_rows == 2
    assert report(loaded, "log/x.json").repeated == 1
    assert report(loaded, "log/x.json").aside == [(4, "has neither id nor change id")]


def test_trap_10_one_event_in_two_serialisations_is_the_same_row(tmp_path: Path) -> None:
    event = graph_event(status="failure", code="Timeout", reason="slow")

    loaded = read(
        tmp_path,
        {"log/1": [event], "log/2": [diagnostic(event)], "log/3": [log_analytics(event)]},
    )

    assert loaded.tables["events"].num_rows == 1
    assert [(file.repeated, file.differing) for file in loaded.files] == [(0, 0), (1, 0), (1, 0)]


NOON = datetime(2007, 1, 9, 9, 41, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2007-01-09T09:41:00Z", NOON),
        ("2007-01-09T09:41:00", NOON),
        ("2007-01-09 09:41:00.000", NOON),
        ("2007-01-09T09:41:00.6816663Z", NOON.replace(microsecond=681666)),
        ("2007-01-09T09:41:00.535404056Z", NOON.replace(microsecond=535404)),
        ("2007-01-09T11:41:00+02:00", NOON),
        ("2007-01-09 11:41:00 +02:00", NOON),
        ("2007-01-09 09:41:00 UTC", NOON),
        ("01/23/2007 9:41:00 PM", datetime(2007, 1, 23, 21, 41, tzinfo=UTC)),
        ("23/01/2007, 09:41:00.120", datetime(2007, 1, 23, 9, 41, 0, 120000, tzinfo=UTC)),
        ("09.01.2007 09:41:00", NOON),
        ("", None),
        (None, None),
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59.9999999Z", None),
        (1168335660, NOON),
        (1168335660000, NOON),
    ],
)
def test_trap_11_times_of_every_spelling_are_read(text: Any, moment: datetime | None) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text", ["1/9/2007 9:41:00 AM", "01/09/2007 09:41:00", "soon", "2024-02-30T00:00:00Z", True, []]
)
def test_trap_11_what_has_two_meanings_or_none_is_refused(text: Any) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


def test_trap_11_a_column_tells_which_of_day_and_month_comes_first() -> None:
    assert day_comes_first(["1/9/2007", "23/9/2007"]) is True
    assert day_comes_first(["1/9/2007", "1/23/2007"]) is False
    assert day_comes_first(["1/9/2007", "1/2/2007"]) is None
    assert day_comes_first(["23/9/2007", "1/23/2007"]) is None
    assert parse_time("1/9/2007 09:41", day_first=False) == NOON


def test_trap_11_a_time_without_zone_is_of_the_zone_that_was_said() -> None:
    assert parse_time("2007-01-09 10:41", zone=ZoneInfo("Europe/Berlin")) == NOON


def test_trap_11_intervals_and_their_sentinel() -> None:
    assert parse_duration("PT40M") == 2400
    assert parse_duration("P1DT1H") == 90000
    assert parse_duration("P10675199DT2H48M5.4775807S") is None


def test_trap_11_an_event_whose_time_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"log/x.json": log_page(graph_event(at="1/9/2007 9:41:00 AM"))})

    assert report(loaded, "log/x.json").aside == [
        (1, "its time is no time we can read: day and month cannot be told apart")
    ]


def test_trap_12_numbers_in_text_and_leading_zeros(tmp_path: Path) -> None:
    assert event_of(tmp_path, graph_event(durationInMilliseconds="828"))["duration_ms"] == 828

    loaded = read(tmp_path / "2", {"source/u.json": users_page(graph_user(employeeId="007"))})
    assert rows(loaded, "source_users", "employee_number") == ["007"]


def test_trap_13_absent_is_not_null_and_null_is_not_false(tmp_path: Path) -> None:
    bare = graph_page("users(id,accountEnabled)", [{"id": "1", "accountEnabled": None}])
    silent = graph_page("users(id,displayName)", [{"id": "1", "displayName": "Ada"}])

    asked = read(tmp_path / "1", {"source/u.json": bare}).tables["source_users"]
    never = read(tmp_path / "2", {"source/u.json": silent}).tables["source_users"]

    assert asked.column("active").to_pylist() == never.column("active").to_pylist() == [None]
    assert "active" in collected_columns(asked)
    assert "active" not in collected_columns(never)


def test_trap_13_a_group_that_shows_no_members_is_not_an_empty_group(tmp_path: Path) -> None:
    groups = [graph_group("1"), graph_group("2", members=[])]

    loaded = read(tmp_path, {"source/g.json": groups_page(*groups)})

    assert rows(loaded, "source_groups", "members_shown") == [False, True]


def test_trap_14_steps_and_resources_are_told_by_type_not_by_place(tmp_path: Path) -> None:
    steps = [
        step("export", details={"userName": "new@example.com"}),
        step("matching", name="EntryImport", details={"userName": "old@example.com"}),
        step("import", name="EntryImport", details={"userPrincipalName": "ada@example.com"}),
    ]
    audit = [audit_target("user-1"), audit_target("group-1", "Group", name="Finance")]
    record = graph_event(steps=steps, sourceIdentity={"id": "user-1", "identityType": "User"})

    for order in (1, -1):
        folder = tmp_path / str(order)
        shuffled = {**record, "provisioningSteps": steps[::order] if order == 1 else steps}
        page = audits_page(directory_audit("Add member to group", *audit[::order]))
        loaded = read(folder, {"log/x.json": [shuffled], "source/a.json": page})
        assert rows(loaded, "events", "source_name", "written") == [("ada@example.com", True)]
        assert rows(loaded, "source_audit", "source_id", "group_id") == [("user-1", "group-1")]


def test_trap_15_a_page_that_is_missing_marks_the_pull_as_open(tmp_path: Path) -> None:
    page = members_page(graph_member("1"), next_link="groups/g/members?$skiptoken=x")

    pulls = read(tmp_path, {"source/members/g.json": page}).pulls

    assert [(one.group_id, one.open_next, one.terminal) for one in pulls] == [("g", True, False)]


def test_trap_16_members_may_be_groups_and_devices(tmp_path: Path) -> None:
    kinds = ["user", "group", "device", "servicePrincipal", "orgContact"]
    page = members_page(*(graph_member(kind, kind) for kind in kinds))

    loaded = read(tmp_path, {"source/members/g.json": page})

    assert rows(loaded, "source_memberships", "member_type") == [
        "user",
        "group",
        "device",
        "service_principal",
        "other",
    ]


def test_trap_17_names_are_folded_and_kept_raw(tmp_path: Path) -> None:
    guest = graph_user("1", "Ada_partner.example#EXT#@contoso.example", mail="ADA@Partner.example")

    loaded = read(tmp_path, {"source/u.json": users_page(guest)})

    assert rows(loaded, "source_users", "user_name", "user_name_key", "email_key") == [
        ("Ada_partner.example#EXT#@contoso.example", "ada@partner.example", "ada@partner.example")
    ]


def test_trap_17_the_dots_of_export_details_come_back(tmp_path: Path) -> None:
    sent = step("export", details={"namegivenName": "Ada", "namefamilyName": "L"})

    loaded = read(tmp_path, {"log/x.json": [graph_event(steps=[sent])]})

    details = json.loads(rows(loaded, "steps", "details")[0])
    assert set(details) == {"name.givenName", "name.familyName"}


def test_trap_18_flow_types_are_flags_in_a_text(tmp_path: Path) -> None:
    from tests.native import attribute_mapping, sync_schema

    schema = sync_schema(attribute_mapping("userName", "mail"), flow_types="Add,Delete")

    loaded = read(tmp_path, {"log/s.json": schema})

    assert rows(loaded, "mappings", "flow_add", "flow_update", "flow_delete") == [
        (True, False, True)
    ]


def test_trap_19_a_category_of_another_service_is_not_taken_for_entra(tmp_path: Path) -> None:
    other = diagnostic(graph_event()) | {
        "resourceId": "/SUBSCRIPTIONS/1/PROVIDERS/MICROSOFT.DEVOPSINFRASTRUCTURE/POOLS/x",
        "operationName": "Provisioning",
    }

    loaded = read(tmp_path, {"log/x.json": [other]})

    assert loaded.tables["events"].num_rows == 0
    assert report(loaded, "log/x.json").put_aside == 1


def test_trap_19_the_documentations_broken_json_is_named_with_its_line(tmp_path: Path) -> None:
    text = '{\n "value": [\n  {"id": "1",\n   "modifiedProperties": [{"displayName": "a",}]}\n ]\n}'

    loaded = read(tmp_path, {"log/x.json": text})

    assert (report(loaded, "log/x.json").error or "").startswith("log/x.json, line 4: no JSON")


def test_trap_19_the_action_of_2019_is_a_steps_name(tmp_path: Path) -> None:
    old = {**graph_event(), "action": "EntryExportUpdate", "provisioningAction": None}

    assert event_of(tmp_path, old)["action"] == "update"


def test_trap_20_silence_has_a_window_per_job(tmp_path: Path) -> None:
    events = [
        graph_event("1", at="2026-11-01T00:00:00Z"),
        graph_event("2", at="2026-11-03T00:00:00Z"),
        graph_event("3", at="2026-11-09T00:00:00Z", job="other.job"),
    ]

    loaded = read(tmp_path, {"log/x.json": log_page(*events)})

    assert rows(loaded, "coverage", "job_id", "events") == [("other.job", 1), (JOB, 2)]


def test_trap_20_secrets_never_leave_the_file(tmp_path: Path) -> None:
    sent = step("export", details={"Authorization": "Bearer s3cr3t", "password": "s3cr3t"})
    event = graph_event(steps=[sent], changes=[change("password", None, "s3cr3t")])

    loaded = read(tmp_path, {"log/x.json": [event]})

    assert "s3cr3t" not in "".join(str(table.to_pylist()) for table in loaded.tables.values())
