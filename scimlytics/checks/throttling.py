"""Throttling: when the target refused work because there was too much, and what was lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.checks.rows import decided_rows

if TYPE_CHECKING:
    from datetime import timedelta

    import ibis.expr.types as ir
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence

QUIET_MINUTES = 90
"""Refusals further apart than this, and than two cycles, belong to different windows."""


def gaps(claims: ir.Table, *, cycle: timedelta) -> ir.Table:
    """The windows in which throttling refused work.

    Parameters
    ----------
    claims
        Claims of the log.
    cycle
        The provider's cycle.

    Returns
    -------
    ir.Table
        ``job_id``, ``began``, ``ended`` (first and last refusal), ``attempts``, ``refused``
        (objects), ``recovered`` (objects accepted later), ``delay_max_s``, ``first_event``,
        ``last_event``; in order of time.
    """
    import ibis

    quiet = max(int(2 * cycle.total_seconds()), QUIET_MINUTES * 60)
    named = claims.mutate(
        job=claims.job_id.fill_null("log"),
        who=ibis.coalesce(claims.object_id, claims.source_name_key, claims.event_id),
    )
    refused = named.filter(named.kind == "negative", named.family == "throttled")
    in_time = {"group_by": "job", "order_by": ["at", "event_id"]}
    apart = (
        refused["at"].epoch_seconds()
        - refused["at"].lag().over(ibis.window(**in_time)).epoch_seconds()
    )
    opening = refused.mutate(opens=ibis.ifelse(apart.fill_null(quiet + 1) > quiet, 1, 0))
    numbered = opening.mutate(window=opening.opens.sum().over(ibis.cumulative_window(**in_time)))
    window = ("job", "window")
    each = numbered.group_by(*window, "object_type", "who").agg(
        first=numbered["at"].min(), last=numbered["at"].max(), tries=lambda t: t.count()
    )
    accepted = named.filter(named.kind.isin(["positive", "disable", "delete"])).select(
        "object_type", "who", accepted_at="at"
    )
    later = (
        each.join(accepted, ["object_type", "who"])
        .filter(lambda t: t.accepted_at > t["last"])
        .group_by(*window, "object_type", "who")
        .agg(accepted_at=lambda t: t.accepted_at.min())
    )
    known = each.left_join(later, [*window, "object_type", "who"])
    # A quotient, since engines disagree on whether seconds of a moment have a fraction.
    delay = (known.accepted_at.epoch_seconds() - known["first"].epoch_seconds()) / 1
    summed = known.group_by(*window).agg(
        began=known["first"].min(),
        ended=known["last"].max(),
        attempts=known.tries.sum(),
        refused=lambda t: t.count(),
        recovered=known.accepted_at.count(),
        delay_max_s=delay.max(),
    )
    ends = numbered.mutate(
        first_at=numbered["at"].min().over(group_by=list(window)),
        last_at=numbered["at"].max().over(group_by=list(window)),
    )
    events = ends.group_by(*window).agg(
        job_id=ends.job_id.max(),
        first_event=ends.event_id.min(where=ends["at"] == ends.first_at),
        last_event=ends.event_id.max(where=ends["at"] == ends.last_at),
    )
    return summed.join(events, list(window)).drop(*window).order_by("began", "job_id")


def throttling(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per window in which throttling refused work.

    A window that recovered is ``low``; one that lost or still delays work is ``medium``. What was
    lost is a finding of its own on each object.
    """
    del people
    found = evidence.engine.fetch(gaps(evidence.table("claims"), cycle=context.moment.cycle))
    rows = []
    for gap in found.to_pylist():
        lost = gap["refused"] - gap["recovered"]
        outcome = (
            "all of them got through later"
            if lost == 0
            else f"{gap['recovered']} got through later, {lost} did not"
        )
        slowest = (
            f" The slowest waited {gap['delay_max_s'] / 3600:.1f} hours."
            if gap["delay_max_s"]
            else ""
        )
        rows.append(
            {
                "object_type": "cycle",
                "cause": "throttling_gap",
                "certainty": "confirmed",
                "subject": f"{gap['job_id'] or 'log'} {gap['began']:%Y-%m-%dT%H:%M:%SZ}",
                "since": gap["began"],
                "until": gap["ended"],
                "severity": "low" if lost == 0 else "medium",
                "detail": (
                    f"From {gap['began']:%Y-%m-%d %H:%M} to {gap['ended']:%H:%M} UTC the target"
                    f" refused {gap['attempts']} attempts for {gap['refused']} objects; {outcome}."
                    f"{slowest}"
                ),
                "cited": [
                    {
                        "kind": "event",
                        "id": gap["first_event"],
                        "at": gap["began"],
                        "says": "the first refusal",
                    },
                    {
                        "kind": "event",
                        "id": gap["last_event"],
                        "at": gap["ended"],
                        "says": "the last refusal",
                    },
                ],
            }
        )
    return decided_rows(rows)
