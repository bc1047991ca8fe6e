"""Looking after a store: is it whole, what is in it, what may go, and out of it again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from scimlytics.errors import InputError, StoreError
from scimlytics.store import disk
from scimlytics.store.log import cut
from scimlytics.store.manifest import (
    DATA,
    MANIFESTS,
    PREPARED,
    System,
    current,
    read_data,
    read_manifest,
    refuse_no_store,
)
from scimlytics.store.reader import Entry, chosen, entries, read
from scimlytics.store.writer import Writer


@dataclass(frozen=True)
class Damage:
    """What a look at every byte of a store has found."""

    files: int
    bytes: int
    problems: tuple[str, ...]
    """What is damaged or gone, a sentence each; empty: everything is as it was written."""
    leftovers: tuple[str, ...]
    """Files that nothing names: a killed run left them, and the next one clears them away."""


def verify(path: Path) -> Damage:
    """Hold every file of a store against its hash.

    Raises
    ------
    InputError
        There is no store.
    """
    refuse_no_store(path)
    problems: list[str] = []
    checked, size = 0, 0
    try:
        disk.refuse_open_folder(path)
        name, manifest = current(path)
    except StoreError as error:
        return Damage(0, 0, (str(error),), ())
    wanted = {f"{MANIFESTS}/{name}"}
    manifests = [manifest]
    if manifest.previous and (path / MANIFESTS / manifest.previous).exists():
        wanted.add(f"{MANIFESTS}/{manifest.previous}")
        try:
            manifests.append(read_manifest(path, manifest.previous))
        except StoreError as error:
            problems.append(str(error))
    files = {file.file: file for one in manifests for file in one.files()}
    for file in files.values():
        wanted.add(f"{DATA}/{file.file}")
        try:
            size += len(read_data(path, file))
            checked += 1
        except StoreError as error:
            problems.append(str(error))
    there = {
        f"{folder}/{one.name}" for folder in (MANIFESTS, DATA) for one in (path / folder).iterdir()
    }
    left = sorted(there - wanted) + sorted(one.name for one in path.glob(f"*{disk.PART}"))
    return Damage(checked, size, tuple(problems), tuple(left))


def listing(path: Path) -> list[Entry]:
    """What a store holds, a row per table and pull, oldest first.

    Raises
    ------
    StoreError
        The store is damaged.
    InputError
        There is no store.
    """
    refuse_no_store(path)
    return list(entries(current(path)[1]))


def prune(path: Path, *, older_than: timedelta, now: datetime | None = None) -> tuple[int, int]:
    """Forget snapshots and days of log that are older than a time.

    The newest whole snapshot of each part stays, whatever its age. What is forgotten is removed
    from the disk at once.

    Parameters
    ----------
    path
        The store.
    older_than
        How old is too old.
    now
        The moment to count from; the clock's when left out.

    Returns
    -------
    How many snapshots and how many days of log went.

    Raises
    ------
    StoreError
        Locked or damaged.
    InputError
        There is no store.
    """
    refuse_no_store(path)
    limit = (now or datetime.now(UTC)) - older_than
    with Writer(path) as writer:
        name, before = current(path)
        systems = {key: _pruned(system, limit) for key, system in before.systems.items()}
        snapshots = _snapshots(before.systems) - _snapshots(systems)
        days = _days(before.systems) - _days(systems)
        if snapshots or days:
            writer.publish(name, before, systems, {}, forget=True)
        shutil.rmtree(path / PREPARED, ignore_errors=True)
    return snapshots, days


def _snapshots(systems: dict[str, System]) -> int:
    return sum(len(system.parts) for system in systems.values())


def _days(systems: dict[str, System]) -> int:
    return len({(name, one.day) for name, each in systems.items() for one in each.log.files})


def _pruned(system: System, limit: datetime) -> System:
    newest = chosen(system)
    parts = tuple(
        part for part in system.parts if part.taken_at >= limit or part is newest[part.unit]
    )
    first_day: date = limit.date()
    files = tuple(file for file in system.log.files if file.day is None or file.day >= first_day)
    begin = datetime.combine(first_day, datetime.min.time(), UTC)
    covers = {product: cut(spans, begin) for product, spans in system.log.covers.items()}
    log = system.log.model_copy(
        update={"files": files, "covers": {name: kept for name, kept in covers.items() if kept}}
    )
    return system.model_copy(update={"parts": parts, "log": log})


def export(path: Path, out: Path) -> list[Path]:
    """Write what readers see, one parquet file per table, for tools that know nothing of the store.

    Parameters
    ----------
    path
        The store.
    out
        A folder that does not exist yet, or is empty.

    Raises
    ------
    StoreError
        The store is damaged.
    InputError
        There is no store, or *out* holds something.
    """
    import pyarrow.parquet as pq

    kept = read(path)
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"--out {out}: holds something; name a folder that is empty or new.")
        if out.resolve().is_relative_to(path.resolve()):
            raise InputError(f"--out {out}: lies in the store; name another folder.")
        out.mkdir(mode=disk.FOLDER_MODE, exist_ok=True)
        made = []
        for name, rows in sorted(kept.tables.items()):
            place = out / f"{name}.parquet"
            pq.write_table(rows.replace_schema_metadata(None), place, coerce_timestamps="us")
            made.append(place)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}).") from error
    return made
