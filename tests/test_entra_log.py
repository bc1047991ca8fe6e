from __future__ import annotations

import csv
import gzip
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimlytics.loaders import Loaded
from tests.loading import one, read, report, rows
from tests.native import (
    change,
    diagnostic,
    graph_event,
    log_analytics,
    log_page,
    step,
)

TABLES = ("events", "steps", "changes", "unresolved")
ORIGIN = ("source_file", "source_row")


def as_csv(records: list[dict[str, Any]], header_note: str = "") -> str:
    buffer = io.StringIO()
    names = [f"{key}{header_note}" if key == "TimeGenerated" else key for key in records[0]]
    writer = csv.writer(buffer)
    writer.writerow(names)
    writer.writerows([list(record.values()) for record in records])
    return buffer.getvalue()


def as_tables(records: list[dict[str, Any]]) -> dict[str, Any]:
    columns = [{"name": name, "type": "string"} for name in records[0]]
    values = [list(record.values()) for record in records]
    return {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": values}]}


FORMS = {
    "A: Graph page": lambda events: log_page(*events),
    "B: portal JSON": lambda events: events,
    "D: Event Hub": lambda events: {"records": [diagnostic(one) for one in events]},
    "D: storage": lambda events: "\n".join(json.dumps(diagnostic(one)) for one in events),
    "E: rows": lambda events: [log_analytics(one) for one in events],
    "E: tables": lambda events: as_tables([log_analytics(one) for one in events]),
    "E: CSV": lambda events: as_csv([log_analytics(one) for one in events]),
    "E: CSV [UTC]": lambda events: as_csv([log_analytics(one) for one in events], " [UTC]"),
}


def content(loaded: Loaded) -> dict[str, list[dict[str, Any]]]:
    """What was read, whatever file and row it came from."""
    return {
        name: [
            {key: value for key, value in row.items() if key not in ORIGIN}
            for row in loaded.tables[name].to_pylist()
        ]
        for name in TABLES
    }


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_event_is_the_same_in_every_serialisation(tmp_path: Path, form: Any) -> None:
    event = graph_event(
        status="failure",
        code="EntryConflict",
        reason="Files.com answered with HTTP status code 409",
        changes=[change("name.givenName", None, "Ada")],
        target_id="7001",
    )

    loaded = read(tmp_path, {"log/x": form([event])})

    assert report(loaded, "log/x").error is None
    found = one(loaded, "events")
    assert (found["action"], found["status"]) == ("create", "failure")
    assert (found["error_code"], found["http_status"]) == ("EntryConflict", 409)
    assert (found["source_name"], found["target_id"]) == ("ada@example.com", "7001")
    assert (found["tenant_id"], found["duration_ms"]) == (event["tenantId"], 437)
    assert found["scope_failed"] == []
    assert found["scope_assigned"] is True
    assert found["written"] is False
    assert rows(loaded, "steps", "type") == ["import", "scoping", "matching", "export"]
    assert rows(loaded, "changes", "attribute", "new") == [("name.givenName", "Ada")]


def test_jobs_are_told_apart_and_an_inbound_job_is_not_outbound(tmp_path: Path) -> None:
    inbound = graph_event(
        "event-2",
        job="Workday2AAD.tenant.job",
        sourceSystem={"id": "s", "displayName": "Workday"},
        targetSystem={"id": "t", "displayName": "Azure Active Directory"},
    )

    loaded = read(tmp_path, {"log/x.json": log_page(graph_event(), inbound)})

    assert rows(loaded, "events", "event_id", "outbound") == [("event-1", True), ("event-2", False)]
    assert loaded.tables["coverage"].num_rows == 2


def test_a_group_is_named_by_its_display_name(tmp_path: Path) -> None:
    event = graph_event(object_type="Group", display_name="Finance", source_id="group-1")

    loaded = read(tmp_path, {"log/x.json": log_page(event)})

    assert rows(loaded, "events", "object_type", "source_name") == [("group", "Finance")]


def test_a_skip_names_its_reason_and_attribute(tmp_path: Path) -> None:
    event = graph_event(
        status="skipped", skip_reason="AttributeValidationFailed", skip_attribute="name.familyName"
    )

    found = one(read(tmp_path, {"log/x.json": log_page(event)}), "events")

    assert (found["skip_reason"], found["skip_attribute"]) == (
        "AttributeValidationFailed",
        "name.familyName",
    )
    assert found["written"] is False


def test_clauses_of_the_scoping_filter_that_failed_are_named(tmp_path: Path) -> None:
    clauses = {"Staff.department EQUALS 'Sales'": False, "Staff.company IS NOT NULL": True}
    event = graph_event(status="skipped", scope={"passed": False, "evaluation": clauses})

    found = one(read(tmp_path, {"log/x.json": log_page(event)}), "events")

    assert found["scope_filter"] is False
    assert found["scope_failed"] == ["Staff.department EQUALS 'Sales'"]


def test_members_are_a_row_each_whether_listed_with_commas_or_as_json(tmp_path: Path) -> None:
    events = [
        graph_event("a", changes=[change("members", None, "u1,u2")]),
        graph_event("b", changes=[change("members", '["u1","u2"]', '["u2","u3"]')]),
        graph_event("c", changes=[change("members", "u9", None)]),
    ]

    loaded = read(tmp_path, {"log/x.json": log_page(*events)})

    assert rows(loaded, "changes", "event_id", "old", "new") == [
        ("a", None, "u1"),
        ("a", None, "u2"),
        ("b", None, "u3"),
        ("b", "u1", None),
        ("c", "u9", None),
    ]


def test_references_that_were_not_resolved_are_named(tmp_path: Path) -> None:
    event = graph_event(
        object_type="Group",
        steps=[
            step(
                "referenceResolution",
                "skipped",
                description="We were unable to assign user-7, user-8 as the members of Finance.",
                details={"SkipReason": "UnableToResolveReferenceAttributeValue"},
            )
        ],
    )

    loaded = read(tmp_path, {"log/x.json": log_page(event)})

    assert rows(loaded, "unresolved", "reference_id", "attribute", "group_name") == [
        ("user-7", "members", "Finance"),
        ("user-8", "members", "Finance"),
    ]


def test_the_next_retry_is_read_from_the_reason(tmp_path: Path) -> None:
    reason = (
        "This operation was retried 3 times. It will be retried again after this date:"
        " 2026-11-12T10:35:40.5193Z"
    )
    event = graph_event(status="failure", code="Timeout", reason=reason)

    found = one(read(tmp_path, {"log/x.json": log_page(event)}), "events")

    assert found["retries"] == 3
    assert found["retry_at"].isoformat() == "2026-11-12T10:35:40.519300+00:00"


def test_an_answer_on_demand_is_json_in_json(tmp_path: Path) -> None:
    value = {
        "action": "Update",
        "changeId": "c1",
        "endTime": "2026-11-10T09:00:00Z",
        "modifiedProperties": [change("displayName", "A", "B")],
        "provisioningSteps": [
            {
                "name": "EntryImport",
                "type": "Import",
                "status": "Success",
                "timestamp": "2026-11-10T08:59:59Z",
                "details": {"userPrincipalName": "ada@example.com"},
            },
            {
                "name": "EntrySynchronizationScoping",
                "type": "Scoping",
                "status": "Success",
                "details": {"IsActive": "True", "Assigned": "False", "Scope sync all": "True"},
            },
        ],
        "statusInfo": {"status": "Skipped"},
        "sourceIdentity": {"id": "user-1", "type": "User", "displayName": None},
        "targetSystem": {"name": "customappsso"},
        "sourceSystem": {"name": "Azure Active Directory"},
    }
    key = {
        "result": "Skipped",
        "details": {"errorCode": "RedundantExport", "errorMessage": "equal"},
    }
    answer = {"key": json.dumps(key), "value": json.dumps(value)}

    loaded = read(tmp_path, {"log/x.json": answer})

    found = one(loaded, "events")
    assert (found["action"], found["status"], found["error_code"]) == (
        "update",
        "skipped",
        "RedundantExport",
    )
    assert (found["scope_active"], found["scope_assigned"], found["scope_all"]) == (
        True,
        False,
        True,
    )
    assert (found["initiator"], found["source_name"]) == ("user", "ada@example.com")
    assert rows(loaded, "steps", "at")[0].isoformat() == "2026-11-10T08:59:59+00:00"


def test_the_portals_three_files_are_put_together(tmp_path: Path) -> None:
    log = (
        "Id,Change Id,Date,Action,Status,Source Id,Source Display Name,Source Identity Type\n"
        "e1,c1,2026-11-10T09:00:00Z,Create,Success,user-1,Ada,User\n"
        "e2,c2,2026-11-10T10:00:00Z,Update,Skipped,user-2,Ben,User\n"
    )
    steps = (
        "Change Id,Name,Type,Status,Description,Details\n"
        'c1,EntryExportAdd,Export,Success,made,"{""userName"":""ada@example.com""}"\n'
        'c2,EntrySynchronizationSkip,Processing,Skipped,equal,"{""SkipReason"":""RedundantExport""}"\n'
    )
    properties = "Change Id,Display Name,Old Value,New Value\nc1,userName,,ada@example.com\n"

    loaded = read(
        tmp_path,
        {"log/a.csv": log, "log/b.csv": steps, "log/c.csv": properties, "source/u.json": []},
    )

    assert [file.error for file in loaded.files] == [None] * 4
    assert rows(loaded, "events", "event_id", "written", "skip_reason") == [
        ("e1", True, None),
        ("e2", False, "RedundantExport"),
    ]
    assert rows(loaded, "steps", "event_id") == ["e1", "e2"]
    assert rows(loaded, "changes", "event_id", "new") == [("e1", "ada@example.com")]


def test_a_portal_file_whose_columns_nobody_knows_lists_them(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"log/a.csv": "Change Id,Wer,Wann\nc1,Ada,heute\n"})

    assert "Change Id, Wer, Wann" in (report(loaded, "log/a.csv").error or "")


