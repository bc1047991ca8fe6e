"""One file, or one folder, as one table: for engineers who want a loader and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.errors import InputError, unknown
from scimlytics.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.loaders import Loaded

SIDES = ("", "source_", "target_")


def read_table(path: Path, name: str) -> pa.Table:
    """Read one table from an export, recognised by its content.

    Parameters
    ----------
    path
        A file, or a folder of files; a toml is not needed.
    name
        A table, such as ``events`` or ``users``; users, groups and memberships of either side.

    Raises
    ------
    InputError
        There is no such file, it cannot be read, or it holds nothing of that table.
    """
    import pyarrow as pa

    if name not in TABLES:
        raise unknown("table", name, list(TABLES))
    loaded = _loaded(path)
    errors = [report.error for report in loaded.files if report.error]
    if errors:
        raise InputError("\n".join(errors))
    keys = [side + name for side in SIDES if side + name in loaded.present]
    if not keys:
        held = sorted({table for report in loaded.files for table in report.tables})
        what = ", ".join(held) or "nothing that a table is made of"
        raise InputError(f"{path}: holds no {name.replace('_', ' ')}; it holds {what}.")
    rows: pa.Table = pa.concat_tables([loaded.tables[key] for key in keys])
    return rows


def _loaded(path: Path) -> Loaded:
    from scimlytics.loaders import read_folder
    from scimlytics.loaders.assembly import assemble
    from scimlytics.loaders.folder import Place
    from scimlytics.loaders.reading import read_file
    from scimlytics.settings import Settings

    if path.is_dir():
        return read_folder(path, Settings())
    if not path.exists():
        raise InputError(f"{path}: there is no such file.")
    place = Place(path, path.name)
    loaded = assemble([read_file(place, None)], Settings())
    if any(report.error for report in loaded.files):
        # Whose people they are does not matter for one table.
        own = Place(path, f"source/{path.name}", "source")
        loaded = assemble([read_file(own, None)], Settings())
    return loaded
