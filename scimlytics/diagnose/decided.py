"""What is decided about one object, before what follows from it is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scimlytics.tables import CITATIONS, FLAG, TEXT, TEXTS, TIME, Column, Table

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

    from scimlytics.diagnose.rule import Rule
    from scimlytics.evidence import Engine

DECIDED = Table(
    "decided",
    "A cause with its certainty, its sentence and its citations.",
    {
        "object_type": Column(TEXT, "What it is about."),
        "situation": Column(TEXT, "What the three sides look like together."),
        "cause": Column(TEXT, "The cause."),
        "certainty": Column(TEXT, "How sure it is."),
        "subject": Column(TEXT, "The name."),
        "source_id": Column(TEXT, "The id in the source."),
        "target_id": Column(TEXT, "The id in the target."),
        "group_source_id": Column(TEXT, "The group's id in the source."),
        "group_target_id": Column(TEXT, "The group's id in the target."),
        "listed_ids": Column(TEXTS, "Other ids it is about."),
        "attribute": Column(TEXT, "The attribute that differs."),
        "login_key": Column(FLAG, "It is one people sign in with."),
        "since": Column(TIME, "Not before."),
        "until": Column(TIME, "Not after."),
        "heals_by": Column(TIME, "When it heals."),
        "detail": Column(TEXT, "One sentence."),
        "alternatives": Column(TEXT, "Other causes, separated by blanks."),
        "severity": Column(TEXT, "Where the check itself decides it; else null."),
        "cited": Column(CITATIONS, "What it rests on."),
    },
)
PLAIN = tuple(name for name in DECIDED.columns if name not in ("object_type", "cited", "severity"))

CITED_AS = {
    "last_positive": ("event", "the last success"),
    "last_failure": ("event", "the last failed attempt"),
    "last_delete": ("event", "the removal the log claims"),
    "last_staged": ("event", "the removal that is held back"),
    "last_excluded": ("event", "skipped as out of scope"),
    "last_event": ("event", "the newest event"),
    "last_activation": ("event", "the activation the log claims"),
    "removed_by_provider": ("event", "the removal the log claims"),
    "group_positive": ("event", "the last success of the group"),
    "claim_between": ("event", "the one update in between"),
    "added": ("event", "the claim that added the member"),
    "dropped": ("event", "the claim that removed the member"),
    "unresolved": ("event", "the member that was not resolved"),
    "written": ("event", "the last claim on this attribute"),
    "trace": ("trace", "the last trace of the object in the target"),
    "login_failed": ("audit", "the sign-in that failed"),
    "removed": ("audit", "the removal in the target"),
    "changed": ("audit", "the change at the source"),
    "renamed": ("audit", "the rename at the source"),
    "target_id": ("snapshot", "the account in the target"),
    "target_group_id": ("snapshot", "the group in the target"),
    "twin": ("snapshot", "the other account"),
    "blocker": ("snapshot", "the record that holds the name"),
}
"""Ledger columns that rules cite: what kind of thing the id names, and what it is."""


def decide(decided: ir.Table, rules: Sequence[Rule], object_type: str, engine: Engine) -> pa.Table:
    """Bring decided rows home as DECIDED, with their citations as lists.

    Parameters
    ----------
    decided
        What ``rule.evaluate`` returns.
    rules
        The rules they were decided by.
    object_type
        What the rows are about.
    engine
        Where they are computed.
    """
    import pyarrow as pa

    columns = [name for name in PLAIN if name in decided.columns]
    needed = {}
    for name in sorted({name for rule in rules for name in rule.cites}):
        needed[f"_{name}"] = decided[name].cast("string")
        at = f"{name}_at"
        if at in decided.columns:
            needed[f"_{name}_at"] = decided[at]
        if name == "trace":
            needed["_trace_kind"] = decided.trace_kind
    rows = engine.fetch(decided.select(*columns, "rule", **needed))
    plain = {name: rows.column(name) for name in columns}
    plain["object_type"] = pa.array([object_type] * rows.num_rows, pa.string())
    plain["cited"] = _citations(rows, [rule.cites for rule in rules])
    return DECIDED.conform(pa.table(plain))


def _citations(rows: pa.Table, names_by_rule: Sequence[Sequence[str]]) -> pa.Array:
    """The citations of each row: those its rule names and the row has, in the rule's order."""
    import numpy as np
    import pyarrow as pa

    count = rows.num_rows
    rules = rows.column("rule").to_numpy(zero_copy_only=False) if count else np.array([], int)
    parts: list[tuple[Any, int, pa.Table]] = []
    for name in sorted({name for names in names_by_rule for name in names}):
        places = np.array(
            [names.index(name) if name in names else -1 for names in names_by_rule], dtype=int
        )
        ids = rows.column(f"_{name}")
        order = places[rules] if count else np.array([], int)
        present = ids.is_valid().to_numpy()
        chosen = np.flatnonzero((order >= 0) & present)
        if not len(chosen):
            continue
        kind, says = CITED_AS[name]
        at_name = f"_{name}_at"
        time = pa.timestamp("us", tz="UTC")
        at = rows.column(at_name) if at_name in rows.column_names else pa.nulls(count, time)
        kinds = (
            rows.column("_trace_kind").take(pa.array(chosen))
            if name == "trace"
            else pa.array([kind] * len(chosen), pa.string())
        )
        table = pa.table(
            {
                "row": pa.array(chosen, pa.int64()),
                "order": pa.array(order[chosen], pa.int64()),
                "kind": kinds,
                "id": ids.take(pa.array(chosen)),
                "at": at.take(pa.array(chosen)).cast(time),
                "says": pa.array([says] * len(chosen), pa.string()),
            }
        )
        parts.append(table)
    kind_of = DECIDED.schema.field("cited").type
    if not parts:
        return pa.array([[]] * count, kind_of)
    stacked = pa.concat_tables(parts).sort_by([("row", "ascending"), ("order", "ascending")])
    lengths = np.bincount(stacked.column("row").to_numpy(), minlength=count)
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]).astype("int32"))
    struct = pa.StructArray.from_arrays(
        [stacked.column(part).combine_chunks() for part in ("kind", "id", "at", "says")],
        fields=list(kind_of.value_type),
    )
    return pa.ListArray.from_arrays(offsets, struct).cast(kind_of)
