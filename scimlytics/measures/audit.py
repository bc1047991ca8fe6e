"""The claim audit: how much of what the log calls done the target shows.

Of each object only the newest claim is asked about, for older ones may rightly have been undone. A
claim that the target contradicts was never carried out, or was undone behind the provider's back;
the findings say which.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


def claims_by_action(
    users: ir.Table,
    claims: ir.Table,
    changes: ir.Table,
    compared: ir.Table,
    member_claims: ir.Table,
    group_links: ir.Table,
    target_memberships: ir.Table,
) -> ir.Table:
    """Share of the log's success claims that the target contradicts, by action.

    Returns
    -------
    ir.Table
        ``action``, ``claims`` (objects whose newest claim it is), ``contradicted``, ``percent``.
    """
    every = _audited(
        users, claims, changes, compared, member_claims, group_links, target_memberships
    )
    counted = every.group_by("action").agg(
        claims=every.count(), contradicted=(~every.kept).sum().cast("int64")
    )
    return counted.mutate(percent=100.0 * counted.contradicted / counted.claims).order_by("action")


def contradictions(
    users: ir.Table,
    claims: ir.Table,
    changes: ir.Table,
    compared: ir.Table,
    member_claims: ir.Table,
    group_links: ir.Table,
    target_memberships: ir.Table,
) -> ir.Table:
    """The claims that the target contradicts, the newest first.

    Returns
    -------
    ir.Table
        ``claimed_at``, ``action``, ``subject``, ``target_shows``, ``event_id``.
    """
    every = _audited(
        users, claims, changes, compared, member_claims, group_links, target_memberships
    )
    lost = every.filter(~every.kept)
    return lost.select("claimed_at", "action", "subject", "target_shows", "event_id").order_by(
        lost.claimed_at.desc(), "action", "subject"
    )


def _audited(
    users: ir.Table,
    claims: ir.Table,
    changes: ir.Table,
    compared: ir.Table,
    member_claims: ir.Table,
    group_links: ir.Table,
    target_memberships: ir.Table,
) -> ir.Table:
    parts = [
        _accounts(users),
        _attributes(users, claims, changes, compared),
        _members(member_claims, group_links, target_memberships),
    ]
    return reduce(lambda one, other: one.union(other), parts)


def _accounts(users: ir.Table) -> ir.Table:
    import ibis

    known = users.filter(
        users.source_id.notnull(), users.last_event_kind.isin(["positive", "disable", "delete"])
    )
    kind = known.last_event_kind
    return known.select(
        action=ibis.cases(
            (kind == "positive", "account made or updated"),
            (kind == "disable", "account disabled"),
            else_="account deleted",
        ),
        subject=known.subject,
        claimed_at=known.last_event_at,
        event_id=known.last_event,
        kept=ibis.cases(
            (kind == "positive", known.target_state != "absent"),
            (kind == "disable", known.target_state != "active"),
            else_=known.target_state == "absent",
        ),
        target_shows=ibis.literal("account ") + known.target_state,
    )


def _attributes(
    users: ir.Table, claims: ir.Table, changes: ir.Table, compared: ir.Table
) -> ir.Table:
    """Newest claims on attributes of linked people; values compared without case."""
    import ibis

    from scimlytics.reconcile.differences import last_written

    written = last_written(claims, changes)
    held = compared.group_by("person_id", "column").agg(
        attribute=compared.attribute.max(), holds=compared.holds.max()
    )
    named = users.filter(users.source_id.notnull()).select(person_id="source_id", who="subject")
    joined = written.join(held, ["person_id", "column"]).join(named, "person_id")
    same = joined.holds.fill_null("").lower() == joined.written_value.fill_null("").lower()
    return joined.select(
        action=ibis.literal("attribute written", "string"),
        subject=joined.who + ": " + joined.attribute,
        claimed_at=joined.written_at,
        event_id=joined.written,
        kept=same,
        target_shows=joined.holds.fill_null("nothing"),
    )


def _members(
    member_claims: ir.Table, group_links: ir.Table, target_memberships: ir.Table
) -> ir.Table:
    import ibis

    newest = member_claims.mutate(
        place=ibis.row_number().over(
            group_by=[member_claims.group_id, member_claims.account_id],
            order_by=[member_claims["at"].desc(), member_claims.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    linked = newest.join(group_links.select("group_id", "target_group_id"), "group_id")
    there = target_memberships.select(in_group="group_id", in_account="member_id").distinct()
    joined = linked.left_join(
        there,
        [linked.target_group_id == there.in_group, linked.account_id == there.in_account],
    )
    inside = joined.in_account.notnull()
    return joined.select(
        action=ibis.ifelse(joined.adds, "member added", "member removed"),
        subject=joined.account_id + " → " + joined.target_group_id,
        claimed_at=joined["at"],
        event_id=joined.event_id,
        kept=inside == joined.adds,
        target_shows=ibis.ifelse(inside, "a member", "no member"),
    )
