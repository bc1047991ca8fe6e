"""People whose account is not there: deleted by hand, never sent, filtered out, nested."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from scimlytics.lab import hands
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import HISTORY, SEEN, Stage
from scimlytics.lab.world import AS_OF, Person


def _gone(stage: Stage, person: Person, at: datetime) -> None:
    stage.at(at, lambda now: hands.remove(stage.target, now, stage.account(person)))


@plants("target_deleted", batch=True)
def deleted_by_hand(stage: Stage, count: int) -> None:
    """Accounts deleted in the target: some one by one, and three within one hour."""
    hour = stage.when(SEEN + 0.05, 0.93)
    for turn in range(count):
        if turn % 3 == 0:
            person = stage.newcomer()
            joined = stage.when(0.05, 0.2)
            stage.at(joined, partial(stage.directory.assign, person))
            at, how = stage.when(0.25, 0.9), "made in the window"
        elif turn % 3 == 1:
            person = stage.person()
            at, how = hour + timedelta(minutes=7 * turn), "older than the log, in an older export"
        else:
            person = stage.person()
            stage.at(stage.when(0.05, 0.3), partial(stage.directory.touch, person))
            at, how = stage.when(HISTORY + 0.02, SEEN - 0.02), "read and equal before"
        _gone(stage, person, at)
        stage.fault("target_deleted", person, account=None, at=at, note=how)


@mirrors("target_deleted")
def left_and_taken_away(stage: Stage) -> None:
    """Somebody left, was disabled by the provider, and an administrator tidied up."""
    person = stage.person()
    at = stage.when(0.2, 0.6)
    stage.at(at, lambda now: stage.directory.disable(person, now))
    _gone(stage, person, at + timedelta(days=1))
    stage.near("target_deleted", person, note="disabled at the source before")


@mirrors("target_deleted")
def deleted_and_made_again(stage: Stage) -> None:
    """An account was deleted by hand and provisioned again on demand."""
    if stage.source != "entra":
        return
    person = stage.person()
    at = stage.when(0.3, 0.6)
    _gone(stage, person, at)

    def again(now: datetime) -> None:
        stage.provider.links.pop(person.id)
        stage.provider.on_demand(person, now)

    stage.at(at + timedelta(hours=5), again)
    stage.near("target_deleted", person, note="made again on demand under a new id")


@plants("idp_deprovisioned")
def taken_and_given_back(stage: Stage, turn: int) -> None:
    """Unassigned and disabled; assigned again, which the feed lost."""
    person = stage.person()
    stage.at(stage.when(0.15, 0.4), lambda now: stage.directory.unassign(person, now))
    back = stage.when(0.5, 0.85)
    stage.at(back, lambda now: stage.directory.assign(person, now, fed=False))
    stage.fault("idp_deprovisioned", person, at=back, note="given back and not made active again")


@mirrors("idp_deprovisioned")
def taken_and_given_back_well(stage: Stage) -> None:
    """Unassigned and disabled; assigned again and enabled again."""
    person = stage.person()
    stage.at(stage.when(0.15, 0.4), lambda now: stage.directory.unassign(person, now))
    stage.at(stage.when(0.5, 0.85), lambda now: stage.directory.assign(person, now))
    stage.near("idp_deprovisioned", person, note="active again")


@plants("incremental_blind_spot")
def assigned_and_never_sent(stage: Stage, turn: int) -> None:
    """Came into scope, directly or by a group; the feed lost it."""
    person = stage.newcomer()
    at = stage.when(0.1, 0.93)
    if turn % 3 == 2:
        group = stage.group("Newsletter", size=4)
        stage.at(at, lambda now: stage.directory.add_member(group, person, now, fed=False))
    else:
        stage.at(at, lambda now: stage.directory.assign(person, now, fed=False))
    stage.fault("incremental_blind_spot", person, account=None, at=at)


@mirrors("incremental_blind_spot")
def assigned_just_now(stage: Stage) -> None:
    """Came into scope after the last cycle."""
    person = stage.newcomer()
    stage.at(stage.just_now(), lambda now: stage.directory.assign(person, now))
    stage.near("incremental_blind_spot", person, note="no cycle since")


@mirrors("incremental_blind_spot")
def assigned_and_disabled(stage: Stage) -> None:
    """Assigned, but disabled: nobody to make an account for."""
    person = stage.newcomer()
    person.enabled = False
    stage.at(stage.when(0.2, 0.8), lambda now: stage.directory.assign(person, now))
    stage.near("incremental_blind_spot", person, note="disabled at the source")


@plants("nested_group", sources=("entra",))
def nested_person(stage: Stage, turn: int) -> None:
    """Assigned only through a group inside an assigned group."""
    person = stage.newcomer()
    outer = stage.group("Data platform", size=3)
    inner = stage.group("Data interns", size=0, assigned=False)
    inner.members[person.id] = max(person.created, inner.created)
    outer.members[inner.id] = max(inner.created, outer.created)
    stage.fault("nested_group", person, account=None, note=f"through {inner.name}")


@mirrors("nested_group", sources=("entra",))
def nested_and_direct(stage: Stage) -> None:
    """In the inner group and in the outer one as well."""
    person = stage.person()
    outer = stage.group("Data platform", size=3)
    inner = stage.group("Data interns", size=0, assigned=False)
    inner.members[person.id] = outer.members[person.id] = max(person.created, outer.created)
    outer.members[inner.id] = max(inner.created, outer.created)
    stage.near("nested_group", person, note="a direct member too")


@plants("out_of_scope", sources=("entra",), batch=True)
def filtered_out(stage: Stage, count: int) -> None:
    """Assigned, and excluded by a clause of the scoping filter; one clause, one finding besides."""
    job = stage.provider.job
    job.title, job.department = "Contoso staff only", "Contractors"
    for turn in range(count):
        person = stage.newcomer()
        person.department = None if turn % 4 == 3 else "Contractors"
        at = stage.when(0.1, 0.9)
        stage.at(at, partial(stage.directory.assign, person))
        stage.fault("out_of_scope", person, account=None, at=at)
    clause = next(iter(stage.provider.filtered(stage.crowd[0])))
    stage.fault("out_of_scope", object_type="scope", account=None, subject=clause)


@mirrors("out_of_scope", sources=("entra",))
def filtered_and_disabled(stage: Stage) -> None:
    """Moved to a department that is filtered out: the account was disabled, as it should be."""
    if stage.provider.job.department is None:
        return
    person = stage.person()
    change = {"department": "Contractors"}
    stage.at(stage.when(0.2, 0.8), lambda now: stage.directory.change(person, now, change))
    stage.near("out_of_scope", person, note="left the scope, account disabled")


@plants("provider_delay", sources=("entra",), batch=True)
def provider_is_behind(stage: Stage, count: int) -> None:
    """A bulk assignment late in the window; each cycle takes only a few."""
    first = AS_OF - timedelta(hours=5)
    people = [stage.newcomer() for _ in range(8 + count)]
    stage.provider.job.lag = (first, frozenset(person.id for person in people))
    for turn, person in enumerate(people):
        at = first + timedelta(minutes=1, seconds=turn)
        stage.at(at, partial(stage.directory.assign, person))

    def still_waiting() -> None:
        for person in people:
            if person.id not in stage.provider.links:
                stage.fault("provider_delay", person, account=None, at=first)

    stage.afterwards.append(still_waiting)


@mirrors("provider_delay")
def removed_again_at_once(stage: Stage) -> None:
    """Assigned and unassigned before any cycle: nobody's finding."""
    person = stage.newcomer()
    at = stage.when(0.4, 0.8)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.at(at + timedelta(seconds=20), lambda now: stage.directory.unassign(person, now))
    stage.near("provider_delay", person, note="not wanted any more")
