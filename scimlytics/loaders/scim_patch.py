"""What a SCIM client asked for, in every form that identity providers send it.

Entra speaks two dialects (capital operations with texts for flags, and the one behind the flag
``aadOptscim062020``), Okta sends PUT from wizard apps and PATCH from the catalogue's, SCIM 1.1 had
changes without operations. All of it becomes the same: operation, path, value (formats.md, 5.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from scimlytics.loaders.records import fields, flag, identifier, text
from scimlytics.loaders.scim_attributes import spelled

Change = tuple[str, str, Any]
"""Operation (add, remove, replace), path in the RFC's spelling (empty: none), value."""
OPERATIONS = ("add", "remove", "replace")

_SELECTED = re.compile(r"^members\s*\[(?P<filter>.*)\](?:\.\w+)?$", re.IGNORECASE | re.DOTALL)
_EQUAL = re.compile(r'\bvalue\s+eq\s+(?:"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|(\S+))', re.IGNORECASE)


def changes(body: Any) -> Iterator[Change]:
    """Walk through the changes of a PATCH, whatever form they have.

    An operation without a path merges its value into the resource: each of its keys is a change,
    also keys with dots and URNs (``name.givenName``).
    """
    if not isinstance(body, Mapping):
        return
    known = fields(body)
    operations = known.get("operations")
    if operations is None:
        yield from _before_operations(known)
        return
    for one in operations if isinstance(operations, list) else [operations]:
        if not isinstance(one, Mapping):
            continue
        operation = fields(one)
        word = str(operation.get("op")).casefold()
        if word not in OPERATIONS:
            continue
        path, value = text(operation.get("path")), operation.get("value")
        if path is not None:
            yield word, spelled(path.strip()), value
        elif isinstance(value, Mapping):
            for key, inside in value.items():
                yield word, spelled(str(key)), inside


def _before_operations(known: Mapping[str, Any]) -> Iterator[Change]:
    """SCIM 1.1: the changed attributes stand bare, members say themselves what becomes of them."""
    for key, value in known.items():
        if key == "members" and isinstance(value, list):
            for item in value:
                inside = fields(item) if isinstance(item, Mapping) else {}
                gone = str(inside.get("operation")).casefold() == "delete"
                yield "remove" if gone else "add", "members", [item]
        elif key not in ("schemas", "meta", "id"):
            yield "replace", spelled(key), value


def member_ids(value: Any) -> list[str]:
    """Give the members that a value names: a list, one object, or a bare id."""
    found = []
    for item in value if isinstance(value, list) else [value]:
        inside = fields(item) if isinstance(item, Mapping) else {"value": item}
        reference = str(inside.get("$ref") or "").rstrip("/").split("/")[-1]
        if member := identifier(inside.get("value")) or identifier(reference):
            found.append(member)
    return found


def member_changes(method: str, body: Any) -> list[tuple[str, str | None]]:
    """Give the members that a request on a group adds, removes or puts in place of all.

    Returns
    -------
    list
        Operation and member; the member is null where a group is left without any.
    """
    if method in ("POST", "PUT") and isinstance(body, Mapping):
        known = fields(body)
        if "members" not in known:
            return []
        named = member_ids(known["members"])
        if method == "POST":
            return [("add", one) for one in named]
        return [("replace", one) for one in named] or [("replace", None)]
    found: list[tuple[str, str | None]] = []
    for operation, path, value in changes(body):
        found += _of_change(operation, path, value)
    return found


def _of_change(operation: str, path: str, value: Any) -> list[tuple[str, str | None]]:
    if selected := _SELECTED.match(path):
        chosen = [_unescaped(match) for match in _EQUAL.finditer(selected["filter"])]
        return [(operation, one) for one in chosen]
    if path.casefold() not in ("members", "members.value"):
        return []
    named = member_ids(value)
    if not named and operation != "add":
        # All of them: a removal without a value, or an empty list in place of what was there.
        return [("replace", None)]
    return [(operation, one) for one in named]


def _unescaped(match: re.Match[str]) -> str:
    return re.sub(r"\\(.)", r"\1", match[1]) if match[1] is not None else match[2] or match[3]


def sent(method: str, body: Any) -> dict[str, str]:
    """Give what a request sets of the attributes by which we know an object, by folded name."""
    wanted = {"username", "displayname", "externalid", "active"}
    if method in ("POST", "PUT") and isinstance(body, Mapping):
        pairs: Iterator[tuple[str, Any]] = iter(fields(body).items())
    else:
        pairs = (
            (path.casefold(), value) for word, path, value in changes(body) if word != "remove"
        )
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in wanted:
            continue
        plain = _only(value) if name != "active" else _flag_word(value)
        if plain is not None:
            found[name] = plain
    return found


def _only(value: Any) -> str | None:
    """Read a value; some clients put a single one into a list or an object."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping):
        value = fields(value).get("value")
    return text(value)


def _flag_word(value: Any) -> str | None:
    plain = flag(value if isinstance(value, bool) else _only(value))
    return None if plain is None else text(plain)
