"""The users ledger: one row per person, and per account nobody owns, three sides wide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.reconcile.correlate import ALIAS, EXTERNAL_ID, USER_NAME

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.reconcile.moment import Moment

MINUTES_TO_FIRST_LOGIN = 10
"""An account whose first login lies this close to its making was made by that login."""


def account_facts(accounts: ir.Table, claims: ir.Table, strategies: ir.Table) -> ir.Table:
    """What each account shows about who made it.

    Returns
    -------
    ir.Table
        ``account_id``, ``account_state`` (``active``, ``inactive``), names and dates, ``in_log``
        (a claim names its id), ``made_at_login``, ``provisioned`` (the log, the external id or the
        target itself says that provisioning made it).
    """
    import ibis

    logged = (
        claims.filter(claims.object_type == "user", claims.target_id.notnull())
        .select(logged_id="target_id")
        .distinct()
    )
    joined = accounts.left_join(logged, accounts.id == logged.logged_id)
    in_log = joined.logged_id.notnull()
    waited = joined.first_login.epoch_seconds() - joined.created.epoch_seconds()
    at_login = (waited.abs() <= MINUTES_TO_FIRST_LOGIN * 60).fill_null(False)
    return joined.select(
        account_id="id",
        account_name="user_name",
        account_name_key="user_name_key",
        account_email="email",
        account_email_key="email_key",
        account_external_id="external_id",
        account_state=ibis.ifelse(joined.active.fill_null(True), "active", "inactive"),
        account_created="created",
        account_modified="modified",
        account_first_login="first_login",
        account_last_login="last_login",
        account_strategy="strategy_id",
        account_auth="auth_method",
        account_privileged=joined.privileged.fill_null(False),
        account_managed="managed",
        in_log=in_log,
        made_at_login=at_login & ~in_log,
        provisioned=in_log | joined.external_id.notnull(),
    )


def owned_accounts(owners: ir.Table, facts: ir.Table, *, provisioned: bool) -> ir.Table:
    """The accounts of each person, the one the provider writes to first.

    The survivor is the account that the strongest link leads to; among equals the active one, the
    provisioned one, then the one used last (duplicates.md). Where accounts are provisioned, one
    made at a first login comes after; without provisioning all are made so.

    Returns
    -------
    ir.Table
        The columns of *facts* with ``person_id``, ``tier``, ``former_id`` and ``place`` (0 is the
        person's account, 1 and more are its twins).
    """
    import ibis

    joined = owners.join(facts, "account_id")
    return joined.mutate(
        place=ibis.row_number().over(
            group_by=joined.person_id,
            order_by=[
                joined.tier > EXTERNAL_ID,
                joined.made_at_login & ibis.literal(provisioned),
                joined.tier,
                joined.linked_at.desc(),
                joined.account_state != "active",
                ~joined.provisioned,
                joined.account_last_login.desc(),
                joined.account_id,
            ],
        )
    )


def twins(owned: ir.Table) -> ir.Table:
    """The second account of each person that has more than one, and the ids of all others.

    Returns
    -------
    ir.Table
        ``person_id``, ``other_ids``, and of the first twin ``twin``, ``twin_name_key``,
        ``twin_email_key``, ``twin_external_id``, ``twin_created``, ``twin_first_login``,
        ``twin_last_login``, ``twin_in_log``, ``twin_made_at_login``, ``twin_provisioned``,
        ``twin_tier``, ``twin_renamed`` (a rename leads from its key to the person's),
        ``twin_state``, ``twin_strategy``.
    """
    others = owned.filter(owned.place > 0)
    listed = others.group_by("person_id").agg(
        other_ids=others.account_id.collect(), twin_active=(others.account_state == "active").any()
    )
    first = others.filter(others.place == 1).select(
        "person_id",
        twin="account_id",
        twin_name="account_name",
        twin_name_key="account_name_key",
        twin_email_key="account_email_key",
        twin_external_id="account_external_id",
        twin_created="account_created",
        twin_first_login="account_first_login",
        twin_last_login="account_last_login",
        twin_in_log="in_log",
        twin_made_at_login="made_at_login",
        twin_provisioned="provisioned",
        twin_tier="tier",
        twin_renamed="renamed",
        twin_state="account_state",
        twin_strategy="account_strategy",
    )
    return first.join(listed, "person_id")


def blockers(
    candidates: ir.Table, contested: ir.Table, owned: ir.Table, facts: ir.Table
) -> ir.Table:
    """The account that stands in the way of each person whom the target refuses for a taken name.

    Of somebody who has an account it is another one that carries the very user name; of somebody
    who has none, whatever matches best.

    Returns
    -------
    ir.Table
        ``person_id``, ``blocker`` (the account's id).
    """
    import ibis

    own = owned.filter(owned.place == 0).select("person_id", own_id="account_id")
    weak = candidates.filter(candidates.tier >= USER_NAME).semi_join(contested, "person_id")
    held = weak.left_join(own, "person_id").drop("person_id_right")
    other = held.own_id.isnull() | ((held.tier == USER_NAME) & (held.account_id != held.own_id))
    met = (
        held.filter(other)
        .drop("own_id")
        .join(facts.select("account_id", "account_state"), "account_id")
    )
    first = met.mutate(
        place=ibis.row_number().over(group_by=met.person_id, order_by=[met.tier, met.account_id])
    ).filter(lambda t: t.place == 0)
    return first.select("person_id", blocker="account_id")


def wanted(
    people: ir.Table,
    way: ir.Table,
    points: ir.Table,
    kept_out: ir.Table,
    *,
    scope: str,
    assigned: bool,
) -> ir.Table:
    """Who is wanted in the target, by which way, and since when.

    Parameters
    ----------
    people
        What ``people.known`` returns.
    way
        What ``scope.best_way`` returns.
    points
        What ``people.turning_points`` returns.
    kept_out
        ``person_id`` and ``kept_out_by``: the clauses of a scoping filter that keep a person out.
        Who is assigned and kept out stays wanted, for that is a surprise; where the scope is
        everybody the filter says who is meant.
    scope
        ``all`` when the job provisions everybody.
    assigned
        Assignments were exported.
    """
    import ibis

    joined = people.left_join(way, "person_id").drop("person_id_right")
    joined = joined.left_join(points, "person_id").drop("person_id_right")
    joined = joined.left_join(kept_out, "person_id").drop("person_id_right")
    let_in = joined.kept_out_by.isnull()
    active = joined.source_state == "active"
    if scope == "all":
        word = ibis.ifelse(active & let_in, "yes", "no")
    elif assigned:
        word = ibis.ifelse(active & joined.scope_way.notnull(), "yes", "no")
    else:
        word = ibis.ifelse(active & let_in, "presumed", "no")
    everybody = scope == "all" or not assigned
    dated = joined.person_created if everybody else joined.scope_since
    since = ibis.cases(
        (dated.isnull(), None),
        else_=ibis.greatest(
            dated,
            ibis.coalesce(joined.person_created, dated),
            ibis.coalesce(joined.enabled_at, dated),
        ),
    )
    return joined.mutate(wanted=word, wanted_since=since)


def failed_logins(target_audit: ir.Table, person_keys: ir.Table) -> ir.Table:
    """Sign-ins that failed under a person's present name or address.

    Returns
    -------
    ir.Table
        ``person_id``, ``login_failures`` (how many), ``login_failed`` (the newest entry),
        ``login_failed_at``.
    """
    failed = target_audit.filter(target_audit.action == "login_failed")
    presented = failed.select(
        "audit_id", "at", key=failed.source_key.coalesce(failed.actor, failed.subject).lower()
    )
    met = presented.join(person_keys.select("id", "key").distinct(), "key")
    return met.group_by(person_id=met.id).agg(
        login_failures=met.audit_id.nunique(),
        login_failed=met.audit_id.argmax(met["at"]),
        login_failed_at=met["at"].max(),
    )


def last_logins(previous: ir.Table) -> ir.Table:
    """When accounts of older snapshots were last used: ``earlier_id``, ``trace_last_login``."""
    return previous.group_by(earlier_id=previous.id).agg(
        trace_last_login=previous.last_login.coalesce(previous.created).max()
    )


def ledger(
    people: ir.Table,
    summary: ir.Table,
    traces: ir.Table,
    removals: ir.Table,
    owned: ir.Table,
    twins: ir.Table,
    blockers: ir.Table,
    claimants: ir.Table,
    facts: ir.Table,
    left_groups: ir.Table,
    group_names: ir.Table,
    previous: ir.Table,
    failed_logins: ir.Table,
    *,
    moment: Moment,
) -> ir.Table:
    """Lay the three sides of each person, and of each account nobody owns, side by side.

    Columns keep the names of the parts they come from.
    """
    import ibis

    own = owned.filter(owned.place == 0).drop("place", "linked_at", "renamed")
    users = summary.filter(summary.object_type == "user").drop("object_type")
    joined = people
    for part, on in (
        (users.rename(person_id="object_id"), "person_id"),
        (own, "person_id"),
        (twins, "person_id"),
        (traces, "person_id"),
        (removals, "person_id"),
        (blockers, "person_id"),
        (
            claimants.select(
                "person_id",
                shared_account="account_id",
                shared_owner="owner_id",
                shared_tier="tier",
            ),
            "person_id",
        ),
        (left_groups, "person_id"),
        (failed_logins, "person_id"),
    ):
        joined = joined.left_join(part, on).drop(f"{on}_right")
    logins = last_logins(previous)
    joined = joined.left_join(logins, joined.trace_account == logins.earlier_id).drop("earlier_id")
    joined = joined.left_join(group_names, joined.scope_group == group_names.named_id).drop(
        "named_id"
    )
    persons = joined.mutate(
        source_id=joined.person_id,
        target_id=joined.account_id,
        target_state=ibis.coalesce(joined.account_state, "absent"),
    )
    nobody = facts.anti_join(owned, "account_id")
    nobody = nobody.anti_join(blockers.select(account_id="blocker").distinct(), "account_id")
    alone = nobody.select(
        **{name: nobody[name] for name in nobody.columns},
        subject=ibis.coalesce(nobody.account_name, nobody.account_email, nobody.account_id),
        target_id=nobody.account_id,
        target_state=nobody.account_state,
        source_state=ibis.literal("none", "string"),
        wanted=ibis.literal("no", "string"),
    )
    missing = {
        name: ibis.null(kind)
        for name, kind in persons.schema().items()
        if name not in alone.columns
    }
    alone = alone.mutate(**missing).select(*persons.columns)
    every = persons.union(alone)
    removed_last = ibis.greatest(
        ibis.coalesce(every.last_disable_at, every.last_delete_at),
        ibis.coalesce(every.last_delete_at, every.last_disable_at),
    )
    left_at = ibis.coalesce(every.left_at, every.person_deleted)
    unassigned_at = ibis.greatest(
        ibis.coalesce(every.unassigned_at, every.left_group_at),
        ibis.coalesce(every.left_group_at, every.unassigned_at),
    )
    excluded = (
        every.last_excluded.notnull()
        & (every.last_excluded_at >= ibis.coalesce(every.last_positive_at, every.last_excluded_at))
        & (
            ~every.last_excluded_scope_filter.fill_null(True)
            | ~every.last_excluded_scope_role.fill_null(True)
        )
    )
    gone = ibis.cases(
        (every.trace.isnull(), "never"),
        else_="existed",
    )
    inferred = every.tier >= ALIAS
    link = ibis.cases(
        (every.tier.isnull(), "confirmed"),
        (inferred, "likely"),
        else_="confirmed",
    )
    return every.mutate(
        left_at=left_at,
        unassigned_at=unassigned_at,
        removed_by_provider_at=removed_last,
        removed_by_provider=ibis.ifelse(
            every.last_disable_at.fill_null(removed_last) == removed_last,
            ibis.coalesce(every.last_disable, every.last_delete),
            every.last_delete,
        ),
        excluded=excluded.fill_null(False),
        trace_state=gone,
        link_certainty=link,
        failing=(every.last_event_kind == "negative").fill_null(False),
        wanted_age=moment.age(every.wanted_since),
        wanted_covered=moment.covered(every.wanted_since),
        trace_covered=ibis.cases(
            (every.trace_kind == "record", "yes"), else_=moment.covered(every.trace_at)
        ),
        created_covered=moment.covered(every.account_created),
        left_age=moment.age(left_at),
        unassigned_age=moment.age(unassigned_at),
        cycles_since_wanted=moment.cycles_since(every.wanted_since),
    )
