"""The manifest: what a commit holds, and the pointer to the one that counts.

A manifest is named after its own hash and names every data file by its hash. The pointer names the
manifest. So one changed bit anywhere makes a name that does not fit its content.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from scimlytics.errors import InputError, StoreError
from scimlytics.store.disk import digest

VERSION = 1
"""Of the layout. A store of a higher one is refused; columns that were added since are empty."""
MARK, POINTER, MANIFESTS, DATA, STAGING = "store.json", "current", "manifests", "data", "staging"
PREPARED = "prepared"
"""What was worked out of a commit, for the next who asks; derived, and of no weight."""
FORMAT = "scimlytics store"
MANIFEST_NAME = re.compile(r"\d{8}-([0-9a-f]{64})\.json")
DATA_NAME = re.compile(r"([0-9a-f]{64})\.parquet")


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DataFile(_Said):
    """Rows of one table in one file."""

    table: str
    file: str
    rows: int
    bytes: int
    day: date | None = None
    """Of a log: the day its rows happened on."""


class Part(_Said):
    """What one pull got of one part of a system: its users, its groups or its assignments."""

    unit: str
    taken_at: datetime
    whole: bool
    why: str
    """Why it counts as whole, or why not."""
    files: tuple[DataFile, ...]


class Span(_Said):
    """A time of which a log was read without a gap."""

    begin: datetime
    end: datetime


class Log(_Said):
    """The logs that come with a system."""

    files: tuple[DataFile, ...] = ()
    covers: dict[str, tuple[Span, ...]] = {}
    """Table and product of a log, as ``events/entra`` → what was read of it."""


class System(_Said):
    """One system under its own name."""

    product: str
    role: str
    parts: tuple[Part, ...] = ()
    """Oldest first."""
    log: Log = Log()


class Manifest(_Said):
    """One commit."""

    version: int = VERSION
    generation: int = 0
    made_at: datetime | None = None
    made_by: str = ""
    previous: str | None = None
    """The manifest before, kept for those who are still reading it."""
    systems: dict[str, System] = {}

    def files(self) -> Iterator[DataFile]:
        """Every data file it names."""
        for system in self.systems.values():
            for part in system.parts:
                yield from part.files
            yield from system.log.files

    def encoded(self) -> bytes:
        """Its bytes; the same manifest has the same bytes."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, indent=1)
        return f"{text}\n".encode()

    def name_of(self, data: bytes) -> str:
        """The name of the file that holds these bytes of it."""
        return f"{self.generation:08d}-{digest(data)}.json"


def is_store(path: Path) -> bool:
    """Whether a folder is a store, damaged or not."""
    return (path / MARK).is_file()


def mark() -> bytes:
    """What says that a folder is a store."""
    return json.dumps({"format": FORMAT, "version": VERSION}).encode() + b"\n"


def refuse_strange(path: Path) -> None:
    """Refuse a store whose mark is damaged, or that a newer version has written.

    Raises
    ------
    StoreError
        Says which.
    """
    data = read_bytes(path, MARK)
    if data == mark():
        return
    try:
        said = json.loads(data)
        newer = said["format"] == FORMAT and int(said["version"]) > VERSION
    except (ValueError, KeyError, TypeError):
        newer = False
    if newer:
        raise StoreError(f"{path}: written by a newer scimlytics; upgrade this one.")
    raise damaged(path, MARK)


def current(path: Path) -> tuple[str, Manifest]:
    """The manifest that counts, and its name.

    Writers clear older manifests away: one that is gone is looked for again under the new pointer.

    Raises
    ------
    StoreError
        Pointer or manifest are damaged, missing, or of a newer version.
    """
    refuse_strange(path)
    name = pointed(path)
    while True:
        try:
            return name, read_manifest(path, name)
        except GoneError:
            newer = pointed(path)
            if newer == name:
                raise
            name = newer


def pointed(path: Path) -> str:
    """The name that the pointer holds.

    Raises
    ------
    StoreError
        It is damaged or missing.
    """
    pointer = read_bytes(path, POINTER)
    name = pointer.decode("ascii", "replace").removesuffix("\n")
    if not MANIFEST_NAME.fullmatch(name) or pointer != f"{name}\n".encode():
        raise damaged(path, POINTER)
    return name


def read_manifest(path: Path, name: str) -> Manifest:
    """Read a manifest whose bytes fit its name.

    Raises
    ------
    StoreError
        It is gone, damaged, or of a newer version.
    """
    data = read_bytes(path, f"{MANIFESTS}/{name}")
    match = MANIFEST_NAME.fullmatch(name)
    if match is None or digest(data) != match.group(1):
        raise damaged(path, f"{MANIFESTS}/{name}")
    try:
        said: Any = json.loads(data)
        if said["version"] > VERSION:
            raise StoreError(f"{path}: written by a newer scimlytics; upgrade this one.")
        made = Manifest.model_validate(said)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise damaged(path, f"{MANIFESTS}/{name}") from error
    if not name.startswith(f"{made.generation:08d}-"):
        raise damaged(path, f"{MANIFESTS}/{name}")
    return made


def read_bytes(path: Path, name: str) -> bytes:
    """The bytes of a file of the store.

    Raises
    ------
    StoreError
        It is gone or cannot be read.
    """
    try:
        return (path / name).read_bytes()
    except OSError as error:
        raise unreadable(path, name, error) from error


def read_data(path: Path, file: DataFile) -> bytes:
    """The bytes of a data file, held against its name.

    Raises
    ------
    StoreError
        It is gone, cannot be read or is damaged.
    """
    name = f"{DATA}/{file.file}"
    match = DATA_NAME.fullmatch(file.file)
    if match is None:
        raise damaged(path, name)
    data = read_bytes(path, name)
    if len(data) != file.bytes or digest(data) != match.group(1):
        raise damaged(path, name)
    return data


class GoneError(StoreError):
    """A file that a manifest names is not there; a reader looks whether the pointer moved on."""


def unreadable(path: Path, name: str, error: OSError) -> StoreError:
    """The error for a file that could not be read."""
    kind = GoneError if isinstance(error, FileNotFoundError) else StoreError
    what = "is gone" if kind is GoneError else f"cannot be read ({error.strerror})"
    return kind(f"{path}: {name} {what}; take the store from a backup, or pull into a new one.")


def damaged(path: Path, name: str) -> StoreError:
    """The error for a file whose content does not fit its name."""
    return StoreError(
        f"{path}: {name} is damaged; take the store from a backup, or pull into a new one."
    )


def refuse_no_store(path: Path) -> None:
    """Refuse a path that is no store.

    Raises
    ------
    InputError
        There is no such folder, or it is not a store.
    """
    if not path.is_dir():
        raise InputError(f"{path}: there is no such folder.")
    if not is_store(path):
        raise InputError(f"{path}: is no store; `scimlytics pull --store {path}` makes one.")