def test_words_nobody_knows_are_kept_and_counted(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"log/x.json": log_page(graph_event(action="levitate"))})

    assert rows(loaded, "events", "action") == ["other"]
    assert report(loaded, "log/x.json").notes == (
        "an action that nobody knows; kept as other (1×)",
    )


def test_secrets_in_details_never_reach_a_table(tmp_path: Path) -> None:
    sent = step("export", details={"password": "s3cr3t", "userName": "ada@example.com"})

    loaded = read(tmp_path, {"log/x.json": log_page(graph_event(steps=[sent]))})

    assert "s3cr3t" not in str(loaded)
    assert rows(loaded, "steps", "details") == ['{"userName":"ada@example.com"}']


names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text.strip() == text and not text.startswith(("{", "["))
)
written_events = st.lists(
    st.builds(
        graph_event,
        event_id=st.uuids().map(str),
        at=st.sampled_from(["2026-11-10T09:00:00Z", "2026-11-10T09:00:00.1234567Z"]),
        action=st.sampled_from(["create", "update", "disable", "delete", "other"]),
        status=st.sampled_from(["success", "failure", "skipped", "warning"]),
        source_id=names,
        display_name=names,
        object_type=st.sampled_from(["User", "Group"]),
        target_id=st.just("") | names,
        code=st.none() | st.sampled_from(["Timeout", "EntryConflict"]),
        skip_reason=st.none() | st.sampled_from(["RedundantExport", "NotEffectivelyEntitled"]),
        changes=st.lists(
            st.builds(
                change,
                st.sampled_from(["userName", "active", "members", "name.givenName"]),
                st.none() | names,
                st.none() | names,
            ),
            max_size=3,
        ),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda event: event["id"],
)


@settings(deadline=None, max_examples=40)
@given(written_events)
def test_any_events_load_back_equal_from_any_serialisation(events: list[dict[str, Any]]) -> None:
    found = []
    for form in FORMS.values():
        with tempfile.TemporaryDirectory() as folder:
            found.append(content(read(Path(folder), {"log/x": form(events)})))

    assert all(one == found[0] for one in found[1:])
    assert len(found[0]["events"]) == len(events)


def sorted_rows(loaded: Loaded) -> dict[str, list[str]]:
    return {name: sorted(map(str, table)) for name, table in content(loaded).items()}


@settings(deadline=None, max_examples=40)
@given(written_events, st.data())
def test_splitting_shuffling_duplicating_and_packing_change_nothing(
    events: list[dict[str, Any]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(events)))
    parts = [shuffled[:cut], shuffled[cut:], data.draw(st.sampled_from([[], shuffled]))]
    files: dict[str, object] = {}
    for number, part in enumerate(parts):
        text = json.dumps(log_page(*part))
        files[f"log/{number}"] = data.draw(
            st.sampled_from([text, gzip.compress(text.encode()), text.encode("utf-16")])
        )

    with tempfile.TemporaryDirectory() as one_folder, tempfile.TemporaryDirectory() as other:
        whole = read(Path(one_folder), {"log/x": log_page(*events)})
        split = read(Path(other), files)

    assert sorted_rows(split) == sorted_rows(whole)
