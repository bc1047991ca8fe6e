"""Why people are missing, inactive, stale, duplicated, shared, orphaned, unassigned or local.

The order of the rules is the precedence of causes.md, section 2: a file per situation, each in its order.
"""

from __future__ import annotations

from scimlytics.diagnose.rule import Rule
from scimlytics.diagnose.users import duplicated, inactive, linked, missing, stale, surplus

AHEAD = (
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
)
"""Claimed after the target was looked at: an older snapshot cannot contradict it."""
RULES = (
    *AHEAD,
    *missing.RULES,
    *inactive.RULES,
    *stale.RULES,
    *duplicated.RULES,
    *surplus.RULES,
    *linked.RULES,
)
