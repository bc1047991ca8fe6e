"""The memberships ledger: one row per edge that only one side has, three sides wide."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import ibis.expr.types as ir

    from scimlytics.reconcile.moment import Moment

CLAIM_AND_STATE = timedelta(minutes=2)
"""How far apart a claim and the target's own record of the same request may be dated."""


def member_claims(claims: ir.Table, changes: ir.Table, accounts_of: ir.Table) -> ir.Table:
    """Claims on single members of a group, resolved to accounts.

    Ids of members in claims may be the source's or the target's; both are tried.

    Parameters
    ----------
    claims, changes
        Claims of the log and their attribute changes.
    accounts_of
        ``person_id`` and ``account_id`` of linked people.

    Returns
    -------
    ir.Table
        ``group_id``, ``account_id``, ``at``, ``event_id``, ``adds`` (else it removes).
    """
    good = claims.filter(
        claims.object_type == "group", claims.kind == "positive", claims.object_id.notnull()
    ).select("event_id", "at", group_id="object_id")
    named = changes.filter(changes.attribute_key == "members")
    added = named.filter(named.new.notnull()).select("event_id", member="new").mutate(adds=True)
    dropped = (
        named.filter(named.new.isnull(), named.old.notnull())
        .select("event_id", member="old")
        .mutate(adds=False)
    )
    moves = good.join(added.union(dropped), "event_id")
    resolved = moves.left_join(accounts_of, moves.member == accounts_of.person_id)
    return resolved.select(
        "group_id",
        "at",
        "event_id",
        "adds",
        account_id=resolved.account_id.coalesce(resolved.member),
    )


def states(
    requests: ir.Table,
    previous: ir.Table,
    previous_groups: ir.Table,
    current: ir.Table,
    target_groups: ir.Table,
    *,
    seen_at: datetime,
) -> tuple[ir.Table, ir.Table]:
    """Dated states of the target's groups: older snapshots, bodies in its request log, and now.

    Returns
    -------
    tuple of ir.Table
        The states (``target_group_id``, ``at``) and who was in them (with ``account_id``).
    """
    import ibis

    now = ibis.literal(seen_at, "timestamp('UTC', 6)")
    shown = requests.filter(requests.operation == "shown")
    moments = (
        shown.select(target_group_id="group_id", at="at")
        .union(previous_groups.select(target_group_id="id", at="taken_at"))
        .union(target_groups.select(target_group_id="id").mutate(at=now))
        .distinct()
    )
    members = (
        shown.filter(shown.member_id.notnull())
        .select(target_group_id="group_id", at="at", account_id="member_id")
        .union(previous.select(target_group_id="group_id", at="taken_at", account_id="member_id"))
        .union(
            current.select(target_group_id="group_id", account_id="member_id")
            .mutate(at=now)
            .select("target_group_id", "at", "account_id")
        )
        .distinct()
    )
    return moments, members


def losses(moments: ir.Table, members: ir.Table, claims: ir.Table, links: ir.Table) -> ir.Table:
    """Members that a group of the target had in one state and lacked in the next.

    Returns
    -------
    ir.Table
        ``target_group_id``, ``account_id``, ``seen_at`` (last state with the member),
        ``lost_at`` (the next state, without), ``lost_together`` (members lost between the same
        two states), ``claims_between`` (successful claims on the group between them),
        ``claim_between``.
    """
    import ibis

    following = moments.mutate(
        next_at=moments["at"].lead().over(group_by=moments.target_group_id, order_by=moments["at"])
    )
    last = members.group_by("target_group_id", "account_id").agg(at=members["at"].max())
    lost = last.join(following, ["target_group_id", "at"]).filter(lambda t: t.next_at.notnull())
    together = lost.mutate(
        lost_together=lost.count().over(group_by=[lost.target_group_id, lost["at"]])
    )
    good = claims.filter(claims.object_type == "group", claims.kind == "positive").select(
        "event_id", claimed_at="at", group_id="object_id"
    )
    dated = good.join(links.select("group_id", linked="target_group_id"), "group_id")
    windows = together.select("target_group_id", "at", "next_at").distinct()
    slack = ibis.interval(seconds=int(CLAIM_AND_STATE.total_seconds()))
    between = windows.join(dated, windows.target_group_id == dated.linked).filter(
        lambda t: (t.claimed_at > t["at"] + slack) & (t.claimed_at <= t.next_at + slack)
    )
    counted = between.group_by("target_group_id", "at").agg(
        claims_between=between.count(), claim_between=between.event_id.max()
    )
    return together.left_join(counted, ["target_group_id", "at"]).select(
        "target_group_id",
        "account_id",
        "lost_together",
        "claim_between",
        seen_at="at",
        lost_at="next_at",
        claims_between=lambda t: t.claims_between.fill_null(0),
    )


