"""Why people are missing, inactive, stale, duplicated, shared, orphaned, unassigned or local.

The order of the rules is the precedence of causes.md, section 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule
from scimlytics.reconcile.correlate import CROSS

if TYPE_CHECKING:
    import ibis.expr.types as ir

MISSING = ("target_users", "wanted_certainty")
"""What the absence of an account rests on."""


def is_(situation: str, u: ir.Table) -> ir.BooleanValue:
    """The row is about this situation."""
    return u.situation == situation


def by_rule(u: ir.Table) -> ir.BooleanValue:
    """The target's audit names a rule of its own, or its robot, as the one who removed it."""
    via = u.removed_via.lower()
    return (via.contains("lifecycle") | (via == "robot")).fill_null(False)


RULES = (
    # Claimed after the target was looked at: an older snapshot cannot contradict it.
    Rule(
        "not_yet",
        when=lambda u: [u.situation.isin(["missing", "inactive", "stale"]), u.sent_later],
        says=lambda u: [
            "The log claims that ",
            u.subject,
            " was sent at ",
            u.sent_at,
            ", after the target was looked at; a newer export of the target tells.",
        ],
        cites=("last_positive",),
        at_most="suspected",
    ),
    Rule(
        "not_yet",
        when=lambda u: [u.situation.isin(["orphaned", "unassigned"]), u.removed_later],
        says=lambda u: [
            "The log claims that ",
            u.subject,
            " was disabled or removed at ",
            u.removed_by_provider_at,
            ", after the target was looked at; a newer export of the target tells.",
        ],
        cites=("removed_by_provider",),
        at_most="suspected",
    ),
    # Missing.
    Rule(
        "not_yet",
        when=lambda u: [is_("missing", u), u.wanted_age == "fresh"],
        says=lambda u: [
            u.subject,
            " came into scope at ",
            u.wanted_since,
            "; the next cycles bring the account.",
        ],
        rests_on=MISSING,
    ),
    Rule(
        "idp_deprovisioned",
        when=lambda u: [
            is_("missing", u),
            u.trace_state == "existed",
            u.removed_by_provider_at >= u.trace_at,
            (u.removed_by_provider_at >= u.last_positive_at).fill_null(True),
        ],
        says=lambda u: [
            "The provider took the account of ",
            u.subject,
            " away at ",
            u.removed_by_provider_at,
            ", and the person is wanted again; nothing brings it back by itself.",
        ],
        cites=("removed_by_provider", "trace"),
        rests_on=MISSING,
    ),
    Rule(
        "target_lifecycle_rule",
        when=lambda u: [
            is_("missing", u),
            (u.removed_how == "delete") & by_rule(u)
            | (u.removed_how.isnull() & (u.trace_state == "existed") & u.idle_deletes),
        ],
        says=lambda u: [
            "A rule of the target removed the account of ",
            u.subject,
            " for inactivity",
            u.removed_when,
            ".",
        ],
        cites=("removed", "trace"),
        rests_on=MISSING,
    ),
    Rule(
        "target_deleted",
        when=lambda u: [is_("missing", u), u.trace_state == "existed", u.removed_how == "delete"],
        says=lambda u: [
            u.removed_by.coalesce("Somebody"),
            " deleted the account of ",
            u.subject,
            " at ",
            u.removed_at,
            " (",
            u.removed_via.coalesce("unknown interface"),
            "); the provider does not know and never looks again.",
        ],
        cites=("removed", "trace"),
        rests_on=MISSING,
    ),
    Rule(
        "target_deleted",
        when=lambda u: [
            is_("missing", u),
            (u.trace_state == "existed") | (u.failing & (u.last_failure_family == "gone")),
        ],
        says=lambda u: [
            "The account of ",
            u.subject,
            " was last seen at ",
            u.trace_at.coalesce(u.last_failure_at),
            " and is gone; no removal was logged since, so it was deleted in the target.",
        ],
        cites=("trace", "last_positive", "last_failure"),
        rests_on=(*MISSING, "trace_covered"),
    ),
    *family_rules("missing", MISSING, conflicts="to make"),
    Rule(
        "nested_group",
        when=lambda u: [is_("missing", u), u.scope_way == "nested", u.last_positive.isnull()],
        says=lambda u: [
            u.subject,
            " is assigned only through ",
            u.via_name,
            ", a group inside an assigned group; the provider takes direct members only.",
        ],
        rests_on=MISSING,
    ),
    Rule(
        "out_of_scope",
        when=lambda u: [is_("missing", u), u.excluded],
        says=lambda u: [
            u.subject,
            " is assigned and was skipped at ",
            u.last_excluded_at,
            ": ",
            u.excluded_why,
            ".",
        ],
        cites=("last_excluded",),
        rests_on=MISSING,
    ),
    Rule(
        "out_of_scope",
        when=lambda u: [is_("missing", u), u.kept_out_by.notnull()],
        says=lambda u: [
            u.subject,
            " is assigned, and by the directory the scoping filter excludes the person: ",
            u.kept_out_by.join("; "),
            ".",
        ],
        rests_on=MISSING,
        at_most="likely",
    ),
    Rule(
        "provider_delay",
        when=lambda u: [
            is_("missing", u),
            u.wanted_age == "old",
            u.last_event.isnull(),
            u.provider_behind,
        ],
        says=lambda u: [
            u.subject,
            " is wanted since ",
            u.wanted_since,
            "; the provider is behind, others wait as long.",
        ],
        rests_on=(*MISSING, "wanted_covered"),
        at_most="likely",
    ),
    Rule(
        "incremental_blind_spot",
        when=lambda u: [
            is_("missing", u),
            u.by_scim,
            u.wanted_age == "old",
            u.wanted_covered == "yes",
            u.cycles_since_wanted,
            (u.last_event_at < u.wanted_since).fill_null(True),
        ],
        says=lambda u: [
            u.subject,
            " came into scope at ",
            u.wanted_since,
            ", cycles ran since, and nothing was ever sent.",
        ],
        rests_on=(*MISSING, "wanted_covered"),
    ),
    Rule(
        "unknown",
        when=lambda u: [is_("missing", u)],
        says=lambda u: [
            u.subject,
            " is wanted and has no account. Why cannot be told: ",
            u.missing_evidence,
            ".",
        ],
        cites=("last_event",),
        rests_on=("target_users",),
        at_most="undecidable",
    ),
    # Inactive.
    Rule(
        "not_yet",
        when=lambda u: [is_("inactive", u), u.wanted_age == "fresh"],
        says=lambda u: [u.subject, " was enabled or assigned at ", u.wanted_since, "."],
        rests_on=("wanted_certainty",),
    ),
    *family_rules("inactive", ("wanted_certainty",)),
    Rule(
        "idp_deprovisioned",
        when=lambda u: [
            is_("inactive", u),
            u.removed_by_provider_at.notnull(),
            (u.removed_by_provider_at >= u.last_activation_at).fill_null(True),
            (u.removed_by_provider_at >= u.last_positive_at).fill_null(True),
        ],
        says=lambda u: [
            "The provider disabled the account of ",
            u.subject,
            " at ",
            u.removed_by_provider_at,
            ", and the person is wanted again.",
        ],
        cites=("removed_by_provider",),
        rests_on=("wanted_certainty", "link_certainty"),
    ),
    Rule(
        "target_lifecycle_rule",
        when=lambda u: [
            is_("inactive", u),
            (u.removed_how == "disable") & by_rule(u)
            | (u.removed_how.isnull() & u.removed_by_provider_at.isnull() & u.idle_disables),
        ],
        says=lambda u: [
            "A rule of the target disabled the account of ",
            u.subject,
            " for inactivity",
            u.removed_when,
            ".",
        ],
        cites=("removed",),
        rests_on=("wanted_certainty", "link_certainty"),
    ),
    Rule(
        "claim_contradicted",
        when=lambda u: [
            is_("inactive", u),
            u.last_activation.notnull(),
            u.removed_how.isnull() | (u.removed_at < u.last_activation_at),
        ],
        says=lambda u: [
            "The log claims that ",
            u.subject,
            " was activated at ",
            u.last_activation_at,
            "; the account is inactive.",
        ],
        cites=("last_activation",),
        rests_on=("wanted_certainty", "link_certainty"),
    ),
    Rule(
        "target_disabled",
        when=lambda u: [is_("inactive", u), u.removed_how == "disable"],
        says=lambda u: [
            u.removed_by.coalesce("Somebody"),
            " disabled the account of ",
            u.subject,
            " at ",
            u.removed_at,
            ".",
        ],
        cites=("removed",),
        rests_on=("wanted_certainty", "link_certainty"),
    ),
    Rule(
        "target_disabled",
        when=lambda u: [
            is_("inactive", u),
            u.by_scim,
            u.removed_by_provider_at.isnull(),
            u.trace_state == "existed",
            u.trace_covered == "yes",
        ],
        says=lambda u: [
            "The account of ",
            u.subject,
            " is inactive and no disable was logged since ",
            u.trace_at,
            "; it was disabled in the target.",
        ],
        cites=("trace",),
        rests_on=("wanted_certainty", "link_certainty", "trace_covered"),
    ),
    Rule(
        "unknown",
        when=lambda u: [is_("inactive", u)],
        says=lambda u: [
            "The account of ",
            u.subject,
            " is inactive and the person is wanted. Why cannot be ",
            "told: the log does not reach back to when it was last active.",
        ],
        rests_on=("wanted_certainty",),
        at_most="undecidable",
    ),
    # Stale.
    Rule(
        "source_recreated",
        when=lambda u: [
            u.situation.isin(["stale", "duplicated"]),
            u.former_id.notnull(),
            u.attribute.isnull(),
        ],
        says=lambda u: [
            u.subject,
            " was made again at the source under a new id; the account carries the ",
            "former one (",
            u.former_id,
            ").",
        ],
        cites=("target_id",),
    ),
    Rule(
        "not_yet",
        when=lambda u: [is_("stale", u), u.changed_age == "fresh"],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " changed at ",
            u.changed_at,
            "; the next cycles bring it.",
        ],
        cites=("changed",),
    ),
    *family_rules("stale", ("link_certainty",), since_change=True, conflicts="the new name of"),
    Rule(
        "create_only_mapping",
        when=lambda u: [is_("stale", u), u.flow_type == "on_create"],
        says=lambda u: [
            "The mapping of ",
            u.attribute,
            " applies on creation only; ",
            u.subject,
            " keeps '",
            u.holds,
            "' where the source has '",
            u.wants,
            "'.",
        ],
        cites=("changed", "written"),
        rests_on=("link_certainty",),
    ),
    Rule(
        "null_never_sent",
        when=lambda u: [is_("stale", u), u.wants.nullif("").isnull()],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " is empty at the source; the target keeps '",
            u.holds,
            "', since provisioning never clears a value.",
        ],
        cites=("changed",),
        rests_on=("link_certainty",),
    ),
    Rule(
        "target_renamed",
        when=lambda u: [
            is_("stale", u),
            (u.earlier_holds_key == u.wants_key),
            (u.changed_at < u.earlier_at).fill_null(True),
            (u.written_at <= u.earlier_at).fill_null(True),
        ],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " was '",
            u.earlier_holds,
            "' in the target at ",
            u.earlier_at,
            " and is '",
            u.holds,
            "' now; the log claims no change since.",
        ],
        cites=("target_id", "written"),
        rests_on=("link_certainty",),
    ),
    Rule(
        "second_writer",
        when=lambda u: [is_("stale", u), u.writers > 1],
        says=lambda u: [
            u.writers,
            " jobs write the account of ",
            u.subject,
            "; ",
            u.attribute,
            " is '",
            u.wants,
            "' at the source and '",
            u.holds,
            "' in the target.",
        ],
        cites=("written", "last_positive"),
        rests_on=("link_certainty",),
    ),
    Rule(
        "claim_contradicted",
        when=lambda u: [
            is_("stale", u),
            u.written.notnull(),
            u.written_value.lower() == u.wants.lower(),
            (u.changed_at <= u.written_at).fill_null(True),
        ],
        says=lambda u: [
            "The log claims that ",
            u.attribute,
            " of ",
            u.subject,
            " was written as '",
            u.wants,
            "' at ",
            u.written_at,
            "; the target has '",
            u.holds,
            "'.",
        ],
        cites=("written",),
        rests_on=("link_certainty",),
    ),
    Rule(
        "login_unmatched",
        when=lambda u: [is_("stale", u), u.login_key, ~u.by_scim, u.login_failures > 0],
        says=lambda u: [
            u.subject,
            " tried to sign in ",
            u.login_failures,
            " times in vain, last at ",
            u.login_failed_at,
            ": the target knows the person only as '",
            u.holds,
            "'.",
        ],
        cites=("login_failed", "target_id", "changed"),
        rests_on=("link_certainty",),
    ),
    Rule(
        "rename_lag",
        when=lambda u: [
            is_("stale", u),
            u.login_key,
            u.changed_age == "old",
            (u.changed_at > u.written_at).fill_null(True),
        ],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " changed from '",
            u.holds,
            "' to '",
            u.wants,
            "' at ",
            u.changed_at,
            " and was never sent; sign-in may fail until it is.",
        ],
        cites=("changed", "written", "last_positive"),
        rests_on=("link_certainty", "changed_covered"),
    ),
    Rule(
        "rename_lag",
        when=lambda u: [is_("stale", u), u.login_key],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " is '",
            u.wants,
            "' at the source and '",
            u.holds,
            "' in the target; when it changed is not known.",
        ],
        cites=("written", "last_positive"),
        rests_on=("link_certainty", "changed_age"),
        at_most="suspected",
    ),
    Rule(
        "attribute_drift",
        when=lambda u: [is_("stale", u)],
        says=lambda u: [
            u.attribute,
            " of ",
            u.subject,
            " is '",
            u.wants,
            "' at the source and '",
            u.holds,
            "' in the target.",
        ],
        cites=("changed", "written"),
        rests_on=("link_certainty", "changed_age"),
    ),
    # Duplicated.
    Rule(
        "case_split",
        when=lambda u: [
            is_("duplicated", u),
            u.account_name_key == u.twin_name_key,
            u.account_name != u.twin_name,
        ],
        says=lambda u: [
            u.subject,
            " has two accounts, '",
            u.account_name,
            "' and '",
            u.twin_name,
            "', which differ by case or Unicode form only.",
        ],
        cites=("target_id", "twin"),
    ),
    Rule(
        "jit_twin",
        when=lambda u: [
            is_("duplicated", u),
            u.by_scim,
            ~u.twin_in_log,
            u.twin_external_id.isnull(),
            ~u.twin_renamed,
            u.provisioned | ~u.made_at_login,
            u.twin_made_at_login | (u.provisioned & (u.twin_created_covered == "yes")),
        ],
        says=lambda u: [
            u.subject,
            " has the provisioned account '",
            u.account_name,
            "' and a second one, '",
            u.twin_name,
            "', made at first login at ",
            u.twin_created,
            u.in_use,
            ".",
        ],
        cites=("target_id", "twin", "last_positive"),
        rests_on=("twin_certainty",),
    ),
    Rule(
        "jit_rename_twin",
        when=lambda u: [
            is_("duplicated", u),
            ~u.by_scim | (u.made_at_login & u.twin_made_at_login),
            u.twin_renamed,
            (u.twin_last_login <= u.account_first_login).fill_null(True),
        ],
        says=lambda u: [
            u.subject,
            " was '",
            u.twin_name,
            "' before; the login under the new name at ",
            u.account_created,
            " made a second account.",
        ],
        cites=("target_id", "twin"),
    ),
    Rule(
        "rename_split",
        when=lambda u: [is_("duplicated", u), u.twin_renamed],
        says=lambda u: [
            u.subject,
            " was '",
            u.twin_name,
            "' before; the provider made a second account under ",
            "the new name.",
        ],
        cites=("target_id", "twin", "last_positive"),
    ),
    Rule(
        "external_id_rekeyed",
        when=lambda u: [
            is_("duplicated", u),
            u.twin_external_id.notnull(),
            u.account_external_id.notnull(),
            u.twin_external_id != u.account_external_id,
            (u.twin_email_key == u.account_email_key) | (u.twin_name_key == u.account_name_key),
        ],
        says=lambda u: [
            u.subject,
            " has two accounts with the same mail address and different external ids, '",
            u.account_external_id,
            "' and '",
            u.twin_external_id,
            "': what is mapped to the external id was changed.",
        ],
        cites=("target_id", "twin", "last_positive"),
    ),
    Rule(
        "unknown",
        when=lambda u: [is_("duplicated", u), u.twin_tier <= CROSS],
        says=lambda u: [
            u.subject,
            " matches two accounts, '",
            u.account_name,
            "' and '",
            u.twin_name,
            "'; nothing shows how the second came about.",
        ],
        cites=("target_id", "twin"),
        at_most="suspected",
    ),
    # Shared.
    Rule(
        "shared_key",
        when=lambda u: [is_("shared", u)],
        says=lambda u: [
            "Two people match the account '",
            u.account_name,
            "'; the provider writes the one over the other.",
        ],
        cites=("target_id", "last_positive"),
    ),
    # Orphaned and unassigned.
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
    # Local.
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
    # Linked and equal, and attempts fail.
    Rule(
        "retry_artefact",
        when=lambda u: [is_("linked", u), u.last_failure_family == "conflict", u.provisioned],
        says=lambda u: [
            "A conflict was logged for ",
            u.subject,
            " at ",
            u.last_failure_at,
            " although the target is as it should be; an earlier attempt had arrived.",
        ],
        cites=("last_failure",),
    ),
    Rule(
        "stale_link",
        when=lambda u: [is_("linked", u), u.last_failure_family == "gone"],
        says=lambda u: [
            "The provider looks for ",
            u.subject,
            " under an id that is gone; the account lives under ",
            u.target_id,
            ".",
        ],
        cites=("last_failure", "target_id"),
        rests_on=("target_users",),
    ),
    *family_rules("linked", ("link_certainty",)),
    Rule(
        "unknown",
        when=lambda u: [is_("linked", u)],
        says=lambda u: [
            "The last attempt for ",
            u.subject,
            " at ",
            u.last_failure_at,
            " failed: ",
            u.last_failure_code.coalesce("no code"),
            ".",
        ],
        cites=("last_failure",),
        at_most="likely",
    ),
)
"""Why a user disagrees, in order: the first that fits is the cause."""
