"""Values of Entra's records: keys in any case, JSON in text, texts that are flags.

See traps 1, 3, 4 and 9 of formats.md.
"""

from __future__ import annotations

from typing import Any

import orjson

from scimlytics.loaders.records import is_secret

Folded = dict[str, Any]


class _Lower(dict[str, str]):
    """Folded keys, folded once each."""

    def __missing__(self, key: str) -> str:
        folded = key.casefold()
        if len(self) < 10_000:
            self[key] = folded
        return folded


LOWER = _Lower()


def folded(record: Any) -> Folded:
    """A record with its keys folded; empty when it is none."""
    if isinstance(record, str):
        record = from_text(record)
    if isinstance(record, list):
        record = record[0] if record else None
    if not isinstance(record, dict):
        return {}
    return {LOWER[key]: value for key, value in record.items()}


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
    if isinstance(value, str):
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


def as_json(details: dict[str, Any]) -> str:
    """Details as a JSON object of texts, without secrets."""
    if not details:
        return "{}"
    texts = {
        key: value if isinstance(value, str) or value is None else text(value) or _dumped(value)
        for key, value in details.items()
        if not is_hidden(key)
    }
    return orjson.dumps(texts).decode()


def _dumped(value: Any) -> str:
    return orjson.dumps(value).decode()


class _Secrets(dict[str, bool]):
    def __missing__(self, key: str) -> bool:
        found = is_secret(key)
        if len(self) < 10_000:
            self[key] = found
        return found


_SECRET = _Secrets()


def is_hidden(key: str) -> bool:
    """Whether a detail of this name may be a secret."""
    return _SECRET[key]
