"""Scope and mapping, measured: who is filtered out by what, and where both sides disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir

FLAGS = {
    "scope_assigned": "assigned to the application",
    "scope_role": "has the required role",
    "scope_active": "active in the source",
    "scope_filter": "inside the scoping filter",
}


def figures(findings: ir.Table, users: ir.Table, completeness: ir.Table) -> ir.Table:
    """Key figures on scope and mapping; columns as of ``Figures.table``."""
    found = open_ones(findings)
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).count()
    out = found.filter(found.object_type == "user", found.check == "scope_surprises")
    made = Figures(completeness)
    made.findings("Assigned and left out", out, wanted, "wanted people", ("source_assignments",))
    made.findings("Clauses and patterns that exclude", found.filter(found.object_type == "scope"))
    made.findings("Mappings that are wrong", found.filter(found.object_type == "mapping"))
    made.findings("Attributes that drifted", found.filter(found.check == "attribute_drift"))
    return made.table()


def flags(claims: ir.Table) -> ir.Table:
    """Which scoping flag was false when somebody was skipped, by people.

    Returns
    -------
    ir.Table
        ``flag``, ``people``, ``skipped`` (log lines), ``last_seen``.
    """
    import ibis

    rows = claims.filter(claims.object_type == "user")
    every = None
    for column, text in FLAGS.items():
        false = rows.filter(~rows[column].fill_null(True))
        one = false.aggregate(
            people=false.object_id.nunique(), skipped=false.count(), last_seen=false["at"].max()
        ).mutate(flag=ibis.literal(text))
        every = one if every is None else every.union(one)
    assert every is not None
    kept = every.filter(every.skipped > 0)
    return kept.select("flag", "people", "skipped", "last_seen").order_by(
        ibis.desc("people"), "flag"
    )


def clauses(claims: ir.Table) -> ir.Table:
    """Clauses of the scoping filter that excluded people: ``clause``, ``people``, ``last_seen``."""
    import ibis

    rows = claims.filter(claims.object_type == "user").select(
        "object_id", "at", clause=claims.scope_failed.unnest()
    )
    return (
        rows.group_by("clause")
        .agg(people=rows.object_id.nunique(), last_seen=rows["at"].max())
        .order_by(ibis.desc("people"), "clause")
    )


def agreement(agreement: ir.Table) -> ir.Table:
    """How far linked people agree in each attribute.

    Returns
    -------
    ir.Table
        ``attribute``, ``source``, ``people``, ``agree``, ``percent``, ``mapped``, ``wrong``.
    """
    shaped = agreement.select(
        "attribute",
        "source",
        "people",
        agree=agreement.equal.cast("int64"),
        percent=100.0 * agreement.share,
        mapped=agreement.mapped,
        wrong=agreement.wrong,
    )
    return shaped.order_by("percent", "attribute")


def only_on_creation(mappings: ir.Table) -> ir.Table:
    """Mappings that apply once, when the account is made; later changes never arrive.

    Returns
    -------
    ir.Table
        ``target_attribute``, ``source_attribute``, ``expression``, ``object_type``, ``job_id``.
    """
    rows = mappings.filter(mappings.flow_type == "on_create")
    return rows.select(
        "target_attribute", "source_attribute", "expression", "object_type", "job_id"
    ).order_by("target_attribute")


def not_evaluated(left_out: ir.Table) -> ir.Table:
    """Mapping expressions and scoping clauses that cannot be evaluated, and are left out.

    Returns
    -------
    ir.Table
        ``kind``, ``attribute``, ``written``, ``why``.
    """
    return left_out.order_by("kind", "attribute", "written")
