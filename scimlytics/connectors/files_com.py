"""Files.com: accounts, groups with their members, settings of sign-on, and what happened on the site.

Every call is a GET below ``/api/rest/v1``. Secrets that the site shows in its sign-on strategies are
taken out before a page is kept. Source: formats.md, section 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from scimlytics.connectors import credentials
from scimlytics.connectors.collection import Collection, Connector, Tell, Window
from scimlytics.connectors.config import FilesCom, System
from scimlytics.connectors.http import Auth, Client
from scimlytics.connectors.shelf import Shelf, State
from scimlytics.connectors.walks import Page, Walk, by_cursor_header
from scimlytics.loaders.records import is_secret

OVERLAP = timedelta(hours=24)
NEWEST_FIRST = "sort_by[created_at]"


def auth(system: System, name: str, folder: Path, tell: Tell) -> Auth:
    """An API key."""
    assert isinstance(system, FilesCom)
    key = credentials.resolve(system.token, f"systems.{name}.token", folder)
    return credentials.Fixed("X-FilesAPI-Key", key)


def plan(system: System, client: Client, shelf: Shelf, window: Window) -> Iterator[Collection]:
    """Accounts and groups, then settings, then what happened since the last time."""
    assert isinstance(system, FilesCom)
    size: dict[str, str | int] = {"per_page": system.page_size}
    for unit in ("users", "groups"):
        yield Collection(f"{system.role}/{unit}", unit, by_cursor_header(f"/{unit}", size))
    for name in ("sso_strategies", "user_lifecycle_rules"):
        walk = without_secrets(by_cursor_header(f"/{name}", size))
        yield Collection(f"{system.role}/{name}", "settings", walk, optional=True)
    for name, table in (
        ("scim_logs", "scim_requests"),
        ("history", "target_audit"),
        ("settings_changes", "target_audit"),
        ("sso_events", "target_audit"),
    ):
        begin, until = window.of(f"{table}/files.com", OVERLAP)
        newest: dict[str, str | int] = {"per_page": system.page_size, NEWEST_FIRST: "desc"}
        walk = without_secrets(by_cursor_header(f"/{name}", newest, back_to=begin))
        folder = "log" if name == "scim_logs" else system.role
        log = (f"{table}/files.com", begin, until)
        yield Collection(f"{folder}/{name}", "log", walk, optional=True, log=log)


def without_secrets(walk: Walk) -> Walk:
    """The same walk, with what may be a credential taken out of its pages."""

    def clean(client: Client, state: State | None) -> Page:
        page = walk(client, state)
        if page.body is None:
            return page
        return replace(page, body=orjson.dumps(_clean(orjson.loads(page.body))))

    return clean


def _clean(value: Any) -> Any:
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {
            key: _clean(one)
            for key, one in value.items()
            if not is_secret(key) or key.endswith("_expires_at")
        }
    return value


def exists(client: Client, account: str) -> bool:
    """Whether the site has an account of this id."""
    return client.get(f"/users/{quote(account, safe='')}", allow=(404,)).status == 200


CONNECTOR = Connector(
    base=lambda system: f"{str(getattr(system, 'url', '')).rstrip('/')}/api/rest/v1",
    auth=auth,
    plan=plan,
    exists=exists,
    rights=(("an API key of a read-only site administrator", "everything that is read"),),
)
