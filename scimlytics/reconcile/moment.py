"""The moment: what the ledgers compare times with, as literals of the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence


@dataclass(frozen=True)
class Moment:
    """When the target was looked at, how long a change may be on its way, what the log covers."""

    seen_at: datetime
    grace: timedelta
    cycle: timedelta
    covered_from: datetime | None
    covered_to: datetime | None
    active_until: datetime | None
    """The last sign that the provider worked: its newest event, or its last cycle."""

    def age(self, moment: ir.TimestampColumn) -> ir.StringColumn:
        """``fresh`` within the grace, ``old`` before it, ``unknown`` where there is no time."""
        import ibis

        edge = ibis.literal(self.seen_at - self.grace, "timestamp('UTC', 6)")
        return ibis.cases((moment.isnull(), "unknown"), (moment > edge, "fresh"), else_="old")

    def covered(self, since: ir.TimestampColumn) -> ir.StringColumn:
        """Whether the log speaks about all the time since a moment: ``yes``, ``no``, ``unknown``.

        Log and snapshots are never taken in the same second: the log may end up to a grace before
        the target was looked at.
        """
        import ibis

        if self.covered_from is None or self.covered_to is None:
            return ibis.literal("no", "string")
        if self.covered_to < self.seen_at - max(self.grace, timedelta(hours=24)):
            return ibis.literal("no", "string")
        begin = ibis.literal(self.covered_from, "timestamp('UTC', 6)")
        return ibis.cases((since.isnull(), "unknown"), (since >= begin, "yes"), else_="no")

    def cycles_since(self, moment: ir.TimestampColumn) -> ir.BooleanColumn:
        """Whether the provider is known to have run after a moment."""
        import ibis

        if self.active_until is None:
            return ibis.literal(False)
        last = ibis.literal(self.active_until - self.cycle, "timestamp('UTC', 6)")
        return (moment < last).fill_null(False)


def moment_of(evidence: Evidence) -> Moment:
    """Read the moment off the evidence."""
    profile = evidence.profile
    coverage = evidence.rows("coverage").to_pylist()
    begins = [row["from"] for row in coverage if row["from"] is not None]
    ends = [row["to"] for row in coverage if row["to"] is not None]
    events = evidence.rows("events").column("at")
    runs = evidence.rows("jobs").column("last_run_ended").to_pylist()
    signs = [moment for moment in runs if moment is not None]
    if len(events):
        import pyarrow.compute as pc

        newest = pc.max(events).as_py()
        signs += [newest] if newest is not None else []
    return Moment(
        seen_at=profile.seen_at,
        grace=profile.grace,
        cycle=profile.cycle,
        covered_from=min(begins) if begins else None,
        covered_to=max(ends) if ends else None,
        active_until=max(signs) if signs else None,
    )
