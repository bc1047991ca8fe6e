"""What a connector is: a system's address, its credential, and the collections to read of it.

A new product is one module with a ``Connector`` and one entry in ``PRODUCTS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from scimlytics.connectors.config import System
from scimlytics.connectors.http import Auth, Client
from scimlytics.connectors.pacing import Pace
from scimlytics.connectors.shelf import Shelf
from scimlytics.connectors.walks import Walk

UNITS = ("users", "groups", "assignments", "settings", "log")
"""What is committed together: memberships come with their groups."""


@dataclass(frozen=True)
class Collection:
    """One list that is read."""

    name: str
    """Where its pages are kept, which tells the loaders whose it is: ``target/users``."""
    unit: str
    walk: Walk
    optional: bool = False
    """Without it a pull is whole all the same: not every licence or right has it."""
    group_id: str | None = None
    """The group whose members these are."""
    leads_to: str | None = None
    """The part whose lists it names; that part is not whole without it."""
    log: tuple[str, datetime, datetime] | None = None
    """Of a log: table and product, and the time that is read, from and to."""


@dataclass(frozen=True)
class Window:
    """Which time of the logs to read."""

    known: dict[str, datetime] = field(default_factory=dict)
    """Table and product of a log → up to when it has been read."""
    first: datetime | None = None
    """From when to read a log of which nothing is known."""
    until: datetime | None = None
    """Up to when; what is newer may still be on its way."""

    def of(self, log: str, overlap: Any) -> tuple[datetime, datetime]:
        """From when to when a log is to be read."""
        assert self.first is not None
        assert self.until is not None
        begin = self.known[log] - overlap if log in self.known else self.first
        return min(begin, self.until), self.until


Tell = Callable[[str], None]
Plan = Callable[[System, Client, Shelf, Window], Iterator[Collection]]


@dataclass(frozen=True)
class Connector:
    """How a product is read."""

    base: Callable[[System], str]
    """The address below which everything lies."""
    auth: Callable[[System, str, Path, Tell], Auth]
    """The credential; given the system, its name, the folder of the settings, and how to tell
    a person what to do."""
    plan: Plan
    """What to read, in order; what comes later may depend on what is on the shelf by then."""
    paces: tuple[Pace, ...] = ()
    exists: Callable[[Client, str], bool] | None = None
    """Asks for one account by its id: is it there, though a list lacks it?"""
    rights: tuple[tuple[str, str], ...] = ()
    """The least rights that are needed, and what for; the documentation is printed from it."""
