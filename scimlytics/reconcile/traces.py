"""Traces: what shows that somebody had an account before.

Most healthy accounts are older than the log and have no event in it: no event is the normal case.
A person without an account had one before when a claim, an older snapshot, the provider's own
record, the target's request log or its audit says so.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

KINDS = {
    "event": "the provider's log shows the account",
    "record": "the provider keeps the account's id",
    "snapshot": "an older snapshot of the target holds the account",
    "request": "the target's own request log shows the account",
    "audit": "the target's audit names the account",
}


def traces(
    claims: ir.Table,
    assignments: ir.Table,
    previous_accounts: ir.Table,
    requests: ir.Table,
    target_audit: ir.Table,
    person_keys: ir.Table,
    accounts: ir.Table,
    owned: ir.Table,
    connections: ir.Table,
    *,
    now: ir.TimestampScalar,
) -> ir.Table:
    """The newest trace of each person's account.

    What only bears the person's name, is there today and is not theirs is no trace of an account
    that they had: it stands in their way.

    Parameters
    ----------
    claims, assignments, previous_accounts, requests, target_audit, person_keys
        Where traces are looked for.
    accounts
        The accounts of today: ``account_id``.
    owned
        Whose they are: ``account_id``, ``person_id``.
    connections
        What the provisioning service remembers.
    now
        When the target was looked at.

    Returns
    -------
    ir.Table
        ``person_id``, ``trace_at``, ``trace_kind`` (a key of ``KINDS``), ``trace`` (the id of the
        event, request or audit entry, or the account), ``trace_account`` (the account's id),
        ``trace_seen_at``.
    """
    import ibis

    def shaped(
        rows: ir.Table, person: str, at: ir.Value, kind: str, ref: str, account: str
    ) -> ir.Table:
        return rows.select(
            person_id=rows[person],
            trace_at=at,
            trace_kind=ibis.literal(kind, "string"),
            trace=rows[ref],
            trace_account=rows[account],
        )

    people = claims.filter(claims.object_type == "user", claims.object_id.notnull())
    shown = people.filter(
        (people.kind == "positive") | (people.target_id.notnull() & (people.kind != "delete"))
    )
    kept = assignments.filter(
        assignments.external_id.notnull(), assignments.principal_type.fill_null("user") == "user"
    )
    connected = connections.filter(
        connections.object_type == "user", connections.target_id.notnull()
    )
    names = person_keys.filter(person_keys.kind == "user_name").select("id", "key").distinct()
    older_name = previous_accounts.join(names, previous_accounts.user_name_key == names.key).select(
        person=names.id, at=previous_accounts.taken_at, account=previous_accounts.id
    )
    older_id = previous_accounts.filter(previous_accounts.external_id.notnull()).select(
        person="external_id", at="taken_at", account="id"
    )
    answered = requests.filter(
        requests.object_type == "user",
        requests.status < 300,
        requests.method.isin(["POST", "PUT", "PATCH"]),
        requests.target_id.notnull(),
    )
    asked_name = answered.join(names, answered.name_key == names.key).select(
        "request_id", person=names.id, at=answered["at"], account=answered.target_id
    )
    asked_id = answered.filter(answered.external_id.notnull()).select(
        "request_id", person="external_id", at="at", account="target_id"
    )
    audited = (
        target_audit.filter(
            target_audit.object_type == "user",
            target_audit.action.isin(
                ["create", "update", "rename", "disable", "enable", "delete", "login"]
            ),
            target_audit.failure.isnull() | target_audit.failure.isin(["", "none"]),
        )
        .join(names, target_audit.subject_key == names.key)
        .select("audit_id", person=names.id, at=target_audit["at"], account=target_audit.target_id)
    )
    parts = [
        shaped(shown, "object_id", shown["at"], "event", "event_id", "target_id"),
        shaped(kept, "principal_id", now, "record", "external_id", "external_id"),
        shaped(connected, "source_id", now, "record", "target_id", "target_id"),
        shaped(older_name, "person", older_name["at"], "snapshot", "account", "account"),
        shaped(older_id, "person", older_id["at"], "snapshot", "account", "account"),
        shaped(asked_name, "person", asked_name["at"], "request", "request_id", "account"),
        shaped(asked_id, "person", asked_id["at"], "request", "request_id", "account"),
        shaped(audited, "person", audited["at"], "audit", "audit_id", "account"),
    ]
    everything = reduce(lambda one, other: one.union(other), parts)
    owners = owned.select("account_id", owner="person_id").distinct()
    today = accounts.select("account_id").distinct().left_join(owners, "account_id")
    today = today.select(today_id="account_id", owner="owner")
    held = everything.left_join(today, everything.trace_account == today.today_id)
    stranger = (
        held.today_id.notnull()
        & (held.owner != held.person_id).fill_null(True)
        & held.trace_kind.isin(["snapshot", "request", "audit"])
    )
    everything = held.filter(~stranger).drop("today_id", "owner")
    return newest(everything, "person_id")


def newest(traces: ir.Table, whose: str) -> ir.Table:
    """The newest trace of each object; ``trace_seen_at`` is when the target was last seen to hold it.

    A record that the provider keeps shows that the object was there, and not when: it counts as of now,
    and is no sight of it.
    """
    import ibis

    dated = ibis.cases((traces.trace_kind != "record", traces.trace_at))
    ordered = traces.mutate(
        trace_seen_at=dated.max().over(group_by=traces[whose]),
        place=ibis.row_number().over(
            group_by=traces[whose],
            order_by=[traces.trace_at.desc(), traces.trace_kind, traces.trace],
        ),
    )
    return ordered.filter(ordered.place == 0).drop("place")


def removals(target_audit: ir.Table, person_keys: ir.Table, object_type: str) -> ir.Table:
    """Deletions and disables in the target by another interface than provisioning.

    Matched by the subject's key, or by the object's id in ``removed_account``.

    Returns
    -------
    ir.Table
        ``person_id``, ``removed_at``, ``removed`` (the entry), ``removed_by``, ``removed_via``,
        ``removed_how`` (``delete`` or ``disable``), ``removed_account``.
    """
    import ibis

    by_hand = target_audit.filter(
        target_audit.object_type == object_type,
        target_audit.action.isin(["delete", "disable"]),
        target_audit.interface.fill_null("").lower() != "scim",
        target_audit.failure.isnull() | target_audit.failure.isin(["", "none"]),
    )
    names = person_keys.filter(person_keys.kind == "user_name").select("id", "key").distinct()
    met = by_hand.join(names, by_hand.subject_key == names.key)
    newest = met.mutate(
        place=ibis.row_number().over(
            group_by=met.id, order_by=[met["at"].desc(), met.audit_id.desc()]
        )
    ).filter(lambda t: t.place == 0)
    return newest.select(
        person_id="id",
        removed_at="at",
        removed="audit_id",
        removed_by="actor",
        removed_via="interface",
        removed_how="action",
        removed_account="target_id",
    )
