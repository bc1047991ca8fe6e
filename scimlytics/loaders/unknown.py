"""What to say about records that no format knows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from scimlytics.errors import InputError

PLAIN = re.compile(r"[A-Za-z@$_][A-Za-z0-9@$_.:\- ]{0,39}")


def what_it_is(name: str, records: Iterable[Any]) -> InputError:
    """The error for records that no format knows; shows names of keys, never values."""
    record = next((one for one in records if one is not None), None)
    if isinstance(record, str):
        return InputError(
            f"{name}: plain text that no format knows; give the export as JSON or CSV."
        )
    if not isinstance(record, dict):
        return InputError(f"{name}: the records are no objects; give the export as it came.")
    if any(str(key).casefold() == "error" for key in record):
        return InputError(f"{name}: an error answer of a server, no data; export it again.")
    shown = [str(key) for key in record if isinstance(key, str) and PLAIN.fullmatch(key)][:8]
    if len(shown) < len(record):
        shown.append("…")
    return InputError(
        f"{name}: records that no format knows ({', '.join(shown)}); [[files]] in scimlytics.toml"
        " can say what they are."
    )
