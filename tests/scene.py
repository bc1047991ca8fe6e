"""A small tenant by hand: who there is on each side, what was logged, and what is to be found.

People, groups and accounts go by short names; ids are made of them. Everything is written as Graph,
Files.com or a SCIM server write it. ``Scene.expect`` names the one cause of an object.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import scimlytics as scim
from scimlytics.checks import run
from tests.native import (
    assignments_page,
    audits_page,
    graph_assignment,
    graph_event,
    graph_group,
    graph_member,
    graph_user,
    groups_page,
    log_page,
    members_page,
    users_page,
    write_evidence,
)
from tests.native_target import scim_group, scim_list, scim_user

OLD, EARLY, LATE, NOW = (
    "2026-01-05T08:00:00Z",
    "2026-10-25T09:00:00Z",
    "2026-11-10T09:00:00Z",
    "2026-11-20T06:00:00Z",
)
"""Before the log begins, early and late in it, and when the source was exported."""
FRESH = "2026-11-20T05:50:00Z"
"""Within the grace before the export."""
TOML = """
[source]
system = "{source}"
taken_at = 2026-11-20T06:00:00Z
complete = ["users", "groups", "memberships", "assignments"]
[target]
taken_at = 2026-11-20T06:10:00Z
complete = ["users", "groups", "memberships"]
{more}
[log]
{covers}
"""
Expected = tuple[str, str | None, str | None, str]


@dataclass
class Scene:
    """One tenant; its parts are added by name."""

    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    there: dict[str, dict[str, Any]] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    assigned: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Any] = field(default_factory=dict)
    more: str = ""
    source: str = "entra"
    covers: str | None = "covers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]"
    expected: set[Expected] = field(default_factory=set)

    def person(
        self, name: str, *, assigned: str | None = OLD, account: bool = True, **more: Any
    ) -> str:
        """Somebody of the directory; with an account that is equal, unless told otherwise."""
        self.people[name] = graph_user(f"p-{name}", f"{name}@example.com", **more)
        if assigned is not None:
            self.assigned.append(graph_assignment(f"p-{name}", created=assigned))
        if account:
            self.account(name)
        return f"p-{name}"

    def account(self, name: str, *, owner: str | None = None, **more: Any) -> str:
        """An account; it carries the person's id as external id, unless *owner* is empty."""
        external = f"p-{name}" if owner is None else owner or None
        made = {"created": OLD, "external_id": external, **more}
        self.accounts[name] = scim_user(name, id=f"a-{name}", **made)
        return f"a-{name}"

    def group(
        self,
        name: str,
        *members: str,
        assigned: str | None = OLD,
        there: bool = True,
        inside: tuple[str, ...] | None = None,
        **more: Any,
    ) -> str:
        """A group of the directory; in the target with the same members, unless told otherwise."""
        self.groups[name] = graph_group(f"g-{name}", name, **more)
        self.members[name] = [graph_member(f"p-{one}") for one in members]
        if assigned is not None:
            self.assigned.append(graph_assignment(f"g-{name}", kind="Group", created=assigned))
        if there:
            self.group_there(name, *(members if inside is None else inside))
        return f"g-{name}"

    def group_there(self, name: str, *inside: str, shown: str | None = None, **more: Any) -> str:
        """A group of the target."""
        external = more.pop("external_id", f"g-{name}")
        self.there[name] = {"name": shown or name, "external_id": external, **more}
        self.inside[name] = [f"a-{one}" for one in inside]
        return f"t-{name}"

    def event(self, name: str, at: str, *, group: bool = False, **more: Any) -> str:
        """A line of the provisioning log about a person or a group."""
        key = f"e-{len(self.events)}-{name}"
        about = (
            {"object_type": "Group", "source_id": f"g-{name}", "display_name": name}
            if group
            else {"source_id": f"p-{name}", "source_name": f"{name}@example.com"}
        )
        self.events.append(graph_event(key, at=at, cycle=f"cycle-{at}", **{**about, **more}))
        return key

    def expect(self, cause: str, kind: str, key: str, situation: str | None = None) -> None:
        """The cause of one object: ``user`` and ``group`` by name, ``membership`` as ``who>group``."""
        if kind == "membership":
            who, _, group = key.partition(">")
            self.expected.add((kind, f"p-{who}", f"g-{group}", cause))
        elif situation in ("local", "extra"):
            self.expected.add((kind, None, key, cause))
        else:
            self.expected.add((kind, ("g-" if kind == "group" else "p-") + key, situation, cause))

    def write(self, folder: Path) -> Path:
        """Lay the evidence down."""
        files: dict[str, Any] = {
            "source/users.json": users_page(*self.people.values()),
            "source/assignments.json": assignments_page(*self.assigned),
            "target/users.json": scim_list(*self.accounts.values()),
            "log/provisioning.json": log_page(*self.events),
        }
        if self.groups or self.there:
            files["source/groups.json"] = groups_page(*self.groups.values())
            for name, members in self.members.items():
                files[f"source/members/g-{name}.json"] = members_page(*members)
            made = []
            for name, given in self.there.items():
                one = scim_group(given["name"], id=f"t-{name}", external_id=given["external_id"])
                one["members"] = [{"value": account} for account in self.inside[name]]
                made.append(one)
            files["target/groups.json"] = scim_list(*made)
        if self.audits:
            files["source/directoryAudits.json"] = audits_page(*self.audits)
        toml = TOML.format(source=self.source, more=self.more, covers=self.covers or "")
        return write_evidence(folder, {**files, **self.files}, toml)

    def found(self, folder: Path) -> set[Expected]:
        """What the checks find on users, groups and memberships, in the form of ``expected``."""
        with scim.read(self.write(folder)) as evidence:
            rows = run(evidence).findings.to_pylist()
        found: set[Expected] = set()
        for row in rows:
            kind, cause = row["object_type"], row["cause"]
            if kind == "membership":
                found.add((kind, row["source_id"], row["group_source_id"], cause))
            elif kind in ("user", "group") and row["source_id"] is None:
                found.add((kind, None, row["target_id"], cause))
            elif kind in ("user", "group"):
                found.add((kind, row["source_id"], row["situation"], cause))
        return found
