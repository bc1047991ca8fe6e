"""Claims: what the provider's log says, object by object, and what kind of statement it is.

A log line is a dated claim, not a state. ``create`` is an intention, ``success`` does not mean
written, and ``RedundantExport`` means "was read and was equal then". Each event becomes one claim
with one kind:

========== ==========================================================================
positive   the object existed, or was written, in the target at that time
disable    the account was switched off
delete     the object was removed
staged     a removal is held back by a guard
negative   an attempt failed, or nothing could be sent; ``family`` says why
excluded   skipped because it is out of scope
read       something was looked at and nothing is said about the target
========== ==========================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.reconcile.families import family

if TYPE_CHECKING:
    import ibis.expr.types as ir

UNASKED = (
    "tenant_id",
    "change_id",
    "app_id",
    "app_name",
    "source_system",
    "target_system",
    "outbound",
    "initiator",
    "scope_all",
    "duration_ms",
    "transaction",
    "source_file",
    "source_row",
)
"""Columns of EVENTS that no question asks of a claim; a claim is as wide as it must be."""
ACTIVATES = r"^application\.provision\.user\.(reactivate|activate|push)$"
"""Okta's event types that say by themselves that an account was made active."""
KINDS = ("positive", "disable", "delete", "staged", "negative", "excluded", "read")


def relevant(events: ir.Table, assignments: ir.Table) -> ir.Table:
    """Events of the outbound jobs of the application that is assigned.

    One export may hold several jobs, among them inbound ones with source and target swapped
    (HR imports), and other applications. Where assignments and log share an application, only its
    events count.
    """
    outbound = events.filter(events.outbound.fill_null(True))
    apps = assignments.filter(assignments.app_id.notnull()).select("app_id").distinct()
    shared = outbound.semi_join(apps, "app_id").count().as_scalar()
    ours = outbound.app_id.isin(apps.app_id) | outbound.app_id.isnull()
    return outbound.filter((shared == 0) | ours)


def claims(events: ir.Table, changes: ir.Table, people: ir.Table) -> ir.Table:
    """Turn relevant events into claims.

    Parameters
    ----------
    events
        What :func:`relevant` returns.
    changes
        CHANGES; an update that sets ``active`` is an activation or a disable.
    people
        Keys of the source: ``id``, ``key`` (see ``people.keys``); resolves who is meant where the
        event carries no directory id.

    Returns
    -------
    ir.Table
        EVENTS without ``UNASKED``, with ``kind``, ``family``, ``object_id`` (the object in the
        source, resolved),
        ``sets_active`` (the value of ``active`` it wrote).
    """
    import ibis

    active = (
        changes.filter(changes.attribute_key == "active", changes.new.notnull())
        .group_by("event_id")
        .agg(sets=changes.new.lower().max())
    )
    by_name = people.group_by("key").having(people.id.nunique() == 1).agg(named=people.id.max())
    known = people.select(known="id").distinct()
    joined = (
        events.left_join(active, "event_id")
        .drop("event_id_right")
        .left_join(known, events.source_id == known.known)
        .left_join(by_name, events.source_name_key == by_name.key)
    )
    accepted = joined.status.isin(["success", "warning"]) & joined.written.fill_null(True)
    seen = joined.status.isin(["success", "warning"]) & joined.target_id.notnull()
    skipped = joined.status == "skipped"
    redundant = skipped & joined.skip_reason.fill_null("").lower().contains("redundant")
    flagged = (
        ~joined.scope_active.fill_null(True)
        | ~joined.scope_assigned.fill_null(True)
        | ~joined.scope_role.fill_null(True)
        | ~joined.scope_filter.fill_null(True)
    )
    out = skipped & (flagged | joined.skip_reason.fill_null("").lower().contains("entitled"))
    kind = ibis.cases(
        (joined.action == "staged_delete", "staged"),
        ((joined.action == "delete") & accepted, "delete"),
        ((joined.action == "disable") & accepted, "disable"),
        (accepted & (joined.sets == "false"), "disable"),
        (redundant, "positive"),
        (accepted & joined.action.isin(["create", "update"]), "positive"),
        (seen & ~joined.action.isin(["delete", "disable"]), "positive"),
        (out, "excluded"),
        ((joined.status == "failure") | skipped, "negative"),
        else_="read",
    )
    code = ibis.coalesce(joined.error_code, joined.skip_reason)
    acts = joined["kind"].lower().re_search(ACTIVATES).fill_null(False)
    coded = _with_family(joined.mutate(kind=kind, code=code, activates=acts))
    # Okta's events carry Okta's ids: one the directory has no more is somebody who is gone.
    own = coded.source_id.notnull() & (coded["product"] == "okta").fill_null(False)
    return coded.mutate(
        object_id=ibis.cases(
            (coded.known.notnull(), coded.source_id),
            ((coded.object_type == "user") & coded.named.notnull() & ~own, coded.named),
            else_=coded.source_id,
        ),
        sets_active=(coded.sets == "true").fill_null(False) | coded.activates,
    ).drop("known", "key", "named", "sets", "activates", *UNASKED)


