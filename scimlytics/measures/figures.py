"""Key figures: a number, what it is out of, and how bad it is."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.measures.findings import open_ones, rank, word

if TYPE_CHECKING:
    import ibis.expr.types as ir

LEFT = ("disabled", "suspended", "deleted", "absent")
"""States in the source of somebody who should not get in any more."""


class Figures:
    """Key figures in the making: each is one row, and they come in the order they are added.

    A zero is only fine when it is proven: what it counts must have been exported, completely.
    """

    def __init__(self, completeness: ir.Table) -> None:
        self._completeness = completeness
        self._rows: list[ir.Table] = []

    def findings(
        self,
        label: str,
        rows: ir.Table,
        of: ir.IntegerScalar | None = None,
        of_what: str = "",
        rests_on: tuple[str, ...] = (),
    ) -> Figures:
        """Add how many findings there are, as severe as the worst of them.

        Parameters
        ----------
        label
            What is counted.
        rows
            The findings.
        of, of_what
            What they are out of, and how that is called.
        rests_on
            The collections that must be complete for a zero to be fine.
        """
        import ibis

        summary = rows.aggregate(
            value=rows.count(),
            worst=rank(rows.severity).min(),
            new=(rows.status == "new").sum().fill_null(0),
            known=rows.status.notnull().sum().fill_null(0),
        )
        note = ibis.ifelse(
            summary.known == 0, "", summary.new.cast("int64").cast("string") + " new"
        )
        return self._add(label, summary, word(summary.worst), note, of, of_what, rests_on)

    def count(
        self,
        label: str,
        value: ir.IntegerScalar,
        of: ir.IntegerScalar | None = None,
        of_what: str = "",
        severity: str = "",
    ) -> Figures:
        """Add a plain number; *severity* holds when it is not zero."""
        import ibis

        summary = value.name("value").as_table()
        return self._add(
            label,
            summary,
            ibis.literal(severity),
            ibis.literal(""),
            of,
            of_what,
            (),
            judge=bool(severity),
        )

    def table(self) -> ir.Table:
        """The figures under each other.

        Returns
        -------
        ir.Table
            ``place``, ``label``, ``value`` (null: cannot be told), ``of``, ``of_what``,
            ``severity`` (also ``fine``, ``unproven`` or nothing) and ``note``.
        """
        return reduce(lambda above, below: above.union(below), self._rows).order_by("place")

    def _add(
        self,
        label: str,
        summary: ir.Table,
        severity: ir.StringValue,
        note: ir.StringValue,
        of: ir.IntegerScalar | None,
        of_what: str,
        rests_on: tuple[str, ...],
        *,
        judge: bool = True,
    ) -> Figures:
        import ibis

        grades = self._completeness.filter(self._completeness["name"].isin(rests_on or ("-",)))
        number = summary["value"].fill_null(0).cast("int64")
        none = number == 0
        absent = grades.filter(grades.grade == "absent").count().as_scalar() > 0
        open_ = grades.filter(grades.grade != "complete").count().as_scalar() > 0
        # Coalesced, since Ibis 12 repeats the name of a bare subquery wherever else it is used.
        whole = ibis.null("int64") if of is None else ibis.coalesce(of.as_scalar(), 0)
        nothing = ibis.literal(False) if of is None else whole == 0
        zero = ibis.cases((absent | nothing, ""), (open_, "unproven"), else_="fine")
        self._rows.append(
            summary.select(
                place=ibis.literal(len(self._rows), "int64"),
                label=ibis.literal(label),
                value=ibis.ifelse(none & absent, ibis.null("int64"), number),
                of=whole,
                of_what=ibis.literal(of_what),
                severity=ibis.ifelse(none, zero, severity) if judge else ibis.literal(""),
                note=ibis.ifelse(none & absent, "not exported", note),
            )
        )
        return self


def health(
    findings: ir.Table,
    users: ir.Table,
    groups: ir.Table,
    wanted_edges: ir.Table,
    target_users: ir.Table,
    completeness: ir.Table,
) -> ir.Table:
    """The numbers an administrator looks at first, each with what it is out of."""
    found = open_ones(findings)
    left = users.filter(users.source_state.isin(LEFT)).count()
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).count()
    kept = groups.filter(groups.wanted == "yes").count()
    both_users = ("source_users", "target_users")
    both_groups = ("source_groups", "target_groups")
    both_edges = ("source_memberships", "target_memberships")

    def those(object_type: str, *situations: str) -> ir.Table:
        return found.filter(found.object_type == object_type, found.situation.isin(situations))

    missing, doubled = those("user", "missing", "inactive"), those("user", "duplicated", "shared")
    extra = found.filter(found.situation == "extra")
    unsure = found.filter(found.certainty.isin(["suspected", "undecidable"]))
    made = Figures(completeness)
    made.findings("Leavers still active", those("user", "orphaned"), left, "who left", both_users)
    made.findings("Missing or inactive", missing, wanted, "wanted people", both_users)
    made.findings("Missing groups", those("group", "missing"), kept, "wanted groups", both_groups)
    made.findings(
        "Missing memberships",
        those("membership", "missing"),
        wanted_edges.count(),
        "wanted memberships",
        both_edges,
    )
    made.findings("Extra groups and memberships", extra, rests_on=both_edges)
    made.findings("Duplicated or shared", doubled, target_users.count(), "accounts", both_users)
    made.findings(
        "Never heal by themselves", found.filter(found.heals == "no"), found.count(), "findings"
    )
    made.findings("Left open by the evidence", unsure, found.count(), "findings")
    return made.table()
