"""Okta: people, groups, who is assigned to the application, group push, and the System Log.

People who were deprovisioned are left out of Okta's list unless one asks for them, so they are asked
for. The System Log is read in bounded windows that overlap, since events arrive late.
Source: Okta's API reference; formats.md, section 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from scimlytics.connectors import credentials
from scimlytics.connectors.collection import Collection, Connector, Tell, Window
from scimlytics.connectors.config import Okta, System
from scimlytics.connectors.http import Auth, Client
from scimlytics.connectors.shelf import SAFE, Shelf
from scimlytics.connectors.tokens import okta_auth
from scimlytics.connectors.walks import by_link_header

OVERLAP = timedelta(hours=24)


def auth(system: System, name: str, folder: Path, tell: Tell) -> Auth:
    """An API token (SSWS), or a service application's token (OAuth 2.0)."""
    assert isinstance(system, Okta)
    if system.token is None:
        return okta_auth(system, name, folder)
    token = credentials.resolve(system.token, f"systems.{name}.token", folder)
    return credentials.Fixed("Authorization", credentials.Secret(f"SSWS {token.reveal()}"))


def plan(system: System, client: Client, shelf: Shelf, window: Window) -> Iterator[Collection]:
    """People, groups, the application, members of its groups, the log."""
    assert isinstance(system, Okta)
    role = system.role
    gone: dict[str, str | int] = {"limit": 200, "search": 'status eq "DEPROVISIONED"'}
    yield Collection(f"{role}/users", "users", by_link_header("/users", {"limit": 200}))
    yield Collection(f"{role}/users-deprovisioned", "users", by_link_header("/users", gone))
    yield Collection(f"{role}/groups", "groups", by_link_header("/groups", {"limit": 200}))
    if system.app is not None:
        app = f"/apps/{system.app}"
        for name, limit in (("users", 500), ("groups", 200)):
            walk = by_link_header(f"{app}/{name}", {"limit": limit})
            leads_to = "groups" if name == "groups" else None
            yield Collection(f"{role}/app-{name}", "assignments", walk, leads_to=leads_to)
        pushed = by_link_header(f"{app}/group-push/mappings", {"limit": 1000})
        yield Collection(f"{role}/group-push", "settings", pushed, True, leads_to="groups")
        for group in _groups(shelf, role):
            members = by_link_header(f"/groups/{group}/users", {"limit": 200})
            yield Collection(f"{role}/members/{group}", "groups", members, group_id=group)
    begin, until = window.of("events/okta", OVERLAP)
    asked: dict[str, str | int] = {"since": _iso(begin), "until": _iso(until), "limit": 1000}
    log = by_link_header("/logs", asked, until_empty=True)
    yield Collection("log/system", "log", log, log=("events/okta", begin, until))


def _groups(shelf: Shelf, role: str) -> list[str]:
    """The groups whose members matter: those that are assigned, and those that are pushed."""
    found = {}
    for name, key in ((f"{role}/app-groups", "id"), (f"{role}/group-push", "sourceGroupId")):
        for page in shelf.documents(name):
            for row in page if isinstance(page, list) else []:
                known = row.get(key) if isinstance(row, dict) else None
                if isinstance(known, str) and SAFE.fullmatch(known):
                    found[known] = True
    return list(found)


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.000Z}"


CONNECTOR = Connector(
    base=lambda system: f"{str(getattr(system, 'url', '')).rstrip('/')}/api/v1",
    auth=auth,
    plan=plan,
    rights=(
        ("`okta.users.read`", "people"),
        ("`okta.groups.read`", "groups and members"),
        ("`okta.apps.read`", "who is assigned, and group push"),
        ("`okta.logs.read`", "the System Log"),
    ),
)
