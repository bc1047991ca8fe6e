"""Any SCIM 2.0 server: users, and groups with their members.

Where the server says that it pages by cursor (RFC 9865), cursors are used; else ``startIndex`` with
an anchor. Sources: RFC 7643, RFC 7644, RFC 9865.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from scimlytics.connectors import credentials
from scimlytics.connectors.collection import Collection, Connector, Tell, Window
from scimlytics.connectors.config import Scim, System
from scimlytics.connectors.http import Auth, Client
from scimlytics.connectors.shelf import Shelf
from scimlytics.connectors.walks import scim_by_cursor, scim_by_index

NO_CONFIGURATION = (400, 403, 404, 405, 501)
"""Statuses with which a server says that it does not describe itself."""


def auth(system: System, name: str, folder: Path, tell: Tell) -> Auth:
    """A bearer token, or a user name with its password."""
    assert isinstance(system, Scim)

    def secret(key: str, reference: str | None) -> credentials.Secret:
        assert reference is not None
        return credentials.resolve(reference, f"systems.{name}.{key}", folder)

    if system.token is not None:
        return credentials.bearer(secret("token", system.token))
    return credentials.basic(secret("user", system.user), secret("password", system.password))


def plan(system: System, client: Client, shelf: Shelf, window: Window) -> Iterator[Collection]:
    """Users, then groups."""
    assert isinstance(system, Scim)
    by = scim_by_cursor if pages_by_cursor(client) else scim_by_index
    for unit, path in (("users", "/Users"), ("groups", "/Groups")):
        yield Collection(f"{system.role}/{unit}", unit, by(path, system.page_size))


def pages_by_cursor(client: Client) -> bool:
    """Whether the server says that it pages by cursor."""
    said = client.get("/ServiceProviderConfig", allow=NO_CONFIGURATION)
    paging = said.document.get("pagination") if isinstance(said.document, dict) else None
    return isinstance(paging, dict) and paging.get("cursor") is True


def exists(client: Client, account: str) -> bool:
    """Whether the server has an account of this id."""
    return client.get(f"/Users/{quote(account, safe='')}", allow=(404,)).status == 200


CONNECTOR = Connector(
    base=lambda system: str(getattr(system, "url", "")),
    auth=auth,
    plan=plan,
    exists=exists,
    rights=(
        ("a token that may read `/Users` and `/Groups`", "accounts, groups and members"),
        ("`/ServiceProviderConfig`, where it is not open to all", "how the server pages"),
    ),
)
