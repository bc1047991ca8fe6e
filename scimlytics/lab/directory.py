"""The source: what happens to people, groups and assignments, its audit, and its feed of changes.

A provider never looks at the directory as a whole; it reads the feed. A change whose entry the feed
loses (``fed=False``) is in the directory and in its audit, and no incremental cycle will ever learn
of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from scimlytics.lab.world import Group, Person, World


@dataclass(frozen=True)
class Delta:
    """One entry of the feed: an object that changed, or one member of a group."""

    at: datetime
    kind: str
    id: str
    member: str | None = None
    added: bool = True


@dataclass(frozen=True)
class Audit:
    """One entry of the directory's audit."""

    id: str
    at: datetime
    act: str
    user: str | None = None
    group: str | None = None
    changes: tuple[tuple[str, str | None, str | None], ...] = ()
    subject: str = ""
    group_name: str = ""


@dataclass
class Directory:
    """People, groups and who is assigned to the application, with audit and feed."""

    world: World
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    assigned: dict[str, datetime] = field(default_factory=dict)
    audits: list[Audit] = field(default_factory=list)
    feed: list[Delta] = field(default_factory=list)

    def direct_groups(self, person: Person) -> list[Group]:
        """The living groups somebody is a direct member of."""
        return [g for g in self.groups.values() if person.id in g.members and g.deleted is None]

    def assigned_since(self, person: Person) -> datetime | None:
        """Since when somebody is assigned, directly or as a direct member of an assigned group."""
        if person.extra.get("unassigned"):
            return None  # in a group that is pushed, and yet not assigned to the application
        times = [self.assigned[person.id]] if person.id in self.assigned else []
        times += [
            max(self.assigned[g.id], g.members[person.id])
            for g in self.direct_groups(person)
            if g.id in self.assigned
        ]
        return min(times) if times else None

    def join(self, person: Person, at: datetime) -> None:
        """Somebody is made in the directory."""
        person.created = person.modified = at
        self.people[person.id] = person
        self._note(at, "create", user=person)

    def assign(self, principal: Person | Group, at: datetime, *, fed: bool = True) -> None:
        """A person or a group is assigned to the application."""
        self.assigned[principal.id] = at
        if isinstance(principal, Person):
            self._note(at, "assign", user=principal)
            self._feed(at, "user", principal.id, fed)
            return
        self._note(at, "assign", group=principal)
        self._feed(at, "group", principal.id, fed)
        for member in principal.members:
            self._feed(at, "user", member, fed)

    def unassign(self, principal: Person | Group, at: datetime, *, fed: bool = True) -> None:
        """An assignment is taken away."""
        self.assigned.pop(principal.id, None)
        if isinstance(principal, Person):
            self._note(at, "unassign", user=principal)
            self._feed(at, "user", principal.id, fed)
            return
        self._note(at, "unassign", group=principal)
        self._feed(at, "group", principal.id, fed)

    def disable(self, person: Person, at: datetime, *, fed: bool = True) -> None:
        """Somebody leaves, or is locked out."""
        person.enabled, person.modified = False, at
        self._note(at, "disable", user=person, changes=(("AccountEnabled", "true", "false"),))
        self._feed(at, "user", person.id, fed)

    def enable(self, person: Person, at: datetime, *, fed: bool = True) -> None:
        """Somebody comes back."""
        person.enabled, person.modified = True, at
        self._note(at, "enable", user=person, changes=(("AccountEnabled", "false", "true"),))
        self._feed(at, "user", person.id, fed)

    def suspend(self, person: Person, at: datetime) -> None:
        """Okta: somebody is suspended; nothing is sent to applications by design."""
        person.enabled, person.suspended, person.modified = False, True, at
        self._note(at, "suspend", user=person)

    def delete(self, person: Person, at: datetime, *, fed: bool = True) -> None:
        """Soft delete: memberships and assignments go, the person stays restorable."""
        person.deleted = person.modified = at
        self.assigned.pop(person.id, None)
        self._note(at, "delete", user=person)
        for group in self.direct_groups(person):
            del group.members[person.id]
            self._feed(at, "group", group.id, fed, member=person.id, added=False)
        self._feed(at, "user", person.id, fed)

    def restore(self, person: Person, at: datetime, groups: list[Group]) -> None:
        """A soft-deleted person comes back, with assignment and memberships."""
        person.deleted, person.modified = None, at
        self.assigned[person.id] = at
        self._note(at, "restore", user=person)
        for group in groups:
            group.members[person.id] = person.created
        self._feed(at, "user", person.id, True)

    def erase(self, person: Person, at: datetime) -> None:
        """Hard delete: gone for good."""
        person.gone = True
        self._note(at, "hard_delete", user=person)
        self._feed(at, "user", person.id, True)

    def change(
        self, person: Person, at: datetime, values: Mapping[str, str | None], *, fed: bool = True
    ) -> None:
        """Attributes of a person change; the audit names old and new."""
        changes = tuple((name, getattr(person, name), value) for name, value in values.items())
        for name, value in values.items():
            setattr(person, name, value)
        if values.get("mail"):
            person.proxies = [
                f"SMTP:{person.mail}",
                *(p.replace("SMTP:", "smtp:") for p in person.proxies),
            ]
        person.modified = at
        self._note(at, "update", user=person, changes=changes)
        self._feed(at, "user", person.id, fed)

    def add_member(self, group: Group, person: Person, at: datetime, *, fed: bool = True) -> None:
        """Somebody joins a group; through an assigned group he comes into scope as well."""
        group.members[person.id] = at
        self._note(at, "add_member", user=person, group=group)
        self._feed(at, "group", group.id, fed, member=person.id)
        if group.id in self.assigned:
            self._feed(at, "user", person.id, fed)

    def remove_member(
        self, group: Group, person: Person, at: datetime, *, fed: bool = True
    ) -> None:
        """Somebody leaves a group."""
        group.members.pop(person.id, None)
        self._note(at, "remove_member", user=person, group=group)
        self._feed(at, "group", group.id, fed, member=person.id, added=False)
        if group.id in self.assigned:
            self._feed(at, "user", person.id, fed)

    def found(self, group: Group, at: datetime) -> None:
        """A group is made."""
        group.created = at
        self.groups[group.id] = group
        self._note(at, "create", group=group)

    def rename_group(self, group: Group, name: str, at: datetime, *, fed: bool = True) -> None:
        """A group gets another name."""
        changes = (("DisplayName", group.name, name),)
        group.name = name
        self._note(at, "update", group=group, changes=changes)
        self._feed(at, "group", group.id, fed)

    def close(self, group: Group, at: datetime, *, fed: bool = True) -> None:
        """A group is deleted."""
        group.deleted = at
        self.assigned.pop(group.id, None)
        self._note(at, "delete", group=group)
        self._feed(at, "group", group.id, fed)

    def resend(self, group: Group, at: datetime) -> None:
        """A group and its members are read again, though nothing about them changed."""
        for member in group.members:
            self._feed(at, "group", group.id, True, member=member)
        self.touch(group, at)

    def touch(self, subject: Person | Group, at: datetime) -> None:
        """Something unmapped changes: the feed tells, no audit of interest."""
        kind = "user" if isinstance(subject, Person) else "group"
        self._feed(at, kind, subject.id, True)

    def _note(
        self,
        at: datetime,
        act: str,
        *,
        user: Person | None = None,
        group: Group | None = None,
        changes: tuple[tuple[str, str | None, str | None], ...] = (),
    ) -> None:
        self.audits.append(
            Audit(
                self.world.uuid("audit"),
                at,
                act,
                user.id if user else None,
                group.id if group else None,
                changes,
                user.user_name if user else (group.name if group else ""),
                group.name if group else "",
            )
        )

    def _feed(
        self,
        at: datetime,
        kind: str,
        subject: str,
        fed: bool,
        member: str | None = None,
        added: bool = True,
    ) -> None:
        if fed:
            self.feed.append(Delta(at, kind, subject, member, added))
