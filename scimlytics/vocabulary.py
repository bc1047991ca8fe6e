"""The words: situations, causes, remedies, and what follows from a cause. All lists are closed.

``CAUSES`` has a row per object type, situation and cause: the check that speaks, how severe it is,
what to do in order, whether it heals by itself, and what it means. Nothing else in the code asks
which cause a finding has. A rule in ``diagnose`` says *when* a cause holds; a row here says *what
follows*.
"""

from __future__ import annotations

from dataclasses import dataclass

SITUATIONS = {
    "linked": "A person and an account belong together.",
    "missing": "Wanted, and not in the target.",
    "inactive": "Wanted active, and inactive in the target.",
    "stale": "Linked, and an attribute differs.",
    "duplicated": "One person, two accounts.",
    "shared": "Two people, one account.",
    "orphaned": "The account is active and its person is disabled or gone.",
    "unassigned": "The person is active and not in scope, and the account is active.",
    "local": "An account that no person of the directory owns.",
    "extra": "A group or membership that only the target has.",
}
CERTAINTIES = {
    "confirmed": "Complete evidence on every side it rests on.",
    "likely": "One link is inferred.",
    "suspected": "Rests on an absence that is not proven.",
    "undecidable": "Evidence is missing; the detail says which.",
}
SEVERITIES = {
    "critical": "A leaver's account is active, or provisioning as a whole has stopped.",
    "high": "Never heals by itself, and denies or grants access wrongly.",
    "medium": "Heals after a fix, or later than two cycles.",
    "low": "Everything else that is worth a look.",
    "info": "As expected, or heals by itself within two cycles.",
}
HEALS = {
    "yes": "The provider repairs it by itself.",
    "no": "Nothing will repair it until somebody acts.",
    "after_fix": "The provider repairs it once what is wrong has been mended.",
}
OBJECT_TYPES = ("user", "group", "membership", "job", "cycle", "mapping", "scope", "evidence")
STATUSES = ("new", "persisting", "suppressed")

REMEDIES = {
    "wait": (0, "Wait; the provider repairs it."),
    "fill_source_attribute": (1, "Fill the empty attribute in the source."),
    "fix_mapping": (1, "Mend the attribute mapping."),
    "fix_scope": (1, "Mend the scoping filter, the assignment or the group patterns."),
    "use_security_group": (1, "Use a security enabled group."),
    "assign_directly": (1, "Assign the person, or the inner group, directly."),
    "assign_member": (1, "Assign the member to the application."),
    "rename_in_source": (1, "Give the person another user name in the source."),
    "align_mail_and_upn": (1, "Make mail and user principal name agree."),
    "make_key_unique": (1, "Make the matching attribute unique in the source."),
    "split_groups": (1, "Use one group to assign and another to push."),
    "enable_in_source": (1, "Enable the person in the source."),
    "reassign_in_source": (1, "Take the assignment away, wait for a cycle, assign again."),
    "fix_credentials": (1, "Renew the provisioning credentials."),
    "free_licences": (1, "Free or buy licences in the target."),
    "slow_down_job": (1, "Spread the change, or have the target's limit raised."),
    "review_staged_deletes": (1, "Review the held deletions; allow or reject them."),
    "decide_deprovisioning": (1, "Decide what is to happen to accounts of people who leave."),
    "resume_job": (1, "Start the provisioning job again."),
    "match_on_immutable_id": (1, "Match on the immutable id instead of a name."),
    "enable_scim": (1, "Provision by SCIM instead of at first login."),
    "provision_on_demand": (2, "Provision on demand."),
    "touch_user": (2, "Change a mapped attribute of the person, and change it back a cycle later."),
    "touch_group": (2, "Change a mapped attribute of the group, and change it back a cycle later."),
    "readd_member": (2, "Remove the member in the source, wait a cycle, add it again."),
    "repush_group": (
        2,
        "Delete the pushed group leaving it in the application, import, push again.",
    ),
    "deactivate_reactivate_in_source": (3, "Deactivate the person in the source, then reactivate."),
    "relink": (3, "Break the stored link and let the provider match again."),
    "delete_object_link": (3, "Delete the stored object connection, then provision on demand."),
    "restart_job": (4, "Restart the job, keeping links."),
    "restart_job_full": (5, "Restart the job with all links rebuilt."),
    "resync_all": (5, "Synchronise everything again."),
    "rename_in_target": (6, "Rename the account or group in the target."),
    "reactivate_in_target": (6, "Reactivate the account in the target."),
    "disable_in_target": (6, "Disable the account in the target."),
    "remove_in_target": (6, "Remove it in the target."),
    "merge_accounts": (6, "Move files and rights to the surviving account, disable the other."),
    "remove_twin": (6, "Disable the second account once it can no longer come back."),
    "adopt_or_rename_existing": (6, "Let the provider adopt the blocking record, or rename it."),
    "adjust_lifecycle_rule": (6, "Adjust the target's inactivity rule."),
    "manual_edit": (6, "Edit the value in the target by hand."),
    "investigate": (7, "Look into it with the evidence named."),
    "find_second_writer": (7, "Find out who else writes this object."),
    "check_grants": (7, "Check what was granted to the former account."),
    "report_to_vendor": (7, "Report it to the application's vendor."),
    "fix_target_endpoint": (7, "Have the target's SCIM endpoint mended."),
    "assign_or_remove": (7, "Assign the person, or take the account away."),
    "mark_or_remove": (7, "Mark the account as accepted, with an owner, or remove it."),
    "export_again": (7, "Export again, completely."),
    "none": (7, "Nothing to do."),
}
"""Remedy → rung on the ladder of intrusiveness, and the act in words."""

