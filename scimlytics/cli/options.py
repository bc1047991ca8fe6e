"""Arguments and options that several commands share, and how their text is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from scimlytics.errors import InputError


def path_of(text: str) -> Path:
    """Read a path; an empty one is a variable that was not set, never the current folder."""
    if not text:
        raise typer.BadParameter("is empty; name a folder.")
    return Path(text)


EvidenceArgument = Annotated[
    Path,
    typer.Argument(
        parser=path_of,
        metavar="EVIDENCE",
        help="The folder with the exports, or a store.",
        show_default=False,
    ),
]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Judge as of this time, such as 2026-11-20T06:00:00Z, instead of the newest snapshot's.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write to this file instead of stdout."),
]
MarksOption = Annotated[
    Path | None,
    typer.Option(
        "--marks", metavar="FILE", help="Accepted exceptions, each with owner, reason and expiry."
    ),
]
HistoryOption = Annotated[
    Path | None,
    typer.Option(
        "--history",
        metavar="DIR",
        help="Keep this run there, and say what is new since the one before; a store keeps its own.",
    ),
]


def add(app: typer.Typer, command: Callable[..., None]) -> None:
    """Add a command; the list of commands shows the first line of its docstring, whole."""
    app.command(short_help=(command.__doc__ or "").partition("\n")[0])(command)


def moment(text: str | None, option: str = "--as-of") -> datetime | None:
    """Read a time; one without a zone is refused, since what it means would be a guess.

    Raises
    ------
    InputError
        The text is no time, or names no zone.
    """
    if text is None:
        return None
    would_do = "give one such as 2026-11-20T06:00:00Z."
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{option}: this is no time; {would_do}") from None
    if read.tzinfo is None:
        raise InputError(f"{option}: a time needs its zone; {would_do}")
    try:
        return read.astimezone(UTC)
    except OverflowError:
        raise InputError(f"{option}: this time is out of range; {would_do}") from None
