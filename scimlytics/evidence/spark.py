"""The larger engine's manners: only parquet enters, and what is kept is kept as parquet.

Frames handed to Spark directly turn null text into ``'NaN'`` and whole numbers beside nulls into
null, without a word; so they never are.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis
    import ibis.expr.types as ir
    import pyarrow as pa


def register(connection: ibis.BaseBackend, name: str, rows: pa.Table) -> None:
    """Write rows to a temporary parquet file and make it known under a name."""
    import pyarrow.parquet as pq

    path = Path(tempfile.mkdtemp(prefix="scimlytics-")) / f"{name}.parquet"
    pq.write_table(rows.replace_schema_metadata(None), path, coerce_timestamps="us")
    connection.read_parquet(str(path), table_name=name)


def keep(connection: ibis.BaseBackend, name: str, expression: ir.Table) -> ir.Table:
    """Compute a table once, as parquet, and go on from there."""
    path = Path(tempfile.mkdtemp(prefix="scimlytics-")) / name
    connection.to_parquet(expression, str(path))
    return zoned(connection.read_parquet(str(path), table_name=name))


def zoned(table: ir.Table) -> ir.Table:
    """A table whose times say that they are UTC; Spark's do not, and then fit no other table."""
    times = [name for name, kind in table.schema().items() if kind.is_timestamp()]
    return table.mutate(**{name: table[name].cast("timestamp('UTC', 6)") for name in times})
