"""Which people disagree: the users ledger cut into one row per person and situation."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.diagnose.context import Context
from scimlytics.reconcile.differences import LOGIN_KEYS

if TYPE_CHECKING:
    import ibis.expr.types as ir

FOLLOWERS = ("display_name", "given_name", "family_name", *LOGIN_KEYS)
"""Attributes that change along with a person's name: told in one finding with the login key."""
NO_FAILURE = ("reference_unresolved",)
"""Families that leave the object itself as it should be."""


def discrepancies(ready: ir.Table, differences: ir.Table, context: Context) -> ir.Table:
    """One row per person and situation in which the three sides disagree.

    Parameters
    ----------
    ready
        What :func:`prepared` returns.
    differences
        The ledger of attributes that differ.
    context
        What holds for the whole evidence.
    """
    parts = [
        _missing(ready, context),
        _inactive(ready),
        _recreated(ready),
        _duplicated(ready),
        _shared(ready),
        _left(ready, context),
        _unassigned(ready, context),
        _local(ready, context),
        _failing(ready, differences),
    ]
    blank = _blank_difference()
    shaped = [part.mutate(**blank) for part in parts]
    shaped.append(_stale(ready, differences, context))
    columns = sorted(shaped[0].columns)
    return reduce(lambda one, other: one.union(other), [part.select(*columns) for part in shaped])


def prepared(users: ir.Table, context: Context) -> ir.Table:
    """The users ledger with everything besides that rules and their sentences ask for."""
    import ibis

    known = (users.trace_state == "existed") | users.last_event.notnull()
    reason = ibis.coalesce(users.last_failure_reason, users.last_failure_code)
    why = ibis.cases(
        (
            ~users.last_excluded_scope_filter.fill_null(True),
            ibis.literal("the scoping filter excludes the person (")
            + users.last_excluded_scope_failed.join("; ").fill_null("clause unknown")
            + ")",
        ),
        (~users.last_excluded_scope_role.fill_null(True), "the role does not entitle"),
        (~users.last_excluded_scope_assigned.fill_null(True), "not assigned then"),
        else_="not active then",
    )
    word = ibis.cases(
        (users.source_state == "absent", "no longer in the directory"),
        (users.source_state == "none", "not in the directory"),
        else_=users.source_state,
    )
    return users.mutate(
        by_scim=ibis.literal(context.by_scim),
        sent_at=users.last_positive_at,
        sent_later=context.after_look(users.last_positive_at),
        removed_later=context.after_look(users.removed_by_provider_at),
        wanted_certainty=ibis.cases(
            (users.wanted != "presumed", "confirmed"), (known, "likely"), else_="suspected"
        ),
        via_name=ibis.coalesce(users.scope_group_name, users.scope_group, "a group"),
        excluded_why=why,
        provider_behind=context.behind(users.wanted_since),
        idle_disables=context.idle(
            "disable", users.account_last_login.coalesce(users.account_created), users
        ),
        idle_deletes=context.idle("delete", users.trace_last_login, users),
        missing_evidence=ibis.cases(
            (
                users.failing & (users.last_failure_family == "unknown").fill_null(False),
                ibis.literal("the last attempt failed, for a reason that is not known")
                + ibis.ifelse(reason.isnull(), "", ibis.literal(" (") + reason + ")"),
            ),
            (ibis.literal(not context.has_log), "there is no log"),
            (users.wanted_since.isnull(), "it is not known since when the person is in scope"),
            (
                users.wanted_covered != "yes",
                "the person came into scope before the log begins",
            ),
            else_="the evidence shows neither an attempt nor a trace",
        ),
        failure_tail=ibis.ifelse(reason.isnull(), "", ibis.literal(" (") + reason + ")")
        + ibis.ifelse(
            users.last_failure_skip_attribute.isnull(),
            "",
            ibis.literal(", attribute ") + users.last_failure_skip_attribute,
        ),
        source_presence=ibis.ifelse(
            users.source_state.isin(["absent", "none"]),
            context.cap("source_users"),
            "confirmed",
        ),
        unwanted_certainty=ibis.literal("confirmed", "string"),
        guard_holds=ibis.literal(context.guard_holds),
        deprovision_off=ibis.literal(context.deprovision_off),
        signed=(
            users.person_id.notnull()
            | users.provisioned.fill_null(False)
            | (users.account_strategy.notnull() & (users.account_auth == "sso")).fill_null(False)
        ),
        source_word=word,
        left_when=_when(" since ", users.left_at),
        removed_when=_when(" at ", users.removed_at),
        unassigned_when=_when(" since ", users.unassigned_at),
        twin_created_covered=context.moment.covered(users.twin_created),
        twin_certainty=ibis.ifelse(
            context.moment.covered(users.twin_created) == "yes", "confirmed", "likely"
        ),
        in_use=ibis.cases(
            (
                users.twin_last_login.notnull()
                & (users.twin_last_login > users.account_last_login).fill_null(True),
                "; the second one is the one in use, so move its files first",
            ),
            else_="",
        ),
        since=ibis.null("timestamp('UTC', 6)"),
        until=ibis.literal(context.moment.seen_at, "timestamp('UTC', 6)"),
        heals_by=ibis.null("timestamp('UTC', 6)"),
        listed_ids=users.other_ids,
    )