REMEDY_NEEDS = {
    "provision_on_demand": ("on_demand_user", "on_demand_group"),
    "restart_job": ("restart",),
    "restart_job_full": ("restart_full",),
    "delete_object_link": ("object_link",),
}
"""Remedies that only some providers offer, and the capabilities (any of them) they need."""

TAKES_AWAY = frozenset(
    {
        "disable_in_target",
        "remove_in_target",
        "remove_twin",
        "merge_accounts",
        "deactivate_reactivate_in_source",
        "reassign_in_source",
        "delete_object_link",
        "readd_member",
        "repush_group",
        "restart_job_full",
        "resync_all",
    }
)
"""Remedies that take access, an account or a link away, for good or for a while."""

RETRIES = {"entra": "6h,12h,24h,daily:28d", "okta": "retry-after"}
"""When the known providers try a refused object again by themselves.

``retry-after``: only what met with too many requests, when the target says so; whatever else failed
becomes a task for a person (Okta's guide on provisioning errors). ``none``: never.
"""

CAPABILITIES = {
    "entra": (
        "on_demand_user",
        "on_demand_group",
        "restart",
        "restart_full",
        "object_link",
        "unassign",
    ),
    "okta": ("unassign",),
}
"""What the known providers offer; a provider nobody knows offers nothing until the toml says so."""


@dataclass(frozen=True)
class Cause:
    """What follows from one cause of one kind of object in one situation."""

    check: str
    severity: str
    heals: str
    remedies: tuple[str, ...]
    meaning: str


TOGETHER = frozenset(
    {
        ("duplicated", "jit_twin"),
        ("duplicated", "jit_rename_twin"),
        ("duplicated", "rename_split"),
        ("duplicated", "external_id_rekeyed"),
        ("duplicated", "source_recreated"),
        ("stale", "source_recreated"),
        ("orphaned", "orphaned_leaver"),
        ("orphaned", "deprovision_off"),
        ("orphaned", "claim_contradicted"),
        ("inactive", "target_lifecycle_rule"),
        ("missing", "target_lifecycle_rule"),
        ("missing", "target_group_deleted"),
        ("missing", "patch_semantics"),
        (None, "quarantine"),
    }
)
"""Situation and cause of which the first two remedies belong together. Of others the first is done,
and the next only where it did not help."""


