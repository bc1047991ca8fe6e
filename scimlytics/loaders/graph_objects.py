"""Rows of Graph's directory objects: which property is which of our columns."""

from __future__ import annotations

import re
from typing import Any

import orjson

from scimlytics.loaders.entra_text import Folded, folded, listed, text
from scimlytics.loaders.format import Loading
from scimlytics.loaders.graph_edges import edge, edges_of
from scimlytics.loaders.graph_page import Objects
from scimlytics.loaders.records import is_secret

USERS = {
    "userprincipalname": "user_name",
    "displayname": "display_name",
    "givenname": "given_name",
    "surname": "family_name",
    "usertype": "user_type",
    "employeeid": "employee_number",
    "department": "department",
    "jobtitle": "title",
    "companyname": "company",
    "mailnickname": "mail_nickname",
    "onpremisesimmutableid": "immutable_id",
}
"""Properties that are a column as they stand."""

USERS_ASKED = {
    **USERS,
    "id": "id",
    "mail": "email",
    "proxyaddresses": "aliases",
    "othermails": "aliases",
    "accountenabled": "active",
    "manager": "manager_id",
    "createddatetime": "created",
    "deleteddatetime": "deleted",
    "signinactivity": "last_login",
}
"""Properties whose presence means that a column was asked for."""

GROUPS_ASKED = {
    "id": "id",
    "displayname": "display_name",
    "grouptypes": "kind",
    "securityenabled": "security_enabled",
    "membershiprule": "rule",
    "mail": "mail",
    "createddatetime": "created",
    "deleteddatetime": "deleted",
}
ALWAYS = {"attributes", "source_file", "source_row"}
DELETED_NAME = re.compile(r"^[0-9a-f]{32}(?=.+@)", re.IGNORECASE)
"""A deleted user's name begins with its id without dashes."""
MOST_ATTRIBUTES = 2_000
LONGEST = 10_000


def user_rows(objects: Objects, asked: set[str]) -> Loading:
    """USERS of a page of users, and who left (``@removed`` of delta)."""
    columns: dict[str, list[Any]] = {}
    names = {*USERS.values(), *USERS_ASKED.values(), "state", *ALWAYS} - {"source_file"}
    columns = {name: [] for name in sorted(names)}
    seen = set(asked)
    for row, known in objects.with_id():
        seen |= known.keys()
        removed = "@removed" in known
        deleted = objects.time(row, known.get("deleteddatetime"))
        values: dict[str, Any] = {column: text(known.get(key)) for key, column in USERS.items()}
        name = values["user_name"]
        if name and deleted:
            values["user_name"] = DELETED_NAME.sub("", name)
        values["user_type"] = (values["user_type"] or "").casefold() or None
        values["id"] = known["id"]
        values["email"], values["aliases"] = mails(known)
        enabled = known.get("accountenabled")
        gone = removed or deleted is not None
        values["active"] = False if gone else enabled if isinstance(enabled, bool) else None
        values["state"] = _state(known.get("@removed")) if removed else None
        values["manager_id"] = text(folded(known.get("manager")).get("id"))
        values["created"] = objects.time(row, known.get("createddatetime"))
        values["deleted"] = deleted
        activity = folded(known.get("signinactivity"))
        values["last_login"] = objects.time(row, activity.get("lastsignindatetime"))
        values["attributes"] = attributes(objects.raw[row])
        values["source_row"] = row
        for column, cells in columns.items():
            cells.append(values[column])
        if gone:
            seen |= {"accountenabled", "deleteddatetime"}
    collected = {column for key, column in USERS_ASKED.items() if key in seen} | ALWAYS
    if "mail" not in seen and seen & {"proxyaddresses", "othermails"}:
        collected.add("email")
    return Loading({"users": columns}, objects.aside, {"users": collected})


def _state(removed: Any) -> str:
    """``changed``: deleted, and may be restored; ``deleted``: for good."""
    reason = folded(removed).get("reason")
    return "deleted" if reason == "deleted" else "soft_deleted"


