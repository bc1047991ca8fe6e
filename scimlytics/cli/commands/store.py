"""``scimlytics store``: look after the folder in which pulls keep their snapshots."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from scimlytics.cli.options import path_of
from scimlytics.cli.streams import put, say, working
from scimlytics.errors import StoreError

StoreArgument = Annotated[
    Path,
    typer.Argument(
        parser=path_of, metavar="STORE", help="The folder of the store.", show_default=False
    ),
]


class Format(StrEnum):
    """How a list is written."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(store)
    for command, name in (
        (verify, "verify"),
        (listing, "list"),
        (prune, "prune"),
        (export, "export"),
    ):
        group.command(name, short_help=(command.__doc__ or "").partition("\n")[0])(command)
    app.add_typer(group, name="store", short_help=(store.__doc__ or "").partition("\n")[0])


def store(context: typer.Context) -> None:
    """Look after the folder in which pulls keep their snapshots."""
    if context.invoked_subcommand is None:
        put(context.get_help() + "\n")


def verify(folder: StoreArgument) -> None:
    """Hold every file of the store against its hash.

    Exits 6 when a file is damaged or gone, and names each.
    """
    from scimlytics import store as keeping

    with working("Reading every byte"):
        found = keeping.verify(folder)
    if found.problems:
        raise StoreError("\n".join(found.problems))
    left = f", {len(found.leftovers)} leftovers of a run that was killed" if found.leftovers else ""
    say(f"{found.files:,} files, {found.bytes:,} bytes, all of them as they were written{left}.")


def listing(
    folder: StoreArgument,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
) -> None:
    """List what the store holds, and what of it counts."""
    from scimlytics import store as keeping
    from scimlytics.cli.findings import iso

    entries = keeping.listing(folder)
    rows = [
        {
            "system": one.system,
            "role": one.role,
            "product": one.product,
            "table": one.table,
            "rows": one.rows,
            "taken_at": iso(one.taken_at) if one.taken_at else None,
            "used": one.used,
            "why": one.why,
        }
        for one in entries
    ]
    if form is Format.json:
        put(json.dumps({"version": 1, "tables": rows}, indent=2) + "\n")
        return
    from scimlytics.cli.findings_table import cell, drawn, table

    shown = table("System", "Role", "Table", "Rows", "Taken (UTC)", "Counts", "Why")
    shown.columns[3].justify = "right"
    for row in rows:
        counts = "yes" if row["used"] else "no"
        texts = (row["system"], row["role"], row["table"], f"{row['rows']:,}", row["taken_at"])
        shown.add_row(*(cell(text or "") for text in (*texts, counts, row["why"])))
    put(drawn(shown))


def prune(
    folder: StoreArgument,
    older_than: Annotated[
        int,
        typer.Option(
            "--older-than", metavar="DAYS", min=1, max=36_500, help="Older than so many days."
        ),
    ] = 90,
) -> None:
    """Forget snapshots and days of log that are old.

    The newest whole snapshot of each part stays, whatever its age.
    """
    from scimlytics import store as keeping

    snapshots, days = keeping.prune(folder, older_than=timedelta(days=older_than))
    say(f"{snapshots:,} snapshots and {days:,} days of log forgotten.")


def export(
    folder: StoreArgument,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="DIR", help="An empty or new folder.", show_default=False),
    ],
) -> None:
    """Write what counts as one parquet file per table, for other tools."""
    from scimlytics import store as keeping

    made = keeping.export(folder, out)
    put("".join(f"{one}\n" for one in made))
