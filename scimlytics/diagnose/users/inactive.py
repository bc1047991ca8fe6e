"""Why an account that should be active is not. In order of precedence."""

from __future__ import annotations

from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users.situation import by_rule, is_

RULES = (
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
            u.trace_seen_at.isnull(),
        ],
        says=lambda u: [
            "The account of ",
            u.subject,
            " is inactive; the provider holds its id (",
            u.trace,
            ") and logged no disable, so it was disabled in the target.",
        ],
        cites=("trace",),
        rests_on=("wanted_certainty", "link_certainty", "trace_covered"),
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
            u.trace_seen_at,
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
)
