r"""Entra's directory audits as SOURCE_AUDIT: dated changes at the source.

Renames, memberships, assignments, deletions and changes of a job's configuration date what the
snapshots only show. Values are JSON in text (``"[\"x\"]"``), the order of the resources means
nothing, a removed member's group is named in ``oldValue`` only (formats.md section 2.7).
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from scimlytics.loaders.entra_text import Folded, folded, listed, text
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import is_secret
from scimlytics.loaders.times import parse_time
from scimlytics.tables import SOURCE_AUDIT

ACTIVITIES = {
    "add user": ("create", "user"),
    "create user": ("create", "user"),
    "invite external user": ("create", "user"),
    "update user": ("update", "user"),
    "delete user": ("delete", "user"),
    "hard delete user": ("hard_delete", "user"),
    "restore user": ("restore", "user"),
    "disable account": ("disable", "user"),
    "enable account": ("enable", "user"),
    "add group": ("create", "group"),
    "create group": ("create", "group"),
    "update group": ("update", "group"),
    "delete group": ("delete", "group"),
    "hard delete group": ("hard_delete", "group"),
    "restore group": ("restore", "group"),
    "add member to group": ("add_member", "membership"),
    "remove member from group": ("remove_member", "membership"),
    "add app role assignment grant to user": ("assign", "assignment"),
    "add app role assignment to user": ("assign", "assignment"),
    "add app role assignment to group": ("assign", "assignment"),
    "add app role assignment grant to group": ("assign", "assignment"),
    "remove app role assignment from user": ("unassign", "assignment"),
    "remove app role assignment grant from user": ("unassign", "assignment"),
    "remove app role assignment from group": ("unassign", "assignment"),
    "remove app role assignment grant from group": ("unassign", "assignment"),
}
"""Activities by name, folded."""

NOISE = (
    "included updated properties",
    "action client name",
    "targetid.usertype",
    "actorid.serviceprincipalnames",
    "spn",
    "targetid.serviceprincipalnames",
)
"""Properties every audit carries; they are no changes."""

COLUMNS = tuple(
    name for name in SOURCE_AUDIT.columns if name not in (*SOURCE_AUDIT.keys, "source_file")
)


def is_audit(envelope: Record, record: Any) -> bool:
    """A directory audit of Graph, or Graph's page without one."""
    if record is None:
        context = next(
            (str(v) for k, v in envelope.items() if k.casefold() == "@odata.context"), ""
        )
        return context.casefold().endswith("auditlogs/directoryaudits")
    return isinstance(record, dict) and {"activitydisplayname", "targetresources"} <= set(
        folded(record)
    )


class Audits:
    """Collects audits; ``loading`` gives them as rows."""

    def __init__(self) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.aside: list[tuple[int, str]] = []

    def loading(self) -> Loading:
        """Everything collected."""
        columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}
        if self.rows:
            pairs = zip(COLUMNS, zip(*self.rows, strict=True), strict=True)
            columns = {name: list(values) for name, values in pairs}
        return Loading({"source_audit": columns}, self.aside)

    def add(self, row: int, record: Folded, *, fallback: Folded | None = None) -> None:
        """Take one audit, with its keys folded; *fallback* is the envelope around it."""
        around = fallback or {}
        try:
            at = parse_time(record.get("activitydatetime") or around.get("time"))
        except ValueError as error:
            self.aside.append((row, f"its time is no time we can read: {error}"))
            return
        if at is None:
            self.aside.append((row, "has no time"))
            return
        name = text(record.get("activitydisplayname")) or text(around.get("operationname")) or ""
        action, kind = _kind(name, record)
        targets = [folded(one) for one in listed(record.get("targetresources"))]
        head = (text(record.get("id")) or text(around.get("identity")), at)
        result = text(record.get("result")) or text(around.get("resulttype")) or ""
        failed = result.casefold() in ("failure", "timeout", "failed", "error")
        tail = (_actor(record), failed, row)
        if kind in ("membership", "assignment"):
            subject = _edge(targets, kind)
            self.rows.append((*head, action, kind, *subject, None, None, None, *tail))
            return
        main = _pick(targets, {"user": "user", "group": "group"}.get(kind)) or (
            targets[0] if targets else {}
        )
        app = _pick(targets, "serviceprincipal") if kind == "job" else None
        subject = (
            text(main.get("id")),
            _named(main),
            text(main.get("id")) if kind == "group" else None,
            _named(main) if kind == "group" else None,
            text(app.get("id")) if app else None,
        )
        changes = _changes(targets if kind == "job" else [main])
        for attribute, old, new in changes or [(None, None, None)]:
            told = _told(action, kind, attribute, new)
            self.rows.append((*head, told, kind, *subject, attribute, old, new, *tail))


