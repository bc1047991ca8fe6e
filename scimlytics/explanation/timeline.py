"""All that happened to a subject, in order of time; each line with the id by which it can be found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence
    from scimlytics.explanation.subject import Subject

MOST = 400
"""So many lines of one kind at the most: the newest."""
LONGEST = 300
Line = dict[str, Any]


def timeline(evidence: Evidence, subject: Subject) -> list[Line]:
    """Everything dated that the evidence says of a subject.

    Returns
    -------
    list
        ``at``, ``kind`` (``directory``, ``event``, ``request``, ``target``, ``snapshot`` or ``job``),
        ``id``, ``says``; the oldest first.
    """
    lines = [
        *_source(evidence, subject),
        *_events(evidence, subject),
        *_requests(evidence, subject),
        *_target(evidence, subject),
        *_snapshots(evidence, subject),
        *_jobs(evidence),
    ]
    return sorted(lines, key=lambda one: (one["at"], one["kind"], one["id"] or ""))


def _line(at: datetime, kind: str, key: object, says: str) -> Line:
    shown = says if len(says) <= LONGEST else says[: LONGEST - 1] + "…"
    return {"at": at, "kind": kind, "id": None if key is None else str(key), "says": shown}


def _newest(evidence: Evidence, rows: ir.Table) -> list[dict[str, Any]]:
    kept = rows.filter(rows["at"].notnull()).order_by(rows["at"].desc()).limit(MOST)
    return list(evidence.engine.fetch(kept).to_pylist())


def _source(evidence: Evidence, subject: Subject) -> Iterator[Line]:
    audit = evidence.table("source_audit")
    mine = audit.source_id == subject.person_id
    ours = audit.group_id == subject.group_id
    if subject.person_id is not None and subject.group_id is not None:
        met = (mine & (ours | audit.group_id.isnull())) | (ours & audit.source_id.isnull())
        met = met | (audit.source_id == subject.group_id)
    elif subject.person_id is not None:
        met = mine
    elif subject.group_id is not None:
        met = ours | (audit.source_id == subject.group_id)
    else:
        return
    for row in _newest(evidence, audit.filter(met)):
        yield _line(row["at"], "directory", row["audit_id"], _said_by_directory(row))
    users = evidence.table("source_users")
    if subject.person_id is not None:
        for row in evidence.engine.fetch(users.filter(users.id == subject.person_id)).to_pylist():
            yield from _dates(row, "directory", row["id"], "made in the directory", "deleted there")


def _dates(row: dict[str, Any], kind: str, key: str, made: str, gone: str) -> Iterator[Line]:
    if row["created"] is not None:
        yield _line(row["created"], kind, key, made)
    if row["deleted"] is not None:
        yield _line(row["deleted"], kind, key, gone)


def _said_by_directory(row: dict[str, Any]) -> str:
    parts = [str(row["action"]).replace("_", " ")]
    if row["group_name"] or row["group_id"]:
        parts.append(f"group {row['group_name'] or row['group_id']}")
    if row["attribute"]:
        parts.append(f"{row['attribute']}: '{row['old'] or ''}' → '{row['new'] or ''}'")
    if row["actor"]:
        parts.append(f"by {row['actor']}")
    if row["failed"]:
        parts.append("failed")
    return ", ".join(parts)


def _events(evidence: Evidence, subject: Subject) -> Iterator[Line]:
    claims = evidence.table("claims")
    met = None
    if subject.person_id is not None:
        met = (claims.object_type == "user") & (claims.object_id == subject.person_id)
    elif subject.account_ids:
        met = claims.target_id.isin(list(subject.account_ids))
    if subject.group_id is not None:
        ours = (claims.object_type == "group") & (claims.object_id == subject.group_id)
        met = ours if met is None else met | ours
    if met is None:
        return
    rows = _newest(evidence, claims.filter(met))
    changes = _by_event(evidence, "changes", [row["event_id"] for row in rows])
    for row in rows:
        says = _said_by_provider(row, changes.get(row["event_id"], []))
        yield _line(row["at"], "event", row["event_id"], says)


def _by_event(evidence: Evidence, name: str, ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    table = evidence.table(name)
    found: dict[str, list[dict[str, Any]]] = {}
    rows = evidence.engine.fetch(table.filter(table.event_id.isin(list(ids))))
    for row in rows.to_pylist() if rows.num_rows else ():
        found.setdefault(row["event_id"], []).append(row)
    return found


def _said_by_provider(row: dict[str, Any], changes: list[dict[str, Any]]) -> str:
    parts = [f"{row['object_type'] or 'object'} {row['action']}: {row['status']}"]
    if row["code"]:
        parts.append(str(row["code"]))
    if row["scope_failed"]:
        parts.append("kept out by " + "; ".join(row["scope_failed"]))
    flags = {
        "not assigned": row["scope_assigned"],
        "not active": row["scope_active"],
        "not entitled by its role": row["scope_role"],
    }
    parts += [word for word, flag in flags.items() if flag is False]
    shown = [
        f"{one['attribute']} {one['old'] or ''} → {one['new'] or ''}".replace("  ", " ")
        for one in changes
        if one["old"] or one["new"]
    ]
    if shown:
        parts.append(", ".join(sorted(shown)))
    if row["target_id"]:
        parts.append(f"account or group {row['target_id']}")
    if row["reason"]:
        parts.append(str(row["reason"]))
    return "; ".join(parts)


def _requests(evidence: Evidence, subject: Subject) -> Iterator[Line]:
    requests = evidence.table("scim_requests")
    met = None
    if subject.has_person:
        met = (requests.object_type == "user") & (
            requests.target_id.isin(list(subject.account_ids))
            | requests.name_key.isin(sorted(subject.keys))
            | (requests.external_id == subject.person_id)
        )
    if subject.target_group_id is not None:
        ours = (requests.object_type == "group") & (requests.target_id == subject.target_group_id)
        met = ours if met is None else met | ours
    if met is None:
        return
    rows = _newest(evidence, requests.filter(met.fill_null(False)))
    members = _members(evidence, subject, [row["request_id"] for row in rows])
    for row in rows:
        says = f"{row['method']} {row['path']}: {row['status']}"
        says += "".join(
            f"; {word} {row[name]}"
            for name, word in (("scim_type", "error"), ("detail", ""), ("name", "name"))
            if row[name]
        )
        if row["active"] is not None:
            says += f"; active {row['active']}"
        says += members.get(row["request_id"], "")
        yield _line(row["at"], "request", row["request_id"], says)


def _members(evidence: Evidence, subject: Subject, ids: list[str]) -> dict[str, str]:
    """What requests on the group said of the person, or how many members they named."""
    if subject.target_group_id is None or not ids:
        return {}
    table = evidence.table("request_members")
    rows = evidence.engine.fetch(table.filter(table.request_id.isin(ids))).to_pylist()
    said: dict[str, dict[str, int]] = {}
    mine: dict[str, list[str]] = {}
    for row in rows:
        counts = said.setdefault(row["request_id"], {})
        counts[row["operation"]] = counts.get(row["operation"], 0) + (row["member_id"] is not None)
        if row["member_id"] in subject.account_ids:
            mine.setdefault(row["request_id"], []).append(row["operation"])
    return {
        key: "; members "
        + ", ".join(f"{word} {count}" for word, count in sorted(counts.items()))
        + (f", among them this one ({', '.join(sorted(mine[key]))})" if key in mine else "")
        for key, counts in said.items()
    }


def _target(evidence: Evidence, subject: Subject) -> Iterator[Line]:
    audit = evidence.table("target_audit")
    met = None
    if subject.has_person:
        keys = sorted(subject.keys)
        met = (audit.object_type.fill_null("user") != "group") & (
            audit.target_id.isin(list(subject.account_ids))
            | audit.subject_key.isin(keys)
            | audit.actor.lower().isin(keys)
            | audit.source_key.lower().isin([*keys, (subject.person_id or "").lower()])
        )
    if subject.target_group_id is not None:
        ours = (audit.target_id == subject.target_group_id) & (audit.object_type == "group")
        ours = ours | (audit.group_id == subject.target_group_id)
        met = ours if met is None else met | ours
    elif subject.has_group and not subject.has_person:
        met = (audit.object_type == "group") & (
            audit.subject.lower() == (subject.group_name or "").lower()
        )
    if met is None:
        return
    for row in _newest(evidence, audit.filter(met.fill_null(False))):
        parts = [f"{str(row['action']).replace('_', ' ')} {row['subject'] or ''}".strip()]
        if row["old"] or row["new"]:
            parts.append(f"'{row['old'] or ''}' → '{row['new'] or ''}'")
        parts += [
            f"{word} {row[name]}"
            for name, word in (("actor", "by"), ("interface", "through"), ("source_key", "as"))
            if row[name]
        ]
        if row["failure"] not in (None, "", "none"):
            parts.append(f"failed: {row['failure']}")
        yield _line(row["at"], "target", row["audit_id"], ", ".join(parts))


def _snapshots(evidence: Evidence, subject: Subject) -> Iterator[Line]:
    older = evidence.table("previous_target_users")
    if subject.has_person:
        met = older.id.isin(list(subject.account_ids)) | older.user_name_key.isin(
            sorted(subject.keys)
        )
        for row in evidence.engine.fetch(older.filter(met.fill_null(False))).to_pylist():
            state = "inactive" if row["active"] is False else "active"
            says = f"an older export holds the account {row['user_name']}, {state}"
            yield _line(row["taken_at"], "snapshot", row["id"], says)
        accounts = evidence.table("target_users")
        mine = accounts.filter(accounts.id.isin(list(subject.account_ids)))
        for row in evidence.engine.fetch(mine).to_pylist():
            made = f"account {row['user_name']} made in the target"
            yield from _dates(row, "target", row["id"], made, "account deleted")
            for name, word in (("first_login", "first"), ("last_login", "last")):
                if row[name] is not None:
                    says = f"{word} sign-in of {row['user_name']}"
                    yield _line(row[name], "target", row["id"], says)
    if subject.target_group_id is not None and subject.account_ids:
        edges = evidence.table("previous_target_memberships")
        inside = edges.filter(
            edges.group_id == subject.target_group_id,
            edges.member_id.isin(list(subject.account_ids)),
        )
        for row in evidence.engine.fetch(inside).to_pylist():
            says = "an older export holds the membership"
            yield _line(row["taken_at"], "snapshot", row["member_id"], says)


def _jobs(evidence: Evidence) -> Iterator[Line]:
    named = evidence.table("claims").select("job_id").distinct()
    ours = set(evidence.engine.fetch(named).column("job_id").to_pylist()) - {None}
    for row in evidence.rows("jobs").to_pylist():
        if ours and row["job_id"] not in ours:
            continue
        if row["quarantine_since"] is not None:
            why = row["quarantine_reason"] or "no reason given"
            says = f"job {row['job_id']} went into quarantine: {why}"
            yield _line(row["quarantine_since"], "job", row["job_id"], says)
        if row["last_run_ended"] is not None and row["code"] not in (None, "active"):
            says = f"job {row['job_id']} ran last; its status is {row['code']}"
            yield _line(row["last_run_ended"], "job", row["job_id"], says)