def _when(before: str, moment: ir.TimestampColumn) -> ir.StringColumn:
    import ibis

    return ibis.ifelse(
        moment.isnull(), "", ibis.literal(before) + moment.strftime("%Y-%m-%d %H:%M") + " UTC"
    )


def _as(rows: ir.Table, situation: str) -> ir.Table:
    import ibis

    return rows.mutate(situation=ibis.literal(situation, "string"))


def _missing(users: ir.Table, context: Context) -> ir.Table:
    import ibis

    rows = users.filter(
        users.wanted.isin(["yes", "presumed"]),
        users.target_state == "absent",
        users.shared_account.isnull(),
        ~((users.excluded | users.kept_out_by.notnull()) & users.removed_by_provider_at.notnull()),
    )
    if context.provisioning == "jit":
        rows = rows.filter(rows.trace_state == "existed")
    fixed = rows.removed_at.notnull() & (rows.removed_how == "delete")
    return _as(rows, "missing").mutate(
        since=ibis.cases(
            (fixed, rows.removed_at), else_=rows.trace_seen_at.coalesce(rows.wanted_since)
        ),
        until=ibis.ifelse(fixed, rows.removed_at, rows.until),
        heals_by=ibis.ifelse(
            rows.wanted_age == "fresh",
            context.later(rows.wanted_since),
            rows.last_failure_retry_at,
        ),
        listed_ids=ibis.ifelse(
            rows.blocker.isnull(), ibis.null("array<string>"), ibis.array([rows.blocker])
        ),
    )


def _inactive(users: ir.Table) -> ir.Table:
    rows = users.filter(
        users.wanted.isin(["yes", "presumed"]),
        users.target_state == "inactive",
        ~((users.excluded | users.kept_out_by.notnull()) & users.removed_by_provider_at.notnull()),
    )
    return _as(rows, "inactive").mutate(
        since=rows.removed_at.coalesce(rows.trace_seen_at), heals_by=rows.last_failure_retry_at
    )


def _recreated(users: ir.Table) -> ir.Table:
    import ibis

    rows = users.filter(users.source_state == "active", users.former_id.notnull())
    return rows.mutate(
        situation=ibis.ifelse(rows.twin.isnull(), "stale", "duplicated"),
        listed_ids=ibis.array([rows.former_id]),
        since=rows.person_created,
    )


def _duplicated(users: ir.Table) -> ir.Table:
    """Who has two accounts. What only holds the name that somebody is to get is not a second one."""
    stranger = (users.twin == users.blocker) & ~users.twin_made_at_login & ~users.twin_provisioned
    rows = users.filter(
        users.source_state == "active",
        users.twin_active.fill_null(False),
        users.former_id.isnull(),
        ~stranger.fill_null(False),
    )
    return _as(rows, "duplicated").mutate(since=rows.twin_created, until=rows.twin_created)


def _shared(users: ir.Table) -> ir.Table:
    """One row per shared account; the people without an account of their own are listed."""
    claimants = users.filter(users.shared_account.notnull(), users.wanted.isin(["yes", "presumed"]))
    listed = claimants.group_by(owner="shared_owner").agg(
        claimant_ids=claimants.source_id.collect()
    )
    owners = users.join(listed, users.person_id == listed.owner)
    return (
        _as(owners, "shared").mutate(listed_ids=owners.claimant_ids).drop("owner", "claimant_ids")
    )


def _left(users: ir.Table, context: Context) -> ir.Table:
    import ibis

    gone = users.source_state.isin(["disabled", "suspended", "deleted", "absent"])
    stranger = (
        (users.source_state == "none") & users.signed & ~users.account_privileged.fill_null(False)
    )
    rows = users.filter(
        (gone | stranger),
        (users.target_state == "active") | users.twin_active.fill_null(False),
    )
    return _as(rows, "orphaned").mutate(
        since=rows.left_at,
        until=rows.left_at.coalesce(rows.until),
        heals_by=ibis.ifelse(rows.left_age == "fresh", context.later(rows.left_at), None),
    )


