"""When the next request to a system may leave: as told, no faster than it bears, not too many at once.

All clients of one system share one pacer, from however many threads they ask.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Protocol

from scimlytics.connectors.clock import Clock

SLOWEST, QUICKER = 1.0, 0.98
"""Seconds between requests at most, and how that shrinks with each answer, once a server throttled."""


class Waiting(Protocol):
    """A budget, as far as waiting goes."""

    clock: Clock

    def refuse(self, wait: float, where: str) -> None:
        """Refuse a wait that is too long."""
        ...


@dataclass(frozen=True)
class Pace:
    """At most so many requests in so many seconds, for paths with this part."""

    part: str
    requests: int
    seconds: float


class Pacer:
    """Gives requests their turn.

    Parameters
    ----------
    budget
        How long a wait may be, and whose clock counts.
    paces
        How often it may be asked.
    at_once
        How many requests may be under way; fewer once the server throttled.
    """

    def __init__(self, budget: Waiting, paces: tuple[Pace, ...] = (), at_once: int = 1) -> None:
        self._budget, self._clock = budget, budget.clock
        self._turn = Condition()
        self._sent: dict[Pace, deque[float]] = {pace: deque() for pace in paces}
        self._not_before = self._last = self._run_since = self._clock.steady()
        self._interval, self._run = 0.0, 0
        self._at_once, self._under_way = at_once, 0

    @contextmanager
    def turn(self, url: str, where: str) -> Iterator[float]:
        """Wait until a request may leave, and count it as under way; gives the seconds waited.

        Raises
        ------
        BudgetError
            That would be too long.
        """
        waited = 0.0
        with self._turn:
            self._turn.wait_for(lambda: self._under_way < self._at_once)
            self._under_way += 1
        try:
            while (wait := self._left(url)) > 0:
                self._budget.refuse(wait, where)
                self._clock.sleep(wait)
                waited += wait
            yield waited
        finally:
            with self._turn:
                self._under_way -= 1
                self._turn.notify()

    def hold(self, wait: float, where: str) -> None:
        """Let nothing leave for so long.

        Raises
        ------
        BudgetError
            That would be too long.
        """
        self._budget.refuse(wait, where)
        self.hold_back(wait)

    def hold_back(self, wait: float) -> None:
        """Let nothing leave for so long, however long that is."""
        with self._turn:
            self._not_before = max(self._not_before, self._clock.steady() + wait)

    def answered(self) -> None:
        """A request was answered: the next may come a little sooner."""
        with self._turn:
            self._run += 1
            self._interval *= QUICKER

    def throttled(self) -> None:
        """Ask no faster than the server bore until it throttled, so that it need not again soon."""
        with self._turn:
            spent = self._not_before - self._run_since
            bearable = min(SLOWEST, spent / max(self._run, 1))
            self._interval = max(self._interval, bearable)
            self._run, self._run_since = 0, self._not_before
            self._at_once = max(1, self._at_once // 2)

    def _left(self, url: str) -> float:
        """The seconds until a request may leave; where it may now, it counts as sent."""
        with self._turn:
            now = self._clock.steady()
            start = max(self._not_before, self._last + self._interval)
            due = [(pace, sent) for pace, sent in self._sent.items() if pace.part in url]
            for pace, sent in due:
                if len(sent) == pace.requests:
                    start = max(start, sent[0] + pace.seconds)
            if start > now:
                return start - now
            self._last = now
            for pace, sent in due:
                if len(sent) == pace.requests:
                    sent.popleft()
                sent.append(now)
            return 0.0
