"""Correlate: decide whose account it is, in tiers, and say how sure the link is.

A known link (the log or the provider's own record names both ids) comes before the external id,
that before an exact key, that before an alias, that before a former key shown by a rename. An
account belongs to the person with the best claim on it. Null never equals null, and a value that
many carry (a shared mailbox) is no evidence. A person found by a link whose key differs is linked
and stale, never missing plus local.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

LINK, EXTERNAL_ID, USER_NAME, EMAIL, CROSS, ALIAS, FORMER = 1, 2, 3, 4, 5, 6, 7
TIERS = {
    LINK: "known link",
    EXTERNAL_ID: "external id",
    USER_NAME: "user name",
    EMAIL: "mail address",
    CROSS: "user name or mail address",
    ALIAS: "alias",
    FORMER: "former name",
}
HUB = 4
"""A mail address or alias on more accounts or people than this is a shared mailbox, no evidence."""
MANY_LINKS, LINK_RATE = 20, 0.95


@dataclass(frozen=True)
class LinkRate:
    """How far the ids in claims can be trusted to be the target's own."""

    matched: int
    agreeing: int

    @property
    def certainty(self) -> str | None:
        """``confirmed``, ``likely`` or None: the ids in claims are no links."""
        if self.matched >= MANY_LINKS:
            return "confirmed" if self.agreeing >= LINK_RATE * self.matched else None
        return "likely" if self.agreeing == self.matched else None


def link_rate(claims: ir.Table, accounts: ir.Table) -> LinkRate:
    """Of the claims that match an account by name, how many carry that account's id.

    The id space is learnt from the evidence, since vendors do not document whether their SCIM id
    is the id their own interface shows.
    """
    named = claims.filter(
        claims.object_type == "user", claims.target_id.notnull(), claims.kind != "delete"
    ).mutate(name=lambda t: t.target_name_key.coalesce(t.source_name_key))
    pairs = named.select("target_id", "name").filter(lambda t: t.name.notnull()).distinct()
    matched = pairs.join(accounts, pairs.name == accounts.user_name_key)
    counted = matched.agg(
        matched=matched.count(), agreeing=(matched.target_id == matched.id).sum().coalesce(0)
    )
    row = counted.to_pyarrow().to_pylist()[0]
    return LinkRate(int(row["matched"]), int(row["agreeing"] or 0))


def candidates(
    claims: ir.Table,
    assignments: ir.Table,
    accounts: ir.Table,
    person_keys: ir.Table,
    former: ir.Table,
    *,
    rate: LinkRate,
    external_id_is_id: bool,
) -> ir.Table:
    """Every reason to think that an account is a person's.

    Parameters
    ----------
    claims, assignments
        Claims of the log; assignments (Okta keeps the account's id there).
    accounts
        Users of the target.
    person_keys
        What ``people.keys`` returns.
    former
        What ``people.former_keys`` returns.
    rate
        What :func:`link_rate` returns.
    external_id_is_id
        The target's external id is matched with the source's id.

    Returns
    -------
    ir.Table
        ``person_id``, ``account_id``, ``tier``, ``at``, ``linked_at`` (the newest claim that names
        both), ``renamed`` (a rename leads from the account's key to the person's).
    """
    import ibis

    ids = accounts.select(account_id="id").distinct()
    parts = []
    if rate.certainty is not None:
        linked = claims.filter(
            claims.object_type == "user", claims.target_id.notnull(), claims.object_id.notnull()
        )
        parts.append(
            linked.join(ids, linked.target_id == ids.account_id)
            .group_by(person_id="object_id", account_id="account_id")
            .agg(at=lambda t: t["at"].max())
            .mutate(tier=LINK)
        )
    recorded = assignments.filter(assignments.external_id.notnull())
    parts.append(
        recorded.join(ids, recorded.external_id == ids.account_id)
        .select(person_id="principal_id", account_id="account_id")
        .mutate(at=ibis.null("timestamp('UTC', 6)"), tier=LINK)
    )
    if external_id_is_id:
        parts.append(
            accounts.filter(accounts.external_id.notnull())
            .select(person_id="external_id", account_id="id")
            .mutate(at=ibis.null("timestamp('UTC', 6)"), tier=EXTERNAL_ID)
        )
    named = accounts.select(account_id="id", key="user_name_key", target_kind=_text("user_name"))
    mailed = accounts.select(account_id="id", key="email_key", target_kind=_text("email"))
    target_keys = _without_hubs(
        named.union(mailed).filter(lambda t: t.key.notnull()), "account_id", "target_kind"
    )
    source_keys = _without_hubs(person_keys, "id", "kind")
    met = source_keys.join(target_keys, "key")
    tier = ibis.cases(
        ((met.kind == "user_name") & (met.target_kind == "user_name"), USER_NAME),
        ((met.kind == "email") & (met.target_kind == "email"), EMAIL),
        (met.kind != "alias", CROSS),
        else_=ALIAS,
    )
    parts.append(
        met.select(
            person_id="id", account_id="account_id", at=ibis.null("timestamp('UTC', 6)"), tier=tier
        )
    )
    renamed = former.join(target_keys, "key")
    parts.append(renamed.select(person_id="id", account_id="account_id", at="at", tier=FORMER))
    shaped = [
        part.select("person_id", "account_id", tier=part.tier.cast("int64"), at=part["at"])
        for part in parts
    ]
    everything = shaped[0]
    for part in shaped[1:]:
        everything = everything.union(part)
    linked = ibis.ifelse(everything.tier == LINK, everything["at"], None)
    return everything.group_by("person_id", "account_id").agg(
        tier=everything.tier.min(),
        at=everything["at"].max(),
        linked_at=linked.max(),
        renamed=(everything.tier == FORMER).any(),
    )


