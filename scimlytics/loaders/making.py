"""One page becomes typed tables: in this process, or in one that helps with a large file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from scimlytics.loaders.format import Format, Loading, Page
from scimlytics.loaders.merge import CHILDREN, KEYS
from scimlytics.loaders.raw import complete_rows, raw_table
from scimlytics.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa


SPARE = "spare "
"""Before the name of a table whose rows count only where no other file of the side has such rows."""


@dataclass(frozen=True)
class Part:
    """Tables of a page in which no id occurs twice, and what it takes back."""

    tables: dict[str, pa.Table]
    removals: dict[str, set[tuple[str, ...]]]


@dataclass
class Made:
    """What was made of a page."""

    rows: int
    """How many records it had."""
    parts: list[Part] = field(default_factory=list)
    aside: list[tuple[int, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def moved(self, rows: int) -> Made:
        """The same, where the page begins so many rows later in its file."""
        parts = [
            replace(part, tables={name: _moved(table, rows) for name, table in part.tables.items()})
            for part in self.parts
        ]
        aside = [(row + rows, reason) for row, reason in self.aside]
        return Made(self.rows, parts, aside, self.notes)


def _moved(table: pa.Table, rows: int) -> pa.Table:
    import pyarrow.compute as pc

    place = table.schema.get_field_index("source_row")
    if place < 0 or not rows:
        return table
    column = pc.add(table.column(place), rows)
    metadata = table.schema.metadata
    return table.set_column(place, "source_row", column).replace_schema_metadata(metadata)


def load_page(format_: Format, page: Page) -> Made:
    """Load a page, and give its rows the types of their tables."""
    made = Made(len(page.records))
    for loading in _loadings(format_, page):
        tables: dict[str, pa.Table] = {}
        made.aside += loading.aside
        made.notes += loading.notes
        for name, columns in loading.rows.items():
            if not name.startswith("-"):
                raw = raw_table(TABLES[name], columns, loading.collected.get(name), page.file)
                tables[name], lacking = complete_rows(TABLES[name], raw)
                made.aside += lacking
        for name, columns in loading.fallback.items():
            raw = raw_table(TABLES[name], columns, None, page.file)
            tables[SPARE + name], _ = complete_rows(TABLES[name], raw)
        made.parts.append(Part(tables, _removals(loading)))
    return made


def _loadings(format_: Format, page: Page) -> Iterator[Loading]:
    """Load a page; where two of its rows have one id, in halves, so that the last one can win."""
    loading = format_.load(page)
    for parent in CHILDREN:
        ids = [one for one in loading.rows.get(parent, {}).get(KEYS[parent][0], ()) if one]
        if len(set(ids)) < len(ids) and len(page.records) > 1:
            middle = len(page.records) // 2
            yield from _loadings(format_, replace(page, records=page.records[:middle]))
            later = replace(page, records=page.records[middle:], first_row=page.first_row + middle)
            yield from _loadings(format_, later)
            return
    yield loading


def _removals(loading: Loading) -> dict[str, set[tuple[str, ...]]]:
    return {
        name[1:]: set(zip(*columns.values(), strict=True))
        for name, columns in loading.rows.items()
        if name.startswith("-")
    }
