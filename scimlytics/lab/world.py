"""The stage: people, groups, accounts, the clock, and what is still to happen.

Nothing here knows what goes wrong. A world is a list of dated acts; running it calls them in order
of time. Each random choice is drawn from one seeded generator and each id follows from the seed, so
that the same call always builds the same world, byte by byte.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

AS_OF = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
"""When the source is first exported; the target follows ten minutes later. There is no wall clock."""
TARGET_LAG = timedelta(minutes=10)
LAST_CYCLE = timedelta(minutes=12)
"""How long before the export the provider's last cycle began."""
NAMESPACE = uuid.UUID("6b1d5c1e-52f0-5d0b-9a55-0b8c8a4e4f10")


@dataclass(eq=False)
class Person:
    """Somebody in the directory: an employee, a guest, a service or a shared mailbox."""

    id: str
    given: str
    family: str
    display: str
    user_name: str
    mail: str | None
    nickname: str
    created: datetime
    modified: datetime
    department: str | None = None
    title: str | None = None
    company: str | None = "Contoso"
    employee: str | None = None
    guest: bool = False
    kind: str = "person"
    enabled: bool = True
    suspended: bool = False
    deleted: datetime | None = None
    gone: bool = False
    proxies: list[str] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """May sign in."""
        return self.enabled and self.deleted is None and not self.gone

    @property
    def login(self) -> str:
        """The user name as a provider sends it: a guest's own address, not its tenant form."""
        head, mark, _ = self.user_name.partition("#EXT#")
        if not mark:
            return self.user_name
        alias, _, domain = head.rpartition("_")
        return f"{alias}@{domain}"


@dataclass(eq=False)
class Group:
    """A group of the directory. Its members are ids of people or of groups."""

    id: str
    name: str
    created: datetime
    kind: str = "security"
    members: dict[str, datetime] = field(default_factory=dict)
    deleted: datetime | None = None
    rule: str | None = None
    kept_out: bool = False
    """Assigned, and yet not taken: by a pattern of the target, or because its push is switched off."""
    both: bool = False
    """Okta: it gives access and is pushed as well."""

    @property
    def security_enabled(self) -> bool:
        """Whether it can carry access."""
        return self.kind in ("security", "mail_security", "m365_security", "dynamic")


@dataclass(eq=False)
class Account:
    """A user of the target."""

    id: str
    user_name: str
    email: str | None
    display: str
    created: datetime
    modified: datetime
    given: str = ""
    family: str = ""
    department: str | None = None
    title: str | None = None
    company: str | None = None
    external_id: str | None = None
    active: bool = True
    managed: bool = True
    sso: bool = True
    admin: bool = False
    hidden: bool = False
    """The provider's look-up does not show it."""
    loose: bool = False
    """Its user name does not stop another account of the same name."""
    first_login: datetime | None = None
    last_login: datetime | None = None


@dataclass(eq=False)
class TargetGroup:
    """A group of the target. Its members are account ids."""

    id: str
    name: str
    created: datetime
    modified: datetime
    external_id: str | None = None
    members: dict[str, None] = field(default_factory=dict)


@dataclass(order=True)
class _Act:
    at: datetime
    turn: int
    act: Callable[[datetime], object] = field(compare=False)


class World:
    """The clock and what is still to happen, with one source of chance and of ids.

    Parameters
    ----------
    seed
        Decides everything that chance decides.
    days
        How many days the log covers.
    prefixes
        How the source's own ids begin, by kind; without one an id is a UUID.
    """

    def __init__(self, seed: int, days: int, prefixes: Mapping[str, str] | None = None) -> None:
        self.seed = seed
        self._prefixes = dict(prefixes or {})
        self.start = AS_OF - timedelta(days=days)
        self.now = self.start
        self.as_of = AS_OF
        self.random = Random(seed)
        self._acts: list[_Act] = []
        self._turn = 0
        self._counts: dict[str, int] = {}

    def at(self, when: datetime, act: Callable[[datetime], object]) -> None:
        """Let something happen at a moment; acts of one moment happen in the order given."""
        self._turn += 1
        heapq.heappush(self._acts, _Act(when, self._turn, act))

    def run(self, until: datetime) -> None:
        """Let everything happen that is due before a moment."""
        while self._acts and self._acts[0].at < until:
            due = heapq.heappop(self._acts)
            self.now = due.at
            due.act(due.at)
        self.now = until

    def count(self, kind: str) -> int:
        """The next number of a kind, from 1."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind]

    def uuid(self, kind: str, key: str | None = None) -> str:
        """An id that follows from the seed, the kind and its number or key, and that nobody else has."""
        name = key if key is not None else str(self.count(kind))
        made = uuid.uuid5(NAMESPACE, f"{self.seed}/{kind}/{name}")
        return f"{self._prefixes[kind]}{made.hex[:17]}" if kind in self._prefixes else str(made)

    def between(self, first: datetime, last: datetime) -> datetime:
        """A moment between two, to the second."""
        span = max(0, int((last - first).total_seconds()))
        return first + timedelta(seconds=self.random.randint(0, span))

    def past(self, low: int, high: int) -> datetime:
        """A working hour between so and so many days before the log begins."""
        day = self.start - timedelta(days=self.random.randint(low, high))
        return day.replace(hour=8) + timedelta(seconds=self.random.randint(0, 32_000))


def stamp(when: datetime, digits: int = 0) -> str:
    """A time in ISO 8601 with ``Z`` and that many decimals."""
    base = when.strftime("%Y-%m-%dT%H:%M:%S")
    if not digits:
        return base + "Z"
    return f"{base}.{when.microsecond:06d}0000"[: 20 + digits] + "Z"
