"""Microsoft Graph: the directory, who is assigned, the synchronization jobs, and the logs.

Only reading calls, and never ``/synchronization/secrets``. Reports are paced at the five requests in
ten seconds that Graph allows. Source: Microsoft Graph v1.0 reference; formats.md, sections 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from scimlytics.connectors.collection import Collection, Connector, Tell, Window
from scimlytics.connectors.config import Graph, System
from scimlytics.connectors.http import Auth, Client
from scimlytics.connectors.pacing import Pace
from scimlytics.connectors.shelf import SAFE, Shelf
from scimlytics.connectors.tokens import graph_auth
from scimlytics.connectors.walks import by_link, one_by_one, single

OVERLAP = timedelta(hours=24)
USER = (
    "id,userPrincipalName,mail,accountEnabled,displayName,givenName,surname,userType,mailNickname,"
    "proxyAddresses,otherMails,employeeId,department,jobTitle,companyName,onPremisesImmutableId,"
    "createdDateTime"
)
GROUP = (
    "id,displayName,mail,mailNickname,mailEnabled,securityEnabled,groupTypes,membershipRule,"
    "createdDateTime"
)
MEMBER = "id,userPrincipalName,accountEnabled"
TOP = 999
PACES = (Pace("/auditLogs/", 5, 10.5),)
"""Five in ten seconds is allowed; the half second is for what arrives closer together than it left."""


def plan(system: System, client: Client, shelf: Shelf, window: Window) -> Iterator[Collection]:
    """People, groups, the application's assignments and jobs, members, the logs."""
    assert isinstance(system, Graph)
    role, app = system.role, system.service_principal
    users: dict[str, str | int] = {"$select": USER, "$top": TOP}
    groups: dict[str, str | int] = {"$select": GROUP, "$top": TOP}
    yield Collection(f"{role}/users", "users", by_link("/users", users))
    deleted = by_link("/directory/deletedItems/microsoft.graph.user", {"$top": TOP})
    yield Collection(f"{role}/deleted", "users", deleted, optional=True)
    yield Collection(f"{role}/groups", "groups", by_link("/groups", groups))
    if app is not None:
        base = f"/servicePrincipals/{app}"
        assigned = by_link(f"{base}/appRoleAssignedTo", {"$top": TOP})
        yield Collection(f"{role}/assigned", "assignments", assigned, leads_to="groups")
        jobs = f"{base}/synchronization/jobs"
        yield Collection(f"{role}/jobs", "settings", by_link(jobs), optional=True)
        for place, job in enumerate(_values(shelf, f"{role}/jobs", "id")):
            schema = single(f"{jobs}/{job}/schema")
            yield Collection(f"{role}/schema-{place}", "settings", schema, optional=True)
            if system.object_connections:
                links = f"{jobs}/{job}/objectConnections"
                context = f"#servicePrincipals('{app}')/jobs('{job}')/objectConnections"
                known = one_by_one(f"/beta{links}", system.object_connections, context)
                name = f"{role}/connections-{place}"
                yield Collection(name, "settings", known, optional=True)
        for group in _assigned_groups(shelf, role):
            members = by_link(f"/groups/{group}/members", {"$select": MEMBER, "$top": TOP})
            yield Collection(f"{role}/members/{group}", "groups", members, group_id=group)
    yield from _logs(system, window)


def _logs(system: Graph, window: Window) -> Iterator[Collection]:
    for name, log, folder in (
        ("provisioning", "events/entra", "log"),
        ("directoryAudits", "source_audit/entra", system.role),
    ):
        begin, until = window.of(log, OVERLAP)
        asked = f"activityDateTime gt {_iso(begin)} and activityDateTime lt {_iso(until)}"
        if name == "provisioning" and system.service_principal is not None:
            asked += f" and servicePrincipal/id eq '{system.service_principal}'"
        walk = by_link(f"/auditLogs/{name}", {"$filter": asked, "$top": TOP})
        yield Collection(f"{folder}/{name}", "log", walk, optional=True, log=(log, begin, until))


def _assigned_groups(shelf: Shelf, role: str) -> list[str]:
    found = {}
    for row in _rows(shelf, f"{role}/assigned"):
        known = row.get("principalId")
        if row.get("principalType") == "Group" and isinstance(known, str) and SAFE.fullmatch(known):
            found[known] = True
    return list(found)


def _values(shelf: Shelf, name: str, key: str) -> list[str]:
    values = (row.get(key) for row in _rows(shelf, name))
    return [one for one in values if isinstance(one, str) and SAFE.fullmatch(one)]


def _rows(shelf: Shelf, name: str) -> Iterator[dict[str, Any]]:
    for page in shelf.documents(name):
        for row in page.get("value", []) if isinstance(page, dict) else []:
            if isinstance(row, dict):
                yield row


def _iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def auth(system: System, name: str, folder: Path, tell: Tell) -> Auth:
    """A token for Graph, renewed as it ends."""
    assert isinstance(system, Graph)
    return graph_auth(system, name, folder, tell)


CONNECTOR = Connector(
    base=lambda system: str(getattr(system, "url", "")),
    auth=auth,
    plan=plan,
    paces=PACES,
    rights=(
        ("`User.Read.All`", "people, also deleted ones"),
        ("`GroupMember.Read.All`", "groups and members; `Member.Read.Hidden` for hidden ones"),
        ("`Application.Read.All`", "who is assigned to the application"),
        ("`Synchronization.Read.All`", "the jobs and their mappings"),
        ("`ProvisioningLog.Read.All`", "the provisioning log"),
        ("`AuditLog.Read.All`", "directory audits"),
        ("`SynchronizationMetadata.Read.All`", "only for `object_connections` (preview)"),
    ),
)
