"""What Microsoft Graph shows of the directory: users, groups, members, assignments, audits, the job."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from scimlytics.lab.bodies import ENTERPRISE, PATHS
from scimlytics.lab.directory import Audit
from scimlytics.lab.emit_entra import Tenant, hr_job, last_run
from scimlytics.lab.files import write_json
from scimlytics.lab.provider import ALWAYS
from scimlytics.lab.stage import Stage
from scimlytics.lab.target import SHOWN
from scimlytics.lab.world import Group, Person, stamp

GRAPH = "https://graph.microsoft.com/v1.0/$metadata#"
SELECT = (
    "id,accountEnabled,displayName,givenName,surname,mail,mailNickname,userPrincipalName,userType,department,"
    "jobTitle,companyName,employeeId,employeeType,officeLocation,proxyAddresses,createdDateTime"
)
ROLE = "8f3c1d2e-0d0b-4c6a-9a0e-5a1b2c3d4e5f"
ACTIVITIES = {
    ("create", "user"): ("Add user", "UserManagement", "Add"),
    ("update", "user"): ("Update user", "UserManagement", "Update"),
    ("disable", "user"): ("Disable account", "UserManagement", "Update"),
    ("enable", "user"): ("Enable account", "UserManagement", "Update"),
    ("delete", "user"): ("Delete user", "UserManagement", "Delete"),
    ("hard_delete", "user"): ("Hard Delete user", "UserManagement", "Delete"),
    ("restore", "user"): ("Restore user", "UserManagement", "Update"),
    ("assign", "user"): ("Add app role assignment grant to user", "UserManagement", "Assign"),
    ("unassign", "user"): ("Remove app role assignment from user", "UserManagement", "Unassign"),
    ("create", "group"): ("Add group", "GroupManagement", "Add"),
    ("update", "group"): ("Update group", "GroupManagement", "Update"),
    ("delete", "group"): ("Delete group", "GroupManagement", "Delete"),
    ("assign", "group"): ("Add app role assignment to group", "ApplicationManagement", "Assign"),
    ("unassign", "group"): (
        "Remove app role assignment from group",
        "ApplicationManagement",
        "Unassign",
    ),
    ("add_member", "user"): ("Add member to group", "GroupManagement", "Assign"),
    ("remove_member", "user"): ("Remove member from group", "GroupManagement", "Unassign"),
}
NAMES = {
    "user_name": "UserPrincipalName",
    "mail": "Mail",
    "display": "DisplayName",
    "given": "GivenName",
    "family": "Surname",
    "department": "Department",
    "title": "JobTitle",
    "AccountEnabled": "AccountEnabled",
    "DisplayName": "DisplayName",
}


def write_directory(folder: Path, stage: Stage, tenant: Tenant) -> None:
    """Write everything Graph shows of the source."""
    directory = stage.directory
    people = [p for p in directory.people.values() if not p.gone]
    living = [user(p) for p in people if p.deleted is None]
    gone = [deleted(p) for p in people if p.deleted is not None]
    cut = len(living) // 2
    link = "https://graph.microsoft.com/v1.0/users?$skiptoken=RFNwdAIAAQAAAB"
    context = f"{GRAPH}users({SELECT})"
    first = {"@odata.context": context, "@odata.nextLink": link, "value": living[:cut]}
    write_json(
        folder / "users.json.gz", [first, {"@odata.context": context, "value": living[cut:]}]
    )
    write_json(folder / "deletedItems.json", {"@odata.context": f"{GRAPH}users", "value": gone})
    groups = [g for g in directory.groups.values() if g.deleted is None]
    write_json(
        folder / "groups.json",
        {"@odata.context": f"{GRAPH}groups", "value": [group(g) for g in groups]},
    )
    for one in groups:
        shown = [_member(stage, member) for member in one.members]
        body = {"@odata.context": f"{GRAPH}directoryObjects", "value": [m for m in shown if m]}
        write_json(folder / "members" / f"{one.id}.json", body)
    write_json(folder / "appRoleAssignedTo.json", _assignments(stage, tenant))
    audits = sorted(directory.audits, key=lambda one: (one.at, one.id), reverse=True)
    body = {
        "@odata.context": f"{GRAPH}auditLogs/directoryAudits",
        "value": [_audit(one, stage, tenant) for one in audits],
    }
    write_json(folder / "directoryAudits.json.gz", body)
    if stage.provisioning == "scim":
        write_json(folder / "synchronization" / "jobs.json", _jobs(stage, tenant))
        write_json(folder / "synchronization" / "schema.json", _schema(stage, tenant))


def user(person: Person) -> dict[str, Any]:
    """A user with the properties asked for; Graph shows what is empty as null."""
    return {
        "id": person.id,
        "accountEnabled": person.enabled,
        "displayName": person.display,
        "givenName": person.given or None,
        "surname": person.family or None,
        "mail": person.mail,
        "mailNickname": person.nickname,
        "userPrincipalName": person.user_name,
        "userType": "Guest" if person.guest else "Member",
        "department": person.department,
        "jobTitle": person.title,
        "companyName": person.company,
        "employeeId": person.employee,
        "employeeType": None,
        "officeLocation": person.extra.get("officeLocation"),
        "proxyAddresses": person.proxies,
        "createdDateTime": stamp(person.created),
    }


def deleted(person: Person) -> dict[str, Any]:
    """A soft-deleted user: the id stands before the user name."""
    shown = user(person)
    shown["userPrincipalName"] = person.id.replace("-", "") + person.user_name
    return shown | {"deletedDateTime": stamp(person.deleted) if person.deleted else None}


def group(one: Group) -> dict[str, Any]:
    """A group with the properties that tell its kind."""
    types = []
    if one.kind.startswith("m365"):
        types.append("Unified")
    if one.kind == "dynamic":
        types.append("DynamicMembership")
    mail = one.kind.startswith("m365") or one.kind in ("distribution", "mail_security")
    nickname = "".join(letter for letter in one.name.lower() if letter.isalnum())
    return {
        "id": one.id,
        "displayName": one.name,
        "mail": f"{nickname}@example.com" if mail else None,
        "mailEnabled": mail,
        "mailNickname": nickname,
        "securityEnabled": one.security_enabled,
        "groupTypes": types,
        "membershipRule": one.rule,
        "membershipRuleProcessingState": "On" if one.rule else None,
        "onPremisesSyncEnabled": None,
        "createdDateTime": stamp(one.created),
    }


def _member(stage: Stage, member: str) -> dict[str, Any] | None:
    person, inner = stage.directory.people.get(member), stage.directory.groups.get(member)
    if inner is not None:
        return {"@odata.type": "#microsoft.graph.group", "id": inner.id, "displayName": inner.name}
    if person is None or person.deleted is not None:
        return None
    return {
        "@odata.type": "#microsoft.graph.user",
        "id": person.id,
        "displayName": person.display,
        "userPrincipalName": person.user_name,
        "accountEnabled": person.enabled,
    }


def _assignments(stage: Stage, tenant: Tenant) -> dict[str, Any]:
    rows = []
    for principal, since in stage.directory.assigned.items():
        person, one = stage.directory.people.get(principal), stage.directory.groups.get(principal)
        rows.append(
            {
                "id": stage.world.uuid("assignment", principal).replace("-", ""),
                "deletedDateTime": None,
                "appRoleId": ROLE,
                "createdDateTime": stamp(since),
                "principalDisplayName": person.display if person else one.name if one else "",
                "principalId": principal,
                "principalType": "User" if person else "Group",
                "resourceDisplayName": tenant.app,
                "resourceId": tenant.service_principal,
            }
        )
    context = f"{GRAPH}servicePrincipals('{tenant.service_principal}')/appRoleAssignedTo"
    return {"@odata.context": context, "value": rows}


def _audit(one: Audit, stage: Stage, tenant: Tenant) -> dict[str, Any]:
    name, category, operation = ACTIVITIES[(one.act, "user" if one.user else "group")]
    return {
        "id": f"Directory_{one.id}",
        "category": category,
        "correlationId": stage.world.uuid("correlation", one.id),
        "result": "success",
        "resultReason": "",
        "activityDisplayName": name,
        "activityDateTime": stamp(one.at, 7),
        "loggedByService": "Core Directory",
        "operationType": operation,
        "initiatedBy": {
            "user": {
                "id": stage.world.uuid("administrator", "1"),
                "displayName": None,
                "userPrincipalName": "iam-admin@example.com",
                "ipAddress": "",
            },
            "app": None,
        },
        "targetResources": _resources(one, tenant),
        "additionalDetails": [],
    }


def _resources(one: Audit, tenant: Tenant) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = [
        {
            "displayName": NAMES.get(name, name),
            "oldValue": json.dumps([_plain(old)], ensure_ascii=False) if old is not None else "[]",
            "newValue": json.dumps([_plain(new)], ensure_ascii=False) if new is not None else "[]",
        }
        for name, old, new in one.changes
    ]
    if one.act in ("add_member", "remove_member"):
        key = "newValue" if one.act == "add_member" else "oldValue"
        empty: dict[str, str | None] = {"oldValue": None, "newValue": None}
        changes = [
            {"displayName": "Group.ObjectID", **empty, key: f'"{one.group}"'},
            {
                "displayName": "Group.DisplayName",
                **empty,
                key: json.dumps(one.group_name, ensure_ascii=False),
            },
        ]
    resources = []
    if one.user:
        resources.append(_resource(one.user, "User", None, one.subject, changes))
    if one.group:
        resources.append(
            _resource(
                one.group,
                "Group",
                None if one.user else one.group_name,
                None,
                [] if one.user else changes,
            )
        )
    if one.act in ("assign", "unassign"):
        resources.insert(
            0, _resource(tenant.service_principal, "ServicePrincipal", tenant.app, None, [])
        )
    return resources


def _plain(value: str) -> Any:
    return {"true": True, "false": False}.get(value, value)


def _resource(
    key: str, kind: str, name: str | None, login: str | None, changes: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": key,
        "displayName": name,
        "type": kind,
        "userPrincipalName": login,
        "groupType": "azureAD" if kind == "Group" else None,
        "modifiedProperties": changes,
    }


def _jobs(stage: Stage, tenant: Tenant) -> dict[str, Any]:
    job, began = stage.provider.job, last_run(stage)
    run = {
        "activityIdentifier": stage.world.uuid("activity", "last"),
        "countEntitled": len(stage.provider.links),
        "countEntitledForProvisioning": len(stage.provider.links),
        "countEscrowed": len(stage.provider.escrow),
        "countEscrowedRaw": len(stage.provider.escrow),
        "countExported": 0,
        "countExports": 0,
        "countImported": 0,
        "countImportedDeltas": 0,
        "countImportedReferenceDeltas": 0,
        "state": "EntryLevelErrors" if stage.provider.escrow else "Succeeded",
        "error": None,
        "timeBegan": stamp(began),
        "timeEnded": stamp(began + timedelta(seconds=41)),
    }
    worked, error = run, None
    if job.error:
        error = {"code": job.error[0], "message": job.error[1], "tenantActionable": True}
        run = run | {"state": "Failed", "error": error}
    quarantine = None
    if job.quarantine:
        quarantine = {
            "currentBegan": job.quarantine["began"],
            "nextAttempt": job.quarantine["next"],
            "reason": job.quarantine["reason"],
            "seriesBegan": job.quarantine["began"],
            "seriesCount": 3,
            "error": error,
        }
    body = _job(
        job.id, "scim", f"PT{job.minutes}M", job.state, job.code, run, quarantine, job.pruned
    )
    body["status"]["lastSuccessfulExecution"] = worked
    body["status"]["synchronizedEntryCountByType"] = [
        {"key": "User", "value": len(stage.provider.links)}
    ]
    if job.threshold is not None:
        body["synchronizationJobSettings"].append(
            {"name": "QuarantineTooManyDeletesThreshold", "value": str(job.threshold)}
        )
    rows = [body]
    rows += [
        _job(one.id, "scim", f"PT{job.minutes}M", "Active", "Active", run, None, False)
        for one in stage.seconds
    ]
    hr_state = "Paused" if stage.hr_paused else "Active"
    rows.append(
        _job(
            hr_job(stage.world, tenant),
            "Workday2AAD",
            "PT40M",
            hr_state,
            hr_state,
            run,
            None,
            False,
        )
    )
    return {
        "@odata.context": f"{GRAPH}servicePrincipals('{tenant.service_principal}')/synchronization/jobs",
        "value": rows,
    }


def _job(
    key: str, template: str, interval: str, state: str, code: str,
    run: dict[str, Any], quarantine: dict[str, Any] | None, pruned: bool,
) -> dict[str, Any]:  # fmt: skip
    good = None if run["state"] == "Failed" else run
    return {
        "id": key,
        "templateId": template,
        "schedule": {"expiration": None, "interval": interval, "state": state},
        "status": {
            "countSuccessiveCompleteFailures": 3 if quarantine else 0,
            "escrowsPruned": pruned,
            "code": code,
            "lastExecution": run,
            "lastSuccessfulExecution": good,
            "lastSuccessfulExecutionWithExports": good,
            "steadyStateFirstAchievedTime": "2025-02-01T04:00:00Z",
            "steadyStateLastAchievedTime": "0001-01-01T00:00:00Z"
            if quarantine
            else run["timeEnded"],
            "progress": [],
            "synchronizedEntryCountByType": [],
            "troubleshootingUrl": "",
            "quarantine": quarantine,
        },
        "synchronizationJobSettings": [],
    }


def _schema(stage: Stage, tenant: Tenant) -> dict[str, Any]:
    job = stage.provider.job
    users = [
        _attribute(
            PATHS[key], source, {"user_name": 1, "email": 2}.get(key, 0), job.flow.get(key, ALWAYS)
        )
        for key, source in job.mapping.items()
    ]
    users += [
        _attribute(f"{ENTERPRISE}:{key}", source, 0, ALWAYS) for key, source in job.extra.items()
    ]
    active = _attribute("active", "IsSoftDeleted", 0, ALWAYS)
    active["source"] = {
        "type": "Function",
        "name": "Switch",
        "expression": 'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
        "parameters": [],
    }
    groups = [
        _attribute("displayName", "displayName", 1, ALWAYS),
        _attribute("externalId", "objectId", 0, ALWAYS),
        _attribute("members", "members", 0, ALWAYS),
    ]
    scope = None
    if job.department is not None:
        clause = {
            "operatorName": "NOT EQUALS",
            "sourceOperandName": "department",
            "targetOperand": {"values": [job.department]},
        }
        scope = {
            "groups": [{"name": job.title, "clauses": [clause]}],
            "inputFilterGroups": [],
            "categoryFilterGroups": [],
        }
    flow = "Add, Update, Delete" if job.users_delete else "Add, Update"
    known = {PATHS[key] for key in SHOWN[stage.target.product]} | {
        PATHS[key] for key in job.mapping
    }
    more = {f"{ENTERPRISE}:employeeNumber"} if "employeeNumber" in job.extra else set()
    attributes = [
        {"name": path, "type": "String", "anchor": False, "caseExact": False, "multivalued": False,
         "required": path in ("userName", "name.familyName"), "mutability": "ReadWrite"}
        for path in sorted(known | more)
    ]  # fmt: skip
    user_type = ENTERPRISE
    jobs = f"servicePrincipals('{tenant.service_principal}')/synchronization/jobs"
    mappings = [
        _object("User", user_type, True, flow, scope, [*users, active]),
        _object("Group", "urn:ietf:params:scim:schemas:core:2.0:Group", job.groups_on,
                "Add, Update, Delete" if job.groups_delete else "Add, Update", None, groups),
    ]  # fmt: skip
    return {
        "@odata.context": f"{GRAPH}{jobs}('{job.id}')/schema/$entity",
        "id": job.id,
        "version": "Date:2026-10-20T15:00:00Z",
        "directories": [
            {"id": tenant.target, "name": tenant.app, "readOnly": False, "version": "1",
             "discoverabilities": "None", "objects": [{"name": user_type, "attributes": attributes}]}
        ],
        "synchronizationRules": [
            {
                "id": stage.world.uuid("rule", "1"),
                "name": "USER_OUTBOUND_USER",
                "priority": 1,
                "editable": True,
                "sourceDirectoryName": "Azure Active Directory",
                "targetDirectoryName": tenant.app,
                "metadata": [],
                "objectMappings": mappings,
            }
        ],
    }  # fmt: skip


def _object(
    source: str,
    target: str,
    enabled: bool,
    flow: str,
    scope: dict[str, Any] | None,
    attributes: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "name": f"Provision Azure Active Directory {source}s",
        "enabled": enabled,
        "sourceObjectName": source,
        "targetObjectName": target,
        "flowTypes": flow,
        "metadata": [],
        "scope": scope,
        "attributeMappings": attributes,
    }


def _attribute(target: str, source: str, priority: int, flow: str) -> dict[str, Any]:
    return {
        "targetAttributeName": target,
        "matchingPriority": priority,
        "flowType": flow,
        "flowBehavior": "FlowWhenChanged",
        "exportMissingReferences": False,
        "defaultValue": None,
        "source": {
            "type": "Attribute",
            "name": source,
            "expression": f"[{source}]",
            "parameters": [],
        },
    }