OF_CYCLES = ("import", "export", "other", "process escrow", "synchronization rule action")
"""Entries that cycles wrote here before the provisioning log had its own place; no settings."""


def _kind(name: str, record: Folded) -> tuple[str, str]:
    found = ACTIVITIES.get(name.strip().casefold())
    if found:
        return found
    logged_by = str(record.get("loggedbyservice") or "").casefold()
    category = str(record.get("category") or "").casefold()
    if name.strip().casefold() in OF_CYCLES:
        return "other", "other"
    if logged_by == "account provisioning" or category == "provisioningmanagement":
        return "configure", "job"
    if re.search(r"provisioning|synchroni[sz]ation", name, re.IGNORECASE):
        return "configure", "job"
    return "other", "other"


def _told(action: str, kind: str, attribute: str | None, new: str | None) -> str:
    """What a change of one attribute means beyond *update*."""
    if action != "update" or attribute is None:
        return action
    key = attribute.casefold()
    if key == "accountenabled" and new is not None:
        return "enable" if new.casefold() == "true" else "disable"
    if (kind, key) in (("user", "userprincipalname"), ("group", "displayname")):
        return "rename"
    return action


def _pick(targets: list[Folded], kind: str | None) -> Folded | None:
    """The resource of a type, wherever it stands."""
    return next((one for one in targets if str(one.get("type") or "").casefold() == kind), None)


def _named(target: Folded) -> str | None:
    return text(target.get("userprincipalname")) or text(target.get("displayname"))


def _edge(targets: list[Folded], kind: str) -> tuple[str | None, ...]:
    """Who and which group or application: source_id, subject, group_id, group_name, app_id."""
    user, group = _pick(targets, "user"), _pick(targets, "group")
    app = _pick(targets, "serviceprincipal")
    shown = {
        attribute.casefold(): new or old
        for attribute, old, new in _changes(targets)
        if attribute is not None
    }
    group_id = text(group.get("id")) if group else None
    group_name = text(group.get("displayname")) if group else None
    if kind == "membership":
        group_id = shown.get("group.objectid") or group_id
        group_name = shown.get("group.displayname") or group_name
        others = [one for one in targets if text(one.get("id")) not in (None, group_id)]
        member = user or (others[0] if others else {})
        return text(member.get("id")), _named(member), group_id, group_name, None
    who = user or group or {}
    return (
        text(who.get("id")) or shown.get("user.objectid") or shown.get("group.objectid"),
        _named(who) or shown.get("user.upn"),
        None if user else group_id,
        None if user else group_name,
        text(app.get("id")) if app else None,
    )


def _changes(targets: list[Folded]) -> list[tuple[str | None, str | None, str | None]]:
    found: list[tuple[str | None, str | None, str | None]] = []
    for target in targets:
        for raw in listed(target.get("modifiedproperties")):
            one = folded(raw)
            name = text(one.get("displayname")) or text(one.get("name"))
            if name is not None and is_secret(name):
                found.append((name, None, None))
            elif name is not None and name.casefold() not in NOISE:
                found.append((name, unquoted(one.get("oldvalue")), unquoted(one.get("newvalue"))))
    return found


def unquoted(value: Any) -> str | None:
    """The value of a JSON text: one value as it is, several as a JSON list."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value or None
    if isinstance(value, list) and len(value) <= 1:
        value = value[0] if value else None
    if value is None or isinstance(value, str):
        return value or None
    return orjson.dumps(value).decode()


def _actor(record: Folded) -> str | None:
    by = folded(record.get("initiatedby"))
    user, app = folded(by.get("user")), folded(by.get("app"))
    return text(user.get("userprincipalname")) or text(app.get("displayname")) or _named(user)


def load(page: Page) -> Loading:
    """Load directory audits as Graph gives them."""
    audits = Audits()
    for row, record in enumerate(page.records, page.first_row):
        if isinstance(record, dict):
            audits.add(row, folded(record))
        else:
            audits.aside.append((row, "is no object"))
    return audits.loading()


FORMATS = (Format("Entra directory audits", "entra", ("source_audit",), is_audit, load, "source"),)
