from __future__ import annotations

import json
from pathlib import Path

from scimlytics.tables import collected_columns
from tests.loading import one, read, report, rows
from tests.native import (
    APP,
    JOB,
    assignments_page,
    attribute_mapping,
    audit_target,
    audits_page,
    change,
    diagnostic,
    directory_audit,
    graph_assignment,
    graph_event,
    graph_group,
    graph_job,
    graph_member,
    graph_page,
    graph_user,
    groups_page,
    jobs_page,
    members_page,
    sync_schema,
    users_page,
)


def test_a_user_is_read_with_all_attributes(tmp_path: Path) -> None:
    user = graph_user(
        department="Sales",
        employeeId="00123",
        proxyAddresses=["SMTP:ada@example.com", "smtp:a.lovelace@example.com"],
        otherMails=["ada@home.example"],
        manager={"id": "boss-1"},
        onPremisesExtensionAttributes={"extensionAttribute1": "x"},
        passwordProfile={"password": "s3cr3t"},
    )

    loaded = read(tmp_path, {"source/u.json": users_page(user)})

    found = one(loaded, "source_users")
    assert (found["user_name"], found["active"], found["user_type"]) == (
        "ada@example.com",
        True,
        "member",
    )
    assert (found["employee_number"], found["manager_id"]) == ("00123", "boss-1")
    assert found["aliases"] == ["a.lovelace@example.com", "ada@home.example"]
    attributes = json.loads(found["attributes"])
    assert attributes["onPremisesExtensionAttributes.extensionAttribute1"] == "x"
    assert attributes["accountEnabled"] == "True"
    assert "s3cr3t" not in str(loaded)


def test_a_property_nobody_asked_for_is_not_collected(tmp_path: Path) -> None:
    user = {"id": "user-1", "userPrincipalName": "ada@example.com"}
    asked = graph_page("users(id,userPrincipalName,department)", [user])

    loaded = read(tmp_path, {"source/u.json": asked})

    known = collected_columns(loaded.tables["source_users"])
    assert "department" in known
    assert not {"active", "email", "deleted", "given_name"} & known
    assert one(loaded, "source_users")["active"] is None


def test_a_deleted_user_loses_the_prefix_and_is_inactive(tmp_path: Path) -> None:
    name = "0123456789abcdef0123456789abcdefada@example.com"
    deleted = graph_user(user_name=name, deletedDateTime="2026-11-09T15:20:00Z")

    loaded = read(tmp_path, {"source/deleted.json": graph_page("users", [deleted])})

    found = one(loaded, "source_users")
    assert (found["user_name"], found["active"]) == ("ada@example.com", False)
    assert found["deleted"] is not None


def test_kinds_of_groups_are_told_apart(tmp_path: Path) -> None:
    groups = [
        graph_group("1", "Security"),
        graph_group("2", "Mail", mailEnabled=True),
        graph_group("3", "List", security=False, mailEnabled=True),
        graph_group(
            "4", "Team", groupTypes=["Unified", "DynamicMembership"], membershipRule="rule"
        ),
    ]

    loaded = read(tmp_path, {"source/g.json": groups_page(*groups)})

    assert rows(loaded, "source_groups", "kind", "dynamic") == [
        ("security", False),
        ("mail_security", False),
        ("distribution", False),
        ("microsoft365", True),
    ]


def test_members_are_those_of_the_group_their_file_is_named_after(tmp_path: Path) -> None:
    page = members_page(graph_member("user-1"), graph_member("group-2", "group"))

    loaded = read(tmp_path, {"source/members/group-1.json": page})

    assert rows(loaded, "source_memberships", "group_id", "member_id", "member_type") == [
        ("group-1", "user-1", "user"),
        ("group-1", "group-2", "group"),
    ]
    assert [(pull.group_id, pull.rows, pull.terminal) for pull in loaded.pulls] == [
        ("group-1", 2, True)
    ]


