"""Cells of tables: what a page shows of a value, and what a spreadsheet may be given."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters and those that turn the direction of writing: shown by their code."""
FORMULA = r"^[\s'\"]*[=+\-@\t\r\n]"
"""What a spreadsheet may take for a formula."""
SPECIAL = ("severity", "certainty", "heals")
"""Columns that are shown as a glyph and a word, and sorted by rank."""
WORDS = (
    "cause",
    "check",
    "situation",
    "object_type",
    "remedy",
    "alternatives",
    "source_state",
    "target_state",
    "person_state",
)
"""Columns of our own words: a page shows them with blanks."""


def visible(text: str) -> str:
    """The text with every control character shown by its code."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def kind(name: str, values: pa.ChunkedArray) -> str:
    """How a page shows a column: severity, word, number, time, flag or text."""
    type_ = values.type
    if name in SPECIAL:
        return name
    if name in WORDS:
        return "word"
    if pa.types.is_boolean(type_):
        return "flag"
    if pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_):
        return "number"
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        return "time"
    return "text"


def shown(values: pa.ChunkedArray) -> list[Any]:
    """The values of a column as plain JSON, as a page shows them."""
    convert = _converter(values.type)
    return [None if value is None else convert(value) for value in values.to_pylist()]


def arrow(frame: Any) -> pa.Table:
    """The frame as an Arrow table; a column of mixed things as text."""
    columns = {}
    for name in frame.columns:
        try:
            columns[str(name)] = pa.chunked_array([pa.array(frame[name], from_pandas=True)])
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError):
            texts = [None if value is None else str(value) for value in frame[name].tolist()]
            columns[str(name)] = pa.chunked_array([pa.array(texts, pa.string())])
    return pa.table(columns)


def write_whole(table: pa.Table, base: Path) -> list[str]:
    """Write the whole table as parquet and as CSV, beside each other.

    A text that a spreadsheet would take for a formula gets an apostrophe in front, in the CSV only.

    Parameters
    ----------
    table
        All rows.
    base
        The files' path without ending.

    Returns
    -------
    list of str
        The columns in which an apostrophe was put.
    """
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    base.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, base.with_suffix(".parquet"))
    flat, prefixed = {}, []
    for name in table.column_names:
        values = _flat(table.column(name))
        if pa.types.is_string(values.type):
            risky = pc.match_substring_regex(values, FORMULA)
            if pc.any(risky).as_py():
                prefixed.append(name)
                values = pc.if_else(risky, pc.binary_join_element_wise("'", values, ""), values)
        flat[name] = values
    pa_csv.write_csv(pa.table(flat), base.with_suffix(".csv"))
    return prefixed


def _flat(values: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(values.type):
        return pc.strftime(
            pc.cast(values, pa.timestamp("s", tz="UTC"), safe=False), "%Y-%m-%dT%H:%M:%SZ"
        )
    if pa.types.is_nested(values.type):
        texts = [
            None if v is None else json.dumps(v, default=_json, ensure_ascii=False)
            for v in values.to_pylist()
        ]
        return pa.chunked_array([pa.array(texts, pa.string())])
    if pa.types.is_dictionary(values.type) or pa.types.is_large_string(values.type):
        return pc.cast(values, pa.string())
    return values


def _json(value: Any) -> str:
    return value.isoformat().replace("+00:00", "Z") if hasattr(value, "isoformat") else str(value)


def _converter(type_: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_boolean(type_) or pa.types.is_integer(type_):
        return lambda value: value
    if pa.types.is_floating(type_):
        return lambda value: None if value != value else float(f"{value:.6g}")
    if pa.types.is_decimal(type_):
        return float
    if pa.types.is_timestamp(type_):
        return lambda value: f"{value:%Y-%m-%d %H:%M:%S}"
    if pa.types.is_duration(type_):
        return lambda value: round(value.total_seconds() / 60, 1)
    if pa.types.is_list(type_) and pa.types.is_struct(type_.value_type):
        return _citations
    if pa.types.is_list(type_):
        return lambda value: visible(", ".join(str(one) for one in value))
    return lambda value: visible(str(value))


def _citations(cited: list[dict[str, Any]]) -> str:
    """What a finding rests on, a line each: what it is, its id, when, and what it says."""
    lines = []
    for one in cited:
        at = one.get("at")
        when = f", {at:%Y-%m-%d %H:%M}" if at is not None else ""
        lines.append(
            f"{one.get('kind') or ''} {one.get('id') or ''}{when}: {one.get('says') or ''}"
        )
    return visible("\n".join(lines))
