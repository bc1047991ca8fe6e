"""Columns of delimited files as times and numbers, read without guessing.

A date that can be read in two ways is read as the rest of its column tells, or refused.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from scimlytics.errors import InputError
from scimlytics.loaders.records import number, real
from scimlytics.loaders.times import day_comes_first, parse_time


def times_of(
    file: str, column: str, cells: list[Any], places: list[int], zone: tzinfo | None
) -> list[datetime | None]:
    """Read a column of times; what cannot be read, or has two meanings, stops with its row.

    Parameters
    ----------
    file, column
        Where the cells stand, for errors.
    cells, places
        The cells and the rows they came from.
    zone
        The zone of times that name none; without one such times are refused.
    """
    order = day_comes_first(cells)
    found = []
    for cell, place in zip(cells, places, strict=True):
        try:
            if zone is None and _names_no_zone(cell, order):
                raise ValueError("without a zone; give timezone in [[files]]")
            found.append(parse_time(cell, zone=zone or UTC, day_first=order))
        except ValueError as error:
            raise InputError(f"{file}, row {place}: {column} is {_reason(error)}.") from error
    return found


def _names_no_zone(cell: Any, order: bool | None) -> bool:
    """Whether a time depends on the zone in which it is read."""
    if not isinstance(cell, str) or not cell:
        return False
    east, west = timezone(timedelta(hours=1)), timezone(timedelta(hours=-1))
    return parse_time(cell, zone=east, day_first=order) != parse_time(
        cell, zone=west, day_first=order
    )


def _reason(error: ValueError) -> str:
    words = str(error)
    if "apart" in words:
        return "a date that can be read in two ways; write it as 2026-11-20T06:00:00Z"
    if "timezone" in words:
        return f"a time {words}"
    return "no time; it should be as 2026-11-20T06:00:00Z"


def numbers_of(
    file: str, column: str, cells: list[Any], places: list[int], *, whole: bool
) -> list[float | None]:
    """Read a column of numbers; what is none stops with its row."""
    found: list[float | None] = []
    for cell, place in zip(cells, places, strict=True):
        amount = number(cell) if whole else real(cell)
        if amount is None and cell not in (None, ""):
            raise InputError(f"{file}, row {place}: {column} is no number.")
        found.append(amount)
    return found
