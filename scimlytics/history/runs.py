"""The runs on disk: a parquet file per run, each whole or not there, however many run at once.

::

    DIR/20261120T061000Z-<when it ran>-<random>.parquet

A file holds what its run found, what was gone since the run before, and what it lost sight of. Two
runs at once never write the same name, so no lock is needed and none is lost. Any parquet reader
opens them.
"""

from __future__ import annotations

import io
import json
import os
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError, StoreError
from scimlytics.history.outcome import Outcome, held_against
from scimlytics.store import disk, is_store
from scimlytics.tables import FINDINGS
from scimlytics.vocabulary import SEVERITIES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from scimlytics.evidence import Evidence

VERSION = 1
WITHIN = "history"
"""The folder of a store that holds its runs."""
ABOUT = b"scimlytics history"
STATE = "state"
FOUND, GONE, UNSEEN = "found", "resolved", "unknown"
"""What a row of a run is: found then, gone since the run before, or out of sight."""
NAME = re.compile(r"\d{8}T\d{6}Z-\d{8}T\d{12}Z-[0-9a-f]{8}\.parquet")


@dataclass(frozen=True)
class Run:
    """One run that was kept."""

    path: Path
    name: str
    """Of the evidence."""
    as_of: datetime
    recorded_at: datetime
    systems: tuple[str | None, str | None]
    """The products of source and target."""
    digest: str
    """Of what was asked and found: the same evidence has the same."""

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Oldest first; of two with the same evidence's moment, the one that ran first."""
        return (self.as_of, self.recorded_at, self.path.name)


def place_of(evidence: Path, history: Path | None) -> Path | None:
    """Where runs of an evidence are kept: as was said, else within a store, else nowhere."""
    if history is not None:
        return history
    return evidence / WITHIN if is_store(evidence) else None


def keep(directory: Path, evidence: Evidence, findings: pa.Table, asked: Iterable[str]) -> Outcome:
    """Hold a run against the one before, and keep it.

    Parameters
    ----------
    directory
        The history; it is made where it is not there. One tenant has one history.
    evidence
        What was asked.
    findings
        FINDINGS, marks applied.
    asked
        The checks that were asked and not skipped.

    Raises
    ------
    InputError
        It cannot be a folder, or holds runs of other systems.
    StoreError
        A run in it is damaged, or of a newer version.
    """
    _make(directory)
    checks = list(asked)
    before = _before(directory, evidence)
    outcome = _held(before[-1] if before else None, evidence, findings, checks)
    now = datetime.now(UTC)
    about = {
        "version": VERSION,
        "name": evidence.name,
        "as_of": evidence.as_of.astimezone(UTC).isoformat(),
        "recorded_at": now.isoformat(),
        "source": evidence.source.system,
        "target": evidence.target.system,
        "digest": _digest(findings, checks),
    }
    moment = evidence.as_of.astimezone(UTC)
    name = f"{moment:%Y%m%dT%H%M%SZ}-{now:%Y%m%dT%H%M%S%fZ}-{secrets.token_hex(4)}.parquet"
    _write(directory, name, _rows(outcome), about)
    return outcome


def look(directory: Path, evidence: Evidence, findings: pa.Table, asked: Iterable[str]) -> Outcome:
    """What :func:`keep` says, without keeping anything.

    Where the newest run is this very one, what it said: pages of a report agree with the run that
    they belong to.
    """
    checks = list(asked)
    before = _before(directory, evidence)
    last = before[-1] if before else None
    if last is not None and last.digest == _digest(findings, checks):
        rows = _read(last.path)
        found, resolved, unknown = (_in_state(rows, word) for word in (FOUND, GONE, UNSEEN))
        former = before[-2].as_of if len(before) > 1 else None
        return Outcome(found, resolved, unknown, former)
    return _held(last, evidence, findings, checks)


def runs(directory: Path) -> pd.DataFrame:
    """The runs of a history: what each found, what was new in it and what was gone.

    Returns
    -------
    DataFrame
        ``as_of``, ``name``, a column per severity (open findings: not accepted by a mark),
        ``new``, ``persisting``, ``suppressed``, ``resolved``, ``unknown``; oldest first.
    """
    import pandas as pd

    rows = [_counted(run) for run in kept(directory)] if directory.is_dir() else []
    counts = [*SEVERITIES, "new", "persisting", "suppressed", GONE, UNSEEN]
    made = pd.DataFrame(rows, columns=["as_of", "name", *counts])
    return made.astype({"as_of": "datetime64[us, UTC]", **dict.fromkeys(counts, "int64")})


def kept(directory: Path) -> list[Run]:
    """The runs in a folder, oldest first.

    Raises
    ------
    StoreError
        One is damaged or of a newer version.
    """
    found = [path for path in directory.iterdir() if NAME.fullmatch(path.name)]
    return sorted((_run(path) for path in found), key=lambda run: run.order)


