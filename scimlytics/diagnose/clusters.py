"""Incidents: findings of one cause that one event can explain, and by whom where an audit says it.

Thirty-seven deleted accounts are mostly one act. What an audit dates is put together when the same actor
did it by the same way within the hour. Of the rest only a window is known, not before and not after: the
fewest moments are sought so that each window holds one (piercing of intervals: always the earliest end).
One event *can* explain such findings; that it was one is not known, and an audit's actor is never lent to
what the audit does not name. Findings are few, and each step depends on the one before: so this is a loop
over rows and no expression.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from scimlytics.tables import NUMBER, TEXT, TIME, Column, Table
from scimlytics.vocabulary import SEVERITIES

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.evidence import Evidence

INCIDENTS = Table(
    "incidents",
    "One row per event that can explain findings of one cause.",
    {
        "severity": Column(TEXT, "The worst of its findings.", tuple(SEVERITIES)),
        "findings": Column(NUMBER, "How many findings it explains."),
        "check": Column(TEXT, "The question that found them."),
        "cause": Column(TEXT, "Their cause."),
        "object_type": Column(TEXT, "What they are about."),
        "fits_from": Column(TIME, "The event was not before; where an audit dates it, it began."),
        "fits_to": Column(TIME, "The event was not after; where an audit dates it, it ended."),
        "actor": Column(TEXT, "Who did it, where an audit says so."),
        "through": Column(TEXT, "By which interface, where an audit says so."),
        "first": Column(TIME, "Not before, of any of its findings."),
        "last": Column(TIME, "Not after, of any of its findings."),
        "subjects": Column(TEXT, "The first and the last of its subjects."),
    },
)
PAUSE = timedelta(hours=1)
"""A longer pause between two acts of one actor makes them two events."""
MANY, DAY, TOLD = 3, timedelta(days=1), 3
"""So many findings make an event worth a line of its own, if it is known to the day; so many lines."""
LOOKED_AT = (
    "finding_id", "check", "severity", "cause", "object_type", "subject", "since", "until", "evidence",
)  # fmt: skip
"""What of a finding tells which event it belongs to."""
Row = Mapping[str, Any]


def incidents(findings: pa.Table, evidence: Evidence) -> pa.Table:
    """Put findings together by the events that can explain them.

    Parameters
    ----------
    findings
        FINDINGS; those at info or accepted by a mark, and those without a window, are left out.
    evidence
        Whose audits say who did what.

    Returns
    -------
    INCIDENTS
        Most findings first, then by cause and time.
    """
    import pyarrow.compute as pc

    looked_at = (
        (pc.field("severity") != "info")
        & (pc.coalesce(pc.field("status"), "new") != "suppressed")
        & pc.field("since").is_valid()
        & pc.field("until").is_valid()
    )
    kept = findings.filter(looked_at).select(LOOKED_AT).to_pylist()
    known = {one["id"] for row in kept for one in row["evidence"] or () if one["kind"] == "audit"}
    acts = _acts(evidence, known)
    alike: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in kept:
        alike[row["check"], row["cause"], row["object_type"], _act(row, acts)].append(row)
    made = [
        _incident(some, act)
        for (*_, act), rows in alike.items()
        for some in (_pierced(rows) if act is None else _chained(rows))
    ]
    made.sort(key=lambda one: (-one["findings"], one["cause"], one["first"], one["subjects"]))
    return INCIDENTS.conform({name: [one[name] for one in made] for name in INCIDENTS.columns})


def notable(incidents: pa.Table) -> list[str]:
    """A line for each of the largest events that are known to the day."""
    rows = [
        row
        for row in incidents.to_pylist()
        if row["findings"] >= MANY and row["fits_to"] - row["fits_from"] <= DAY
    ]
    return [_spoken(row) for row in rows[:TOLD]]


def _spoken(incident: Row) -> str:
    """An incident in a line: how many, of what, when, by whom."""
    begin, end = incident["fits_from"], incident["fits_to"]
    until = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    when = (
        f"at {begin:%Y-%m-%d %H:%M}"
        if begin == end
        else f"between {begin:%Y-%m-%d %H:%M} and {until}"
    )
    who = f", by {incident['actor']}" if incident["actor"] else ""
    way = f" through {incident['through']}" if incident["through"] else ""
    return (
        f"{incident['findings']:,} findings of {incident['cause']} ({incident['object_type']}) fit one"
        f" event {when} UTC{who}{way}."
    )


def _acts(evidence: Evidence, ids: set[str]) -> dict[str, tuple[str | None, str | None]]:
    """Audit id → who acted, and by which interface."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found: dict[str, tuple[str | None, str | None]] = {}
    for name in ("source_audit", "target_audit"):
        rows = evidence.rows(name)
        mine = rows.filter(pc.is_in(rows.column("audit_id"), pa.array(sorted(ids), pa.string())))
        for row in mine.to_pylist():
            found[row["audit_id"]] = row["actor"], row.get("interface")
    return found


def _act(row: Row, acts: Mapping[str, tuple[str | None, str | None]]) -> Any:
    """By whom and how a finding came about; None where only its window is known."""
    if row["until"] - row["since"] > PAUSE:
        return None
    said = [acts[one["id"]] for one in row["evidence"] or () if one["id"] in acts]
    return said[0] if said else None


def _chained(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Dated findings without a long pause between one and the next."""
    ordered = sorted(rows, key=lambda row: (row["since"], row["finding_id"]))
    chain = ordered[:1]
    for before, row in pairwise(ordered):
        if row["since"] - before["until"] > PAUSE:
            yield chain
            chain = []
        chain.append(row)
    yield chain


def _pierced(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Findings whose windows share a moment; the fewest such groups there can be."""
    group: list[Row] = []
    end: datetime | None = None
    for row in sorted(rows, key=lambda row: (row["until"], row["since"], row["finding_id"])):
        if end is not None and row["since"] > end:
            yield group
            group, end = [], None
        end = row["until"] if end is None else end
        group.append(row)
    if group:
        yield group


def _incident(rows: Sequence[Row], act: tuple[str | None, str | None] | None) -> dict[str, Any]:
    first, last = min(row["since"] for row in rows), max(row["until"] for row in rows)
    words = Counter(row["severity"] for row in rows)
    subjects = sorted(row["subject"] or "" for row in rows)
    return {
        "severity": next(word for word in SEVERITIES if words[word]),
        "findings": len(rows),
        "check": rows[0]["check"],
        "cause": rows[0]["cause"],
        "object_type": rows[0]["object_type"],
        "fits_from": max(row["since"] for row in rows) if act is None else first,
        "fits_to": min(row["until"] for row in rows) if act is None else last,
        "actor": act[0] if act else None,
        "through": act[1] if act else None,
        "first": first,
        "last": last,
        "subjects": subjects[0] if len(rows) == 1 else f"{subjects[0]} … {subjects[-1]}",
    }
