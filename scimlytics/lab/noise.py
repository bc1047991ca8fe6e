"""An ordinary month: what happens in a tenant in which everything works."""

from __future__ import annotations

from collections.abc import Callable

from scimlytics.lab import hands
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import Group


def daily_life(stage: Stage, count: int) -> None:
    """Let so many ordinary things happen, each to somebody else."""
    kinds: tuple[Callable[[Stage], None], ...]
    kinds = (_joins, _moves_in, _is_read, _moves_out, _renames, _leaves, _is_read, _on_demand)
    if stage.provisioning == "jit":
        kinds = (_signs_in,)  # whatever changes at the source stays a fault where nothing is sent
    for number in range(count):
        if len(stage.free) < 3:
            return
        kinds[number % len(kinds)](stage)


def _joins(stage: Stage) -> None:
    person = stage.newcomer()
    at = stage.when(0.05, 0.9)
    del stage.directory.people[person.id]
    stage.at(at, lambda now: stage.directory.join(person, now))
    stage.at(at, lambda now: stage.directory.assign(person, now))


def _pushed(stage: Stage) -> Group:
    known = [
        g
        for g in stage.directory.groups.values()
        if g.name in ("Finance", "Logistics", "Engineering")
    ]
    return stage.world.random.choice(known)


def _moves_in(stage: Stage) -> None:
    person, group = stage.person(), _pushed(stage)
    stage.at(stage.when(0.05, 0.95), lambda now: stage.directory.add_member(group, person, now))


def _moves_out(stage: Stage) -> None:
    person, group = stage.person(), _pushed(stage)
    group.members[person.id] = max(person.created, group.created)
    stage.at(stage.when(0.05, 0.95), lambda now: stage.directory.remove_member(group, person, now))


def _is_read(stage: Stage) -> None:
    person = stage.person()
    stage.at(stage.when(0.05, 0.95), lambda now: stage.directory.touch(person, now))
    stage.at(stage.when(0.5, 0.99), lambda now: _sign_in(stage, person.id))


def _signs_in(stage: Stage) -> None:
    person = stage.person()
    stage.at(stage.when(0.3, 0.99), lambda now: _sign_in(stage, person.id))


def _renames(stage: Stage) -> None:
    person = stage.person()
    names = stage.married(person)
    stage.at(stage.when(0.05, 0.95), lambda now: stage.directory.change(person, now, names))


def _leaves(stage: Stage) -> None:
    person = stage.person()
    act: Callable[..., None] = stage.world.random.choice(
        [stage.directory.disable, stage.directory.delete]
    )
    stage.at(stage.when(0.05, 0.88), lambda now: act(person, now))


def _on_demand(stage: Stage) -> None:
    person = stage.newcomer()
    at = stage.when(0.1, 0.9)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.at(at, lambda now: stage.provider.on_demand(person, now))


def _sign_in(stage: Stage, person: str) -> None:
    account = stage.target.accounts.get(stage.provider.links.get(person, ""))
    if account is not None:
        hands.sign_in(stage.target, stage.world.now, account)
