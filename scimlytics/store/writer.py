"""A commit: data, then the manifest, then the pointer; everything before the rename is invisible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from scimlytics.errors import InputError, StoreError
from scimlytics.store import disk
from scimlytics.store.disk import digest
from scimlytics.store.lock import NAME as LOCK_NAME
from scimlytics.store.lock import Lock
from scimlytics.store.log import Days, appended, joined
from scimlytics.store.manifest import (
    DATA,
    MANIFESTS,
    MARK,
    POINTER,
    PREPARED,
    STAGING,
    DataFile,
    Log,
    Manifest,
    Part,
    Span,
    System,
    current,
    is_store,
    mark,
    read_manifest,
)

if TYPE_CHECKING:
    import pyarrow as pa

OWN_NAMES = {
    MARK,
    POINTER,
    MANIFESTS,
    DATA,
    STAGING,
    LOCK_NAME,
    "scimlytics.toml",
    "history",
    PREPARED,
}
PULLS = "pulls"
"""The table in which a snapshot keeps what showed its completeness."""
PULL_COLUMNS = {
    "collection": "string",
    "group_id": "string",
    "rows": "int64",
    "declared_total": "int64",
    "repeated": "int64",
    "open_next": "bool_",
    "terminal": "bool_",
    "capped": "bool_",
}
"""Its columns and their Arrow types; ``evidence.Shown`` says what they mean."""


@dataclass(frozen=True)
class Snapshot:
    """What a pull got of one part of a system."""

    unit: str
    """``users``, ``groups`` (with memberships), ``assignments``, ``settings``."""
    taken_at: datetime
    whole: bool
    why: str
    tables: Mapping[str, pa.Table]
    """By the names of the evidence: ``source_users``, ``jobs``, …"""
    pulls: Sequence[Mapping[str, object]] = ()
    """What shows how complete each collection is; rows of the table ``pulls``."""


@dataclass(frozen=True)
class Held:
    """What a store holds of one system, as far as the next pull needs it."""

    logs: dict[str, datetime]
    """Table and product of a log → up to when it has been read."""
    rows: dict[str, int]
    """Part → rows of its last whole snapshot."""
    accounts: frozenset[str] = frozenset()
    """The ids of its users then."""
    lists: frozenset[str] = frozenset()
    """The collections of which it is known how complete they were then."""


@dataclass(frozen=True)
class LogBatch:
    """Log rows that a pull got, and of which time it got all."""

    tables: Mapping[str, pa.Table]
    covers: Mapping[str, tuple[datetime, datetime]] = field(default_factory=dict)
    """Table and product of the log, as ``events/entra`` → begin and end."""


class Writer:
    """Holds the lock of a store, makes the store where there is none, and commits to it.

    Parameters
    ----------
    path
        The folder of the store.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock(path)

    def __enter__(self) -> Self:
        """Take the lock, and clear away what a killed run left.

        Raises
        ------
        StoreError
            Locked, damaged, newer, writable by others, or the disk refuses.
        InputError
            The folder holds something else.
        """
        try:
            self._make_folder()
            self._lock.__enter__()
        except OSError as error:
            raise self._refused(error) from error
        try:
            if not is_store(self.path):
                self._make()
            name, manifest = current(self.path)
            self._sweep(name, manifest)
        except BaseException as error:
            self._lock.__exit__(None, None, None)
            if isinstance(error, OSError):
                raise self._refused(error) from error
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
        self._lock.__exit__(kind, error, trace)

    def known(self, name: str) -> Held:
        """What the next pull of a system needs to know of the ones before."""
        manifest = self.manifest
        if name not in manifest.systems:
            return Held({}, {})
        system = manifest.systems[name]
        logs = {log: spans[-1].end for log, spans in system.log.covers.items()}
        rows: dict[str, int] = {}
        lists: list[str] = []
        accounts: list[str] = []
        newest = {part.unit: part for part in system.parts if part.whole}
        for unit, part in newest.items():
            listed = [
                file
                for file in part.files
                if file.table != PULLS and not file.table.endswith("_memberships")
            ]
            rows[unit] = sum(file.rows for file in listed)
            for file in part.files:
                if file.table == PULLS:
                    lists += self._rows(file).column("collection").to_pylist()
            for file in listed if unit == "users" else ():
                accounts += self._rows(file).column("id").to_pylist()
        return Held(logs, rows, frozenset(accounts), frozenset(lists))

    @property
    def staging(self) -> Path:
        """Where a pull keeps its pages until they are committed."""
        return self.path / STAGING

    @property
    def manifest(self) -> Manifest:
        """What the store holds now."""
        return current(self.path)[1]

    def commit(
        self,
        name: str,
        product: str,
        role: str,
        snapshots: Sequence[Snapshot] = (),
        log: LogBatch | None = None,
    ) -> Manifest:
        """Add what was pulled of one system; afterwards it is all there, or nothing of it.

        A snapshot that is not whole takes the place of an earlier one that was not, never of a
        whole one.

        Parameters
        ----------
        name
            The system's own name.
        product, role
            What it is: ``scim``, …, and ``source`` or ``target``.
        snapshots
            The parts that were pulled.
        log
            The log rows that were pulled.

        Raises
        ------
        StoreError
            The disk refuses; says whether the commit counts.
        """
        before_name, before = current(self.path)
        system = before.systems.get(name, System(product=product, role=role))
        other = next((k for k, one in before.systems.items() if one.role == role and k != name), "")
        if other:
            raise InputError(
                f"{self.path}: holds the {role} '{other}' already; give '{name}' another store."
            )
        if (system.product, system.role) != (product, role):
            raise InputError(
                f"{self.path}: '{name}' is a {system.product} {system.role} here; give the"
                f" {product} {role} another name, or another store."
            )
        data: dict[str, bytes] = {}
        parts = list(system.parts)
        for one in snapshots:
            files = tuple(_file(table, rows, data) for table, rows in _tables_of(one).items())
            part = Part(
                unit=one.unit,
                taken_at=one.taken_at.astimezone(UTC),
                whole=one.whole,
                why=one.why,
                files=files,
            )
            parts = [old for old in parts if old.unit != one.unit or old.whole] + [part]
        kept = system.log
        if log is not None:
            kept = self._grown(kept, log, data)
        systems = {
            **before.systems,
            name: System(product=product, role=role, parts=tuple(parts), log=kept),
        }
        return self.publish(before_name, before, systems, data)

    def publish(
        self,
        before_name: str,
        before: Manifest,
        systems: dict[str, System],
        data: Mapping[str, bytes],
        *,
        forget: bool = False,
    ) -> Manifest:
        """Write data, manifest and pointer, in this order.

        Parameters
        ----------
        before_name, before
            The manifest that counts so far.
        systems
            What the next one holds.
        data
            New data files.
        forget
            Remove what only the former manifest names at once, not with the commit after.
        """
        made = Manifest(
            generation=before.generation + 1,
            made_at=datetime.now(UTC),
            made_by=f"scimlytics {version('scimlytics')}",
            previous=None if forget else before_name,
            systems=systems,
        )
        encoded = made.encoded()
        name = made.name_of(encoded)
        try:
            for file, content in data.items():
                disk.write_named(self.path / DATA, file, content)
            disk.flush_folder(self.path / DATA)
            disk.write_named(self.path / MANIFESTS, name, encoded)
            disk.flush_folder(self.path / MANIFESTS)
            disk.replace(self.path / POINTER, f"{name}\n".encode())
        except OSError as error:
            raise self._refused(error) from error
        try:
            disk.flush_folder(self.path)
        except OSError as error:
            raise StoreError(
                f"{self.path}: the commit counts, but the disk did not confirm it"
                f" ({error.strerror}); check the disk."
            ) from error
        with suppress(OSError):  # what stays is cleared away when the next run begins
            self._sweep(name, made)
        return made

    def _grown(self, log: Log, batch: LogBatch, data: dict[str, bytes]) -> Log:
        days: Days
        staying, days = appended(log.files, batch.tables, self._rows)
        files = staying + [
            _file(table, rows, data).model_copy(update={"day": day})
            for (table, day), rows in days.items()
        ]
        covers = dict(log.covers)
        for product, (begin, end) in batch.covers.items():
            span = Span(begin=begin.astimezone(UTC), end=end.astimezone(UTC))
            covers[product] = joined(covers.get(product, ()), span)
        ordered = sorted(files, key=lambda file: (file.table, str(file.day)))
        return Log(files=tuple(ordered), covers=covers)

    def _rows(self, file: DataFile) -> pa.Table:
        from scimlytics.store.decoding import rows_of

        return rows_of(self.path, file)

    def _make_folder(self) -> None:
        if self.path.is_dir():
            strange = sorted(one.name for one in self.path.iterdir() if not _is_own(one.name))
            if strange and not is_store(self.path):
                raise InputError(
                    f"{self.path}: holds other things ({strange[0]}); name an empty folder or a"
                    " store."
                )
            disk.refuse_open_folder(self.path)
            return
        if self.path.exists():
            raise InputError(f"{self.path}: is a file; name a folder for the store.")
        if not self.path.parent.is_dir():
            raise InputError(f"{self.path}: its folder does not exist; make it first.")
        disk.make_folder(self.path)

    def _make(self) -> None:
        """Make an empty store; the mark comes last, so that a half-made one is none."""
        for folder in (DATA, MANIFESTS, STAGING):
            disk.make_folder(self.path / folder)
        empty = Manifest()
        encoded = empty.encoded()
        name = empty.name_of(encoded)
        disk.write_named(self.path / MANIFESTS, name, encoded)
        disk.flush_folder(self.path / MANIFESTS)
        disk.replace(self.path / POINTER, f"{name}\n".encode())
        disk.replace(self.path / MARK, mark())
        disk.flush_folder(self.path)

    def _sweep(self, name: str, manifest: Manifest) -> None:
        """Remove what neither this manifest nor the one before names: leftovers of killed runs."""
        names, files = {name}, {file.file for file in manifest.files()}
        if manifest.previous and (self.path / MANIFESTS / manifest.previous).exists():
            names.add(manifest.previous)
            before = read_manifest(self.path, manifest.previous)
            files |= {file.file for file in before.files()}
        for folder, wanted in ((MANIFESTS, names), (DATA, files)):
            for one in (self.path / folder).iterdir():
                if one.name not in wanted:
                    disk.remove(one)
        for one in self.path.glob(f"*{disk.PART}"):
            disk.remove(one)

    def _refused(self, error: OSError) -> StoreError:
        what = error.strerror or type(error).__name__
        return StoreError(
            f"{self.path}: the disk refuses ({what}); nothing has changed, make room or mend it and"
            " try again."
        )


def _is_own(name: str) -> bool:
    return name in OWN_NAMES or name.endswith(disk.PART)


def _tables_of(snapshot: Snapshot) -> dict[str, pa.Table]:
    import pyarrow as pa

    tables = dict(snapshot.tables)
    if snapshot.pulls:
        schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in PULL_COLUMNS.items()])
        tables[PULLS] = pa.Table.from_pylist([dict(one) for one in snapshot.pulls], schema)
    return tables


def _file(table: str, rows: pa.Table, data: dict[str, bytes]) -> DataFile:
    """Encode rows, put them among the new data, and name them."""
    import pyarrow.parquet as pq

    sink = BytesIO()
    pq.write_table(rows, sink, compression="zstd", coerce_timestamps="us")
    content = sink.getvalue()
    name = f"{digest(content)}.parquet"
    data[name] = content
    return DataFile(table=table, file=name, rows=rows.num_rows, bytes=len(content))
