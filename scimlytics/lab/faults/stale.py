"""Accounts that differ from their person."""

from __future__ import annotations

from datetime import datetime, timedelta

from scimlytics.lab import hands
from scimlytics.lab.bodies import ENTERPRISE
from scimlytics.lab.faults.failing import no_such_attribute
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.people import ascii_name
from scimlytics.lab.provider import ON_CREATE
from scimlytics.lab.stage import SEEN, Stage
from scimlytics.lab.world import Person


def known_to_the_log(stage: Stage, person: Person) -> None:
    """Somebody reads and finds equal, early in the window; the log then knows the account's id."""
    stage.at(stage.when(0.03, 0.14), lambda now: stage.directory.touch(person, now))


@plants("rename_lag")
def renamed_and_never_sent(stage: Stage, turn: int) -> None:
    """A new name the feed lost."""
    person = stage.person()
    if turn % 2 == 0:
        known_to_the_log(stage, person)
    at, names = stage.when(0.2, 0.93), stage.married(person)
    stage.at(at, lambda now: stage.directory.change(person, now, names, fed=False))
    stage.fault("rename_lag", person, at=at)


@mirrors("rename_lag")
def renamed_and_sent(stage: Stage) -> None:
    """A new name that arrived."""
    person = stage.person()
    names = stage.married(person)
    stage.at(stage.when(0.2, 0.9), lambda now: stage.directory.change(person, now, names))
    stage.near("rename_lag", person, note="sent in the next cycle")


@mirrors("rename_lag")
def renamed_just_now(stage: Stage) -> None:
    """A new name after the last cycle."""
    person = stage.person()
    known_to_the_log(stage, person)
    names = stage.married(person)
    stage.at(stage.just_now(), lambda now: stage.directory.change(person, now, names))
    stage.near("rename_lag", person, note="no cycle since")


@plants("target_renamed")
def renamed_in_the_target(stage: Stage, turn: int) -> None:
    """An administrator changed the user name."""
    person = stage.person()
    known_to_the_log(stage, person)
    at = stage.when(SEEN + 0.03, 0.93)
    short = f"{ascii_name(person.given)[:1]}.{ascii_name(person.family)}.{turn}@example.com"
    stage.at(at, lambda now: hands.rename(stage.target, now, stage.account(person), short))
    stage.fault("target_renamed", person, at=at)


@plants("claim_contradicted")
def renamed_without_effect(stage: Stage, turn: int) -> None:
    """The new name was sent and answered with success; the target kept the old one."""
    person = stage.person()
    at, names = stage.when(0.2, 0.9), stage.married(person)

    def deaf(now: datetime) -> None:
        stage.target.deaf |= {(stage.account(person).id, key) for key in names}

    stage.at(at, deaf)
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.change(person, now, names))
    stage.fault("claim_contradicted", person, at=at, note="renamed without effect")


@plants("create_only_mapping", sources=("entra",))
def frozen(stage: Stage, turn: int) -> None:
    """An attribute is sent on creation only, and changed later."""
    key = "department" if stage.target.product == "scim" else "display"
    stage.provider.job.flow[key] = ON_CREATE
    person = stage.person()
    value = "Quality" if key == "department" else f"Dr. {person.display}"
    at = stage.when(0.2, 0.9)
    stage.at(at, lambda now: stage.directory.change(person, now, {key: value}))
    stage.fault("create_only_mapping", person, at=at)


@plants("null_never_sent", targets=("scim",))
def cleared(stage: Stage, turn: int) -> None:
    """Emptied at the source; the target keeps the old value."""
    person = stage.person()
    at = stage.when(0.2, 0.9)
    stage.at(at, lambda now: stage.directory.change(person, now, {"title": None}))
    stage.fault("null_never_sent", person, at=at)


@mirrors("null_never_sent", targets=("scim",))
def always_empty(stage: Stage) -> None:
    """Empty at both ends."""
    person = stage.person()
    person.title = None
    stage.near("null_never_sent", person, note="empty at both ends")


@plants("attribute_drift")
def changed_and_never_sent(stage: Stage, turn: int) -> None:
    """An attribute that is no key changed, and the feed lost it."""
    person = stage.person()
    key = "title" if stage.target.product == "scim" else "display"
    if stage.provider.job.flow.get(key) == ON_CREATE:
        stage.truth.not_planted["attribute_drift"] = "display names are sent on creation only here"
        return
    value = "Head of " + str(person.department) if key == "title" else f"{person.display} (Sales)"
    at = stage.when(0.2, 0.9)
    stage.at(at, lambda now: stage.directory.change(person, now, {key: value}, fed=False))
    stage.fault("attribute_drift", person, at=at)


@mirrors("attribute_drift")
def only_case_differs(stage: Stage) -> None:
    """The target writes names in lower case; names are not case-exact."""
    person = stage.person()
    person.user_name = person.user_name.title()

    def lower(now: datetime) -> None:
        account = stage.account(person)
        account.user_name = account.user_name.lower()

    stage.at(stage.world.start, lower)
    stage.near("attribute_drift", person, note="only the case differs")


@plants("mapping_misconfigured", sources=("entra",))
def mapped_to_nothing(stage: Stage, turn: int) -> None:
    """A mapping names an attribute the target has not; it accepts and forgets it."""
    if "costCenter" in stage.provider.job.extra:
        no_such_attribute(stage, turn)
        return
    stage.provider.job.extra["costCenter"] = "officeLocation"
    for number, person in enumerate(stage.directory.people.values()):
        person.extra["officeLocation"] = f"{number % 5 + 1}/{number % 9 + 101}"
    stage.fault(
        "mapping_misconfigured",
        object_type="mapping",
        account=None,
        subject=f"{ENTERPRISE}:costCenter",
    )


@mirrors("mapping_misconfigured", sources=("entra",))
def mapped_and_empty(stage: Stage) -> None:
    """A mapping whose source is empty for everybody: nothing is sent, nothing is missing."""
    stage.provider.job.extra.setdefault("employeeNumber", "employeeType")


@plants("second_writer", sources=("entra",))
def two_writers(stage: Stage, turn: int) -> None:
    """A second job writes the same account, with another mail address."""
    person = stage.person()
    known_to_the_log(stage, person)
    at = stage.when(0.3, 0.9)
    alias = f"{person.nickname}@mail.example.com"
    other = stage.second_job()

    def write(now: datetime) -> None:
        account = stage.account(person)
        stage.target.change_user(now, account.id, {"email": alias})
        other.wrote(person, now, account.id, {"email": alias})

    stage.at(at, write)
    early = at - timedelta(days=2)
    stage.at(early, lambda now: other.read(person, now, stage.account(person).id))
    stage.fault("second_writer", person, at=at)
