"""What every provider does: it reads the feed, works out what is wanted, asks the target, logs.

A provider knows its links (source id → target id), never the target as a whole. What it has linked it
does not look for again, and what the feed does not tell it never learns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scimlytics.lab.directory import Directory
from scimlytics.lab.target import SHOWN, Answer, Target
from scimlytics.lab.world import Group, Person, World

ALWAYS, ON_CREATE = "Always", "ObjectAddOnly"


@dataclass
class Claim:
    """One logged operation, before it is written in a product's own form."""

    id: str
    at: datetime
    kind: str
    action: str
    status: str
    source_id: str
    source_name: str
    login: str = ""
    target_id: str | None = None
    cycle: str = ""
    change: str = ""
    job: str = ""
    read: dict[str, str] = field(default_factory=dict)
    found: dict[str, str] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    filter_result: dict[str, bool] = field(default_factory=dict)
    changes: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)
    code: str | None = None
    reason: str | None = None
    skip: str | None = None
    attribute: str | None = None
    written: bool = False
    by_hand: bool = False
    type: str = ""
    retries: int | None = None


@dataclass
class Job:
    """The set-up of a provisioning job, as an administrator sees it."""

    id: str
    minutes: int = 40
    delays: tuple[int, ...] = (6, 12, 24)
    mapping: dict[str, str] = field(default_factory=dict)
    flow: dict[str, str] = field(default_factory=dict)
    extra: dict[str, str] = field(default_factory=dict)
    """Mapped attributes that the target accepts and forgets: target attribute → source attribute."""
    required: tuple[str, ...] = ("family",)
    title: str | None = None
    department: str | None = None
    users_delete: bool = True
    groups_on: bool = True
    groups_delete: bool = True
    threshold: int | None = None
    threshold_since: datetime | None = None
    stopped: datetime | None = None
    state: str = "Active"
    code: str = "Active"
    quarantine: dict[str, str] | None = None
    error: tuple[str, str] | None = None
    pruned: bool = False
    lag: tuple[datetime, frozenset[str]] | None = None
    """Since when the job is behind with these people: one a cycle."""

    def resume(self) -> None:
        """It runs again, whatever stopped it."""
        self.stopped, self.quarantine, self.error = None, None, None
        self.state = self.code = "Active"


@dataclass
class Escrow:
    """An object that failed and waits for its next attempt."""

    first: datetime
    tries: int
    due: datetime


