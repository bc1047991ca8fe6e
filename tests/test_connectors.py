"""Connectors: lists of every habit, four products, settings, secrets."""

from __future__ import annotations

import base64
import json
import re
import time
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import scimlytics as scim
from scimlytics.connectors import Order, pull
from scimlytics.connectors.config import config_of, read_config
from scimlytics.connectors.credentials import Secret, resolve
from scimlytics.connectors.http import Budget
from scimlytics.connectors.pulling import CONNECTORS
from scimlytics.connectors.shelf import Shelf
from scimlytics.connectors.tokens import graph_auth, okta_auth
from scimlytics.connectors.walks import scim_by_cursor
from scimlytics.errors import InputError, SystemRefusedError
from tests.cli import call
from tests.live import FilesSite, GraphSite, OktaSite, ScimSite, scim_config, scim_user
from tests.loopback import SECRET, Asked, FakeClock, Reply, Server, client
from tests.native import (
    APP,
    JOB,
    connections_page,
    graph_assignment,
    graph_event,
    graph_job,
    graph_user,
)
from tests.native_target import filescom_user
from tests.walking import Churn, Lists, walked


def ids(number: int) -> list[str]:
    return [f"{place:04d}" for place in range(number)]


# Lists of every habit (reliability.md, section 2.6)


@pytest.mark.parametrize("number", [0, 1, 2, 9, 10, 11, 19, 20, 21, 100])
def test_a_list_of_any_length_is_read_whole(number: int) -> None:
    found = walked(Lists(ids(number)))

    assert (found.rows, found.whole) == (ids(number), True)


