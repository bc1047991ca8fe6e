"""Walks without a network: a list that changes between pages, and how a pull goes through it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import orjson

from scimlytics.connectors.http import Answer
from scimlytics.connectors.pulling import RESTARTS
from scimlytics.connectors.walks import TornError, Walk, scim_by_index


@dataclass
class Walked:
    """What a pull came to."""

    rows: list[str]
    whole: bool
    why: str
    total: int | None
    pages: int


class Lists:
    """A SCIM server as a function: rows by id, paged, with its habits.

    Parameters
    ----------
    rows
        The ids at the beginning.
    """

    system = "app"

    def __init__(self, rows: list[str]) -> None:
        self.rows = rows
        self.asked = 0

    def get(self, path: str, parameters: dict[str, Any], allow: tuple[int, ...] = ()) -> Answer:
        self.asked += 1
        document = self.answer(int(parameters["startIndex"]), int(parameters["count"]))
        return Answer(200, {}, orjson.dumps(document), document)

    def answer(self, start: int, count: int) -> Any:
        page = self.rows[max(start, 1) - 1 : max(start, 1) - 1 + count]
        return self.listed(page, len(self.rows))

    def listed(self, page: list[str], total: Any) -> dict[str, Any]:
        return {"totalResults": total, "Resources": [{"id": one} for one in page]}


@dataclass
class Churn(Lists):
    """A list in which people come and go between pages."""

    seed: int
    size: int = 60
    rate: float = 0.3
    alphabetical: bool = False
    rows: list[str] = field(init=False)
    asked: int = 0

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)
        self.rows = [f"{place:05d}" for place in range(self.size)]
        self.served_since: set[str] = set()
        """Rows that were there all the time since the list was last begun."""

    def answer(self, start: int, count: int) -> Any:
        if start <= 1:
            self.served_since = set(self.rows)
        document = super().answer(start, count)
        for _ in range(3):
            if self.luck.random() < self.rate and self.rows:
                gone = self.rows.pop(self.luck.randrange(len(self.rows)))
                self.served_since.discard(gone)
            if self.luck.random() < self.rate:
                new = f"{self.luck.randrange(10**5):05d}x{self.asked}"
                if self.alphabetical:
                    self.rows.append(new)
                    self.rows.sort()
                else:
                    self.rows.append(new)
        return document


def walked(client: Any, walk: Walk | None = None, *, count: int = 10, most: int = 2000) -> Walked:
    """Go through a list as a pull does."""
    walk = walk or scim_by_index("/Users", count)
    for attempt in range(RESTARTS + 1):
        state, rows, total = None, [], None
        for pages in range(1, most):
            try:
                page = walk(client, state)
            except TornError as torn:
                if attempt == RESTARTS:
                    return Walked([], False, f"torn: {torn}", None, pages)
                break
            document = orjson.loads(page.body) if page.body else {}
            listed = {key.lower(): value for key, value in document.items()}.get("resources", [])
            rows += [one["id"] for one in listed]
            if page.ended is not None:
                total = page.ended["total"]
                distinct = sorted(set(rows))
                whole = page.ended["whole"] and total in (None, len(distinct))
                return Walked(distinct, whole, page.ended["why"], total, pages)
            state = orjson.loads(orjson.dumps(page.state))
    raise AssertionError("the walk does not end")
