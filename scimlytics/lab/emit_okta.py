"""Exports of Okta: users, groups and members, the application's users and pushes, the System Log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scimlytics.lab.directory import Audit
from scimlytics.lab.files import write_json
from scimlytics.lab.provider import Claim
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import Group, Person, stamp

ORG = "https://contoso.okta.example/api/v1"
PAGE = 100
SYSTEM = {
    "id": "00u0systemprincipal0",
    "type": "SystemPrincipal",
    "alternateId": "system@okta.com",
    "displayName": "Okta System",
    "detailEntry": None,
}
KINDS = {
    ("create", "user"): "user.lifecycle.create",
    ("enable", "user"): "user.lifecycle.reactivate",
    ("restore", "user"): "user.lifecycle.activate",
    ("disable", "user"): "user.lifecycle.deactivate",
    ("delete", "user"): "user.lifecycle.deactivate",
    ("suspend", "user"): "user.lifecycle.suspend",
    ("hard_delete", "user"): "user.lifecycle.delete.completed",
    ("update", "user"): "user.account.update_profile",
    ("assign", "user"): "application.user_membership.add",
    ("unassign", "user"): "application.user_membership.remove",
    ("create", "group"): "group.lifecycle.create",
    ("delete", "group"): "group.lifecycle.delete",
    ("update", "group"): "group.profile.update",
    ("assign", "group"): "application.provision.group_push.activate_mapping",
    ("unassign", "group"): "application.provision.group_push.deactivate_mapping",
    ("add_member", "membership"): "group.user_membership.add",
    ("remove_member", "membership"): "group.user_membership.remove",
}
ATTRIBUTES = {
    "user_name": "login",
    "mail": "email",
    "display": "displayName",
    "given": "firstName",
    "family": "lastName",
    "department": "department",
    "title": "title",
    "DisplayName": "name",
}
"""What the lab calls an attribute → what Okta calls it."""


def write_directory(folder: Path, stage: Stage) -> None:
    """Write the source's side."""
    people = sorted(_listed(stage), key=lambda one: one.id)
    _pages(folder / "users.json.gz", [user(one) for one in people])
    groups = [one for one in stage.directory.groups.values() if one.deleted is None]
    write_json(folder / "groups.json", [_group(one) for one in groups])
    shown = {one.id: one for one in people}
    for group in groups:
        held = [user(shown[one]) for one in group.members if one in shown]
        write_json(folder / "members" / f"{group.id}.json", held)
    if stage.provisioning == "scim":
        app = stage.provider.job.id
        write_json(
            folder / "app_users.json",
            [_app_user(one, stage, app) for one in people if _assigned(one, stage)],
        )
        both = [one for one in groups if one.both and one.id in stage.directory.assigned]
        write_json(folder / "app_groups.json", [_app_group(one, app) for one in both])
        pushed = [one for one in groups if one.id in stage.directory.assigned]
        write_json(folder / "push_mappings.json", [_mapping(one, stage, app) for one in pushed])


def write_log(folder: Path, stage: Stage) -> None:
    """Write the System Log, newest last, as its API pages it."""
    claims = [(claim.at, _claimed(claim, stage)) for claim in stage.provider.claims]
    audits = [(audit.at, _audited(audit, stage)) for audit in stage.directory.audits]
    lines = [
        line for _, line in sorted([*claims, *audits], key=lambda one: (one[0], one[1]["uuid"]))
    ]
    for place in range(0, len(lines), PAGE * 5):
        part = lines[place : place + PAGE * 5]
        write_json(folder / f"system_log_{place // (PAGE * 5) + 1:02d}.json.gz", part)


def _listed(stage: Stage) -> list[Person]:
    """Who is in the export: those deleted for good are not, nor whose login somebody else has now."""
    living = {one.user_name for one in stage.directory.people.values() if one.deleted is None}
    return [
        one
        for one in stage.directory.people.values()
        if not one.gone and (one.deleted is None or one.user_name not in living)
    ]


