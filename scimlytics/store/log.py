"""A log that grows: rows are appended by day, once each, and what was read without a gap is kept.

Pulls overlap on purpose, since events arrive late; a row that is there already is not written
again. Only days that gain rows are written anew, so a year of log costs a commit nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from scimlytics.loaders.merge import CHILDREN, KEYS, children_of, distinct
from scimlytics.store.manifest import DataFile, Span
from scimlytics.tables import TABLES, stack

if TYPE_CHECKING:
    import pyarrow as pa

PARENTS = ("events", "source_audit", "scim_requests", "target_audit")
"""The dated tables of a log; others hang on a row of theirs."""
TABLES_OF_LOG = (*PARENTS, *(child for children in CHILDREN.values() for child in children))

Read = Callable[[DataFile], "pa.Table"]
Days = dict[tuple[str, date], "pa.Table"]


def appended(
    kept: Iterable[DataFile], rows: Mapping[str, pa.Table], read: Read
) -> tuple[list[DataFile], Days]:
    """Add rows to a log.

    Parameters
    ----------
    kept
        The files of the log so far.
    rows
        Table → new rows, repeated ones among them.
    read
        Gives the rows of a file.

    Returns
    -------
    The files that stay as they are, and the days that are to be written: (table, day) → rows.
    """
    staying = list(kept)
    written: Days = {}
    for parent in PARENTS:
        new = rows.get(parent)
        if new is None or not new.num_rows:
            continue
        names = (parent, *CHILDREN.get(parent, ()))
        days = set(_days(new)) | _days_with_ids(staying, parent, new, read)
        touched = [file for file in staying if file.table in names and file.day in days]
        staying = [file for file in staying if file not in touched]
        old = {name: [read(one) for one in touched if one.table == name] for name in names}
        before = stack([*old[parent], TABLES[parent].empty()])
        found = distinct(parent, [(0, before), (1, new)])
        by_day = {day: _of_day(found.table, day) for day in _days(found.table)}
        for day, table in by_day.items():
            written[parent, day] = table
        for child in CHILDREN.get(parent, ()):
            parts = [(0, one) for one in old[child]] + [
                (1, rows[child]) if child in rows else (1, TABLES[child].empty())
            ]
            children = children_of(parts, found.dropped)
            for day, table in by_day.items():
                if (hanging := _hanging_on(children, table)).num_rows:
                    written[child, day] = hanging
    return staying, written


def joined(spans: Iterable[Span], new: Span) -> tuple[Span, ...]:
    """Times that were read, with another one: those that touch become one."""
    ordered = sorted([*spans, new], key=lambda span: (span.begin, span.end))
    whole = [ordered[0]]
    for span in ordered[1:]:
        last = whole[-1]
        if span.begin <= last.end:
            whole[-1] = Span(begin=last.begin, end=max(last.end, span.end))
        else:
            whole.append(span)
    return tuple(whole)


def cut(spans: Iterable[Span], begin: datetime) -> tuple[Span, ...]:
    """Times that were read, without what lies before a moment."""
    return tuple(
        Span(begin=max(span.begin, begin), end=span.end) for span in spans if span.end > begin
    )


def _days(table: pa.Table) -> list[date]:
    import pyarrow as pa
    import pyarrow.compute as pc

    days: list[date] = pc.unique(table.column("at").cast(pa.date32(), safe=False)).to_pylist()
    return sorted(days)


def _of_day(table: pa.Table, day: date) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column("at").cast(pa.date32(), safe=False)
    return table.filter(pc.equal(column, pa.scalar(day, pa.date32()))).combine_chunks()


def _days_with_ids(files: list[DataFile], name: str, new: pa.Table, read: Read) -> set[date]:
    """Days that hold a row of the same id already, whatever time it had then."""
    import pyarrow.compute as pc

    if name not in KEYS:
        return set()
    key = KEYS[name][0]
    ids = new.column(key)
    return {
        file.day
        for file in files
        if file.table == name
        and file.day is not None
        and pc.any(pc.is_in(read(file).column(key), ids)).as_py()
    }


def _hanging_on(children: pa.Table, rows: pa.Table) -> pa.Table:
    """The rows that hang on rows of one day."""
    import pyarrow.compute as pc

    return children.filter(pc.is_in(children.column(0), rows.column(0))).combine_chunks()