def _before(directory: Path, evidence: Evidence) -> list[Run]:
    """The runs up to the evidence's moment, oldest first; of the same systems, or none is used."""
    known = kept(directory) if directory.is_dir() else []
    systems = (evidence.source.system, evidence.target.system)
    for run in known:
        if run.systems != systems:
            raise InputError(
                f"{directory}: holds runs of {_pair(run.systems)}, and this evidence is of"
                f" {_pair(systems)}; name another --history."
            )
    return [run for run in known if run.as_of <= evidence.as_of]


def _held(last: Run | None, evidence: Evidence, findings: pa.Table, asked: list[str]) -> Outcome:
    if last is None:
        return held_against(None, findings, evidence, asked)
    return held_against(_open(_read(last.path)), findings, evidence, asked, last.as_of)


def _open(rows: pa.Table) -> pa.Table:
    """What a run found or lost sight of, and does not call gone."""
    import pyarrow.compute as pc

    return _findings(rows.filter(pc.not_equal(rows.column(STATE), GONE)))


def _in_state(rows: pa.Table, word: str) -> pa.Table:
    import pyarrow.compute as pc

    return _findings(rows.filter(pc.equal(rows.column(STATE), word)))


def _findings(rows: pa.Table) -> pa.Table:
    return FINDINGS.conform(rows.drop_columns([STATE]))


def _rows(outcome: Outcome) -> pa.Table:
    """All of an outcome as the rows of one file."""
    import pyarrow as pa

    parts = []
    for state, table in (
        (FOUND, outcome.findings),
        (GONE, outcome.resolved),
        (UNSEEN, outcome.unknown),
    ):
        column = pa.array([state] * table.num_rows, pa.string())
        parts.append(table.replace_schema_metadata(None).append_column(STATE, column))
    return pa.concat_tables(parts)


def _digest(findings: pa.Table, asked: list[str]) -> str:
    """What a run is known by: what was asked and what was found."""
    import pyarrow as pa

    sink = io.BytesIO()
    plain = findings.replace_schema_metadata(None).combine_chunks()
    with pa.ipc.new_stream(sink, plain.schema) as stream:
        stream.write_table(plain)
    return disk.digest("\x1f".join(sorted(asked)).encode() + sink.getvalue())[:16]


def _write(directory: Path, name: str, table: pa.Table, about: dict[str, Any]) -> None:
    """Write a run under a name of its own first: it appears whole, or not at all."""
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({ABOUT: json.dumps(about).encode()}), sink)
    part = directory / f".{name}.{secrets.token_hex(8)}{disk.PART}"
    try:
        disk.write_new(part, sink.getvalue())
        os.replace(part, directory / name)  # noqa: PTH105  (the step's own name, as in store.disk)
        disk.flush_folder(directory)
    except OSError as error:
        disk.remove(part)
        raise InputError(f"{directory}: the run cannot be kept ({error.strerror}).") from error


def _make(directory: Path) -> None:
    if directory.exists() and not directory.is_dir():
        raise InputError(f"{directory}: is a file; --history names a folder.")
    try:
        directory.mkdir(mode=disk.FOLDER_MODE, parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{directory}: cannot be made ({error.strerror}).") from error


def _read(path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, partitioning=None)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path) from error


def _run(path: Path) -> Run:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = json.loads((pq.read_schema(path).metadata or {})[ABOUT])
        version = int(about["version"])
        if version <= VERSION:
            return Run(
                path,
                str(about["name"]),
                datetime.fromisoformat(about["as_of"]),
                datetime.fromisoformat(about["recorded_at"]),
                (about["source"], about["target"]),
                str(about["digest"]),
            )
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise _damaged(path) from error
    raise StoreError(f"{path}: written by a newer scimlytics; upgrade this one.")


def _damaged(path: Path) -> StoreError:
    return StoreError(f"{path}: is damaged; take it from a backup, or remove this run.")


def _counted(run: Run) -> dict[str, Any]:
    rows = _read(run.path).select([STATE, "severity", "status"]).to_pylist()
    found = [row for row in rows if row[STATE] == FOUND]
    held = [row for row in found if row["status"] != "suppressed"]
    return {
        "as_of": run.as_of,
        "name": run.name,
        **{word: sum(row["severity"] == word for row in held) for word in SEVERITIES},
        **{
            word: sum(row["status"] == word for row in found)
            for word in ("new", "persisting", "suppressed")
        },
        **{word: sum(row[STATE] == word for row in rows) for word in (GONE, UNSEEN)},
    }


def _pair(systems: tuple[str | None, str | None]) -> str:
    return " → ".join(one or "an unknown product" for one in systems)
