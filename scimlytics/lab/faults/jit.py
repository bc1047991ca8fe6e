"""Tenants without SCIM: accounts are made, or not made, at the first login."""

from __future__ import annotations

from datetime import datetime, timedelta

from scimlytics.lab import hands
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import Account


def _own(stage: Stage, name: str) -> Account:
    held = stage.target.holder(name)
    assert held is not None
    return held


@plants("jit_rename_twin", provisioning="jit")
def renamed_then_signed_in(stage: Stage, turn: int) -> None:
    """After a rename the next login made a second account."""
    person = stage.person()
    at, names = stage.when(0.2, 0.7), stage.married(person)
    old = person.login
    twin: list[Account] = []
    former: list[str] = []

    def rename(now: datetime) -> None:
        account = _own(stage, old)
        account.first_login = account.first_login or account.created
        account.last_login = now - timedelta(days=1)
        former.append(account.id)
        stage.directory.change(person, now, names)

    def login(now: datetime) -> None:
        made = stage.foreign(person.login, person.display, now)
        made.sso, made.managed = True, True
        hands.sign_in_first(stage.target, now, made)
        twin.append(made)

    stage.at(at, rename)
    stage.at(at + timedelta(days=2), login)
    stage.fault("jit_rename_twin", person, account=lambda: twin[0], others=lambda: former, at=at)


@mirrors("jit_rename_twin", provisioning="jit")
def namesakes_sign_in(stage: Stage) -> None:
    """Two people of one name, each with an account of their own."""
    one, other = stage.person(), stage.person()
    other.given, other.family, other.display = one.given, one.family, one.display
    stage.near("jit_rename_twin", one, note="two people of one name")
    stage.near("jit_rename_twin", other, note="two people of one name")


@plants("login_unmatched", provisioning="jit", targets=("filescom",))
def signs_in_in_vain(stage: Stage, turn: int) -> None:
    """First logins make no accounts here; after a rename the target knows the old name only."""
    stage.target.first_logins = False
    person = stage.person()
    at, names = stage.when(0.2, 0.7), stage.married(person)
    old: list[Account] = []

    def rename(now: datetime) -> None:
        old.append(_own(stage, person.login))
        stage.directory.change(person, now, names)

    stage.at(at, rename)
    for days in (1, 2, 4):
        later = at + timedelta(days=days)
        stage.at(
            later, lambda now: hands.fail_to_sign_in(stage.target, now, person.login, person.login)
        )
    stage.fault("login_unmatched", person, account=lambda: old[0], at=at)


@mirrors("login_unmatched", provisioning="jit")
def never_signed_in(stage: Stage) -> None:
    """Assigned, and never signed in: nobody is missing."""
    person = stage.newcomer()
    at = stage.when(0.2, 0.7)
    stage.at(at, lambda now: stage.directory.assign(person, now))
    stage.near("login_unmatched", person, note="never signed in")


@plants("orphaned_leaver", provisioning="jit")
def left_without_scim(stage: Stage, turn: int) -> None:
    """Left at the source; without provisioning nobody disables the account."""
    person = stage.person()
    at = stage.when(0.2, 0.9)
    stage.at(at, lambda now: stage.directory.disable(person, now))
    stage.fault("orphaned_leaver", person, account=lambda: _own(stage, person.login), at=at)
