"""The traps of formats.md that files of SCIM servers, Files.com, Okta and gateways can fall into.

Named after the trap's number there. Those of Entra's own files are in ``test_traps_entra``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scimlytics.loaders.files_com import load_groups, load_users
from scimlytics.loaders.format import Page
from scimlytics.loaders.okta_log import load_log
from tests.loading import one, read, report, rows
from tests.native_target import (
    APP,
    filescom_group,
    filescom_strategy,
    filescom_user,
    okta_app_user,
    okta_event,
    okta_id,
    okta_user,
    patch,
    scim_error,
    scim_group,
    scim_list,
    scim_user,
    synthetic_scim_log,
)

AT = "2026-11-18T08:59:40Z"


def test_trap_01_the_same_record_under_keys_of_other_case(tmp_path: Path) -> None:
    user = scim_user("ada", id="u-1")
    loud = {key.upper(): value for key, value in user.items()}

    quiet = one(read(tmp_path / "a", {"target/u.json": scim_list(user)}), "target_users")
    other = one(read(tmp_path / "b", {"target/u.json": scim_list(loud)}), "target_users")

    assert quiet == other


@pytest.mark.parametrize("word", ["Replace", "replace", "REPLACE"])
def test_trap_02_operations_are_words_in_any_case(tmp_path: Path, word: str) -> None:
    body = patch({"op": word, "path": "active", "value": False})
    entry = synthetic_scim_log("PATCH", "/Users/u-1", AT, request=body)

    assert one(read(tmp_path, {"log/s.json": [entry]}), "scim_requests")["active"] is False


@pytest.mark.parametrize("value", ["False", "false", False, 0, "0"])
def test_trap_03_the_text_false_is_false(tmp_path: Path, value: Any) -> None:
    files = {
        "target/users.json": scim_list(scim_user("ada", active=None, more={"active": value})),
        "log/s.json": [
            synthetic_scim_log(
                "PATCH",
                "/Users/u-1",
                AT,
                request=patch({"op": "Replace", "path": "active", "value": value}),
            )
        ],
    }

    loaded = read(tmp_path, files)

    assert one(loaded, "target_users")["active"] is False
    assert one(loaded, "scim_requests")["active"] is False


def test_trap_04_bodies_are_json_in_texts_and_some_are_not(tmp_path: Path) -> None:
    good = synthetic_scim_log("POST", "/Users", AT, request={"userName": "ada"}, id=1)
    twice = synthetic_scim_log("POST", "/Users", AT, request=json.dumps({"userName": "bo"}), id=2)
    bare = synthetic_scim_log("GET", "/Users/u-1", AT, id=3)
    broken = bare | {"id": 4, "request_json": '{"userName":', "response_json": "example"}

    loaded = read(tmp_path, {"log/s.json": [good, twice, bare, broken]})

    assert rows(loaded, "scim_requests", "request_id", "name") == [
        ("1", "ada"),
        ("2", "bo"),
        ("3", None),
        ("4", None),
    ]


def test_trap_06_a_push_that_was_put_off_has_written_nothing() -> None:
    event = okta_event("application.provision.user.push", AT, user="ada", result="DEFERRED")

    found = load_log(Page("log.json", [event])).rows["events"]

    assert (found["action"], found["status"], found["written"]) == (
        ["create"],
        ["warning"],
        [False],
    )


def test_trap_07_the_error_is_found_in_the_answer_or_in_the_reason(tmp_path: Path) -> None:
    entry = synthetic_scim_log(
        "POST", "/Users", AT, status=409, response=scim_error(409, "taken", "uniqueness")
    )
    reason = "Bad Request. Errors reported by remote server: HTTP 400"
    event = okta_event(
        "application.provision.user.push", AT, user="ada", result="FAILURE", reason=reason
    )

    loaded = read(tmp_path, {"log/s.json": [entry], "log/o.json": [event]})

    assert one(loaded, "scim_requests")["scim_type"] == "uniqueness"
    assert one(loaded, "events")["http_status"] == 400


def test_trap_09_an_empty_id_is_none_and_ids_stay_as_they_are(tmp_path: Path) -> None:
    users = [
        scim_user("ada", id="CN=Ada,OU=x"),
        scim_user("bo", id="0042", external_id=""),
        scim_user("cy", id="dbmid:AAAy"),
    ]

    loaded = read(tmp_path, {"target/users.json": scim_list(*users)})

    assert rows(loaded, "target_users", "id") == ["CN=Ada,OU=x", "0042", "dbmid:AAAy"]
    assert rows(loaded, "target_users", "external_id") == [None, None, None]


def test_trap_10_events_that_overlap_are_told_apart_by_their_own_id(tmp_path: Path) -> None:
    first = okta_event("application.provision.user.push", AT, user="ada")
    second = okta_event("application.provision.user.push", AT, user="bo")

    loaded = read(tmp_path, {"log/1.json": [first, second], "log/2.json": [second]})

    assert loaded.tables["events"].num_rows == 2
    assert report(loaded, "log/2.json").repeated == 1


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-18T08:59:40.221Z",
        "2026-11-18 08:59:40.221",
        "2026-11-18T09:59:40.221+01:00",
        "2026-11-18T08:59:40.221000000Z",
    ],
)
def test_trap_11_times_of_every_spelling_are_read(written: str) -> None:
    event = okta_event("application.provision.user.push", written, user="ada")

    [at] = load_log(Page("log.json", [event])).rows["events"]["at"]

    assert at.isoformat(timespec="milliseconds") == "2026-11-18T08:59:40.221+00:00"


def test_trap_11_never_is_no_time(tmp_path: Path) -> None:
    user = filescom_user("ada", last_login="0001-01-01T00:00:00Z", created="9999-12-31T00:00:00Z")

    row = one(read(tmp_path, {"target/users.json": [user]}), "target_users")

    assert (row["last_login"], row["created"]) == (None, None)


def test_trap_12_numbers_stand_in_texts_and_texts_look_like_numbers(tmp_path: Path) -> None:
    user = scim_user("ada", id="00123", external_id="1e5")
    error = scim_error(409, "taken") | {"status": 409}
    entry = synthetic_scim_log("POST", "/Users", AT, status=409, response=error)

    loaded = read(tmp_path, {"target/u.json": scim_list(user, total="1"), "log/s.json": [entry]})

    assert rows(loaded, "target_users", "id", "external_id") == [("00123", "1e5")]
    assert one(loaded, "scim_requests")["status"] == 409
    [pull] = [pull for pull in loaded.pulls if pull.collection == "users"]
    assert (pull.declared_total, pull.terminal) == (1, True)


@pytest.mark.parametrize("cell", ["NA", "null", "None", "nan", "-", "TRUE", "1e5", "00123"])
def test_trap_12_cells_that_look_like_nothing_are_names(tmp_path: Path, cell: str) -> None:
    files = {"target/users.csv": f"id,username,group_ids\n{cell},{cell},\n"}

    assert rows(read(tmp_path, files), "target_users", "id", "user_name") == [(cell, cell)]


def test_trap_13_absent_null_and_empty_are_three_things(tmp_path: Path) -> None:
    groups = [
        scim_group("Silent", None),
        scim_group("Empty", []),
        scim_group("Null", None, more={"members": None}),
    ]
    nothing = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"], "totalResults": 0}

    loaded = read(tmp_path, {"target/g.json": scim_list(*groups), "target/u.json": nothing})

    assert rows(loaded, "target_groups", "members_shown") == [False, True, True]
    assert "target_users" in loaded.present
    assert loaded.tables["target_users"].num_rows == 0


def test_trap_13_an_event_without_outcome_and_target_loads() -> None:
    event = okta_event("application.provision.user.push", AT, app=False, result=None)

    found = load_log(Page("log.json", [event])).rows["events"]

    assert (found["status"], found["source_id"]) == ([None], [None])


def test_trap_14_targets_are_picked_by_type_in_any_order() -> None:
    event = okta_event("application.provision.user.push", AT, user="ada")
    turned = event | {"target": event["target"][::-1]}

    found = load_log(Page("log.json", [event, turned])).rows["events"]

    assert found["source_id"] == [okta_id("ada")] * 2
    assert found["app_id"] == [APP] * 2


def test_trap_15_short_pages_are_whole_and_a_missing_one_is_not(tmp_path: Path) -> None:
    pages = [
        scim_list(scim_user("ada"), total=3, start=1),
        scim_list(scim_user("bo"), scim_user("cy"), total=3, start=2),
    ]

    whole = read(tmp_path / "a", {"target/1.json": pages[0], "target/2.json": pages[1]})
    half = read(tmp_path / "b", {"target/2.json": pages[1]})

    assert [pull.terminal for pull in whole.pulls] == [True]
    assert [pull.terminal for pull in half.pulls] == [False]


def test_trap_15_a_cursor_that_nobody_followed_is_open(tmp_path: Path) -> None:
    page = scim_list(scim_user("ada"), cursor="VZUTiyhEQJ94IR")
    page.pop("totalResults")
    page.pop("startIndex")

    loaded = read(tmp_path, {"target/users.json": page})

    assert [pull.open_next for pull in loaded.pulls] == [True]


def test_trap_16_a_resting_account_is_not_a_disabled_one() -> None:
    user = filescom_user("ada", more={"disabled_expired_or_inactive": True})

    assert load_users(Page("users.json", [user])).rows["users"]["active"] == [True]


def test_trap_17_names_are_folded_and_ids_are_not(tmp_path: Path) -> None:
    users = [
        scim_user("x", id="A", more={"userName": "ADA@X"}),
        scim_user("y", id="a", more={"userName": "Re\u0301my@x"}),
    ]

    loaded = read(tmp_path, {"target/users.json": scim_list(*users)})

    assert rows(loaded, "target_users", "id", "user_name_key") == [("A", "ada@x"), ("a", "rémy@x")]
    assert rows(loaded, "target_users", "user_name")[0] == "ADA@X"


@pytest.mark.parametrize("ids", ["12", 12, [12], ["12"]])
def test_trap_18_a_single_member_may_be_a_number(ids: Any) -> None:
    group = filescom_group("Design", [], id=7) | {"user_ids": ids}
    user = filescom_user("ada", id=1) | {"group_ids": ids}

    assert load_groups(Page("g", [group])).rows["memberships"]["member_id"] == ["12"]
    assert load_users(Page("u", [user])).fallback["memberships"]["group_id"] == ["12"]


def test_trap_18_required_groups_are_parted_by_lines_too(tmp_path: Path) -> None:
    strategy = filescom_strategy(required="Staff\nPartners, Guests")

    row = one(read(tmp_path, {"target/s.json": [strategy]}), "strategies")

    assert row["group_required"] == ["Staff", "Partners", "Guests"]


def test_trap_19_errors_and_fragments_are_no_people(tmp_path: Path) -> None:
    files = {
        "source/users.json": [okta_user("ada")],
        "source/refused.json": {"errorCode": "E0000047", "errorSummary": "rate limit"},
        "source/app_users.json": [okta_app_user("ada", external_id=None, status="STAGED")],
    }

    loaded = read(tmp_path, files)

    assert rows(loaded, "source_users", "user_name") == ["ada@example.com"]
    assert not report(loaded, "source/refused.json").used


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_trap_19_files_of_windows_load(tmp_path: Path, encoding: str) -> None:
    text = json.dumps([filescom_user("ada", more={"name": "Rémy Ölz"})], ensure_ascii=False)
    content = text.encode(encoding)
    content = b"\xfe\xff" + content if encoding == "utf-16-be" else content

    loaded = read(tmp_path, {"target/users.json": content})

    assert rows(loaded, "target_users", "display_name") == ["Rémy Ölz"]


def test_trap_20_a_log_of_other_things_still_covers_its_time(tmp_path: Path) -> None:
    events = [
        okta_event("user.session.start", "2026-11-01T00:00:00Z", app=False, user="ada"),
        okta_event("application.provision.user.push", "2026-11-10T00:00:00Z", user="ada"),
        okta_event("user.session.start", "2026-11-19T00:00:00Z", app=False, user="ada"),
    ]

    file = report(read(tmp_path, {"log/o.json": events}), "log/o.json")

    assert (file.first.day, file.last.day) == (1, 19)


def test_trap_20_secrets_never_leave_the_file(tmp_path: Path) -> None:
    secret = "s3cr3t-value-42"
    files = {
        "target/users.json": scim_list(scim_user("ada", more={"password": secret})),
        "target/s.json": [filescom_strategy(token=secret)],
        "log/s.json": [
            synthetic_scim_log(
                "POST",
                "/Users",
                AT,
                status=400,
                request={"userName": "ada", "password": secret},
                response=scim_error(400, f"Authorization: Bearer {secret} is no token"),
            )
        ],
        "log/gateway.json": [
            {
                "timestamp": AT,
                "method": "GET",
                "path": f"/scim/Users?access_token={secret}",
                "status": 401,
                "headers": {"authorization": f"Bearer {secret}"},
            }
        ],
    }

    loaded = read(tmp_path, files)

    tables = [table.to_pylist() for table in loaded.tables.values()]
    assert loaded.tables["scim_requests"].num_rows == 2
    assert secret not in str(tables)
    assert secret not in str(loaded.files)
