"""From the bytes of data files to rows: at once, or when somebody asks for a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.store.manifest import DataFile, damaged, read_data
from scimlytics.tables import TABLES, stack

if TYPE_CHECKING:
    import pyarrow as pa


class Tables(Mapping[str, "pa.Table"]):
    """Tables whose bytes are there and held against their hashes; decoded when they are asked for.

    The bytes are kept and not the file: a writer may clear it away meanwhile.

    Parameters
    ----------
    path
        The store, for messages.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._bytes: dict[str, list[tuple[DataFile, bytes]]] = defaultdict(list)
        self._made: dict[str, pa.Table] = {}

    def add(self, name: str, file: DataFile, data: bytes) -> None:
        """A further part of a table."""
        self._bytes[name].append((file, data))

    def put(self, name: str, rows: pa.Table) -> None:
        """A table as it is."""
        self._made[name] = rows

    def columns(self, name: str, columns: list[str]) -> pa.Table:
        """Some columns of a table; nothing else of it is decoded."""
        parts = [decoded(self._path, file, data, columns) for file, data in self._bytes[name]]
        return stack(parts).replace_schema_metadata(None)

    def __getitem__(self, name: str) -> pa.Table:
        if name not in self._made:
            if name not in self._bytes:
                raise KeyError(name)
            self._made[name] = stack(
                [decoded(self._path, file, data) for file, data in self._bytes[name]]
            )
            del self._bytes[name]
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._made or name in self._bytes

    def __iter__(self) -> Iterator[str]:
        return iter({**self._made, **self._bytes})

    def __len__(self) -> int:
        return len(set(self._made) | set(self._bytes))


def rows_of(path: Path, file: DataFile) -> pa.Table:
    """The rows of a data file, with the columns that its table has today.

    Raises
    ------
    StoreError
        The file is damaged or missing.
    """
    return decoded(path, file, read_data(path, file))


def decoded(path: Path, file: DataFile, data: bytes, columns: list[str] | None = None) -> pa.Table:
    """The rows that bytes of a data file hold; some of their columns, or those its table has today.

    Raises
    ------
    StoreError
        They hold no table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        rows: pa.Table = pq.read_table(pa.BufferReader(data), columns=columns)
    except (pa.ArrowInvalid, OSError) as error:
        raise damaged(path, f"data/{file.file}") from error
    if columns is not None:
        return rows
    table = TABLES.get(file.table) or TABLES.get(file.table.partition("_")[2])
    if table is None:
        return rows
    known = [name for name in rows.column_names if name in table.columns]
    return table.conform(rows.select(known))
