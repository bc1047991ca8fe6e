"""SCIM 2.0 bodies: how an account, a group and an error look on the wire (RFC 7643, RFC 7644)."""

from __future__ import annotations

from typing import Any

from scimlytics.lab.world import Account, TargetGroup, stamp

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"

PATHS = {
    "user_name": "userName",
    "display": "displayName",
    "given": "name.givenName",
    "family": "name.familyName",
    "email": 'emails[type eq "work"].value',
    "title": "title",
    "department": f"{ENTERPRISE}:department",
    "company": f"{ENTERPRISE}:organization",
    "external_id": "externalId",
    "active": "active",
    "division": f"{ENTERPRISE}:division",
}
"""Our attribute → the SCIM path by which a provider writes it."""


def user_body(account: Account, base: str | None = None) -> dict[str, Any]:
    """An account as a SCIM server shows it."""
    body: dict[str, Any] = {"schemas": [USER], "id": account.id}
    if account.external_id is not None:
        body["externalId"] = account.external_id
    body["userName"] = account.user_name
    if account.given or account.family:
        body["name"] = {"givenName": account.given, "familyName": account.family}
    body["displayName"] = account.display
    if account.email is not None:
        body["emails"] = [{"value": account.email, "type": "work", "primary": True}]
    body["active"] = account.active
    if account.title is not None:
        body["title"] = account.title
    extension = {"department": account.department, "organization": account.company}
    if any(extension.values()):
        body["schemas"].append(ENTERPRISE)
        body[ENTERPRISE] = {key: value for key, value in extension.items() if value is not None}
    if base is not None:
        body["meta"] = _meta("User", account, f"{base}/Users/{account.id}")
    return body


def group_body(
    group: TargetGroup, names: dict[str, str], base: str | None = None, *, shown: bool = True
) -> dict[str, Any]:
    """A group as a SCIM server shows it; *names* gives each member's display."""
    body: dict[str, Any] = {"schemas": [GROUP], "id": group.id}
    if group.external_id is not None:
        body["externalId"] = group.external_id
    body["displayName"] = group.name
    if shown:
        body["members"] = [
            {"value": member, "display": names[member], **({"type": "User"} if base else {})}
            for member in group.members
            if member in names
        ]
    if base is not None:
        body["meta"] = _meta("Group", group, f"{base}/Groups/{group.id}")
    return body


def sent_user(values: dict[str, Any]) -> dict[str, Any]:
    """The body by which a provider creates an account."""
    body: dict[str, Any] = {"schemas": [USER, ENTERPRISE], "active": True}
    name: dict[str, Any] = {}
    extension: dict[str, Any] = {}
    for key, value in values.items():
        path = PATHS[key]
        if value is None:
            continue
        if key == "email":
            body["emails"] = [{"primary": True, "type": "work", "value": value}]
        elif path.startswith("name."):
            name[path[5:]] = value
        elif path.startswith(ENTERPRISE):
            extension[path.rpartition(":")[2]] = value
        else:
            body[path] = value
    if name:
        body["name"] = name
    if extension:
        body[ENTERPRISE] = extension
    return body


def error_body(status: int, scim_type: str | None, detail: str) -> dict[str, Any]:
    """A SCIM error; its status is text, as the RFC has it."""
    kind = {"scimType": scim_type} if scim_type else {}
    return {"schemas": [ERROR], **kind, "detail": detail, "status": str(status)}


def _meta(kind: str, made: Account | TargetGroup, location: str) -> dict[str, str]:
    return {
        "resourceType": kind,
        "created": stamp(made.created),
        "lastModified": stamp(made.modified),
        "location": location,
    }
