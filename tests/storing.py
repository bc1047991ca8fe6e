"""Stores for tests: small snapshots, a disk that fails at a given step, and what survives."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from scimlytics import store
from scimlytics.store import LogBatch, Snapshot, Writer
from scimlytics.store import disk as disk_module
from scimlytics.tables import EVENTS, USERS

START = datetime(2026, 11, 20, 6, tzinfo=UTC)
STEPS = ("mkdir", "open", "write", "fsync", "replace", "unlink", "close")
"""The calls by which the store changes a disk."""


def users(*names: str) -> pa.Table:
    return USERS.conform(
        {
            "id": [f"id-{name}" for name in names],
            "user_name": [f"{name}@example.com" for name in names],
            "active": [True] * len(names),
        }
    )


def snapshot(
    *names: str, day: int = 0, whole: bool = True, why: str = "the last page was reached"
) -> Snapshot:
    """The users of the application on a day."""
    rows = users(*names)
    taken_at = START + timedelta(days=day)
    pulls = [shown("users", rows.num_rows, whole=whole)]
    return Snapshot("users", taken_at, whole, why, {"target_users": rows}, pulls)


def shown(collection: str, rows: int, *, whole: bool = True) -> dict[str, Any]:
    """What a pull shows of how complete a collection is."""
    return {
        "collection": collection,
        "group_id": None,
        "rows": rows,
        "declared_total": rows if whole else rows + 1,
        "repeated": 0,
        "open_next": not whole,
        "terminal": whole,
        "capped": False,
    }


def events(*ids: str, day: int = 0, action: str = "create") -> pa.Table:
    """An event a minute."""
    return EVENTS.conform(
        {
            "event_id": list(ids),
            "product": ["scim"] * len(ids),
            "at": [START + timedelta(days=day, minutes=place) for place in range(len(ids))],
            "action": [action] * len(ids),
            "status": ["success"] * len(ids),
            "object_type": ["user"] * len(ids),
        }
    )


def batch(table: pa.Table, begin: int, end: int) -> LogBatch:
    """Log rows that were read from one day to another."""
    covers = {"events/scim": (START + timedelta(days=begin), START + timedelta(days=end))}
    return LogBatch({"events": table}, covers)


def commit(path: Path, *snapshots: Snapshot, log: LogBatch | None = None) -> None:
    with Writer(path) as writer:
        writer.commit("app", "scim", "target", snapshots, log)


def names(path: Path) -> list[str]:
    """Who is in the store, as a reader sees it."""
    rows = store.read(path).tables["target_users"].column("user_name").to_pylist()
    return [one.partition("@")[0] for one in rows]


class Crash(BaseException):
    """The power is gone: nothing that would clean up runs as it would after an error."""


class Disk:
    """The disk of the store, with its steps counted; at a given step something happens.

    Parameters
    ----------
    at
        The step, from 1; 0: never.
    fails
        What happens: gives an exception to raise before the step is done, or None to let it pass.
    """

    def __init__(
        self, at: int = 0, fails: Callable[[str], BaseException | None] | None = None
    ) -> None:
        self.at, self.fails = at, fails
        self.done: list[tuple[str, tuple[Any, ...], Any]] = []
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in STEPS:
            return real

        def step(*arguments: Any) -> Any:
            if self.dead:
                raise Crash
            if len(self.done) + 1 == self.at and self.fails is not None:
                error = self.fails(name)
                self.done.append((name, arguments, None))
                if error is not None:
                    self.dead = isinstance(error, Crash)
                    if self.dead and name == "write":
                        real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])
                    raise error
            held = tuple(bytes(one) if isinstance(one, memoryview) else one for one in arguments)
            result = real(*arguments)
            self.done.append((name, held, result))
            return result

        return step


def on(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Let the store write to this disk."""
    monkeypatch.setattr(disk_module, "os", disk)
    return disk


def off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the store write to the real disk again."""
    monkeypatch.setattr(disk_module, "os", os)
