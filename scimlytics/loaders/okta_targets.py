"""An event of Okta's System Log: its folded form, and whom it is about.

Targets are found by type; a position means nothing, and both ``target`` and ``outcome`` may be null
(formats.md, trap 14).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.format import Record
from scimlytics.loaders.records import decoded, fields, inner, is_secret, text

Row = dict[str, Any]
_NO_NAME = {"unknown", "null", ""}


def event_of(record: Record) -> Row:
    """Give an event with folded names; that of the Events API before 2018 in today's form."""
    known = fields(record)
    if "eventtype" in known:
        return known
    acted = inner(known, "action")
    targets = known.get("targets")
    return {
        "uuid": known.get("eventid"),
        "published": known.get("published"),
        "eventtype": acted.get("objecttype"),
        "actor": next(iter(known.get("actors") or []), None),
        "transaction": {"id": known.get("requestid"), "type": None},
        "target": [
            {**fields(one), "type": fields(one).get("objecttype")}
            | {"alternateid": fields(one).get("login")}
            for one in (targets if isinstance(targets, list) else [])
            if isinstance(one, Mapping)
        ],
    }


def targets_of(known: Row) -> dict[str, list[Row]]:
    """Give the targets by type, in any case."""
    found: dict[str, list[Row]] = {}
    listed_targets = decoded(known.get("target"))
    for one in listed_targets if isinstance(listed_targets, list) else []:
        if isinstance(one, Mapping):
            target = fields(one)
            found.setdefault(str(target.get("type")).casefold(), []).append(target)
    return found


def first_of(targets: dict[str, list[Row]], *kinds: str) -> Row:
    """Give the first target of the first of these types that there is; empty without one."""
    return next((targets[kind][0] for kind in kinds if targets.get(kind)), {})


def name_of(target: Row) -> str | None:
    """Give a login, else the name shown; Okta writes *unknown* where there is no login.

    Groups are known by the name shown.
    """
    login, shown = text(target.get("alternateid")), text(target.get("displayname"))
    if "group" in str(target.get("type")).casefold():
        return shown
    return login if login and login.casefold() not in _NO_NAME else shown


def details_of(target: Row) -> list[tuple[str, str | None, str | None]]:
    """Give the attributes that an event says were changed: name, former value, new value."""
    details = inner(target, "changedetails")
    before, after = decoded(details.get("from")), decoded(details.get("to"))
    old = before if isinstance(before, Mapping) else {}
    new = after if isinstance(after, Mapping) else {}
    names = dict.fromkeys([*old, *new])
    return [
        (name, text(old.get(name)), text(new.get(name)))
        for name in names
        if not is_secret(name) and text(old.get(name)) != text(new.get(name))
    ]
