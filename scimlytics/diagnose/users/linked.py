"""Why attempts fail though the account is as it should be. In order of precedence."""

from __future__ import annotations

from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users.situation import is_

RULES = (
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
