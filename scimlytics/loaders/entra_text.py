"""Values of Entra's records: keys in any case, JSON in text, texts that are flags.

See traps 1, 3, 4 and 9 of formats.md.
"""

from __future__ import annotations

from typing import Any

import orjson

from scimlytics.loaders.records import is_secret
from scimlytics.loaders.shapes import plain_key

Folded = dict[str, Any]
TEXTS = frozenset((str, type(None)))


def folded(record: Any) -> Folded:
    """A record with its keys folded; empty when it is none."""
    return {plain_key(key): value for key, value in as_object(record).items()}


def as_object(value: Any) -> dict[str, Any]:
    """An object that may be JSON text or the first of a list; empty when it is none."""
    if type(value) is dict:
        return value
    if isinstance(value, str):
        value = from_text(value)
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, dict) else {}


def from_text(text: str) -> Any:
    """Decode JSON inside text (Log Analytics); what is no container stays text."""
    if text[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def listed(value: Any) -> list[Any]:
    """A list of objects that may be JSON text, one object, or nothing."""
    if isinstance(value, str):
        value = from_text(value)
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def text(value: Any) -> str | None:
    """A scalar as text; an empty one is null, so that it never joins with another."""
    if type(value) is str:
        return value or None
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(value)


def flag(value: Any) -> bool | None:
    """A flag that is a word: ``"False"`` is false (trap 3)."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().casefold())


def as_json(details: dict[str, Any], *, clean: bool = False) -> str:
    """Details as a JSON object of texts, without secrets; *clean*: there are none."""
    if not clean:
        details = {key: value for key, value in details.items() if not is_secret(key)}
    if not TEXTS.issuperset(map(type, details.values())):
        details = {key: _as_text(value) for key, value in details.items()}
    return orjson.dumps(details).decode()


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return text(value) or orjson.dumps(value).decode()