@dataclass
class Provider:
    """Links, log and job of a provider."""

    world: World
    directory: Directory
    target: Target
    job: Job
    links: dict[str, str] = field(default_factory=dict)
    group_links: dict[str, str] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)
    escrow: dict[tuple[str, str], Escrow] = field(default_factory=dict)
    _read: int = 0

    def wanted(self, person: Person) -> bool:
        """Whether somebody is to have an active account."""
        return (
            person.active
            and self.directory.assigned_since(person) is not None
            and all(self.filtered(person).values())
        )

    def filtered(self, person: Person) -> dict[str, bool]:
        """The clauses of the scoping filter, and whether each holds; an empty value never does."""
        if self.job.department is None:
            return {}
        clause = f"{self.job.title}.department NOT EQUALS '{self.job.department}'"
        return {clause: person.department is not None and person.department != self.job.department}

    def desired(self, person: Person) -> dict[str, str]:
        """What the mapping makes of a person; an empty value is never sent."""
        given: dict[str, str | None] = {
            "userPrincipalName": person.login,
            "mail": person.mail,
            "displayName": person.display,
            "givenName": person.given or None,
            "surname": person.family or None,
            "mailNickname": person.nickname,
            "objectId": person.id,
            "jobTitle": person.title,
            "department": person.department,
            "companyName": person.company,
            "division": person.extra.get("division"),
        }
        values = {key: given[source] for key, source in self.job.mapping.items()}
        return {key: value for key, value in values.items() if value is not None}

    def differences(self, person: Person, account_id: str) -> dict[str, Any]:
        """What the provider would send to make a linked account equal."""
        account = self.target.accounts[account_id]
        shown = {
            key: value
            for key, value in self.desired(person).items()
            if self.job.flow.get(key) != ON_CREATE and hasattr(account, key)
        }
        unlike: dict[str, Any] = {
            key: value
            for key, value in shown.items()
            if (getattr(account, key) or "").casefold() != value.casefold() and self._stored(key)
        }
        if self.wanted(person) and not account.active:
            unlike["active"] = True
        return unlike

    def _stored(self, key: str) -> bool:
        return key in SHOWN[self.target.product]

    def settle(self) -> None:
        """Long before the log begins everybody wanted was provisioned; no event of it is left."""
        for person in self.directory.people.values():
            since = self.directory.assigned_since(person)
            if since is None or since >= self.world.start or person.id in self.links:
                continue
            if not all(self.filtered(person).values()) or person.deleted is not None:
                continue
            self.links[person.id] = self.open_account(
                person, max(since, person.created) + timedelta(hours=2)
            )
        for group in self.directory.groups.values():
            since = self.directory.assigned.get(group.id)
            if (
                since is None
                or since >= self.world.start
                or not self.takes(group)
                or not self.job.groups_on
            ):
                continue
            self.open_group(group, since + timedelta(hours=3))
        self.target.history.clear()
        self.target.requests.clear()
        self._read = len(self.directory.feed)

    def open_account(self, person: Person, at: datetime) -> str:
        """Make an account of old, as a creation then would have made it."""
        answer = self.target.create_user(at, self.desired(person))
        assert answer.id is not None, f"{person.user_name}: {answer}"
        account = self.target.accounts[answer.id]
        account.active = person.active
        if not person.active:
            account.modified = person.modified + timedelta(minutes=40)
        draw = self.world.random
        if person.active and (self.target.rules or draw.random() < 0.8):
            account.first_login = at + timedelta(
                days=draw.randint(0, 20), minutes=draw.randint(5, 600)
            )
            newest = self.world.start + timedelta(
                days=draw.randint(1, 25), minutes=draw.randint(0, 800)
            )
            account.last_login = max(account.first_login, newest)
        return answer.id

    def open_group(self, group: Group, at: datetime) -> None:
        """Make a group of old with the members it had."""
        answer = self.target.create_group(at, group.name, group.id)
        if not answer.ok or answer.id is None:
            return
        self.group_links[group.id] = answer.id
        made = self.target.groups[answer.id]
        made.members = dict.fromkeys(self.links[m] for m in group.members if m in self.links)
        made.modified = max([at, *(t for m, t in group.members.items() if m in self.links)])

    def takes(self, group: Group) -> bool:
        """Whether the provider can provision a group of that kind."""
        known = group.security_enabled and group.deleted is None and '"' not in group.name
        return known and not group.kept_out

    def changed(
        self, at: datetime
    ) -> tuple[dict[str, None], dict[str, None], dict[str, dict[str, bool]]]:
        """What the feed tells since it was last read: people, groups, and members by group."""
        users: dict[str, None] = {}
        groups: dict[str, None] = {}
        members: dict[str, dict[str, bool]] = {}
        feed = self.directory.feed
        while self._read < len(feed) and feed[self._read].at < at:
            delta = feed[self._read]
            self._read += 1
            if delta.kind == "user":
                users[delta.id] = None
            elif delta.id in self.directory.assigned or delta.id in self.group_links:
                groups[delta.id] = None
                if delta.member is not None:
                    members.setdefault(delta.id, {})[delta.member] = delta.added
        return users, groups, members

    def log(self, claim: Claim) -> Claim:
        """Write one line of the log."""
        self.claims.append(claim)
        return claim

    def begin(self, since: datetime, last: datetime) -> None:
        """Plan what the provider does by itself between two moments; at the later one as well."""
        at = last
        while at > since:
            self.world.at(at, self.cycle)
            at -= timedelta(minutes=self.job.minutes)

    def cycle(self, at: datetime) -> None:
        """Send what has changed, once."""
        raise NotImplementedError

    def on_demand(self, person: Person, at: datetime) -> None:
        """An administrator has one person provisioned by hand."""
        raise NotImplementedError

    def group_on_demand(self, group: Group, members: Sequence[str], at: datetime) -> None:
        """An administrator has one group with some of its members provisioned by hand."""
        raise NotImplementedError

    def restart(self, at: datetime, *, full: bool = False) -> None:
        """An administrator restarts the job; *full* drops all links first."""
        raise NotImplementedError

    def race(self, group: Group, person: Person, at: datetime) -> None:
        """A group that assigns and is pushed as well reaches the target before a new member does."""
        raise NotImplementedError

    def failed(self, answer: Answer) -> tuple[str, str]:
        """The code and the sentence by which the provider logs a refusal."""
        raise NotImplementedError
