"""Okta's directory: users, groups, members, application users and groups, push mappings.

The link to the target is ``externalId`` of the application user; every other id is Okta's own, that
of a push mapping's target group too. Source: Okta's API reference; formats.md, section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    columns,
    fields,
    identifier,
    inner,
    missing_id,
    moment,
    nothing,
    objects,
    scalars,
    text,
)

ACTIVE = {"ACTIVE", "PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY", "PROVISIONED"}
"""States in which somebody is still provisioned. Who is locked out or has to renew a password is a
user all the same; STAGED was never activated, SUSPENDED and DEPROVISIONED were taken out."""
STATES = ACTIVE | {"STAGED", "SUSPENDED", "DEPROVISIONED"}
PROFILE = {
    "login": "user_name",
    "email": "email",
    "displayname": "display_name",
    "firstname": "given_name",
    "lastname": "family_name",
    "usertype": "user_type",
    "employeenumber": "employee_number",
    "department": "department",
    "title": "title",
    "organization": "company",
    "managerid": "manager_id",
}
GROUP_KINDS = {"okta_group": "okta", "app_group": "app", "built_in": "builtin"}
PUSH_STATES = {"active", "inactive", "error"}
Row = dict[str, Any]
_ORIGIN = ("source_file", "source_row")
_ASSIGNMENT = (
    "app_id",
    "principal_id",
    "principal_type",
    "principal_name",
    "scope",
    "created",
    "state",
    "state_changed",
    "sync_state",
    "last_sync",
    "external_id",
    "user_name",
)


def _records(page: Page, key: str = "id") -> tuple[list[tuple[Row, Row]], list[tuple[int, str]]]:
    """Give the records that have an id, each with where it came from."""
    aside: list[tuple[int, str]] = []
    found: list[tuple[Row, Row]] = []
    for row, record in objects(page, aside):
        known = fields(record)
        if identifier(known.get(key)) is None:
            aside.append((row, missing_id(known.get(key), key)))
        else:
            found.append((known, {"source_file": page.file, "source_row": row}))
    return found, aside


def load_users(page: Page) -> Loading:
    """Turn users into rows; under ``members/<group id>`` they are that group's members."""
    found, aside = _records(page)
    if page.group_id is not None:
        return _members(page.group_id, found, aside)
    users: list[Row] = []
    shown: set[str] = set()
    for known, origin in found:
        profile = inner(known, "profile")
        shown.update(PROFILE[name] for name in PROFILE if name in profile)
        shown.update({"aliases"} if "secondemail" in profile else ())
        users.append(_user(known, profile) | origin)
    always = {"id", "active", "state", "created", "modified", "last_login", "attributes", *_ORIGIN}
    collected = always | shown
    return Loading({"users": columns(users, sorted(collected))}, aside, {"users": collected})


def _user(known: Row, profile: Row) -> Row:
    state = text(known.get("status"))
    second = text(profile.get("secondemail"))
    original = known.get("profile")
    return {
        "id": identifier(known.get("id")),
        "aliases": [second] if second else [],
        "active": state.upper() in ACTIVE if state and state.upper() in STATES else None,
        "state": state.upper() if state else None,
        "created": moment(known.get("created")),
        "modified": moment(known.get("lastupdated")),
        "last_login": moment(known.get("lastlogin")),
        "attributes": scalars(original) if isinstance(original, Mapping) else None,
    } | {column: text(profile.get(name)) for name, column in PROFILE.items()}


def _members(group: str, found: list[tuple[Row, Row]], aside: list[tuple[int, str]]) -> Loading:
    rows = [
        {
            "group_id": group,
            "member_id": identifier(known.get("id")),
            "member_type": "user",
            "member_name": text(inner(known, "profile").get("login")),
        }
        | origin
        for known, origin in found
    ]
    names = ("group_id", "member_id", "member_type", "member_name", *_ORIGIN)
    return Loading({"memberships": columns(rows, names)}, aside)


def load_groups(page: Page) -> Loading:
    """Turn groups into rows; their members are exports of their own."""
    found, aside = _records(page)
    rows: list[Row] = []
    for known, origin in found:
        profile, kind = inner(known, "profile"), text(known.get("type"))
        original = known.get("profile")
        rows.append(
            {
                "id": identifier(known.get("id")),
                "display_name": text(profile.get("name")),
                "kind": GROUP_KINDS.get(kind.casefold(), "other") if kind else None,
                "created": moment(known.get("created")),
                "modified": moment(known.get("lastupdated")),
                "members_modified": moment(known.get("lastmembershipupdated")),
                "attributes": scalars(original) if isinstance(original, Mapping) else None,
            }
            | origin
        )
    names = ("id", "display_name", "kind", "created", "modified", "members_modified", "attributes")
    return Loading({"groups": columns(rows, (*names, *_ORIGIN))}, aside)


