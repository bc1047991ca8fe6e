"""Groups and memberships, counted: how much of each group arrived, and what keeps the rest away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir


def figures(
    findings: ir.Table, groups: ir.Table, wanted_edges: ir.Table, completeness: ir.Table
) -> ir.Table:
    """Key figures on groups and memberships; columns as of ``Figures.table``."""
    found = open_ones(findings)
    edges = found.filter(found.object_type == "membership")
    missing = edges.filter(edges.situation == "missing")
    gone = found.filter(found.object_type == "group", found.situation == "missing")
    waiting = findings.filter(findings.cause == "member_not_provisioned")
    kept = groups.filter(groups.wanted == "yes").count()
    both = ("source_memberships", "target_memberships")
    made = Figures(completeness)
    made.findings("Missing memberships", missing, wanted_edges.count(), "wanted", both)
    made.findings("Extra memberships", edges.filter(edges.situation == "extra"), rests_on=both)
    made.findings("Missing groups", gone, kept, "wanted groups", ("source_groups", "target_groups"))
    made.count("Wait for their user or group", waiting.count(), wanted_edges.count(), "wanted")
    made.findings(
        "Never heal by themselves",
        missing.filter(missing.heals == "no"),
        missing.count(),
        "missing",
    )
    return made.table()


def coverage(findings: ir.Table, groups: ir.Table, wanted_edges: ir.Table) -> ir.Table:
    """How much of each wanted group is in the target, the worst first.

    Memberships whose user or group is missing count as missing here, although they are counted
    under that user or group everywhere else.

    Returns
    -------
    ir.Table
        ``group``, ``wanted``, ``missing``, ``extra``, ``covered`` (percent), ``group_missing``,
        ``group_source_id``, ``group_target_id``.
    """
    import ibis

    edges = findings.filter(findings.object_type == "membership")
    edges = edges.filter(edges.status.fill_null("new") != "suppressed")
    counted = edges.group_by("group_source_id").agg(
        missing=(edges.situation == "missing").sum(), extra=(edges.situation == "extra").sum()
    )
    size = wanted_edges.group_by("group_id").agg(size=lambda t: t.count())
    kept = groups.filter(groups.wanted == "yes")
    joined = (
        kept.left_join(size, "group_id")
        .drop("group_id_right")
        .left_join(counted, kept.group_id == counted.group_source_id)
    )
    members = joined["size"].fill_null(0).cast("int64")
    missing = ibis.ifelse(
        joined.target_state == "absent", members, joined.missing.fill_null(0).cast("int64")
    )
    shaped = joined.select(
        group=joined.subject,
        wanted=members,
        missing=missing,
        extra=joined.extra.fill_null(0).cast("int64"),
        covered=ibis.ifelse(members == 0, 100.0, 100.0 * (members - missing) / members),
        group_missing=joined.target_state == "absent",
        group_source_id=joined.group_id,
        group_target_id=joined.target_group_id,
    )
    return shaped.order_by("covered", ibis.desc("missing"), ibis.desc("extra"), "group")


def group_by_cause(findings: ir.Table, groups: ir.Table, *, top: int = 25) -> ir.Table:
    """Which cause keeps members out of which group, the worst groups first.

    Parameters
    ----------
    findings, groups
        Tables.
    top
        So many groups.

    Returns
    -------
    ir.Table
        ``group``, ``cause``, ``situation``, ``memberships``, ``of_group``.
    """
    import ibis

    edges = findings.filter(findings.object_type == "membership")
    edges = edges.filter(edges.status.fill_null("new") != "suppressed")
    names = (
        groups.select("group_id", group="subject").filter(lambda t: t.group_id.notnull()).distinct()
    )
    joined = edges.left_join(names, edges.group_source_id == names.group_id)
    named = joined.mutate(group=joined.group.coalesce(joined.group_target_id, "unknown"))
    counted = named.group_by("group", "cause", "situation").agg(memberships=lambda t: t.count())
    sized = counted.mutate(of_group=counted.memberships.sum().over(group_by=counted.group))
    ranked = sized.mutate(
        place=ibis.dense_rank().over(order_by=[sized.of_group.desc(), sized.group])
    )
    kept = ranked.filter(ranked.place < top)
    return kept.select(
        "group", "cause", "situation", "memberships", of_group=kept.of_group.cast("int64")
    ).order_by(ibis.desc("of_group"), "group", "cause")


def lost_when(findings: ir.Table) -> ir.Table:
    """When memberships and groups were lost: a row per window, largest first.

    Returns
    -------
    ir.Table
        ``since``, ``until``, ``cause``, ``object_type``, ``findings``, ``example``.
    """
    import ibis

    rows = open_ones(findings).filter(
        lambda t: t.object_type.isin(["membership", "group"]) & (t.situation == "missing")
    )
    rows = rows.filter(rows.since.notnull())
    counted = rows.group_by("since", "until", "cause", "object_type").agg(
        findings=rows.count(), example=rows.subject.min()
    )
    return counted.order_by(ibis.desc("findings"), "since", "cause")
