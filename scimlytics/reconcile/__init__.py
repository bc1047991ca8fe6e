"""Reconcile: correlate people and groups, then lay the three sides side by side in ledgers.

Each step is a function of tables; this module only says which step feeds which. Everything is
computed once per evidence and kept under its name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.errors import unknown
from scimlytics.evidence import undisturbed
from scimlytics.reconcile import (
    claims,
    correlate,
    differences,
    groups,
    mapping,
    memberships,
    people,
    scope,
    traces,
    users,
)
from scimlytics.reconcile.moment import Moment, moment_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence

__all__ = ["LEDGERS", "Moment", "ledger", "moment_of", "prepare"]

LEDGERS = ("users", "groups", "memberships", "differences")


def ledger(evidence: Evidence, name: str) -> ir.Table:
    """A ledger of the evidence as an expression.

    Parameters
    ----------
    evidence
        What is known.
    name
        ``users``, ``groups``, ``memberships`` or ``differences``.
    """
    if name not in LEDGERS:
        raise unknown("ledger", name, list(LEDGERS))
    prepare(evidence)
    return evidence.table(f"ledger_{name}")


def prepare(evidence: Evidence) -> None:
    """Compute everything that ledgers need, once."""
    if evidence.kept("ledger_users") is not None or evidence.recall():
        return
    with undisturbed():
        _mapping(evidence)
        _claims(evidence)
        _people(evidence)
        _links(evidence)
        _users(evidence)
        _differences(evidence)
        _groups(evidence)
        _memberships(evidence)


def _mapping(evidence: Evidence) -> None:
    """Evaluate what can be evaluated only person by person: expressions and scoping filters."""
    records = mapping.Records(evidence.rows("source_users"), evidence.collected("source_users"))
    wanted = differences.expressions(evidence.rows("mappings").to_pylist())
    made, unread = mapping.values(wanted, records)
    evidence.lay("mapped_values", mapping.value_rows(made, records))
    given = mapping.clauses(evidence.rows("scope_filters").to_pylist())
    failed, unheld = mapping.failed_clauses(given, records)
    evidence.lay("kept_out", mapping.kept_out_rows(failed, records))
    evidence.lay("left_out", mapping.left_out_rows(unread, unheld))
    evidence.evaluated = frozenset(made)


def _claims(evidence: Evidence) -> None:
    t, keep = evidence.table, evidence.keep
    mapped = differences.name_column(evidence.rows("mappings").to_pylist())
    names = None
    if "user_name" in evidence.evaluated:
        names = t("mapped_values").filter(lambda v: v["column"] == "user_name")
    keep("person_keys", people.keys(t("source_users"), mapped, names))
    events = claims.relevant(t("events"), t("assignments"))
    keep("claims", claims.claims(events, t("changes"), t("person_keys")))
    keep("claims_by_object", claims.by_object(t("claims")))


def _people(evidence: Evidence) -> None:
    t, keep = evidence.table, evidence.keep
    keep("former_keys", people.former_keys(t("source_audit")))
    known = keep("people", people.known(t("source_users"), t("claims")))
    times = keep("member_times", scope.member_times(t("source_audit")))
    assigned = t("assignments").filter(lambda a: a.principal_type == "group")
    nested = keep(
        "inside_assigned",
        scope.inside(
            assigned.select(group_id="principal_id").distinct(), t("source_memberships"), keep
        ),
    )
    ways = keep(
        "ways",
        scope.ways(t("assignments"), t("source_memberships"), t("source_users"), times, nested),
    )
    keep(
        "people",
        users.wanted(
            known,
            scope.best_way(ways),
            people.turning_points(t("source_audit")),
            t("kept_out"),
            scope=evidence.profile.scope,
            assigned=evidence.has("assignments"),
        ),
    )


def _links(evidence: Evidence) -> None:
    t, keep = evidence.table, evidence.keep
    rate = correlate.link_rate(t("claims"), t("target_users"))
    evidence.link_rate = (rate.matched, rate.agreeing)
    keep(
        "candidates",
        correlate.candidates(
            t("claims"),
            t("assignments"),
            t("target_users"),
            t("person_keys"),
            t("former_keys"),
            rate=rate,
            external_id_is_id=_external_id_is_id(evidence.settings.matching.users),
        ),
    )
    refused = claims.contested(t("claims_by_object"), "user")
    contested = keep("contested", refused.select("creation", person_id="object_id"))
    unlinked = contested.filter(contested.creation).select("person_id")
    keep("owners", correlate.owners(t("candidates"), t("people"), unlinked))
    keep("claimants", correlate.claimants(t("candidates"), t("owners"), t("people")))


def _users(evidence: Evidence) -> None:
    import ibis

    t, keep = evidence.table, evidence.keep
    moment = moment_of(evidence)
    now = ibis.literal(moment.seen_at, "timestamp('UTC', 6)")
    keep("accounts", users.account_facts(t("target_users"), t("claims"), t("strategies")))
    provisioned = evidence.profile.provisioning in ("scim", "mixed")
    keep("owned", users.owned_accounts(t("owners"), t("accounts"), provisioned=provisioned))
    keep(
        "traces",
        traces.traces(
            t("claims"),
            t("assignments"),
            t("previous_target_users"),
            t("scim_requests"),
            t("target_audit"),
            t("person_keys"),
            t("accounts"),
            t("owned"),
            t("connections"),
            now=now,
        ),
    )
    keep(
        "ledger_users",
        users.ledger(
            t("people"),
            t("claims_by_object"),
            t("traces"),
            traces.removals(t("target_audit"), t("person_keys"), "user"),
            t("owned"),
            users.twins(t("owned")),
            users.blockers(t("candidates"), t("contested"), t("owned"), t("accounts")),
            t("claimants"),
            t("accounts"),
            _left_groups(evidence),
            t("source_groups").select(named_id="id", scope_group_name="display_name"),
            t("previous_target_users"),
            users.failed_logins(t("target_audit"), t("person_keys")),
            moment=moment,
        ),
    )


def _left_groups(evidence: Evidence) -> ir.Table:
    """When each person last left an assigned group: ``person_id``, ``left_group_at``."""
    t = evidence.table
    assigned = t("assignments").filter(lambda a: a.principal_type == "group")
    left = t("member_times").semi_join(
        assigned.select(group_id="principal_id").distinct(), "group_id"
    )
    return left.group_by(person_id="member_id").agg(left_group_at=lambda x: x.removed_at.max())


def _differences(evidence: Evidence) -> None:
    t, keep = evidence.table, evidence.keep
    pairs = differences.pairings(
        evidence.rows("mappings").to_pylist(),
        evidence.collected("source_users"),
        evidence.collected("target_users"),
        evidence.evaluated,
    )
    own = t("owned").filter(lambda o: o.place == 0).select("person_id", "account_id")
    if not pairs:
        pairs = [differences.Pairing("user_name", "user_name", "user_name", mapped=False)]
    keep(
        "compared",
        differences.compared(t("source_users"), t("target_users"), own, t("mapped_values"), pairs),
    )
    keep("agreement", differences.agreement(t("compared")))
    keep(
        "ledger_differences",
        differences.differences(
            t("compared"),
            t("agreement"),
            differences.last_written(t("claims"), t("changes")),
            t("source_audit"),
            t("previous_target_users"),
        ),
    )


def _groups(evidence: Evidence) -> None:
    import ibis

    t, keep = evidence.table, evidence.keep
    moment = moment_of(evidence)
    now = ibis.literal(moment.seen_at, "timestamp('UTC', 6)")
    contested = keep("contested_groups", claims.contested(t("claims_by_object"), "group"))
    unlinked = contested.filter(contested.creation).select("object_id")
    linked = keep(
        "group_links",
        groups.links(
            t("claims"),
            t("source_groups"),
            t("target_groups"),
            unlinked,
            keep(
                "former_group_names",
                groups.former_names(t("source_groups"), t("claims"), t("source_audit")),
            ),
            external_id_is_id=_external_id_is_id(evidence.settings.matching.groups),
            trust_claims=True,
        ),
    )
    keep("group_names_written", groups.names_written(t("claims"), t("changes")))
    keep(
        "ledger_groups",
        groups.ledger(
            t("source_groups"),
            t("target_groups"),
            linked,
            groups.wanted(
                t("source_groups"),
                t("assignments"),
                t("push_mappings"),
                provider=evidence.profile.provider,
                scope=evidence.profile.scope,
            ),
            t("claims_by_object"),
            groups.traces(
                t("claims"),
                t("source_groups"),
                t("previous_target_groups"),
                t("scim_requests"),
                t("target_audit"),
                t("push_mappings"),
                t("connections"),
                now=now,
            ),
            groups.removals(t("target_audit"), t("source_groups")),
            groups.renames(t("source_audit")),
            groups.blockers(t("source_groups"), t("target_groups"), contested, linked),
            t("target_memberships"),
            t("previous_target_groups"),
            moment=moment,
        ),
    )


def _memberships(evidence: Evidence) -> None:
    t, keep = evidence.table, evidence.keep
    moment = moment_of(evidence)
    wanted_groups = t("ledger_groups").filter(lambda g: g.wanted == "yes").select("group_id")
    keep("inside_wanted", scope.inside(wanted_groups, t("source_memberships"), keep))
    accounts_of = t("owned").filter(lambda o: o.place == 0).select("person_id", "account_id")
    moments, members = memberships.states(
        t("request_members"),
        t("previous_target_memberships"),
        t("previous_target_groups"),
        t("target_memberships"),
        t("target_groups"),
        seen_at=moment.seen_at,
    )
    keep("states", moments)
    keep("state_members", members)
    keep("member_claims", memberships.member_claims(t("claims"), t("changes"), accounts_of))
    edges = keep(
        "wanted_edges",
        memberships.wanted_edges(
            t("ledger_groups"), t("source_memberships"), t("inside_wanted"), t("ledger_users")
        ),
    )
    keep(
        "ledger_memberships",
        memberships.ledger(
            edges,
            t("target_memberships"),
            t("ledger_groups"),
            t("ledger_users"),
            t("owned"),
            t("member_claims"),
            memberships.losses(t("states"), t("state_members"), t("claims"), t("group_links")),
            memberships.earlier(t("states"), t("state_members"), seen_at=moment.seen_at),
            t("member_times"),
            memberships.unresolved(t("unresolved"), t("claims"), accounts_of),
            t("assignments")
            .filter(lambda a: a.principal_type == "group")
            .select(group_id="principal_id"),
            evidence.group_grades,
            memberships.default_groups(t("strategies"), t("target_groups")),
            moment=moment,
        ),
    )


def _external_id_is_id(matching: tuple[str, ...] | None) -> bool:
    """Whether the external id is matched with the source's id (the default, and the best key)."""
    if matching is None:
        return True
    return any(rule.replace(" ", "").startswith("external_id=") for rule in matching)
