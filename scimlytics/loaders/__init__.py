"""Files become tables: every export of an evidence folder, recognised by its content.

``read_folder`` is the whole of it. How a file is opened (``opening``), cut into pages
(``framing``, ``delimited``), recognised (``registry``) and loaded (a module per product) stands in
the modules beside this one.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.loaders.pages import Pull

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.settings import Settings

__all__ = ["FileReport", "Loaded", "Pull", "read_folder"]


@dataclass(frozen=True)
class FileReport:
    """What became of one file."""

    path: str
    """Relative to the evidence."""
    format: str | None
    """As ``inspect`` shows it; None: nobody knows it."""
    product: str | None
    role: str | None
    tables: Mapping[str, int]
    """Table → rows read from this file."""
    used: bool
    """False for a known document that no question needs."""
    aside: list[tuple[int, str]]
    """Rows that were put aside, and why; at most the first thousand."""
    put_aside: int
    """How many were."""
    repeated: int
    """Rows that were there before, identical."""
    differing: int
    """Rows that were there before under the same id, with other content; the last one counts."""
    first: datetime | None
    last: datetime | None
    error: str | None = None
    """Where, what, what would do."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Loaded:
    """An evidence folder as tables."""

    tables: dict[str, pa.Table]
    """All of them, also the empty ones; ``source_users``, …, ``target_memberships``, ``events``."""
    present: frozenset[str]
    """Tables for which a file spoke, also when it held no row."""
    previous: dict[tuple[str, datetime], dict[str, pa.Table]]
    """Older snapshots: side and time → ``users``, ``groups``, ``memberships``."""
    pulls: list[Pull]
    files: list[FileReport]
    systems: dict[str, str]
    """Role → product, from the content."""
    newest: dict[str, datetime]
    """Role → the newest time seen in its data, else the newest time of its files."""
    dated_by_file: frozenset[str]
    """Roles whose ``newest`` is the time of a file."""


def read_folder(folder: Path, settings: Settings) -> Loaded:
    """Read an evidence folder.

    A file that cannot be read is a report with an error; it never stops the others.

    Parameters
    ----------
    folder
        The evidence (DESIGN 5.1).
    settings
        What its ``scimlytics.toml`` says.

    Raises
    ------
    InputError
        There is no such folder, or it is empty.
    """
    from fnmatch import fnmatchcase

    from scimlytics.loaders import by_hand
    from scimlytics.loaders.assembly import assemble
    from scimlytics.loaders.folder import places
    from scimlytics.loaders.reading import read_file

    rules = by_hand.formats(settings)
    reads = []
    with _without_collector():
        for place in places(folder):
            said = (format_ for pattern, format_ in rules if fnmatchcase(place.name, pattern))
            reads.append(read_file(place, next(said, None)))
        return assemble(reads, settings)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector away while records come and go by the million.

    None of them refers to itself, so it would find nothing, but it doubles the time of decoding.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