def mails(known: Folded) -> tuple[str | None, list[str] | None]:
    """The primary mail address and the others."""
    proxies = listed_texts(known.get("proxyaddresses"))
    primary = [one[5:] for one in proxies if one.startswith("SMTP:")]
    others = [one[5:] for one in proxies if one[:5].casefold() == "smtp:"]
    others += listed_texts(known.get("othermails"))
    mail = text(known.get("mail")) or next(iter(primary or others), None)
    if "proxyaddresses" not in known and "othermails" not in known:
        return mail, None
    unlike = [one for one in dict.fromkeys(others) if one.casefold() != (mail or "").casefold()]
    return mail, unlike


def listed_texts(value: Any) -> list[str]:
    """A list of texts; everything else in it is left out."""
    return [one for one in value if isinstance(one, str) and one] if isinstance(value, list) else []


def attributes(record: dict[str, Any]) -> str:
    """All attributes as a JSON object of texts; what is nested is named with dots."""
    found: dict[str, str] = {}
    pending: list[tuple[str, Any]] = [("", record)]
    while pending and len(found) < MOST_ATTRIBUTES:
        prefix, value = pending.pop(0)
        if isinstance(value, dict):
            pending += [
                (f"{prefix}.{key}" if prefix else str(key), inner)
                for key, inner in value.items()
                if "@" not in str(key) and not is_secret(str(key)) and key
            ]
        elif isinstance(value, list):
            if value and prefix not in ("members", "memberOf"):
                found[prefix] = orjson.dumps(value).decode()[:LONGEST]
        elif (plain := text(value)) is not None and len(plain) <= LONGEST:
            found[prefix] = plain
    return orjson.dumps(found, option=orjson.OPT_SORT_KEYS).decode()


def group_rows(objects: Objects, asked: set[str]) -> Loading:
    """GROUPS of a page of groups, and the members they show."""
    names = {*GROUPS_ASKED.values(), "dynamic", "members_shown", *ALWAYS} - {"source_file"}
    columns: dict[str, list[Any]] = {name: [] for name in sorted(names)}
    edges: list[dict[str, Any]] = []
    left: list[tuple[str, str]] = []
    gone: list[str] = []
    seen = set(asked)
    for row, known in objects.with_id():
        if "@removed" in known:
            gone.append(known["id"])
            continue
        seen |= known.keys()
        rule_kinds = [one.casefold() for one in listed_texts(known.get("grouptypes"))]
        values = {
            "id": known["id"],
            "display_name": text(known.get("displayname")),
            "kind": group_kind(known, rule_kinds),
            "security_enabled": _flag(known.get("securityenabled")),
            "dynamic": "dynamicmembership" in rule_kinds if "grouptypes" in known else None,
            "rule": text(known.get("membershiprule")),
            "mail": text(known.get("mail")),
            "created": objects.time(row, known.get("createddatetime")),
            "deleted": objects.time(row, known.get("deleteddatetime")),
            "members_shown": "members" in known,
            "attributes": attributes(objects.raw[row]),
            "source_row": row,
        }
        for column, cells in columns.items():
            cells.append(values[column])
        for member in [*_listed(known.get("members")), *_listed(known.get("members@delta"))]:
            if "@removed" in member:
                left.append((known["id"], str(member.get("id"))))
            else:
                edges.append(edge(known["id"], member, row))
    collected = {column for key, column in GROUPS_ASKED.items() if key in seen} | ALWAYS
    collected |= {"members_shown"} | ({"dynamic"} if "grouptypes" in seen else set())
    rows = {"groups": columns}
    if edges or any(columns["members_shown"]):
        rows["memberships"] = edges_of(edges)
    if left:
        pairs = sorted(set(left))
        rows["-memberships"] = {
            "group_id": [a for a, _ in pairs],
            "member_id": [b for _, b in pairs],
        }
    if gone:
        rows["-groups"] = {"id": gone}
    return Loading(rows, objects.aside, {"groups": collected})


def _listed(value: Any) -> list[Folded]:
    return [folded(one) for one in listed(value) if isinstance(one, dict)]


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def group_kind(known: Folded, rule_kinds: list[str]) -> str | None:
    """What kind of group it is; only security-enabled ones are provisioned."""
    if "unified" in rule_kinds:
        return "microsoft365"
    security, mail = _flag(known.get("securityenabled")), _flag(known.get("mailenabled"))
    if security is None:
        return None
    if security:
        return "mail_security" if mail else "security"
    return "distribution" if mail else "other"
