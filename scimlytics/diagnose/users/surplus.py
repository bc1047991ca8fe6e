"""Why there is an account that nobody should have, or that nobody knows. In order of precedence."""

from __future__ import annotations

from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users.situation import is_

RULES = (
    Rule(
        "not_yet",
        when=lambda u: [is_("orphaned", u), u.left_age == "fresh"],
        says=lambda u: [
            u.subject,
            " left at ",
            u.left_at,
            "; the next cycles disable the account.",
        ],
        rests_on=("source_presence",),
    ),
    Rule(
        "suspended_at_source",
        when=lambda u: [is_("orphaned", u), u.source_state == "suspended"],
        says=lambda u: [
            u.subject,
            " is suspended at the source, which sends nothing by design; the account is ",
            "active.",
        ],
        rests_on=("link_certainty",),
    ),
    Rule(
        "not_yet",
        when=lambda u: [is_("unassigned", u), u.unassigned_age == "fresh"],
        says=lambda u: [
            u.subject,
            " was unassigned at ",
            u.unassigned_at,
            "; the next cycles disable the account.",
        ],
        rests_on=("unwanted_certainty",),
    ),
    Rule(
        "held_by_delete_guard",
        when=lambda u: [
            u.situation.isin(["orphaned", "unassigned"]),
            (u.last_staged_at >= u.last_positive_at).fill_null(u.last_staged.notnull())
            | u.guard_holds,
        ],
        says=lambda u: [
            "The removal of ",
            u.subject,
            " is held back by the guard against accidental ",
            "deletions; the account is active.",
        ],
        cites=("last_staged",),
        rests_on=("link_certainty", "source_presence", "unwanted_certainty"),
    ),
    Rule(
        "claim_contradicted",
        when=lambda u: [
            u.situation.isin(["orphaned", "unassigned"]),
            u.removed_by_provider_at.notnull(),
            (u.removed_by_provider_at >= u.last_positive_at).fill_null(True),
        ],
        says=lambda u: [
            "The log claims that ",
            u.subject,
            " was disabled or removed at ",
            u.removed_by_provider_at,
            "; the account is active.",
        ],
        cites=("removed_by_provider",),
        rests_on=("link_certainty", "source_presence", "unwanted_certainty"),
    ),
    Rule(
        "deprovision_off",
        when=lambda u: [
            u.situation.isin(["orphaned", "unassigned"]),
            u.by_scim,
            u.deprovision_off,
        ],
        says=lambda u: [
            "Deprovisioning is switched off; the account of ",
            u.subject,
            " stays active.",
        ],
        rests_on=("link_certainty", "source_presence", "unwanted_certainty"),
    ),
    Rule(
        "orphaned_leaver",
        when=lambda u: [is_("orphaned", u), u.signed],
        says=lambda u: [
            u.subject,
            " is ",
            u.source_word,
            " at the source",
            u.left_when,
            "; the account is still active.",
        ],
        cites=("target_id", "last_positive"),
        rests_on=("link_certainty", "source_presence"),
    ),
    Rule(
        "unassigned_access",
        when=lambda u: [is_("unassigned", u)],
        says=lambda u: [
            u.subject,
            " is active and no longer in scope",
            u.unassigned_when,
            "; the account is still active.",
        ],
        cites=("target_id", "last_excluded"),
        rests_on=("link_certainty", "unwanted_certainty"),
    ),
    Rule(
        "residual_account",
        when=lambda u: [is_("local", u), u.target_state == "inactive"],
        says=lambda u: ["The inactive account of ", u.subject, ", who is gone for good."],
        rests_on=("source_users",),
    ),
    Rule(
        "local_account",
        when=lambda u: [is_("local", u)],
        says=lambda u: [
            "Nobody of the directory owns the account ",
            u.subject,
            ", and the log has never met it.",
        ],
        cites=("target_id",),
        rests_on=("source_users", "created_covered"),
    ),
)
