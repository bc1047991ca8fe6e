"""Files.com: single sign-on strategies and user lifecycle rules.

Which groups the site takes or adds by itself, whether it deprovisions, when its token expires, and
by which rule it disables people on its own. Tokens and passwords stay in the file.
Source: ``docs/sso_strategy.md`` and ``docs/user_lifecycle_rule.md`` of Files.com's SDK.
"""

from __future__ import annotations

from scimlytics.loaders.files_com import Row, has, rows_of
from scimlytics.loaders.format import Format, Loading, Page
from scimlytics.loaders.records import columns, flag, identifier, listed, moment, number, text

STRATEGY_FLAGS = (
    "enabled",
    "provision_users",
    "provision_groups",
    "deprovision_users",
    "deprovision_groups",
)
STRATEGY_LISTS = {
    "provision_group_default": "group_default",
    "provision_group_exclusion": "group_exclusion",
    "provision_group_inclusion": "group_inclusion",
    "provision_group_required": "group_required",
}


def load_strategies(page: Page) -> Loading:
    """Turn single sign-on strategies into rows; their tokens stay behind.

    Lists are separated by commas, ``provision_group_required`` by lines as well.
    """
    found, aside = rows_of(page, "id")
    rows = [
        {
            "strategy_id": identifier(known.get("id")),
            "provider": text(known.get("provider")),
            "label": text(known.get("label")),
            "token_expires": moment(known.get("scim_oauth_access_token_expires_at")),
            "deprovision_behavior": text(known.get("deprovision_behavior")),
        }
        | {name: flag(known.get(name)) for name in STRATEGY_FLAGS}
        | {column: listed(known.get(name), ",\n\r") for name, column in STRATEGY_LISTS.items()}
        | origin
        for known, origin in found
    ]
    names = ("strategy_id", "provider", "label", "token_expires", "deprovision_behavior")
    wanted = (*names, *STRATEGY_FLAGS, *STRATEGY_LISTS.values(), "source_file", "source_row")
    return Loading({"strategies": columns(rows, wanted)}, aside)


def load_rules(page: Page) -> Loading:
    """Turn user lifecycle rules into rows: a legitimate reason for an account to be gone."""
    found, aside = rows_of(page, "id")
    rows: list[Row] = []
    for known, origin in found:
        action = str(known.get("action")).casefold()
        if action not in ("disable", "delete"):
            aside.append((origin["source_row"], "its action is neither disable nor delete"))
            continue
        rows.append(
            {
                "rule_id": identifier(known.get("id")),
                "name": text(known.get("name")),
                "action": action,
                "inactive_days": number(known.get("inactivity_days")),
                "user_state": text(known.get("user_state")),
                "auth_method": text(known.get("authentication_method")),
                "group_ids": listed(known.get("group_ids")),
                "privileged": flag(known.get("include_site_admins")),
            }
            | origin
        )
    names = ("rule_id", "name", "action", "inactive_days", "user_state", "auth_method")
    wanted = (*names, "group_ids", "privileged", "source_file", "source_row")
    return Loading({"lifecycle_rules": columns(rows, wanted)}, aside)


_STRATEGY_MARKS = ("scim_authentication_method", "provision_users", "deprovision_users")
FORMATS = (
    Format(
        "Files.com sign-on strategies",
        "files.com",
        ("strategies",),
        has("provider", any_of=_STRATEGY_MARKS),
        load_strategies,
        "target",
    ),
    Format(
        "Files.com lifecycle rules",
        "files.com",
        ("lifecycle_rules",),
        has("inactivity_days", "action"),
        load_rules,
        "target",
    ),
)
