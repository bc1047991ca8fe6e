"""One writer at a time: a lock that knows its owner and ends with the owner's process.

The operating system holds the lock, so a process that was killed holds none: there is no stale lock
to take over, and no clock or process number is believed. The file's text only tells people who it
is.
"""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from scimlytics.errors import StoreError
from scimlytics.store.disk import FILE_MODE

NAME = "lock"
LONGEST = 4096


class Lock:
    """Holds a store for writing while the block runs.

    Parameters
    ----------
    store
        The folder of the store.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._handle: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises
        ------
        StoreError
            Another process has it; names the process, its machine and since when.
        """
        handle = os.open(self._store / NAME, os.O_RDWR | os.O_CREAT, FILE_MODE)
        if not _take(handle):
            owner = _owner(handle)
            os.close(handle)
            raise StoreError(
                f"{self._store}: locked by {owner}; wait until it ends, or end that process."
            )
        self._handle = handle
        said = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(handle, 0)
        os.write(handle, json.dumps(said).encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back; the file stays and is empty."""
        if self._handle is not None:
            try:
                os.ftruncate(self._handle, 0)
            finally:
                os.close(self._handle)
                self._handle = None


def _take(handle: int) -> bool:
    """Whether the lock could be taken at once."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            os.lseek(handle, LONGEST, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        except OSError:
            return False
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _owner(handle: int) -> str:
    """Who has the lock, as far as the file tells."""
    try:
        said = json.loads(os.read(handle, LONGEST))
        return f"process {int(said['pid'])} on {said['host']} since {said['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
