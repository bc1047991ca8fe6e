"""Evidence quality: what can and cannot be concluded from this evidence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scimlytics.checks.rows import decided_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence

LONGEST_LIST = 20
APART = timedelta(hours=24)
"""Snapshots that lie further apart show two different states of the tenant."""
GAP = timedelta(hours=24)
"""A shorter one between two exports of the log is no more than a quiet night."""
SKEW = timedelta(minutes=5)
"""So much ahead a clock may be before it matters."""


def quality(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per collection that is not proven complete, and per limit of the log.

    Whatever rests on the absence of something in such a collection is at most suspected.
    """
    rows: list[dict[str, Any]] = [
        {
            "object_type": "evidence",
            "cause": one.cause,
            "certainty": "confirmed",
            "subject": f"{one.side}.{one.collection}",
            "detail": f"{one.side}.{one.collection}: {one.why}.",
            "listed_ids": list(one.ids[:LONGEST_LIST]),
        }
        for one in evidence.grades.values()
        if one.cause is not None
    ]
    if not context.assigned and evidence.profile.scope != "all":
        rows.append(
            {
                "object_type": "evidence",
                "cause": "unproven_snapshot",
                "certainty": "confirmed",
                "subject": "source.assignments",
                "detail": "No assignments were exported; everybody active is presumed wanted.",
            }
        )
    rows += _times(evidence, context)
    rows += _gap(evidence, context)
    undecided = [
        row["subject"]
        for row in people.select(["subject", "certainty", "cause"]).to_pylist()
        if row["cause"] == "unknown" and row["certainty"] == "undecidable"
    ]
    if undecided and context.by_scim:
        begins = context.moment.covered_from
        if begins is None:
            detail = f"There is no log; for {len(undecided)} objects the cause cannot be told."
        else:
            detail = (
                f"The log begins at {begins:%Y-%m-%d %H:%M} UTC; for {len(undecided)} objects what"
                " matters happened before."
            )
        rows.append(
            {
                "object_type": "evidence",
                "cause": "log_gap" if begins is None else "log_retention_edge",
                "certainty": "confirmed",
                "subject": "log",
                "since": begins,
                "detail": detail,
            }
        )
    return decided_rows(rows)


def _times(evidence: Evidence, context: Context) -> list[dict[str, Any]]:
    """Snapshots that are older than what the log claims, or than each other; clocks that differ."""
    source, target = evidence.settings.source.taken_at, evidence.settings.target.taken_at
    rows = []
    if target is not None and (late := _claims_after(evidence, target)):
        number = f"{late} claim{'s' if late > 1 else ''}"
        rows.append(
            _stale(
                "target.users",
                target,
                f"The target was looked at on {_shown(target)}, and the log holds {number} of"
                " later: what they sent, this export cannot show.",
            )
        )
    if source is not None and target is not None and abs(source - target) > APART:
        older, name = min((source, "source"), (target, "target"))
        newer = max(source, target)
        row = _stale(
            f"{name}.users",
            older,
            f"The {name} was looked at on {_shown(older)}, the other side on {_shown(newer)}: they"
            " show two different states.",
        )
        if all(one["subject"] != row["subject"] for one in rows):
            rows.append(row)
    for side, taken in (("source", source), ("target", target)):
        ahead = None if taken is None else _made_later(evidence, side, taken)
        if taken is not None and ahead is not None:
            rows.append(
                {
                    "object_type": "evidence",
                    "cause": "clock_skew",
                    "certainty": "confirmed",
                    "subject": f"{side}.users",
                    "since": taken,
                    "until": ahead,
                    "detail": f"The {side} holds something that was made at {_shown(ahead)}, and it"
                    f" was looked at on {_shown(taken)}: one of the two clocks is wrong.",
                }
            )
    return rows


def _gap(evidence: Evidence, context: Context) -> list[dict[str, Any]]:
    """Events from before the time of which the log is known whole: between the two a part is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    begins = context.moment.covered_from
    if begins is None:
        return []
    at = evidence.rows("events").column("at")
    earlier = at.filter(pc.less(at, pa.scalar(begins, at.type)))
    newest: datetime | None = pc.max(earlier).as_py()
    if newest is None or begins - newest <= GAP:
        return []
    return [
        {
            "object_type": "evidence",
            "cause": "log_gap",
            "certainty": "confirmed",
            "subject": "log.events",
            "since": newest,
            "until": begins,
            "detail": f"Between {_shown(newest)} and {_shown(begins)} a part of the log is missing;"
            " only what was logged after that counts as the whole log.",
        }
    ]


def _stale(subject: str, taken: datetime, detail: str) -> dict[str, Any]:
    return {
        "object_type": "evidence",
        "cause": "stale_snapshot",
        "certainty": "confirmed",
        "subject": subject,
        "since": taken,
        "detail": detail,
    }


def _claims_after(evidence: Evidence, taken: datetime) -> int:
    """How many successful claims are newer than a snapshot, give or take what both took to export."""
    import pyarrow as pa
    import pyarrow.compute as pc

    events = evidence.rows("events").select(["at", "status", "outbound"])
    at = events.column("at")
    late = pc.greater(at, pa.scalar(taken + SKEW, at.type))
    outbound = pc.fill_null(events.column("outbound"), True)
    good = pc.equal(events.column("status"), "success")
    return int(pc.sum(pc.and_(pc.and_(late, outbound), good).cast("int64")).as_py() or 0)


def _made_later(evidence: Evidence, side: str, taken: datetime) -> datetime | None:
    """The newest time at which a user of a side was made, where that is after its export."""
    import pyarrow.compute as pc

    made: datetime | None = pc.max(evidence.rows(f"{side}_users").column("created")).as_py()
    return made if made is not None and made > taken + SKEW else None


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
