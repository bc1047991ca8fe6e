"""Jobs and cycles, measured: when they ran, how much they did, how they ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir

QUARANTINE_FROM, QUARANTINE_SHARE, QUARANTINE_FAILURES = 5_000, 0.4, 40_000


def figures(
    findings: ir.Table, claims: ir.Table, jobs: ir.Table, completeness: ir.Table
) -> ir.Table:
    """Key figures on jobs and cycles; columns as of ``Figures.table``."""
    found = open_ones(findings)
    every = cycles(claims)
    bad = every.filter(every.outcome != "fine")
    made = Figures(completeness)
    made.findings(
        "Jobs that do not run as they should", found.filter(found.check == "cycle_health")
    )
    made.findings("Doubts about the evidence", found.filter(found.check == "evidence_quality"))
    made.count("Cycles with refusals or failures", bad.count(), every.count(), "cycles")
    made.count("Objects waiting for a retry", jobs.escrowed.sum())
    return made.table()


def cycles(claims: ir.Table) -> ir.Table:
    """Every cycle that wrote something to the log.

    Returns
    -------
    ir.Table
        ``job_id``, ``cycle_id``, ``begin``, ``end``, ``minutes``, ``lines``, ``accepted``,
        ``throttled``, ``failed``, ``outcome`` (``fine``, ``throttled``, ``failures``).
    """
    import ibis

    rows = claims.filter(claims.cycle_id.notnull())
    throttled = (rows.kind == "negative") & (rows.family == "throttled")
    counted = rows.group_by("cycle_id", job_id=rows.job_id.fill_null("unknown")).agg(
        begin=rows["at"].min(),
        end=rows["at"].max(),
        lines=rows.count(),
        accepted=rows.kind.isin(["positive", "disable", "delete"]).sum(),
        throttled=throttled.sum(),
        failed=((rows.kind == "negative") & ~throttled).sum(),
    )
    seconds = counted.end.epoch_seconds() - counted.begin.epoch_seconds()
    return counted.mutate(
        minutes=seconds / 60,
        accepted=counted.accepted.cast("int64"),
        throttled=counted.throttled.cast("int64"),
        failed=counted.failed.cast("int64"),
        outcome=ibis.cases(
            (counted.throttled > 0, "throttled"), (counted.failed > 0, "failures"), else_="fine"
        ),
    ).order_by("begin", "cycle_id")


def standing(jobs: ir.Table) -> ir.Table:
    """How each job stands: state, last cycle, quarantine, waiting retries.

    Returns
    -------
    ir.Table
        ``job_id``, ``state``, ``code``, ``interval_minutes``, ``last_run_ended``, ``last_run_state``,
        ``last_success_ended``, ``escrowed``, ``quarantine_since``, ``quarantine_reason``,
        ``quarantine_next``, ``error_code``.
    """
    return jobs.select(
        "job_id",
        "state",
        "code",
        "last_run_ended",
        "last_run_state",
        "last_success_ended",
        "escrowed",
        "quarantine_since",
        "quarantine_reason",
        "quarantine_next",
        "error_code",
        interval_minutes=jobs.interval_s / 60,
    ).order_by("job_id")


def quarantine_distance(claims: ir.Table) -> ir.Table:
    """How near each job is to quarantine, by the objects whose newest line is a failure.

    Entra looks at a job only from 5,000 failing objects on; it quarantines over 40 % or over 40,000
    (Microsoft, "Application provisioning in quarantine status"). Repeated failures of one object
    count once here.

    Returns
    -------
    ir.Table
        ``job_id``, ``objects``, ``failing``, ``percent``, ``until_evaluated`` (failures left until
        the job is looked at), ``in_danger``.
    """
    import ibis

    known = claims.filter(claims.product == "entra", claims.object_id.notnull())
    newest = known.mutate(
        place=ibis.row_number().over(
            group_by=[known.job_id, known.object_type, known.object_id],
            order_by=[known["at"].desc(), known.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    counted = newest.group_by(job_id=newest.job_id.fill_null("unknown")).agg(
        objects=newest.count(), failing=(newest.kind == "negative").sum().cast("int64")
    )
    share = counted.failing / counted.objects
    return counted.mutate(
        percent=100.0 * share,
        until_evaluated=ibis.greatest(QUARANTINE_FROM - counted.failing, 0),
        in_danger=(counted.failing >= QUARANTINE_FROM)
        & ((share > QUARANTINE_SHARE) | (counted.failing > QUARANTINE_FAILURES)),
    ).order_by("job_id")
