"""Helpers for large files: processes that decode and load pages while this one reads on.

A log of several hundred MB keeps one processor busy with nothing but decoding. Each helper is a
Python of its own that gets the bytes of a page and gives back typed tables, in memory, through
pipes; ``multiprocessing`` would run the caller's own script again on some systems. When a helper
fails, or a page was not cut between records, the file is read again without helpers.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any

from scimlytics.errors import InputError
from scimlytics.loaders.format import Format
from scimlytics.loaders.framing import Piece
from scimlytics.loaders.making import Made

LARGE = 64 << 20
PACKED = 8
"""Packed exports are at least so many times smaller."""
MOST = 4

START = """
import pickle, sys
sys.path[:] = pickle.load(sys.stdin.buffer)
from scimlytics.loaders.helper import main
main()
"""


class UncutError(Exception):
    """The file cannot be read in parts; it is read again as a whole. Never leaves the loaders."""


def crowded(path: Path) -> bool:
    """Whether a file is so large, and this machine such, that helpers pay."""
    factor = 1 if path.suffix.casefold() not in (".gz", ".zip") else PACKED
    try:
        return path.stat().st_size * factor >= LARGE and _processors() > 1
    except OSError:
        return False


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Crew:
    """Some helpers, and the pages they have."""

    def __init__(self, group_id: str | None) -> None:
        self.group_id = group_id
        self.rows = 0
        """Rows in pages that came back."""
        self.count = min(MOST, _processors())
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._all: list[subprocess.Popen[bytes]] = []
        self._threads = ThreadPoolExecutor(self.count)
        self._pending: deque[tuple[Piece, Format, Future[Made]]] = deque()

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for helper in self._all:
            helper.kill()
        self._threads.shutdown(cancel_futures=True)
        for helper in self._all:
            for pipe in (helper.stdin, helper.stdout):
                if pipe is not None:
                    _close(pipe)
            helper.wait()

    def hand_out(self, piece: Piece, file: str, format_: Format) -> None:
        """Give a page to whichever helper is free."""
        if not self._all:
            for _ in range(self.count):
                self._all.append(_hire())
                self._idle.put(self._all[-1])
        job = (format_.name, file, self.group_id, piece.raw)
        self._pending.append((piece, format_, self._threads.submit(self._work, job)))

    def done(self, *, wait: bool) -> Iterator[tuple[Piece, Format, Made]]:
        """The pages that are done, in the order of the file.

        Parameters
        ----------
        wait
            For all of them; else only while more wait than the helpers can soon take.
        """
        while self._pending and (wait or len(self._pending) > 2 * self.count):
            piece, format_, future = self._pending.popleft()
            made = future.result()
            yield piece, format_, made.moved(piece.first_row - 1 + self.rows)
            self.rows += made.rows

    def _work(self, job: Any) -> Made:
        helper = self._idle.get()
        try:
            assert helper.stdin is not None
            assert helper.stdout is not None
            pickle.dump(job, helper.stdin, protocol=5)
            helper.stdin.flush()
            answer = pickle.load(helper.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise UncutError from error
        finally:
            self._idle.put(helper)
        if isinstance(answer, str):
            raise InputError(answer)
        if not isinstance(answer, Made):
            raise UncutError
        return answer


def _hire() -> subprocess.Popen[bytes]:
    try:
        helper = subprocess.Popen(
            [sys.executable, "-c", START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert helper.stdin is not None
        pickle.dump([str(one) for one in sys.path], helper.stdin)
        helper.stdin.flush()
    except (OSError, ValueError, TypeError) as error:
        raise UncutError from error
    return helper


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:
        return
