"""People with two accounts, and accounts of two people: clusters, mechanisms, when and at what risk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir


def figures(findings: ir.Table, target_users: ir.Table, completeness: ir.Table) -> ir.Table:
    """Key figures on duplicates; columns as of ``Figures.table``."""
    found = open_ones(findings)
    twice = found.filter(found.situation == "duplicated")
    twins = twice.select(account=twice.other_ids.unnest())
    late = found.filter(found.situation == "orphaned", found.other_ids.length().fill_null(0) > 0)
    both = ("source_users", "target_users")
    made = Figures(completeness)
    made.findings("People with two accounts", twice, target_users.count(), "accounts", both)
    made.findings(
        "Accounts of two people", found.filter(found.situation == "shared"), rests_on=both
    )
    made.count("Second accounts", twins.count(), target_users.count(), "accounts")
    made.findings("Leavers with a second account", late, rests_on=both)
    return made.table()


def clusters(findings: ir.Table, users: ir.Table, target_users: ir.Table) -> ir.Table:
    """One row per account of a person who has more than one, the survivor first.

    Returns
    -------
    ir.Table
        ``finding_id``, ``subject``, ``cause``, ``certainty``, ``role`` (``survivor``, ``twin``),
        ``account``, ``user_name``, ``email``, ``external_id``, ``active``, ``created``,
        ``first_login``, ``last_login``, ``why`` (what speaks for keeping it), ``person_state``.
    """
    import ibis

    pairs = open_ones(findings).filter(
        lambda t: (t.object_type == "user") & (t.situation == "duplicated")
    )
    kept = pairs.select(
        "finding_id", "subject", "cause", "certainty", "severity", "source_id", account="target_id"
    ).mutate(role=ibis.literal("survivor"))
    twins = pairs.select(
        "finding_id",
        "subject",
        "cause",
        "certainty",
        "severity",
        "source_id",
        account=pairs.other_ids.unnest(),
    ).mutate(role=ibis.literal("twin"))
    every = kept.union(twins).filter(lambda t: t.account.notnull())
    accounts = target_users.select(
        "user_name",
        "email",
        "external_id",
        "active",
        "created",
        "first_login",
        "last_login",
        "auth_method",
        known="id",
    )
    joined = every.left_join(accounts, every.account == accounts.known).drop("known")
    states = users.filter(users.source_id.notnull()).select(
        person="source_id", person_state="source_state"
    )
    joined = joined.left_join(states, joined.source_id == states.person).drop("person")
    why = ibis.cases(
        (joined.role == "twin", "the provider does not write to it"),
        (joined.external_id.notnull(), "carries the directory's id"),
        (joined.active.fill_null(False), "active, and the provider writes to it"),
        else_="the provider writes to it",
    )
    return joined.mutate(why=why).order_by("subject", "finding_id", "role", "account")


def mechanisms(findings: ir.Table) -> ir.Table:
    """How the second accounts came to be: ``cause``, ``severity``, ``findings``, ``of_cause``."""
    from scimlytics.measures.findings import by_cause

    return by_cause(findings.filter(findings.situation.isin(["duplicated", "shared"])))


def at_risk(findings: ir.Table, users: ir.Table) -> ir.Table:
    """Duplicates whose person has left or is disabled: the twin may still let them in.

    Returns
    -------
    ir.Table
        ``severity``, ``subject``, ``person_state``, ``cause``, ``target_id``, ``other_ids``,
        ``detail``, ``remedy``.
    """
    rows = open_ones(findings).filter(
        lambda t: (
            (t.object_type == "user")
            & t.situation.isin(["duplicated", "orphaned"])
            & (t.other_ids.length().fill_null(0) > 0)
        )
    )
    states = users.filter(users.source_id.notnull()).select(
        person="source_id", person_state="source_state"
    )
    joined = rows.join(states, rows.source_id == states.person)
    gone = joined.filter(joined.person_state != "active")
    return gone.select(
        "severity", "subject", "person_state", "cause", "target_id", "other_ids", "detail", "remedy"
    ).order_by("subject")
