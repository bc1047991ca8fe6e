"""The provider: it reads what changed, asks the target by a SCIM client of others, and logs.

It knows its links and its feed, and nothing else of the target. It is polite to a limit, as far as its
patience goes.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests
from scim2_client import BaseSyncSCIMClient
from scim2_client.errors import SCIMClientException
from scim2_models import (
    Group,
    GroupMember,
    Name,
    PatchOp,
    PatchOperation,
    ResourceType,
    SCIMException,
    ScimProvider,
    SearchRequest,
    User,
)

from tests.native import change, graph_event

CODES = {
    429: "TooManyRequests",
    504: "WebExceptionProtocolError",
    502: "WebExceptionProtocolError",
    409: "EntryConflict",
    404: "InvalidAnchor",
}


def now() -> str:
    """The clock, as logs write it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Client(BaseSyncSCIMClient):
    """The client of others, over requests; it keeps the last answer, whose status an error hides."""

    def __init__(self, base: str, token: str) -> None:
        types = [ResourceType.from_resource(one) for one in (User, Group)]
        super().__init__(provider=ScimProvider([User, Group], resource_types=types))
        self.base = base
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.last: requests.Response | None = None

    def _stays_under_base_url(self, endpoint: str) -> bool:
        return endpoint.startswith("/")

    def _parse_json(self, response: Any) -> Any:
        return response.json()

    def request(self, method: str, url: str, **more: Any) -> requests.Response:
        """Send one request; the timeout is longer than the proxy's."""
        self.last = self.session.request(method, self.base + url, timeout=20, **more)
        return self.last


@dataclass
class Provider:
    """Links, feed and log."""

    client: Client
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    feed: dict[str, None] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    cycles: int = 0
    patience: int = 6
    """So often one object is tried in one cycle when there are too many requests."""

    def cycle(self) -> None:
        """Send what changed, once; what fails for too many requests or no answer is kept for the next."""
        self.cycles += 1
        changed, self.feed = list(self.feed), {}
        for name in changed:
            if name in self.groups:
                self._group(name)
            else:
                self._person(name)

    def _person(self, name: str) -> None:
        one = self.people[name]
        wanted = name in self.assigned and one["accountEnabled"]
        linked = self.links.get(name) or self._found(one)
        if linked is None and wanted:
            made = User(
                user_name=one["userPrincipalName"],
                external_id=name,
                active=True,
                display_name=one["displayName"],
                name=Name(given_name=one["givenName"], family_name=one["surname"]),
                emails=[User.Emails(value=one["mail"], type="work", primary=True)],
            )
            status, answer = self._ask(lambda: self.client.create(made))
            if status == 201:
                self.links[name] = answer.id
            self._log(one, "create", status, [("userName", one["userPrincipalName"])])
        elif linked is not None:
            self.links[name] = linked
            values = {"active": wanted} if not wanted else {"userName": one["userPrincipalName"]}
            status, _ = self._patch(User, linked, values)
            shown = [(key, str(value)) for key, value in values.items()]
            self._log(one, "update" if wanted else "disable", status, shown)

    def _found(self, one: dict[str, Any]) -> str | None:
        """Match before a creation."""
        name = one["userPrincipalName"]
        request = SearchRequest(filter=f'userName eq "{name}"')
        status, answer = self._ask(lambda: self.client.query(User, query_parameters=request))
        found = answer.resources if status == 200 else None
        return str(found[0].id) if found else None

    def _group(self, name: str) -> None:
        group = self.groups[name]
        members = [self.links[one] for one in group["members"] if one in self.links]
        linked = self.links.get(name)
        if linked is None:
            made = Group(
                display_name=group["displayName"],
                external_id=name,
                members=[GroupMember(value=one) for one in members],
            )
            status, answer = self._ask(lambda: self.client.create(made))
            if status == 201:
                self.links[name] = answer.id
            shown = [("members", one) for one in members]
            self._log(group, "create", status, [("displayName", group["displayName"]), *shown])
            return
        status, _ = self._patch(Group, linked, {"members": [{"value": one} for one in members]})
        self._log(group, "update", status, [("members", one) for one in members])

    def _patch(self, kind: Any, linked: str, values: dict[str, Any]) -> tuple[int, Any]:
        operations = [
            PatchOperation(op="replace", path=key, value=value) for key, value in values.items()
        ]
        return self._ask(
            lambda: self.client.modify(kind, linked, PatchOp[kind](operations=operations))
        )

    def _ask(self, ask: Any) -> tuple[int, Any]:
        """Ask until it is answered, as long as patience goes; the status and the answer."""
        for turn in range(self.patience):
            answer = None
            with suppress(SCIMClientException, SCIMException):  # the status says what it was
                answer = ask()
            last = self.client.last
            assert last is not None
            if last.status_code != 429 or turn + 1 == self.patience:
                return last.status_code, answer
            time.sleep(float(last.headers.get("Retry-After", 1)))
        raise AssertionError("no patience")

    def _log(
        self, one: dict[str, Any], action: str, status: int, values: list[tuple[str, str]]
    ) -> None:
        group = "members" in one
        more: dict[str, Any] = (
            {"object_type": "Group"} if group else {"source_name": one["userPrincipalName"]}
        )
        failed = status >= 300
        if failed:
            more |= {"code": CODES[status], "reason": f"The target answered {status}."}
        self.events.append(
            graph_event(
                f"event-{len(self.events)}",
                at=now(),
                action=action,
                status="failure" if failed else "success",
                source_id=one["id"],
                display_name=one["displayName"],
                target_id=self.links.get(one["id"], ""),
                cycle=f"cycle-{self.cycles}",
                changes=[change(key, None, value) for key, value in values],
                target="Harbour",
                **more,
            )
        )