def _with_family(rows: ir.Table) -> ir.Table:
    """Classify each combination of code, reason and status once; most rows have none."""
    told = rows.mutate(
        told_code=rows.code.fill_null(""),
        told_reason=rows.reason.fill_null(""),
        told_status=rows.http_status.fill_null(0),
    )
    keys = ("told_code", "told_reason", "told_status")
    wrong = told.filter(
        (told.told_code != "") | (told.told_reason != "") | (told.told_status >= 400)
    )
    distinct = wrong.select(*keys).distinct()
    classified = distinct.mutate(
        family=family(distinct.told_code, distinct.told_reason, distinct.told_status)
    )
    joined = told.left_join(classified, list(keys))
    return joined.mutate(family=joined.family.fill_null("unknown")).drop(
        *keys, *(f"{key}_right" for key in keys)
    )


def latest(claims: ir.Table, kind: str, prefix: str, *also: str) -> ir.Table:
    """The newest claim of a kind for each object, by time and then by event id.

    Parameters
    ----------
    claims
        What :func:`claims` returns.
    kind
        One of ``KINDS``, or ``any``.
    prefix
        Names the columns: ``last_positive`` gives ``last_positive`` (the event's id) and
        ``last_positive_at``.
    also
        Further columns to bring along, as ``<prefix>_<column>``.
    """
    import ibis

    chosen = claims.filter(claims.object_id.notnull())
    if kind != "any":
        chosen = chosen.filter(chosen.kind == kind)
    newest = chosen.mutate(
        place=ibis.row_number().over(
            group_by=[chosen.object_type, chosen.object_id],
            order_by=[chosen.at.desc(), chosen.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    named = {prefix: newest.event_id, f"{prefix}_at": newest.at}
    named |= {f"{prefix}_{column}": newest[column] for column in also}
    return newest.select("object_type", "object_id", **named)


def by_object(claims: ir.Table) -> ir.Table:
    """One row per object of the log: its newest claims of each kind, and when the log first met it.

    Columns: ``object_type``, ``object_id``, ``last_<kind>`` and ``last_<kind>_at`` for positive,
    disable, delete, staged, negative and excluded; of the negative one also ``family``, ``code``,
    ``reason``, ``attribute``, ``retry_at``; of the excluded one its flags; of the newest of all its
    ``kind``; ``first_event_at``; ``writers`` (how many jobs found or wrote it);
    ``last_activation`` (the newest claim that set it active).
    """
    parts = [
        latest(claims, "any", "last_event", "kind", "family"),
        latest(claims, "positive", "last_positive", "target_id"),
        latest(claims, "disable", "last_disable"),
        latest(claims, "delete", "last_delete"),
        latest(claims, "staged", "last_staged"),
        latest(
            claims,
            "negative",
            "last_failure",
            "family",
            "code",
            "reason",
            "skip_attribute",
            "retry_at",
            "retries",
            "action",
        ),
        latest(
            claims,
            "excluded",
            "last_excluded",
            "scope_active",
            "scope_assigned",
            "scope_role",
            "scope_filter",
            "scope_failed",
        ),
        latest(claims.filter(claims.sets_active), "positive", "last_activation"),
    ]
    working = claims.kind.isin(["positive", "disable", "delete"])
    first = (
        claims.filter(claims.object_id.notnull())
        .group_by("object_type", "object_id")
        .agg(
            first_event_at=claims.at.min(),
            events=lambda t: t.count(),
            writers=claims.job_id.nunique(where=working),
        )
    )
    for part in parts:
        first = first.left_join(part, ["object_type", "object_id"]).drop(
            "object_type_right", "object_id_right"
        )
    return first


def contested(summary: ir.Table, object_type: str) -> ir.Table:
    """Objects whose newest claim is a refusal because the name is taken.

    Parameters
    ----------
    summary
        The claims, a row per object.
    object_type
        ``user`` or ``group``.

    Returns
    -------
    ir.Table
        ``object_id``, ``creation`` (nothing was ever carried out for it before).
    """
    return summary.filter(
        summary.object_type == object_type,
        summary.last_event_kind == "negative",
        summary.last_event_family == "conflict",
    ).select("object_id", creation=summary.last_positive.isnull())
