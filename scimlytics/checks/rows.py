"""Rows that a question decides, as DECIDED."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scimlytics.diagnose import DECIDED

if TYPE_CHECKING:
    import pyarrow as pa


def decided_rows(rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make DECIDED of a few rows; columns that a row leaves out are null."""
    import pyarrow as pa

    blank: dict[str, Any] = {"cited": [], "listed_ids": []}
    columns = {
        name: pa.array(
            [row.get(name, blank.get(name)) for row in rows], DECIDED.schema.field(name).type
        )
        for name in DECIDED.columns
    }
    return DECIDED.conform(pa.table(columns))
