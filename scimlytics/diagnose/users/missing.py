"""Why somebody who should have an account has none. In order of precedence."""

from __future__ import annotations

from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users.situation import MISSING, by_rule, is_

RULES = (
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
        when=lambda u: [is_("missing", u), u.trace_state == "existed", u.trace_seen_at.isnull()],
        says=lambda u: [
            "The provider still holds the id of the account of ",
            u.subject,
            " (",
            u.trace,
            "), and it is gone; no removal was logged, so it was deleted in the target.",
        ],
        cites=("trace", "last_failure"),
        rests_on=(*MISSING, "trace_covered"),
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
            u.trace_seen_at.coalesce(u.last_failure_at),
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
)