def owners(candidates: ir.Table, people: ir.Table, blocked: ir.Table) -> ir.Table:
    """Give each account to the person with the best claim on it.

    A person who is gone yields to a living one whose present user name the account carries: the
    person was made again at the source. A person whose creation the target refuses because the
    name is taken is not linked by that name: the provider has not linked the two either.

    Parameters
    ----------
    candidates
        What :func:`candidates` returns.
    people
        What ``people.known`` returns.
    blocked
        ``person_id`` of people whose creation ends in a conflict.

    Returns
    -------
    ir.Table
        ``account_id``, ``person_id``, ``tier``, ``linked_at``, ``renamed``, ``former_id`` (the gone
        person to whom the account's stronger link leads).
    """
    import ibis

    weak = candidates.tier >= USER_NAME
    refused = candidates.filter(weak).semi_join(blocked, "person_id")
    kept = candidates.anti_join(refused, ["person_id", "account_id"]).join(
        people.select("person_id", "source_state"), "person_id"
    )
    gone = kept.source_state.isin(["absent", "deleted"])
    living_name = (
        kept.filter(~gone, kept.tier == USER_NAME).select("account_id").distinct()
    ).mutate(named=True)
    joined = kept.left_join(living_name, "account_id").drop("account_id_right")
    yields = joined.source_state.isin(["absent", "deleted"]) & joined.named.fill_null(False)
    ranked = joined.mutate(yields=yields, rank=ibis.ifelse(yields, joined.tier + 10, joined.tier))
    ordered = ranked.mutate(
        place=ibis.row_number().over(
            group_by=ranked.account_id,
            order_by=[
                ranked["rank"],
                ranked.source_state != "active",
                ranked["at"].desc(),
                ranked.person_id,
            ],
        ),
        former=ibis.ifelse(ranked.yields & (ranked.tier <= EXTERNAL_ID), ranked.person_id, None)
        .max()
        .over(group_by=ranked.account_id),
    )
    return ordered.filter(ordered.place == 0).select(
        "account_id", "person_id", "tier", "linked_at", "renamed", former_id=ordered.former
    )


def claimants(candidates: ir.Table, owners: ir.Table, people: ir.Table) -> ir.Table:
    """Living people who have no account of their own and match one that is somebody else's.

    Only strong matches count: a claim of the log, the external id, or the very user name.

    Returns
    -------
    ir.Table
        ``person_id``, ``account_id``, ``owner_id``, ``tier``.
    """
    import ibis

    living = people.filter(people.source_state == "active").select("person_id")
    without = living.anti_join(owners, "person_id")
    strong = candidates.filter(candidates.tier <= USER_NAME).semi_join(without, "person_id")
    owned = owners.semi_join(living, "person_id").select("account_id", owner_id="person_id")
    met = strong.join(owned, "account_id")
    first = met.mutate(
        place=ibis.row_number().over(
            group_by=met.person_id, order_by=[met.tier, met["at"].desc(), met.account_id]
        )
    ).filter(lambda t: t.place == 0)
    return first.select("person_id", "account_id", "owner_id", "tier")


def _without_hubs(keys: ir.Table, owner: str, kind: str) -> ir.Table:
    """Leave out mail addresses and aliases that too many carry."""
    crowds = keys.group_by("key").agg(crowd=keys[owner].nunique())
    counted = keys.join(crowds, "key")
    kept = counted.filter((counted[kind] == "user_name") | (counted.crowd <= HUB))
    return kept.drop("crowd").distinct()


def _text(word: str) -> ir.StringScalar:
    import ibis

    return ibis.literal(word, type="string")
