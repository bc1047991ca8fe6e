"""Accounts that are inactive although their person is wanted."""

from __future__ import annotations

from datetime import timedelta

from scimlytics.lab import hands
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import SEEN, Stage


@plants("target_disabled")
def disabled_by_hand(stage: Stage, turn: int) -> None:
    """An administrator disabled the account; the provider does not look."""
    person = stage.person()
    at = stage.when(SEEN + 0.02, 0.95)
    stage.at(at, lambda now: hands.disable(stage.target, now, stage.account(person)))
    stage.fault("target_disabled", person, at=at)


@mirrors("target_disabled")
def disabled_at_both_ends(stage: Stage) -> None:
    """Disabled at the source, and so in the target."""
    person = stage.person()
    stage.at(stage.when(0.2, 0.85), lambda now: stage.directory.disable(person, now))
    stage.near("target_disabled", person, note="disabled at the source")


@plants("target_lifecycle_rule", targets=("filescom",))
def idle_too_long(stage: Stage, turn: int) -> None:
    """A rule of the target acts on people who have not signed in for months."""
    stage.target.rules = True
    person = stage.person()
    at = stage.when(SEEN + 0.02, 0.95).replace(hour=2, minute=0, second=0)
    days = 180 if turn % 2 else 90

    def idle(now: object) -> None:
        account = stage.account(person)
        account.first_login = account.last_login = at - timedelta(days=days)

    def rule(now: object) -> None:
        act = hands.remove if turn % 2 else hands.disable
        act(stage.target, at, stage.account(person), hands.ROBOT)

    stage.at(stage.world.start, idle)
    stage.at(at, rule)
    if turn % 2:
        stage.fault("target_lifecycle_rule", person, account=None, at=at, note="deleted")
    else:
        stage.fault("target_lifecycle_rule", person, at=at, note="disabled")


@mirrors("target_lifecycle_rule", targets=("filescom",))
def idle_not_long_enough(stage: Stage) -> None:
    """Idle, but not yet for as long as the rule wants."""
    person = stage.person()

    def idle(now: object) -> None:
        account = stage.account(person)
        account.first_login = account.last_login = stage.world.start - timedelta(days=40)

    stage.at(stage.world.start, idle)
    stage.near("target_lifecycle_rule", person, note="active")


@plants("claim_contradicted")
def enabled_without_effect(stage: Stage, turn: int) -> None:
    """Disabled, then enabled: the target answered with success and did nothing."""
    person = stage.person()
    at = stage.when(0.5, 0.85)
    stage.at(stage.when(0.15, 0.4), lambda now: stage.directory.disable(person, now))
    stage.at(at, lambda now: stage.target.deaf.add((stage.account(person).id, "active")))
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.enable(person, now))
    stage.fault("claim_contradicted", person, at=at, note="enabled without effect")


@mirrors("claim_contradicted")
def enabled_with_effect(stage: Stage) -> None:
    """Disabled, then enabled, and active."""
    person = stage.person()
    stage.at(stage.when(0.15, 0.4), lambda now: stage.directory.disable(person, now))
    stage.at(stage.when(0.5, 0.85), lambda now: stage.directory.enable(person, now))
    stage.near("claim_contradicted", person, note="active again")
