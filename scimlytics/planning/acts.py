"""What each remedy is at each provider: the acts in order, how long they take, whom else they touch.

A remedy is one act or several with waits between them (take away, wait a cycle, give again). An act
has at most one request, so that a plan can be carried out request by request. Sources: Microsoft's
pages on on-demand provisioning and on restarting a job, Okta's API reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from scimlytics.planning.circumstances import Circumstances

GRAPH = "https://graph.microsoft.com/v1.0"
OKTA = "https://{yourOktaDomain}/api/v1"
MOST_MEMBERS = 5
"""So many members one call on demand takes."""
CALL = timedelta(seconds=2)
"""Five calls in ten seconds."""
BY_HAND = timedelta(minutes=5)
ON_DEMAND = timedelta(minutes=10)
"""A call on demand shows in the target after so long."""
RESTART_LEAST, RESTART_MOST = timedelta(minutes=0.01), timedelta(minutes=0.08)
"""Per object of an initial cycle."""

JOB_WIDE = frozenset(
    {
        "wait",
        "fix_credentials",
        "free_licences",
        "slow_down_job",
        "decide_deprovisioning",
        "resume_job",
        "match_on_immutable_id",
        "enable_scim",
        "restart_job",
        "restart_job_full",
        "resync_all",
        "fix_target_endpoint",
        "report_to_vendor",
        "adjust_lifecycle_rule",
        "review_staged_deletes",
        "export_again",
    }
)
"""Remedies done once for all who need them."""
OF_AN_ATTRIBUTE = ("fill_source_attribute", "fix_mapping")
BY_VALUE = frozenset({"fix_mapping", "fix_scope"})
"""Remedies done once per attribute, clause or kind of object."""

AFFECTS = {
    "deactivate_reactivate_in_source": "The person has no access to this application meanwhile; a"
    " deactivation instead would touch every application.",
    "reassign_in_source": "The person has no access to this application meanwhile.",
    "readd_member": "The member lacks what the group gives, in every application, meanwhile.",
    "repush_group": "Every member of the group, until it is pushed again.",
    "touch_user": "Whoever reads that attribute sees the other value meanwhile.",
    "touch_group": "Whoever reads that attribute sees the other value meanwhile.",
    "fix_mapping": "Everybody in scope: a mapping holds for all, and Entra begins an initial cycle.",
    "fix_scope": "Everybody whom the filter or the assignment now lets in; Entra begins an initial"
    " cycle.",
    "match_on_immutable_id": "Everybody in scope: how all are matched changes.",
    "enable_scim": "Everybody who signs in.",
    "decide_deprovisioning": "Everybody who leaves from now on.",
    "adjust_lifecycle_rule": "Everybody to whom the rule applies.",
    "slow_down_job": "Every change waits longer.",
    "fix_credentials": "The whole job.",
    "resume_job": "The whole job: what waited is sent.",
    "review_staged_deletes": "Everybody whose deletion is held.",
    "disable_in_target": "The person cannot sign in any more; files and rights stay.",
    "remove_in_target": "Whatever was granted through it.",
    "merge_accounts": "What the second account owns or was granted.",
    "remove_twin": "What the second account owns or was granted.",
    "relink": "Nobody else.",
}
"""Whom or what else a remedy touches; of others nobody."""
WONT_FIX = {
    "touch_user": "Memberships that went missing earlier.",
    "touch_group": "Memberships that went missing earlier: provision the members on demand.",
    "provision_on_demand": "Whoever is disabled or deleted in the directory, and nested groups.",
    "restart_job": "Accounts and groups that were deleted in the target: their links stay.",
    "deactivate_reactivate_in_source": "What was granted to the former account: the new one has"
    " another id.",
    "disable_in_target": "The reason why it was not disabled.",
    "manual_edit": "The reason: the next change in the directory may bring it back.",
}


@dataclass(frozen=True)
class Act:
    """One thing to do."""

    says: str
    takes: timedelta
    wait: timedelta = timedelta()
    """How long afterwards until its effect shows, or the next act may follow."""
    request: dict[str, Any] | None = None


@dataclass(frozen=True)
class Object:
    """Whom an act is about."""

    kind: str
    subject: str
    source_id: str | None
    target_id: str | None
    group_id: str | None = None
    group: str | None = None
    attribute: str | None = None
    others: tuple[str, ...] = ()
    detail: str = ""


def acts(remedy: str, one: Object, here: Circumstances) -> list[Act]:
    """The acts of a remedy on one object, in order.

    Parameters
    ----------
    remedy
        From the vocabulary.
    one
        The person, group or membership.
    here
        The provider and its pace.
    """
    special = SPECIAL.get(remedy)
    if special is not None:
        return special(one, here)
    says = SENTENCES[remedy].format(
        subject=one.subject,
        attribute=one.attribute or "what is missing or not accepted",
        others=", ".join(one.others) or "the other account",
    )
    if remedy in OF_AN_ATTRIBUTE and not one.attribute:
        says = f"{says} {one.detail}"
    return [Act(says, BY_HAND, _until_sent(remedy, here))]


def on_demand(one: Object, members: tuple[tuple[str, str], ...], here: Circumstances) -> Act:
    """One call on demand: a user, or a group with at most five of its members.

    Parameters
    ----------
    one
        The user or the group.
    members
        Id and name of each member.
    here
        The provider and its job.
    """
    subject: dict[str, Any] = {
        "objectId": one.source_id,
        "objectTypeName": "User" if one.kind == "user" else "Group",
    }
    if members:
        subject["links"] = {
            "members": [{"objectId": name, "objectTypeName": "User"} for name, _ in members]
        }
    rule = here.rules.get("user" if one.kind == "user" else "group", "{ruleId}")
    body = {"parameters": [{"ruleId": rule, "subjects": [subject]}]}
    who = f" with {', '.join(name for _, name in members)}" if members else ""
    request = _job_request(here, "provisionOnDemand", body) if here.provider == "entra" else None
    return Act(f"Provision {one.subject}{who} on demand.", CALL, ON_DEMAND, request)


def _until_sent(remedy: str, here: Circumstances) -> timedelta:
    """What is mended at the source shows a cycle later; what is done in the target, at once."""
    from scimlytics.vocabulary import REMEDIES

    rung, _ = REMEDIES[remedy]
    return timedelta() if rung >= 6 else max(here.cycle, ON_DEMAND)


def _cycle(here: Circumstances) -> timedelta:
    return max(here.cycle, ON_DEMAND)


def _away_and_back(one: Object, here: Circumstances) -> list[Act]:
    """Unassign, wait for the disable, assign again: narrower than a deactivation."""
    if "unassign" in here.capabilities:
        away = _assignment_away(one, here)
        back = _assignment_back(one, here)
        return [
            Act(
                f"Take the assignment of {one.subject} to this application away (its own, or the"
                " membership that assigns it), and wait until the log shows it.",
                BY_HAND,
                _cycle(here),
                away,
            ),
            Act(f"Assign {one.subject} to this application again.", BY_HAND, _cycle(here), back),
        ]
    return [
        Act(
            f"Deactivate {one.subject} in the directory, and wait until the log shows it. This"
            " touches every application.",
            BY_HAND,
            _cycle(here),
        ),
        Act(f"Reactivate {one.subject} in the directory.", BY_HAND, _cycle(here)),
    ]


def _assignment_away(one: Object, here: Circumstances) -> dict[str, Any] | None:
    if here.provider == "okta":
        return _request("DELETE", f"{OKTA}/apps/{here.app or '{appId}'}/users/{one.source_id}")
    if here.provider == "entra":
        app = here.app or "{servicePrincipalId}"
        place = f"{GRAPH}/servicePrincipals/{app}/appRoleAssignedTo/{{appRoleAssignmentId}}"
        return _request("DELETE", place)
    return None


def _assignment_back(one: Object, here: Circumstances) -> dict[str, Any] | None:
    if here.provider == "okta":
        body = {"id": one.source_id, "scope": "USER"}
        return _request("POST", f"{OKTA}/apps/{here.app or '{appId}'}/users", body)
    if here.provider == "entra":
        app = here.app or "{servicePrincipalId}"
        body = {"principalId": one.source_id, "resourceId": app, "appRoleId": "{appRoleId}"}
        return _request("POST", f"{GRAPH}/servicePrincipals/{app}/appRoleAssignedTo", body)
    return None


def _readd(one: Object, here: Circumstances) -> list[Act]:
    away = back = None
    if here.provider == "entra":
        place = f"{GRAPH}/groups/{one.group_id}/members"
        away = _request("DELETE", f"{place}/{one.source_id}/$ref")
        body = {"@odata.id": f"{GRAPH}/directoryObjects/{one.source_id}"}
        back = _request("POST", f"{place}/$ref", body)
    elif here.provider == "okta":
        place = f"{OKTA}/groups/{one.group_id}/users/{one.source_id}"
        away, back = _request("DELETE", place), _request("PUT", place)
    who, _, group = one.subject.partition(" → ")
    return [
        Act(
            f"Remove {who} from {group} in the directory, and wait a cycle. A dynamic group"
            " cannot be changed so: provision its member on demand.",
            BY_HAND,
            _cycle(here),
            away,
        ),
        Act(f"Add {who} to {group} again.", BY_HAND, _cycle(here), back),
    ]


def _touch(one: Object, here: Circumstances) -> list[Act]:
    change = None
    kind = "users" if one.kind == "user" else "groups"
    if here.provider == "entra":
        change = _request("PATCH", f"{GRAPH}/{kind}/{one.source_id}", {"{attribute}": "{value}"})
    elif here.provider == "okta":
        body = {"profile": {"{attribute}": "{value}"}}
        method = "POST" if kind == "users" else "PUT"
        change = _request(method, f"{OKTA}/{kind}/{one.source_id}", body)
    return [
        Act(
            f"Change a mapped attribute of {one.subject} in the directory, and wait a cycle.",
            BY_HAND,
            _cycle(here),
            change,
        ),
        Act(f"Change that attribute of {one.subject} back.", BY_HAND, _cycle(here), change),
    ]


def _restart(one: Object, here: Circumstances) -> list[Act]:
    body = {"criteria": {"resetScope": "Watermark, Escrows, QuarantineState"}}
    return [_restarted(here, body, "Restart the job; links are kept.")]


def _restart_full(one: Object, here: Circumstances) -> list[Act]:
    body = {"criteria": {"resetScope": "Full"}}
    return [_restarted(here, body, "Restart the job with all links rebuilt.")]


def _restarted(here: Circumstances, body: dict[str, Any], says: str) -> Act:
    request = _job_request(here, "restart", body) if here.provider == "entra" else None
    return Act(says, BY_HAND, max(initial_cycle(here)[1], here.cycle), request)


def initial_cycle(here: Circumstances) -> tuple[timedelta, timedelta]:
    """How long an initial cycle takes at least and at most."""
    objects = here.people + here.groups
    return objects * RESTART_LEAST, objects * RESTART_MOST


def _resume(one: Object, here: Circumstances) -> list[Act]:
    request = _job_request(here, "start", None) if here.provider == "entra" else None
    return [Act("Start the provisioning job again.", BY_HAND, _cycle(here), request)]


def _job_request(here: Circumstances, action: str, body: dict[str, Any] | None) -> dict[str, Any]:
    app, job = here.app or "{servicePrincipalId}", here.job or "{jobId}"
    place = f"{GRAPH}/servicePrincipals/{app}/synchronization/jobs/{job}/{action}"
    return _request("POST", place, body)


def _request(method: str, url: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"method": method, "url": url, "body": body}


def _unique(one: Object, here: Circumstances) -> list[Act]:
    """The key first; then whoever owns the account, then the others: each would match it by a name."""
    people = ", ".join((one.subject, *one.others)) if one.others else one.subject
    return [
        Act(
            f"Decide whose the account of {people} is, and give everybody else of them a matching"
            " attribute of their own in the directory.",
            BY_HAND,
            _cycle(here),
        ),
        Act(
            "Have the owner sent again, so that the account bears the owner's names; only then break"
            f" the stored link of the others ({people}), and let the provider match them again.",
            BY_HAND,
            _cycle(here),
        ),
    ]


def _freed(one: Object, here: Circumstances) -> list[Act]:
    """Whoever has an account keeps it: only for somebody without one may the record be adopted."""
    record = f"the record that blocks {one.subject} ({', '.join(one.others) or 'not named'})"
    says = f"Let the provider adopt {record}, or rename it."
    if one.target_id is not None:
        says = f"Give {record} another name: it holds the new one, and the account of old stays."
    return [Act(says, BY_HAND)]


SPECIAL = {
    "adopt_or_rename_existing": _freed,
    "make_key_unique": _unique,
    "deactivate_reactivate_in_source": _away_and_back,
    "reassign_in_source": _away_and_back,
    "readd_member": _readd,
    "touch_user": _touch,
    "touch_group": _touch,
    "restart_job": _restart,
    "restart_job_full": _restart_full,
    "resume_job": _resume,
}
SENTENCES = {
    "wait": "Wait: the provider tries again by itself.",
    "fill_source_attribute": "Fill {attribute} of {subject} in the directory.",
    "fix_mapping": "Mend the mapping of {attribute}.",
    "fix_scope": "Mend the scoping filter or the assignment, unless it is meant so: {subject}.",
    "use_security_group": "Use a security enabled group instead of {subject}.",
    "assign_directly": "Make {subject} a direct member of the assigned group: nesting is not followed.",
    "assign_member": "Assign the member to the application: {subject}.",
    "rename_in_source": "Give {subject} another user name in the directory.",
    "align_mail_and_upn": "Make mail and user principal name of {subject} agree.",
    "split_groups": "Use one group to assign and another to push: {subject}.",
    "enable_in_source": "Enable {subject} in the directory.",
    "fix_credentials": "Renew the provisioning credentials.",
    "free_licences": "Free or buy licences in the target.",
    "slow_down_job": "Spread the change over days, or have the target's limit raised.",
    "review_staged_deletes": "Review the held deletions; allow or reject them.",
    "decide_deprovisioning": "Decide what happens to accounts of people who leave, and set it up.",
    "match_on_immutable_id": "Match on the immutable id instead of a name.",
    "enable_scim": "Provision by SCIM instead of at first login.",
    "repush_group": "Delete the pushed group {subject} leaving it in the application, import, push"
    " it again.",
    "relink": "Break the stored link of {subject} and let the provider match again.",
    "delete_object_link": "Delete the stored object connection of {subject}, then provision it on"
    " demand.",
    "resync_all": "Synchronise everything again.",
    "rename_in_target": "Rename {subject} in the target.",
    "reactivate_in_target": "Reactivate {subject} in the target.",
    "disable_in_target": "Disable {subject} in the target now.",
    "remove_in_target": "Remove {subject} in the target.",
    "merge_accounts": "Move files and rights of {subject} to the account that is matched by the"
    " immutable key; give the other ({others}) another name and disable it.",
    "remove_twin": "Give the second account of {subject} ({others}) another name, which frees the one"
    " it holds, and disable it, once it can no longer come back.",
    "adjust_lifecycle_rule": "Adjust the target's inactivity rule.",
    "manual_edit": "Edit {attribute} of {subject} in the target by hand.",
    "investigate": "Look into {subject} with the evidence named.",
    "find_second_writer": "Find out who else writes {subject}.",
    "check_grants": "Check what was granted to the former account of {subject}.",
    "report_to_vendor": "Report it to the application's vendor.",
    "fix_target_endpoint": "Have the target's SCIM endpoint mended.",
    "assign_or_remove": "Assign {subject}, or take the account away.",
    "mark_or_remove": "Mark {subject} as accepted, with an owner, or remove it.",
    "export_again": "Export again, completely.",
}
"""Remedy → what to do, for those that are one act by hand."""