def _rows(
    object_type: str, situations: str, cause: str, then: str, meaning: str
) -> dict[tuple[str, str | None, str], Cause]:
    """Rows for several situations; *then* reads ``check severity heals remedy remedy …``."""
    check, severity, heals, *remedies = then.split()
    made = Cause(check, severity, heals, tuple(remedies), meaning)
    return {
        (object_type, None if word == "-" else word, cause): made for word in situations.split()
    }


# One row a line; the formatter would spread each over six.
# fmt: off
FAMILIES = {
    "throttled": (
        "medium yes wait provision_on_demand slow_down_job",
        "The target refused the last attempt because there were too many requests.",
    ),
    "transient_error": (
        "medium yes wait",
        "The last attempt failed for a passing reason (5xx, timeout).",
    ),
    "unauthorised": (
        "medium after_fix fix_credentials",
        "The target refused the provider's rights or credentials.",
    ),
    "no_licence": ("medium after_fix free_licences", "The target has no licence or quota left."),
    "bad_payload": (
        "medium after_fix fill_source_attribute fix_mapping",
        "A value the target requires is missing or not accepted.",
    ),
    "no_match_key": (
        "medium after_fix fill_source_attribute",
        "The attribute by which the provider matches is empty in the source.",
    ),
    "blocked_by_existing": (
        "medium after_fix adopt_or_rename_existing",
        "A record in the target holds the name, and the provider does not own it.",
    ),
    "name_taken_elsewhere": (
        "medium after_fix rename_in_source",
        "The target says that the name is taken, and nobody in this target holds it.",
    ),
    "mapping_misconfigured": (
        "medium after_fix fix_mapping",
        "The mapping names an attribute or a value that the target cannot take.",
    ),
    "target_incompatible": (
        "medium after_fix report_to_vendor fix_target_endpoint",
        "The target answers in a way the provider cannot read.",
    ),
    "target_requires_group": (
        "medium after_fix assign_member fix_scope",
        "The target takes only people who are in a required group.",
    ),
}
"""Failure families (causes.md, section 6): why the last attempt failed."""


def _families() -> dict[tuple[str, str | None, str], Cause]:
    rows: dict[tuple[str, str | None, str], Cause] = {}
    special = {
        "bad_payload": "incomplete_payloads",
        "no_match_key": "incomplete_payloads",
        "mapping_misconfigured": "mapping_errors",
    }
    plain = {
        ("user", "missing"): "missing_users",
        ("user", "inactive"): "inactive_users",
        ("user", "stale"): "rename_lag",
        ("user", "linked"): "failing_objects",
        ("group", "missing"): "missing_groups",
        ("group", "stale"): "rename_lag",
        ("group", "linked"): "failing_objects",
        ("membership", "missing"): "missing_memberships",
        ("membership", "extra"): "extra_memberships",
    }
    for (object_type, situation), check in plain.items():
        for family, (then, meaning) in FAMILIES.items():
            if (object_type, situation, family) == ("group", "missing", "no_match_key"):
                continue  # group_key_missing says it
            speaks = special.get(family, check)
            rows |= _rows(object_type, situation, family, f"{speaks} {then}", meaning)
    return rows


