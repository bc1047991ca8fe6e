"""The answer sheet: what was planted, and what only looks like it (DESIGN, 5.5).

A fault is written down as it is planted, by reference; ids are read off when the world has run, for
only then is known which account a person has.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from scimlytics.lab.directory import Directory
from scimlytics.lab.provider import Provider
from scimlytics.lab.target import Target
from scimlytics.lab.world import Account, Group, Person, stamp

LINKED = "linked"
"""Stands for whatever account (or group) the provider is linked to when the world has run."""
Where = Callable[[], str] | str | None
"""Which group of the target a fault lies on, likewise."""
Holder = Account | Callable[[], Account | None] | str | None
"""Whose account a fault lies on: one at hand, one known when the world has run, the linked, or none."""


@dataclass
class Fault:
    """One discrepancy that was planted, or its look-alike."""

    cause: str
    object_type: str
    person: Person | None = None
    account: Holder = LINKED
    group: Group | None = None
    group_there: Where = LINKED
    others: Callable[[], list[str]] = list
    subject: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    note: str = ""


@dataclass
class Truth:
    """All faults and near misses of one world."""

    faults: list[Fault] = field(default_factory=list)
    near: list[Fault] = field(default_factory=list)
    not_planted: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path, directory: Directory, provider: Provider, target: Target) -> None:
        """Write ``truth.json``."""
        sheet = Sheet(directory, provider, target)
        body = {
            "faults": [sheet.row(fault) for fault in self.faults],
            "near_misses": [sheet.row(fault) for fault in self.near],
            "clean": sheet.clean([*self.faults, *self.near]),
            "not_planted": dict(sorted(self.not_planted.items())),
        }
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@dataclass
class Sheet:
    """Reads ids off a world that has run."""

    directory: Directory
    provider: Provider
    target: Target

    def row(self, fault: Fault) -> dict[str, Any]:
        """One fault with its ids, nulls where a side has no object."""
        target_id = self._account(fault)
        group_source = fault.group.id if fault.group else None
        group_target = self._group(fault)
        source = fault.person.id if fault.person else None
        if fault.object_type == "group":
            source, target_id, group_source, group_target = group_source, group_target, None, None
        return {
            "cause": fault.cause,
            "object_type": fault.object_type,
            "subject": self._subject(fault),
            "source_id": source,
            "target_id": target_id,
            "group_source_id": group_source,
            "group_target_id": group_target,
            "other_ids": fault.others(),
            "at": stamp(fault.at, 6) if fault.at else None,
            "until": stamp(fault.until, 6) if fault.until else None,
            "note": fault.note,
        }

    def clean(self, spoken_for: list[Fault]) -> dict[str, int]:
        """How many people, groups and memberships nothing was planted on."""
        people = {fault.person.id for fault in spoken_for if fault.person}
        groups = {fault.group.id for fault in spoken_for if fault.group}
        linked = [one for one in self.provider.links if one not in people]
        kept = [one for one in self.provider.group_links if one not in groups]
        edges = sum(len(self.directory.groups[one].members) for one in kept)
        return {"users": len(linked), "groups": len(kept), "memberships": edges}

    def _account(self, fault: Fault) -> str | None:
        if callable(fault.account):
            held = fault.account()
            return held.id if held else None
        if isinstance(fault.account, Account):
            return fault.account.id
        if fault.account != LINKED or fault.person is None:
            return None
        linked = self.provider.links.get(fault.person.id)
        return linked if linked in self.target.accounts else None

    def _group(self, fault: Fault) -> str | None:
        if callable(fault.group_there):
            return fault.group_there()
        if fault.group is None or fault.group_there is None:
            return None
        if fault.group_there != LINKED:
            return fault.group_there
        linked = self.provider.group_links.get(fault.group.id)
        return linked if linked in self.target.groups else None

    def _subject(self, fault: Fault) -> str | None:
        if fault.subject is not None:
            return fault.subject
        who = fault.person.user_name if fault.person else None
        if who is None and isinstance(fault.account, Account):
            who = fault.account.user_name
        if fault.object_type == "group":
            return fault.group.name if fault.group else None
        if fault.object_type == "membership" and fault.group is not None:
            return f"{who} → {fault.group.name}"
        return who
