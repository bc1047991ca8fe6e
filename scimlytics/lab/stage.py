"""What a planter works with: the world and its cast, and the answer sheet.

A planter takes people nobody else uses, says what happens to them and when, and writes down what that
is. It works before the world runs; whoever needs an id that only the run brings gives a function.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scimlytics.errors import InputError
from scimlytics.lab.directory import Directory
from scimlytics.lab.people import ascii_name
from scimlytics.lab.provider import Provider
from scimlytics.lab.second import SecondJob
from scimlytics.lab.target import Target
from scimlytics.lab.truth import LINKED, Fault, Holder, Truth, Where
from scimlytics.lab.world import AS_OF, LAST_CYCLE, Account, Group, Person, World

SEEN = 0.70
"""Where in the window the kept older export of the target was taken, as a part of it."""
HISTORY = 0.40
"""From where on the exported history of the target reaches."""
REQUESTS = 0.30
"""From where on the target's own request log reaches."""


@dataclass
class Stage:
    """The world and its cast."""

    world: World
    directory: Directory
    target: Target
    provider: Provider
    source: str
    provisioning: str
    truth: Truth = field(default_factory=Truth)
    free: list[Person] = field(default_factory=list)
    crowd: list[Person] = field(default_factory=list)
    seconds: list[SecondJob] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)
    """What is written down only when the world has run, by the state it then has."""
    deprovisioning: bool = True
    hr_paused: bool = False
    calm: float = 1.0
    """The part of the window until which things happen: a job that stops has to have worked before."""

    def when(self, first: float, last: float) -> datetime:
        """A moment between two parts of the window (0 its begin, 1 its end)."""
        last = min(last, self.calm)
        first = min(first, max(0.0, last - 0.02))
        span = AS_OF - self.world.start
        return self.world.between(self.world.start + first * span, self.world.start + last * span)

    def just_now(self) -> datetime:
        """After the last cycle, before the export: nothing can have been sent of it yet."""
        return self.world.between(
            AS_OF - LAST_CYCLE + timedelta(minutes=1), AS_OF - timedelta(minutes=1)
        )

    def at(self, when: datetime, act: Callable[[datetime], object]) -> None:
        """Let something happen at a moment."""
        self.world.at(when, act)

    def person(self) -> Person:
        """Somebody with an account of old, assigned directly and in no group that is pushed."""
        person = self.newcomer()
        self.directory.assigned[person.id] = person.created + timedelta(days=1)
        return person

    def newcomer(self) -> Person:
        """Somebody of the directory who is not assigned and in no assigned group."""
        if not self.free:
            raise InputError(
                "More faults than people: give --users a larger number, or plant fewer."
            )
        person = self.free.pop()
        self.directory.assigned.pop(person.id, None)
        for group in self.directory.groups.values():
            group.members.pop(person.id, None)
        return person

    def group(
        self, name: str, *, size: int = 5, assigned: bool = True, kind: str = "security"
    ) -> Group:
        """A group of old with members of the crowd, who have accounts and keep out of trouble."""
        turn = self.world.count(f"named {name}")
        group = Group(
            self.world.uuid("group"),
            name if turn == 1 else f"{name} {turn}",
            self.world.past(60, 400),
            kind=kind,
        )
        some = self.world.random.sample(self.crowd, min(size, len(self.crowd)))
        group.members = {p.id: max(p.created, group.created) for p in some}
        self.directory.groups[group.id] = group
        if assigned:
            self.directory.assigned[group.id] = group.created + timedelta(hours=2)
        return group

    def account(self, person: Person) -> Account:
        """The account a person is linked to now; only while the world runs."""
        return self.target.accounts[self.provider.links[person.id]]

    def foreign(self, user_name: str, display: str, at: datetime) -> Account:
        """An account nobody provisioned; not yet in the target."""
        return Account(
            id=self.target.new_id("user"),
            user_name=user_name,
            email=user_name,
            display=display,
            created=at,
            modified=at,
            managed=False,
            sso=False,
        )

    def second_job(self) -> SecondJob:
        """The second job of this application; there is at most one."""
        if not self.seconds:
            head = self.provider.job.id.rpartition(".")[0]
            self.seconds.append(SecondJob(self.world, f"{head}.{self.world.uuid('job')}"))
        return self.seconds[0]

    def married(self, person: Person) -> dict[str, str]:
        """A new surname's user name and mail address."""
        family = ascii_name(self.world.random.choice(SURNAMES))
        turn = self.world.count("married")
        name = f"{ascii_name(person.given)}.{family}-{turn}@example.com"
        return {"user_name": name, "mail": name}

    def fault(
        self,
        cause: str,
        person: Person | None = None,
        group: Group | None = None,
        *,
        object_type: str | None = None,
        account: Holder = LINKED,
        group_there: Where = LINKED,
        others: Callable[[], list[str]] = list,
        subject: str | None = None,
        at: datetime | None = None,
        until: datetime | None = None,
        note: str = "",
        near: bool = False,
    ) -> None:
        """Write down what was planted, or, with *near*, what only looks like it."""
        kind = object_type or ("membership" if person and group else "group" if group else "user")
        fault = Fault(
            cause,
            kind,
            person,
            account,
            group,
            group_there,
            others,
            subject,
            at,
            until,
            note,
        )
        (self.truth.near if near else self.truth.faults).append(fault)

    def near(
        self, cause: str, person: Person | None = None, group: Group | None = None, note: str = ""
    ) -> None:
        """Write down a look-alike."""
        self.fault(cause, person, group, note=note, near=True)


SURNAMES = (
    "Bergqvist",
    "Castellan",
    "Dorn",
    "Ekholm",
    "Falk",
    "Grimaldi",
    "Holt",
    "Iversen",
    "Juhl",
    "Krol",
)
