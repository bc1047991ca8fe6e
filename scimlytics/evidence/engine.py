"""The engine: where Ibis expressions run. DuckDB in process; the same expressions run on Spark.

Rows enter as Arrow tables, registered once by name, and leave through :meth:`Engine.fetch`, which
fixes types and zone. Intermediate tables that several questions share are kept, so that they are
computed once. One engine belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.tables import Table

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa

TEMPORARY = ("temp", "main")
"""Where DuckDB keeps temporary tables."""


class Engine:
    """An Ibis connection with the tables of one evidence."""

    def __init__(self, connection: ibis.BaseBackend | None = None) -> None:
        self._connection = connection if connection is not None else _duckdb()
        self._tables: dict[str, ir.Table] = {}
        self._registered: set[str] = set()
        self._made = 0
        self.supply: Callable[[str], pa.Table | None] = lambda _: None
        """Gives the rows of a table that is asked for and not known yet."""

    def register(self, name: str, rows: pa.Table) -> None:
        """Make rows known under a name; replaces what had that name."""
        from scimlytics.evidence import spark

        if self._connection.name == "pyspark":
            spark.register(self._connection, name, rows)
        else:
            self._connection.con.register(name, rows.replace_schema_metadata(None))
        self._registered.add(name)
        self._tables.pop(name, None)

    def table(self, name: str) -> ir.Table:
        """The table of that name as an expression."""
        if name not in self._tables:
            if name not in self._registered and (rows := self.supply(name)) is not None:
                self.register(name, rows)
            found = self._connection.table(name)
            if self._connection.name == "pyspark":
                from scimlytics.evidence import spark

                found = spark.zoned(found)
            self._tables[name] = found
        return self._tables[name]

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute a table once and go on from there; replaces what had that name.

        Each is made under a name of its own, since Ibis replaces a temporary table by way of a
        second copy of it.
        """
        former = self._tables.pop(name, None)
        self._made += 1
        own = f"{name}_{self._made}"
        with _compiling():
            if self._connection.name == "pyspark":
                from scimlytics.evidence import spark

                made = spark.keep(self._connection, own, expression)
            else:
                made = self._connection.create_table(own, expression, temp=True)
                if former is not None:
                    self._connection.drop_table(former.op().name, database=TEMPORARY)
        self._tables[name] = made
        return made

    def fetch(self, expression: ir.Table, table: Table | None = None) -> pa.Table:
        """Run an expression and bring its rows home with settled types.

        Results of the two engines differ in the types of sums, in zones and in null lists; here
        whole numbers are ``int64``, times are UTC microseconds, and a table of ours conforms.
        """
        import pyarrow as pa

        with _compiling():
            rows = expression.to_pyarrow()
        if table is not None:
            return table.conform(rows)
        settled = [pa.field(field.name, _settle(field.type)) for field in rows.schema]
        return rows.cast(pa.schema(settled), safe=False)

    def frame(self, expression: ir.Table) -> Any:
        """Run an expression and show it as a DataFrame with Arrow types."""
        return to_frame(self.fetch(expression))

    def write(self, folder: Path, kept: Mapping[str, ir.Table]) -> dict[str, str]:
        """Write registered and kept tables as parquet; the file of each, by name. DuckDB only."""
        names = {name: one.op().name for name, one in kept.items()}
        names |= {name: name for name in self._registered - set(names.values())}
        files = {}
        for place, (name, own) in enumerate(sorted(names.items())):
            files[name] = f"{place:03d}.parquet"
            path = _quoted(str(folder / files[name]), "'")
            self._connection.con.execute(
                f"COPY (FROM {_quoted(own)}) TO {path} (FORMAT parquet, COMPRESSION zstd)"
            )
        return files

    def view(self, name: str, path: Path) -> None:
        """Make a parquet file known as a table; a question reads only what it needs. DuckDB only."""
        self._connection.con.execute(
            f"CREATE OR REPLACE TEMP VIEW {_quoted(name)} AS FROM read_parquet({_quoted(str(path), chr(39))})"
        )
        self._registered.add(name)
        self._tables.pop(name, None)

    @property
    def is_duckdb(self) -> bool:
        """Whether it can write and view parquet by itself."""
        return bool(self._connection.name == "duckdb")

    def close(self) -> None:
        """Let go of the tables and of the connection."""
        self._connection.disconnect()
        self._tables.clear()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Keep Python's garbage collector from walking through growing expressions again and again.

    An expression is a graph of some ten thousand small objects that live until it has run; looking
    for cycles among them is a sixth of the time of a small check.
    """
    import gc

    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextmanager
def _compiling() -> Iterator[None]:
    """Leave it to the engine's planner to merge selects: it is much faster at that than Ibis."""
    from ibis import options

    merges = options.sql.fuse_selects
    options.sql.fuse_selects = False
    try:
        yield
    finally:
        options.sql.fuse_selects = merges


def to_frame(rows: pa.Table) -> Any:
    """Show Arrow rows as a DataFrame that keeps Arrow's types and nulls."""
    import pandas as pd

    return rows.replace_schema_metadata(None).to_pandas(types_mapper=pd.ArrowDtype)


def _duckdb() -> ibis.BaseBackend:
    import duckdb
    import ibis

    connection = ibis.duckdb.connect()
    for setting in (
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET TimeZone = 'UTC'",
        "SET preserve_insertion_order = false",
    ):
        connection.raw_sql(setting)
    # A progress bar would stand among the data on stdout. In a kernel without widgets there is none,
    # and DuckDB refuses to switch it.
    with suppress(duckdb.InvalidInputException):
        connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _quoted(text: str, mark: str = '"') -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _settle(kind: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
        return pa.string()
    return kind
