"""Accounts that are active although nobody should be: leavers, the unassigned, strangers."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from scimlytics.lab import hands
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.faults.stale import known_to_the_log
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import AS_OF, LAST_CYCLE, Account


@plants("orphaned_leaver")
def left_unnoticed(stage: Stage, turn: int) -> None:
    """Disabled, which the feed lost; or unassigned first and deleted then, which is never sent."""
    person = stage.person()
    known_to_the_log(stage, person)
    at = stage.when(0.2, 0.88)
    cause = "orphaned_leaver" if stage.deprovisioning else "deprovision_off"
    if turn % 2 == 0:
        stage.at(at, lambda now: stage.directory.disable(person, now, fed=False))
    else:
        stage.at(at, lambda now: stage.directory.unassign(person, now, fed=False))
        later = at + timedelta(minutes=20)
        stage.at(later, lambda now: stage.directory.delete(person, now, fed=False))
    stage.fault(cause, person, at=at)


@mirrors("orphaned_leaver")
def left_and_disabled(stage: Stage) -> None:
    """Left in the window, and disabled in the next cycle."""
    person = stage.person()
    stage.at(stage.when(0.2, 0.88), lambda now: stage.directory.disable(person, now))
    stage.near("orphaned_leaver", person, note="disabled in the target")


@mirrors("orphaned_leaver")
def deleted_and_disabled(stage: Stage) -> None:
    """Deleted in the window, and disabled in the next cycle."""
    person = stage.person()
    stage.at(stage.when(0.2, 0.88), lambda now: stage.directory.delete(person, now))
    stage.near("orphaned_leaver", person, note="disabled in the target")


@mirrors("orphaned_leaver")
def left_just_now(stage: Stage) -> None:
    """Left after the last cycle."""
    person = stage.person()
    stage.at(stage.just_now(), lambda now: stage.directory.disable(person, now))
    stage.near("orphaned_leaver", person, note="no cycle since")


@plants("suspended_at_source", sources=("okta",))
def suspended(stage: Stage, turn: int) -> None:
    """Okta suspends somebody, and sends nothing by design."""
    person = stage.person()
    at = stage.when(0.2, 0.95)
    stage.at(at, lambda now: stage.directory.suspend(person, now))
    stage.fault("suspended_at_source", person, at=at)


@plants("held_by_delete_guard", sources=("entra",), batch=True)
def held_back(stage: Stage, count: int) -> None:
    """More people leave in one cycle than the guard allows: all are held back."""
    at = stage.when(0.905, 0.93)
    job = stage.provider.job
    job.threshold, job.threshold_since = count - 1, at - timedelta(seconds=1)
    slot = _cycle_before(stage, at)
    for turn in range(count):
        person = stage.person()
        when = slot + timedelta(minutes=1, seconds=turn)
        if turn % 4 == 3:
            stage.at(when, partial(stage.directory.unassign, person))
        else:
            stage.at(when, partial(stage.directory.disable, person))
        stage.fault("held_by_delete_guard", person, at=when)


def _cycle_before(stage: Stage, at: datetime) -> datetime:
    """The beginning of the cycle in whose time a moment lies, so that a batch is not cut in two."""
    step = timedelta(minutes=stage.provider.job.minutes or 40)
    return AS_OF - LAST_CYCLE - step * ((AS_OF - LAST_CYCLE - at) // step + 1)


@mirrors("held_by_delete_guard", sources=("entra",))
def one_left_under_the_guard(stage: Stage) -> None:
    """One person left before: the guard lets one pass."""
    person = stage.person()
    stage.at(stage.when(0.3, 0.8), lambda now: stage.directory.disable(person, now))
    stage.near("held_by_delete_guard", person, note="disabled")


@plants("claim_contradicted")
def disabled_without_effect(stage: Stage, turn: int) -> None:
    """The disable was sent and answered with success; the account stayed active."""
    person = stage.person()
    at = stage.when(0.2, 0.88)
    stage.at(at, lambda now: stage.target.deaf.add((stage.account(person).id, "active")))
    if turn % 2:
        stage.at(at + timedelta(seconds=1), lambda now: stage.directory.unassign(person, now))
    else:
        stage.at(at + timedelta(seconds=1), lambda now: stage.directory.disable(person, now))
    stage.fault("claim_contradicted", person, at=at, note="disabled without effect")


@plants("deprovision_off", sources=("entra",), batch=True)
def switched_off(stage: Stage, count: int) -> None:
    """Deprovisioning was switched off late in the window; people left after that."""
    off = stage.when(0.895, 0.9)
    stage.deprovisioning = False
    stage.at(off, lambda now: setattr(stage.provider.job, "users_delete", False))
    for turn in range(count):
        person = stage.person()
        at = stage.when(0.91, 0.96)
        if turn % 3 == 2:
            stage.at(at, partial(stage.directory.unassign, person))
        else:
            stage.at(at, partial(stage.directory.disable, person))
        stage.fault("deprovision_off", person, at=at)


@plants("unassigned_access")
def unassigned_unnoticed(stage: Stage, turn: int) -> None:
    """Unassigned, which the feed lost; the account stays active."""
    person = stage.person()
    known_to_the_log(stage, person)
    at = stage.when(0.2, 0.88)
    cause = "unassigned_access" if stage.deprovisioning else "deprovision_off"
    stage.at(at, lambda now: stage.directory.unassign(person, now, fed=False))
    stage.fault(cause, person, at=at)


@mirrors("unassigned_access")
def unassigned_just_now(stage: Stage) -> None:
    """Unassigned after the last cycle."""
    person = stage.person()
    stage.at(stage.just_now(), lambda now: stage.directory.unassign(person, now))
    stage.near("unassigned_access", person, note="no cycle since")


@plants("local_account", people=0)
def made_by_an_administrator(stage: Stage, turn: int) -> None:
    """An account made in the target inside the window, for nobody of the directory."""
    at = stage.when(0.1, 0.95)
    name = ("ftp-robot", "break.glass", "auditor", "scanner")[turn % 4]
    account = stage.foreign(f"{name}-{stage.world.count(name)}@app.example", name.title(), at)
    stage.at(at, lambda now: hands.make(stage.target, now, account))
    stage.fault("local_account", account=account, at=at)


@mirrors("local_account")
def partner_of_old(stage: Stage) -> None:
    """A partner's account with a password, made years before the log begins."""
    account = stage.foreign(
        f"partner-{stage.world.count('partner')}@fabrikam.example",
        "Partner",
        stage.world.past(300, 900),
    )
    stage.at(stage.world.start, lambda now: stage.target.keep(account))
    stage.fault("local_account", account=account, note="older than the log", near=True)


@mirrors("local_account")
def residue(stage: Stage) -> None:
    """The inactive account of somebody who is gone for good."""
    account = stage.foreign(
        f"gone-{stage.world.count('gone')}@example.com", "Gone For Good", stage.world.past(500, 900)
    )
    account.active, account.sso = False, True
    stage.at(stage.world.start, lambda now: stage.target.keep(account))
    stage.fault("residual_account", account=account, note="inactive", near=True)


def administrator(stage: Stage) -> Account:
    """The site administrator: a local account of old."""
    account = stage.foreign(hands.ADMIN, "Site Admin", stage.world.past(900, 1200))
    account.admin = True
    account.first_login = account.created
    account.last_login = stage.when(0.9, 0.98)
    return account