def test_members_without_a_group_say_what_would_do(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"source/m.json": members_page(graph_member("user-1"))})

    assert "members/<group id>.json" in (report(loaded, "source/m.json").error or "")


def test_delta_pages_complete_each_other_and_take_rows_back(tmp_path: Path) -> None:
    first = users_page(
        graph_user("1", "ada@example.com", department="Sales"),
        graph_user("2", "ben@example.com"),
        next_link="users/delta?$skiptoken=a",
    )
    second = graph_page(
        "users(id)",
        [
            {"id": "1", "displayName": "Ada L."},
            {"id": "2", "@removed": {"reason": "changed"}},
        ],
    )

    loaded = read(tmp_path, {"source/1.json": first, "source/2.json": second})

    found = {row["id"]: row for row in loaded.tables["source_users"].to_pylist()}
    assert (found["1"]["user_name"], found["1"]["display_name"]) == ("ada@example.com", "Ada L.")
    assert found["1"]["active"] is True
    assert (found["2"]["active"], found["2"]["state"]) == (False, "soft_deleted")


def test_delta_of_groups_removes_members_and_groups(tmp_path: Path) -> None:
    first = groups_page(
        graph_group("1", "Finance") | {"members@delta": [graph_member("a"), graph_member("b")]},
        graph_group("2", "Gone"),
        next_link="groups/delta?$skiptoken=a",
    )
    second = groups_page(
        graph_group("1", "Finance")
        | {"members@delta": [graph_member("a") | {"@removed": {"reason": "deleted"}}]},
        {"id": "2", "@removed": {"reason": "deleted"}},
    )

    loaded = read(tmp_path, {"source/1.json": first, "source/2.json": second})

    assert rows(loaded, "source_groups", "id") == ["1"]
    assert rows(loaded, "source_memberships", "member_id") == ["b"]


def test_assignments_are_taken_wherever_they_lie(tmp_path: Path) -> None:
    page = assignments_page(graph_assignment(), graph_assignment("group-1", kind="Group"))

    loaded = read(tmp_path, {"log/a.json": page})

    assert rows(loaded, "assignments", "app_id", "principal_id", "principal_type") == [
        (APP, "user-1", "user"),
        (APP, "group-1", "group"),
    ]


def test_a_job_is_read_and_its_sentinels_are_null(tmp_path: Path) -> None:
    error = {"code": "InvalidCredentials", "message": "no", "tenantActionable": True}
    quarantine = {
        "currentBegan": "2026-11-17T08:10:00Z",
        "nextAttempt": "",
        "reason": "EncounteredQuarantineException",
        "error": error,
    }
    job = graph_job(code="Quarantine", interval="P10675199DT2H48M5.4775807S", quarantine=quarantine)

    loaded = read(tmp_path, {"log/jobs.json": jobs_page(job)})

    found = one(loaded, "jobs")
    assert (found["job_id"], found["code"], found["interval_s"]) == (JOB, "quarantine", None)
    assert (found["error_code"], found["deletes_threshold"]) == ("InvalidCredentials", 500)
    assert (found["steady_since"], found["quarantine_next"]) == (None, None)
    assert (found["escrowed"], found["app_id"]) == (0, APP)


