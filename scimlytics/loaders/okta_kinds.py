"""What the event types of Okta's System Log mean for provisioning and for the directory.

From the catalogue of release 2026.08.1; what is not named here is kept as *other* under its own
name (``kind``), never dropped. Messages and legacy names are configurable or gone and mean nothing.
"""

from __future__ import annotations

from typing import Literal

Direction = Literal["out", "in"]

_USER = "application.provision.user."
_GROUP = "application.provision.group."
_MEMBERS = "application.provision.group_membership."
_PUSH = "application.provision.group_push."
_RULE = "app.user_management.grouppush.mapping.created.from.rule"

PROVISIONING: dict[str, tuple[str, str]] = {
    f"{_USER}push": ("create", "user"),
    "app.user_management.push_new_user_success": ("create", "user"),
    f"{_USER}push_profile": ("update", "user"),
    f"{_USER}sync": ("update", "user"),
    f"{_USER}activate": ("update", "user"),
    f"{_USER}reactivate": ("update", "user"),
    f"{_USER}deactivate": ("disable", "user"),
    f"{_USER}deprovision": ("disable", "user"),
    f"{_USER}delete": ("delete", "user"),
    f"{_GROUP}add": ("create", "group"),
    f"{_GROUP}update": ("update", "group"),
    f"{_GROUP}remove": ("delete", "group"),
    f"{_GROUP}verify_exists": ("update", "group"),
    f"{_MEMBERS}add": ("update", "group"),
    f"{_MEMBERS}remove": ("update", "group"),
    f"{_MEMBERS}update": ("update", "group"),
    f"{_PUSH}pushed": ("create", "group"),
    f"{_PUSH}updated": ("update", "group"),
    f"{_PUSH}push_memberships": ("update", "group"),
    f"{_PUSH}removed": ("delete", "group"),
    f"{_PUSH}delete_appgroup": ("delete", "group"),
    f"{_PUSH}mapping.app.group.renamed": ("update", "group"),
    f"{_PUSH}mapping.app.group.renamed.failed": ("update", "group"),
    f"{_PUSH}mapping.and.groups.deleted.rule.deleted": ("delete", "group"),
    f"{_PUSH}mapping.update.or.delete.failed": ("update", "group"),
    f"{_PUSH}mapping.update.or.delete.failed.with.error": ("update", "group"),
    f"{_PUSH}mapping.created.from.rule.warning.duplicate.name": ("create", "group"),
    f"{_PUSH}mapping.created.from.rule.warning.duplicate.name.tobecreated": ("create", "group"),
    f"{_PUSH}mapping.created.from.rule.warning.upsertgroup.duplicate.name": ("create", "group"),
    f"{_RULE}.error.duplicate": ("create", "group"),
    f"{_RULE}.error.validation": ("create", "group"),
    f"{_RULE}.errors": ("create", "group"),
    "app.user_management.grouppush.mapping.okta.users.ignored": ("update", "group"),
}
"""Action and object by event type. Action is what was intended, not what happened."""

IGNORED_MEMBERS = "app.user_management.grouppush.mapping.okta.users.ignored"
"""Members without an assignment were left out of a pushed group."""

ERRORS = frozenset(
    {f"{_GROUP}{act}" for act in ("add", "import", "remove", "update", "verify_exists")}
    | {f"{_MEMBERS}{act}" for act in ("add", "import", "remove", "update")}
    | {
        kind
        for kind in PROVISIONING
        if ".failed" in kind or ".error" in kind or ".warning." in kind
    }
    | {
        "application.integration.api_query",
        "application.integration.authentication_failure",
        "application.integration.general_failure",
        "application.integration.rate_limit_exceeded",
        "app.app_instance.provision_sync_job.failed",
        "app.user_management.update_from_master_failed",
        "application.appuser.mapping.invalid.expression",
    }
)
"""Event types that are fired when something failed, whatever their outcome field says."""

_EVENTS = (
    "application.provision.",
    "application.integration.",
    "application.appuser.mapping.",
    "app.user_management",
    "app.app_instance.provision_sync_job.",
    "system.import.",
)
_LIMITS = ("rate_limit", "concurrency")

AUDIT: dict[str, tuple[str, str]] = {
    "user.lifecycle.create": ("create", "user"),
    "user.lifecycle.activate": ("enable", "user"),
    "user.lifecycle.reactivate": ("enable", "user"),
    "user.lifecycle.deactivate": ("disable", "user"),
    "user.lifecycle.suspend": ("suspend", "user"),
    "user.lifecycle.unsuspend": ("unsuspend", "user"),
    "user.lifecycle.delete.initiated": ("delete", "user"),
    "user.lifecycle.delete.completed": ("hard_delete", "user"),
    "user.account.update_profile": ("update", "user"),
    "user.account.update_primary_email": ("update", "user"),
    "user.account.update_user_type": ("update", "user"),
    "group.lifecycle.create": ("create", "group"),
    "group.lifecycle.delete": ("delete", "group"),
    "group.profile.update": ("update", "group"),
    "group.user_membership.add": ("add_member", "membership"),
    "group.user_membership.remove": ("remove_member", "membership"),
    "application.user_membership.add": ("assign", "assignment"),
    "application.user_membership.provision": ("assign", "assignment"),
    "application.user_membership.restore": ("assign", "assignment"),
    "application.user_membership.remove": ("unassign", "assignment"),
    "application.user_membership.revoke": ("unassign", "assignment"),
    "application.user_membership.deprovision": ("unassign", "assignment"),
    "application.user_membership.update": ("update", "assignment"),
    "application.user_membership.change_username": ("rename", "assignment"),
    "application.user_membership.approve": ("assign", "assignment"),
    "group.application_assignment.add": ("assign", "assignment"),
    "group.application_assignment.remove": ("unassign", "assignment"),
    "group.application_assignment.update": ("update", "assignment"),
    "directory.mapping.update": ("configure", "job"),
    "application.provision.field_mapping_rule.change": ("configure", "job"),
    "application.lifecycle.create": ("configure", "job"),
    "application.lifecycle.update": ("configure", "job"),
    "application.lifecycle.activate": ("configure", "job"),
    "application.lifecycle.deactivate": ("configure", "job"),
    "application.lifecycle.delete": ("configure", "job"),
    f"{_PUSH}activate_mapping": ("configure", "job"),
    f"{_PUSH}deactivate_mapping": ("configure", "job"),
}
"""Action and object of dated changes at the source, by event type."""

RESULTS = {
    "success": "success",
    "allow": "success",
    "failure": "failure",
    "deny": "failure",
    "rate_limit": "failure",
    "abandoned": "failure",
    "unanswered": "failure",
    "skipped": "skipped",
    "deferred": "warning",
    "scheduled": "warning",
}


def is_provisioning(kind: str) -> bool:
    """Whether an event is about provisioning, an import, or a limit that held it up.

    A setting that somebody changed is none, whatever its name begins with.
    """
    if kind in AUDIT:
        return False
    return kind.startswith(_EVENTS) or any(word in kind for word in _LIMITS)


def is_inbound(kind: str) -> bool:
    """Whether an event is about reading from the application instead of writing to it."""
    return kind.startswith("system.import.") or ".import" in kind or "user_group_import" in kind


def is_own_limit(kind: str) -> bool:
    """Whether a limit is that of Okta's own API, and not of the application."""
    return any(word in kind for word in _LIMITS) and not kind.startswith("application.integration.")