def _assigned(person: Person, stage: Stage) -> bool:
    """Deactivated people lose their assignments."""
    there = person.deleted is None and (person.enabled or person.suspended)
    return there and stage.directory.assigned_since(person) is not None


def user(person: Person) -> dict[str, Any]:
    """A user as the API shows one."""
    status = "ACTIVE" if person.active else "SUSPENDED" if person.suspended else "DEPROVISIONED"
    made = _ms(person.created)
    profile = {
        "firstName": person.given or None,
        "lastName": person.family or None,
        "displayName": person.display,
        "login": person.login,
        "email": person.mail,
        "secondEmail": None,
        "mobilePhone": None,
        "department": person.department,
        "title": person.title,
        "employeeNumber": person.employee,
        "organization": person.company,
    }
    return {
        "id": person.id,
        "status": status,
        "created": made,
        "activated": made,
        "statusChanged": made,
        "lastLogin": None,
        "lastUpdated": _ms(person.modified),
        "passwordChanged": None,
        "type": {"id": "otya0f4cfa5054f52d98"},
        "profile": {key: value for key, value in profile.items() if value is not None},
        "credentials": {"provider": {"type": "OKTA", "name": "OKTA"}},
        "_links": {"self": {"href": f"{ORG}/users/{person.id}"}},
    }


def _group(group: Group) -> dict[str, Any]:
    newest = max([group.created, *group.members.values()])
    return {
        "id": group.id,
        "created": _ms(group.created),
        "lastUpdated": _ms(group.created),
        "lastMembershipUpdated": _ms(newest),
        "objectClass": ["okta:user_group"],
        "type": "OKTA_GROUP",
        "profile": {"name": group.name, "description": None},
    }


def _app_user(person: Person, stage: Stage, app: str) -> dict[str, Any]:
    since = stage.directory.assigned_since(person)
    linked = stage.provider.links.get(person.id)
    made = _ms(since or person.created)
    direct = person.id in stage.directory.assigned
    return {
        "id": person.id,
        "externalId": linked,
        "created": made,
        "lastUpdated": made,
        "scope": "USER" if direct else "GROUP",
        "status": "PROVISIONED" if linked else "STAGED",
        "statusChanged": made,
        "passwordChanged": None,
        "syncState": "DISABLED",
        "lastSync": None,
        "credentials": {"userName": person.login},
        "profile": {"email": person.mail, "displayName": person.display},
        "_links": {
            "app": {"href": f"{ORG}/apps/{app}"},
            "user": {"href": f"{ORG}/users/{person.id}"},
        },
    }


def _app_group(group: Group, app: str) -> dict[str, Any]:
    base = f"{ORG}/apps/{app}"
    return {
        "id": group.id,
        "lastUpdated": _ms(group.created),
        "priority": 0,
        "profile": {},
        "_links": {"app": {"href": base}, "self": {"href": f"{base}/groups/{group.id}"}},
    }


def _mapping(group: Group, stage: Stage, app: str) -> dict[str, Any]:
    linked = stage.provider.group_links.get(group.id)
    since = stage.directory.assigned[group.id]
    pushes = [
        claim.at
        for claim in stage.provider.claims
        if claim.source_id == group.id and claim.status == "success"
    ]
    last = max(pushes, default=since) if linked else None
    return {
        "id": stage.world.uuid("mapping", group.id),
        "created": _ms(since),
        "lastUpdated": _ms(last or since),
        "lastPush": _ms(last) if last else None,
        "errorSummary": "",
        "sourceGroupId": group.id,
        "targetGroupId": stage.world.uuid("group", f"target of {group.id}") if linked else None,
        "status": "INACTIVE" if group.kept_out else "ACTIVE",
        "_links": {"app": {"href": f"{ORG}/apps/{app}"}},
    }


