"""Scope: who is meant to be provisioned, by which way, and since when.

Entra provisions people assigned directly or as direct members of an assigned group, never through
a group inside a group (Microsoft, "How provisioning works"). Okta lists its application users one
by one. Where no assignment was exported, everybody active is presumed wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

DEEPEST_NESTING = 10


def member_times(audit: ir.Table) -> ir.Table:
    """When a member last joined or left a group, by the directory audit.

    Returns
    -------
    ir.Table
        ``group_id``, ``member_id``, ``joined_at``, ``joined`` (the entry), ``removed_at``,
        ``removed``.
    """
    import ibis

    moves = audit.filter(
        audit.action.isin(["add_member", "remove_member"]),
        audit.group_id.notnull(),
        audit.source_id.notnull(),
        ~audit.failed.fill_null(False),
    )
    newest = moves.mutate(
        place=ibis.row_number().over(
            group_by=[moves.group_id, moves.source_id, moves.action],
            order_by=[moves.at.desc(), moves.audit_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    came = newest.action == "add_member"
    return newest.group_by("group_id", member_id=newest.source_id).agg(
        joined_at=ibis.ifelse(came, newest.at, None).max(),
        joined=ibis.ifelse(came, newest.audit_id, None).max(),
        removed_at=ibis.ifelse(~came, newest.at, None).max(),
        removed=ibis.ifelse(~came, newest.audit_id, None).max(),
    )


def inside(
    assigned: ir.Table, memberships: ir.Table, keep: Callable[[str, ir.Table], ir.Table]
) -> ir.Table:
    """Groups inside assigned groups, at any depth: ``group_id``, ``outer_id``, ``depth``.

    ``outer_id`` is the assigned group. Circles end by themselves: a pair is taken once.
    """
    nested = keep(
        "nesting",
        memberships.filter(memberships.member_type == "group").select("group_id", "member_id"),
    )
    found = keep("nested_0", assigned.select("group_id", outer_id="group_id").mutate(depth=0))
    everything = found
    for depth in range(1, DEEPEST_NESTING + 1):
        deeper = (
            found.join(nested, found.group_id == nested.group_id)
            .select(group_id=nested.member_id, outer_id=found.outer_id)
            .distinct()
            .anti_join(everything, ["group_id", "outer_id"])
            .mutate(depth=depth)
        )
        found = keep(f"nested_{depth}", deeper)
        if found.count().execute() == 0:
            break
        everything = keep(f"nested_all_{depth}", everything.union(found))
    return everything.filter(everything.depth > 0)


def ways(
    assignments: ir.Table,
    memberships: ir.Table,
    users: ir.Table,
    times: ir.Table,
    nested: ir.Table,
) -> ir.Table:
    """Every way by which somebody is assigned.

    Returns
    -------
    ir.Table
        ``person_id``, ``way`` (``direct``, ``group`` or ``nested``), ``group_id`` (the group the
        person is a member of), ``outer_id`` (the assigned group), ``since`` (when the way was
        open, null when a part of it is not dated), ``not_before`` (it cannot have been open
        before).
    """
    import ibis

    people = users.select(person_id="id").distinct()
    rows = assignments.mutate(
        kind=ibis.coalesce(assignments.principal_type, "user"), since=assignments.created
    )
    to_users = rows.filter(rows.kind == "user").join(people, rows.principal_id == people.person_id)
    direct = to_users.group_by("person_id").agg(
        since=to_users.since.min(),
        not_before=to_users.since.min(),
        group_id=ibis.null("string"),
        outer_id=ibis.null("string"),
    )
    groups = rows.filter(rows.kind == "group")
    opened = groups.group_by(outer_id=groups.principal_id).agg(opened=groups.since.min())
    members = memberships.filter(memberships.member_type.fill_null("unknown") != "group")
    by_group = (
        members.join(opened, members.group_id == opened.outer_id)
        .join(people, members.member_id == people.person_id)
        .left_join(
            times, [members.group_id == times.group_id, members.member_id == times.member_id]
        )
    )
    through = by_group.select(
        "person_id",
        since=_later(by_group.opened, by_group.joined_at),
        not_before=by_group.opened,
        group_id=by_group.group_id,
        outer_id=by_group.outer_id,
    )
    inner = (
        members.join(nested, members.group_id == nested.group_id)
        .join(people, members.member_id == people.person_id)
        .select(
            "person_id",
            since=ibis.null("timestamp('UTC', 6)"),
            not_before=ibis.null("timestamp('UTC', 6)"),
            group_id=members.group_id,
            outer_id=nested.outer_id,
        )
    )
    shape = ("person_id", "way", "since", "not_before", "group_id", "outer_id")
    return (
        direct.mutate(way=ibis.literal("direct", "string"))
        .select(*shape)
        .union(through.mutate(way=ibis.literal("group", "string")).select(*shape))
        .union(inner.mutate(way=ibis.literal("nested", "string")).select(*shape))
    )


def best_way(ways: ir.Table) -> ir.Table:
    """One way per person: direct before group before nested; the oldest dated one of its kind.

    ``scope_since`` is null when no way of that kind is dated.
    """
    import ibis

    rank = ibis.cases((ways.way == "direct", 0), (ways.way == "group", 1), else_=2)
    first = ways.mutate(
        place=ibis.row_number().over(
            group_by=ways.person_id,
            order_by=[rank, ways.since.isnull(), ways.since, ways.outer_id, ways.group_id],
        )
    ).filter(lambda t: t.place == 0)
    return first.select(
        "person_id",
        scope_way=first.way,
        scope_since=first.since,
        scope_not_before=first.not_before,
        scope_group=first.group_id,
        scope_outer=first.outer_id,
    )


def _later(opened: ir.TimestampColumn, joined: ir.TimestampColumn) -> ir.TimestampColumn:
    """The later of two moments, null when the second is unknown."""
    import ibis

    return ibis.cases(
        (joined.isnull(), None), (opened.isnull(), joined), (opened > joined, opened), else_=joined
    )
