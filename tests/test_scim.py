"""SCIM users and groups, whatever the server leaves out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimlytics.loaders.format import Page
from scimlytics.loaders.scim import load_resources
from scimlytics.tables import USERS, collected_columns
from tests.loading import one, read, report, rows
from tests.native_target import (
    ENTERPRISE_SCHEMA,
    USER_SCHEMA,
    scim_error,
    scim_group,
    scim_list,
    scim_user,
)

SAMPLES = Path(__file__).parents[2] / "shared" / "samples" / "scim"


def users_of(tmp_path: Path, document: Any) -> list[dict[str, Any]]:
    loaded = read(tmp_path, {"target/users.json": document})
    found: list[dict[str, Any]] = loaded.tables["target_users"].to_pylist()
    return found


def test_a_user_gives_every_column_it_shows(tmp_path: Path) -> None:
    user = scim_user(
        "ada.holt",
        id="u-1",
        external_id="0042",
        modified="2026-11-01T10:00:00Z",
        more={
            "title": "Engineer",
            "userType": "Employee",
            ENTERPRISE_SCHEMA: {
                "employeeNumber": "00123",
                "department": "Finance",
                "organization": "Contoso",
                "manager": {"value": "u-9", "displayName": "Bea"},
            },
        },
    )

    [row] = users_of(tmp_path, scim_list(user))

    assert {name: row[name] for name in row if row[name] is not None} | {"attributes": ""} == {
        "id": "u-1",
        "external_id": "0042",
        "user_name": "ada.holt@example.com",
        "user_name_key": "ada.holt@example.com",
        "email": "ada.holt@example.com",
        "email_key": "ada.holt@example.com",
        "aliases": [],
        "alias_keys": [],
        "display_name": "Ada Holt",
        "given_name": "Ada",
        "family_name": "Holt",
        "active": True,
        "user_type": "Employee",
        "employee_number": "00123",
        "department": "Finance",
        "title": "Engineer",
        "company": "Contoso",
        "manager_id": "u-9",
        "created": row["created"],
        "modified": row["modified"],
        "attributes": "",
        "source_file": "target/users.json",
        "source_row": 1,
    }
    assert row["modified"].isoformat() == "2026-11-01T10:00:00+00:00"


def test_attributes_stand_under_the_paths_that_mappings_name(tmp_path: Path) -> None:
    user = scim_user(
        "ada.holt",
        external_id="x",
        more={
            "phoneNumbers": [{"type": "mobile", "value": "1"}, {"type": "mobile", "value": "2"}],
            "roles": [{"value": "admin", "primary": True}],
            ENTERPRISE_SCHEMA: {"department": "Finance", "manager": {"value": "u-9"}},
        },
    )

    [row] = users_of(tmp_path, scim_list(user))

    assert json.loads(row["attributes"]) == {
        "userName": "ada.holt@example.com",
        "externalId": "x",
        "displayName": "Ada Holt",
        "active": "true",
        "name.givenName": "Ada",
        "name.familyName": "Holt",
        'emails[type eq "work"].value': "ada.holt@example.com",
        'phoneNumbers[type eq "mobile"].value': "1",
        'roles[primary eq "True"].value': "admin",
        f"{ENTERPRISE_SCHEMA}:department": "Finance",
        f"{ENTERPRISE_SCHEMA}:manager": "u-9",
    }


def test_a_flattened_extension_is_the_nested_one(tmp_path: Path) -> None:
    flat = {f"{ENTERPRISE_SCHEMA}:department": "Finance", f"{ENTERPRISE_SCHEMA}:manager": "u-9"}

    [row] = users_of(tmp_path, scim_list(scim_user("ada", more=flat)))

    assert (row["department"], row["manager_id"]) == ("Finance", "u-9")
    assert json.loads(row["attributes"])[f"{ENTERPRISE_SCHEMA}:department"] == "Finance"


def test_a_password_never_leaves_the_file(tmp_path: Path) -> None:
    user = scim_user("ada", more={"password": "hunter2-in-a-file", "apiToken": "hunter2-again"})

    loaded = read(tmp_path, {"target/users.json": scim_list(user)})

    assert "hunter2" not in str(loaded.tables["target_users"].to_pylist())
    assert "hunter2" not in str(loaded.files)


@pytest.mark.parametrize(
    ("emails", "chosen", "others"),
    [
        ([{"value": "a@x"}, {"value": "b@x", "primary": True}], "b@x", ["a@x"]),
        ([{"value": "a@x", "type": "home"}, {"value": "b@x", "type": "work"}], "b@x", ["a@x"]),
        ([{"value": "a@x"}, {"value": "b@x"}], "a@x", ["b@x"]),
        ([{"value": "a@x", "primary": "True"}, {"value": "A@X", "type": "home"}], "a@x", []),
        ([None, {"value": None}, "c@x"], "c@x", []),
        ("d@x", "d@x", []),
        ({"value": "e@x"}, "e@x", []),
        (None, None, []),
    ],
)
def test_of_the_mail_addresses_the_primary_else_the_one_for_work_else_the_first(
    tmp_path: Path, emails: Any, chosen: str | None, others: list[str]
) -> None:
    [row] = users_of(tmp_path, scim_list(scim_user("ada", more={"emails": emails})))

    assert (row["email"], row["aliases"]) == (chosen, others)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [(True, True), ("False", False), ("true", True), (0, False), (None, None), ("maybe", None)],
)
def test_active_is_a_flag_or_a_word_for_one(tmp_path: Path, sent: Any, meant: bool | None) -> None:
    [row] = users_of(tmp_path, scim_list(scim_user("ada", active=None, more={"active": sent})))

    assert row["active"] is meant


def test_keys_know_no_case(tmp_path: Path) -> None:
    user = {
        "SCHEMAS": [USER_SCHEMA.upper()],
        "ID": "U-1",
        "USERNAME": "Ada",
        "NAME": {"GIVENNAME": "Ada"},
        "Emails": [{"VALUE": "a@x", "TYPE": "work"}],
    }

    [row] = users_of(tmp_path, {"TotalResults": 1, "resources": [user]})

    assert (row["id"], row["user_name"], row["given_name"]) == ("U-1", "Ada", "Ada")
    assert json.loads(row["attributes"])["name.givenName"] == "Ada"


def test_members_that_are_absent_are_not_members_that_are_none(tmp_path: Path) -> None:
    groups = [scim_group("Shown", ["u-1"]), scim_group("Empty"), scim_group("Silent", None)]

    loaded = read(tmp_path, {"target/groups.json": scim_list(*groups)})

    assert rows(loaded, "target_groups", "display_name", "members_shown") == [
        ("Shown", True),
        ("Empty", True),
        ("Silent", False),
    ]
    assert rows(loaded, "target_memberships", "member_id", "member_type") == [("u-1", "user")]


def test_what_a_member_is_follows_from_its_type_or_its_reference(tmp_path: Path) -> None:
    members = [
        {"value": "1", "type": "User"},
        {"value": "2", "type": "Group"},
        {"$ref": "https://x/v2/Groups/3"},
        {"value": "4", "$ref": "../Users/4", "display": "Dora"},
        {"value": "5"},
        "6",
    ]

    loaded = read(
        tmp_path, {"target/groups.json": scim_list(scim_group("Design", more={"members": members}))}
    )

    assert rows(loaded, "target_memberships", "member_id", "member_type") == [
        ("1", "user"),
        ("2", "group"),
        ("3", "group"),
        ("4", "user"),
        ("5", "unknown"),
        ("6", "unknown"),
    ]


def test_members_without_an_id_are_put_aside_and_the_rest_stays(tmp_path: Path) -> None:
    group = scim_group("Design", more={"members": [None, {"value": ""}, {"value": "u-1"}]})

    loaded = read(tmp_path, {"target/groups.json": scim_list(group)})

    assert rows(loaded, "target_memberships", "member_id") == ["u-1"]
    assert len(report(loaded, "target/groups.json").aside) == 2


def test_users_and_groups_may_come_in_one_list(tmp_path: Path) -> None:
    mixed = scim_list(scim_user("ada", id="u-1"), scim_group("Design", ["u-1"]))

    loaded = read(tmp_path, {"target/all.json": mixed})

    assert rows(loaded, "target_users", "id") == ["u-1"]
    assert rows(loaded, "target_memberships", "member_id") == ["u-1"]


@pytest.mark.parametrize("identity", [None, "", 0, 1.5, True, [], {}, "x" * 2001])
def test_records_without_a_usable_id_are_put_aside_with_place_and_reason(
    tmp_path: Path, identity: Any
) -> None:
    page = scim_list(scim_user("ada", id="u-1"), scim_user("bo") | {"id": identity})

    loaded = read(tmp_path, {"target/users.json": page})

    assert rows(loaded, "target_users", "id") == ["u-1"]
    [(row, reason)] = report(loaded, "target/users.json").aside
    assert row == 2
    assert "id" in reason


def test_records_that_are_no_objects_are_put_aside(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"target/users.json": scim_list(scim_user("ada"), None, 7, "x")})  # type: ignore[arg-type]

    assert len(rows(loaded, "target_users", "id")) == 1
    assert report(loaded, "target/users.json").put_aside == 3


def test_a_list_of_chosen_attributes_says_nothing_of_the_others() -> None:
    page = Page("users.json", [{"id": "u-1", "userName": "ada"}], {"totalResults": 1})

    loading = load_resources(page)

    table = USERS.conform(loading.rows["users"], collected=loading.collected["users"])
    assert {"active", "display_name", "email"}.isdisjoint(collected_columns(table))
    assert {"id", "user_name"} <= collected_columns(table)


def test_scim_1_1_users_load_too(tmp_path: Path) -> None:
    user = {
        "schemas": ["urn:scim:schemas:core:1.0"],
        "id": "48e0",
        "userName": "ada@example.com",
        "externalId": "00b4",
        "urn:scim:schemas:extension:enterprise:1.0": {"department": "Finance"},
    }

    [row] = users_of(tmp_path, [user])

    assert (row["external_id"], row["department"]) == ("00b4", "Finance")


def test_bodies_and_descriptions_are_recognised_and_not_used(tmp_path: Path) -> None:
    body = {key: value for key, value in scim_user("ada").items() if key not in ("id", "meta")}
    files = {
        "target/users.json": scim_list(scim_user("bo")),
        "target/error.json": scim_error(404, "gone"),
        "target/body.json": body,
        "target/schema.json": {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": USER_SCHEMA,
            "name": "User",
            "attributes": [],
        },
    }

    loaded = read(tmp_path, files)

    assert [file.used for file in loaded.files] == [False, False, False, True]
    assert all(file.error is None for file in loaded.files)
    assert len(rows(loaded, "target_users", "id")) == 1


def test_the_groups_a_user_names_count_only_where_no_export_of_groups_speaks() -> None:
    named = {"groups": [{"value": "g-1"}, {"value": "g-2", "type": "indirect"}]}
    page = Page("users.json", [scim_user("ada", id="u-1", more=named)])

    loading = load_resources(page)

    assert "memberships" not in loading.rows
    assert loading.fallback["memberships"]["group_id"] == ["g-1"]


names = st.text(min_size=1, max_size=20).filter(lambda text: text.strip() and "\x00" not in text)


@given(
    st.lists(st.tuples(names, st.booleans(), names), max_size=6, unique_by=lambda one: one[0]),
    st.integers(1, 4),
)
def test_users_load_equal_from_every_serialisation(
    people: list[tuple[str, bool, str]], page_size: int
) -> None:
    users = [
        scim_user("x", id=name, active=active, more={"userName": name, "displayName": shown})
        for name, active, shown in people
    ]
    shapes = [
        [Page("a", users, {"totalResults": len(users)})],
        [Page("a", users)],
        [Page("a", [one]) for one in users],
        [Page("a", [shouted(one) for one in users])],
        [Page("a", users[at : at + page_size]) for at in range(0, len(users), page_size)],
    ]

    found = [
        [
            row
            for page in pages
            for row in zip(
                *(
                    load_resources(page).rows.get("users", {}).get(column, [])
                    for column in ("id", "user_name", "active", "display_name", "attributes")
                ),
                strict=True,
            )
        ]
        for pages in shapes
    ]

    assert all(one == found[0] for one in found)
    assert len(found[0]) == len(users)


def shouted(record: dict[str, Any]) -> dict[str, Any]:
    """The same record with its keys in capitals."""
    return {
        key.upper() if not key.startswith("urn:") else key: shouted(value)
        if isinstance(value, dict)
        else value
        for key, value in record.items()
    }


@pytest.mark.skipif(not SAMPLES.exists(), reason="the sample files are not here")
def test_the_examples_of_the_rfc_load(tmp_path: Path) -> None:
    name = "rfc7643-8.3-enterprise_user.json"

    loaded = read(tmp_path, {f"target/{name}": (SAMPLES / name).read_bytes()})

    row = one(loaded, "target_users")
    assert (row["department"], row["employee_number"]) == ("Tour Operations", "701984")
