"""Files.com: its people, groups and settings, and what it records of itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimlytics.loaders.files_com import load_groups, load_users
from scimlytics.loaders.files_com_sentences import said
from scimlytics.loaders.format import Page
from tests.loading import one, read, report, rows
from tests.native_target import (
    filescom_group,
    filescom_history,
    filescom_strategy,
    filescom_user,
    synthetic_scim_log,
)


def test_a_user_gives_every_column_it_shows(tmp_path: Path) -> None:
    user = filescom_user(
        "ada.holt",
        id=70412,
        admin=True,
        first_login="2026-10-29T06:40:00Z",
        last_login="2026-11-19T15:02:00Z",
        more={"company": "Contoso"},
    )

    row = one(read(tmp_path, {"target/users.json": [user]}), "target_users")

    wanted = ("id", "user_name", "email", "display_name", "company", "active", "managed")
    assert [row[name] for name in wanted] == [
        "70412",
        "ada.holt@example.com",
        "ada.holt@example.com",
        "Ada Holt",
        "Contoso",
        True,
        True,
    ]
    assert (row["auth_method"], row["strategy_id"], row["privileged"]) == ("sso", "7301", True)
    assert row["external_id"] is None
    assert row["last_login"].isoformat() == "2026-11-19T15:02:00+00:00"
    assert json.loads(row["attributes"])["username"] == "ada.holt@example.com"


def test_active_is_not_disabled_whatever_the_computed_flag_says(tmp_path: Path) -> None:
    users = [
        filescom_user("gone", disabled=True),
        filescom_user("resting", more={"disabled_expired_or_inactive": True}),
        filescom_user("here"),
    ]

    loaded = read(tmp_path, {"target/users.json": users})

    assert rows(loaded, "target_users", "active", "state") == [
        (False, "disabled"),
        (True, "expired_or_inactive"),
        (True, "enabled"),
    ]


def test_members_stand_in_texts(tmp_path: Path) -> None:
    ada, bo = filescom_user("ada", id=1), filescom_user("bo", id=2)
    files = {
        "target/groups.json": [
            filescom_group("Design", [ada, bo], id=7, admins=[2]),
            filescom_group("Empty", [], id=8),
            filescom_group("Silent", None, id=9),
        ]
    }

    loaded = read(tmp_path, files)

    assert rows(loaded, "target_groups", "id", "display_name", "members_shown") == [
        ("7", "Design", True),
        ("8", "Empty", True),
        ("9", "Silent", False),
    ]
    wanted = ("group_id", "member_id", "member_name", "admin")
    assert rows(loaded, "target_memberships", *wanted) == [
        ("7", "1", "ada@example.com", False),
        ("7", "2", "bo@example.com", True),
    ]


def test_names_with_commas_never_shift_the_members() -> None:
    group = filescom_group("Design", [filescom_user("x", id=1), filescom_user("y", id=2)])
    group["usernames"] = "holt, ada,bo"

    members = load_groups(Page("groups.json", [group])).rows["memberships"]

    assert members["member_id"] == ["1", "2"]
    assert members["member_name"] == [None, None]


def test_the_members_of_one_group_load(tmp_path: Path) -> None:
    member = {"group_id": 7, "group_name": "Design", "user_id": 1, "username": "ada", "admin": True}

    loaded = read(tmp_path, {"target/group_users.json": [member, member | {"user_id": None}]})

    assert rows(loaded, "target_memberships", "group_id", "member_id", "admin") == [
        ("7", "1", True)
    ]
    assert report(loaded, "target/group_users.json").aside == [(2, "has no user_id")]


@given(st.lists(st.integers(1, 10**12), max_size=5, unique=True))
def test_memberships_are_the_same_from_either_side(groups: list[int]) -> None:
    user = filescom_user("ada", id=1, groups=groups)
    told = [filescom_group(f"g{one}", [user], id=one) for one in groups]

    by_user = load_users(Page("users.json", [user])).fallback["memberships"]
    by_group = load_groups(Page("groups.json", told)).rows["memberships"]

    assert by_user["group_id"] == by_group["group_id"]
    assert by_user["member_id"] == by_group["member_id"]


def test_a_strategy_keeps_its_lists_and_leaves_its_secrets(tmp_path: Path) -> None:
    strategy = filescom_strategy(
        token="s3cr3t-oauth-value",
        required="Staff,\nPartners*",
        more={"provision_group_exclusion": "tmp-*, test", "ldap_password": "s3cr3t-too"},
    )

    loaded = read(tmp_path, {"target/sso_strategies.json": [strategy]})

    row = one(loaded, "strategies")
    assert row["group_required"] == ["Staff", "Partners*"]
    assert row["group_exclusion"] == ["tmp-*", "test"]
    assert (row["provision_users"], row["deprovision_groups"]) == (True, False)
    assert row["token_expires"].year == 2027
    assert "s3cr3t" not in str(loaded)


def test_lifecycle_rules_load(tmp_path: Path) -> None:
    rule = {
        "id": 3,
        "authentication_method": "all",
        "group_ids": [1, 2],
        "action": "delete",
        "inactivity_days": 90,
        "include_site_admins": False,
        "name": "unused",
        "user_state": "inactive",
    }

    row = one(read(tmp_path, {"target/rules.json": [rule]}), "lifecycle_rules")

    assert (row["rule_id"], row["action"], row["inactive_days"]) == ("3", "delete", 90)
    assert row["group_ids"] == ["1", "2"]


def test_the_history_says_who_deleted_whom_by_which_interface(tmp_path: Path) -> None:
    ada = filescom_user("ada", id=89001)
    entries = [
        filescom_history(
            "user_destroy", "2026-11-13T10:11:32Z", target=ada, actor="site.admin@example.com"
        ),
        filescom_history("user_destroy", "2026-11-13T10:12:00Z", target=ada, interface="scim"),
        filescom_history("read", "2026-11-13T10:13:00Z", actor="bo"),
    ]

    loaded = read(tmp_path, {"target/history.json": entries})

    wanted = ("action", "object_type", "target_id", "subject", "actor", "interface", "failure")
    assert rows(loaded, "target_audit", *wanted) == [
        ("delete", "user", "89001", "ada@example.com", "site.admin@example.com", "web", None),
        ("delete", "user", "89001", "ada@example.com", None, "scim", None),
        ("other", "other", None, None, "bo", "web", None),
    ]


def test_logins_are_of_the_one_who_signs_in(tmp_path: Path) -> None:
    more = {"user_id": 1}
    entries = [
        filescom_history("login", "2026-11-13T10:00:00Z", actor="ada", more=more),
        filescom_history(
            "login", "2026-11-13T10:01:00Z", actor="ada", failure="locked_out", more=more
        ),
        filescom_history(
            "failedlogin", "2026-11-13T10:02:00Z", actor="who", failure="no_directory"
        ),
    ]

    loaded = read(tmp_path, {"target/history.json": entries})

    wanted = ("action", "target_id", "subject", "failure")
    assert rows(loaded, "target_audit", *wanted) == [
        ("login", "1", "ada", None),
        ("login_failed", "1", "ada", "locked_out"),
        ("login_failed", None, "who", "no_directory"),
    ]


def test_sign_on_events_show_what_the_identity_provider_presented(tmp_path: Path) -> None:
    event = {
        "id": 5,
        "event_type": "sso_login",
        "status": "failure",
        "body": "long",
        "event_errors": ["No user with that name", "Bearer abcdef123456 refused"],
        "created_at": "2026-11-13T10:00:00Z",
        "user_id": None,
        "username": "ada.new@example.com",
        "idp_uid": "ada.new@example.com",
        "provider": "azure",
    }

    loaded = read(
        tmp_path, {"target/sso_events.json": [event, event | {"id": 6, "status": "success"}]}
    )

    first, second = loaded.tables["target_audit"].to_pylist()
    assert (first["action"], first["source_key"]) == ("login_failed", "ada.new@example.com")
    assert first["interface"] == "sso"
    assert "abcdef123456" not in first["failure"]
    assert second["action"] == "login_failed"  # it names errors, whatever its status says


def test_external_events_are_told_from_sign_on_events(tmp_path: Path) -> None:
    event = {
        "id": 5,
        "event_type": "ldap_sync",
        "status": "failure",
        "body": "cannot bind",
        "created_at": "2026-11-13T10:00:00Z",
        "body_url": None,
    }

    row = one(read(tmp_path, {"target/external_events.json": [event]}), "target_audit")

    assert (row["action"], row["interface"], row["failure"]) == (
        "other",
        "ldap_sync",
        "cannot bind",
    )


@pytest.mark.parametrize(
    ("sentence", "action", "subject"),
    [
        ("Deleted user **ada@example.com**", "delete", "ada@example.com"),
        ("User `ada` was created.", "create", "ada"),
        ("Group [Design](/groups/7) removed", "delete", "Design"),
        ("Changed **disabled** from `false` to `true` for user **ada**", "disable", "ada"),
    ],
)
def test_settings_changes_say_who_did_what(sentence: str, action: str, subject: str) -> None:
    assert {name: said(sentence)[name] for name in ("action", "subject")} == {
        "action": action,
        "subject": subject,
    }


def test_a_rename_keeps_both_names() -> None:
    assert said("Renamed user [ada](/users/12) from `ada` to `ada.holt`") == {
        "action": "rename",
        "object_type": "user",
        "subject": "ada",
        "target_id": "12",
        "old": "ada",
        "new": "ada.holt",
    }


def test_sentences_on_credentials_lose_their_values(tmp_path: Path) -> None:
    change = {
        "api_key_id": None,
        "changes": ["SCIM token changed from `s3cr3t-a` to `s3cr3t-b`", "User **bo** deleted"],
        "created_at": "2026-11-13T10:00:00Z",
        "user_id": 1,
        "user_is_files_support": False,
        "username": "site.admin@example.com",
    }

    loaded = read(tmp_path, {"target/settings_changes.json": [change]})

    assert rows(loaded, "target_audit", "action", "subject", "actor") == [
        ("settings", None, "site.admin@example.com"),
        ("delete", "bo", "site.admin@example.com"),
    ]
    assert "s3cr3t" not in str(loaded.tables["target_audit"].to_pylist())


def test_the_scim_log_reads_json_in_texts_and_numbers_in_texts(tmp_path: Path) -> None:
    body = {
        "userName": "ada@example.com",
        "externalId": "e-1",
        "active": True,
        "password": "s3cr3t",
    }
    entry = synthetic_scim_log(
        "POST",
        "/Users",
        "2026-11-16T08:12:33Z",
        status=201,
        request=body,
        response=body | {"id": 70412},
        id=99,
    )

    loaded = read(tmp_path, {"log/scim_logs.json": [entry]})

    row = one(loaded, "scim_requests")
    wanted = ("request_id", "client", "method", "object_type", "status", "target_id")
    assert [row[name] for name in wanted] == ["99", "entra", "POST", "user", 201, "70412"]
    assert (row["name"], row["external_id"], row["active"]) == ("ada@example.com", "e-1", True)
    assert "s3cr3t" not in str(loaded)


def test_the_log_of_the_rest_interface_is_known_and_not_used(tmp_path: Path) -> None:
    entry = {
        "request_path": "/users",
        "response_code": 429,
        "api_name": "x",
        "created_at": "2026-11-16",
    }

    loaded = read(
        tmp_path, {"log/api_request_logs.json": [entry], "target/u.json": [filescom_user("a")]}
    )

    assert not report(loaded, "log/api_request_logs.json").used
    assert report(loaded, "log/api_request_logs.json").error is None
