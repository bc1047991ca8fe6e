"""Records as the products write them, made from what matters in a test.

Each builder gives a dictionary that a loader reads; ``write_evidence`` lays them into a folder.
People are made up and live at example.com. Only Entra's, Graph's and general forms stand here;
see ``native_target`` for the targets'.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

TENANT = "11111111-1111-4111-8111-111111111111"
JOB = "scim.11111111111141118111111111111111.22222222-2222-4222-8222-222222222222"
APP = "33333333-3333-4333-8333-333333333333"
AT = "2026-11-10T09:00:00Z"
STEP_NUMBERS = {
    "import": 0,
    "scoping": 1,
    "matching": 2,
    "processing": 3,
    "referenceResolution": 4,
    "export": 5,
}
STATUS_NUMBERS = {"success": 0, "failure": 1, "skipped": 2, "warning": 3}


def step(
    kind: str,
    status: str = "success",
    *,
    name: str | None = None,
    description: str = "",
    details: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A step of a provisioning event (Graph)."""
    return {
        "name": name or f"Entry{kind[:1].upper()}{kind[1:]}",
        "provisioningStepType": kind,
        "status": status,
        "description": description,
        "details": dict(details or {}),
    }


def scoping(
    *,
    active: bool = True,
    assigned: bool = True,
    role: bool = True,
    passed: bool = True,
    evaluation: Mapping[str, bool] | None = None,
) -> dict[str, Any]:
    """The scoping step with its flags."""
    return step(
        "scoping",
        name="EntrySynchronizationScoping",
        details={
            "Active in the source system": str(active),
            "Assigned to the application": str(assigned),
            "User has the required role": str(role),
            "Scoping filter evaluation passed": str(passed),
            "ScopeEvaluationResult": json.dumps(dict(evaluation or {})),
        },
    )


def change(attribute: str, old: str | None = None, new: str | None = None) -> dict[str, Any]:
    """A modified property of a provisioning event or of a directory audit."""
    return {"displayName": attribute, "oldValue": old, "newValue": new}


