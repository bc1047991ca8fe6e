"""Builders of native records of targets, of their logs and of Okta: name only what matters.

Each gives one record as the product's own interface gives it. What is given by name replaces the
default; a key of the product that no parameter names goes into ``more``.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

Json = dict[str, Any]
APP = "0oa1fd4a708a1385b4e9"
USER_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP_SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE_SCHEMA = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def address(name: str) -> str:
    """``ada`` → ``ada@example.com``; what has an @ stays."""
    return name if "@" in name else f"{name}@example.com"


def shown_name(name: str) -> str:
    """``ada.holt@example.com`` → ``Ada Holt``."""
    return name.partition("@")[0].replace(".", " ").title()


def stable(kind: str, name: str, length: int = 16) -> str:
    """An id that is the same in every run."""
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}:{name}").hex[:length]


def scim_user(
    name: str,
    *,
    id: str | None = None,  # noqa: A002
    external_id: str | None = None,
    active: bool | None = True,
    email: str | None = None,
    created: str = "2026-10-25T09:00:00Z",
    modified: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A user of a SCIM server; *active* None leaves the attribute out."""
    given, _, family = shown_name(name).partition(" ")
    user: Json = {
        "schemas": [USER_SCHEMA],
        "id": id or f"u-{stable('scim', name, 6)}",
        "userName": address(name),
        "name": {"givenName": given, "familyName": family},
        "displayName": shown_name(name),
        "emails": [{"value": email or address(name), "type": "work", "primary": True}],
    }
    if external_id is not None:
        user["externalId"] = external_id
    if active is not None:
        user["active"] = active
    user["meta"] = {
        "resourceType": "User",
        "created": created,
        "lastModified": modified or created,
    }
    return user | dict(more or {})


