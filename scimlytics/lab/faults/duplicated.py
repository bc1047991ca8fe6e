"""One person with two accounts, two people with one."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta

from scimlytics.lab import hands
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.faults.stale import known_to_the_log
from scimlytics.lab.people import ascii_name
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import Account, Person


def _short(stage: Stage, person: Person) -> None:
    """A user name that is not the mail address: the initial, the surname."""
    local = f"{ascii_name(person.given)[:1]}.{ascii_name(person.family)}"
    person.user_name = f"{local}{stage.world.count('short')}@example.com"


@plants("jit_twin")
def first_login_by_mail(stage: Stage, turn: int) -> None:
    """Provisioned under the user name; the first sign-in presented the mail address."""
    person = stage.person()
    _short(stage, person)
    if turn % 2:
        known_to_the_log(stage, person)
    at = stage.when(0.2, 0.93)
    twin = stage.foreign(str(person.mail), person.display, at)
    twin.sso, twin.hidden, twin.given, twin.family = True, True, person.given, person.family
    stage.at(at, lambda now: hands.sign_in_first(stage.target, now, twin))
    stage.fault("jit_twin", person, others=lambda: [twin.id], at=at)


@mirrors("jit_twin")
def namesakes(stage: Stage) -> None:
    """Two people of one name; each has one account."""
    one, other = stage.person(), stage.person()
    other.given, other.family, other.display = one.given, one.family, one.display
    stage.near("jit_twin", one, note="two people of one name")
    stage.near("jit_twin", other, note="two people of one name")


@mirrors("jit_twin")
def mail_is_not_the_name(stage: Stage) -> None:
    """Mail and user name differ, and nothing came of it."""
    person = stage.person()
    _short(stage, person)
    stage.near("jit_twin", person, note="one account")


@plants("case_split")
def same_but_for_case(stage: Stage, turn: int) -> None:
    """A second account whose name differs by capitals, or by the form of its accents, only."""
    person = stage.person()
    name = person.login.title()
    if turn % 2 and stage.source == "okta":
        person.user_name = unicodedata.normalize("NFC", f"andré.{person.nickname}@example.com")
        person.mail = person.user_name
        name = unicodedata.normalize("NFD", person.user_name)
    at = stage.when(0.2, 0.93)
    twin = stage.foreign(name, person.display, at)
    twin.hidden, twin.given, twin.family = True, person.given, person.family
    stage.at(at, lambda now: hands.make(stage.target, now, twin))
    stage.fault("case_split", person, others=lambda: [twin.id], at=at)


@plants("rename_split", sources=("entra",))
def renamed_and_made_again(stage: Stage, turn: int) -> None:
    """Links were rebuilt after a rename: nobody of the new name was found, so one was made."""
    person = stage.person()
    known_to_the_log(stage, person)
    at, names = stage.when(0.3, 0.9), stage.married(person)
    old: list[str] = []
    stage.at(at, lambda now: old.append(stage.provider.links.pop(person.id)))
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.change(person, now, names))
    stage.fault("rename_split", person, others=lambda: old, at=at)


@mirrors("rename_split", sources=("entra",))
def renamed_and_found_again(stage: Stage) -> None:
    """Links were rebuilt after a rename that had been sent: the account was found."""
    person = stage.person()
    at, names = stage.when(0.2, 0.5), stage.married(person)
    stage.at(at, lambda now: stage.directory.change(person, now, names))
    stage.at(at + timedelta(days=2), lambda now: stage.provider.links.pop(person.id))
    stage.at(at + timedelta(days=2, seconds=1), lambda now: stage.directory.touch(person, now))
    stage.near("rename_split", person, note="one account, found again")


@plants("external_id_rekeyed", sources=("entra",), targets=("scim",))
def matched_by_another_id(stage: Stage, turn: int) -> None:
    """The first account carries the nickname as external id; then the mapping was changed."""
    person = stage.person()
    at = stage.when(0.2, 0.9)
    old: list[str] = []

    def nickname(now: datetime) -> None:
        stage.account(person).external_id = person.nickname

    def rekeyed(now: datetime) -> None:
        account = stage.account(person)
        account.hidden = account.loose = True
        old.append(stage.provider.links.pop(person.id))
        stage.directory.touch(person, now)

    stage.at(stage.world.start, nickname)
    stage.at(at, rekeyed)
    stage.fault("external_id_rekeyed", person, others=lambda: old, at=at)


@plants("source_recreated", sources=("okta",), targets=("scim",))
@plants("source_recreated", sources=("entra",))
def made_again_at_the_source(stage: Stage, turn: int) -> None:
    """Deleted and made again under the same name; the account carries the former id."""
    former = stage.person()
    known_to_the_log(stage, former)
    at = stage.when(0.2, 0.85)
    name = former.user_name
    heir = Person(
        id=stage.world.uuid("person"),
        given=former.given,
        family=former.family,
        display=former.display,
        user_name=name,
        mail=former.mail,
        nickname=former.nickname,
        created=at,
        modified=at,
        department=former.department,
        title=former.title,
        employee=former.employee,
        extra=dict(former.extra),
    )
    held: list[Account] = []

    def again(now: datetime) -> None:
        held.append(stage.account(former))
        stage.directory.delete(former, now, fed=False)
        stage.directory.join(heir, now + timedelta(minutes=5))
        stage.directory.assign(heir, now + timedelta(minutes=6), fed=False)

    stage.at(at, again)
    stage.fault(
        "source_recreated",
        heir,
        account=lambda: held[0],
        others=lambda: [former.id],
        at=at,
    )


@mirrors("source_recreated")
def deleted_and_restored(stage: Stage) -> None:
    """Deleted and restored under the same id, in no group that is pushed."""
    person = stage.person()
    at = stage.when(0.2, 0.7)
    stage.at(at, lambda now: stage.directory.delete(person, now))
    stage.at(at + timedelta(days=1), lambda now: stage.directory.restore(person, now, []))
    stage.near("source_recreated", person, note="the same id")


@plants("shared_key", people=2, sources=("entra",))
def matched_by_a_shared_mail(stage: Stage, turn: int) -> None:
    """A newcomer has the mail address of a colleague: the match rewrites the colleague's account."""
    one, other = stage.person(), stage.newcomer()
    known_to_the_log(stage, one)
    other.mail, other.proxies = one.mail, []
    at = stage.when(0.25, 0.93)
    held: list[Account] = []

    def assign(now: datetime) -> None:
        held.append(stage.account(one))
        stage.directory.assign(other, now)

    stage.at(at, assign)
    stage.fault("shared_key", one, account=lambda: held[0], others=lambda: [other.id], at=at)


@mirrors("shared_key", sources=("entra",))
def mailbox_and_person(stage: Stage) -> None:
    """A colleague of the same nickname, with an address of his own."""
    one, other = stage.person(), stage.person()
    other.nickname = one.nickname
    stage.near("shared_key", one, note="the same nickname, another address")
    stage.near("shared_key", other, note="the same nickname, another address")
