"""``scimlytics notebook``: JupyterLab on the notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scimlytics.cli.options import add
from scimlytics.cli.streams import say
from scimlytics.errors import InputError

PLACE = Path("scimlytics-notebooks")


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, notebook)


def notebook(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="[DIR]", help="The folder to work in; what is missing there is copied in."
        ),
    ] = PLACE,
) -> None:
    """Open JupyterLab on the notebooks.

    Notebooks and a simulated tenant are copied into the folder; what you changed there is never
    overwritten. They run as they are. Set evidence_path in their first cell to look at your own
    evidence.
    """
    import subprocess
    import sys
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise InputError(
            "notebook: JupyterLab is not installed; install the extra: pip install 'scimlytics[jupyter]'."
        )
    copied = bring(folder)
    say(f"{len(copied)} files copied to {folder}." if copied else f"Working in {folder}.")
    ended = subprocess.call(
        [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    )
    if ended:
        raise InputError(f"notebook: JupyterLab ended with code {ended}; it says why above.")


def bring(folder: Path) -> list[Path]:
    """Copy the notebooks and the sample into a folder, as far as they are not there yet.

    They lie there as in a checkout, so that the notebooks find the sample.

    Raises
    ------
    InputError
        The folder cannot be made or written.
    """
    import shutil

    from scimlytics import shipped

    copied = []
    try:
        for origin, place in (
            (shipped.notebooks(), folder / "notebooks"),
            (shipped.sample(), folder / "data" / "sample"),
        ):
            for path in sorted(one for one in origin.rglob("*") if one.is_file()):
                there = place / path.relative_to(origin)
                if there.exists() or path.name.startswith("."):
                    continue
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, there)
                copied.append(there)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error
    return copied
