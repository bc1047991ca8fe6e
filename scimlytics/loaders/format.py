"""What a loader is: a format that knows its own content, and the rows it makes of a page.

A new product is one new module in this folder: a dictionary of names per table, a function that
recognises a record by its content, and a function that turns a page of records into columns.
``FORMATS`` of the module registers it; nothing else needs to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Record = Mapping[str, Any]
Rows = dict[str, dict[str, list[Any]]]
"""Table name (``users``, ``events``, …) → column name → values; all columns of a table equally long.

``-groups`` and ``-memberships`` name rows that a later page takes back (Graph delta): what was read
before them is removed.
"""


@dataclass(frozen=True)
class Page:
    """Some records of one file that belong together, and what stood around them."""

    file: str
    """The file, relative to the evidence; a member of an archive as ``archive.zip!member``."""
    records: list[Any]
    """The records in order."""
    envelope: Record = field(default_factory=dict)
    """The keys around the records: next link, totals, context; empty for a bare list or lines."""
    first_row: int = 1
    """The place of the first record in the file, from 1."""
    group_id: str | None = None
    """The group whose members these are, for a file ``members/<group id>.json``."""


@dataclass(frozen=True)
class Loading:
    """What a format made of a page."""

    rows: Rows
    aside: list[tuple[int, str]] = field(default_factory=list)
    """Records put aside: place in the file and why. They are counted and listed, never lost."""
    collected: dict[str, set[str]] = field(default_factory=dict)
    """Per table the columns the export asked for, where rows alone do not tell."""
    notes: list[str] = field(default_factory=list)
    """What was read and is still worth knowing: words that nobody knows, and how often."""
    fallback: Rows = field(default_factory=dict)
    """Rows that count only where no other file of that side fills their table: memberships as the
    users themselves name them (Files.com ``group_ids``, SCIM ``groups``)."""


@dataclass(frozen=True)
class Format:
    """One serialisation of one product's export."""

    name: str
    """As `inspect` shows it: ``Entra provisioning log (Graph)``."""
    product: str
    """The system: ``entra``, ``okta``, ``files.com``, ``scim``, …"""
    tables: tuple[str, ...]
    """The tables it fills; empty for a document that is recognised and not used."""
    recognises: Callable[[Record, Any], bool]
    """Given the envelope and the first record: is this mine? Looks at content only."""
    load: Callable[[Page], Loading]
    """Turn a page into rows. Raises InputError with file, row and reason when it cannot."""
    role: str | None = None
    """``source``, ``target`` or ``log`` where the content alone says so, else the folder decides."""
