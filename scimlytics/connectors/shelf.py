"""Pages on their way into a store: kept as they came, with how to go on after a stop.

Each page is a file where the loaders look for it. A journal beside them says, line by line, what was
kept and what to ask for next; a line is written when its page is there. So a pull that was killed at
any moment goes on with the page it was at, and a page whose bytes are not the journal's begins its
collection anew.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

JOURNAL, PAGES = "journal.ndjson", "pages"
STALE = timedelta(hours=6)
"""Pages that are older are read again: a snapshot is of one moment."""
SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
State = dict[str, Any]


@dataclass
class Kept:
    """What is kept of one collection."""

    state: State | None = None
    """How to go on; None before the first page, and when it has ended."""
    ended: State | None = None
    """What was seen at its end."""
    files: list[str] = field(default_factory=list)
    rows: int = 0
    restarts: list[str] = field(default_factory=list)


class Shelf:
    """The pages of one system.

    Several threads may keep pages, each of its own collection: a line of the journal is one write.

    Parameters
    ----------
    folder
        Where they are kept, for the owner alone.
    fingerprint
        What the pull is of; pages of another one are thrown away.
    now
        The time.
    """

    def __init__(self, folder: Path, fingerprint: str, now: datetime) -> None:
        self.folder = folder
        self.pages = folder / PAGES
        self._kept: dict[str, Kept] = {}
        self.begun = now
        self.resumed = False
        if not self._read(fingerprint, now):
            self.clear()
            _make(self.pages)
            self._note({"pull": fingerprint, "begun": now.isoformat()})

    def kept(self, name: str) -> Kept:
        """What is kept of a collection."""
        return self._kept.setdefault(name, Kept())

    def names(self) -> list[str]:
        """The collections of which something is kept."""
        return [name for name, one in self._kept.items() if one.files or one.ended is not None]

    def keep(
        self, name: str, body: bytes, rows: int, state: State | None, ended: State | None
    ) -> None:
        """Keep a page, and how to go on after it.

        Parameters
        ----------
        name
            The collection, which is also the folder of its pages: ``target/users``.
        body
            The page as it came.
        rows
            How many records it has.
        state
            How to go on; None at the end.
        ended
            What was seen at the end.
        """
        kept = self.kept(name)
        file = f"{name}/{len(kept.files) + 1:06d}.json"
        path = self.pages / file
        _make(path.parent)
        _write(path, body)
        line = {"collection": name, "file": file, "sha256": sha256(body).hexdigest(), "rows": rows}
        self._note({**line, "state": state, "ended": ended})
        self._take(kept, file, rows, state, ended)

    def end(self, name: str, ended: State) -> None:
        """Note that a collection has ended without a further page."""
        self._note({"collection": name, "state": None, "ended": ended})
        kept = self.kept(name)
        kept.state, kept.ended = None, ended

    def restart(self, name: str, why: str) -> None:
        """Throw the pages of a collection away and begin it anew."""
        self._note({"collection": name, "restart": why})
        self._forget(name, why)

    def documents(self, name: str) -> Iterator[Any]:
        """The pages of a collection, decoded."""
        for file in self.kept(name).files:
            yield orjson.loads((self.pages / file).read_bytes())

    def clear(self) -> None:
        """Throw everything away."""
        discard(self.folder)

    def _read(self, fingerprint: str, now: datetime) -> bool:
        """Read what an earlier run has kept; False where nothing of it can be used."""
        try:
            lines = (self.folder / JOURNAL).read_bytes().split(b"\n")
            first = orjson.loads(lines[0])
            begun = datetime.fromisoformat(first["begun"])
        except (OSError, ValueError, KeyError, TypeError):
            return False
        if first.get("pull") != fingerprint or not timedelta() <= now - begun <= STALE:
            return False
        damaged: set[str] = set()
        for text in lines[1:]:
            try:
                line = orjson.loads(text)
            except orjson.JSONDecodeError:
                continue  # the last line of a run that was killed
            self._replay(line, damaged)
        for name in damaged:
            self.restart(name, "a kept page is damaged")
        for name, kept in list(self._kept.items()):
            if kept.ended is not None and not kept.ended["whole"]:
                self.restart(name, "it was not whole")
                self._kept[name] = Kept()
        self.begun, self.resumed = begun.astimezone(UTC), True
        return True

    def _replay(self, line: State, damaged: set[str]) -> None:
        name = line["collection"]
        if "restart" in line:
            self._forget(name, line["restart"], remove=False)
            damaged.discard(name)
        elif "file" in line:
            self._take(self.kept(name), line["file"], line["rows"], line["state"], line["ended"])
            path = self.pages / line["file"]
            if not path.is_file() or sha256(path.read_bytes()).hexdigest() != line["sha256"]:
                damaged.add(name)
        else:
            self.kept(name).state, self.kept(name).ended = None, line["ended"]

    def _take(
        self, kept: Kept, file: str, rows: int, state: State | None, ended: State | None
    ) -> None:
        kept.files.append(file)
        kept.rows += rows
        kept.state, kept.ended = state, ended

    def _forget(self, name: str, why: str, *, remove: bool = True) -> None:
        kept = self.kept(name)
        if remove:
            for file in kept.files:
                with suppress(FileNotFoundError):
                    (self.pages / file).unlink()
        self._kept[name] = Kept(restarts=[*kept.restarts, why])

    def _note(self, line: State) -> None:
        text = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        handle = os.open(self.folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, text)
        finally:
            os.close(handle)


def discard(folder: Path) -> None:
    """Throw the pages of a system away: they are in the store now, or of no use."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _make(folder: Path) -> None:
    """Make a folder and those above it, each for the owner alone."""
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, body: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(body)
