"""The failure families as rules: any object may be in a situation because its last attempt failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.diagnose.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

SAYS = {
    "throttled": "the target refused it because there were too many requests",
    "transient_error": "the target failed for a passing reason",
    "unauthorised": "the target refused the provider's rights",
    "no_licence": "the target has no licence or quota left",
    "bad_payload": "a value the target requires is missing or not accepted",
    "no_match_key": "the attribute by which the provider matches is empty",
    "mapping_misconfigured": "the mapping names something the target cannot take",
    "target_incompatible": "the target answers in a way the provider cannot read",
    "target_requires_group": "the target takes only members of a required group",
}


def family_rules(
    situation: str,
    rests_on: tuple[str, ...],
    *,
    since_change: bool = False,
    conflicts: str | None = None,
) -> tuple[Rule, ...]:
    """A rule per failure family for objects in this situation whose last attempt failed.

    Parameters
    ----------
    situation
        The situation the rules are about.
    rests_on
        What the situation rests on.
    since_change
        The failure must be newer than the change that differs.
    conflicts
        What the target refuses where a name is taken is a cause too, in words: ``to make`` what is
        not there, ``the new name of`` what is.
    """

    def when(family: str) -> Callable[[ir.Table], list[ir.BooleanValue]]:
        def conditions(u: ir.Table) -> list[ir.BooleanValue]:
            found = [u.situation == situation, u.failing, u.last_failure_family == family]
            if since_change:
                found.append((u.last_failure_at >= u.changed_at).fill_null(True))
            return found

        return conditions

    def says(words: str) -> Callable[[ir.Table], list[ir.Value | str]]:
        return lambda u: [
            "The last attempt for ",
            u.subject,
            " at ",
            u.last_failure_at,
            " failed: ",
            words,
            u.failure_tail,
            ".",
        ]

    plain = tuple(
        Rule(family, when(family), says(words), ("last_failure",), rests_on)
        for family, words in SAYS.items()
    )
    if conflicts is None:
        return plain
    return (
        *plain,
        Rule(
            "blocked_by_existing",
            when=lambda u: [*when("conflict")(u), u.blocker.notnull()],
            says=lambda u: [
                f"The target refused {conflicts} ",
                u.subject,
                " at ",
                u.last_failure_at,
                ": the record ",
                u.blocker,
                " holds the name, and the provider does not own it.",
            ],
            cites=("last_failure", "blocker"),
            rests_on=tuple(name for name in rests_on if not name.startswith("target_")),
        ),
        Rule(
            "name_taken_elsewhere",
            when=lambda u: [*when("conflict")(u), u.blocker.isnull()],
            says=lambda u: [
                f"The target refused {conflicts} ",
                u.subject,
                " at ",
                u.last_failure_at,
                ": the name is taken, and nobody in this target holds it.",
            ],
            cites=("last_failure",),
            rests_on=rests_on,
        ),
    )
