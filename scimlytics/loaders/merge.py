"""The same row twice: identical ones are dropped, differing ones keep the last; both are counted.

Exports overlap and are replayed (formats.md, trap 10), and pages shift while they are read. Rows
are compared over all columns but where they came from. What hangs on a row (steps of an event,
members of a request) goes with it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scimlytics.tables import CITATIONS, TABLES, TEXTS, stack

if TYPE_CHECKING:
    import pyarrow as pa

KEYS = {
    "users": ("id",),
    "groups": ("id",),
    "memberships": ("group_id", "member_id"),
    "assignments": ("app_id", "principal_id", "role_id", "scope"),
    "events": ("event_id",),
    "jobs": ("job_id",),
    "strategies": ("strategy_id",),
    "scim_requests": ("request_id",),
    "push_mappings": ("app_id", "source_group_id", "target_group_id"),
    "lifecycle_rules": ("rule_id",),
    "connections": ("job_id", "source_id", "target_id"),
}
"""What makes a row the same; tables that are not named compare whole rows."""

CHILDREN = {
    "events": ("steps", "changes", "unresolved"),
    "scim_requests": ("request_members",),
}
"""Tables whose rows hang on another table's; their first column is its key."""

ORIGIN = ("source_file", "source_row")
Parts = list[tuple[int, "pa.Table"]]
"""Tables in order, each with the number of the page it came from."""


@dataclass
class Distinct:
    """A table without doubles, and what was dropped from which page."""

    table: pa.Table
    dropped: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    repeated: Counter[int] = field(default_factory=Counter)
    differing: Counter[int] = field(default_factory=Counter)


def distinct(name: str, parts: Parts, *, partial: bool = False) -> Distinct:
    """Stack a table's pages without doubles.

    Parameters
    ----------
    name
        The table.
    parts
        Its pages.
    partial
        A later row may say less (Graph delta): what it leaves out stays as it was.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    table = stack([part for _, part in parts])
    found = Distinct(table)
    keys = _keys(name, table)
    counts = pc.value_counts(keys.drop_null())
    again = counts.field("values").filter(pc.greater(counts.field("counts"), 1))
    if not len(again):
        return found
    numbers = np.repeat([n for n, _ in parts], [part.num_rows for _, part in parts])
    places = np.flatnonzero(pc.is_in(keys, again).to_numpy(zero_copy_only=False))
    rows = table.take(pa.array(places)).to_pylist()
    kept: dict[str, int] = {}
    gone: set[int] = set()
    changed: dict[int, dict[str, Any]] = {}
    texts = keys.take(pa.array(places)).to_pylist()
    for index, (key, row) in enumerate(zip(texts, rows, strict=True)):
        earlier = kept.get(key)
        if earlier is None:
            kept[key] = index
            continue
        number = int(numbers[places[index]])
        before = changed.get(earlier, rows[earlier])
        if partial:
            row = _completed(before, row)
            changed[index] = row
        if _same(before, row):
            gone.add(index)
            found.repeated[number] += 1
            found.dropped[number].add(key)
        else:
            gone.add(earlier)
            found.differing[number] += 1
            found.dropped[int(numbers[places[earlier]])].add(key)
            kept[key] = index
    found.table = _without(table, [int(places[index]) for index in gone])
    replaced = {int(places[index]): row for index, row in changed.items() if index not in gone}
    if replaced:
        found.table = _with(table, [int(places[index]) for index in gone], replaced)
    return found


def children_of(parts: Parts, dropped: dict[int, set[str]]) -> pa.Table:
    """Stack a table of rows that hang on others, without those whose row was dropped."""
    import pyarrow as pa
    import pyarrow.compute as pc

    left = []
    for number, part in parts:
        if keys := dropped.get(number):
            hit = pc.is_in(part.column(0), pa.array(sorted(keys), pa.string()))
            part = part.filter(pc.invert(hit))
        left.append(part)
    return stack(left)


def taken_back(name: str, parts: Parts, removals: list[tuple[int, set[tuple[str, ...]]]]) -> Parts:
    """Remove from earlier pages what a later page takes back (Graph delta)."""
    import pyarrow as pa

    if not removals:
        return parts
    left = []
    for number, part in parts:
        gone = set().union(*(keys for later, keys in removals if later > number))
        if gone and part.num_rows:
            columns = [part.column(key).to_pylist() for key in KEYS[name]]
            keep = [row not in gone for row in zip(*columns, strict=True)]
            part = part.filter(pa.array(keep, pa.bool_()))
        left.append((number, part))
    return left


def _keys(name: str, table: pa.Table) -> pa.ChunkedArray:
    """The key of each row as one text; null where it has none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    named = KEYS.get(name)
    if named is not None and len(named) == 1:
        return table.column(named[0])
    columns = named or [
        column
        for column, made in TABLES[name].columns.items()
        if column not in (*ORIGIN, *TABLES[name].keys) and made.type != CITATIONS
    ]
    texts = []
    for column in columns:
        values = table.column(column)
        if TABLES[name].columns[column].type == TEXTS:
            values = pa.chunked_array([pa.array(map(json.dumps, values.to_pylist()), pa.string())])
        texts.append(values.cast(pa.string()))
    if not table.num_rows:
        return pa.chunked_array([pa.array([], pa.string())])
    return pc.binary_join_element_wise(
        *texts, "\x1f", null_handling="replace", null_replacement="\x00"
    )


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[key] == other[key] for key in one if key not in ORIGIN)


def _completed(before: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """A later row that says less, with what the earlier one said."""
    whole = {key: before[key] if value is None else value for key, value in row.items()}
    if before.get("attributes") and row.get("attributes"):
        both = {**json.loads(before["attributes"]), **json.loads(row["attributes"])}
        whole["attributes"] = json.dumps(both, ensure_ascii=False, sort_keys=True)
    return whole


def _without(table: pa.Table, gone: list[int]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    keep = np.ones(table.num_rows, dtype=bool)
    keep[gone] = False
    return table.filter(pa.array(keep))


def _with(table: pa.Table, gone: list[int], replaced: dict[int, dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    left = _without(table, gone + list(replaced))
    rows = [replaced[place] for place in sorted(replaced)]
    added = pa.Table.from_pylist(rows, schema=left.schema)
    return pa.concat_tables([left, added]).replace_schema_metadata(left.schema.metadata)
