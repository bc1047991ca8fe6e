"""What was deleted in the target behind the provider's back: windows, and whom it hits hardest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import incidents as in_order
from scimlytics.measures.findings import open_ones, rank

if TYPE_CHECKING:
    import ibis.expr.types as ir

CHECK = "deletion_drift"


def figures(
    findings: ir.Table, users: ir.Table, groups: ir.Table, completeness: ir.Table
) -> ir.Table:
    """Key figures on deletions; columns as of ``Figures.table``."""
    rows = open_ones(findings).filter(lambda t: t.check == CHECK)
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).count()
    kept = groups.filter(groups.wanted == "yes").count()
    gone = rows.filter(rows.situation == "missing")
    made = Figures(completeness)
    made.findings(
        "Deleted groups",
        gone.filter(gone.object_type == "group"),
        kept,
        "wanted groups",
        ("source_groups", "target_groups"),
    )
    people = ("source_users", "target_users")
    accounts = gone.filter(gone.object_type == "user")
    disabled = rows.filter(rows.situation == "inactive")
    made.findings("Deleted accounts", accounts, wanted, "wanted people", people)
    made.findings("Disabled accounts", disabled, wanted, "wanted people", people)
    made.findings(
        "Never heal by themselves", rows.filter(rows.heals == "no"), rows.count(), "deletions"
    )
    return made.table()


def deletions(findings: ir.Table, source_memberships: ir.Table) -> ir.Table:
    """Everything deleted or disabled in the target; groups with most members first.

    Returns
    -------
    ir.Table
        ``severity``, ``subject``, ``object_type``, ``cause``, ``certainty``, ``members`` (of a
        group: whom it hits; of a user: the groups lost), ``since``, ``until``, ``heals``, ``detail``,
        ``remedy``, ``source_id``, ``target_id``, ``evidence``.
    """
    import ibis

    rows = open_ones(findings).filter(lambda t: t.check == CHECK)
    of_group = source_memberships.group_by(sized="group_id").agg(in_group=lambda t: t.count())
    of_user = source_memberships.group_by(member="member_id").agg(groups_of=lambda t: t.count())
    joined = rows.left_join(of_group, rows.source_id == of_group.sized).left_join(
        of_user, rows.source_id == of_user.member
    )
    members = ibis.coalesce(joined.in_group, joined.groups_of, 0).cast("int64")
    shaped = joined.select(
        "severity",
        "subject",
        "object_type",
        "cause",
        "certainty",
        "since",
        "until",
        "heals",
        "detail",
        "remedy",
        "source_id",
        "target_id",
        "evidence",
        members=members,
    )
    return shaped.order_by(
        shaped.object_type != "group", rank(shaped.severity), ibis.desc("members"), "subject"
    )


def windows(incidents: ir.Table) -> ir.Table:
    """Deletions that one event can explain; columns as of ``findings.incidents``."""
    return in_order(incidents.filter(incidents.check == CHECK), least=1)


def spans(findings: ir.Table, *, top: int = 60) -> ir.Table:
    """Between when and when each deletion can have happened.

    Parameters
    ----------
    findings
        FINDINGS.
    top
        So many, the narrowest windows first.

    Returns
    -------
    ir.Table
        ``subject``, ``object_type``, ``cause``, ``since``, ``until``, ``hours``.
    """
    rows = open_ones(findings).filter(lambda t: t.check == CHECK)
    rows = rows.filter(rows.since.notnull(), rows.until.notnull())
    hours = (rows.until.epoch_seconds() - rows.since.epoch_seconds()) / 3600
    return (
        rows.select("subject", "object_type", "cause", "since", "until", hours=hours)
        .order_by("hours", "since", "subject")
        .limit(top)
        .order_by("since", "until", "subject")
    )