def load_app_users(page: Page) -> Loading:
    """Turn application users into assignments, with Okta's record of the account."""
    found, aside = _records(page)
    rows: list[Row] = []
    for known, origin in found:
        name = text(inner(known, "credentials").get("username"))
        scope = str(known.get("scope")).casefold()
        rows.append(
            {
                "app_id": _linked(known, "app"),
                "principal_id": identifier(known.get("id")),
                "principal_type": "user",
                "principal_name": name,
                "scope": scope if scope in ("user", "group") else None,
                "created": moment(known.get("created")),
                "state": text(known.get("status")),
                "state_changed": moment(known.get("statuschanged")),
                "sync_state": text(known.get("syncstate")),
                "last_sync": moment(known.get("lastsync")),
                "external_id": text(known.get("externalid")),
                "user_name": name,
            }
            | origin
        )
    return Loading({"assignments": columns(rows, (*_ASSIGNMENT, *_ORIGIN))}, aside)


def load_app_groups(page: Page) -> Loading:
    """Turn the groups assigned to an application into assignments."""
    found, aside = _records(page)
    rows = [
        {
            "app_id": _linked(known, "app"),
            "principal_id": identifier(known.get("id")),
            "principal_type": "group",
        }
        | origin
        for known, origin in found
    ]
    # What only users have is not lacking here: an app's users and groups are one collection.
    return Loading({"assignments": columns(rows, (*_ASSIGNMENT, *_ORIGIN))}, aside)


def load_push_mappings(page: Page) -> Loading:
    """Turn group push mappings into rows."""
    found, aside = _records(page, "sourcegroupid")
    rows: list[Row] = []
    for known, origin in found:
        state = str(known.get("status")).casefold()
        rows.append(
            {
                "app_id": _linked(known, "app"),
                "source_group_id": identifier(known.get("sourcegroupid")),
                "target_group_id": identifier(known.get("targetgroupid")),
                "status": state if state in PUSH_STATES else None,
                "error": text(known.get("errorsummary")),
                "created": moment(known.get("created")),
                "last_push": moment(known.get("lastpush")),
            }
            | origin
        )
    names = ("app_id", "source_group_id", "target_group_id", "status", "error", "created")
    wanted = (*names, "last_push", *_ORIGIN)
    return Loading({"push_mappings": columns(rows, wanted)}, aside)


def _linked(known: Row, name: str) -> str | None:
    """Give the id at the end of a link; documentation has a placeholder in braces there."""
    link = inner(inner(known, "_links"), name).get("href")
    last = str(link or "").rstrip("/").split("/")[-1]
    return last if last and "{" not in last else None


def _has(record: Any, *names: str) -> dict[str, Any] | None:
    """Give the record with folded names when it has all of them."""
    known = fields(record) if isinstance(record, Mapping) else {}
    return known if all(name in known for name in names) else None


def _is_app_user(envelope: Record, record: Any) -> bool:
    known = _has(record, "id", "status")
    return (
        known is not None
        and bool({"syncstate", "scope", "statuschanged"} & set(known))
        and ("syncstate" in known or "scope" in known)
    )


def _is_user(envelope: Record, record: Any) -> bool:
    known = _has(record, "id", "status", "profile")
    return (
        known is not None
        and isinstance(known["profile"], Mapping)
        and str(known["status"]).upper() in STATES
        and not _is_app_user(envelope, record)
    )


def _is_app_group(envelope: Record, record: Any) -> bool:
    known = _has(record, "id")
    if known is None or "status" in known:
        return False
    links = inner(known, "_links")
    return "priority" in known and ("profile" in known or bool({"app", "group"} & set(links)))


def _is_group(envelope: Record, record: Any) -> bool:
    known = _has(record, "id", "profile")
    return (
        known is not None
        and not {"status", "priority", "schemas"} & set(known)
        and isinstance(known["profile"], Mapping)
        and "name" in inner(known, "profile")
    )


def _is_push_mapping(envelope: Record, record: Any) -> bool:
    return _has(record, "sourcegroupid", "status") is not None


def _is_catalogue(envelope: Record, record: Any) -> bool:
    ways = (("release", "versions"), ("id", "category", "description", "schema"))
    return any(_has(record, *names) is not None for names in ways)


def _is_refusal(envelope: Record, record: Any) -> bool:
    return _has(record, "errorcode", "errorsummary") is not None


FORMATS = (
    Format("Okta event catalogue", "okta", (), _is_catalogue, nothing),
    Format("Okta API error", "okta", (), _is_refusal, nothing),
    Format(
        "Okta application users", "okta", ("assignments",), _is_app_user, load_app_users, "source"
    ),
    Format(
        "Okta application groups",
        "okta",
        ("assignments",),
        _is_app_group,
        load_app_groups,
        "source",
    ),
    Format(
        "Okta push mappings",
        "okta",
        ("push_mappings",),
        _is_push_mapping,
        load_push_mappings,
        "source",
    ),
    Format("Okta users", "okta", ("users", "memberships"), _is_user, load_users, "source"),
    Format("Okta groups", "okta", ("groups",), _is_group, load_groups, "source"),
)
