"""Throttling, measured: when the target refused work, for how long, and what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures

if TYPE_CHECKING:
    import ibis.expr.types as ir


def figures(findings: ir.Table, claims: ir.Table, completeness: ir.Table) -> ir.Table:
    """Key figures on throttling; columns as of ``Figures.table``."""
    windows = findings.filter(findings.cause == "throttling_gap")
    tries = claims.filter(claims.kind.isin(["positive", "disable", "delete", "negative"]))
    hit = tries.filter(tries.kind == "negative", tries.family == "throttled")
    every = refused(claims)
    back = every.filter(every.accepted_at.notnull())
    lost = every.filter(every.accepted_at.isnull())
    missing = findings.filter(findings.cause == "throttled", findings.severity != "info")
    made = Figures(completeness)
    made.findings("Throttling gaps", windows)
    made.count("Refused attempts", hit.count(), tries.count(), "attempts")
    made.count("Got through later", back.count(), every.count(), "objects")
    made.count("Never got through", lost.count(), every.count(), "objects", "medium")
    made.findings("Missing because of it", missing)
    return made.table()


def pressure(claims: ir.Table, *, hours: int = 1) -> ir.Table:
    """Attempts over time, by how they ended.

    Parameters
    ----------
    claims
        Claims of the log.
    hours
        Width of a bar.

    Returns
    -------
    ir.Table
        ``at``, ``accepted``, ``throttled``, ``failed`` (for other reasons).
    """
    width = hours * 3600
    binned = claims.mutate(bin=(claims["at"].epoch_seconds() // width) * width)
    throttled = (binned.kind == "negative") & (binned.family == "throttled")
    counted = binned.group_by("bin").agg(
        accepted=binned.kind.isin(["positive", "disable", "delete"]).sum(),
        throttled=throttled.sum(),
        failed=((binned.kind == "negative") & ~throttled).sum(),
    )
    return counted.select(
        at=counted.bin.as_timestamp("s"),
        accepted=counted.accepted.cast("int64"),
        throttled=counted.throttled.cast("int64"),
        failed=counted.failed.cast("int64"),
    ).order_by("at")


def refused(claims: ir.Table) -> ir.Table:
    """Each object that was throttled: when first, how often, and when it was accepted after that.

    Returns
    -------
    ir.Table
        ``object_type``, ``object_id``, ``name``, ``first_refused``, ``last_refused``,
        ``refusals``, ``accepted_at`` (null: never since), ``delay_minutes``.
    """
    rows = claims.filter(claims.object_id.notnull())
    throttled = rows.filter(rows.kind == "negative", rows.family == "throttled")
    hit = throttled.group_by("object_type", "object_id").agg(
        name=throttled.source_name.max(),
        first_refused=throttled["at"].min(),
        last_refused=throttled["at"].max(),
        refusals=throttled.count(),
    )
    good = rows.filter(rows.kind.isin(["positive", "disable", "delete"])).select(
        "object_type", "object_id", good_at="at"
    )
    after = (
        hit.join(good, ["object_type", "object_id"])
        .filter(lambda t: t.good_at > t.last_refused)
        .group_by("object_type", "object_id")
        .agg(accepted_at=lambda t: t.good_at.min())
    )
    joined = hit.left_join(after, ["object_type", "object_id"]).drop(
        "object_type_right", "object_id_right"
    )
    waited = joined.accepted_at.epoch_seconds() - joined.first_refused.epoch_seconds()
    return joined.mutate(delay_minutes=waited / 60).order_by("first_refused", "object_id")


def gaps(findings: ir.Table, claims: ir.Table) -> ir.Table:
    """Windows in which throttling refused work, and what became of it.

    Returns
    -------
    ir.Table
        ``severity``, ``job``, ``start``, ``end``, ``minutes``, ``refused`` (attempts), ``objects``,
        ``recovered``, ``lost`` (never accepted since), ``detail``.
    """
    windows = findings.filter(findings.cause == "throttling_gap", findings.since.notnull()).select(
        "finding_id", "severity", "subject", "since", "until", "detail"
    )
    every = refused(claims)
    attempts = claims.filter(claims.kind == "negative", claims.family == "throttled").select(
        "object_type", "object_id", refused_at="at"
    )
    inside = windows.join(
        attempts,
        [
            attempts.refused_at >= windows.since,
            attempts.refused_at <= windows.until.coalesce(windows.since),
        ],
    )
    fate = inside.left_join(
        every.select("object_type", "object_id", "accepted_at"), ["object_type", "object_id"]
    ).drop("object_type_right", "object_id_right")
    attempts_of = inside.group_by("finding_id").agg(refused=lambda t: t.count())
    objects = fate.select("finding_id", "object_type", "object_id", "accepted_at").distinct()
    fates = objects.group_by("finding_id").agg(
        objects=objects.count(),
        recovered=objects.accepted_at.notnull().sum(),
        lost=objects.accepted_at.isnull().sum(),
    )
    joined = (
        windows.left_join(attempts_of, "finding_id")
        .drop("finding_id_right")
        .left_join(fates, "finding_id")
        .drop("finding_id_right")
    )
    seconds = joined.until.epoch_seconds() - joined.since.epoch_seconds()
    return joined.select(
        "severity",
        job=joined.subject,
        start=joined.since,
        end=joined.until,
        minutes=seconds / 60,
        refused=joined.refused.fill_null(0).cast("int64"),
        objects=joined.objects.fill_null(0).cast("int64"),
        recovered=joined.recovered.fill_null(0).cast("int64"),
        lost=joined.lost.fill_null(0).cast("int64"),
        detail=joined.detail,
    ).order_by("start")


def delays(claims: ir.Table) -> ir.Table:
    """How long throttled objects waited until they were accepted.

    Returns
    -------
    ir.Table
        ``object_type``, ``throttled`` (objects), ``recovered``, ``never``, ``median``, ``p90``,
        ``p99``, ``longest``; minutes from the first refusal to the acceptance.
    """
    every = refused(claims)
    waited = every.delay_minutes
    counted = every.group_by("object_type").agg(
        throttled=every.count(),
        recovered=waited.notnull().sum(),
        never=waited.isnull().sum(),
        median=waited.quantile(0.5),
        p90=waited.quantile(0.9),
        p99=waited.quantile(0.99),
        longest=waited.max(),
    )
    return counted.mutate(
        recovered=counted.recovered.cast("int64"), never=counted.never.cast("int64")
    ).order_by("object_type")


def retry_after(scim_requests: ir.Table) -> ir.Table:
    """Whether clients waited as long as the target asked them to.

    Returns
    -------
    ir.Table
        ``client``, ``refused`` (answers 429), ``asked`` (with Retry-After), ``obeyed``,
        ``ignored`` (the next request came sooner), ``longest_asked`` (seconds).
    """
    import ibis

    order = ibis.window(
        group_by=scim_requests.client, order_by=[scim_requests["at"], scim_requests.request_id]
    )
    following = scim_requests.mutate(next_at=scim_requests["at"].lead().over(order))
    hit = following.filter(following.status == 429)
    waited = hit.next_at.epoch_seconds() - hit["at"].epoch_seconds()
    asked = hit.retry_after_s.notnull()
    soon = asked & (waited < hit.retry_after_s).fill_null(False)
    counted = hit.group_by(client=hit.client.fill_null("unknown")).agg(
        refused=hit.count(),
        asked=asked.sum(),
        obeyed=(asked & ~soon).sum(),
        ignored=soon.sum(),
        longest_asked=hit.retry_after_s.max(),
    )
    return counted.mutate(
        asked=counted.asked.cast("int64"),
        obeyed=counted.obeyed.cast("int64"),
        ignored=counted.ignored.cast("int64"),
    ).order_by("client")
