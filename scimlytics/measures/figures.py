"""Key figures: a number, what it is out of, and how bad it is."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.measures.findings import open_ones, rank, word

if TYPE_CHECKING:
    import ibis.expr.types as ir


def of_findings(
    place: int, label: str, rows: ir.Table, of: ir.IntegerScalar | None = None, of_what: str = ""
) -> ir.Table:
    """One key figure: how many findings, as severe as the worst of them.

    Returns
    -------
    ir.Table
        One row: ``place``, ``label``, ``value``, ``of``, ``of_what``, ``severity``, ``note``.
    """
    import ibis

    summary = rows.aggregate(
        value=rows.count(),
        worst=rank(rows.severity).min(),
        new=(rows.status == "new").sum().fill_null(0),
        known=rows.status.notnull().sum().fill_null(0),
    )
    return summary.select(
        place=ibis.literal(place, "int64"),
        label=ibis.literal(label),
        value=summary.value.cast("int64"),
        of=ibis.null("int64") if of is None else of.as_scalar().cast("int64"),
        of_what=ibis.literal(of_what),
        severity=ibis.ifelse(summary.value == 0, "fine", word(summary.worst)),
        note=ibis.ifelse(summary.known == 0, "", summary.new.cast("int64").cast("string") + " new"),
    )


def of_count(
    place: int,
    label: str,
    value: ir.IntegerScalar,
    of: ir.IntegerScalar | None = None,
    of_what: str = "",
    severity: str = "",
) -> ir.Table:
    """One key figure that is just a number; *severity* holds when it is not zero."""
    import ibis

    counted = value.name("value").as_table()
    number = counted["value"].fill_null(0).cast("int64")
    return counted.select(
        place=ibis.literal(place, "int64"),
        label=ibis.literal(label),
        value=number,
        of=ibis.null("int64") if of is None else of.as_scalar().cast("int64"),
        of_what=ibis.literal(of_what),
        severity=ibis.ifelse(number == 0, "fine", severity) if severity else ibis.literal(""),
        note=ibis.literal(""),
    )


def together(*rows: ir.Table) -> ir.Table:
    """Key figures under each other, in their order."""
    return reduce(lambda above, below: above.union(below), rows).order_by("place")


def health(
    findings: ir.Table,
    users: ir.Table,
    groups: ir.Table,
    wanted_edges: ir.Table,
    target_users: ir.Table,
) -> ir.Table:
    """The numbers an administrator looks at first, each with what it is out of."""
    found = open_ones(findings)
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).count()
    left = users.source_state.isin(["disabled", "suspended", "deleted", "absent"])
    kept = groups.filter(groups.wanted == "yes").count()

    def those(object_type: str, *situations: str) -> ir.Table:
        return found.filter(found.object_type == object_type, found.situation.isin(situations))

    every = found.count()
    return together(
        of_findings(
            0,
            "Leavers still active",
            those("user", "orphaned"),
            users.filter(left).count(),
            "who left",
        ),
        of_findings(
            1, "Missing or inactive", those("user", "missing", "inactive"), wanted, "wanted people"
        ),
        of_findings(2, "Missing groups", those("group", "missing"), kept, "wanted groups"),
        of_findings(
            3,
            "Missing memberships",
            those("membership", "missing"),
            wanted_edges.count(),
            "wanted memberships",
        ),
        of_findings(4, "Extra groups and memberships", found.filter(found.situation == "extra")),
        of_findings(
            5,
            "Duplicated or shared",
            those("user", "duplicated", "shared"),
            target_users.count(),
            "accounts",
        ),
        of_findings(
            6, "Never heal by themselves", found.filter(found.heals == "no"), every, "findings"
        ),
        of_findings(
            7,
            "Left open by the evidence",
            found.filter(found.certainty.isin(["suspected", "undecidable"])),
            every,
            "findings",
        ),
    )
