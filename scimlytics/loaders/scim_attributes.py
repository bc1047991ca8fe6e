"""SCIM attributes by their paths: ``name.givenName``, ``emails[type eq "work"].value``.

Attribute mappings name targets by such paths, so the values of an account can be laid beside what
its mapping would make of the person. Names and schema URIs know no case (RFC 7643, section 2.1);
known ones are given in the spelling of the RFC.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.format import Record
from scimlytics.loaders.records import LONGEST_TEXT, is_secret, text

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

_NAMES = """
userName externalId displayName nickName profileUrl title userType preferredLanguage locale timezone
active name formatted familyName givenName middleName honorificPrefix honorificSuffix emails
phoneNumbers ims addresses entitlements roles members value streetAddress locality region postalCode
country employeeNumber costCenter organization division department manager
"""
_SPELLING = {name.casefold(): name for name in _NAMES.split()}
_NO_EVIDENCE = {
    "schemas",
    "id",
    "meta",
    "groups",
    "members",
    "photos",
    "x509certificates",
}
_LABELS = {"type", "primary", "display", "displayname", "$ref", "operation"}
# The enterprise extension of SCIM 2.0 and of its forerunner.
_ENTERPRISE = re.compile(
    r"^urn:(?:ietf:params:scim:schemas:extension:enterprise:2\.0:user"
    r"|scim:schemas:extension:enterprise:1\.0)(?:[:.](?P<rest>.+))?$",
    re.IGNORECASE,
)
_CORE = re.compile(
    r"^urn:ietf:params:scim:schemas:core:2\.0:(?:user|group)[:.](?P<rest>.+)$", re.IGNORECASE
)


def spelled(name: str) -> str:
    """Give a path in the spelling of the RFC; unknown names stay as they are.

    The core schema's own URN in front of an attribute is left out (RFC 7644, section 3.10), and
    the enterprise extension is named as in SCIM 2.0.
    """
    if core := _CORE.match(name):
        return spelled(core["rest"])
    if enterprise := _ENTERPRISE.match(name):
        rest = enterprise["rest"]
        return f"{ENTERPRISE}:{_dotted(rest)}" if rest else ENTERPRISE
    if name.casefold().startswith("urn:") or "[" in name:
        return name
    return _dotted(name)


def attributes(record: Record) -> dict[str, str]:
    """Give all scalar attributes of a resource as texts by path.

    Credentials, ids and what is no attribute of the account are left out. Of several values with
    the same type the first counts.
    """
    found: dict[str, str] = {}
    for key, value in record.items():
        name = spelled(str(key))
        if name.casefold() in _NO_EVIDENCE or is_secret(name):
            continue
        if isinstance(value, Mapping):
            _add_object(found, name, value, ":" if name.startswith("urn:") else ".")
        elif isinstance(value, list):
            _add_values(found, name, value)
        else:
            _add(found, name, value)
    return found


def enterprise(record: Record) -> dict[str, Any]:
    """Give the enterprise attributes with folded names, nested or flattened as they may be."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        matched = _ENTERPRISE.match(str(key))
        if not matched:
            continue
        if matched["rest"]:
            found[matched["rest"].casefold()] = value
        elif isinstance(value, Mapping):
            found.update({str(name).casefold(): inside for name, inside in value.items()})
    return found


def addresses(value: Any) -> tuple[str | None, list[str]]:
    """Choose the mail address of a user, and give the others.

    The primary one, else the one for work, else the first. Servers also send a bare text, one
    object, or nulls in the list.
    """
    items = value if isinstance(value, list) else [value]
    found: list[tuple[int, str]] = []
    for item in items:
        if isinstance(item, Mapping):
            inside = {str(key).casefold(): one for key, one in item.items()}
            address = text(inside.get("value"))
            primary = str(inside.get("primary")).casefold() == "true"
            rank = 0 if primary else 1 if str(inside.get("type")).casefold() == "work" else 2
        else:
            address, rank = text(item), 2
        if address and address.strip():
            found.append((rank, address))
    if not found:
        return None, []
    chosen = min(found, key=lambda one: one[0])[1]
    others = [one for _, one in found if one.casefold() != chosen.casefold()]
    return chosen, list(dict.fromkeys(others))


def _dotted(name: str) -> str:
    return ".".join(_SPELLING.get(part.casefold(), part) for part in name.split("."))


def _add(found: dict[str, str], path: str, value: Any) -> None:
    plain = text(value)
    if plain is not None and len(plain) <= LONGEST_TEXT:
        found.setdefault(path, plain)


def _add_object(found: dict[str, str], name: str, value: Mapping[str, Any], mark: str) -> None:
    for key, inside in value.items():
        if is_secret(str(key)) or str(key).casefold() == "$ref":
            continue
        path = f"{name}{mark}{_dotted(str(key))}"
        if isinstance(inside, Mapping):
            # `manager` is an object here and a plain id in mappings.
            _add(found, path, inside.get("value"))
        elif isinstance(inside, list):
            _add_values(found, path, inside)
        else:
            _add(found, path, inside)


def _add_values(found: dict[str, str], name: str, values: list[Any]) -> None:
    for item in values:
        if not isinstance(item, Mapping):
            continue
        inside = {str(key).casefold(): value for key, value in item.items()}
        kind = text(inside.get("type"))
        primary = str(inside.get("primary")).casefold() == "true"
        label = f'[type eq "{kind}"]' if kind else '[primary eq "True"]' if primary else ""
        for key, value in inside.items():
            if key not in _LABELS and not is_secret(key):
                _add(found, f"{name}{label}.{_SPELLING.get(key, key)}", value)
