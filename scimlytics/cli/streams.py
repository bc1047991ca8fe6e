"""The two streams: data on stdout, words on stderr; nothing that is done to them is a traceback.

A reader that goes away (``| head``) ends the printing, not the command: the exit code still says
what was found. Characters that would move a cursor or turn the direction of writing are shown by
their code, so that a name in a directory cannot rewrite what a terminal shows.
"""

from __future__ import annotations

import gc
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scimlytics.errors import InputError

UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, line separators, and what is invisible or turns the direction of writing."""
LEAST_WIDTH, NO_LIMIT = 40, 1000


def prepare() -> None:
    """Make the streams and the environment fit to print with.

    A closed stream is opened on nothing: else the next file that is opened takes its place. A
    width that is no width (``COLUMNS=0``) is forgotten.
    """
    gc.set_threshold(100_000, 50, 50)  # an expression is many small objects that all stay
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115 (it stays open)
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (it stays open)
    columns = os.environ.get("COLUMNS", "")
    if columns and not (columns.isdecimal() and int(columns) > 0):
        del os.environ["COLUMNS"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def visible(text: str) -> str:
    """The text with every character that is not to be seen shown by its code."""
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def put(data: str | bytes) -> None:
    """Write data to stdout: text in the terminal's encoding, bytes as they are.

    Raises
    ------
    InputError
        The stream cannot take it, a full disk for example. A reader that has gone is no error.
    """
    try:
        if isinstance(data, bytes):
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget(sys.stdout.fileno())
    except OSError as error:
        _forget(sys.stdout.fileno())
        raise InputError(
            f"stdout: cannot be written ({error.strerror}); use --out FILE, or make room."
        ) from error


def say(*lines: str) -> None:
    """Write lines to stderr: what was skipped, what was found, what went wrong."""
    try:
        for line in lines:
            sys.stderr.write(f"{visible(line)}\n")
        sys.stderr.flush()
    except OSError:
        _forget(sys.stderr.fileno())


def complain(message: str) -> None:
    """Say what went wrong; a message of several lines lists several places."""
    first, *more = message.splitlines() or [""]
    say(f"Error: {first}", *(f"  {line.strip()}" for line in more if line.strip()))


def width() -> int:
    """How many columns there are to print in; a pipe has no end, so that no name is broken there."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return NO_LIMIT
    return max(LEAST_WIDTH, shutil.get_terminal_size((100, 24)).columns)


def unicode_shown() -> bool:
    """Whether stdout can show more than ASCII."""
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")


class Progress:
    """What is under way, for a terminal; elsewhere it says nothing."""

    def __init__(self, show: Callable[[str], None] | None = None) -> None:
        self._show = show

    def update(self, what: str) -> None:
        """Say what is under way now."""
        if self._show is not None:
            self._show(visible(what))


@contextmanager
def working(what: str) -> Iterator[Progress]:
    """Show that something is under way, on a terminal only."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield Progress()
        return
    from rich.console import Console

    with Console(stderr=True, markup=False).status(visible(what)) as status:
        yield Progress(status.update)


def _forget(stream: int) -> None:
    """Point a stream that cannot be written at nothing: what is still to come goes there."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream)
    os.close(nothing)
