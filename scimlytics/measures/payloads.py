"""Failed attempts, measured: which codes, which attributes, since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir

EMPTY = ("bad_payload", "no_match_key")
"""Families of errors in which a value was missing or refused."""


def figures(findings: ir.Table, claims: ir.Table, completeness: ir.Table) -> ir.Table:
    """Key figures on failed attempts; columns as of ``Figures.table``."""
    found = open_ones(findings)
    failed = claims.filter(claims.kind == "negative")
    empty = failed.filter(failed.family.isin(EMPTY))
    made = Figures(completeness)
    made.findings(
        "Payloads that lack something", found.filter(found.check == "incomplete_payloads")
    )
    made.findings("Objects whose attempts fail", found.filter(found.check == "failing_objects"))
    made.count("Failed attempts", failed.count(), claims.count(), "log lines")
    made.count("For a missing or refused value", empty.count(), failed.count(), "failed attempts")
    return made.table()


def missing_values(claims: ir.Table) -> ir.Table:
    """Which attribute was missing or refused, in which operation.

    Returns
    -------
    ir.Table
        ``attribute``, ``action``, ``attempts``, ``objects``.
    """
    rows = claims.filter(claims.kind == "negative", claims.family.isin(EMPTY))
    named = rows.mutate(attribute=rows.skip_attribute.fill_null("not named"))
    return (
        named.group_by("attribute", "action")
        .agg(attempts=named.count(), objects=named.object_id.nunique())
        .order_by("attribute", "action")
    )


def codes(claims: ir.Table) -> ir.Table:
    """Every error code: how often, for how many objects, first and last seen.

    Returns
    -------
    ir.Table
        ``code``, ``family``, ``attempts``, ``objects``, ``first_seen``, ``last_seen``, ``reason``
        (of the last).
    """
    import ibis

    rows = claims.filter(claims.kind == "negative")
    counted = rows.group_by(
        code=rows.code.fill_null("none"), family=rows.family.fill_null("unknown")
    ).agg(
        attempts=rows.count(),
        objects=rows.object_id.nunique(),
        first_seen=rows["at"].min(),
        last_seen=rows["at"].max(),
        reason=rows.reason.argmax(rows["at"]),
    )
    return counted.order_by(ibis.desc("attempts"), "code")


def codes_over_time(claims: ir.Table) -> ir.Table:
    """Failed attempts by day and family: ``day``, ``cause`` (the family), ``findings`` (attempts)."""
    rows = claims.filter(claims.kind == "negative").mutate(day=claims["at"].truncate("D"))
    return (
        rows.group_by("day", cause=rows.family.fill_null("unknown"))
        .agg(findings=lambda t: t.count())
        .order_by("day", "cause")
    )
