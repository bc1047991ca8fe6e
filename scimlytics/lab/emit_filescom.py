"""What Files.com shows: users, groups, strategies, request log, history, settings, rules, older exports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scimlytics.lab.files import compact, write_json
from scimlytics.lab.stage import HISTORY, REQUESTS, Stage
from scimlytics.lab.target import Deed, Request
from scimlytics.lab.world import AS_OF, Account, TargetGroup, stamp

SITE, STRATEGY = 911, 7301
AGENTS = {"entra": "azure-provisioning/1.0", "okta": "Okta SCIM Client 1.0.0"}


def write_target(folder: Path, log: Path, stage: Stage) -> None:
    """Write the target's exports, and its own request log."""
    target = stage.target
    accounts, groups = list(target.accounts.values()), list(target.groups.values())
    write_json(folder / "users.json", users(accounts, groups))
    write_json(folder / "groups.json", _groups(groups, accounts))
    write_json(folder / "sso_strategies.json", [_strategy(stage, len(accounts))])
    span = AS_OF - stage.world.start
    since = stage.world.start + HISTORY * span
    history = [deed for deed in target.history if since <= deed.at]
    write_json(folder / "history.json", [_deed(deed) for deed in history])
    settings = [deed for deed in target.history if deed.change]
    if settings:
        write_json(folder / "settings_changes.json", [_setting(deed) for deed in settings])
    if target.rules:
        write_json(
            folder / "user_lifecycle_rules.json", [_rule(1, "disable", 90), _rule(2, "delete", 180)]
        )
    for at, (were, had) in target.earlier.items():
        before = folder / "previous" / stamp(at).replace(":", "").replace("-", "")
        write_json(before / "users.json.gz", users(were, had))
        write_json(before / "groups.json.gz", _groups(had, were))
    if stage.provisioning == "scim":
        since = stage.world.start + REQUESTS * span
        agent = AGENTS[stage.source]
        rows = [
            _request(one, agent)
            for one in reversed(target.requests)
            if since <= one.at < stage.world.as_of
        ]
        write_json(log / "scim_logs.json.gz", rows)
    failed = [deed for deed in target.history if deed.idp_uid]
    if failed:
        write_json(
            folder / "sso_events.json",
            [_sso_event(number, deed) for number, deed in enumerate(failed, 1)],
        )


def users(accounts: Iterable[Account], groups: Iterable[TargetGroup]) -> list[dict[str, Any]]:
    """The list of users; group ids are one text, parted by commas."""
    places = [(group.id, group.members) for group in groups]
    return [
        {
            "id": int(one.id),
            "username": one.user_name,
            "name": one.display,
            "email": one.email,
            "company": one.company,
            "authentication_method": "sso" if one.sso else "password",
            "sso_strategy_id": STRATEGY if one.sso else None,
            "externally_managed": one.managed,
            "disabled": not one.active,
            "disabled_expired_or_inactive": not one.active,
            "self_managed": False,
            "created_at": stamp(one.created),
            "first_login_at": stamp(one.first_login) if one.first_login else None,
            "last_login_at": stamp(one.last_login) if one.last_login else None,
            "group_ids": ",".join(group for group, members in places if one.id in members),
            "admin_group_ids": [],
            "primary_group_id": None,
            "site_admin": one.admin,
            "readonly_site_admin": False,
            "workspace_id": 0,
            "notes": "",
            "tags": None,
        }
        for one in sorted(accounts, key=lambda one: int(one.id))
    ]


def _groups(groups: Iterable[TargetGroup], accounts: Iterable[Account]) -> list[dict[str, Any]]:
    names = {one.id: one.user_name for one in accounts}
    return [
        {
            "id": int(group.id),
            "name": group.name,
            "user_ids": ",".join(member for member in group.members if member in names),
            "usernames": ",".join(names[member] for member in group.members if member in names),
            "admin_ids": "",
            "notes": None,
            "workspace_id": 0,
            "site_id": SITE,
        }
        for group in groups
    ]


def _strategy(stage: Stage, count: int) -> dict[str, Any]:
    target = stage.target
    scim = stage.provisioning == "scim"
    expires = stamp(target.token_expires) if target.token_expires else "2027-03-01T00:00:00Z"
    return {
        "id": STRATEGY,
        "protocol": "saml",
        "provider": "azure" if stage.source == "entra" else "okta",
        "label": "Entra ID" if stage.source == "entra" else "Okta",
        "enabled": True,
        "user_count": count,
        "scim_authentication_method": "token" if scim else "none",
        "scim_username": None,
        "scim_oauth_access_token": None,
        "scim_oauth_access_token_expires_at": expires if scim else None,
        "provision_users": scim or target.first_logins,
        "provision_groups": scim,
        "deprovision_users": scim,
        "deprovision_groups": scim,
        "deprovision_behavior": "delete" if target.deletes else "disable",
        "provision_group_default": ",".join(target.defaults) or None,
        "provision_group_exclusion": ",".join(target.excluded) or None,
        "provision_group_inclusion": None,
        "provision_group_required": target.required_group,
    }


def _deed(deed: Deed) -> dict[str, Any]:
    return {
        "id": deed.id,
        "created_at": int(deed.at.timestamp()),
        "created_at_iso8601": stamp(deed.at),
        "user_id": int(deed.actor_id) if deed.actor_id else None,
        "file_id": None,
        "parent_id": None,
        "path": "",
        "folder": None,
        "src": None,
        "destination": None,
        "ip": "192.0.2.15",
        "username": deed.actor,
        "user_is_from_parent_site": False,
        "action": deed.action,
        "failure_type": deed.failure,
        "interface": deed.interface,
        "target_id": int(deed.target_id) if deed.target_id else None,
        "target_name": deed.target_name,
        "target_permission": None,
        "target_recursive": None,
        "target_expires_at": None,
        "target_expires_at_iso8601": None,
        "target_permission_set": None,
        "target_platform": None,
        "target_username": None,
        "target_user_id": None,
    }


def _setting(deed: Deed) -> dict[str, Any]:
    return {
        "changes": [deed.change],
        "created_at": stamp(deed.at),
        "user_id": None,
        "api_key_id": None,
        "user_is_files_support": False,
        "user_is_from_parent_site": False,
        "username": deed.actor,
    }


def _rule(number: int, action: str, days: int) -> dict[str, Any]:
    return {
        "id": number,
        "authentication_method": "sso",
        "inactivity_days": days,
        "include_folder_admins": False,
        "include_site_admins": False,
        "action": action,
        "user_state": "inactive",
        "site_id": SITE,
        "name": f"{action} after {days} days",
    }


def _request(one: Request, agent: str) -> dict[str, Any]:
    return {
        "id": one.id,
        "created_at": stamp(one.at),
        "request_path": f"/api/scim{one.path}",
        "request_method": one.method,
        "http_response_code": str(one.status),
        "user_agent": agent,
        "request_json": compact(one.sent) if one.sent is not None else "",
        "response_json": compact(one.answered) if one.answered is not None else "",
    }


def _sso_event(number: int, deed: Deed) -> dict[str, Any]:
    return {
        "id": number,
        "event_type": "login",
        "status": "failure",
        "body": "User not found",
        "event_errors": ["User not found"],
        "created_at": stamp(deed.at),
        "body_url": None,
        "user_id": None,
        "username": deed.actor,
        "idp_uid": deed.idp_uid,
        "provider": "azure",
        "provider_label": "Entra ID",
        "ip": "192.0.2.15",
        "region": "eu",
    }
