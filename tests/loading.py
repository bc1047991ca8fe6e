"""One export as rows: what a test of a loader needs, by content as the product does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scimlytics.loaders import Loaded, read_folder
from scimlytics.settings import read_settings
from tests.native import write_evidence


def read(folder: Path, files: Mapping[str, object], toml: str = "") -> Loaded:
    """Write an evidence folder and read it."""
    made = write_evidence(folder / "evidence", files, toml)
    return read_folder(made, read_settings(made))


def rows(loaded: Loaded, table: str, *columns: str) -> list[Any]:
    """The rows of a table in order: one column as values, several as tuples."""
    found = loaded.tables[table].select(list(columns)).to_pylist()
    values = [tuple(row[name] for name in columns) for row in found]
    return [one[0] for one in values] if len(columns) == 1 else values


def one(loaded: Loaded, table: str) -> dict[str, Any]:
    """The only row of a table."""
    found: list[dict[str, Any]] = loaded.tables[table].to_pylist()
    assert len(found) == 1, found
    return found[0]


def report(loaded: Loaded, path: str) -> Any:
    """What became of a file."""
    return next(file for file in loaded.files if file.path == path)
