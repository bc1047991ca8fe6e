"""Reading one record: names in any case, ids as text, flags that are words, secrets left out.

Every product spells the same things its own way (formats.md, traps 2, 3, 9, 12 and 18). These few
readings are shared, so that an id or a flag means the same whichever file it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from scimlytics.loaders.format import Loading, Page, Record
from scimlytics.loaders.times import parse_time

LONGEST_ID = 2_000
"""Characters; what is longer is no id of any system known."""
LONGEST_TEXT = 10_000
"""Characters of an attribute's value that are kept: photos and certificates are no evidence."""

_SECRETS = (
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "apikey",
    "privatekey",
    "securityanswer",
)
_TRUE = {"true", "1", "yes", "enabled"}
_FALSE = {"false", "0", "no", "disabled"}


def fields(record: Record) -> dict[str, Any]:
    """Give a record with its keys folded; names in SCIM and in portal exports know no case."""
    return {str(key).casefold(): value for key, value in record.items()}


def objects(page: Page, aside: list[tuple[int, str]]) -> Iterator[tuple[int, Record]]:
    """Walk through the records of a page with their place; what is no object is put aside."""
    for row, record in enumerate(page.records, start=page.first_row):
        if isinstance(record, Mapping):
            yield row, record
        else:
            aside.append((row, "is no object"))


def identifier(value: Any) -> str | None:
    """Read an id as text; null where the value cannot be one.

    Ids are never numbers to us: leading zeros count, and a fraction, a flag or a list is none.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value else None
    if isinstance(value, str) and value.strip() and len(value) <= LONGEST_ID:
        return value
    return None


def missing_id(value: Any, what: str = "id") -> str:
    """Say why an id cannot be used, without showing it."""
    if value is None or value == "":
        return f"has no {what}"
    if isinstance(value, str) and len(value) > LONGEST_ID:
        return f"its {what} is longer than {LONGEST_ID} characters"
    if isinstance(value, str):
        return f"its {what} is blank"
    return f"its {what} is no text ({type(value).__name__})"


def text(value: Any) -> str | None:
    """Read a scalar as text; empty and structured values are null."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value or None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return None


def flag(value: Any) -> bool | None:
    """Read a flag; ``"False"`` is false (trap 3), anything that is no flag is null."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | str):
        word = str(value).strip().casefold()
        return True if word in _TRUE else False if word in _FALSE else None
    return None


def number(value: Any) -> int | None:
    """Read a whole number that may stand in a text (trap 12)."""
    amount = real(value)
    return None if amount is None else int(amount)


def real(value: Any) -> float | None:
    """Read a number that may stand in a text; what is not finite is null."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        try:
            amount = float(value)
        except (ValueError, OverflowError):
            return None
        return amount if abs(amount) < 1e15 else None
    return None


def listed(value: Any, separators: str = ",") -> list[str]:
    """Read a list that may be a real list, one number, or text with separators (trap 18)."""
    if isinstance(value, str):
        parts: Iterable[Any] = re.split(f"[{re.escape(separators)}]", value)
    elif isinstance(value, Sequence):
        parts = value
    else:
        parts = [value]
    found = (text(part) for part in parts)
    return [part.strip() for part in found if part and part.strip()]


def first(record: Record, *names: str) -> Any:
    """Give the first value that is there and not empty, by folded name."""
    for name in names:
        value = record.get(name)
        if value is not None and value != "":
            return value
    return None


def inner(record: Record, name: str) -> dict[str, Any]:
    """Give the object under a name with its keys folded; empty where there is none."""
    value = record.get(name)
    return fields(value) if isinstance(value, Mapping) else {}


def decoded(value: Any) -> Any:
    """Decode JSON that stands in a text until it is no JSON container any more (trap 4).

    A container that was encoded twice is one too; any other quoted text stays as it is.
    """
    for _ in range(4):
        if not (isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"')):
            break
        try:
            inside = orjson.loads(value)
        except ValueError:
            break
        if isinstance(inside, str) and inside.lstrip()[:1] not in ("{", "["):
            break
        value = inside
    return value


def is_secret(name: str) -> bool:
    """Whether a field of this name may hold a credential; such fields never leave the file."""
    plain = re.sub(r"[^a-z]", "", name.casefold())
    return any(word in plain for word in _SECRETS)


def scalars(record: Record, leave_out: Iterable[str] = ()) -> str:
    """Give all scalar attributes of a flat record as a JSON object of texts, without secrets."""
    unwanted = set(leave_out)
    kept = {
        name: value
        for name, raw in record.items()
        if name.casefold() not in unwanted and not is_secret(name)
        if (value := text(raw)) is not None and len(value) <= LONGEST_TEXT
    }
    return as_json(kept)


def as_json(values: Mapping[str, str]) -> str:
    """Write texts by name as JSON, in the order of the names."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def columns(rows: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, list[Any]]:
    """Turn rows into columns of these names, all of them equally long."""
    return {name: [row.get(name) for row in rows] for name in names}


def moment(value: Any) -> datetime | None:
    """Read a time; null where it is blank, a sentinel for *never*, or cannot be read."""
    try:
        return parse_time(value)
    except ValueError:
        return None


def nothing(page: Page) -> Loading:
    """Load nothing: the document is recognised, and no question needs it."""
    return Loading({})
