"""People and accounts, counted: the way from directory to account, states, leavers, healthy ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir


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


def by_department(findings: ir.Table, source_users: ir.Table, users: ir.Table) -> ir.Table:
    """Missing and inactive users by department: ``department``, ``cause``, ``findings``, ``of``."""
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
    joined = counted.left_join(size, "department").drop("department_right")
    return joined.order_by(joined.findings.desc(), "department", "cause")


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