def test_mappings_and_filters_come_from_the_schema(tmp_path: Path) -> None:
    schema = sync_schema(
        attribute_mapping("userName", "userPrincipalName", matching=1),
        attribute_mapping("title", "jobTitle", flow="ObjectAddOnly"),
        attribute_mapping("active", "Not([IsSoftDeleted])", kind="Function"),
        attribute_mapping("userType", None, default="Guest"),
        flow_types="Add, Update",
        scope={"Staff": [("department", "EQUALS", "Sales"), ("company", "IS NOT NULL", "")]},
    )

    loaded = read(tmp_path, {"source/deep/schema.json": schema})

    assert rows(
        loaded, "mappings", "target_attribute", "source_attribute", "matching_priority", "flow_type"
    ) == [
        ("userName", "userPrincipalName", 1, "always"),
        ("title", "jobTitle", None, "on_create"),
        ("active", None, None, "always"),
        ("userType", None, None, "always"),
    ]
    assert set(rows(loaded, "mappings", "job_id", "flow_add", "flow_delete")) == {
        (JOB, True, False)
    }
    assert rows(
        loaded, "scope_filters", "filter_name", "clause", "source_attribute", "operands"
    ) == [
        ("Staff", 1, "department", ["Sales"]),
        ("Staff", 2, "company", [""]),
    ]


def test_renames_memberships_and_assignments_become_dated_facts(tmp_path: Path) -> None:
    group = audit_target("group-1", "Group", name="Finance")
    audits = [
        directory_audit(
            "Update user",
            audit_target(
                "user-1",
                "User",
                change("UserPrincipalName", "old@example.com", "new@example.com"),
                change("Included Updated Properties", None, "UserPrincipalName"),
                name="new@example.com",
            ),
            audit_id="1",
        ),
        directory_audit("Add member to group", group, audit_target("user-1"), audit_id="2"),
        directory_audit(
            "Remove member from group",
            audit_target("user-1", "User", change("Group.DisplayName", "Finance", None)),
            audit_target("group-1", "Group"),
            audit_id="3",
        ),
        directory_audit(
            "Add app role assignment to group",
            audit_target(APP, "ServicePrincipal", name="Files.com"),
            group,
            audit_id="4",
        ),
        directory_audit(
            "Update provisioning setting or credentials",
            audit_target(APP, "ServicePrincipal", name="Files.com"),
            audit_id="5",
            category="ProvisioningManagement",
        ),
        directory_audit("Restore user", audit_target("user-2"), audit_id="6", result="failure"),
        directory_audit(
            "Update user",
            audit_target("user-3", "User", change("AccountEnabled", "true", "false")),
            audit_id="7",
        ),
    ]

    loaded = read(tmp_path, {"source/a.json": audits_page(*audits)})

    names = ("audit_id", "action", "object_type", "source_id", "group_id", "group_name", "app_id")
    assert rows(loaded, "source_audit", *names) == [
        ("1", "rename", "user", "user-1", None, None, None),
        ("2", "add_member", "membership", "user-1", "group-1", "Finance", None),
        ("3", "remove_member", "membership", "user-1", "group-1", "Finance", None),
        ("4", "assign", "assignment", "group-1", "group-1", "Finance", APP),
        ("5", "configure", "job", APP, None, None, APP),
        ("6", "restore", "user", "user-2", None, None, None),
        ("7", "disable", "user", "user-3", None, None, None),
    ]
    assert rows(loaded, "source_audit", "old", "new")[0] == ("old@example.com", "new@example.com")
    assert rows(loaded, "source_audit", "failed") == [False] * 5 + [True, False]


def test_a_diagnostic_export_may_mix_audits_and_events(tmp_path: Path) -> None:
    audit = directory_audit("Delete user", audit_target("user-1"))
    wrapped = {
        "time": audit["activityDateTime"],
        "category": "AuditLogs",
        "operationName": "Delete user",
        "resourceId": "/tenants/t/providers/Microsoft.aadiam",
        "properties": audit,
    }
    other = {
        **diagnostic(graph_event("event-2")),
        "resourceId": "/Microsoft.DevOpsInfrastructure/x",
    }

    loaded = read(tmp_path, {"log/x": {"records": [diagnostic(graph_event()), wrapped, other]}})

    assert rows(loaded, "events", "event_id") == ["event-1"]
    assert rows(loaded, "source_audit", "action", "source_id") == [("delete", "user-1")]
    assert report(loaded, "log/x").aside == [(3, "is of Managed DevOps Pools, not of Entra")]
