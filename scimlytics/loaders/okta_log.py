"""Okta's System Log: provisioning events, and dated changes of the directory.

As the API answers, as lines, as copies of a SIEM with lower-case names, and the older shapes with
nulls. Targets are picked by type, never by position (trap 14). The id of an ``AppUser`` is Okta's
own; the target's id is its ``externalId`` and seldom shown. Source: formats.md, section 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.okta_audit import AUDITED, audits_of
from scimlytics.loaders.okta_kinds import (
    AUDIT,
    ERRORS,
    IGNORED_MEMBERS,
    PROVISIONING,
    RESULTS,
    is_inbound,
    is_own_limit,
    is_provisioning,
)
from scimlytics.loaders.okta_targets import Row, details_of, event_of, first_of, name_of, targets_of
from scimlytics.loaders.records import (
    columns,
    decoded,
    fields,
    first,
    identifier,
    inner,
    moment,
    number,
    objects,
    text,
)
from scimlytics.loaders.scim_traffic import without_credentials

EVENT = (
    "event_id",
    "at",
    "product",
    "job_id",
    "cycle_id",
    "change_id",
    "app_id",
    "app_name",
    "source_system",
    "target_system",
    "outbound",
    "kind",
    "action",
    "status",
    "written",
    "error_code",
    "reason",
    "skip_attribute",
    "http_status",
    "object_type",
    "source_id",
    "source_name",
    "target_id",
    "target_name",
    "initiator",
    "transaction",
    "source_file",
    "source_row",
)
CHANGE = ("event_id", "attribute", "old", "new")
UNRESOLVED = ("event_id", "reference_id", "attribute", "group_name")
_INITIATORS = {"systemprincipal": "system", "user": "user"}
_STATUS = re.compile(
    r"\b(?:http|status(?:\s+code)?|error\s+code)\D{0,3}([45]\d\d)\b", re.IGNORECASE
)


def load_log(page: Page) -> Loading:
    """Turn events into EVENTS, or into SOURCE_AUDIT where they are changes of the directory.

    What is neither (sign-ins, …) is kept as another entry of the audit: it proves that the log
    covers its time.
    """
    aside: list[tuple[int, str]] = []
    events: list[Row] = []
    changes: list[Row] = []
    unresolved: list[Row] = []
    audits: list[Row] = []
    for row, record in objects(page, aside):
        known = event_of(record)
        at = moment(known.get("published"))
        if at is None:
            aside.append((row, "has no readable time (published)"))
            continue
        event_id = identifier(known.get("uuid")) or f"{page.file}:{row}"
        origin = {"at": at, "source_file": page.file, "source_row": row}
        kind = str(known.get("eventtype") or "").casefold()
        targets = targets_of(known)
        if kind in AUDIT or not is_provisioning(kind):
            audits += audits_of(known, kind, targets, event_id, origin)
        if is_provisioning(kind):
            events.append(_provisioning(known, kind, targets) | origin | {"event_id": event_id})
            changes += _changes(kind, targets, event_id)
            unresolved += _ignored(kind, targets, event_id)
    rows = {
        "events": columns(events, EVENT),
        "changes": columns(changes, CHANGE),
        "unresolved": columns(unresolved, UNRESOLVED),
        "source_audit": columns(audits, AUDITED),
    }
    return Loading(rows, aside)


def _provisioning(known: Row, kind: str, targets: dict[str, list[Row]]) -> Row:
    action, about = PROVISIONING.get(kind, ("other", _about(targets)))
    app, transaction = first_of(targets, "appinstance"), inner(known, "transaction")
    debug = inner(inner(known, "debugcontext"), "debugdata")
    source = first_of(targets, "usergroup") if about == "group" else first_of(targets, "user")
    target = first_of(targets, "appgroup") if about == "group" else first_of(targets, "appuser")
    inbound, status = is_inbound(kind), _status(known, kind)
    reason = text(inner(known, "outcome").get("reason"))
    app_id, transaction_id = identifier(app.get("id")), text(transaction.get("id"))
    of_job = str(transaction.get("type")).casefold() == "job"
    names = (name_of(app), "Okta") if inbound else ("Okta", name_of(app))
    return {
        "product": "okta",
        "job_id": app_id,
        "cycle_id": transaction_id if of_job else None,
        "change_id": transaction_id,
        "transaction": transaction_id,
        "app_id": app_id,
        "app_name": text(app.get("displayname")),
        "source_system": names[0],
        "target_system": names[1],
        "outbound": not inbound and not is_own_limit(kind),
        "kind": text(known.get("eventtype")),
        "action": action,
        "status": status,
        "written": action != "other" and status == "success" and not inbound,
        "error_code": _code(kind, status, debug),
        "reason": without_credentials(reason) if reason else None,
        "skip_attribute": text(first(debug, "error_field", "errorfield")),
        "http_status": _http(reason, debug),
        "object_type": about,
        "source_id": identifier(source.get("id")),
        "source_name": name_of(source) or (None if about == "group" else name_of(target)),
        "target_id": _external(target, debug),
        "target_name": name_of(target),
        "initiator": _INITIATORS.get(
            str(inner(known, "actor").get("type")).casefold(), "application"
        ),
    }


def _about(targets: dict[str, list[Row]]) -> str:
    if targets.get("usergroup") or targets.get("appgroup"):
        return "group"
    return "user" if targets.get("user") or targets.get("appuser") else "other"


def _status(known: Row, kind: str) -> str | None:
    if kind in ERRORS:
        return "failure"
    if kind == IGNORED_MEMBERS:
        return "skipped"
    return RESULTS.get(str(inner(known, "outcome").get("result")).casefold())


def _code(kind: str, status: str | None, debug: Row) -> str | None:
    """Give the error's code: Okta's where it shows one, else the event type that means an error."""
    shown = text(first(debug, "error_code", "errorcode"))
    return shown or (kind if kind in ERRORS and status == "failure" else None)


def _http(reason: str | None, debug: Row) -> int | None:
    shown = number(first(debug, "responsecode", "http_status", "statuscode"))
    told = _STATUS.search(reason or "")
    return shown if shown is not None else int(told[1]) if told else None


def _external(target: Row, debug: Row) -> str | None:
    """Give the target's own id where the event shows it; the id of an AppUser is Okta's."""
    detail = decoded(target.get("detailentry"))
    shown = fields(detail).get("externalid") if isinstance(detail, Mapping) else None
    return identifier(shown) or identifier(first(debug, "externalid", "external_id"))


def _changes(kind: str, targets: dict[str, list[Row]], event_id: str) -> list[Row]:
    """Give what an event claims to have changed: members one by one, or named attributes."""
    rows: list[Row] = []
    if kind.startswith("application.provision.group_membership."):
        column = "old" if kind.endswith(".remove") else "new"
        for user in targets.get("user", []):
            member = identifier(user.get("id"))
            rows.append({"event_id": event_id, "attribute": "members", column: member})
    for target in [*targets.get("appuser", []), *targets.get("appgroup", [])]:
        rows += [
            {"event_id": event_id, "attribute": name, "old": old, "new": new}
            for name, old, new in details_of(target)
        ]
    return rows


def _ignored(kind: str, targets: dict[str, list[Row]], event_id: str) -> list[Row]:
    if kind != IGNORED_MEMBERS:
        return []
    group = text(first_of(targets, "usergroup", "appgroup").get("displayname"))
    return [
        {
            "event_id": event_id,
            "reference_id": identifier(user.get("id")),
            "attribute": "members",
            "group_name": group,
        }
        for user in targets.get("user", [])
        if identifier(user.get("id"))
    ]


def _is_event(envelope: Record, record: Any) -> bool:
    known = fields(record) if isinstance(record, Mapping) else {}
    return {"uuid", "eventtype", "published"} <= set(known) or (
        {"eventid", "published"} <= set(known) and "objecttype" in inner(known, "action")
    )


FORMATS = (
    Format(
        "Okta System Log",
        "okta",
        ("events", "changes", "unresolved", "source_audit"),
        _is_event,
        load_log,
        "log",
    ),
)
