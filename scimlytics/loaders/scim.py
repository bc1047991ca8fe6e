"""SCIM 2.0 users and groups: list responses, bare arrays and single resources.

Works for any server, and for the leftovers of SCIM 1.1. What a server may leave out decides much
here: ``members`` that are absent are not members that are none, and a missing ``active`` says
nothing (formats.md, sections 5.1 and 5.2). Sources: RFC 7643, RFC 7644, RFC 9865.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    as_json,
    columns,
    fields,
    first,
    flag,
    identifier,
    inner,
    missing_id,
    moment,
    nothing,
    objects,
    text,
)
from scimlytics.loaders.scim_attributes import addresses, attributes, enterprise
from scimlytics.loaders.scim_kinds import is_list, is_message, kind_of

# What a server shows of every user unless the request asked for less. Absent, such an attribute
# has no value (RFC 7643, section 2.5); anything else counts as collected where a record shows it.
CORE_USER = {
    "id",
    "external_id",
    "user_name",
    "email",
    "aliases",
    "display_name",
    "given_name",
    "family_name",
    "attributes",
    "source_file",
    "source_row",
}
_SHOWN_IN_FULL = {"emails", "name", "displayname", "active"}
_OPTIONAL_USER = {
    "active",
    "user_type",
    "employee_number",
    "department",
    "title",
    "company",
    "manager_id",
    "created",
    "modified",
}
_GROUP = (
    "id",
    "external_id",
    "display_name",
    "kind",
    "created",
    "modified",
    "members_shown",
    "attributes",
    "source_file",
    "source_row",
)
_MEMBERSHIP = ("group_id", "member_id", "member_type", "member_name", "source_file", "source_row")
_MEMBER_TYPES = {"user": "user", "group": "group", "device": "device"}


def load_resources(page: Page) -> Loading:
    """Turn users and groups into rows; a list may hold both (a query at the server's root)."""
    aside: list[tuple[int, str]] = []
    users: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    member_of: list[dict[str, Any]] = []
    shown: set[str] = set()
    for row, record in objects(page, aside):
        known = fields(record)
        origin = {"source_file": page.file, "source_row": row}
        identity = identifier(known.get("id"))
        if identity is None:
            aside.append((row, missing_id(known.get("id"))))
        elif (kind := kind_of(record, is_list(page.envelope))) == "user":
            users.append(_user(record, known) | origin)
            shown.update(known, enterprise(record))
            member_of += [one | origin for one in _groups_of(identity, known.get("groups"))]
        elif kind == "group":
            groups.append(_group(record, known) | origin)
            found, faults = _members(identity, known.get("members"))
            members += [one | origin for one in found]
            aside += [(row, fault) for fault in faults]
        else:
            aside.append((row, "is neither a SCIM user nor a SCIM group"))
    return _loading(users, groups, members, member_of, shown, aside)


def _loading(
    users: list[dict[str, Any]],
    groups: list[dict[str, Any]],
    members: list[dict[str, Any]],
    member_of: list[dict[str, Any]],
    shown: set[str],
    aside: list[tuple[int, str]],
) -> Loading:
    rows: dict[str, dict[str, list[Any]]] = {}
    collected: dict[str, set[str]] = {}
    if users:
        names = _collected(users, shown)
        rows["users"] = columns(users, sorted(names))
        collected["users"] = names
    if groups:
        rows["groups"] = columns(groups, _GROUP)
        rows["memberships"] = columns(members, _MEMBERSHIP)
    named = {"memberships": columns(member_of, _MEMBERSHIP)} if "groups" in shown else {}
    return Loading(rows, aside, collected, fallback=named)


def _collected(users: list[dict[str, Any]], shown: set[str]) -> set[str]:
    told = {
        name
        for name in CORE_USER | _OPTIONAL_USER
        if any(user[name] not in (None, []) for user in users)
    }
    if not shown & _SHOWN_IN_FULL:
        # An answer with chosen attributes only (RFC 7644, section 3.9).
        return told | {"id", "user_name", "attributes", "source_file", "source_row"}
    return told | CORE_USER | {"active"}


def _user(record: Record, known: dict[str, Any]) -> dict[str, Any]:
    name, work, meta = inner(known, "name"), enterprise(record), inner(known, "meta")
    email, aliases = addresses(known.get("emails"))
    manager = work.get("manager")
    if isinstance(manager, Mapping):
        manager = first(fields(manager), "value", "managerid")
    return {
        "id": identifier(known.get("id")),
        "external_id": text(known.get("externalid")),
        "user_name": text(known.get("username")),
        "email": email,
        "aliases": aliases,
        "display_name": text(known.get("displayname")),
        "given_name": text(first(name, "givenname") or known.get("name.givenname")),
        "family_name": text(first(name, "familyname") or known.get("name.familyname")),
        "active": flag(known.get("active")),
        "user_type": text(known.get("usertype")),
        "title": text(known.get("title")),
        "employee_number": text(work.get("employeenumber")),
        "department": text(work.get("department")),
        "company": text(work.get("organization")),
        "manager_id": text(manager),
        "created": moment(meta.get("created")),
        "modified": moment(meta.get("lastmodified")),
        "attributes": as_json(attributes(record)),
    }


def _group(record: Record, known: dict[str, Any]) -> dict[str, Any]:
    meta = inner(known, "meta")
    return {
        "id": identifier(known.get("id")),
        "external_id": text(known.get("externalid")),
        "display_name": text(known.get("displayname")),
        "kind": "target",
        "created": moment(meta.get("created")),
        "modified": moment(meta.get("lastmodified")),
        # RFC 7643, section 2.4: a server may leave members out; only the attribute itself speaks.
        "members_shown": "members" in known,
        "attributes": as_json(attributes(record)),
    }


def _members(group: str, value: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Give the member rows of a group, and what was wrong with the rest."""
    found: list[dict[str, Any]] = []
    faults: list[str] = []
    items = value if isinstance(value, list) else [] if value is None else [value]
    for item in items:
        one = fields(item) if isinstance(item, Mapping) else {"value": item}
        reference = str(one.get("$ref") or "")
        member = identifier(one.get("value")) or identifier(reference.rstrip("/").split("/")[-1])
        if member is None:
            faults.append(f"a member of the group {missing_id(one.get('value'), 'value')}")
            continue
        found.append(
            {
                "group_id": group,
                "member_id": member,
                "member_type": _member_type(one.get("type"), reference),
                "member_name": text(one.get("display")),
            }
        )
    return found, faults


def _member_type(kind: Any, reference: str) -> str:
    """Say what a member is; ``type`` is optional, the reference may tell (RFC 7643, 4.2)."""
    if isinstance(kind, str) and kind:
        return _MEMBER_TYPES.get(kind.casefold(), "other")
    for segment, word in (("/users/", "user"), ("/groups/", "group")):
        if segment in reference.casefold():
            return word
    return "unknown"


def _groups_of(user: str, value: Any) -> list[dict[str, Any]]:
    """Give the memberships that a user's read-only ``groups`` names; only direct ones count."""
    rows = []
    for item in value if isinstance(value, list) else []:
        one = fields(item) if isinstance(item, Mapping) else {"value": item}
        group = identifier(one.get("value"))
        if group and str(one.get("type")).casefold() != "indirect":
            rows.append({"group_id": group, "member_id": user, "member_type": "user"})
    return rows


def _is(kind: str) -> Callable[[Record, Any], bool]:
    def recognises(envelope: Record, record: Any) -> bool:
        found = kind_of(record, is_list(envelope))
        return found == kind and not is_message(envelope, record)

    return recognises


TABLES = ("users", "groups", "memberships")
FORMATS = (
    Format("SCIM message or description", "scim", (), is_message, nothing),
    Format(
        "SCIM list without resources",
        "scim",
        (),
        lambda envelope, record: record is None and is_list(envelope),
        nothing,
    ),
    Format("SCIM users", "scim", TABLES, _is("user"), load_resources),
    Format("SCIM groups", "scim", TABLES, _is("group"), load_resources),
)
