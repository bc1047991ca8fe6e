"""What the pages of an export show about its own completeness.

Absence needs proof. A chain of pages that ends without a next link, or totals that agree with the
rows, are proof; a bare list is none, and one of exactly 50, 100, 200 or 1,000 rows looks like a
page that nobody turned (formats.md, trap 15).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

CAPS = (50, 100, 200, 500, 1000)
COLLECTIONS = ("users", "groups", "memberships", "assignments", "events")


@dataclass(frozen=True)
class Pull:
    """What an export shows about its own completeness; one per side, collection and group."""

    side: str
    """``source`` or ``target``; ``log`` for events."""
    collection: str
    """``users``, ``groups``, ``memberships``, ``assignments``; ``events`` of a log."""
    group_id: str | None
    """The group, for memberships exported per group; None: the whole collection."""
    rows: int
    pages: int
    declared_total: int | None
    open_next: bool
    """A next link or cursor that no file answers."""
    terminal: bool
    """Proof of the end: a paged answer without a next link, totals that agree."""
    capped: bool
    """A bare list of exactly a page's length, without proof of the end."""
    repeated: int
    differing: int
    aside: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class PageFacts:
    """One page as it was found."""

    side: str
    collection: str
    group_id: str | None
    file: str
    rows: int
    enveloped: bool
    next_link: str | None
    total: int | None
    scim: bool
    """Its total counts the whole collection (SCIM), so that rows can be held against it."""
    start: int | None
    aside: int = 0
    delta: bool = False
    last: bool = True
    """The page is whole; False while more of it is being read."""


def facts_of(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """What the keys around the records say about paging."""
    folded = {key.casefold(): value for key, value in envelope.items()}
    link = folded.get("@odata.nextlink") or folded.get("nextcursor") or folded.get("nextlink")
    links = [str(link or ""), str(folded.get("@odata.deltalink") or "")]
    return {
        "enveloped": bool(folded),
        "next_link": str(link) if link else None,
        "total": _whole(folded.get("totalresults", folded.get("@odata.count"))),
        "scim": "totalresults" in folded,
        "start": _whole(folded.get("startindex")),
        "delta": any("/delta" in one.casefold() for one in links),
    }


def _whole(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def pulls(
    pages: Iterable[PageFacts],
    rows: Mapping[tuple[str, str, str | None], int],
    doubles: Mapping[tuple[str, str], tuple[int, int]],
) -> list[Pull]:
    """Join pages to pulls.

    Parameters
    ----------
    pages
        The pages in order.
    rows
        Distinct rows per side, collection and group.
    doubles
        Repeated and differing rows per side and collection.
    """
    joined: dict[tuple[str, str, str | None], list[PageFacts]] = defaultdict(list)
    for page in pages:
        joined[page.side, page.collection, page.group_id].append(page)
    found = []
    for key, group in joined.items():
        side, collection, group_id = key
        repeated, differing = doubles.get((side, collection), (0, 0)) if not group_id else (0, 0)
        found.append(_pull(key, group, rows.get(key, 0), repeated, differing))
    return sorted(found, key=lambda pull: (pull.side, pull.collection, pull.group_id or ""))


def _pull(
    key: tuple[str, str, str | None],
    group: list[PageFacts],
    rows: int,
    repeated: int,
    differing: int,
) -> Pull:
    distinct = _without_copies(group)
    received = sum(page.rows for page in distinct)
    enveloped = [page for page in distinct if page.enveloped]
    counted = [page for page in distinct if page.total is not None]
    total = counted[0].total if counted else None
    ends = [page for page in distinct if page.next_link is None]
    open_next = not ends and bool(distinct)
    if any(page.scim for page in distinct):
        agrees = {page.total for page in counted} == {total} and total in (received, rows)
        terminal = agrees and not open_next
    else:
        terminal = bool(enveloped) and len(enveloped) == len(distinct) and not open_next
    bare = [page for page in distinct if not page.enveloped]
    capped = bool(bare) and not terminal and all(page.rows in CAPS for page in bare)
    return Pull(
        *key,
        rows=rows,
        pages=len(distinct),
        declared_total=total,
        open_next=open_next,
        terminal=terminal,
        capped=capped,
        repeated=repeated,
        differing=differing,
        aside=sum(page.aside for page in group),
        files=tuple(dict.fromkeys(page.file for page in group)),
    )


def _without_copies(group: list[PageFacts]) -> list[PageFacts]:
    """Pages without those that were saved twice: the same next link, or the same start."""
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for page in group:
        mark: tuple[Any, ...] | None = None
        if page.next_link is not None:
            mark = ("next", page.next_link)
        elif page.start is not None:
            mark = ("start", page.start, page.rows, page.total)
        if mark is None or mark not in seen:
            kept.append(page)
        if mark is not None:
            seen.add(mark)
    return kept
