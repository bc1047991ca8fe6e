"""The checks by name: what each asks, and what it needs to be asked at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A question."""

    name: str
    question: str
    inputs: tuple[str, ...] = ("source_users", "target_users")
    """Tables that must have been exported."""
    any_of: tuple[str, ...] = ()
    """Tables of which one must have been exported."""
    needs_log: bool = False
    """Makes no sense where nothing is provisioned by SCIM."""


GROUPS = ("source_groups", "target_groups")
EDGES = (*GROUPS, "source_memberships", "target_memberships")

CHECKS = {
    check.name: check
    for check in (
        Check("missing_users", "Who is wanted and has no account, and why?"),
        Check("inactive_users", "Whose account is inactive although the person is wanted?"),
        Check("missing_groups", "Which wanted groups are not in the target?", GROUPS),
        Check("missing_memberships", "Who lacks a group in the target?", EDGES),
        Check("extra_memberships", "Who is in a group of the target and not of the source?", EDGES),
        Check(
            "deletion_drift",
            "Which accounts and groups were removed in the target behind the provider's back?",
        ),
        Check("duplicate_users", "Who has two accounts?"),
        Check("shared_accounts", "Which account do two people match?"),
        Check("orphaned_accounts", "Which accounts of people who left are still active?"),
        Check(
            "unassigned_accounts", "Which active accounts are nobody's, or of people not assigned?"
        ),
        Check("extra_groups", "Which groups has only the target?", GROUPS),
        Check(
            "login_failures",
            "Whose sign-in fails because the target knows only the former name?",
            ("source_users", "target_users", "target_audit"),
        ),
        Check("rename_lag", "Whose name changed and is still the old one in the target?"),
        Check("attribute_drift", "Which other attributes differ?"),
        Check(
            "incomplete_payloads",
            "Whose record lacks a value that the target requires?",
            ("events",),
            needs_log=True,
        ),
        Check(
            "failing_objects",
            "Who is as wanted and has failing attempts all the same?",
            ("events",),
            needs_log=True,
        ),
        Check(
            "throttling_gaps",
            "When did the target refuse work because there was too much, and what was lost?",
            (),
            any_of=("events", "scim_requests"),
            needs_log=True,
        ),
        Check(
            "cycle_health",
            "Do the provisioning jobs run?",
            (),
            any_of=("jobs", "events", "strategies"),
            needs_log=True,
        ),
        Check("scope_surprises", "Whom does the scope exclude although they are assigned?"),
        Check("mapping_errors", "Which attribute mappings are wrong for nearly everybody?"),
        Check("evidence_quality", "What can and cannot be concluded from this evidence?"),
    )
}
"""Every check by its stable name."""