def _claimed(claim: Claim, stage: Stage) -> dict[str, Any]:
    """A push as a line of the log."""
    targets = []
    if claim.kind == "user":
        targets.append(_of_person(claim.source_id, claim.login, claim.source_name, "User"))
        shown = _of_person(
            stage.world.uuid("app user", claim.source_id), claim.login, claim.source_name, "AppUser"
        )
        if claim.changes and claim.status == "success":
            to = {name: new for name, _, new in claim.changes}
            shown["changeDetails"] = {"from": dict.fromkeys(to, ""), "to": to}
        targets.append(shown)
    else:
        targets.append(_of_group(claim.source_id, claim.source_name))
        for member in claim.unresolved:
            person = stage.directory.people[member]
            targets.append(_of_person(member, person.login, person.display, "User"))
    result = {"success": "SUCCESS", "failure": "FAILURE", "skipped": "SKIPPED"}[claim.status]
    reason = claim.reason[:255] if claim.reason else None
    return _event(claim.id, claim.at, claim.type, targets, stage, result, reason)


def _audited(audit: Audit, stage: Stage) -> dict[str, Any]:
    """A change of the directory as a line of the log."""
    targets = []
    about = "membership" if audit.user and audit.group else "user" if audit.user else "group"
    changed = {
        "from": {ATTRIBUTES.get(name, name): old for name, old, _ in audit.changes},
        "to": {ATTRIBUTES.get(name, name): new for name, _, new in audit.changes},
    }
    if audit.user:
        person = stage.directory.people.get(audit.user)
        name = person.display if person else audit.subject
        targets.append(_of_person(audit.user, audit.subject.partition("#EXT#")[0], name, "User"))
    if audit.group:
        targets.append(_of_group(audit.group, audit.group_name or audit.subject))
    if audit.act == "update":
        targets[0]["changeDetails"] = changed
    app = audit.act in ("assign", "unassign")
    kind = KINDS[audit.act, about]
    return _event(audit.id, audit.at, kind, targets, stage, "SUCCESS", None, app=app)


def _event(
    event_id: str,
    at: datetime,
    kind: str,
    targets: Sequence[dict[str, Any]],
    stage: Stage,
    result: str,
    reason: str | None,
    *,
    app: bool = True,
) -> dict[str, Any]:
    shown = list(targets)
    if app:
        name = {"filescom": "Files.com", "scim": "Harbour"}[stage.target.product]
        instance = {"id": stage.provider.job.id, "type": "AppInstance", "alternateId": name}
        shown.append({**instance, "displayName": name, "detailEntry": None})
    return {
        "uuid": event_id,
        "published": _ms(at),
        "eventType": kind,
        "version": "0",
        "severity": "INFO" if result == "SUCCESS" else "WARN",
        "displayMessage": kind.rpartition(".")[2].replace("_", " "),
        "actor": SYSTEM,
        "client": {"userAgent": None, "zone": "null", "ipAddress": None},
        "outcome": {"result": result, "reason": reason},
        "target": shown,
        "transaction": {"type": "JOB", "id": f"trn{event_id[:12]}", "detail": {}},
        "debugContext": {"debugData": {}},
        "legacyEventType": None,
    }


def _of_person(name: str, login: str, shown: str, kind: str) -> dict[str, Any]:
    person = {"id": name, "type": kind, "alternateId": login, "displayName": shown}
    return {**person, "detailEntry": None}


def _of_group(name: str, shown: str) -> dict[str, Any]:
    group = {"id": name, "type": "UserGroup", "alternateId": "unknown", "displayName": shown}
    return {**group, "detailEntry": None}


def _pages(path: Path, rows: list[dict[str, Any]]) -> None:
    """A list in pages, as one file: the API's next page is in a header, so nothing of it is left."""
    write_json(path, [rows[place : place + PAGE] for place in range(0, len(rows), PAGE)])


def _ms(moment: datetime) -> str:
    return stamp(moment, 3)
