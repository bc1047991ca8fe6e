"""Where a file lies says whose it is: roles, previous snapshots, and members of a group.

``source/``, ``target/``, ``log/`` give the role; ``source/previous/<time>/`` an older snapshot;
``members/<group id>.json`` the group whose members it holds (DESIGN 5.1).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from scimlytics.errors import InputError

ROLES = ("source", "target", "log")
NO_EVIDENCE = ("truth.json", "scimlytics.toml")
SUFFIX = re.compile(r"(?:\.(?:json|jsonl|ndjson|csv|tsv|txt|log|gz|zip))+$", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """A file of the evidence."""

    path: Path
    name: str
    """Relative to the evidence, with ``/``."""
    role: str | None = None
    previous: datetime | None = None
    group_id: str | None = None
    error: str | None = None
    """Why it cannot even be opened."""


def places(folder: Path) -> list[Place]:
    """The files of an evidence folder in a stable order.

    Raises
    ------
    InputError
        There is no such folder, or nothing in it.
    """
    if not folder.exists():
        raise InputError(f"{folder}: there is no such folder.")
    if not folder.is_dir():
        raise InputError(f"{folder}: is a file; give the folder that holds the evidence.")
    found = []
    for root, folders, files in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        links = [one for one in folders if (here / one).is_symlink()]
        for name in sorted(files) + links:
            if name.startswith(".") or name.endswith(".md") or name in NO_EVIDENCE:
                continue
            path = here / name
            place = place_of(path, path.relative_to(folder).as_posix())
            if name in links:
                place = replace(place, error="is a link to a folder; put the folder itself here")
            found.append(place)
    if not found:
        raise InputError(f"{folder}: is empty; `scimlytics init` says what to put there.")
    return sorted(found, key=lambda place: place.name)


def place_of(path: Path, name: str) -> Place:
    """What the place of a file says about it; *name* may go on inside an archive (``!``)."""
    parts = name.replace("!", "/").split("/")
    if len(parts) > 1 and parts[0].casefold().endswith(".zip"):
        parts = parts[1:]
    folders = [part.casefold() for part in parts[:-1]]
    role = folders[0] if folders and folders[0] in ROLES else None
    previous, error = None, None
    if role in ("source", "target") and "previous" in folders[1:2]:
        if len(folders) < 3:
            error = "lies in previous/ without a folder that says when it was taken"
        else:
            previous = time_of_folder(parts[2])
            if previous is None:
                error = "its folder should be a time, as in previous/2026-11-06T06:00:00Z/"
    return Place(path, name, role, previous, _group_of(parts), error)


def _group_of(parts: list[str]) -> str | None:
    """The group id of ``members/<id>.json`` or ``members/<id>/page-1.json``."""
    if len(parts) > 1 and parts[-2].casefold() == "members":
        return SUFFIX.sub("", parts[-1]) or None
    if len(parts) > 2 and parts[-3].casefold() == "members":
        return PurePosixPath(parts[-2]).name
    return None


def time_of_folder(name: str) -> datetime | None:
    """The time a folder is named after, with or without punctuation; UTC unless it says more."""
    try:
        found = datetime.fromisoformat(name)
    except ValueError:
        digits = re.sub(r"\D", "", name.rstrip("Zz"))
        forms = {8: "%Y%m%d", 10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
        if len(digits) not in forms:
            return None
        try:
            found = datetime.strptime(digits, forms[len(digits)])
        except ValueError:
            return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
