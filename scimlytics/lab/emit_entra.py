"""Entra's provisioning log, in the serialisations in which people get it.

Graph pages, the portal's download and the diagnostic export differ in names, nesting and enums; one
seed writes one of them. Exports overlap, and other jobs stand in the same log.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scimlytics.lab.files import compact, write_json, write_text
from scimlytics.lab.provider import Claim
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import LAST_CYCLE, World, stamp

USER_TYPE = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_TYPE = "urn:ietf:params:scim:schemas:core:2.0:Group"
ACTIONS = {"other": 0, "create": 1, "delete": 2, "disable": 3, "update": 4, "stagedDelete": 5}
STATUSES = {"success": 0, "failure": 1, "skipped": 2, "warning": 3}
STEP_TYPES = {
    "import": 0,
    "scoping": 1,
    "matching": 2,
    "processing": 3,
    "referenceResolution": 4,
    "export": 5,
}
FLAGS = (
    ("active", "Active in the source system", "IsActive"),
    ("assigned", "Assigned to the application", "Assigned"),
    ("role", "User has the required role", "IsEffectivelyEntitledForProvisioning"),
    ("filter", "Scoping filter evaluation passed", "IsInProvisioningScope"),
)


class Tenant:
    """The ids that stand in every event of a tenant."""

    def __init__(self, world: World, app: str) -> None:
        self.app = app
        self.tenant = world.uuid("tenant", "0")
        self.service_principal = world.uuid("service principal", app)
        self.application = world.uuid("application", app)
        self.source = world.uuid("system", "directory")
        self.target = world.uuid("system", app)


def write_log(folder: Path, stage: Stage, tenant: Tenant) -> None:
    """Write all jobs' events in the serialisation the seed picks, as two exports that overlap."""
    claims = sorted(
        [*stage.provider.claims, *(c for job in stage.seconds for c in job.claims)],
        key=lambda claim: (claim.at, claim.id),
    )
    events = [event(claim, tenant) for claim in claims if claim.at < stage.world.as_of]
    events += _hr_events(stage, tenant)
    events.sort(key=lambda one: (one["activityDateTime"], one["id"]))
    cut = len(events) * 2 // 3
    first, second = events[: cut + max(2, len(events) // 20)], events[cut:]
    kind = stage.world.seed % 3
    if kind == 0:
        _graph_pages(folder / "graph-1", first)
        _graph_pages(folder / "graph-2", second)
    elif kind == 1:
        write_json(folder / "ProvisioningLogs.json", [_portal(one) for one in reversed(first)])
        write_json(
            folder / "ProvisioningLogs (1).json.gz", [_portal(one) for one in reversed(second)]
        )
    else:
        for name, part in (("PT1H-first", first), ("PT1H-second", second)):
            lines = [compact(_diagnostic(one)) for one in part]
            write_text(
                folder / "insights-logs-provisioninglogs" / f"{name}.json.gz",
                "\n".join(lines) + "\n",
            )


def event(claim: Claim, tenant: Tenant) -> dict[str, Any]:
    """One event as Graph gives it."""
    user = claim.kind == "user"
    person = {
        "id": claim.source_id,
        "odatatype": "User",
        "DisplayName": claim.source_name,
        "UserPrincipalName": claim.login,
    }
    seed = sum(claim.id.encode())
    return {
        "id": claim.id,
        "activityDateTime": stamp(claim.at, (7, 7, 6, 3)[seed % 4]),
        "tenantId": tenant.tenant,
        "jobId": claim.job,
        "cycleId": claim.cycle,
        "changeId": claim.change,
        "provisioningAction": claim.action,
        "durationInMilliseconds": 180 + seed % 700,
        "servicePrincipal": {"id": tenant.service_principal, "displayName": tenant.app},
        "sourceSystem": {
            "id": tenant.source,
            "displayName": "Azure Active Directory",
            "details": {},
        },
        "targetSystem": {
            "id": tenant.target,
            "displayName": tenant.app,
            "details": {
                "ApplicationId": tenant.application,
                "ServicePrincipalId": tenant.service_principal,
                "ServicePrincipalDisplayName": tenant.app,
            },
        },
        "initiatedBy": {
            "id": "",
            "displayName": "IAM administrator"
            if claim.by_hand
            else "Azure AD Provisioning Service",
            "initiatorType": "user" if claim.by_hand else "system",
        },
        "sourceIdentity": {
            "id": claim.source_id,
            "displayName": claim.source_name,
            "identityType": "User" if user else "Group",
            "details": person if user else {},
        },
        "targetIdentity": {
            "id": claim.target_id or "",
            "displayName": "",
            "identityType": USER_TYPE if user else GROUP_TYPE,
            "details": {},
        },
        "provisioningStatusInfo": {"status": claim.status, "errorInformation": _error(claim)},
        "provisioningSteps": list(_steps(claim, tenant, seed)),
        "modifiedProperties": [
            {"displayName": path, "oldValue": old, "newValue": new}
            for path, old, new in claim.changes
        ]
        if claim.status != "skipped"
        else [],
    }


def _error(claim: Claim) -> dict[str, Any] | None:
    if claim.code is None:
        return None
    return {
        "errorCode": claim.code,
        "reason": claim.reason,
        "additionalDetails": None,
        "errorCategory": "nonServiceFailure",
        "recommendedAction": None,
    }


def _steps(claim: Claim, tenant: Tenant, seed: int) -> list[dict[str, Any]]:
    new = claim.action == "create" or not claim.found
    verb = "Add" if new else "Update"
    what = "User" if claim.kind == "user" else "Group"
    name = claim.login or claim.source_name
    steps = [
        _step(
            f"EntryImport{'Delete' if claim.action == 'delete' else verb}", "import", "success",
            f"Received {what} '{name}' change of type ({verb}) from Azure Active Directory", claim.read,
        ),
        _step(
            "EntrySynchronizationScoping", "scoping", "success",
            f"Determine if {what} in scope by evaluating against each scoping filter", _flags(claim, seed),
        ),
    ]  # fmt: skip
    if claim.skip not in ("NotEffectivelyEntitled", "EntryJoiningPropertyValueIsMissing"):
        steps.append(
            _step(
                f"EntrySynchronization{verb}",
                "matching",
                "success",
                f"{what} '{name}' was looked for in {tenant.app}",
                claim.found,
            )
        )
    if claim.skip is not None:
        details = {"SkipReason": claim.skip, "ReportableIdentifier": name}
        if claim.attribute:
            details["PropertyName"] = claim.attribute
        steps.append(
            _step(
                "EntrySynchronizationSkip",
                "processing",
                "skipped",
                f"{what} '{name}' will be skipped",
                details,
            )
        )
        return steps
    if claim.action == "stagedDelete":
        steps.append(
            _step(
                "EntrySynchronizationDelete",
                "processing",
                "skipped",
                f"{what} '{name}': {claim.reason}",
                {"ReportableIdentifier": name},
            )
        )
        return steps
    for one in claim.unresolved:
        steps.append(
            _step(
                "EntrySynchronizationUpdate", "referenceResolution", "warning",
                f"We were unable to assign {one} as the members of {claim.source_name}.",
                {
                    "SkipReason": "UnableToResolveReferenceAttributeValue",
                    "PropertyName": "members",
                    "ReportableIdentifier": one,
                },
            )
        )  # fmt: skip
    if claim.written or claim.status == "failure":
        done = "success" if claim.written else "failure"
        values = {
            path.replace("name.", "name"): value
            for path, _, value in claim.changes
            if value is not None and path != "members"
        }
        export = {"Add": "Add", "Update": "Update"}[verb] if claim.action != "delete" else "Delete"
        steps.append(
            _step(
                f"EntryExport{export}",
                "export",
                done,
                f"{what} '{name}': {export} in {tenant.app}",
                values | {"ReportableIdentifier": name},
            )
        )
    return steps


def _step(name: str, kind: str, status: str, says: str, details: dict[str, str]) -> dict[str, Any]:
    return {
        "name": name,
        "provisioningStepType": kind,
        "status": status,
        "description": says,
        "details": dict(details),
    }


def _flags(claim: Claim, seed: int) -> dict[str, str]:
    """Scoping flags; the service spells them in two ways."""
    spelling = 2 if seed % 7 == 0 else 1
    shown = {flag[spelling]: str(claim.flags[flag[0]]) for flag in FLAGS if flag[0] in claim.flags}
    shown["ScopeEvaluationResult"] = json.dumps(claim.filter_result)
    return shown


def _graph_pages(folder: Path, events: list[dict[str, Any]]) -> None:
    context = "https://graph.microsoft.com/v1.0/$metadata#auditLogs/provisioning"
    size = max(40, len(events) // 3 + 1)
    parts = [events[at : at + size] for at in range(0, len(events), size)] or [[]]
    for number, part in enumerate(parts, 1):
        body: dict[str, Any] = {"@odata.context": context}
        if number < len(parts):
            body["@odata.nextLink"] = (
                f"https://graph.microsoft.com/v1.0/auditLogs/provisioning?$top={size}&$skiptoken={folder.name}-{number}"
            )
        write_json(folder / f"page-{number}.json.gz", body | {"value": part})


def _portal(one: dict[str, Any]) -> dict[str, Any]:
    action = str(one["provisioningAction"])
    return one | {"action": action[:1].upper() + action[1:]}


def _diagnostic(one: dict[str, Any]) -> dict[str, Any]:
    """The envelope of the diagnostic export, with its own names and integer enums inside."""
    status = one["provisioningStatusInfo"]["status"]
    error = one["provisioningStatusInfo"]["errorInformation"]
    inner = one | {
        "action": one["provisioningAction"][:1].upper() + one["provisioningAction"][1:],
        "servicePrincipal": _renamed(one["servicePrincipal"]),
        "sourceSystem": _renamed(one["sourceSystem"]),
        "targetSystem": _renamed(one["targetSystem"]),
        "initiatedBy": {
            "Type": one["initiatedBy"]["initiatorType"],
            "Id": one["initiatedBy"]["id"],
            "Name": one["initiatedBy"]["displayName"],
        },
        "sourceIdentity": _renamed(one["sourceIdentity"]),
        "targetIdentity": _renamed(one["targetIdentity"]),
        "provisioningStatusInfo": {"Status": status, "errorInformation": error},
        "statusInfo": {"Status": STATUSES[status]},
        "provisioningSteps": [
            step | {
                "provisioningStepType": STEP_TYPES[step["provisioningStepType"]],
                "status": STATUSES[step["status"]],
            }
            for step in one["provisioningSteps"]
        ],
    }  # fmt: skip
    signature = (
        {"resultSignature": error["errorCode"], "resultDescription": error["reason"]}
        if error
        else {}
    )
    return {
        "time": one["activityDateTime"],
        "resourceId": f"/tenants/{one['tenantId']}/providers/Microsoft.aadiam",
        "operationName": "Provisioning activity",
        "operationVersion": "1.0",
        "category": "ProvisioningLogs",
        "tenantId": one["tenantId"],
        "resultType": status.capitalize(),
        **signature,
        "durationMs": one["durationInMilliseconds"],
        "correlationId": one["changeId"],
        "identity": one["id"],
        "Level": 4,
        "properties": inner,
    }


def _renamed(part: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in part.items() if key not in ("id", "displayName")}
    return kept | {"Id": part["id"], "Name": part["displayName"]}


def _hr_events(stage: Stage, tenant: Tenant) -> list[dict[str, Any]]:
    """The inbound job of the HR system in the same log: the directory is the target there."""
    world = stage.world
    hr = Tenant(world, "Workday to Microsoft Entra user provisioning")
    people = [p for p in stage.directory.people.values() if p.kind == "person" and not p.gone]
    events = []
    for person in people[3::19]:
        at = stage.when(0.02, 0.98)
        claim = Claim(
            world.uuid("event"),
            at,
            "user",
            "update",
            "success",
            world.uuid("worker"),
            person.display,
        )
        claim.login, claim.target_id, claim.written = person.user_name, person.id, True
        claim.job = hr_job(world, tenant)
        claim.cycle, claim.change = world.uuid("cycle"), world.uuid("change")
        claim.read = {"WorkerID": str(person.employee), "PreferredNameData": person.display}
        claim.flags = {"active": True, "assigned": True, "filter": True}
        claim.found = {"id": person.id, "userPrincipalName": person.user_name}
        claim.changes = [("employeeId", None, str(person.employee))]
        shown = event(claim, hr)
        shown["sourceSystem"]["displayName"] = "Workday"
        shown["targetSystem"]["displayName"] = "Azure Active Directory"
        shown["targetIdentity"]["identityType"] = "User"
        events.append(shown)
    return events


def hr_job(world: World, tenant: Tenant) -> str:
    """The id of the HR system's job."""
    return f"Workday2AAD.{tenant.tenant.replace('-', '')}.{world.uuid('job', 'hr')}"


def last_run(stage: Stage) -> datetime:
    """When the job's last cycle began."""
    step = timedelta(minutes=stage.provider.job.minutes)
    at = stage.world.as_of - LAST_CYCLE
    stopped = stage.provider.job.stopped
    while stopped is not None and at >= stopped:
        at -= step
    return at
