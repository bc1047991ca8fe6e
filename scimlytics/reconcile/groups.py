"""The groups ledger: one row per group of either side, three sides wide."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.reconcile.traces import newest

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.reconcile.moment import Moment


def links(
    claims: ir.Table,
    source: ir.Table,
    target: ir.Table,
    refused: ir.Table,
    former: ir.Table,
    *,
    external_id_is_id: bool,
    trust_claims: bool,
) -> ir.Table:
    """Which target group is which source group: ``group_id``, ``target_group_id``, ``tier``.

    A claim that names both comes first, then the external id, then the name, then a name that the
    group had (*former*, see :func:`former_names`). A name that two groups of one side carry decides
    nothing, and neither does that of a group whose creation is
    refused because the name is taken (*refused*): the provider has not linked the two.
    """
    import ibis

    ids = target.select(target_group_id="id").distinct()
    parts = []
    if trust_claims:
        named = claims.filter(
            claims.object_type == "group", claims.target_id.notnull(), claims.object_id.notnull()
        )
        parts.append(
            named.join(ids, named.target_id == ids.target_group_id)
            .group_by(group_id="object_id", target_group_id="target_group_id")
            .agg(at=lambda t: t["at"].max())
            .mutate(tier=1)
        )
    if external_id_is_id:
        parts.append(
            target.filter(target.external_id.notnull())
            .select(group_id="external_id", target_group_id="id")
            .mutate(at=ibis.null("timestamp('UTC', 6)"), tier=2)
        )
    one = (
        source.filter(source.deleted.isnull())
        .anti_join(refused, source.id == refused.object_id)
        .group_by("display_name_key")
        .having(source.id.nunique() == 1)
        .agg(group_id=source.id.max())
    )
    other = (
        target.group_by("display_name_key")
        .having(target.id.nunique() == 1)
        .agg(target_group_id=target.id.max())
    )
    parts.append(
        one.join(other, "display_name_key")
        .filter(lambda t: t.display_name_key.notnull())
        .select("group_id", "target_group_id")
        .mutate(at=ibis.null("timestamp('UTC', 6)"), tier=3)
    )
    before = former.group_by("name_key").having(former.group_id.nunique() == 1)
    parts.append(
        before.agg(group_id=former.group_id.max())
        .rename(display_name_key="name_key")
        .join(other, "display_name_key")
        .select("group_id", "target_group_id")
        .mutate(at=ibis.null("timestamp('UTC', 6)"), tier=4)
    )
    shaped = [
        part.select("group_id", "target_group_id", tier=part.tier.cast("int64"), at=part["at"])
        for part in parts
    ]
    met = reduce(lambda left, right: left.union(right), shaped)
    by_target = met.mutate(
        place=ibis.row_number().over(
            group_by=met.target_group_id, order_by=[met.tier, met["at"].desc(), met.group_id]
        )
    ).filter(lambda t: t.place == 0)
    by_source = by_target.mutate(
        turn=ibis.row_number().over(
            group_by=by_target.group_id,
            order_by=[by_target.tier, by_target["at"].desc(), by_target.target_group_id],
        )
    ).filter(lambda t: t.turn == 0)
    return by_source.select("group_id", "target_group_id", "tier")


def former_names(source: ir.Table, claims: ir.Table, audit: ir.Table) -> ir.Table:
    """Names that groups had, or that groups had which are gone: ``group_id``, ``name_key``.

    The directory's audit tells of renames, the log of groups that the directory has no more. A name
    that a living group has now is that group's.
    """
    renamed = audit.filter(
        audit.object_type == "group",
        audit.attribute_key.isin(["displayname", "display_name", "name"]),
        audit.old.notnull(),
    )
    named = claims.filter(
        claims.object_type == "group", claims.object_id.notnull(), claims.source_name.notnull()
    ).anti_join(source, claims.object_id == source.id)
    every = renamed.select(
        group_id=renamed.group_id.coalesce(renamed.source_id), name_key=renamed.old.lower()
    ).union(named.select(group_id="object_id", name_key=named.source_name.lower()))
    living = source.filter(source.deleted.isnull(), source.display_name_key.notnull())
    return every.distinct().anti_join(living, every.name_key == living.display_name_key)


def blockers(source: ir.Table, target: ir.Table, contested: ir.Table, links: ir.Table) -> ir.Table:
    """The group that holds the name of each group that the target refuses for a taken name.

    Returns
    -------
    ir.Table
        ``group_id``, ``blocker`` (the target group's id).
    """
    kept = source.semi_join(contested, source.id == contested.object_id).select(
        "display_name_key", group_id="id"
    )
    met = kept.filter(kept.display_name_key.notnull()).join(
        target.select("display_name_key", blocker="id"), "display_name_key"
    )
    own = links.select("group_id", own_id="target_group_id")
    met = met.left_join(own, "group_id").drop("group_id_right")
    met = met.filter((met.blocker != met.own_id).fill_null(True))
    return met.group_by("group_id").agg(blocker=met.blocker.min())


def wanted(
    source: ir.Table, assignments: ir.Table, push_mappings: ir.Table, *, provider: str, scope: str
) -> ir.Table:
    """Which groups are meant to be in the target, since when.

    Entra provisions assigned groups (or all); Okta the groups with an active push mapping, never
    those that are used for assignment alone.

    Returns
    -------
    ir.Table
        ``group_id``, ``wanted`` (``yes``; ``off`` for an inactive push mapping), ``wanted_since``,
        ``pushed_at``, ``push_error``.
    """
    import ibis

    nothing = {
        "pushed_at": ibis.null("timestamp('UTC', 6)"),
        "push_error": ibis.null("string"),
    }
    if provider == "okta":
        return push_mappings.group_by(group_id="source_group_id").agg(
            wanted=ibis.ifelse(
                (push_mappings.status.fill_null("active") != "inactive").any(), "yes", "off"
            ),
            wanted_since=push_mappings.created.min(),
            pushed_at=push_mappings.last_push.max(),
            push_error=push_mappings.error.max(),
        )
    if scope == "all":
        return source.filter(source.deleted.isnull()).select(
            group_id="id", wanted=ibis.literal("yes", "string"), wanted_since="created", **nothing
        )
    chosen = assignments.filter(assignments.principal_type == "group")
    return chosen.group_by(group_id="principal_id").agg(
        wanted=ibis.literal("yes", "string"),
        wanted_since=chosen.created.min(),
        **nothing,
    )


def traces(
    claims: ir.Table,
    source: ir.Table,
    previous: ir.Table,
    requests: ir.Table,
    target_audit: ir.Table,
    push_mappings: ir.Table,
    connections: ir.Table,
    *,
    now: ir.TimestampScalar,
) -> ir.Table:
    """The newest trace of each group in the target.

    One row per ``group_id``: ``trace_at``, ``trace_kind``, ``trace``, ``trace_account`` (the group's
    id there).
    """
    import ibis

    def shaped(
        rows: ir.Table, who: str, at: ir.Value, kind: str, ref: str, account: str
    ) -> ir.Table:
        return rows.select(
            group_id=rows[who],
            trace_at=at,
            trace_kind=ibis.literal(kind, "string"),
            trace=rows[ref],
            trace_account=rows[account],
        )

    groups = claims.filter(claims.object_type == "group", claims.object_id.notnull())
    shown = groups.filter(
        (groups.kind == "positive") | (groups.target_id.notnull() & (groups.kind != "delete"))
    )
    named = source.select(who="id", key="display_name_key").filter(lambda t: t.key.notnull())
    older = previous.join(named, previous.display_name_key == named.key)
    older_id = previous.filter(previous.external_id.notnull())
    answered = requests.filter(
        requests.object_type == "group",
        requests.status < 300,
        requests.method.isin(["POST", "PUT", "PATCH"]),
        requests.target_id.notnull(),
    )
    asked_name = answered.join(named, answered.name_key == named.key)
    asked_id = answered.filter(answered.external_id.notnull())
    audited = target_audit.filter(
        target_audit.object_type == "group",
        target_audit.action.isin(["create", "update", "rename", "delete"]),
    ).join(named, target_audit.subject_key == named.key)
    pushed = push_mappings.filter(
        push_mappings.status == "active",
        push_mappings.target_group_id.notnull(),
        push_mappings.last_push.notnull(),
    )
    connected = connections.filter(
        connections.object_type == "group", connections.target_id.notnull()
    )
    parts = [
        shaped(shown, "object_id", shown["at"], "event", "event_id", "target_id"),
        shaped(older, "who", older.taken_at, "snapshot", "id", "id"),
        shaped(older_id, "external_id", older_id.taken_at, "snapshot", "id", "id"),
        shaped(asked_name, "who", asked_name["at"], "request", "request_id", "target_id"),
        shaped(asked_id, "external_id", asked_id["at"], "request", "request_id", "target_id"),
        shaped(audited, "who", audited["at"], "audit", "audit_id", "target_id"),
        shaped(pushed, "source_group_id", now, "record", "target_group_id", "target_group_id"),
        shaped(connected, "source_id", now, "record", "target_id", "target_id"),
    ]
    everything = reduce(lambda left, right: left.union(right), parts)
    return newest(everything, "group_id")


def removals(target_audit: ir.Table, source: ir.Table) -> ir.Table:
    """Deletions of groups in the target by another interface than provisioning.

    One row per ``group_id``: ``removed_at``, ``removed``, ``removed_by``, ``removed_via``.
    """
    import ibis

    gone = target_audit.filter(
        target_audit.object_type == "group",
        target_audit.action == "delete",
        target_audit.interface.fill_null("").lower() != "scim",
    )
    named = source.select(who="id", key="display_name_key").filter(lambda t: t.key.notnull())
    met = gone.join(named, gone.subject_key == named.key)
    newest = met.mutate(
        place=ibis.row_number().over(
            group_by=met.who, order_by=[met["at"].desc(), met.audit_id.desc()]
        )
    ).filter(lambda t: t.place == 0)
    return newest.select(
        group_id="who",
        removed_at="at",
        removed="audit_id",
        removed_by="actor",
        removed_via="interface",
    )


def renames(audit: ir.Table) -> ir.Table:
    """When a group was last renamed at the source: ``group_id``, ``renamed_at``, ``renamed``."""
    import ibis

    moved = audit.filter(
        audit.object_type == "group",
        audit.attribute_key.isin(["displayname", "display_name", "name"]),
    ).mutate(who=lambda t: t.group_id.coalesce(t.source_id))
    newest = moved.mutate(
        place=ibis.row_number().over(
            group_by=moved.who, order_by=[moved["at"].desc(), moved.audit_id.desc()]
        )
    ).filter(lambda t: t.place == 0)
    return newest.select(group_id="who", renamed_at="at", renamed="audit_id", renamed_from="old")


def names_written(claims: ir.Table, changes: ir.Table) -> ir.Table:
    """The newest successful claim on each group's name.

    One row per ``group_id``: ``written``, ``written_at``, ``written_value``.
    """
    import ibis

    good = claims.filter(
        claims.object_type == "group", claims.kind == "positive", claims.object_id.notnull()
    ).select("event_id", "at", "object_id")
    named = changes.filter(changes.attribute_key == "displayname", changes.new.notnull())
    joined = good.join(named, "event_id")
    newest = joined.mutate(
        place=ibis.row_number().over(
            group_by=joined.object_id, order_by=[joined["at"].desc(), joined.event_id.desc()]
        )
    ).filter(lambda t: t.place == 0)
    return newest.select(
        group_id="object_id", written="event_id", written_at="at", written_value="new"
    )


def ledger(
    source: ir.Table,
    target: ir.Table,
    links: ir.Table,
    wanted: ir.Table,
    summary: ir.Table,
    traces: ir.Table,
    removals: ir.Table,
    renames: ir.Table,
    blockers: ir.Table,
    target_memberships: ir.Table,
    previous: ir.Table,
    *,
    moment: Moment,
) -> ir.Table:
    """Lay the three sides of each group side by side; columns keep the parts' names."""
    import ibis

    groups = summary.filter(summary.object_type == "group").drop("object_type")
    listed = source.select(
        group_id="id",
        subject=ibis.coalesce(source.display_name, source.id),
        name_key="display_name_key",
        source_name="display_name",
        kind="kind",
        security_enabled="security_enabled",
        dynamic="dynamic",
        group_created="created",
        source_state=ibis.ifelse(source.deleted.isnull(), "active", "deleted"),
    )
    absent = groups.anti_join(source, groups.object_id == source.id).select(group_id="object_id")
    blank = {
        name: ibis.null(kind)
        for name, kind in listed.schema().items()
        if name not in ("group_id", "source_state")
    }
    listed = listed.union(
        absent.mutate(**blank, source_state=ibis.literal("absent", "string")).select(
            *listed.columns
        )
    )
    older = previous.mutate(
        place=ibis.row_number().over(group_by=previous.id, order_by=previous.taken_at.desc())
    ).filter(lambda t: t.place == 0)
    sizes = target_memberships.group_by(sized="group_id").agg(members=target_memberships.count())
    earlier = older.select(older_id="id", earlier_name="display_name", earlier_at="taken_at")
    facts = target.left_join(sizes, target.id == sizes.sized).left_join(
        earlier, target.id == earlier.older_id
    )
    shown = facts.select(
        target_group_id="id",
        target_name="display_name",
        target_name_key="display_name_key",
        target_external_id="external_id",
        members_shown="members_shown",
        members=facts.members.fill_null(0),
        earlier_name="earlier_name",
        earlier_at="earlier_at",
    )
    joined = listed
    for part in (
        wanted,
        links,
        groups.rename(group_id="object_id"),
        traces,
        removals,
        renames,
        blockers,
    ):
        joined = joined.left_join(part, "group_id").drop("group_id_right")
    joined = joined.left_join(shown, "target_group_id").drop("target_group_id_right")
    alone = shown.anti_join(links, "target_group_id")
    alone = alone.anti_join(blockers, alone.target_group_id == blockers.blocker)
    missing = {
        name: ibis.null(kind)
        for name, kind in joined.schema().items()
        if name not in alone.columns and name not in ("subject", "source_state")
    }
    nobody = alone.mutate(
        subject=ibis.coalesce(alone.target_name, alone.target_group_id),
        source_state=ibis.literal("none", "string"),
        **missing,
    ).select(*joined.columns)
    every = joined.union(nobody)
    since = ibis.cases(
        (every.wanted_since.isnull(), None),
        else_=ibis.greatest(
            every.wanted_since, ibis.coalesce(every.group_created, every.wanted_since)
        ),
    )
    return every.mutate(
        subject=ibis.coalesce(every.subject, every.target_name, every.group_id),
        wanted=every.wanted.fill_null("no"),
        wanted_since=since,
        target_state=ibis.ifelse(
            every.target_name.notnull() | every.members.notnull(), "present", "absent"
        ),
        trace_state=ibis.ifelse(every.trace.isnull(), "never", "existed"),
        removed_by_provider_at=every.last_delete_at,
        failing=(every.last_event_kind == "negative").fill_null(False),
        wanted_age=moment.age(since),
        wanted_covered=moment.covered(since),
        trace_covered=ibis.cases(
            (every.trace_kind == "record", "yes"), else_=moment.covered(every.trace_at)
        ),
        cycles_since_wanted=moment.cycles_since(since),
        renamed_age=moment.age(every.renamed_at),
        link_certainty=ibis.literal("confirmed", "string"),
    )
