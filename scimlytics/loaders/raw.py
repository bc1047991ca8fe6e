"""A page's rows as an Arrow table that is not conformed yet.

Folding keys takes each distinct name once; done page by page it would take them again and again.
So pages are typed and checked as they come, and conformed once, when all of a table is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from scimlytics.errors import TableError
from scimlytics.tables import COLLECTED, TEXTS, Table, arrow_type, collected_columns

if TYPE_CHECKING:
    import pyarrow as pa


def raw_table(
    table: Table, columns: Mapping[str, list[Any]], collected: Iterable[str] | None, file: str
) -> pa.Table:
    """Give rows the columns and types of a table, but for its folded keys.

    Parameters
    ----------
    table
        What they are rows of.
    columns
        Column name → values.
    collected
        The columns the export asked for, where that is not what *columns* holds.
    file
        Where the rows come from.

    Raises
    ------
    TableError
        A column nobody knows, a value of the wrong type, or a word outside the vocabulary.
    """
    import pyarrow as pa

    rows = len(next(iter(columns.values()))) if columns else 0
    arrays = {}
    try:
        for name, column in table.columns.items():
            if name in table.keys:
                continue
            wanted = arrow_type(column.type)
            if name == "source_file":
                arrays[name] = pa.repeat(pa.scalar(file, wanted), rows)
            elif name in columns:
                arrays[name] = pa.array(columns[name], wanted)
            else:
                arrays[name] = pa.nulls(rows, wanted)
        made = pa.table(arrays)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        made = table.conform(columns).drop_columns(list(table.keys))
    if not set(columns) <= set(table.columns):
        table.conform(columns)
    _refuse_strange_words(table, made)
    known = sorted(set(columns if collected is None else collected) & set(table.columns))
    return made.replace_schema_metadata({COLLECTED: json.dumps(known).encode()})


def _refuse_strange_words(table: Table, made: pa.Table) -> None:
    import pyarrow.compute as pc

    for name, column in table.columns.items():
        if column.words and column.type != TEXTS:
            for value in pc.unique(made.column(name)).to_pylist():
                if value is not None and value not in column.words:
                    raise TableError(
                        f"{table.name}.{name} holds a word that is none of"
                        f" {', '.join(column.words)}."
                    )


def complete_rows(table: Table, made: pa.Table) -> tuple[pa.Table, list[tuple[int, str]]]:
    """The rows that have what a row of the table needs, and the places of the others."""
    import pyarrow.compute as pc

    lacking: list[tuple[int, str]] = []
    for need in table.needs:
        column = made.column(need)
        if column.null_count:
            if "source_row" in table.columns:
                rows = made.filter(pc.is_null(column)).column("source_row").to_pylist()
                lacking += [(row or 0, f"has no {need}") for row in rows]
            made = made.filter(pc.is_valid(column))
    return made, lacking


def conformed(table: Table, made: pa.Table) -> pa.Table:
    """The table as everybody knows it, with its folded keys."""
    return table.conform(made, collected=collected_columns(made))