CAUSES: dict[tuple[str, str | None, str], Cause] = {
    **_families(),
    # People who are missing.
    **_rows("user", "missing", "not_yet", "missing_users info yes wait",
            "Came into scope within the grace; the next cycles bring it."),
    **_rows("user", "inactive", "not_yet", "inactive_users info yes wait",
            "Was enabled within the grace; the next cycles bring it."),
    **_rows("user", "stale", "not_yet", "rename_lag info yes wait",
            "Changed within the grace; the next cycles bring it."),
    **_rows("user", "orphaned", "not_yet", "orphaned_accounts info yes wait",
            "Left within the grace; the next cycles disable the account."),
    **_rows("user", "unassigned", "not_yet", "unassigned_accounts info yes wait",
            "Was unassigned within the grace; the next cycles disable the account."),
    **_rows("user", "missing", "idp_deprovisioned", "deletion_drift high no reassign_in_source",
            "The provider took the account away, and the person is wanted again since."),
    **_rows("user", "missing", "target_lifecycle_rule", "deletion_drift high no adjust_lifecycle_rule"
            " deactivate_reactivate_in_source",
            "A rule of the target removed the account for inactivity."),
    **_rows("user", "missing", "target_deleted",
            "deletion_drift high no deactivate_reactivate_in_source restart_job_full",
            "The account was deleted in the target; incremental cycles never look again."),
    **_rows("user", "missing", "nested_group", "scope_surprises high no assign_directly",
            "Assigned only through a group inside an assigned group, which is not expanded."),
    **_rows("user", "missing", "out_of_scope", "scope_surprises low after_fix fix_scope",
            "Assigned, but a scoping flag or a clause of the filter excludes the person."),
    **_rows("user", "missing", "provider_delay", "missing_users medium yes wait slow_down_job",
            "The provider itself is behind; others wait as long."),
    **_rows("user", "missing", "incremental_blind_spot",
            "missing_users high no provision_on_demand restart_job",
            "Came into scope, cycles ran since, and nothing was ever sent."),
    **_rows("user", "missing", "unknown", "missing_users high no export_again investigate",
            "Absent, and the evidence does not say why."),
    # People whose account is inactive.
    **_rows("user", "inactive", "idp_deprovisioned",
            "deletion_drift high no reactivate_in_target provision_on_demand",
            "The provider disabled the account, and the person is wanted again since."),
    **_rows("user", "inactive", "target_lifecycle_rule",
            "deletion_drift high no adjust_lifecycle_rule reactivate_in_target",
            "A rule of the target disabled the account for inactivity."),
    **_rows("user", "inactive", "claim_contradicted",
            "inactive_users high no reactivate_in_target provision_on_demand",
            "The log claims that the account was activated; it is not."),
    **_rows("user", "inactive", "target_disabled",
            "inactive_users high no reactivate_in_target provision_on_demand",
            "Somebody disabled the account in the target; no disable was logged."),
    **_rows("user", "inactive", "unknown", "inactive_users high no reactivate_in_target investigate",
            "Inactive, and the evidence does not say why."),
    # Accounts that differ.
    **_rows("user", "stale", "create_only_mapping", "rename_lag high no fix_mapping",
            "The mapping applies on creation only, so the value stays for good."),
    **_rows("user", "stale", "null_never_sent", "rename_lag high no manual_edit",
            "Empty at the source; provisioning never clears a value."),
    **_rows("user", "stale", "target_renamed", "rename_lag high no rename_in_target",
            "The value was changed in the target; the provider does not look there."),
    **_rows("user", "stale", "second_writer", "rename_lag high no find_second_writer",
            "Two jobs or strategies write this account."),
    **_rows("user", "stale", "claim_contradicted", "rename_lag high no find_second_writer restart_job",
            "The log claims that this value was written; the target shows another."),
    **_rows("user", "stale", "rename_lag", "rename_lag high no provision_on_demand touch_user",
            "The name changed at the source and was never sent; sign-in may fail until then."),
    **_rows("user", "stale", "attribute_drift", "attribute_drift low after_fix provision_on_demand",
            "An attribute differs, and nothing explains it better."),
    **_rows("user", "stale missing", "login_unmatched",
            "login_failures high no rename_in_target provision_on_demand enable_scim",
            "Sign-ins fail because the target knows the person only under the former name."),
    **_rows("user", "duplicated stale", "source_recreated", "duplicate_users high no relink check_grants",
            "The person was made again at the source; the account carries the former id."),
    # One person, several accounts; several people, one account.
    **_rows("user", "duplicated", "case_split", "duplicate_users high no merge_accounts",
            "Two accounts whose keys differ only by case, alias or Unicode form."),
    **_rows("user", "duplicated", "jit_twin", "duplicate_users high no align_mail_and_upn remove_twin",
            "A second account was made at first login beside the provisioned one."),
    **_rows("user", "duplicated", "jit_rename_twin", "duplicate_users high no enable_scim merge_accounts",
            "After a rename the next login made a second account."),
    **_rows("user", "duplicated", "rename_split",
            "duplicate_users high no merge_accounts match_on_immutable_id",
            "After a rename the provider made a second account."),
    **_rows("user", "duplicated", "external_id_rekeyed", "duplicate_users high no fix_mapping merge_accounts",
            "The attribute mapped to the external id was changed, and a second account made."),
    **_rows("user", "duplicated", "unknown", "duplicate_users high no investigate",
            "Two accounts of one person, and the evidence does not say why."),
    **_rows("user", "shared", "shared_key", "shared_accounts high no make_key_unique",
            "Two people match one account."),
    # Accounts that should not be active.
    **_rows("user", "orphaned", "suspended_at_source", "orphaned_accounts high no decide_deprovisioning",
            "Suspended at the source; the provider sends nothing by design."),
    **_rows("user", "orphaned", "held_by_delete_guard", "orphaned_accounts critical no review_staged_deletes",
            "The guard against accidental deletions holds the removal back."),
    **_rows("user", "orphaned", "claim_contradicted",
            "orphaned_accounts critical no disable_in_target find_second_writer",
            "The log claims that the account was disabled; it is active."),
    **_rows("user", "orphaned", "deprovision_off",
            "orphaned_accounts critical no disable_in_target decide_deprovisioning",
            "Deprovisioning is switched off."),
    **_rows("user", "orphaned", "orphaned_leaver",
            "orphaned_accounts critical no disable_in_target decide_deprovisioning",
            "The person has left and the account is still active."),
    **_rows("user", "unassigned", "held_by_delete_guard",
            "unassigned_accounts high no review_staged_deletes decide_deprovisioning",
            "The guard against accidental deletions holds the removal back."),
    **_rows("user", "unassigned", "deprovision_off", "unassigned_accounts high no decide_deprovisioning",
            "Deprovisioning is switched off."),
    **_rows("user", "unassigned", "claim_contradicted",
            "unassigned_accounts high no decide_deprovisioning find_second_writer",
            "The log claims that the account was disabled; it is active."),
    **_rows("user", "unassigned", "unassigned_access", "unassigned_accounts high no assign_or_remove",
            "No longer assigned, and the account is still active."),
    **_rows("user", "local", "local_account", "unassigned_accounts low no mark_or_remove",
            "An account nobody of the directory owns; never provisioned."),
    **_rows("user", "local", "residual_account", "unassigned_accounts info no none",
            "The inactive account of a person who is gone for good."),
    # Linked and equal.
    **_rows("user", "linked", "stale_link", "failing_objects medium no relink restart_job_full",
            "The provider's stored id is gone; the object lives under another id."),
    **_rows("user", "linked", "retry_artefact", "failing_objects info yes none",
            "A conflict right after a throttled attempt; the target is as it should be."),
    **_rows("user", "linked", "unknown", "failing_objects medium no investigate",
            "The last attempts fail for a reason nobody knows."),
    # Groups.
    **_rows("group", "missing", "not_yet", "missing_groups info yes wait",
            "Came into scope within the grace."),
    **_rows("group", "stale", "not_yet", "rename_lag info yes wait", "Renamed within the grace."),
    **_rows("group", "missing", "idp_deprovisioned", "missing_groups high no reassign_in_source",
            "The provider removed the group, and it is wanted again since."),
    **_rows("group", "missing", "target_group_deleted",
            "deletion_drift high no touch_group provision_on_demand repush_group restart_job_full",
            "The group was deleted in the target; made again it has a new id and no grants."),
    **_rows("group", "missing", "group_type_unsupported", "missing_groups high no use_security_group",
            "Groups that are not security enabled are never provisioned."),
    **_rows("group", "missing", "group_mapping_off", "mapping_errors info after_fix fix_mapping",
            "The mapping of groups is switched off; counted in the finding on the mapping."),
    **_rows("group", "missing", "group_key_missing",
            "incomplete_payloads medium after_fix fill_source_attribute",
            "The attribute by which groups are matched is empty or cannot be matched."),
    **_rows("group", "missing", "group_out_of_scope", "scope_surprises medium after_fix fix_scope",
            "Not assigned, not pushed, or refused by the target's patterns."),
    **_rows("group", "missing", "provider_delay", "missing_groups medium yes wait slow_down_job",
            "The provider itself is behind; others wait as long."),
    **_rows("group", "missing", "incremental_blind_spot",
            "missing_groups high no provision_on_demand restart_job",
            "Came into scope, cycles ran since, and nothing was ever sent."),
    **_rows("group", "missing", "unknown", "missing_groups high no export_again investigate",
            "Absent, and the evidence does not say why."),
    **_rows("group", "stale", "target_renamed", "rename_lag low no rename_in_target",
            "The group was renamed in the target."),
    **_rows("group", "stale", "claim_contradicted", "rename_lag low no find_second_writer restart_job",
            "The log claims that the name was written; the target shows another."),
    **_rows("group", "stale", "rename_lag", "rename_lag low no provision_on_demand touch_group",
            "The name changed at the source and was never sent."),
    **_rows("group", "stale", "unknown", "rename_lag low no investigate",
            "The names differ, and the evidence does not say why."),
    **_rows("group", "extra", "held_by_delete_guard", "extra_groups high no review_staged_deletes",
            "The guard against accidental deletions holds the removal back."),
    **_rows("group", "extra", "deprovision_off",
            "extra_groups high no remove_in_target decide_deprovisioning",
            "Removal of groups is switched off."),
    **_rows("group", "extra", "orphaned_group",
            "extra_groups high no remove_in_target decide_deprovisioning",
            "Gone or unassigned at the source, alive with members in the target."),
    **_rows("group", "extra", "local_group", "extra_groups info no none",
            "A group of the target's own; never provisioned."),
    **_rows("group", "linked", "stale_link", "failing_objects medium no relink restart_job_full",
            "The provider's stored id is gone; the group lives under another id."),
    **_rows("group", "linked", "unknown", "failing_objects medium no investigate",
            "The last attempts fail for a reason nobody knows."),
    # Memberships.
    **_rows("membership", "missing", "member_not_provisioned",
            "missing_memberships info after_fix wait",
            "The user or the group itself is missing; counted there."),
    **_rows("membership", "missing", "member_not_assigned",
            "missing_memberships low after_fix assign_member",
            "The member is not assigned to the application."),
    **_rows("membership", "missing", "nested_group", "missing_memberships high no assign_directly",
            "A member only through a nested group, which is not expanded."),
    **_rows("membership", "missing", "not_yet", "missing_memberships info yes wait",
            "Added within the grace."),
    **_rows("membership", "extra", "not_yet", "extra_memberships info yes wait",
            "Removed within the grace."),
    **_rows("membership", "missing", "reference_unresolved",
            "missing_memberships high no provision_on_demand readd_member",
            "The provider could not resolve this member and does not try again."),
    **_rows("membership", "missing", "restored_without_memberships",
            "missing_memberships high no provision_on_demand readd_member",
            "The user was deleted and restored; memberships are not restored."),
    **_rows("membership", "missing", "patch_semantics",
            "missing_memberships high no readd_member report_to_vendor",
            "The target took a partial list of members for the whole list."),
    **_rows("membership", "missing", "push_assign_race", "missing_memberships high no split_groups",
            "One group both assigns and is pushed; the push came before the account."),
    **_rows("membership", "missing", "target_edit",
            "missing_memberships high no readd_member provision_on_demand",
            "The member was in the group of the target and was removed there."),
    **_rows("membership", "extra", "target_edit", "extra_memberships high no remove_in_target",
            "The member was added in the target."),
    **_rows("membership", "missing", "incremental_blind_spot",
            "missing_memberships high no provision_on_demand readd_member restart_job",
            "The group was not sent since the member came."),
    **_rows("membership", "extra", "incremental_blind_spot",
            "extra_memberships high no remove_in_target restart_job",
            "The group was not sent since the member left."),
    **_rows("membership", "extra", "removal_ignored", "extra_memberships high no remove_in_target",
            "The removal was claimed, and the member is still there."),
    **_rows("membership", "extra", "target_default", "extra_memberships info no none",
            "A group that the target adds every account to."),
    **_rows("membership", "missing", "second_writer", "missing_memberships high no find_second_writer",
            "Two jobs or strategies write this group."),
    **_rows("membership", "extra", "second_writer", "extra_memberships high no find_second_writer",
            "Two jobs or strategies write this group."),
    **_rows("membership", "missing", "unknown", "missing_memberships high no investigate export_again",
            "Missing, and the evidence does not say why."),
    **_rows("membership", "extra", "unknown", "extra_memberships high no investigate export_again",
            "Extra, and the evidence does not say why."),
    # Mappings and scope.
    **_rows("mapping", "-", "mapping_misconfigured", "mapping_errors medium after_fix fix_mapping",
            "The attribute disagrees for most people in the same way."),
    **_rows("mapping", "-", "group_mapping_off", "mapping_errors medium after_fix fix_mapping",
            "The mapping of groups is switched off."),
    **_rows("mapping", "-", "create_only_mapping", "mapping_errors low no fix_mapping",
            "The mapping applies on creation only."),
    **_rows("scope", "-", "out_of_scope", "scope_surprises medium after_fix fix_scope",
            "A clause of the scoping filter excludes people who are assigned."),
    **_rows("scope", "-", "group_out_of_scope", "scope_surprises medium after_fix fix_scope",
            "A pattern of the target excludes groups."),
    # Jobs and cycles.
    **_rows("job", "-", "quarantine", "cycle_health critical after_fix fix_credentials restart_job",
            "The job is in quarantine and tries once a day."),
    **_rows("job", "-", "credential_expiry", "cycle_health critical after_fix fix_credentials",
            "The target refuses the provider's credentials for everything."),
    **_rows("job", "-", "paused", "cycle_health medium after_fix resume_job", "The job is paused."),
    **_rows("job", "-", "silence", "cycle_health medium no investigate",
            "No cycle where the cadence wants one."),
    **_rows("job", "-", "escrows_pruned", "cycle_health medium no restart_job",
            "Waiting retries were thrown away."),
    **_rows("job", "-", "mapping_changed", "cycle_health info no none",
            "Mapping or scope was changed here."),
    **_rows("cycle", "-", "throttling_gap", "throttling_gaps medium yes slow_down_job",
            "A window in which the target refused work because there were too many requests."),
    # Evidence.
    **_rows("evidence", "-", "partial_snapshot", "evidence_quality medium after_fix export_again",
            "The export was cut off."),
    **_rows("evidence", "-", "empty_snapshot", "evidence_quality medium after_fix export_again",
            "The export is empty."),
    **_rows("evidence", "-", "shrunken_snapshot", "evidence_quality medium after_fix export_again",
            "The export holds far fewer objects than the one before."),
    **_rows("evidence", "-", "stale_snapshot", "evidence_quality medium after_fix export_again",
            "The snapshot is older than what the log claims."),
    **_rows("evidence", "-", "filtered_snapshot", "evidence_quality medium after_fix export_again",
            "The export does not hold everybody the other sides know."),
    **_rows("evidence", "-", "log_gap", "evidence_quality low after_fix export_again",
            "A part of the log is missing."),
    **_rows("evidence", "-", "log_retention_edge", "evidence_quality low after_fix export_again",
            "What is asked about happened before the log begins."),
    **_rows("evidence", "-", "unproven_snapshot", "evidence_quality low after_fix export_again",
            "Nothing shows that the export is complete."),
    **_rows("evidence", "-", "clock_skew", "evidence_quality low after_fix export_again",
            "The clocks of the systems disagree."),
}
# fmt: on
