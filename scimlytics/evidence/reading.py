"""Read evidence: a folder of exports, a store, or an engineer's own DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError, unknown
from scimlytics.evidence.bundle import NAMES, SIDED, Evidence
from scimlytics.evidence.completeness import COLLECTIONS, Shown
from scimlytics.evidence.prepared import Prepared

if TYPE_CHECKING:
    from scimlytics.loaders import FileReport, Loaded, Pull
    from scimlytics.settings import Settings
    from scimlytics.store.reader import Entry

SAYS_NOTHING = ("coverage",)


@dataclass(frozen=True)
class Inspection:
    """What was found in a folder: every file, and the evidence where all could be read."""

    files: list[FileReport]
    evidence: Evidence | None
    errors: list[str]


def read(path: str | Path) -> Evidence:
    """Read evidence.

    Parameters
    ----------
    path
        A folder with ``source``, ``target`` and ``log`` (DESIGN 5.1), or with one side only; or a
        store that ``scimlytics pull`` fills.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        There is no such folder, a file in it cannot be read (all are named), a setting is
        unknown, or there is nothing to compare.
    StoreError
        A file of the store is damaged or missing.
    """
    inspection = inspect(path)
    if inspection.errors:
        raise InputError("\n".join(inspection.errors))
    if inspection.evidence is None:
        raise InputError(
            f"{path}: no file here is evidence; `scimlytics init` says what to export."
        )
    return inspection.evidence


def inspect(path: str | Path) -> Inspection:
    """Read everything in a folder and say of each file what it is, also when some cannot be read."""
    from scimlytics import store
    from scimlytics.loaders import read_folder
    from scimlytics.settings import read_settings

    folder = Path(path)
    settings = read_settings(folder)
    if store.is_store(folder):
        return _of_store(folder, settings)
    loaded = read_folder(folder, settings)
    errors = [
        report.error if report.error.startswith(report.path) else f"{report.path}: {report.error}"
        for report in loaded.files
        if report.error
    ]
    spoke = any(report.used for report in loaded.files)
    evidence = _evidence(folder, settings, loaded) if spoke else None
    return Inspection(list(loaded.files), evidence, errors)


def of(
    source: Mapping[str, Any] | None = None,
    target: Mapping[str, Any] | None = None,
    log: Mapping[str, Any] | None = None,
    *,
    settings: Settings | Mapping[str, Any] | None = None,
    name: str = "",
) -> Evidence:
    """Make evidence of one's own tables.

    Parameters
    ----------
    source
        ``users``, ``groups``, ``memberships``, ``assignments``, ``audit``, ``push_mappings``:
        DataFrames with the columns of the tables of those names.
    target
        ``users``, ``groups``, ``memberships``, ``audit``, ``strategies``.
    log
        ``events`` and whatever else a log gives: ``steps``, ``changes``, ``jobs``, ``mappings``, …
    settings
        What ``scimlytics.toml`` would say, as a mapping.
    name
        How the evidence is called in reports.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        A table nobody knows.
    TableError
        A column or a value that does not belong.
    """
    from scimlytics.evidence.bundle import OF_SOURCE, OF_TARGET
    from scimlytics.settings import Settings, settings_of

    tables: dict[str, Any] = {}
    for role, given, own in (
        ("source", source, OF_SOURCE),
        ("target", target, OF_TARGET),
        ("log", log, {}),
    ):
        for key, rows in (given or {}).items():
            inner = f"{role}_{key}" if role != "log" and key in SIDED else own.get(key, key)
            if inner not in NAMES:
                raise unknown("table", key, [*SIDED, *own] if role != "log" else list(NAMES), role)
            tables[inner] = rows
    if settings is None:
        chosen = Settings()
    else:
        chosen = settings if isinstance(settings, Settings) else settings_of(settings)
    return Evidence(tables, settings=chosen, name=name)


def _evidence(folder: Path, settings: Settings, loaded: Loaded) -> Evidence:
    pulls = {
        (pull.side, pull.collection, pull.group_id): Shown(
            rows=pull.rows,
            declared_total=_total(pull),
            repeated=pull.repeated,
            open_next=pull.open_next,
            terminal=pull.terminal,
            capped=pull.capped,
        )
        for pull in loaded.pulls
        if pull.side != "log"
    }
    tables = {
        name: rows
        for name, rows in loaded.tables.items()
        if name in NAMES and (name in loaded.present or name in SAYS_NOTHING)
    }
    return Evidence(
        tables,
        settings=settings,
        pulls=pulls,
        previous=loaded.previous,
        name=folder.resolve().name,
        files=[_file_row(report) for report in loaded.files],
        systems=loaded.systems,
        newest=loaded.newest,
    )


def _of_store(folder: Path, settings: Settings) -> Inspection:
    """What a store holds, as it would be found in a folder of exports."""
    from scimlytics import store

    kept = store.read(folder)
    if not kept.entries and not kept.lacking:
        raise InputError(f"{folder}: holds no snapshot yet; `scimlytics pull` fetches one.")
    files = [_stored_file(entry) for entry in kept.entries if entry.used]
    # A pull knows when it looked.
    for side in ("source", "target"):
        said = getattr(settings, side)
        taken = {"taken_at": said.taken_at or kept.newest.get(side)}
        settings = settings.model_copy(update={side: said.model_copy(update=taken)})
    shown = ("rows", "declared_total", "repeated", "open_next", "terminal", "capped")
    evidence = Evidence(
        kept.tables,
        settings=settings,
        pulls={
            (one["side"], one["collection"], one["group_id"]): Shown(
                **{name: one[name] for name in shown}
            )
            for one in kept.pulls
            if one["collection"] in COLLECTIONS
        },
        previous=kept.previous,
        name=folder.resolve().name,
        files=[_file_row(report) for report in files],
        systems=kept.systems,
        newest=kept.newest,
        lacking=kept.lacking,
        prepared=Prepared(folder / store.PREPARED, f"{kept.commit} {settings.model_dump_json()}"),
    )
    return Inspection(files, evidence, [])


def _stored_file(entry: Entry) -> FileReport:
    from scimlytics.loaders import FileReport

    return FileReport(
        path=f"{entry.system}/{entry.table}",
        format="Store",
        product=entry.product,
        role=entry.role,
        tables={entry.table: entry.rows},
        used=entry.used,
        aside=[],
        put_aside=0,
        repeated=0,
        differing=0,
        first=entry.first,
        last=entry.last,
        notes=(entry.why,),
    )


def _total(pull: Pull) -> int | None:
    """The declared total of a collection; that of a list of groups counts groups, not members."""
    if pull.collection == "memberships" and pull.group_id is None:
        return None
    return pull.declared_total


def _file_row(report: FileReport) -> dict[str, Any]:
    return {
        "path": report.path,
        "format": report.format,
        "product": report.product,
        "role": report.role,
        "tables": dict(report.tables),
        "rows": sum(report.tables.values()),
        "used": report.used,
        "aside": len(report.aside),
        "repeated": report.repeated,
        "differing": report.differing,
        "first": report.first,
        "last": report.last,
    }