def graph_event(
    event_id: str = "event-1",
    *,
    at: str = AT,
    action: str = "create",
    status: str = "success",
    source_id: str = "user-1",
    source_name: str = "ada@example.com",
    display_name: str = "Ada",
    object_type: str = "User",
    target_id: str = "",
    job: str = JOB,
    cycle: str = "cycle-1",
    app: str = APP,
    target: str = "Files.com",
    code: str | None = None,
    reason: str | None = None,
    skip_reason: str | None = None,
    skip_attribute: str | None = None,
    changes: Sequence[Mapping[str, Any]] = (),
    steps: Sequence[Mapping[str, Any]] | None = None,
    scope: Mapping[str, Any] | None = None,
    imported: Mapping[str, Any] | None = None,
    matched: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A provisioning event as Graph gives it (serialisation A).

    Without *steps* the usual ones are made: import, scoping, matching, and export (success,
    failure) or the skipping one. *scope* holds the options of :func:`scoping`, *imported* more
    source attributes, *matched* what the target held before.
    """
    group = object_type == "Group"
    if steps is None:
        known = {"objectId": source_id, "displayName": display_name, **(imported or {})}
        if not group:
            known = {"userPrincipalName": source_name, **known}
        last = (
            step(
                "processing",
                "skipped",
                name="EntrySynchronizationSkip",
                details={
                    **({"SkipReason": skip_reason} if skip_reason else {}),
                    **({"PropertyName": skip_attribute} if skip_attribute else {}),
                    "ReportableIdentifier": display_name if group else source_name,
                },
            )
            if status == "skipped"
            else step(
                "export",
                "failure" if status == "failure" else "success",
                name="EntryExportAdd" if action == "create" else "EntryExportUpdate",
                details={"ReportableIdentifier": display_name if group else source_name},
            )
        )
        steps = [
            step("import", name="EntryImportAdd", details=known),
            scoping(**(scope or {})),
            step("matching", name="EntrySynchronizationAdd", details=matched),
            last,
        ]
    error = None
    if code or reason:
        error = {
            "errorCode": code,
            "reason": reason,
            "additionalDetails": None,
            "errorCategory": "nonServiceFailure",
            "recommendedAction": None,
        }
    identity: dict[str, Any] = {"id": source_id, "displayName": display_name, "details": {}}
    if not group:
        identity["details"] = {"id": source_id, "UserPrincipalName": source_name}
    return {
        "id": event_id,
        "activityDateTime": at,
        "tenantId": TENANT,
        "jobId": job,
        "cycleId": cycle,
        "changeId": f"change-of-{event_id}",
        "provisioningAction": action,
        "durationInMilliseconds": 437,
        "servicePrincipal": {"id": app, "displayName": target},
        "sourceSystem": {"id": "s", "displayName": "Azure Active Directory", "details": {}},
        "targetSystem": {"id": "t", "displayName": target, "details": {}},
        "initiatedBy": {"id": "", "displayName": "Provisioning", "initiatorType": "system"},
        "sourceIdentity": {**identity, "identityType": object_type},
        "targetIdentity": {
            "id": target_id,
            "displayName": "",
            "identityType": f"urn:ietf:params:scim:schemas:core:2.0:{object_type}",
            "details": {},
        },
        "provisioningStatusInfo": {"status": status, "errorInformation": error},
        "provisioningSteps": [dict(one) for one in steps],
        "modifiedProperties": [dict(one) for one in changes],
        **more,
    }


def diagnostic(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event in the diagnostic envelope (serialisation D): Pascal keys, numbers for words."""
    inner = _pascal(event)
    info = event["provisioningStatusInfo"]
    error = info.get("errorInformation") or {}
    return {
        "time": event["activityDateTime"],
        "resourceId": f"/tenants/{event['tenantId']}/providers/Microsoft.aadiam",
        "operationName": "Provisioning activity",
        "operationVersion": "1.0",
        "category": "ProvisioningLogs",
        "resultType": info["status"].capitalize(),
        "resultSignature": error.get("errorCode") or "",
        "resultDescription": error.get("reason") or "",
        "durationMs": str(event["durationInMilliseconds"]),
        "correlationId": event["changeId"],
        "identity": event["id"],
        "Level": 4,
        "properties": inner,
    }


def _pascal(event: Mapping[str, Any]) -> dict[str, Any]:
    def named(part: Mapping[str, Any]) -> dict[str, Any]:
        words = {"id": "Id", "displayName": "Name", "initiatorType": "Type"}
        return {words.get(key, key): value for key, value in part.items()}

    changed = {
        name: named(event[name])
        for name in (
            "servicePrincipal",
            "sourceSystem",
            "targetSystem",
            "initiatedBy",
            "sourceIdentity",
            "targetIdentity",
        )
    }
    steps = [
        {
            **one,
            "provisioningStepType": STEP_NUMBERS[one["provisioningStepType"]],
            "status": STATUS_NUMBERS[one["status"]],
        }
        for one in event["provisioningSteps"]
    ]
    info = event["provisioningStatusInfo"]
    return {
        **event,
        **changed,
        "action": event["provisioningAction"].capitalize(),
        "provisioningStatusInfo": {
            "Status": info["status"],
            "errorInformation": info["errorInformation"],
        },
        "statusInfo": {"Status": STATUS_NUMBERS[info["status"]]},
        "provisioningSteps": steps,
    }


def log_analytics(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event as a row of Log Analytics (serialisation E): nested values are JSON texts."""
    inner = _pascal(event)
    error = event["provisioningStatusInfo"]["errorInformation"] or {}
    nested = {
        "InitiatedBy": "initiatedBy",
        "ModifiedProperties": "modifiedProperties",
        "ProvisioningStatusInfo": "provisioningStatusInfo",
        "ProvisioningSteps": "provisioningSteps",
        "ServicePrincipal": "servicePrincipal",
        "SourceIdentity": "sourceIdentity",
        "SourceSystem": "sourceSystem",
        "TargetIdentity": "targetIdentity",
        "TargetSystem": "targetSystem",
    }
    return {
        "AADTenantId": event["tenantId"],
        "Category": "ProvisioningLogs",
        "ChangeId": event["changeId"],
        "CorrelationId": event["changeId"],
        "CycleId": event["cycleId"],
        "DurationMs": event["durationInMilliseconds"],
        "Id": event["id"],
        "JobId": event["jobId"],
        "OperationName": "Provisioning activity",
        "ProvisioningAction": event["provisioningAction"],
        "ResultDescription": error.get("reason") or "",
        "ResultSignature": error.get("errorCode") or "",
        "ResultType": event["provisioningStatusInfo"]["status"].capitalize(),
        "TenantId": "the-workspace",
        "TimeGenerated": event["activityDateTime"],
        "Type": "AADProvisioningLogs",
        **{column: json.dumps(inner[name]) for column, name in nested.items()},
    }


def graph_user(
    user_id: str = "user-1",
    user_name: str = "ada@example.com",
    *,
    enabled: bool | None = True,
    mail: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A user as Graph gives it; *more* are properties by their Graph names."""
    return {
        "id": user_id,
        "userPrincipalName": user_name,
        "displayName": user_name.partition("@")[0].title(),
        "mail": user_name if mail is None else mail or None,
        "accountEnabled": enabled,
        "userType": "Member",
        **more,
    }


def graph_group(
    group_id: str = "group-1", name: str = "Finance", *, security: bool = True, **more: Any
) -> dict[str, Any]:
    """A group as Graph gives it."""
    return {
        "id": group_id,
        "displayName": name,
        "securityEnabled": security,
        "mailEnabled": False,
        "groupTypes": [],
        "membershipRule": None,
        **more,
    }


def graph_member(member_id: str, kind: str = "user", **more: Any) -> dict[str, Any]:
    """A member of a group as Graph gives it."""
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": member_id, **more}


def graph_assignment(
    principal_id: str = "user-1",
    *,
    kind: str = "User",
    app: str = APP,
    created: str = "2026-01-05T08:00:00Z",
    role: str = "00000000-0000-0000-0000-000000000000",
    **more: Any,
) -> dict[str, Any]:
    """A row of appRoleAssignedTo."""
    return {
        "id": f"assignment-of-{principal_id}",
        "appRoleId": role,
        "createdDateTime": created,
        "principalDisplayName": principal_id,
        "principalId": principal_id,
        "principalType": kind,
        "resourceDisplayName": "Files.com",
        "resourceId": app,
        **more,
    }


def graph_page(
    what: str, records: Iterable[Mapping[str, Any]], *, next_link: str | None = None, **more: Any
) -> dict[str, Any]:
    """A page of Graph; *what* is the end of its context: ``users``, ``auditLogs/provisioning``."""
    page: dict[str, Any] = {"@odata.context": f"https://graph.microsoft.com/v1.0/$metadata#{what}"}
    if next_link:
        page["@odata.nextLink"] = f"https://graph.microsoft.com/v1.0/{next_link}"
    return {**page, **more, "value": [dict(one) for one in records]}


def log_page(*events: Mapping[str, Any], next_link: str | None = None) -> dict[str, Any]:
    """A page of the provisioning log."""
    return graph_page("auditLogs/provisioning", events, next_link=next_link)


def users_page(*users: Mapping[str, Any], next_link: str | None = None) -> dict[str, Any]:
    """A page of users; its context names the properties that were asked for."""
    asked = ",".join(sorted({key for user in users for key in user if not key.startswith("@")}))
    return graph_page(f"users({asked})" if asked else "users", users, next_link=next_link)


def groups_page(*groups: Mapping[str, Any], next_link: str | None = None) -> dict[str, Any]:
    """A page of groups."""
    return graph_page("groups", groups, next_link=next_link)


def members_page(*members: Mapping[str, Any], next_link: str | None = None) -> dict[str, Any]:
    """A page of a group's members; belongs under ``members/<group id>.json``."""
    return graph_page("directoryObjects", members, next_link=next_link)


def assignments_page(*rows: Mapping[str, Any], app: str = APP) -> dict[str, Any]:
    """A page of appRoleAssignedTo."""
    return graph_page(f"servicePrincipals('{app}')/appRoleAssignedTo", rows)


def graph_job(
    job: str = JOB,
    *,
    code: str = "Active",
    state: str = "Active",
    interval: str = "PT40M",
    ended: str | None = "2026-11-20T05:40:00Z",
    quarantine: Mapping[str, Any] | None = None,
    **status: Any,
) -> dict[str, Any]:
    """A synchronization job; *status* are further keys of its status."""
    run = {
        "activityIdentifier": "a",
        "state": "Succeeded",
        "timeBegan": ended,
        "timeEnded": ended,
        "error": None,
        "countEntitled": 3,
        "countEscrowed": 0,
        "countExported": 1,
    }
    return {
        "id": job,
        "templateId": job.partition(".")[0],
        "schedule": {"expiration": None, "interval": interval, "state": state},
        "status": {
            "code": code,
            "escrowsPruned": False,
            "lastExecution": run if ended else None,
            "lastSuccessfulExecution": run if ended else None,
            "lastSuccessfulExecutionWithExports": run if ended else None,
            "steadyStateFirstAchievedTime": "0001-01-01T00:00:00Z",
            "quarantine": dict(quarantine) if quarantine else None,
            **status,
        },
        "synchronizationJobSettings": [
            {"name": "QuarantineTooManyDeletesThreshold", "value": "500"}
        ],
    }


def jobs_page(*jobs: Mapping[str, Any], app: str = APP) -> dict[str, Any]:
    """The answer of ``synchronization/jobs``."""
    return graph_page(f"servicePrincipals('{app}')/synchronization/jobs", jobs)


def connections_page(
    *links: tuple[str, str, str], app: str = APP, job: str = JOB
) -> dict[str, Any]:
    """Object connections as they are kept: source id, target id, kind."""
    rows = [
        {
            "@odata.type": "#microsoft.graph.objectConnection",
            "objectId": source,
            "sourceAnchor": source,
            "targetAnchor": target,
            "displayName": None,
            "objectTypeName": kind,
        }
        for source, target, kind in links
    ]
    return graph_page(f"servicePrincipals('{app}')/jobs('{job}')/objectConnections", rows)


def attribute_mapping(
    target: str,
    source: str | None,
    *,
    kind: str = "Attribute",
    flow: str = "Always",
    matching: int = 0,
    default: str | None = None,
) -> dict[str, Any]:
    """An attribute mapping; *source* is an attribute, a constant or an expression by *kind*."""
    origin = None
    if source is not None:
        shown = {"Attribute": f"[{source}]", "Constant": f'"{source}"'}.get(kind, source)
        name = source.partition("(")[0] if kind == "Function" else source
        origin = {"type": kind, "name": name, "expression": shown, "parameters": []}
    return {
        "targetAttributeName": target,
        "matchingPriority": matching,
        "flowType": flow,
        "flowBehavior": "FlowWhenChanged",
        "defaultValue": default,
        "source": origin,
    }


def sync_schema(
    *mappings: Mapping[str, Any],
    job: str = JOB,
    kind: str = "User",
    enabled: bool = True,
    flow_types: str = "Add, Update, Delete",
    scope: Mapping[str, Sequence[tuple[str, str, str]]] | None = None,
) -> dict[str, Any]:
    """A job's schema with one object mapping.

    *scope* names filters; each holds clauses of attribute, operator and value.
    """
    groups = [
        {
            "name": title,
            "clauses": [
                {
                    "sourceOperandName": attribute,
                    "operatorName": operator,
                    "targetOperand": {"values": [value]},
                }
                for attribute, operator, value in clauses
            ],
        }
        for title, clauses in (scope or {}).items()
    ]
    return {
        "id": job,
        "version": "1",
        "directories": [],
        "synchronizationRules": [
            {
                "id": "rule",
                "name": f"{kind.upper()}_OUTBOUND_{kind.upper()}",
                "sourceDirectoryName": "Azure Active Directory",
                "targetDirectoryName": "Files.com",
                "objectMappings": [
                    {
                        "name": f"Provision {kind}s",
                        "enabled": enabled,
                        "sourceObjectName": kind,
                        "targetObjectName": f"urn:ietf:params:scim:schemas:core:2.0:{kind}",
                        "flowTypes": flow_types,
                        "scope": {"groups": groups} if groups else None,
                        "attributeMappings": [dict(one) for one in mappings],
                    }
                ],
            }
        ],
    }


def directory_audit(
    activity: str,
    *targets: Mapping[str, Any],
    at: str = AT,
    audit_id: str = "audit-1",
    result: str = "success",
    category: str = "UserManagement",
    actor: str = "admin@example.com",
) -> dict[str, Any]:
    """A directory audit (Graph); targets come from :func:`audit_target`."""
    return {
        "id": audit_id,
        "category": category,
        "result": result,
        "activityDisplayName": activity,
        "activityDateTime": at,
        "loggedByService": "Core Directory",
        "operationType": "Update",
        "initiatedBy": {"user": {"id": "admin", "userPrincipalName": actor}, "app": None},
        "targetResources": [dict(one) for one in targets],
        "additionalDetails": [],
    }


def audit_target(
    object_id: str, kind: str = "User", *changes: Mapping[str, Any], name: str | None = None
) -> dict[str, Any]:
    """What a directory audit was about; old and new values are JSON texts there."""
    quoted = [
        {**one, "oldValue": _quoted(one["oldValue"]), "newValue": _quoted(one["newValue"])}
        for one in changes
    ]
    return {
        "id": object_id,
        "displayName": None if kind == "User" else name,
        "type": kind,
        "userPrincipalName": name if kind == "User" else None,
        "modifiedProperties": quoted,
    }


def _quoted(value: str | None) -> str | None:
    return None if value is None else json.dumps([value])


def audits_page(*audits: Mapping[str, Any]) -> dict[str, Any]:
    """A page of directory audits."""
    return graph_page("auditLogs/directoryAudits", audits)


def write_evidence(folder: Path, files: Mapping[str, object], toml: str = "") -> Path:
    """Lay an evidence folder: texts and bytes as they are, everything else as JSON.

    Gives the folder, so that it can stand in the call that reads it.
    """
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        else:
            path.write_text(json.dumps(content), encoding="utf-8")
    if toml:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "scimlytics.toml").write_text(toml, encoding="utf-8")
    return folder
