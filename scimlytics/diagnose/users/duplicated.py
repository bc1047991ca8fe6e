"""Why somebody has two accounts, or two people share one. In order of precedence."""

from __future__ import annotations

from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users.situation import is_
from scimlytics.reconcile.correlate import CROSS

RULES = (
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
)
