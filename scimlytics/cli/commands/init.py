"""``scimlytics init``: an empty evidence folder that says what to export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scimlytics.cli.exports import SOURCES, TARGETS, Product, guide
from scimlytics.cli.options import add
from scimlytics.cli.streams import put, say
from scimlytics.errors import InputError, unknown

PLACE = Path("evidence")
TOML = """\
# Every key is optional. Take the mark away from a line to use it.

# name = "contoso"

[source]
{source}# taken_at = 2026-11-20T06:00:00Z
# complete = ["users", "groups", "memberships", "assignments"]   # only of a whole, unfiltered population
# scope = "assigned"              # or "all": who the provider provisions

[target]
{target}# taken_at = 2026-11-20T06:10:00Z
# complete = ["users", "groups", "memberships"]

[log]
# covers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]   # else first to last event
"""
PAGE = """\
# What to export

Put the answers into these folders as they are. File names do not matter. Then run

    scimlytics inspect {folder}

It says what was read, how complete it is, and what is still missing. This page is no evidence; keep it or
take it away.

{guide}
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, init)


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to make.")] = PLACE,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="P", help=f"The directory: {' or '.join(SOURCES)}."),
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="P", help=f"The application: {' or '.join(TARGETS)}."),
    ] = None,
) -> None:
    """Make an empty evidence folder that says what to export.

    For each system: what, from where, with which least right, and how to tell that it is complete.
    """
    products = [*_chosen(source, SOURCES, "source"), *_chosen(target, TARGETS, "target")]
    lay(folder, products, source, target)
    put(f"{folder / 'README.md'}\n")
    say(f"Next: export what {folder / 'README.md'} names, then: scimlytics inspect {folder}")


def _chosen(name: str | None, known: dict[str, Product], what: str) -> list[Product]:
    if name is None:
        return list(known.values())
    if name not in known:
        raise unknown(what, name, list(known), f"--{what}")
    return [known[name]]


def lay(folder: Path, products: list[Product], source: str | None, target: str | None) -> None:
    """Make the folder, its page and its settings; never touch one that holds something.

    Raises
    ------
    InputError
        The folder is not empty, is a file, or cannot be written.
    """
    try:
        if folder.is_dir() and any(folder.iterdir()):
            raise InputError(f"{folder}: is not empty; name another folder.")
        for name in ("source", "target", "log"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        page = PAGE.format(folder=folder, guide=guide(products))
        (folder / "README.md").write_text(page, encoding="utf-8")
        systems = {
            role: f'system = "{name}"\n' if name else ""
            for role, name in (("source", source), ("target", target))
        }
        (folder / "scimlytics.toml").write_text(TOML.format(**systems), encoding="utf-8")
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}).") from error
