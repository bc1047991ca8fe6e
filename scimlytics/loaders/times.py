"""Times as products write them, and the ones nobody can read without guessing.

Trap 11 of formats.md: none to nine digits of a second in one column, ``Z``, an offset or nothing,
a blank instead of ``T``, American and German dates, sentinels for *never*. A date such as
``01/09/2007`` has two meanings: it is refused unless another date of the same column tells which
comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Outside of these a time is a sentinel: ``0001-01-01`` (never), ``9999-12-31`` (for ever)."""

WORDS_AFTER = re.compile(r"\s*(?:\[?(?:UTC|GMT)\]?)$", re.IGNORECASE)
NUMBERED = re.compile(
    r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})"
    r"(?:,?[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([AaPp]\.?[Mm]\.?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)
DURATION = re.compile(
    r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE
)
LONGEST = 400 * 86400


def parse_time(
    value: object, *, zone: tzinfo = UTC, day_first: bool | None = None
) -> datetime | None:
    """Read one time.

    Parameters
    ----------
    value
        Text, or a number of seconds or milliseconds since 1970.
    zone
        The zone of a time that names none.
    day_first
        Whether ``01/09/2007`` is a day in September; None refuses it.

    Returns
    -------
    datetime or None
        In UTC; None for blank and for sentinels.

    Raises
    ------
    ValueError
        It is no time, or has two meanings. The message does not repeat the value.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _of_number(value)
    if isinstance(value, datetime):
        return _to_utc(value, zone)
    if not isinstance(value, str):
        raise ValueError("no time")
    try:
        return _to_utc(datetime.fromisoformat(value), zone)
    except ValueError:
        pass
    text = WORDS_AFTER.sub("", value.strip())
    if not text:
        return None
    try:
        return _to_utc(datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:?\d\d$|Z$)", "", text)), zone)
    except ValueError:
        return _of_numbers(text, zone, day_first)


def _of_number(value: float) -> datetime | None:
    seconds = value / 1000 if abs(value) >= 1e11 else value
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError) as error:
        raise ValueError("no time") from error
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _to_utc(found: datetime, zone: tzinfo) -> datetime | None:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return None
    if found.tzinfo is UTC:
        return found
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
    return found.astimezone(UTC)


def _of_numbers(text: str, zone: tzinfo, day_first: bool | None) -> datetime | None:
    match = NUMBERED.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    one, sign, two, year, hour, minute, second, fraction, half, offset = match.groups()
    first, other = int(one), int(two)
    if day_first is None and sign == ".":
        day_first = True
    if day_first is None:
        day_first = _order(first, other)
    if day_first is None:
        raise ValueError("day and month cannot be told apart")
    day, month = (first, other) if day_first else (other, first)
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half[0] in "Pp" else 0)
    micro = int((fraction or "0").ljust(6, "0")[:6])
    found = datetime(int(year), month, day, hours, int(minute or 0), int(second or 0), micro)
    if offset:
        found = datetime.fromisoformat(found.isoformat() + offset)
    return _to_utc(found, zone)


def _order(first: int, other: int) -> bool | None:
    if first == other:
        return True
    if first > 12:
        return True
    return False if other > 12 else None


def day_comes_first(values: Iterable[object]) -> bool | None:
    """Whether the dates of a column are written day first; None when none of them tells."""
    told = set()
    for value in values:
        if isinstance(value, str) and (match := NUMBERED.fullmatch(value.strip())):
            first, other = int(match[1]), int(match[3])
            if first != other and (order := _order(first, other)) is not None:
                told.add(order)
    return told.pop() if len(told) == 1 else None


def parse_duration(value: object) -> int | None:
    """Seconds of an ISO 8601 duration; None for blank and for *never* (``P10675199D…``)."""
    if not isinstance(value, str) or not (match := DURATION.fullmatch(value)):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    total = days * 86400 + hours * 3600 + minutes * 60 + seconds
    return int(total) if 0 < total <= LONGEST else None