def wanted_edges(
    groups: ir.Table, memberships: ir.Table, nested: ir.Table, people: ir.Table
) -> ir.Table:
    """Who should be in which group: ``group_id``, ``person_id``, ``edge_way``, ``via_group``.

    Parameters
    ----------
    groups
        The groups ledger; wanted groups count.
    memberships
        Direct memberships of the source.
    nested
        Groups inside wanted groups (``scope.inside``).
    people
        The users ledger.
    """
    import ibis

    wanted = groups.filter(groups.wanted == "yes").select("group_id")
    users = people.filter(people.source_id.notnull()).select(person_id="source_id")
    direct = (
        memberships.join(wanted, "group_id")
        .join(users, memberships.member_id == users.person_id)
        .select(
            "group_id",
            "person_id",
            edge_way=ibis.literal("direct", "string"),
            via_group=ibis.null("string"),
        )
        .distinct()
    )
    inner = nested.semi_join(wanted.select(outer_id="group_id"), "outer_id")
    within = memberships.join(inner, memberships.group_id == inner.group_id).select(
        group_id=inner.outer_id, member_id=memberships.member_id, via_group=memberships.group_id
    )
    through = (
        within.join(users, within.member_id == users.person_id)
        .group_by("group_id", "person_id")
        .agg(via_group=lambda t: t.via_group.min())
        .anti_join(direct, ["group_id", "person_id"])
        .select(
            "group_id",
            "person_id",
            "via_group",
            edge_way=ibis.literal("nested", "string"),
        )
        .select("group_id", "person_id", "edge_way", "via_group")
    )
    return direct.union(through)


def ledger(
    wanted_edges: ir.Table,
    current: ir.Table,
    groups: ir.Table,
    people: ir.Table,
    owned: ir.Table,
    member_claims: ir.Table,
    losses: ir.Table,
    earlier: ir.Table,
    times: ir.Table,
    unresolved: ir.Table,
    assigned_groups: ir.Table,
    group_grades: ir.Table,
    default_groups: ir.Table,
    *,
    moment: Moment,
) -> ir.Table:
    """Edges that only one side has, with all that is known of them.

    Edges that both sides have are left out: they are as they should be.
    """
    import ibis

    sides = groups.select(
        "group_id",
        "target_group_id",
        group_subject="subject",
        group_state="target_state",
        group_wanted="wanted",
        group_positive="last_positive",
        group_positive_at="last_positive_at",
        group_failure="last_failure",
        group_failure_at="last_failure_at",
        group_failure_family="last_failure_family",
        group_failure_reason="last_failure_reason",
        group_failure_retry_at="last_failure_retry_at",
        group_failing="failing",
        members_shown="members_shown",
    )
    person = people.filter(people.source_id.notnull()).select(
        person_id="source_id",
        person_subject="subject",
        account_id="target_id",
        account_state="target_state",
        person_state="source_state",
        person_wanted="wanted",
        person_way="scope_way",
        person_excluded="excluded",
        person_wanted_since="wanted_since",
        person_tier="tier",
        person_link="link_certainty",
        restored_at="restored_at",
        account_created="account_created",
        person_positive_at="last_positive_at",
    )
    edges = owned.select("account_id", owner="person_id").distinct()
    held = (
        current.filter(current.member_type.fill_null("unknown").isin(["user", "unknown"]))
        .select(target_group_id="group_id", held_account="member_id")
        .distinct()
    )
    held_people = held.left_join(edges, held.held_account == edges.account_id).drop("account_id")
    full = wanted_edges.join(sides, "group_id").join(person, "person_id")
    present = held_people.select("target_group_id", person_id="owner").filter(
        lambda t: t.person_id.notnull()
    )
    missing = full.filter(full.person_state == "active").anti_join(
        present, ["target_group_id", "person_id"]
    )
    missing = missing.mutate(situation=ibis.literal("missing", "string"))
    ours = sides.filter(sides.group_wanted == "yes", sides.target_group_id.notnull())
    extra_held = held_people.join(ours, "target_group_id").left_join(
        person, held_people.owner == person.person_id
    )
    extra = extra_held.filter(
        (extra_held.person_state.isnull())
        | (
            (extra_held.person_state == "active")
            & (extra_held.account_state == "active")
            & extra_held.person_wanted.isin(["yes", "presumed"])
        )
    ).anti_join(wanted_edges.filter(wanted_edges.edge_way == "direct"), ["group_id", "person_id"])
    extra = extra.mutate(
        situation=ibis.literal("extra", "string"),
        account_id=extra.held_account,
        person_subject=ibis.coalesce(extra.person_subject, extra.held_account),
        edge_way=ibis.literal("none", "string"),
        via_group=ibis.null("string"),
    )
    columns = list(missing.columns)
    every = missing.union(extra.select(*columns))
    every = every.left_join(
        times,
        [every.group_id == times.group_id, every.person_id == times.member_id],
    ).drop("group_id_right", "member_id")
    newest_add = _newest(member_claims.filter(member_claims.adds), "added")
    newest_drop = _newest(member_claims.filter(~member_claims.adds), "dropped")
    for part in (newest_add, newest_drop):
        every = every.left_join(part, ["group_id", "account_id"]).drop(
            "group_id_right", "account_id_right"
        )
    every = every.left_join(losses, ["target_group_id", "account_id"]).drop(
        "target_group_id_right", "account_id_right"
    )
    every = every.left_join(earlier, ["target_group_id", "account_id"]).drop(
        "target_group_id_right", "account_id_right"
    )
    every = every.left_join(unresolved, ["group_id", "person_id"]).drop(
        "group_id_right", "person_id_right"
    )
    pushed = assigned_groups.select("group_id").distinct().mutate(also_assigns=True)
    every = every.left_join(pushed, "group_id").drop("group_id_right")
    default = default_groups.mutate(is_default=True)
    every = every.left_join(default, "target_group_id").drop("target_group_id_right")
    graded = group_grades.select("side", graded="group_id", graded_as="grade")
    for side, key in (("source", "group_id"), ("target", "target_group_id")):
        mine = graded.filter(graded.side == side).select("graded", **{f"{side}_grade": "graded_as"})
        every = every.left_join(mine, every[key] == mine.graded).drop("graded")
    since = ibis.cases(
        (every.joined_at.isnull() & every.person_wanted_since.isnull(), None),
        (every.joined_at.isnull(), every.person_wanted_since),
        else_=ibis.greatest(
            every.joined_at, ibis.coalesce(every.person_wanted_since, every.joined_at)
        ),
    )
    changed = ibis.ifelse(every.situation == "extra", every.removed_at, since)
    return every.mutate(
        subject=every.person_subject + " → " + every.group_subject,
        changed_at=changed,
        changed=ibis.ifelse(every.situation == "extra", every.removed, every.joined),
        dated=every.joined_at.notnull() | (every.situation == "extra"),
        changed_age=moment.age(changed),
        also_assigns=every.also_assigns.fill_null(False),
        is_default=every.is_default.fill_null(False),
        cycles_since=moment.cycles_since(changed),
        link_certainty=every.person_link.fill_null("confirmed"),
    )


