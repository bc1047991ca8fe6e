"""The directory objects of a page of Graph, with their places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from scimlytics.loaders.entra_text import Folded, folded
from scimlytics.loaders.format import Page
from scimlytics.loaders.times import parse_time


class Objects:
    """The objects of a page with their places; what has no id is put aside."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.aside: list[tuple[int, str]] = []
        self.rows: list[tuple[int, Folded]] = []
        self.raw: dict[int, dict[str, Any]] = {}
        for row, record in enumerate(page.records, page.first_row):
            if not isinstance(record, dict):
                self.aside.append((row, "is no object"))
                continue
            self.rows.append((row, folded(record)))
            self.raw[row] = record

    def parted(self, first: Callable[[Folded], bool]) -> tuple[Objects, Objects]:
        """The objects for which *first* holds, and the others."""
        one, other = Objects(Page(self.page.file, [])), Objects(Page(self.page.file, []))
        one.aside = self.aside
        for row, known in self.rows:
            (one if first(known) else other).rows.append((row, known))
        one.raw = other.raw = self.raw
        return one, other

    def with_id(self, key: str = "id") -> list[tuple[int, Folded]]:
        """The objects that have an id."""
        found = []
        for row, known in self.rows:
            if isinstance(known.get(key), str) and known[key].strip():
                found.append((row, known))
            else:
                self.aside.append((row, f"has no {key}"))
        return found

    def time(self, row: int, value: Any) -> datetime | None:
        """A time; one that cannot be read is null, and said so."""
        try:
            return parse_time(value)
        except ValueError as error:
            self.aside.append((row, f"taken without a time of it: {error}"))
            return None
