"""Okta: the System Log by type, and the directory that says whose account is whose."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimlytics.loaders.format import Page
from scimlytics.loaders.okta import load_users
from scimlytics.loaders.okta_kinds import AUDIT, ERRORS, PROVISIONING
from scimlytics.loaders.okta_log import load_log
from tests.loading import one, read, report, rows
from tests.native_target import (
    APP,
    okta_app_group,
    okta_app_user,
    okta_event,
    okta_group,
    okta_id,
    okta_push_mapping,
    okta_user,
)

AT = "2026-11-18T08:59:40.221Z"
USER = "application.provision.user."
PUSH = "application.provision.group_push."
CATALOGUE = Path(__file__).parents[2] / "shared" / "samples" / "okta" / "event-types.json"


def event_of(event: dict[str, Any]) -> dict[str, Any]:
    """What one event becomes in EVENTS."""
    found = load_log(Page("log.json", [event])).rows["events"]
    return {name: values[0] for name, values in found.items()}


def audits_of(event: dict[str, Any]) -> list[dict[str, Any]]:
    """What one event becomes in SOURCE_AUDIT."""
    found = load_log(Page("log.json", [event])).rows["source_audit"]
    return [dict(zip(found, values, strict=True)) for values in zip(*found.values(), strict=True)]


def test_a_push_is_a_claim_about_the_person_and_never_about_the_target_id() -> None:
    event = event_of(okta_event(f"{USER}push", AT, user="ada"))

    wanted = ("product", "action", "status", "written", "outbound", "object_type", "source_name")
    assert [event[name] for name in wanted] == [
        "okta",
        "create",
        "success",
        True,
        True,
        "user",
        "ada@example.com",
    ]
    assert event["source_id"] == okta_id("ada")
    assert event["target_id"] is None
    assert (event["app_id"], event["app_name"], event["job_id"]) == (APP, "Orbit", APP)


def test_the_target_id_is_taken_where_the_event_shows_it() -> None:
    app_user = {"type": "AppUser", "id": "0ua1", "detailEntry": {"externalId": "u-7"}}

    shown = event_of(okta_event(f"{USER}push_profile", AT, targets=[app_user]))

    assert shown["target_id"] == "u-7"


@pytest.mark.parametrize(
    ("kind", "action"),
    [
        ("push", "create"),
        ("push_profile", "update"),
        ("sync", "update"),
        ("deactivate", "disable"),
        ("deprovision", "disable"),
        ("delete", "delete"),
        ("delete.schedule", "other"),
        ("push_password", "other"),
        ("verify_exists", "other"),
    ],
)
def test_the_event_type_says_what_was_intended(kind: str, action: str) -> None:
    assert event_of(okta_event(USER + kind, AT, user="ada"))["action"] == action


@pytest.mark.parametrize(
    ("result", "status", "written"),
    [
        ("SUCCESS", "success", True),
        ("FAILURE", "failure", False),
        ("SKIPPED", "skipped", False),
        ("DEFERRED", "warning", False),
        ("UNKNOWN", None, False),
        (None, None, False),
    ],
)
def test_the_outcome_says_how_it_ended(result: str | None, status: str, written: bool) -> None:
    event = event_of(okta_event(f"{USER}push", AT, user="ada", result=result))

    assert (event["status"], event["written"]) == (status, written)


@pytest.mark.parametrize("act", ["add", "update", "remove", "verify_exists"])
def test_events_on_group_objects_are_errors_whatever_their_outcome(act: str) -> None:
    kind = f"application.provision.group.{act}"

    event = event_of(okta_event(kind, AT, group="Design"))

    assert (event["status"], event["error_code"], event["object_type"]) == (
        "failure",
        kind,
        "group",
    )


def test_the_error_keeps_code_field_and_words() -> None:
    reason = "Error while creating user Ada: status 409, login already in use"
    debug = {"error_code": "notUniqueWithinOrg", "error_field": "login"}

    event = event_of(
        okta_event(f"{USER}push", AT, user="ada", result="FAILURE", reason=reason, debug=debug)
    )

    assert (event["error_code"], event["skip_attribute"]) == ("notUniqueWithinOrg", "login")
    assert (event["reason"], event["http_status"]) == (reason, 409)


def test_the_application_throttling_okta_is_a_failure_and_oktas_own_limit_is_not_provisioning() -> (
    None
):
    theirs = event_of(okta_event("application.integration.rate_limit_exceeded", AT))
    own = event_of(
        okta_event("system.org.rate_limit.violation", AT, app=False, result="DENY", user="ada")
    )

    assert theirs["error_code"] == "application.integration.rate_limit_exceeded"
    assert (theirs["status"], theirs["outbound"]) == ("failure", True)
    assert (own["action"], own["kind"], own["outbound"]) == (
        "other",
        "system.org.rate_limit.violation",
        False,
    )


def test_a_setting_that_somebody_changed_is_no_attempt() -> None:
    event = okta_event(f"{PUSH}activate_mapping", AT, group="Design")
    loaded = load_log(Page("log.json", [event])).rows

    assert not any(loaded["events"].values())
    assert loaded["source_audit"]["action"] == ["configure"]


def test_members_that_were_left_out_of_a_pushed_group_are_unresolved() -> None:
    user = {"type": "User", "id": "00u1", "alternateId": "ada@example.com"}
    event = okta_event(
        "app.user_management.grouppush.mapping.okta.users.ignored",
        AT,
        group="Design",
        targets=[user],
    )

    found = load_log(Page("log.json", [event])).rows

    assert found["events"]["status"] == ["skipped"]
    assert found["unresolved"]["reference_id"] == ["00u1"]
    assert found["unresolved"]["group_name"] == ["Design"]


def test_members_that_could_not_be_added_are_named_in_the_changes() -> None:
    user = {"type": "User", "id": "00u1"}
    event = okta_event(
        "application.provision.group_membership.remove", AT, group="Design", targets=[user]
    )

    changes = load_log(Page("log.json", [event])).rows["changes"]

    assert (changes["attribute"], changes["old"], changes["new"]) == (["members"], ["00u1"], [None])


@pytest.mark.parametrize(
    ("kind", "action", "about"),
    [
        ("user.lifecycle.deactivate", "disable", "user"),
        ("user.lifecycle.suspend", "suspend", "user"),
        ("user.lifecycle.delete.completed", "hard_delete", "user"),
        ("application.user_membership.add", "assign", "assignment"),
        ("application.user_membership.remove", "unassign", "assignment"),
    ],
)
def test_what_happens_to_people_dates_the_directory(kind: str, action: str, about: str) -> None:
    [audit] = audits_of(okta_event(kind, AT, user="ada"))

    assert (audit["action"], audit["object_type"], audit["source_id"]) == (
        action,
        about,
        okta_id("ada"),
    )
    assert audit["subject"] == "ada@example.com"


def test_a_membership_change_names_both_ends() -> None:
    [audit] = audits_of(
        okta_event("group.user_membership.add", AT, user="ada", group="Design", app=False)
    )

    wanted = ("action", "object_type", "source_id", "group_id", "group_name")
    assert [audit[name] for name in wanted] == [
        "add_member",
        "membership",
        okta_id("ada"),
        okta_id("Design", "00g"),
        "Design",
    ]


def test_a_group_assignment_is_about_the_group_and_the_application() -> None:
    [audit] = audits_of(okta_event("group.application_assignment.add", AT, group="Design"))

    assert (audit["action"], audit["group_id"], audit["app_id"]) == (
        "assign",
        okta_id("Design", "00g"),
        APP,
    )


def test_a_profile_change_is_a_row_for_each_attribute_and_a_new_login_a_rename() -> None:
    change = {"from": {"login": "ada@x", "city": "A"}, "to": {"login": "ada.holt@x", "city": "A"}}
    user = {"type": "User", "id": "00u1", "alternateId": "ada.holt@x", "changeDetails": change}
    event = okta_event("user.account.update_profile", AT, targets=[user], app=False)

    [audit] = audits_of(event)

    wanted = ("action", "attribute", "old", "new", "source_id")
    assert [audit[name] for name in wanted] == ["rename", "login", "ada@x", "ada.holt@x", "00u1"]


def test_what_is_neither_is_kept_because_it_proves_that_the_log_covers_its_time(
    tmp_path: Path,
) -> None:
    event = okta_event("user.session.start", AT, user="ada", app=False)

    loaded = read(tmp_path, {"log/system_log.json": [event]})

    assert rows(loaded, "source_audit", "action", "object_type") == [("other", "other")]
    assert report(loaded, "log/system_log.json").first is not None


def test_copies_of_a_siem_with_lower_case_names_load_equal() -> None:
    event = okta_event(f"{USER}push", AT, user="ada", debug={"error_code": "x"})
    small = lowered(event) | {"published": "2026-11-18 08:59:40.221", "version": 0}

    assert event_of(small) == event_of(event)


def lowered(value: Any) -> Any:
    """The same value with its keys in lower case."""
    if isinstance(value, dict):
        return {key.lower(): lowered(one) for key, one in value.items()}
    return [lowered(one) for one in value] if isinstance(value, list) else value


def test_the_shape_of_2017_with_its_nulls_loads() -> None:
    event = okta_event("core.concurrency.org.limit.violation", AT, app=False, result=None)
    older = {
        "eventId": "tev1",
        "requestId": "req1",
        "published": "2017-09-26T03:19:16.000Z",
        "action": {"objectType": "app.user_management.push_new_user_success", "message": "x"},
        "actors": [{"id": "00u9", "objectType": "User"}],
        "targets": [{"id": "00u1", "login": "ada@x", "displayName": "Ada", "objectType": "User"}],
    }

    newer, oldest = event_of(event), event_of(older)

    assert (newer["action"], newer["status"], newer["source_id"]) == ("other", None, None)
    assert (oldest["event_id"], oldest["action"], oldest["source_name"]) == (
        "tev1",
        "create",
        "ada@x",
    )


def test_events_without_a_time_are_put_aside(tmp_path: Path) -> None:
    files = {"log/system_log.json": [okta_event(f"{USER}push", "2017-09-31T22:23:07Z", user="ada")]}

    loaded = read(tmp_path, files)

    assert report(loaded, "log/system_log.json").aside == [(1, "has no readable time (published)")]


@pytest.mark.parametrize(
    ("state", "active"),
    [
        ("ACTIVE", True),
        ("PASSWORD_EXPIRED", True),
        ("LOCKED_OUT", True),
        ("RECOVERY", True),
        ("PROVISIONED", True),
        ("STAGED", False),
        ("SUSPENDED", False),
        ("DEPROVISIONED", False),
    ],
)
def test_the_state_says_who_is_still_provisioned(tmp_path: Path, state: str, active: bool) -> None:
    row = one(
        read(tmp_path, {"source/users.json": [okta_user("ada", status=state)]}), "source_users"
    )

    assert (row["state"], row["active"]) == (state, active)


def test_the_directory_of_a_case_loads_whole(tmp_path: Path) -> None:
    files = {
        "source/users.json": [
            okta_user("ada", profile={"secondEmail": "a@home", "department": "Design"})
        ],
        "source/groups.json": [okta_group("Design"), okta_group("All", kind="BUILT_IN")],
        f"source/members/{okta_id('Design', '00g')}.json": [okta_user("ada")],
        "source/app_users.json": [okta_app_user("ada", external_id="u-1", scope="GROUP")],
        "source/app_groups.json": [okta_app_group("Design")],
        "source/group_push_mappings.json": [okta_push_mapping("Design", status="ERROR", error="x")],
    }

    loaded = read(tmp_path, files)

    user = one(loaded, "source_users")
    assert (user["aliases"], user["department"]) == (["a@home"], "Design")
    assert rows(loaded, "source_groups", "display_name", "kind") == [
        ("Design", "okta"),
        ("All", "builtin"),
    ]
    assert rows(loaded, "source_memberships", "group_id", "member_id") == [
        (okta_id("Design", "00g"), okta_id("ada"))
    ]
    wanted = ("principal_id", "principal_type", "scope", "external_id", "sync_state", "app_id")
    assert sorted(rows(loaded, "assignments", *wanted), key=str) == [
        (okta_id("Design", "00g"), "group", None, None, None, APP),
        (okta_id("ada"), "user", "group", "u-1", "SYNCHRONIZED", APP),
    ]
    mapping = one(loaded, "push_mappings")
    assert (mapping["status"], mapping["error"], mapping["app_id"]) == ("error", "x", APP)
    assert all(file.error is None for file in loaded.files)


def test_what_a_profile_holds_in_secret_stays_there(tmp_path: Path) -> None:
    user = okta_user("ada", profile={"securityAnswer": "hunter2", "city": "Ulm"})

    row = one(read(tmp_path, {"source/users.json": [user]}), "source_users")

    assert json.loads(row["attributes"])["city"] == "Ulm"
    assert "hunter2" not in row["attributes"]


@given(st.lists(st.text("abcdefgh", min_size=1, max_size=8), unique=True, max_size=6), st.data())
def test_users_load_equal_however_they_are_cut_into_pages(names: list[str], data: Any) -> None:
    users = [okta_user(name) for name in names]
    cut = data.draw(st.integers(0, len(users)))
    pages = [Page("a", users[:cut]), Page("b", users[cut:])]

    whole = load_users(Page("all", users)).rows["users"]
    parts = [load_users(page).rows["users"] for page in pages]

    for column in ("id", "user_name", "active", "attributes"):
        assert whole.get(column, []) == [value for part in parts for value in part.get(column, [])]


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the event catalogue is not here")
def test_every_event_type_we_name_is_in_the_catalogue() -> None:
    text = CATALOGUE.read_text(encoding="utf-8").casefold()

    unknown = [kind for kind in {*PROVISIONING, *AUDIT, *ERRORS} if f'"{kind}"' not in text]

    assert unknown == []