def _newest(rows: ir.Table, prefix: str) -> ir.Table:
    """The newest claim on each edge: ``<prefix>`` (the event's id) and ``<prefix>_at``."""
    import ibis

    first = rows.mutate(
        place=ibis.row_number().over(
            group_by=[rows.group_id, rows.account_id],
            order_by=[rows["at"].desc(), rows.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    return first.select(
        "group_id", "account_id", **{prefix: first.event_id, f"{prefix}_at": first["at"]}
    )


def earlier(moments: ir.Table, members: ir.Table, *, seen_at: datetime) -> ir.Table:
    """Whether an edge was in the states before now.

    Returns
    -------
    ir.Table
        ``target_group_id``, ``account_id``, ``first_seen_at`` (first state with the edge),
        ``absent_before_at`` (the newest earlier state of the group without it).
    """
    import ibis

    now = ibis.literal(seen_at, "timestamp('UTC', 6)")
    first = members.group_by("target_group_id", "account_id").agg(first_seen_at=members["at"].min())
    past = moments.filter(moments["at"] < now)
    without = (
        first.select("target_group_id", "account_id", "first_seen_at")
        .join(past, "target_group_id")
        .filter(lambda t: t["at"] < t.first_seen_at)
    )
    absent = without.group_by("target_group_id", "account_id").agg(
        absent_before_at=lambda t: t["at"].max()
    )
    return first.left_join(absent, ["target_group_id", "account_id"]).drop(
        "target_group_id_right", "account_id_right"
    )


def unresolved(references: ir.Table, claims: ir.Table, accounts_of: ir.Table) -> ir.Table:
    """Members that the provider could not resolve.

    One row per ``group_id`` and ``person_id``: ``unresolved`` (the event), ``unresolved_at``.
    """
    import ibis

    groups = claims.filter(claims.object_type == "group", claims.object_id.notnull()).select(
        "event_id", "at", group_id="object_id"
    )
    named = references.join(groups, "event_id")
    resolved = named.left_join(accounts_of, named.reference_id == accounts_of.account_id).mutate(
        who=lambda t: t.person_id.coalesce(t.reference_id)
    )
    newest = resolved.mutate(
        place=ibis.row_number().over(
            group_by=[resolved.group_id, resolved.who],
            order_by=[resolved["at"].desc(), resolved.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    return newest.select("group_id", person_id="who", unresolved="event_id", unresolved_at="at")


def default_groups(strategies: ir.Table, target_groups: ir.Table) -> ir.Table:
    """Groups of the target that every new account joins: ``target_group_id``."""
    each = strategies.select(name=strategies.group_default.unnest())
    names = each.mutate(name=each.name.lower())
    return (
        target_groups.join(names, target_groups.display_name_key == names.name)
        .select(target_group_id="id")
        .distinct()
    )