def _unassigned(users: ir.Table, context: Context) -> ir.Table:
    import ibis

    unlisted = (users.wanted == "no") & ibis.literal(context.assigned)
    kept_out = users.kept_out_by.notnull()
    filtered = ((users.wanted == "yes") & users.excluded) | kept_out
    rows = users.filter(
        users.source_state == "active", users.target_state == "active", unlisted | filtered
    )
    return _as(rows, "unassigned").mutate(
        unwanted_certainty=ibis.cases(
            (rows.excluded | ~rows.last_excluded_scope_assigned.fill_null(True), "confirmed"),
            (rows.kept_out_by.notnull(), "likely"),
            else_=context.unwanted_cap,
        ),
        since=rows.unassigned_at,
        until=rows.unassigned_at.coalesce(rows.until),
        heals_by=ibis.ifelse(
            rows.unassigned_age == "fresh", context.later(rows.unassigned_at), None
        ),
    )


def _local(users: ir.Table, context: Context) -> ir.Table:
    del context
    alone = users.filter(
        users.source_state == "none",
        users.target_state == "active",
        ~users.signed | users.account_privileged.fill_null(False),
    )
    residual = users.filter(
        users.source_state.isin(["absent", "deleted"]), users.target_state == "inactive"
    )
    return _as(alone.union(residual), "local").mutate(since=lambda t: t.account_created)


def _with_whole_profile(rows: ir.Table) -> ir.Table:
    """A push of Okta's after a change claims the whole profile: it names no attribute."""
    import ibis

    after = (rows.last_positive_at >= rows.changed_at).fill_null(False)
    pushed = after & rows.written.isnull()
    return rows.mutate(
        written=ibis.ifelse(pushed, rows.last_positive, rows.written),
        written_at=ibis.ifelse(pushed, rows.last_positive_at, rows.written_at),
        written_value=ibis.ifelse(pushed, rows.wants, rows.written_value),
    )


def _failing(users: ir.Table, differences: ir.Table) -> ir.Table:
    rows = users.filter(
        users.wanted.isin(["yes", "presumed"]),
        users.target_state == "active",
        users.failing,
        ~users.last_failure_family.isin(NO_FAILURE),
        ~users.excluded,
    ).anti_join(differences, "person_id")
    return _as(rows, "linked").mutate(
        since=rows.last_failure_at,
        heals_by=rows.last_failure_retry_at,
    )


def _blank_difference() -> dict[str, ir.Value]:
    import ibis

    text, time = ibis.null("string"), ibis.null("timestamp('UTC', 6)")
    return {
        "attribute": text,
        "wants": text,
        "holds": text,
        "wants_key": text,
        "flow_type": text,
        "written": text,
        "written_at": time,
        "written_value": text,
        "changed": text,
        "changed_at": time,
        "changed_age": text,
        "changed_covered": text,
        "earlier_holds": text,
        "earlier_holds_key": text,
        "earlier_at": time,
        "login_key": ibis.null("boolean"),
    }


def _stale(users: ir.Table, differences: ir.Table, context: Context) -> ir.Table:
    """One row per attribute that differs; names that changed with a login key are told with it."""
    import ibis

    rows = users.filter(
        users.wanted.isin(["yes", "presumed"]),
        users.target_state == "active",
        users.former_id.isnull(),
        users.shared_account.isnull(),
    )
    rows = rows.anti_join(
        users.filter(users.shared_owner.notnull()).select(person_id="shared_owner"), "person_id"
    )
    chosen = differences.mutate(login_key=differences["column"].isin(LOGIN_KEYS))
    order = ibis.cases(
        (chosen["column"] == "user_name", 0), (chosen["column"] == "email", 1), else_=2
    )
    ranked = chosen.mutate(
        heads=ibis.row_number().over(group_by=chosen.person_id, order_by=[order, chosen["column"]])
        == 0,
        with_login=chosen.login_key.any().over(group_by=chosen.person_id),
    )
    kept = ranked.filter(ranked.heads | ~ranked.with_login | ~ranked["column"].isin(FOLLOWERS))
    joined = rows.join(kept, "person_id")
    if context.provider == "okta":
        joined = _with_whole_profile(joined)
    last = joined.written_at.coalesce(joined.last_positive_at)
    sent = joined.written_at
    return (
        _as(joined, "stale")
        .mutate(
            attribute=joined.attribute,
            sent_at=sent,
            sent_later=context.after_look(sent),
            wants_key=joined.wants_key.lower(),
            earlier_holds_key=joined.earlier_holds_key.lower(),
            changed_age=context.moment.age(joined.changed_at),
            changed_covered=context.moment.covered(joined.changed_at),
            since=joined.changed_at.coalesce(last),
            until=joined.changed_at.coalesce(joined.until),
            heals_by=ibis.ifelse(
                context.moment.age(joined.changed_at) == "fresh",
                context.later(joined.changed_at),
                joined.last_failure_retry_at,
            ),
            listed_ids=ibis.ifelse(
                joined.blocker.isnull(), joined.other_ids, ibis.array([joined.blocker])
            ),
        )
        .select(*users.columns, "situation", *_blank_difference())
    )
