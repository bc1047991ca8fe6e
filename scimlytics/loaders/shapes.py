"""Reading many records of one shape: names are looked up once per shape, not once per record.

A product's export repeats the same keys hundreds of thousands of times, in one order. What a
record's keys mean (in any case, under any synonym) is worked out for the first record of a shape
and then picked by place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

HEADER_NOTE = re.compile(r"\s*[\[(][^\])]*[\])]\s*$")
"""``TimeGenerated [UTC]``: what portals add to a column's name."""
MOST_SHAPES = 10_000

Reader = Callable[[Mapping[str, Any]], tuple[Any, ...]]


def plain_key(key: Any) -> str:
    """A key without what a portal adds to it, folded."""
    text = str(key)
    return (HEADER_NOTE.sub("", text) if text[-1:] in "])" else text).strip().casefold()


def shaped(names: Mapping[str, str], usual: str = "") -> Reader:
    """Make a reader that gives the named fields of a record as a tuple.

    Parameters
    ----------
    names
        A field, and its keys parted by blanks, folded, the best one first. A field is the first of
        them that is there and not empty, else null.
    usual
        The keys of all fields as most records spell them, tried before anything is looked up.
    """
    synonyms = [one.split() for one in names.values()]
    plans: dict[tuple[str, ...], Callable[[list[Any]], tuple[Any, ...]]] = {}
    usually: Callable[[Any], tuple[Any, ...]] | None = itemgetter(*usual.split()) if usual else None

    def read(record: Mapping[str, Any]) -> tuple[Any, ...]:
        if usually is not None:
            try:
                return usually(record)
            except KeyError:
                pass
        shape = tuple(record)
        plan = plans.get(shape)
        if plan is None:
            plan = _plan(shape, synonyms)
            if len(plans) < MOST_SHAPES:
                plans[shape] = plan
        values = [*record.values(), None]
        return plan(values)

    return read


def _plan(
    shape: tuple[str, ...], synonyms: list[list[str]]
) -> Callable[[list[Any]], tuple[Any, ...]]:
    """How the fields are picked from the values of a record of this shape."""
    places: dict[str, int] = {}
    for place, key in enumerate(shape):
        places[plain_key(key)] = place
    found = [[places[one] for one in keys if one in places] for keys in synonyms]
    nothing = len(shape)
    pick: Callable[[list[Any]], tuple[Any, ...]] = itemgetter(
        *(one[0] if one else nothing for one in found), nothing
    )
    others = [(field, one[1:]) for field, one in enumerate(found) if len(one) > 1]
    if not others:
        return lambda values: pick(values)[:-1]

    def pick_first(values: list[Any]) -> tuple[Any, ...]:
        fields = list(pick(values)[:-1])
        for field, more in others:
            for place in more:
                if fields[field] is not None and fields[field] != "":
                    break
                fields[field] = values[place]
        return tuple(fields)

    return pick_first
