"""Findings held against earlier ones: which are new, which stay, which are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scimlytics.history.sight import Sight
from scimlytics.marks import SUPPRESSED
from scimlytics.tables import FINDINGS

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.evidence import Evidence

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Outcome:
    """Findings, and what has become of the earlier ones."""

    findings: pa.Table
    """FINDINGS with ``status``, ``first_seen`` and ``former_cause``."""
    resolved: pa.Table
    """Earlier FINDINGS that the evidence shows to be no more."""
    unknown: pa.Table
    """Earlier FINDINGS that are not found any more, though the evidence cannot show that they ended."""
    since: datetime | None = None
    """The moment of the earlier findings; None where there are none."""


def held_against(
    earlier: pa.Table | None,
    findings: pa.Table,
    evidence: Evidence,
    asked: Iterable[str],
    earlier_at: datetime | None = None,
) -> Outcome:
    """Hold findings against earlier ones.

    Parameters
    ----------
    earlier
        FINDINGS before; None where there are none to hold against.
    findings
        FINDINGS now. What a mark holds stays ``suppressed``.
    evidence
        What the later findings rest on.
    asked
        The checks that were asked and not skipped.
    earlier_at
        The moment of the earlier findings, where they do not say themselves since when they were
        known.

    Returns
    -------
    Outcome
    """
    import pyarrow as pa

    now = findings.drop_columns(["evidence"]).to_pylist()
    before = [] if earlier is None else earlier.drop_columns(["evidence"]).to_pylist()
    partners = paired(before, now)
    statuses, firsts, formers = [], [], []
    for place, row in enumerate(now):
        former = before[partners[place]] if place in partners else None
        statuses.append(row["status"] or ("new" if former is None else "persisting"))
        known = earlier_at if former is None else former["first_seen"] or earlier_at
        firsts.append(evidence.as_of if former is None else known)
        changed = former is not None and former["cause"] != row["cause"]
        formers.append(former["cause"] if changed and former is not None else None)
    made = _with(findings, status=statuses, first_seen=firsts, former_cause=formers)
    if earlier is None:
        return Outcome(made, findings.slice(0, 0), findings.slice(0, 0))
    kept = set(partners.values())
    places = [place for place in range(len(before)) if place not in kept]
    sight = Sight(evidence, asked, [before[place] for place in places])
    told = [place for place in places if sight.tells(before[place])]
    rest = [
        place for place in places if place not in set(told) and sight.covered_later(before[place])
    ]
    gone = _with(earlier, status=[None] * len(before), former_cause=[None] * len(before))
    return Outcome(
        made,
        gone.take(pa.array(told, pa.int64())),
        gone.take(pa.array(rest, pa.int64())),
        earlier_at,
    )


def paired(before: Sequence[Row], now: Sequence[Row]) -> dict[int, int]:
    """Which finding was which before: by its id, else by what it is about.

    An edge gets another id once its group is made in the target: it is the same finding, if both
    speak of the same person, group and situation.

    Returns
    -------
    dict
        Place in *now* → place in *before*; each at most once.
    """
    places = {row["finding_id"]: place for place, row in enumerate(before)}
    found = {
        place: places[row["finding_id"]]
        for place, row in enumerate(now)
        if row["finding_id"] in places
    }
    taken = set(found.values())
    loose: dict[tuple[Any, ...], int] = {}
    for place, row in enumerate(before):
        for key in _abouts(row) if place not in taken else ():
            loose.setdefault(key, place)
    for place, row in enumerate(now):
        if place in found:
            continue
        other = next(
            (loose[key] for key in _abouts(row) if loose.get(key) not in taken | {None}), None
        )
        if other is not None:
            found[place] = other
            taken.add(other)
    return found


def _abouts(row: Row) -> list[tuple[Any, ...]]:
    """What a finding is about, by the ids of one side at a time."""
    if row["object_type"] not in ("user", "group", "membership") or row["situation"] is None:
        return []
    kind = (row["object_type"], row["situation"], row["attribute"])
    edge = row["object_type"] == "membership"
    sides = [(row[f"{side}_id"], row[f"group_{side}_id"]) for side in ("source", "target")]
    return [
        (*kind, side, *ids)
        for side, ids in zip(("source", "target"), sides, strict=True)
        if ids[0] and (ids[1] or not edge)
    ]


def _with(table: pa.Table, **columns: Sequence[Any]) -> pa.Table:
    """The table with other values in some columns; a mark's word is never overwritten."""
    import pyarrow as pa

    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        field = FINDINGS.schema.field(name)
        table = table.set_column(place, field, pa.array(values, field.type))
    return table


__all__ = ["SUPPRESSED", "Outcome", "held_against", "paired"]
