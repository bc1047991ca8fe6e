"""Requests at a SCIM server: every dialect says the same in the end."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from scimlytics.loaders.scim_traffic import Exchange, client_of, request_rows
from tests.loading import one, read, report, rows
from tests.native_target import patch, scim_error, scim_group, scim_list, scim_user

AT = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
WORK = 'emails[type eq "work"].value'


def asked(
    method: str, target: str, request: Any = None, response: Any = None, status: int = 200
) -> tuple[dict[str, Any], list[tuple[str, str | None]]]:
    """The row of a request, and its members as operation and id."""
    exchange = Exchange("r-1", AT, method, target, status, "Okta", request, response)
    [row], members = request_rows(exchange)
    return row, [(member["operation"], member["member_id"]) for member in members]


@pytest.mark.parametrize(
    ("body", "active"),
    [
        (patch({"op": "Replace", "path": "active", "value": "False"}), False),
        (patch({"op": "replace", "path": "active", "value": False}), False),
        (patch({"op": "replace", "value": {"active": False}}), False),
        (patch({"op": "replace", "value": {"active": "True"}}), True),
        (patch({"op": "Replace", "path": "active", "value": [{"value": "False"}]}), False),
        ({"schemas": ["urn:scim:schemas:core:1.0"], "id": "x", "active": False}, False),
        (patch({"op": "replace", "path": "displayName", "value": "x"}), None),
        (patch({"op": "remove", "path": "active"}), None),
    ],
)
def test_a_disable_is_known_in_every_dialect(body: Any, active: bool | None) -> None:
    row, _ = asked("PATCH", "/scim/v2/Users/u-1", body)

    assert (row["active"], row["target_id"], row["object_type"]) == (active, "u-1", "user")


@pytest.mark.parametrize(
    "body",
    [
        patch({"op": "Replace", "path": "userName", "value": "new@x"}),
        patch({"op": "replace", "value": {"userName": "new@x", "name.givenName": "A"}}),
        patch(
            {"op": "replace", "path": WORK, "value": "m@x"},
            {
                "op": "replace",
                "value": {"urn:ietf:params:scim:schemas:core:2.0:User:userName": "new@x"},
            },
        ),
    ],
)
def test_a_rename_is_known_in_every_dialect(body: Any) -> None:
    row, _ = asked("PATCH", "/Users/u-1", body)

    assert row["name"] == "new@x"


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "a"}]}, [("add", "a")]),
        (
            {"op": "add", "value": {"members": [{"value": "a"}, {"value": "b"}]}},
            [("add", "a"), ("add", "b")],
        ),
        ({"op": "Remove", "path": "members", "value": [{"value": "a"}]}, [("remove", "a")]),
        ({"op": "remove", "path": 'members[value eq "a"]'}, [("remove", "a")]),
        (
            {"op": "remove", "path": 'members[value eq "a" or value eq "b"]'},
            [("remove", "a"), ("remove", "b")],
        ),
        ({"op": "remove", "path": "members"}, [("replace", None)]),
        ({"op": "replace", "path": "members", "value": [{"value": "a"}]}, [("replace", "a")]),
        ({"op": "Replace", "path": "members", "value": []}, [("replace", None)]),
        ({"op": "add", "path": "members", "value": "a"}, [("add", "a")]),
        ({"op": "add", "path": "members", "value": {"value": "a"}}, [("add", "a")]),
        ({"op": "replace", "value": {"id": "g-1", "displayName": "Design"}}, []),
        ({"op": "move", "path": "members", "value": [{"value": "a"}]}, []),
    ],
)
def test_members_are_exploded_from_every_dialect(
    operation: dict[str, Any], members: list[tuple[str, str | None]]
) -> None:
    _, found = asked("PATCH", "/Groups/g-1", patch(operation))

    assert found == members


def test_changes_without_operations_say_themselves_what_becomes_of_members() -> None:
    body = {
        "schemas": ["urn:scim:schemas:core:1.0"],
        "members": [{"value": "a"}, {"value": "b", "operation": "delete"}],
    }

    _, found = asked("PATCH", "/Groups/g-1", body)

    assert found == [("add", "a"), ("remove", "b")]


def test_a_put_puts_its_members_in_place_of_all() -> None:
    _, some = asked("PUT", "/Groups/g-1", scim_group("Design", ["a"]))
    _, none = asked("PUT", "/Groups/g-1", scim_group("Design", []))
    _, silent = asked("PUT", "/Groups/g-1", scim_group("Design", None))

    assert (some, none, silent) == ([("replace", "a")], [("replace", None)], [])


def test_an_answer_that_shows_a_group_is_a_state_of_it() -> None:
    shown = scim_group("Design", ["a", "b"], id="g-1")
    body = patch({"op": "add", "path": "members", "value": [{"value": "b"}]})

    _, found = asked("PATCH", "/Groups/g-1", body, shown)
    _, empty = asked("GET", "/Groups/g-1", response=scim_group("Design", [], id="g-1"))

    assert found == [("add", "b"), ("shown", "a"), ("shown", "b")]
    assert empty == [("shown", None)]


@pytest.mark.parametrize(
    ("target", "response", "status"),
    [
        ("/Groups?excludedAttributes=members&filter=x", scim_list(scim_group("D", [])), 200),
        ("/Groups/g-1?attributes=displayName", scim_group("D", [], id="g-1"), 200),
        ("/Groups/g-1", scim_group("D", None, id="g-1"), 200),
        ("/Groups/g-1", scim_group("D", [], id="g-1"), 404),
    ],
)
def test_a_group_that_was_not_asked_for_its_members_shows_none(
    target: str, response: Any, status: int
) -> None:
    _, found = asked("GET", target, response=response, status=status)

    assert found == []


def test_a_lookup_keeps_its_filter_and_finds_the_one_it_was_for() -> None:
    target = "/scim/Users?filter=userName%20eq%20%22ada%40x%22&startIndex=1"

    row, _ = asked("GET", target, response=scim_list(scim_user("ada", id="u-1", external_id="e")))

    assert row["filter"] == 'userName eq "ada@x"'
    assert (row["path"], row["target_id"], row["external_id"]) == ("/scim/Users", "u-1", "e")


def test_a_lookup_that_finds_nobody_still_says_for_whom_it_was() -> None:
    row, _ = asked("GET", '/Users?filter=userName eq "ada@x"', response=scim_list())

    assert (row["name"], row["target_id"]) == ("ada@x", None)


def test_an_error_keeps_type_and_words_without_credentials() -> None:
    error = scim_error(409, "Token Bearer abcdef.123456 already used", "uniqueness")

    row, _ = asked("POST", "/Users", scim_user("ada"), error, status=409)

    assert (row["status"], row["scim_type"]) == (409, "uniqueness")
    assert row["detail"] == "Token Bearer … already used"
    assert row["target_id"] is None


def test_errors_of_scim_1_1_and_pages_in_html_have_words() -> None:
    older, _ = asked(
        "POST", "/Users", None, {"Errors": [{"description": "User exists", "code": 409}]}, 409
    )
    page, _ = asked("POST", "/Users", None, "<html>502</html>", 502)

    assert (older["detail"], page["detail"]) == ("User exists", "HTML instead of JSON")


def test_a_bulk_request_is_a_row_for_each_of_its_operations() -> None:
    body = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            {"method": "POST", "path": "/Users", "bulkId": "q", "data": {"userName": "ada"}},
            {"method": "DELETE", "path": "/Users/u-2"},
        ],
    }
    answer = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
        "Operations": [
            {"bulkId": "q", "location": "https://x/v2/Users/u-1", "status": {"code": "201"}},
            {"status": "404", "response": scim_error(404, "gone")},
        ],
    }

    found, _ = request_rows(Exchange("r", AT, "POST", "/Bulk", 200, None, body, answer))

    wanted = ("request_id", "method", "status", "target_id")
    assert [tuple(row[name] for name in wanted) for row in found] == [
        ("r#1", "POST", 201, "u-1"),
        ("r#2", "DELETE", 404, "u-2"),
    ]


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("azure-provisioning/1.0", "entra"),
        ("Microsoft.Azure.SyncFabric", "entra"),
        ("Okta SCIM Client 1.0.0", "okta"),
        ("curl/8", "other"),
        ("-", None),
        (None, None),
    ],
)
def test_the_client_is_known_by_its_agent(agent: str | None, client: str | None) -> None:
    assert client_of(agent) == client


def test_a_gateway_log_loads_with_its_bodies(tmp_path: Path) -> None:
    line = {
        "timestamp": "2026-11-16T08:00:00.123Z",
        "level": "info",
        "requestId": "abc",
        "method": "patch",
        "path": "/scim/v2/Groups/g-1",
        "status": "200",
        "durationMs": "12",
        "requestBody": patch({"op": "add", "path": "members", "value": [{"value": "u-1"}]}),
        "responseHeaders": {},
    }
    noise = {"timestamp": "2026-11-16T08:00:01Z", "level": "info", "message": "started"}
    text = "\n".join(__import__("json").dumps(one) for one in (noise, line))

    loaded = read(tmp_path, {"log/gateway.ndjson": text})

    row = one(loaded, "scim_requests")
    assert (row["request_id"], row["method"], row["duration_ms"]) == ("abc", "PATCH", 12)
    assert rows(loaded, "request_members", "group_id", "member_id") == [("g-1", "u-1")]


def test_request_and_response_may_stand_apart(tmp_path: Path) -> None:
    line = {
        "time": "2026-11-16T08:00:00Z",
        "request": {"method": "POST", "url": "/Users", "headers": {"User-Agent": "Okta SCIM"}},
        "response": {"status": 429, "headers": {"Retry-After": "30"}},
    }

    row = one(read(tmp_path, {"log/gateway.json": [line]}), "scim_requests")

    assert (row["client"], row["status"], row["retry_after_s"]) == ("okta", 429, 30.0)


def test_access_logs_of_web_servers_and_balancers_load(tmp_path: Path) -> None:
    combined = (
        '10.0.0.1 - - [16/Nov/2026:08:00:00 +0100] "PATCH /scim/v2/Users/u-1 HTTP/1.1" 404 15'
        ' "-" "azure-provisioning/1.0" rt=0.250'
    )
    balancer = (
        "https 2026-11-16T08:00:01.000000Z app/x 10.0.0.1:1 10.0.0.2:80 0.001 0.010 0.000 200 200 1 2"
        ' "GET https://scim.example:443/v2/Users?count=1 HTTP/1.1" "Okta SCIM" - - arn "Root=1"'
    )
    other = combined.replace("/scim/v2/Users/u-1", "/favicon.ico")

    loaded = read(
        tmp_path,
        {"log/access.log": f"{combined}\n{other}\n", "log/alb.log": f"{balancer}\n"},
    )

    wanted = ("method", "path", "status", "client", "duration_ms", "target_id")
    assert sorted(rows(loaded, "scim_requests", *wanted)) == [
        ("GET", "/v2/Users", 200, "okta", 11, None),
        ("PATCH", "/scim/v2/Users/u-1", 404, "entra", 250, "u-1"),
    ]
    assert rows(loaded, "scim_requests", "at")[0].hour == 7
    assert report(loaded, "log/access.log").aside == [(2, "is no request to a SCIM endpoint")]
