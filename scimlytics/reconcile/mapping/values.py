"""What the mapping makes of each person, where it is more than a plain copy of one attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scimlytics.reconcile.mapping.clauses import Clause
from scimlytics.reconcile.mapping.expression import evaluate, parse
from scimlytics.reconcile.mapping.functions import UNKNOWN, UnevaluableError, Value, plain
from scimlytics.reconcile.mapping.records import Records
from scimlytics.tables import fold

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Mapped:
    """A target attribute, and the expression that makes its value."""

    column: str
    attribute: str
    expression: str
    has_default: bool


@dataclass(frozen=True)
class NotCompared:
    """What is left out of the comparison, and why."""

    attribute: str
    expression: str
    why: str


def values(
    wanted: Sequence[Mapped], records: Records
) -> tuple[dict[str, list[Value]], list[NotCompared]]:
    """Evaluate expressions.

    A person whose value is empty where the mapping has a default is left out: the documents do not
    say whether the default reaches accounts that are already there.

    Returns
    -------
    made
        Values per column, one per person, ``UNKNOWN`` where it cannot be told.
    left_out
        Expressions that cannot be evaluated.
    """
    made: dict[str, list[Value]] = {}
    left_out = []
    for one in wanted:
        try:
            node = parse(one.expression)
            found = evaluate(node, records.column, len(records.ids))
        except UnevaluableError as error:
            left_out.append(NotCompared(one.attribute, one.expression, str(error)))
            continue
        empty: Value = UNKNOWN if one.has_default else None
        made[one.column] = [empty if value in (None, "") else value for value in found]
    return made, left_out


def value_rows(made: Mapping[str, Sequence[Value]], records: Records) -> pa.Table:
    """The values as a table: ``person_id``, ``column``, ``value``, ``value_key``; unknown ones not."""
    import pyarrow as pa

    cells: dict[str, list[Any]] = {"person_id": [], "column": [], "value": [], "value_key": []}
    for column, listed in made.items():
        for person, value in zip(records.ids, listed, strict=True):
            if value is UNKNOWN or isinstance(value, list):
                continue
            sent = plain(value)
            cells["person_id"].append(person)
            cells["column"].append(column)
            cells["value"].append(sent)
            cells["value_key"].append(sent and fold(sent))
    return pa.table({name: pa.array(listed, pa.string()) for name, listed in cells.items()})


def left_out_rows(
    mappings: Sequence[NotCompared], clauses: Sequence[tuple[Clause, str]]
) -> pa.Table:
    """What could not be evaluated: ``kind``, ``attribute``, ``written`` (its text), ``why``."""
    import pyarrow as pa

    rows = [("mapping", one.attribute, one.expression, one.why) for one in mappings]
    rows += [("scoping clause", one.attribute, one.name, why) for one, why in clauses]
    names = ("kind", "attribute", "written", "why")
    return pa.table(
        {
            name: pa.array([row[place] for row in rows], pa.string())
            for place, name in enumerate(names)
        }
    )