class Capped(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(start, min(count, 4))


class TotalOfPage(Lists):
    def answer(self, start: int, count: int) -> Any:
        document = super().answer(start, count)
        return {**document, "totalResults": len(document["Resources"])}


class Overlapping(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(max(1, start - 1), count)


class StartIgnored(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(1, count)


class CountIgnored(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(start, 10_000)


class Everything(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(1, 10_000)


class FromZero(Lists):
    def answer(self, start: int, count: int) -> Any:
        return self.listed(self.rows[max(start, 0) : max(start, 0) + count], len(self.rows))


class ByPage(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer((start - 1) * count + 1, count)


class EmptySecond(Lists):
    def answer(self, start: int, count: int) -> Any:
        return super().answer(start if start == 1 else 10_000, count)


class NoTotal(Lists):
    def listed(self, page: list[str], total: Any) -> dict[str, Any]:
        return {"Resources": [{"id": one} for one in page]}


class TotalAsText(Lists):
    def listed(self, page: list[str], total: Any) -> dict[str, Any]:
        return super().listed(page, str(total))


class TotalBelowZero(Lists):
    def listed(self, page: list[str], total: Any) -> dict[str, Any]:
        return super().listed(page, -1)


class LowerCase(Lists):
    def listed(self, page: list[str], total: Any) -> dict[str, Any]:
        return {"totalresults": total, "resources": [{"id": one} for one in page]}


class Shuffled(Lists):
    def answer(self, start: int, count: int) -> Any:
        turned = self.rows[self.asked :] + self.rows[: self.asked]
        page = turned[max(start, 1) - 1 : max(start, 1) - 1 + count]
        return self.listed(page, len(self.rows))


class TotalGrows(Lists):
    def answer(self, start: int, count: int) -> Any:
        return {**super().answer(start, count), "totalResults": len(self.rows) + self.asked}


class BeyondTheEnd(Lists):
    def answer(self, start: int, count: int) -> Any:
        page = super().answer(start, count)["Resources"]
        return {"totalResults": 3, "Resources": page}


@pytest.mark.parametrize(
    "kind",
    [Capped, CountIgnored, Everything, NoTotal, TotalAsText, TotalBelowZero, FromZero, LowerCase],
)
@pytest.mark.parametrize("number", [3, 25, 47])
def test_a_server_with_habits_is_read_whole(kind: type[Lists], number: int) -> None:
    found = walked(kind(ids(number)))

    assert (found.rows, found.whole) == (ids(number), True)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (TotalOfPage, "torn: the total changed"),
        (Overlapping, "torn: rows moved"),
        (StartIgnored, "the server ignores startIndex"),
        (ByPage, "the server says 25 and lists 10"),
        (EmptySecond, "the server says 25 and lists 10"),
        (Shuffled, "torn: rows moved"),
        (TotalGrows, "torn: the total changed"),
        (BeyondTheEnd, "the server says 3 and lists 25"),
    ],
)
def test_a_server_that_cannot_be_trusted_is_never_called_whole(kind: type[Lists], why: str) -> None:
    server = kind(ids(25))

    found = walked(server)

    assert not found.whole
    assert found.why.startswith(why)
    assert server.asked < 30


def test_a_total_that_is_only_the_pages_does_not_end_a_list_early() -> None:
    class Lying(Lists):
        def listed(self, page: list[str], total: Any) -> dict[str, Any]:
            return super().listed(page, 10)

    found = walked(Lying(ids(25)))

    assert found.rows == ids(25)
    assert not found.whole


@pytest.mark.parametrize("alphabetical", [False, True])
def test_a_list_that_changes_while_it_is_read_is_never_called_whole_with_a_row_missing(
    alphabetical: bool,
) -> None:
    lost, whole = [], 0
    for seed in range(700):
        server = Churn(seed, rate=0.04 if seed % 2 else 0.3, alphabetical=alphabetical)
        found = walked(server)
        whole += found.whole
        if found.whole and server.served_since - set(found.rows):
            lost.append(seed)

    assert lost == []
    assert whole > 50


def test_a_cursor_is_followed_and_begins_anew_when_it_expires(tmp_path: Path) -> None:
    site = ScimSite(35, 0, cursor=True)
    site.expired = {"20"}
    with Server(site, FakeClock()) as server:
        reader = client(server)
        found = walked(reader, scim_by_cursor("/Users", 10))

    assert found.whole
    assert len(found.rows) == 35


def test_a_cursor_that_stands_still_is_given_up() -> None:
    class Still:
        system = "app"
        asked = 0

        def get(self, *_: Any, **__: Any) -> Any:
            from scimlytics.connectors.http import Answer

            self.asked += 1
            document = {"Resources": [{"id": "1"}], "nextCursor": "same"}
            return Answer(200, {}, json.dumps(document).encode(), document)

    server = Still()

    found = walked(server, scim_by_cursor("/Users", 10))

    assert (found.whole, found.why) == (False, "the cursor does not move on")
    assert server.asked == 2


# Four products


def order(
    system: dict[str, Any], folder: Path, clock: FakeClock, *, name: str = "app", **known: Any
) -> Order:
    (folder / "token").write_text(SECRET)
    (folder / "token").chmod(0o600)
    config = config_of({"systems": {name: system}}, "pull.toml")
    return Order(
        name=name,
        system=config.systems[name],
        folder=folder,
        shelf=folder / "shelf",
        budget=Budget(3600, clock),
        tell=lambda _: None,
        **known,
    )


def parts(pulled: Any) -> dict[str, bool]:
    return {one.unit: one.whole for one in pulled.parts}


def test_files_com_is_read_with_its_members_settings_and_logs(tmp_path: Path) -> None:
    clock = FakeClock()
    scim_log = {
        "id": 1,
        "created_at": "2026-11-18T10:00:00Z",
        "request_path": "/api/scim/Users/101",
        "request_method": "PATCH",
        "http_response_code": "200",
        "user_agent": "Okta",
        "request_json": "{}",
        "response_json": "{}",
    }
    old = {**scim_log, "id": 2, "created_at": "2026-09-01T10:00:00Z"}
    rows = {
        "/users": [filescom_user(f"p{n}", id=100 + n) for n in range(5)],
        "/groups": [{"id": 7, "name": "Finance", "user_ids": "100,101", "usernames": "p0,p1"}],
        "/sso_strategies": [
            {
                "id": 3,
                "provider": "okta",
                "enabled": True,
                "provision_users": True,
                "scim_oauth_access_token": "leaked-by-the-site",
                "scim_oauth_access_token_expires_at": "2027-01-01T00:00:00Z",
            }
        ],
        "/scim_logs": [scim_log, old, *({**old, "id": 3 + n} for n in range(9))],
    }
    with Server(FilesSite(rows), clock) as server:
        system = {
            "product": "files.com",
            "role": "target",
            "url": server.url,
            "token": "file:token",
            "page_size": 2,
        }
        pulled = pull(order(system, tmp_path, clock))

    tables = {name: rows for one in pulled.parts for name, rows in one.tables.items()}
    assert parts(pulled) == {"users": True, "groups": True, "settings": True}
    assert tables["target_users"].num_rows == 5
    assert tables["target_memberships"].column("member_id").to_pylist() == ["100", "101"]
    assert tables["strategies"].num_rows == 1
    assert pulled.log["scim_requests"].num_rows == 2
    assert sum(one.path.endswith("/scim_logs") for one in server.asked) == 1
    kept = b"".join(one.read_bytes() for one in tmp_path.rglob("*.json"))
    assert b"leaked-by-the-site" not in kept


def okta_user(name: str, status: str = "ACTIVE") -> dict[str, Any]:
    return {
        "id": f"00u{name}",
        "status": status,
        "created": "2026-01-01T00:00:00.000Z",
        "profile": {"login": f"{name}@example.com", "email": f"{name}@example.com"},
    }


def okta_event(name: str, at: str) -> dict[str, Any]:
    return {
        "uuid": name,
        "published": at,
        "eventType": "application.provision.user.push",
        "version": "0",
        "severity": "INFO",
        "outcome": {"result": "SUCCESS"},
        "target": [{"id": "00uada", "type": "User", "alternateId": "ada@example.com"}],
    }


def test_okta_is_read_with_those_who_left_and_a_log_that_never_ends(tmp_path: Path) -> None:
    clock = FakeClock()
    app_group = {"id": "00gfinance", "priority": 0, "profile": {}, "_links": {}}
    app_user = {
        "id": "00uada",
        "externalId": "17",
        "scope": "GROUP",
        "status": "PROVISIONED",
        "syncState": "SYNCHRONIZED",
        "credentials": {"userName": "ada@example.com"},
        "_links": {"app": {"href": "https://example.okta.com/api/v1/apps/0oa1"}},
    }
    rows = {
        "/users": [
            *(okta_user(name) for name in ("ada", "bob", "cleo")),
            okta_user("dora", "DEPROVISIONED"),
        ],
        "/groups": [
            {
                "id": "00gfinance",
                "type": "OKTA_GROUP",
                "profile": {"name": "Finance"},
                "objectClass": ["okta:user_group"],
            }
        ],
        "/apps/0oa1/users": [app_user],
        "/apps/0oa1/groups": [app_group],
        "/groups/00gfinance/users": [okta_user("ada"), okta_user("bob"), okta_user("cleo")],
        "/logs": [okta_event(f"e{n}", f"2026-11-1{n}T10:00:00.000Z") for n in range(3)],
    }
    server = Server(lambda _: Reply())
    server.answers = OktaSite(rows, lambda: server.url)
    server.clock = clock
    with server:
        system = {
            "product": "okta",
            "role": "source",
            "url": server.url,
            "token": "file:token",
            "app": "0oa1",
        }
        pulled = pull(order(system, tmp_path, clock, name="directory"))

    tables = {name: rows for one in pulled.parts for name, rows in one.tables.items()}
    assert parts(pulled) == {"users": True, "groups": True, "assignments": True}
    assert tables["source_users"].num_rows == 4
    assert tables["source_memberships"].num_rows == 3
    assert pulled.log["events"].num_rows == 3
    begin, until = pulled.covers["events/okta"]
    assert begin == datetime(2026, 11, 10, 10, tzinfo=UTC)
    assert until == clock.now() - timedelta(minutes=15)
    groups = next(one for one in pulled.parts if one.unit == "groups")
    graded = [(one["collection"], one["group_id"], one["terminal"]) for one in groups.pulls]
    assert ("memberships", "00gfinance", True) in graded


def graph_rows() -> dict[str, Any]:
    return {
        "/users": [graph_user(f"u-{n}", f"p{n}@example.com") for n in range(7)],
        "/directory/deletedItems/microsoft.graph.user": [],
        "/groups": [
            {
                "@odata.type": "#microsoft.graph.group",
                "id": "g-1",
                "displayName": "Finance",
                "securityEnabled": True,
                "groupTypes": [],
            }
        ],
        f"/servicePrincipals/{APP}/appRoleAssignedTo": [
            graph_assignment("u-1"),
            graph_assignment("g-1", principalType="Group"),
        ],
        f"/servicePrincipals/{APP}/synchronization/jobs": [graph_job()],
        f"/servicePrincipals/{APP}/synchronization/jobs/{JOB}/schema": {
            "id": JOB,
            "synchronizationRules": [],
            "directories": [],
        },
        "/groups/g-1/members": [
            {
                "@odata.type": "#microsoft.graph.user",
                "id": f"u-{n}",
                "userPrincipalName": f"p{n}@example.com",
            }
            for n in range(4)
        ],
        "/auditLogs/provisioning": [
            graph_event(f"e{n}", at=f"2026-11-{10 + n}T09:00:00Z") for n in range(5)
        ],
        "/auditLogs/directoryAudits": [],
    }


def graph_pull(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    hook: Any = None,
    system: dict[str, Any] | None = None,
    **known: Any,
) -> tuple[Any, Server]:
    from tests.loopback import Bearer

    clock = FakeClock()
    monkeypatch.setattr("scimlytics.connectors.graph.graph_auth", lambda *_: Bearer("second"))
    server = Server(lambda _: Reply(), clock)
    site = GraphSite(graph_rows(), lambda: server.url)
    site.hook = hook
    server.answers = site
    with server:
        settings = {
            "product": "graph",
            "role": "source",
            "url": f"{server.url}/v1.0",
            "tenant": "contoso.onmicrosoft.com",
            "client_id": "app-1",
            "secret": "env:NONE",
            "service_principal": APP,
            **(system or {}),
        }
        pulled = pull(order(settings, folder, clock, name="directory", **known))
    return pulled, server


def test_graph_is_read_with_members_jobs_and_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pulled, server = graph_pull(tmp_path, monkeypatch)

    tables = {name: rows for one in pulled.parts for name, rows in one.tables.items()}
    assert parts(pulled) == {"users": True, "groups": True, "assignments": True, "settings": True}
    assert tables["source_users"].num_rows == 7
    assert tables["source_memberships"].num_rows == 4
    assert tables["assignments"].num_rows == 2
    assert tables["jobs"].column("job_id").to_pylist() == [JOB]
    assert pulled.log["events"].num_rows == 5
    assert [one.target for one in server.asked if "secrets" in one.target] == []
    assert {one.headers.get("Authorization") for one in server.asked} == {f"Bearer {SECRET}"}
    at = [one.at for one in server.asked if "/auditLogs/" in one.target]
    assert all(later - before >= 10 for before, later in zip(at, at[5:], strict=False))


def test_graph_reads_a_log_from_where_it_was_with_an_overlap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scimlytics.connectors import Known

    last = datetime(2026, 11, 19, 6, tzinfo=UTC)

    pulled, server = graph_pull(tmp_path, monkeypatch, known=Known({"events/entra": last}))

    asked = next(one for one in server.asked if one.path.endswith("/provisioning"))
    assert "activityDateTime gt 2026-11-18T06:00:00Z" in asked.query["$filter"]
    assert f"servicePrincipal/id eq '{APP}'" in asked.query["$filter"]
    assert pulled.covers["events/entra"][0] == last - timedelta(hours=24)


@pytest.mark.parametrize(
    "code", [(400, "Directory_ExpiredPageToken"), (410, "syncStateNotFound")], ids=str
)
def test_graph_begins_anew_when_it_forgot_where_it_was(
    code: tuple[int, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgot: list[str] = []

    def hook(asked: Asked) -> Reply | None:
        if asked.query.get("$skiptoken") == "3" and asked.path.endswith("/users") and not forgot:
            forgot.append(asked.target)
            return Reply({"error": {"code": code[1]}}, code[0])
        return None

    pulled, _ = graph_pull(tmp_path, monkeypatch, hook)

    users = next(one for one in pulled.parts if one.unit == "users")
    assert users.whole
    assert users.tables["source_users"].num_rows == 7


def test_graph_that_leads_in_a_circle_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hook(asked: Asked) -> Reply | None:
        if not asked.path.endswith("/users"):
            return None
        there = f"http://{asked.headers['Host']}{asked.path}"
        step = "2" if asked.query.get("$skiptoken") == "1" else "1"
        return Reply({"value": [], "@odata.nextLink": f"{there}?$skiptoken={step}"})

    pulled, server = graph_pull(tmp_path, monkeypatch, hook)

    users = next(one for one in pulled.parts if one.unit == "users")
    assert (users.whole, users.why) == (False, "the next link leads in a circle")
    assert sum(one.path.endswith("/users") for one in server.asked) <= 4


def test_graph_with_an_empty_page_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hook(asked: Asked) -> Reply | None:
        if asked.path.endswith("/users") and "$skiptoken" not in asked.query:
            there = f"http://{asked.headers['Host']}{asked.path}"
            return Reply({"value": [], "@odata.nextLink": f"{there}?$skiptoken=0"})
        return None

    pulled, _ = graph_pull(tmp_path, monkeypatch, hook)

    users = next(one for one in pulled.parts if one.unit == "users")
    assert users.tables["source_users"].num_rows == 7


def test_graph_members_that_are_refused_are_told_of_their_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hook(asked: Asked) -> Reply | None:
        return Reply({"error": {}}, 403) if asked.path.endswith("/members") else None

    pulled, _ = graph_pull(tmp_path, monkeypatch, hook)

    assert parts(pulled)["groups"] is False
    assert parts(pulled)["users"] is True
    groups = next(one for one in pulled.parts if one.unit == "groups")
    assert [one["terminal"] for one in groups.pulls if one["group_id"] == "g-1"] == [False]


# Tokens


class SignIn:
    """The sign-in service, as msal sees it."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = list(answers)
        self.sent: list[dict[str, Any]] = []

    def get(self, url: str, **_: Any) -> Any:
        base = url.partition("/v2.0/")[0]
        document = {
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "issuer": f"{base}/v2.0",
        }
        return self._answer(document)

    def post(self, url: str, data: Any = None, **_: Any) -> Any:
        self.sent.append(dict(data))
        answer = self.answers.pop(0)
        return self._answer(answer, 400 if "error" in answer else 200)

    def close(self) -> None:
        pass

    def _answer(self, document: dict[str, Any], status: int = 200) -> Any:
        response = requests.Response()
        response.status_code = status
        response._content = json.dumps(document).encode()
        return response


def entra(secret: str | None = "env:GRAPH_SECRET", **more: Any) -> Any:
    said = {
        "product": "graph",
        "role": "source",
        "tenant": "contoso.onmicrosoft.com",
        "client_id": "11111111-1111-4111-8111-111111111111",
        **({"secret": secret} if secret else {}),
        **more,
    }
    return config_of({"systems": {"directory": said}}, "pull.toml").systems["directory"]


def token(text: str) -> dict[str, Any]:
    return {"access_token": text, "expires_in": 3600, "token_type": "Bearer"}


def test_a_token_is_fetched_once_and_renewed_with_the_claims_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SECRET", SECRET)
    service = SignIn(token("first"), token("second"))
    auth = graph_auth(entra(), "directory", tmp_path, lambda _: None, service)

    headers = [auth.header(), auth.header()]
    renewed = auth.renew('Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="')
    headers.append(auth.header())

    assert [value for _, value in headers] == ["Bearer first", "Bearer first", "Bearer second"]
    assert renewed
    assert json.loads(service.sent[1]["claims"]) == {"a": 1}
    assert service.sent[0]["client_secret"] == SECRET
    assert service.sent[0]["scope"] == "https://graph.microsoft.com/.default"


def test_a_refused_sign_in_is_one_line_without_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SECRET", SECRET)
    answer = {"error": "invalid_client", "error_description": SECRET, "error_codes": [7000215]}
    auth = graph_auth(entra(), "directory", tmp_path, lambda _: None, SignIn(answer))

    with pytest.raises(SystemRefusedError) as caught:
        auth.header()

    assert "invalid_client 7000215" in str(caught.value)
    assert SECRET not in str(caught.value)


def test_sign_in_asks_no_other_host_than_the_sign_in_service() -> None:
    from scimlytics.connectors.tokens import SignInHttp

    for url in ("https://evil.example.com/token", "http://login.microsoftonline.com/token"):
        with pytest.raises(requests.exceptions.InvalidURL):
            SignInHttp("login.microsoftonline.com").post(url)


def coded(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def test_a_person_signs_in_at_a_browser_once(tmp_path: Path) -> None:
    person = {
        "aud": entra().client_id,
        "iss": "https://login.microsoftonline.com/t/v2.0",
        "exp": time.time() + 3600,
        "sub": "s",
        "preferred_username": "ada@example.com",
    }
    service = SignIn(
        {
            "device_code": "d",
            "user_code": "ABC",
            "verification_uri": "https://example.com",
            "expires_in": 60,
            "interval": 0,
            "message": "Open https://example.com and enter ABC.",
        },
        {
            **token("person"),
            "scope": "https://graph.microsoft.com/.default",
            "client_info": coded({"uid": "u", "utid": "t"}),
            "id_token": f"e30.{coded(person)}.x",
        },
    )
    told: list[str] = []
    auth = graph_auth(
        entra(None, sign_in="device_code"), "directory", tmp_path, told.append, service
    )

    headers = [auth.header(), auth.header()]

    assert headers == [("Authorization", "Bearer person")] * 2
    assert told == ["Open https://example.com and enter ABC."]


def test_a_certificate_signs_in_and_must_fit_its_key(tmp_path: Path) -> None:
    from tests.certificates import pair

    for name in ("one", "two"):
        cert, key = pair(tmp_path, name)
        (tmp_path / f"{name}.both").write_text(key.read_text() + cert.read_text())
    mixed = (tmp_path / "one.key").read_text() + (tmp_path / "two.pem").read_text()
    (tmp_path / "mixed.both").write_text(mixed)
    (tmp_path / "lone.both").write_text((tmp_path / "one.pem").read_text())
    for path in tmp_path.glob("*.both"):
        path.chmod(0o600)
    service = SignIn(token("signed"))

    auth = graph_auth(
        entra(None, certificate="file:one.both"), "directory", tmp_path, lambda _: None, service
    )

    assert auth.header() == ("Authorization", "Bearer signed")
    assert "client_assertion" in service.sent[0]
    for name, said in (("mixed", "do not belong together"), ("lone", "should hold a private key")):
        with pytest.raises(InputError, match=said):
            graph_auth(entra(None, certificate=f"file:{name}.both"), "d", tmp_path, lambda _: None)


def test_a_service_application_of_okta_signs_in_with_its_key_until_the_token_ends(
    tmp_path: Path,
) -> None:
    from tests.certificates import pair

    _, key = pair(tmp_path, "one")
    key.chmod(0o600)
    (tmp_path / "none.key").write_text("no key")
    (tmp_path / "none.key").chmod(0o600)
    said = {
        "product": "okta",
        "role": "source",
        "url": "https://contoso.okta.com",
        "client_id": "0oa1",
        "private_key": f"file:{key.name}",
    }
    system: Any = config_of({"systems": {"idp": said}}, "pull.toml").systems["idp"]
    soon = {**token("first"), "expires_in": 30}
    service = SignIn(soon, token("second"), token("third"))

    auth = okta_auth(system, "idp", tmp_path, service)
    headers = [auth.header() for _ in range(3)]
    auth.renew("Bearer")
    headers.append(auth.header())

    assert [value for _, value in headers] == [
        "Bearer first",
        "Bearer second",
        "Bearer second",
        "Bearer third",
    ]
    assertion = service.sent[0]["client_assertion"]
    part = bytes(assertion).decode().split(".")[1]
    body = json.loads(base64.urlsafe_b64decode(part + "=="))
    assert (body["iss"], body["sub"]) == ("0oa1", "0oa1")
    assert body["aud"] == "https://contoso.okta.com/oauth2/v1/token"
    assert service.sent[0]["scope"] == (
        "okta.users.read okta.groups.read okta.apps.read okta.logs.read"
    )
    broken: Any = config_of(
        {"systems": {"idp": {**said, "private_key": "file:none.key"}}}, "pull.toml"
    ).systems["idp"]
    with pytest.raises(InputError, match="should hold a private key"):
        okta_auth(broken, "idp", tmp_path, service)


# Settings


GOOD = {"product": "scim", "role": "target", "url": "https://app.example.com", "token": "env:T"}


@pytest.mark.parametrize(
    ("system", "said"),
    [
        ({**GOOD, "tokn": "env:T"}, "there is no key 'tokn'. Did you mean 'token'?"),
        ({**GOOD, "product": "scimm"}, "there is no product 'scimm'. Did you mean 'scim'?"),
        ({**GOOD, "token": "hunter2hunter2"}, "a secret does not stand here"),
        ({**GOOD, "token": "env:"}, "a secret does not stand here"),
        ({**GOOD, "url": "http://app.example.com"}, "https is required"),
        ({**GOOD, "url": "https://169.254.169.254"}, "never dialled"),
        ({**GOOD, "page_size": 0}, "page_size: input should be greater than or equal to 2"),
        ({**GOOD, "page_size": 10.5}, "page_size: input should be a valid integer"),
        ({**GOOD, "page_size": True}, "page_size: input should be a valid integer"),
        ({**GOOD, "page_size": "ten"}, "page_size: input should be a valid integer"),
        ({**GOOD, "role": "middle"}, "role: input should be 'source' or 'target'"),
        ({"role": "target"}, "needs product"),
        ({"product": "scim", "role": "target", "token": "env:T"}, "needs url"),
        ({**GOOD, "user": "env:U"}, "give token, or user and password"),
        (
            {"product": "okta", "role": "source", "url": "https://x.okta.com"},
            "give token, or client_id",
        ),
        ("text", "should be a table"),
    ],
)
def test_a_system_that_means_nothing_is_refused_in_one_line(system: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        config_of({"systems": {"app": system}}, "pull.toml")

    assert str(caught.value).startswith("pull.toml: systems.app")
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("tenant", ["common", "organizations", "", "a b", "x"])
def test_a_tenant_is_an_id_or_a_domain(tenant: str) -> None:
    with pytest.raises(InputError, match="the tenant's own id or domain"):
        entra(tenant=tenant)


@pytest.mark.parametrize(
    "name",
    ["../../etc", "a/b", "C:\\x", "con", ".", "", "x" * 65, "a\0b", "a\nb", "-x", "x.", "é", "App"],
)
def test_a_name_that_could_be_a_path_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="a name has 1 to 64 of a-z"):
        config_of({"systems": {name: GOOD}}, "pull.toml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no system"),
        ("# nothing\n", "names no system"),
        ("[systems\n", "no TOML"),
        ('[systems.app]\nproduct = "scim"\nproduct = "okta"\n', "no TOML"),
        ("[sistems.app]\n", "Did you mean 'systems'?"),
        ("[systems.app]\n[pull]\nbudget = 1\n", "needs product"),
    ],
)
def test_a_file_that_means_nothing_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "pull.toml").write_text(text)

    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        read_config(tmp_path / "pull.toml")


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e9, "long"])
def test_a_budget_is_a_number_of_seconds(seconds: Any) -> None:
    with pytest.raises(InputError, match=r"pull\.budget_seconds"):
        config_of({"systems": {"app": GOOD}, "pull": {"budget_seconds": seconds}}, "pull.toml")


def test_a_missing_file_says_where_an_example_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = call(capsys, "pull", "--config", tmp_path / "no.toml", "--store", tmp_path / "s")

    assert ran.code == 2
    assert "docs/connectors.md" in ran.err
    assert not (tmp_path / "s").exists()


def test_one_store_holds_one_source_and_one_target() -> None:
    with pytest.raises(InputError, match="a and b are both a target"):
        config_of({"systems": {"a": GOOD, "b": GOOD}}, "pull.toml")


# Secrets


def test_a_secret_does_not_show_itself() -> None:
    import pickle

    secret = Secret(SECRET)

    assert SECRET not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"abc", 0o644, "chmod 600"),
        (b"", 0o600, "the secret is empty"),
        (b"a b", 0o600, "no header can carry"),
        (b"abc\n\n", 0o600, "no header can carry"),
        ("\ufeffabc".encode(), 0o600, "no header can carry"),
        ("äbc".encode(), 0o600, "no header can carry"),
        (b"a\r\nX: y", 0o600, "no header can carry"),
        (b"\xff\xfe", 0o600, "holds no text"),
    ],
)
def test_a_secret_that_others_can_read_or_no_header_can_carry_is_refused(
    content: bytes, mode: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(content)
    (tmp_path / "key").chmod(mode)

    with pytest.raises(InputError, match=said) as caught:
        resolve("file:key", "systems.app.token", tmp_path)

    assert "abc" not in str(caught.value)


def test_secrets_come_from_a_file_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")
    (tmp_path / "key").chmod(0o600)
    monkeypatch.setenv("APP_TOKEN", SECRET)

    found = [resolve(one, "x", tmp_path).reveal() for one in ("file:key", "env:APP_TOKEN")]

    assert found == [SECRET, SECRET]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("env:NOT_SET_ANYWHERE", "no variable NOT_SET_ANYWHERE"),
        ("file:nowhere", "cannot be read"),
        ("file:.", "cannot be read|no plain file"),
        ("keyring:service", "keyring:SERVICE/USER"),
    ],
)
def test_a_secret_that_is_not_there_names_its_key(
    reference: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=said) as caught:
        resolve(reference, "systems.app.token", tmp_path)

    assert str(caught.value).startswith("systems.app.token: ")


def test_a_keyring_is_asked_for_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    held = {("a/b", "c"): SECRET}
    ring = SimpleNamespace(get_password=lambda service, user: held.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", ring)

    assert resolve("keyring:a/b/c", "x", tmp_path).reveal() == SECRET
    with pytest.raises(InputError, match="holds nothing"):
        resolve("keyring:a/b/d", "x", tmp_path)

    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(InputError, match="keyring is not installed"):
        resolve("keyring:a/b/c", "x", tmp_path)


def test_a_user_name_and_a_password_are_sent_as_basic(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_USER", "reader")
    seen: list[str] = []

    def answers(asked: Asked) -> Reply:
        seen.append(asked.headers["Authorization"])
        return Reply({"totalResults": 0, "Resources": []})

    with Server(answers) as server:
        path = scim_config(server.url, tmp_path)
        text = path.read_text().replace(
            'token = "file:token"', 'user = "env:APP_USER"\npassword = "file:token"'
        )
        path.write_text(text)
        call(capsys, "pull", "--config", path, "--store", tmp_path / "store")

    assert {base64.b64decode(one.removeprefix("Basic ")).decode() for one in seen} == {
        f"reader:{SECRET}"
    }


# The shelf


def test_a_journal_that_was_cut_in_its_last_line_goes_on_with_the_line_before(
    tmp_path: Path,
) -> None:
    now = datetime(2026, 11, 20, 6, tzinfo=UTC)
    shelf = Shelf(tmp_path / "s", "mine", now)
    shelf.keep("target/users", b"[1]", 1, {"at": 2}, None)
    shelf.keep("target/users", b"[2]", 1, {"at": 3}, None)
    journal = tmp_path / "s/journal.ndjson"
    journal.write_bytes(journal.read_bytes()[:-20])

    again = Shelf(tmp_path / "s", "mine", now + timedelta(minutes=1))

    assert again.resumed
    assert again.kept("target/users").state == {"at": 2}
    assert again.begun == now


def test_pages_of_another_pull_are_thrown_away(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 6, tzinfo=UTC)
    Shelf(tmp_path / "s", "mine", now).keep("target/users", b"[1]", 1, None, {"whole": True})

    other = Shelf(tmp_path / "s", "yours", now)

    assert not other.resumed
    assert list((tmp_path / "s").rglob("*.json")) == []


def test_what_was_refused_is_asked_for_again(tmp_path: Path) -> None:
    now = datetime(2026, 11, 20, 6, tzinfo=UTC)
    shelf = Shelf(tmp_path / "s", "mine", now)
    shelf.end("target/groups", {"whole": False, "why": "no", "total": None})
    shelf.keep("target/users", b"[1]", 1, None, {"whole": True, "why": "", "total": 1})

    again = Shelf(tmp_path / "s", "mine", now)

    assert again.kept("target/groups").ended is None
    assert again.kept("target/users").ended is not None


def test_the_rows_of_a_pull_do_not_depend_on_the_size_of_its_pages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for size in (2, 7, 1000):
        folder = tmp_path / str(size)
        folder.mkdir()
        site = ScimSite(15, 2)
        site.users[3] = scim_user(3, userName="Zoë@example.com")
        with Server(site) as server:
            path = scim_config(server.url, folder, size=size)
            call(capsys, "pull", "--config", path, "--store", folder / "store")
        users = scim.read(folder / "store").target.users
        found.append(users.sort_values("id")[["id", "user_name"]].to_dict("records"))

    assert found[0] == found[1] == found[2]


PAGE = Path(__file__).parent.parent / "docs" / "connectors.md"


@pytest.mark.parametrize("product", ["graph", "okta"])
def test_the_page_names_each_right(product: str) -> None:
    text = PAGE.read_text("utf-8")

    assert [right for right, _ in CONNECTORS[product].rights if right not in text] == []


def test_the_settings_on_the_page_are_read() -> None:
    examples = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)

    configs = [config_of(tomllib.loads(text), "pull.toml") for text in examples]
    products = {system.product for config in configs for system in config.systems.values()}
    assert products == {"graph", "okta", "files.com", "scim"}


def test_object_connections_are_read_one_by_one_for_those_who_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"/beta/servicePrincipals/{APP}/synchronization/jobs/{JOB}/objectConnections"

    def hook(asked: Asked) -> Reply | None:
        if not asked.path.startswith("/beta"):
            return None
        kept = connections_page(("u-1", "501", "User"))["value"][0]
        return Reply(kept) if asked.path == f"{place}/u-1" else Reply({}, 404)

    named = {"object_connections": ["u-1", "u-2"]}
    pulled, server = graph_pull(tmp_path, monkeypatch, hook, system=named)
    without, quiet = graph_pull(tmp_path, monkeypatch, hook)

    asked = [one.path for one in server.asked if one.path.startswith("/beta")]
    tables = {name: rows for one in pulled.parts for name, rows in one.tables.items()}
    assert asked == [f"{place}/u-1", f"{place}/u-2"]
    assert tables["connections"].select(["job_id", "source_id", "target_id"]).to_pylist() == [
        {"job_id": JOB, "source_id": "u-1", "target_id": "501"}
    ]
    assert not [one for one in quiet.asked if one.path.startswith("/beta")]
    assert {one.unit: one.whole for one in without.parts}["settings"]
