"""People and accounts, counted: the way from directory to account, states, leavers, healthy ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import by_cause as causes
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

AGES = (
    (1, "to 1 day"),
    (2, "to 2 days"),
    (7, "to 7 days"),
    (30, "to 30 days"),
    (90, "to 90 days"),
    (10**6, "longer"),
    (10**6, "not known"),
)
"""Limits in days, and how the bar is called; the last two are "longer" and "not known"."""


def figures(findings: ir.Table, users: ir.Table, completeness: ir.Table) -> ir.Table:
    """Key figures on missing users; columns as of ``Figures.table``."""
    found = open_ones(findings).filter(lambda t: t.object_type == "user")
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).count()
    missing = found.filter(found.situation == "missing")
    inactive = found.filter(found.situation == "inactive")
    both = ("source_users", "target_users")
    gone = missing.union(inactive)
    made = Figures(completeness)
    made.findings("Missing", missing, wanted, "wanted people", both)
    made.findings("Inactive", inactive, wanted, "wanted people", both)
    made.findings(
        "Never heal by themselves",
        gone.filter(gone.heals == "no"),
        gone.count(),
        "missing or inactive",
    )
    unsure = gone.filter(gone.certainty.isin(["suspected", "undecidable"]))
    made.findings("Left open by the evidence", unsure, gone.count(), "missing or inactive")
    return made.table()


def by_cause(findings: ir.Table) -> ir.Table:
    """Missing and inactive users by cause; columns as of ``findings.by_cause``."""
    kept = findings.filter(
        findings.object_type == "user", findings.situation.isin(["missing", "inactive"])
    )
    return causes(kept)


def funnel(users: ir.Table, claims: ir.Table) -> ir.Table:
    """Where people are lost on the way from the directory to an account.

    Returns
    -------
    ir.Table
        ``place``, ``stage``, ``people``, ``lost`` (since the stage before).
    """
    import ibis

    mentioned = claims.filter(claims.object_type == "user").select(mentioned="object_id").distinct()
    people = users.filter(users.source_id.notnull())
    joined = people.left_join(mentioned, people.source_id == mentioned.mentioned)
    active = joined.source_state == "active"
    wanted = active & joined.wanted.isin(["yes", "presumed"])
    known = (
        joined.mentioned.notnull()
        | (joined.trace_state == "existed")
        | (joined.target_state != "absent")
    )
    existed = (joined.trace_state == "existed") | (joined.target_state != "absent")
    stages = joined.aggregate(
        s0=joined.count(),
        s1=active.sum(),
        s2=wanted.sum(),
        s3=(wanted & known).sum(),
        s4=(wanted & existed).sum(),
        s5=(wanted & (joined.target_state != "absent")).sum(),
        s6=(wanted & (joined.target_state == "active")).sum(),
    )
    names = (
        "In the directory",
        "Active there",
        "Wanted in the target",
        "Ever attempted",
        "Ever created",
        "Have an account",
        "Account is active",
    )
    every = None
    for place, name in enumerate(names):
        before = stages[f"s{max(place - 1, 0)}"].fill_null(0)
        here = stages[f"s{place}"].fill_null(0)
        row = stages.select(
            place=ibis.literal(place, "int64"),
            stage=ibis.literal(name),
            people=here.cast("int64"),
            lost=(before - here).cast("int64"),
        )
        every = row if every is None else every.union(row)
    assert every is not None
    return every.order_by("place")


def state_matrix(users: ir.Table) -> ir.Table:
    """Source state × target state: ``source_state``, ``target_state``, ``people``, ``reading``."""
    import ibis

    counted = users.group_by(source_state=users.source_state, target_state=users.target_state).agg(
        people=users.count(), wanted=users.wanted.isin(["yes", "presumed"]).sum()
    )
    left = counted.source_state.isin(["disabled", "suspended", "deleted", "absent"])
    reading = ibis.cases(
        (left & (counted.target_state == "active"), "left, and the account is active"),
        (left, "left, and cannot get in"),
        ((counted.source_state == "none"), "accounts nobody of the directory owns"),
        ((counted.target_state == "active"), "active on both sides"),
        ((counted.target_state == "inactive"), "active, and the account is not"),
        else_="active, and no account",
    )
    return counted.select(
        "source_state",
        "target_state",
        "people",
        wanted=counted.wanted.cast("int64"),
        reading=reading,
    ).order_by("source_state", "target_state")


def by_department(
    findings: ir.Table, source_users: ir.Table, users: ir.Table, *, top: int = 20
) -> ir.Table:
    """Missing and inactive users by department, the most afflicted departments first.

    Parameters
    ----------
    findings, source_users, users
        Tables.
    top
        So many departments.

    Returns
    -------
    ir.Table
        ``department``, ``cause``, ``findings``, ``of_department``, ``of`` (wanted people in it).
    """
    import ibis

    gone = open_ones(findings).filter(
        lambda t: (t.object_type == "user") & t.situation.isin(["missing", "inactive"])
    )
    staff = source_users.select(
        person="id", department=source_users.department.fill_null("unknown")
    )
    wanted = users.filter(users.wanted.isin(["yes", "presumed"])).select(person="source_id")
    size = wanted.join(staff, "person").group_by("department").agg(of=lambda t: t.count())
    counted = (
        gone.join(staff, gone.source_id == staff.person)
        .group_by("department", "cause")
        .agg(findings=lambda t: t.count())
    )
    total = counted.mutate(of_department=counted.findings.sum().over(group_by=counted.department))
    ranked = total.mutate(
        place=ibis.dense_rank().over(order_by=[total.of_department.desc(), total.department])
    )
    joined = (
        ranked.filter(ranked.place < top).left_join(size, "department").drop("department_right")
    )
    return joined.select(
        "department",
        "cause",
        "findings",
        "of",
        of_department=joined.of_department.cast("int64"),
    ).order_by(ibis.desc("of_department"), "department", "cause")


def ages(findings: ir.Table, *, now: datetime) -> ir.Table:
    """How long missing and inactive users can have been so: ``place``, ``age``, ``findings``.

    Parameters
    ----------
    findings
        FINDINGS.
    now
        The moment asked about.
    """
    import ibis

    rows = open_ones(findings).filter(
        lambda t: (t.object_type == "user") & t.situation.isin(["missing", "inactive"])
    )
    moment = int(now.timestamp())
    days = (moment - rows.since.epoch_seconds()) / 86_400
    place = ibis.cases(
        (days.isnull(), len(AGES) - 1),
        *((days <= limit, at) for at, (limit, _) in enumerate(AGES)),
        else_=len(AGES) - 2,
    )
    counted = rows.group_by(place=place).agg(findings=lambda t: t.count())
    name = ibis.cases(*((counted.place == at, text) for at, (_, text) in enumerate(AGES)), else_="")
    return counted.select("place", "findings", age=name).order_by("place")


def leavers(findings: ir.Table, target_users: ir.Table) -> ir.Table:
    """People who left and whose account is active, administrators and recent logins first.

    Returns
    -------
    ir.Table
        ``severity``, ``subject``, ``cause``, ``since``, ``last_login``, ``auth_method``,
        ``privileged``, ``source_id``, ``target_id``, ``detail``, ``remedy``.
    """
    gone = open_ones(findings).filter(lambda t: t.situation == "orphaned")
    accounts = target_users.select(
        account="id", last_login="last_login", auth_method="auth_method", privileged="privileged"
    )
    joined = gone.left_join(accounts, gone.target_id == accounts.account)
    ordered = joined.order_by(
        joined.privileged.fill_null(False).desc(),
        joined.last_login.desc(nulls_first=False),
        joined.subject,
    )
    return ordered.select(
        "severity",
        "subject",
        "cause",
        "since",
        "last_login",
        "auth_method",
        "privileged",
        "source_id",
        "target_id",
        "detail",
        "remedy",
    )


def healthy(
    findings: ir.Table, users: ir.Table, assignments: ir.Table, *, sample: int = 5
) -> ir.Table:
    """A few people who are as they should be, with their whole chain: check the tool by them.

    Parameters
    ----------
    findings, users, assignments
        Tables.
    sample
        How many people.

    Returns
    -------
    ir.Table
        ``subject``, ``source_id``, ``wanted_since``, ``assigned_by``, ``claim`` (event id),
        ``claimed_at``, ``target_id``, ``target_state``, ``last_login``.
    """
    named = findings.filter(findings.source_id.notnull()).select(named="source_id").distinct()
    held = findings.filter(findings.target_id.notnull()).select(held="target_id").distinct()
    fine = users.filter(
        users.source_state == "active",
        users.target_state == "active",
        users.wanted.isin(["yes", "presumed"]),
    )
    fine = fine.anti_join(named, fine.source_id == named.named)
    fine = fine.anti_join(held, fine.target_id == held.held)
    direct = (
        assignments.filter(assignments.principal_type == "user")
        .select(direct="principal_id")
        .distinct()
    )
    joined = fine.left_join(direct, fine.source_id == direct.direct)
    import ibis

    return (
        joined.order_by(joined.last_positive.isnull(), joined.source_id.hash())
        .limit(sample)
        .select(
            "subject",
            "source_id",
            "wanted_since",
            assigned_by=ibis.ifelse(joined.direct.notnull(), "in person", "through a group"),
            claim=joined.last_positive,
            claimed_at=joined.last_positive_at,
            target_id=joined.target_id,
            target_state=joined.target_state,
            last_login=joined.account_last_login,
        )
    )
