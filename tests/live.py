"""Live systems on this computer: a SCIM server with its faults, Files.com, Okta and Graph."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.loopback import SECRET, Asked, Reply

Hook = Callable[[Asked], Reply | None]
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
CONFIGURATION = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"


def scim_user(number: int, **said: Any) -> dict[str, Any]:
    return {
        "schemas": [USER_SCHEMA],
        "id": f"u{number}",
        "userName": f"user{number}@example.com",
        "active": True,
        **said,
    }


def scim_group(number: int, *members: str, **said: Any) -> dict[str, Any]:
    return {
        "schemas": [GROUP_SCHEMA],
        "id": f"g{number}",
        "displayName": f"Group {number}",
        "members": [{"value": one} for one in members],
        **said,
    }


class ScimSite:
    """A SCIM server with a ground truth.

    Parameters
    ----------
    users, groups
        How many.
    most
        The most rows of a page.
    hook
        Looks at each request first; what it gives is the answer.
    cursor
        Page by cursor (RFC 9865).
    """

    def __init__(
        self,
        users: int = 25,
        groups: int = 3,
        *,
        most: int = 1000,
        hook: Hook | None = None,
        cursor: bool = False,
    ) -> None:
        self.users = [scim_user(number) for number in range(users)]
        self.groups = [scim_group(n, f"u{n}", f"u{n + 1}") for n in range(groups)]
        self.most, self.hook, self.cursor = most, hook, cursor
        self.total: Callable[[int, list[Any]], Any] = lambda total, page: total
        self.start: Callable[[int], int] = lambda start: max(start, 1)
        self.expired: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Reply({"status": "401"}, 401)
        if self.hook is not None and (reply := self.hook(asked)) is not None:
            return reply
        place = asked.path.removeprefix("/scim")
        if place == "/ServiceProviderConfig":
            return Reply({"schemas": [CONFIGURATION], "pagination": {"cursor": self.cursor}})
        kind, _, one = place.removeprefix("/").partition("/")
        rows = {"Users": self.users, "Groups": self.groups}.get(kind)
        if rows is None:
            return Reply({"status": "404"}, 404)
        if one:
            found = next((row for row in rows if row["id"] == one), None)
            return Reply(found) if found else Reply({"status": "404"}, 404)
        if "cursor" in asked.query:
            return self.by_cursor(asked, rows)
        count = min(int(asked.query.get("count", "100")), self.most)
        start = self.start(int(asked.query.get("startIndex", "1")))
        page = rows[start - 1 : start - 1 + count]
        return Reply(
            {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": self.total(len(rows), page),
                "startIndex": start,
                "itemsPerPage": len(page),
                "Resources": page,
            }
        )

    def by_cursor(self, asked: Asked, rows: list[Any]) -> Reply:
        cursor = asked.query["cursor"]
        if cursor in self.expired:
            self.expired.discard(cursor)
            return Reply({"status": "400", "scimType": "expiredCursor"}, 400)
        start, count = int(cursor or 0), min(int(asked.query["count"]), self.most)
        page = {"Resources": rows[start : start + count], "schemas": []}
        if start + count < len(rows):
            page["nextCursor"] = str(start + count)
        return Reply(page)


def scim_config(url: str, folder: Path, *, size: int = 10, more: str = "", pull: str = "") -> Path:
    """The settings of a pull of one SCIM server."""
    token = folder / "token"
    token.write_text(f"{SECRET}\n")
    token.chmod(0o600)
    path = folder / "pull.toml"
    path.write_text(
        f'[systems.app]\nproduct = "scim"\nrole = "target"\nurl = "{url}/scim"\n'
        f'token = "file:token"\npage_size = {size}\n{more}\n[pull]\n{pull}\n'
    )
    return path


def pages(rows: list[Any], size: int, asked: Asked, name: str) -> tuple[list[Any], str | None]:
    """A page of rows, and the place of the next."""
    start = int(asked.query.get(name, "0"))
    onward = start + size
    return rows[start:onward], str(onward) if onward < len(rows) else None


class GraphSite:
    """Microsoft Graph: rows by path; pages of three."""

    def __init__(self, rows: Mapping[str, Any], url: Callable[[], str]) -> None:
        self.rows, self.url = rows, url
        self.hook: Hook | None = None

    def __call__(self, asked: Asked) -> Reply:
        if self.hook is not None and (reply := self.hook(asked)) is not None:
            return reply
        place = asked.path.removeprefix("/v1.0")
        if place not in self.rows:
            return Reply({"error": {"code": "Request_ResourceNotFound"}}, 404)
        found = self.rows[place]
        if isinstance(found, dict):
            return Reply(found)
        page, onward = pages(found, 3, asked, "$skiptoken")
        document: dict[str, Any] = {"value": page}
        if place == "/users":
            document["@odata.context"] = f"{self.url()}/v1.0/$metadata#users"
        if onward:
            document["@odata.nextLink"] = f"{self.url()}{asked.path}?$skiptoken={onward}"
        return Reply(document)


class OktaSite:
    """Okta: rows by path and search; pages of two; the log has a next link for ever."""

    def __init__(self, rows: Mapping[str, list[Any]], url: Callable[[], str]) -> None:
        self.rows, self.url = rows, url

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("Authorization") != f"SSWS {SECRET}":
            return Reply({"errorCode": "E0000011"}, 401)
        place = asked.path.removeprefix("/api/v1")
        gone = "DEPROVISIONED" in asked.query.get("search", asked.query.get("kept", ""))
        if place not in self.rows:
            return Reply({"errorCode": "E0000007"}, 404)
        rows = [
            row
            for row in self.rows[place]
            if place != "/users" or (row["status"] == "DEPROVISIONED") == gone
        ]
        page, onward = pages(rows, 2, asked, "after")
        if place == "/logs":
            onward = onward or str(len(rows))
        links = [("Link", f'<{self.url()}{asked.path}?limit=2>; rel="self"')]
        if onward:
            kept = "DEPROVISIONED" if gone else ""
            there = f"{self.url()}{asked.path}?after={onward}&kept={kept}"
            links.append(("Link", f'<{there}>; rel="next"'))
        return Reply(page, headers=links)


class FilesSite:
    """Files.com: rows by path; pages of two, with the cursor in a header."""

    def __init__(self, rows: Mapping[str, list[Any]]) -> None:
        self.rows = rows

    def __call__(self, asked: Asked) -> Reply:
        if asked.headers.get("X-FilesAPI-Key") != SECRET:
            return Reply({"type": "not-authenticated", "http-code": 401}, 401)
        place = asked.path.removeprefix("/api/rest/v1")
        if place not in self.rows:
            return Reply({"type": "not-found", "http-code": 404}, 404)
        page, onward = pages(self.rows[place], 2, asked, "cursor")
        return Reply(page, headers={"X-Files-Cursor-Next": onward or ""})


def sized(document: Any) -> bytes:
    """A document as it travels."""
    return json.dumps(document).encode()
