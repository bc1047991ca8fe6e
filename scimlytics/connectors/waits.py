"""How long a server asks to wait, in every spelling that servers use; never shorter than it says.

``Retry-After`` is whole or fractional seconds (Graph sends ``2.128``) or a date; Okta sends an epoch
in ``X-Rate-Limit-Reset``. Dates and epochs are held against the answer's own ``Date``: the clock of
this computer may be wrong. What cannot be read counts as nothing said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
WHOLE = re.compile(r"\d{1,12}", re.ASCII)
LAST_EPOCH = 32_503_680_000
"""The year 3000; a larger number is in milliseconds, or junk."""

Headers = Mapping[str, str]


def told(retry_after: Iterable[str], headers: Headers, now: datetime) -> float | None:
    """The seconds an answer asks to wait; None where it does not say.

    Parameters
    ----------
    retry_after
        Each ``Retry-After`` header; of several the longest counts.
    headers
        All headers, by names in any case.
    now
        The wall clock, where the answer has no date of its own.
    """
    there = date_of(headers) or now
    waits = [_seconds(text.strip(), there) for text in retry_after]
    waits += [
        float(text) / 1000
        for name in ("retry-after-ms", "x-ms-retry-after-ms")
        if WHOLE.fullmatch(text := headers.get(name, "").strip())
    ]
    asked = [wait for wait in waits if wait is not None and wait > 0]
    if asked:
        return max(asked)
    return until_reset(headers, now)


def until_reset(headers: Headers, now: datetime) -> float | None:
    """The seconds to the reset of a rate limit; None where none is told or it has passed."""
    text = headers.get("x-rate-limit-reset", "").strip()
    if not WHOLE.fullmatch(text) or not 0 < int(text) < LAST_EPOCH:
        return None
    there = date_of(headers) or now
    left = int(text) - there.timestamp()
    return left if left > 0 else None


def date_of(headers: Headers) -> datetime | None:
    """The time at the server when it answered."""
    return _date(headers.get("date", ""))


def backoff(attempt: int, luck: float) -> float:
    """How long to wait unasked: longer each time, a minute at most, and not in step with others.

    Parameters
    ----------
    attempt
        How often it was tried, from 1.
    luck
        A number from 0 to 1.
    """
    return min(60.0, 2.0 ** min(attempt - 1, 10)) * (1 + luck / 2)


def _seconds(text: str, there: datetime) -> float | None:
    if SECONDS.fullmatch(text):
        return float(text)
    moment = _date(text)
    return None if moment is None else (moment - there).total_seconds()


def _date(text: str) -> datetime | None:
    if not text.isascii():
        return None
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
