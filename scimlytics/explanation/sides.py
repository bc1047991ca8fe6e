"""The three sides of a subject: what the source wants, what the log claims, what the target holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimlytics.reconcile import ledger

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence
    from scimlytics.explanation.subject import Subject

USER = {
    "source": (
        "source_id", "source_state", "wanted", "wanted_since", "scope_way", "scope_group_name",
        "kept_out_by", "department", "left_at", "unassigned_at",
    ),
    "target": (
        "target_id", "target_state", "account_name", "account_email", "account_external_id",
        "account_created", "account_last_login", "twin", "twin_name", "twin_created", "blocker",
        "shared_account", "removed_at", "removed_by", "removed_via",
    ),
    "log": (
        "events", "first_event_at", "last_event_at", "last_event_kind", "last_positive",
        "last_positive_at", "last_failure", "last_failure_at", "last_failure_code",
        "last_failure_retry_at", "last_disable_at", "last_delete_at", "last_excluded_at",
    ),
}  # fmt: skip
GROUP = {
    "source": ("group_id", "source_name", "source_state", "kind", "wanted", "wanted_since"),
    "target": (
        "target_group_id", "target_state", "target_name", "members", "removed_at", "removed_by",
    ),
    "log": (
        "events", "first_event_at", "last_event_at", "last_event_kind", "last_positive",
        "last_positive_at", "last_failure", "last_failure_at", "last_failure_code",
    ),
}  # fmt: skip
EDGE = {
    "source": ("edge_way", "via_group", "joined_at", "removed_at"),
    "target": ("situation", "seen_at", "lost_at", "account_state"),
    "log": (
        "added", "added_at", "dropped", "dropped_at", "group_positive", "group_positive_at",
        "group_failure", "group_failure_at", "unresolved",
    ),
}  # fmt: skip
Sides = dict[str, dict[str, Any]]


def sides(evidence: Evidence, subject: Subject) -> Sides:
    """What each side says; a side that says nothing is empty. Columns are those of the ledgers."""
    found: Sides = {"source": {}, "target": {}, "log": {}}
    if subject.has_person:
        users = ledger(evidence, "users")
        met = (
            users.source_id == subject.person_id
            if subject.person_id is not None
            else users.target_id.isin(list(subject.account_ids))
        )
        _add(found, evidence, users.filter(met), USER, "")
        _keys(found, evidence, subject)
    if subject.has_group:
        groups = ledger(evidence, "groups")
        met = (
            groups.group_id == subject.group_id
            if subject.group_id is not None
            else groups.target_group_id == subject.target_group_id
        )
        _add(found, evidence, groups.filter(met), GROUP, "group_" if subject.has_person else "")
    if subject.has_person and subject.has_group:
        edges = ledger(evidence, "memberships")
        met = (edges.person_id == subject.person_id) & (edges.group_id == subject.group_id)
        _add(found, evidence, edges.filter(met), EDGE, "membership_")
        found["source"]["member"] = _is_member(
            evidence, "source", subject.group_id, [subject.person_id]
        )
        found["target"]["member"] = _is_member(
            evidence, "target", subject.target_group_id, list(subject.account_ids)
        )
    return found


def _add(
    found: Sides,
    evidence: Evidence,
    rows: ir.Table,
    columns: dict[str, tuple[str, ...]],
    prefix: str,
) -> None:
    for row in evidence.engine.fetch(rows.limit(1)).to_pylist():
        for side, names in columns.items():
            shown = {name: row[name] for name in names if row.get(name) not in (None, [], "")}
            found[side] |= {
                name if name.startswith(prefix) else prefix + name: value
                for name, value in shown.items()
            }


def _keys(found: Sides, evidence: Evidence, subject: Subject) -> None:
    """The names a person goes by at the source; a former one is named as such."""
    if subject.person_id is None:
        return
    users, former = evidence.table("source_users"), evidence.table("former_keys")
    row = users.filter(users.id == subject.person_id).select("user_name", "email").limit(1)
    for one in evidence.engine.fetch(row).to_pylist():
        found["source"] |= {name: value for name, value in one.items() if value}
    names = former.filter(former.id == subject.person_id).select("key").distinct()
    old = sorted(evidence.engine.fetch(names).column("key").to_pylist())
    if old:
        found["source"]["former_names"] = old


def _is_member(evidence: Evidence, side: str, group: str | None, members: list[str | None]) -> bool:
    edges = evidence.table(f"{side}_memberships")
    inside = edges.filter(edges.group_id == group, edges.member_id.isin(members))
    return bool(evidence.engine.fetch(inside.limit(1)).num_rows)