def scim_group(
    name: str,
    members: Sequence[str] | None = (),
    *,
    id: str | None = None,  # noqa: A002
    external_id: str | None = None,
    created: str = "2026-10-25T09:00:00Z",
    modified: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A group of a SCIM server; *members* None leaves the attribute out (not shown)."""
    group: Json = {
        "schemas": [GROUP_SCHEMA],
        "id": id or f"g-{stable('scim', name, 6)}",
        "displayName": name,
    }
    if external_id is not None:
        group["externalId"] = external_id
    if members is not None:
        group["members"] = [{"value": one, "type": "User"} for one in members]
    group["meta"] = {
        "resourceType": "Group",
        "created": created,
        "lastModified": modified or created,
    }
    return group | dict(more or {})


def scim_list(
    *resources: Json, total: int | str | None = None, start: int = 1, cursor: str | None = None
) -> Json:
    """A page of a SCIM list; *total* when it is not the number of resources given."""
    page: Json = {
        "schemas": [LIST_SCHEMA],
        "totalResults": len(resources) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": list(resources),
    }
    return page | ({"nextCursor": cursor} if cursor else {})


def filescom_user(
    name: str,
    *,
    id: int | None = None,  # noqa: A002
    email: str | None = None,
    groups: Sequence[int] = (),
    disabled: bool = False,
    managed: bool = True,
    auth: str = "sso",
    admin: bool = False,
    created: str = "2026-10-25T09:00:00Z",
    first_login: str | None = None,
    last_login: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A user of Files.com."""
    user: Json = {
        "id": id or int(stable("files", name, 5), 16) + 1,
        "username": address(name),
        "name": shown_name(name),
        "email": email or address(name),
        "company": None,
        "authentication_method": auth,
        "sso_strategy_id": 7301 if auth == "sso" else None,
        "externally_managed": managed,
        "disabled": disabled,
        "disabled_expired_or_inactive": disabled,
        "self_managed": False,
        "created_at": created,
        "first_login_at": first_login,
        "last_login_at": last_login,
        "group_ids": ",".join(str(one) for one in groups),
        "admin_group_ids": [],
        "primary_group_id": None,
        "site_admin": admin,
        "readonly_site_admin": False,
        "workspace_id": 0,
        "notes": "",
        "tags": None,
    }
    return user | dict(more or {})


def filescom_group(
    name: str,
    members: Sequence[Json] | None = (),
    *,
    id: int | None = None,  # noqa: A002
    admins: Sequence[int] = (),
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A group of Files.com; *members* are its users, None leaves them out (not shown)."""
    group: Json = {"id": id or int(stable("files group", name, 5), 16) + 1, "name": name}
    if members is not None:
        group["user_ids"] = ",".join(str(one["id"]) for one in members)
        group["usernames"] = ",".join(one["username"] for one in members)
        group["admin_ids"] = ",".join(str(one) for one in admins)
    return group | {"notes": None, "workspace_id": 0, "site_id": 911} | dict(more or {})


def filescom_strategy(
    *,
    id: int = 7301,  # noqa: A002
    token_expires: str | None = "2027-03-01T00:00:00Z",
    token: str | None = None,
    required: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A single sign-on strategy of Files.com that provisions over SCIM."""
    strategy: Json = {
        "id": id,
        "protocol": "saml",
        "provider": "azure",
        "label": "Entra ID",
        "enabled": True,
        "user_count": 5,
        "scim_authentication_method": "token",
        "scim_username": None,
        "scim_oauth_access_token": token,
        "scim_oauth_access_token_expires_at": token_expires,
        "provision_users": True,
        "provision_groups": True,
        "deprovision_users": True,
        "deprovision_groups": False,
        "deprovision_behavior": "disable",
        "provision_group_default": None,
        "provision_group_exclusion": None,
        "provision_group_inclusion": None,
        "provision_group_required": required,
    }
    return strategy | dict(more or {})


def filescom_history(
    action: str,
    at: str,
    *,
    target: Json | None = None,
    actor: str | None = None,
    interface: str = "web",
    failure: str = "none",
    id: int | None = None,  # noqa: A002
    more: Mapping[str, Any] | None = None,
) -> Json:
    """An entry of the site's history (an export's result); *target* is a user or a group."""
    name = (target or {}).get("username") or (target or {}).get("name")
    entry: Json = {
        "id": id or int(stable("history", f"{action}{at}{name}", 6), 16),
        "created_at_iso8601": at,
        "user_id": None,
        "path": "",
        "ip": "192.0.2.15",
        "username": actor,
        "user_is_from_parent_site": False,
        "action": action,
        "failure_type": failure,
        "interface": interface,
        "target_id": (target or {}).get("id"),
        "target_name": name,
    }
    return entry | dict(more or {})


def synthetic_scim_log(
    method: str,
    path: str,
    at: str,
    *,
    status: int = 200,
    request: Any = None,
    response: Any = None,
    agent: str = "azure-provisioning/1.0",
    id: int | None = None,  # noqa: A002
) -> Json:
    """An entry of Files.com's SCIM log: bodies as JSON in texts, the status as text.

    No such record is public (formats.md 4.2): this follows the reference of its fields.
    """
    return {
        "id": id or int(stable("scim log", f"{method}{path}{at}", 6), 16),
        "created_at": at,
        "request_path": f"/api/scim{path}",
        "request_method": method,
        "http_response_code": str(status),
        "user_agent": agent,
        "request_json": "" if request is None else json.dumps(request),
        "response_json": "" if response is None else json.dumps(response),
    }


def patch(*operations: Json) -> Json:
    """The body of a PATCH."""
    return {"schemas": [PATCH_SCHEMA], "Operations": list(operations)}


def scim_error(status: int, detail: str, scim_type: str | None = None) -> Json:
    """The body of a SCIM error."""
    error = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "detail": detail,
        "status": str(status),
    }
    return error | ({"scimType": scim_type} if scim_type else {})


def okta_user(
    name: str,
    *,
    id: str | None = None,  # noqa: A002
    status: str = "ACTIVE",
    email: str | None = None,
    created: str = "2025-03-03T08:00:00.000Z",
    modified: str | None = None,
    profile: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A user of Okta."""
    given, _, family = shown_name(name).partition(" ")
    user: Json = {
        "id": id or okta_id(name),
        "status": status,
        "created": created,
        "activated": created,
        "statusChanged": created,
        "lastLogin": None,
        "lastUpdated": modified or created,
        "passwordChanged": None,
        "type": {"id": "otya0f4cfa5054f52d98"},
        "profile": {
            "firstName": given,
            "lastName": family,
            "mobilePhone": None,
            "secondEmail": None,
            "login": address(name),
            "email": email or address(name),
        }
        | dict(profile or {}),
        "credentials": {"password": {}, "provider": {"type": "OKTA", "name": "OKTA"}},
    }
    return user | dict(more or {})


def okta_id(name: str, prefix: str = "00u") -> str:
    """An id such as Okta gives: ``00u`` a user, ``00g`` a group, ``0ua`` an app user."""
    return prefix + stable(prefix, name, 17)


def okta_group(
    name: str,
    *,
    id: str | None = None,  # noqa: A002
    kind: str = "OKTA_GROUP",
    membership_updated: str = "2026-11-01T09:00:00.000Z",
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A group of Okta."""
    group: Json = {
        "id": id or okta_id(name, "00g"),
        "created": "2025-03-01T09:00:00.000Z",
        "lastUpdated": "2025-03-01T09:00:00.000Z",
        "lastMembershipUpdated": membership_updated,
        "objectClass": ["okta:user_group"],
        "type": kind,
        "profile": {"name": name, "description": None},
    }
    return group | dict(more or {})


def okta_app_user(
    name: str,
    *,
    external_id: str | None,
    id: str | None = None,  # noqa: A002
    scope: str = "USER",
    status: str = "PROVISIONED",
    sync: str = "SYNCHRONIZED",
    created: str = "2026-11-01T08:00:00.000Z",
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A user of an application of Okta; *external_id* is the account's id in the target."""
    user: Json = {
        "id": id or okta_id(name),
        "externalId": external_id,
        "created": created,
        "lastUpdated": created,
        "scope": scope,
        "status": status,
        "statusChanged": created,
        "passwordChanged": None,
        "syncState": sync,
        "lastSync": None,
        "credentials": {"userName": address(name)},
        "profile": {"email": address(name), "displayName": shown_name(name)},
        "_links": {"app": {"href": f"https://contoso.okta.example/api/v1/apps/{APP}"}},
    }
    return user | dict(more or {})


def okta_app_group(name: str, *, id: str | None = None) -> Json:  # noqa: A002
    """A group assigned to an application of Okta."""
    group = id or okta_id(name, "00g")
    base = f"https://contoso.okta.example/api/v1/apps/{APP}"
    return {
        "id": group,
        "lastUpdated": "2026-11-01T08:00:00.000Z",
        "priority": 0,
        "profile": {},
        "_links": {"app": {"href": base}, "self": {"href": f"{base}/groups/{group}"}},
    }


def okta_push_mapping(
    name: str,
    *,
    status: str = "ACTIVE",
    error: str = "",
    last_push: str | None = "2026-11-18T09:00:03.000Z",
    more: Mapping[str, Any] | None = None,
) -> Json:
    """A push mapping of an Okta group."""
    mapping: Json = {
        "created": "2026-11-18T09:00:00.000Z",
        "errorSummary": error,
        "id": okta_id(name, "gPm"),
        "lastPush": last_push,
        "lastUpdated": last_push,
        "sourceGroupId": okta_id(name, "00g"),
        "status": status,
        "targetGroupId": okta_id(f"target of {name}", "00g"),
        "_links": {"app": {"href": f"https://contoso.okta.example/api/v1/apps/{APP}"}},
    }
    return mapping | dict(more or {})


def okta_event(
    kind: str,
    at: str,
    *,
    user: str | None = None,
    group: str | None = None,
    result: str | None = "SUCCESS",
    reason: str | None = None,
    app: bool = True,
    debug: Mapping[str, str] | None = None,
    targets: Sequence[Json] = (),
    transaction: str | None = None,
    more: Mapping[str, Any] | None = None,
) -> Json:
    """An event of the Okta System Log about a user, a group, or both, by their names."""
    named = list(targets)
    if user is not None:
        shown = {"alternateId": address(user), "displayName": shown_name(user)}
        named.append({"id": okta_id(user), "type": "User", **shown, "detailEntry": None})
        if app and group is None:
            named.append({"id": okta_id(user, "0ua"), "type": "AppUser", **shown})
    if group is not None:
        shown = {"alternateId": "unknown", "displayName": group}
        named.append({"id": okta_id(group, "00g"), "type": "UserGroup", **shown})
    if app:
        shown = {"alternateId": "Orbit", "displayName": "Orbit"}
        named.append({"id": APP, "type": "AppInstance", **shown, "detailEntry": None})
    event: Json = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}{at}{user}{group}")),
        "published": at,
        "eventType": kind,
        "version": "0",
        "severity": "INFO",
        "displayMessage": kind.rpartition(".")[2],
        "actor": {
            "id": "spsaf741c403c145c08a",
            "type": "SystemPrincipal",
            "alternateId": "system@okta.com",
            "displayName": "Okta System",
        },
        "client": {"userAgent": None, "zone": "null", "ipAddress": None},
        "outcome": None if result is None else {"result": result, "reason": reason},
        "target": named or None,
        "transaction": {"type": "JOB", "id": transaction or "trn80ad545ebbef5315a", "detail": {}},
        "debugContext": {"debugData": dict(debug or {})},
        "legacyEventType": None,
    }
    return event | dict(more or {})
