"""The clock of a pull: waits by the steady clock, dates by the wall; tests bring their own."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The computer's own clocks."""

    def now(self) -> datetime:
        """The time of day; may be wrong, and may jump."""
        return datetime.now(UTC)

    def steady(self) -> float:
        """Seconds that never jump; only differences mean something."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for at least so long."""
        until = self.steady() + seconds
        while (left := until - self.steady()) > 0:
            time.sleep(left)
