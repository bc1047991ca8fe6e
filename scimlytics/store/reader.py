"""Reading: one commit, whole, however many writers come and go meanwhile."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.store import disk
from scimlytics.store.decoding import Tables, decoded
from scimlytics.store.log import TABLES_OF_LOG
from scimlytics.store.manifest import (
    DataFile,
    GoneError,
    Manifest,
    Part,
    System,
    current,
    pointed,
    read_data,
    refuse_no_store,
)
from scimlytics.store.writer import PULLS
from scimlytics.tables import COVERAGE

if TYPE_CHECKING:
    import pyarrow as pa

SIDES = ("source", "target")
SIDED = ("users", "groups", "memberships")
TRIES = 5
"""A reader starts again when a writer has cleared away what it was reading."""


@dataclass(frozen=True)
class Entry:
    """One table of the store, as lists show it."""

    system: str
    product: str
    role: str
    table: str
    rows: int
    taken_at: datetime | None
    first: datetime | None
    last: datetime | None
    used: bool
    why: str


@dataclass(frozen=True)
class Kept:
    """What a store holds, as evidence."""

    tables: Mapping[str, pa.Table]
    """By the names of the evidence; ``coverage`` always. A table is decoded when it is asked for."""
    pulls: list[dict[str, Any]]
    """What shows how complete each collection is: side, collection, group_id, rows, …"""
    previous: Mapping[tuple[str, datetime], Mapping[str, pa.Table]]
    """Older whole snapshots: side and time → ``users``, ``groups``, ``memberships``."""
    systems: dict[str, str]
    """Role → product."""
    newest: dict[str, datetime]
    """Role → when it was looked at; where its parts are of several pulls, the oldest."""
    entries: list[Entry]
    lacking: dict[str, str]
    """Role → why there is no whole snapshot of it."""
    commit: str
    """What names this commit and no other."""


def read(path: Path) -> Kept:
    """Read what a store holds: the newest whole snapshot of each part, its history and its logs.

    Every file is held against its hash before a row of it is believed.

    Raises
    ------
    StoreError
        Something is damaged or missing; names the file.
    InputError
        There is no store.
    """
    refuse_no_store(path)
    disk.refuse_open_folder(path)
    gone: GoneError | None = None
    for _ in range(TRIES):
        name, manifest = current(path)
        try:
            return _kept(path, name, manifest)
        except GoneError as error:
            if pointed(path) == name:
                raise
            gone = error
    assert gone is not None
    raise gone


def chosen(system: System) -> dict[str, Part]:
    """Of each part the newest whole snapshot; where there is none, the newest that is not."""
    found: dict[str, Part] = {}
    for part in system.parts:
        if part.whole or part.unit not in found or not found[part.unit].whole:
            found[part.unit] = part
    return found


def _kept(path: Path, commit: str, manifest: Manifest) -> Kept:
    cache: dict[str, bytes] = {}

    def data(file: DataFile) -> bytes:
        if file.file not in cache:
            cache[file.file] = read_data(path, file)
        return cache[file.file]

    made = Tables(path)
    pulls: list[dict[str, Any]] = []
    previous: dict[tuple[str, datetime], Tables] = {}
    systems: dict[str, str] = {}
    newest: dict[str, datetime] = {}
    lacking: dict[str, str] = {}
    for name, system in manifest.systems.items():
        parts = chosen(system)
        systems.setdefault(system.role, system.product)
        users = parts.get("users")
        if users is None or not users.whole:
            why = users.why if users else "its users were never pulled"
            lacking[system.role] = (
                f"{path}: no whole snapshot of the {system.role} '{name}' ({why}); pull again."
            )
        seen = [part.taken_at for part in parts.values() if part.whole]
        if seen:
            newest[system.role] = min([*seen, newest.get(system.role, seen[0])])
        for part in parts.values():
            for file in part.files:
                if file.table == PULLS:
                    shown = decoded(path, file, data(file)).to_pylist()
                    pulls += [{"side": system.role, **row} for row in shown]
                elif part.whole or part.unit != "users":
                    made.add(file.table, file, data(file))
        for file in system.log.files:
            made.add(file.table, file, data(file))
        previous |= _older(path, system, parts, data)
    events = made.columns("events", ["at", "product", "job_id"]) if "events" in made else None
    made.put("coverage", _coverage(manifest, events))
    if events is not None and events.num_rows:
        import pyarrow.compute as pc

        newest["log"] = pc.max(events.column("at")).as_py()
        systems["log"] = events.column("product")[0].as_py()
    listed = list(entries(manifest))
    return Kept(made, pulls, previous, systems, newest, listed, lacking, commit)


def _older(
    path: Path, system: System, parts: dict[str, Part], data: Callable[[DataFile], bytes]
) -> dict[tuple[str, datetime], Tables]:
    """Whole snapshots before the ones that count."""
    found: dict[tuple[str, datetime], Tables] = defaultdict(lambda: Tables(path))
    for part in system.parts:
        if not part.whole or part is parts[part.unit] or part.unit not in ("users", "groups"):
            continue
        for file in part.files:
            collection = file.table.removeprefix(f"{system.role}_")
            if collection in SIDED:
                found[system.role, part.taken_at].add(collection, file, data(file))
    return dict(found)


def _coverage(manifest: Manifest, events: pa.Table | None) -> pa.Table:
    """What the logs can speak about: of each the newest time that was read without a gap."""
    import pyarrow as pa
    import pyarrow.compute as pc

    made: list[dict[str, Any]] = []
    spans: dict[str, Any] = {}
    for system in manifest.systems.values():
        for log, covered in system.log.covers.items():
            table, _, product = log.partition("/")
            if table == "events":
                spans[product] = covered[-1]
    for product, span in sorted(spans.items()):
        jobs: list[dict[str, Any]] = []
        if events is not None:
            at = events.column("at")
            inside = pc.and_(
                pc.equal(events.column("product"), product),
                pc.and_(
                    pc.greater_equal(at, pa.scalar(span.begin, at.type)),
                    pc.less_equal(at, pa.scalar(span.end, at.type)),
                ),
            )
            some = events.select(["job_id"]).filter(inside)
            jobs = some.group_by("job_id").aggregate([([], "count_all")]).to_pylist()
        for job in jobs or [{"job_id": None, "count_all": 0}]:
            made.append(
                {
                    "product": product,
                    "job_id": job["job_id"],
                    "from": span.begin,
                    "to": span.end,
                    "events": job["count_all"],
                    "declared": True,
                }
            )
    made.sort(key=lambda row: (row["product"], row["job_id"] or ""))
    return COVERAGE.conform({name: [row[name] for row in made] for name in COVERAGE.columns})


def entries(manifest: Manifest) -> Iterator[Entry]:
    """The tables of a store, oldest first, and which of them count."""
    for name, system in sorted(manifest.systems.items()):
        parts = chosen(system)
        for part in system.parts:
            used = part is parts[part.unit] and (part.whole or part.unit != "users")
            for file in part.files:
                if file.table != PULLS:
                    yield Entry(
                        system=name,
                        product=system.product,
                        role=system.role,
                        table=file.table,
                        rows=file.rows,
                        taken_at=part.taken_at,
                        first=None,
                        last=None,
                        used=used,
                        why=part.why,
                    )
        for table in TABLES_OF_LOG:
            days = [file for file in system.log.files if file.table == table]
            if not days:
                continue
            spans = [
                span
                for log, covered in system.log.covers.items()
                for span in covered
                if log.startswith(f"{table}/")
            ]
            ends = [span.end for span in spans]
            yield Entry(
                system=name,
                product=system.product,
                role="log",
                table=table,
                rows=sum(file.rows for file in days),
                taken_at=max(ends, default=None),
                first=min((span.begin for span in spans), default=None),
                last=max(ends, default=None),
                used=True,
                why=f"{len(days)} days",
            )
