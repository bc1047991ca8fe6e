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
            metavar="[DIR]", help="The folder to work in; notebooks missing there are copied in."
        ),
    ] = PLACE,
) -> None:
    """Open JupyterLab on the notebooks.

    The notebooks are copied, and what you changed is never overwritten. They run as they are, on
    the simulated tenant; set evidence_path in the cell of parameters to look at your own.
    """
    import subprocess
    import sys
    from importlib.util import find_spec

    if find_spec("jupyterlab") is None:
        raise InputError(
            "notebook: JupyterLab is not installed; install the extra: pip install 'scimlytics[jupyter]'."
        )
    copied = bring(folder)
    say(f"{len(copied)} notebooks copied to {folder}." if copied else f"Working in {folder}.")
    ended = subprocess.call(
        [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}"]
    )
    if ended:
        raise InputError(f"notebook: JupyterLab ended with code {ended}; it says why above.")


def bring(folder: Path) -> list[str]:
    """Copy the notebooks that a folder does not have yet.

    Raises
    ------
    InputError
        The folder cannot be made or written.
    """
    import shutil

    from scimlytics import shipped

    copied = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(shipped.notebooks().glob("*.ipynb")):
            if not (folder / path.name).exists():
                shutil.copyfile(path, folder / path.name)
                copied.append(path.name)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}).") from error
    return copied
