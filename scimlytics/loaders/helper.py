"""The process that helps to load a large file; see ``crew``."""

from __future__ import annotations

import gc
import pickle
import sys
from typing import Any

import orjson

from scimlytics.errors import InputError
from scimlytics.loaders.format import Page
from scimlytics.loaders.making import Made, load_page
from scimlytics.loaders.registry import formats


def main() -> None:
    """Load pages from standard input until there are no more."""
    gc.disable()
    known = {one.name: one for one in formats()}
    while True:
        try:
            name, file, group_id, raw = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(made_of(known[name], file, group_id, raw), sys.stdout.buffer, protocol=5)
        sys.stdout.buffer.flush()


def made_of(format_: Any, file: str, group_id: str | None, raw: bytes) -> Made | str | None:
    """What a page holds; a text: why it cannot be read; None: it was cut within a record."""
    try:
        records = orjson.loads(b"[" + raw + b"]")
    except orjson.JSONDecodeError:
        return None
    try:
        return load_page(format_, Page(file, records, {}, 1, group_id))
    except InputError as error:
        return str(error)
