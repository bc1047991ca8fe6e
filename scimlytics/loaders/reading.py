"""One file becomes tables: opened, cut into pages, recognised, loaded, and reported on.

A file is taken whole or not at all: when one page of it cannot be read, nothing of it is used and
its report says where and why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain, groupby, islice, tee
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError
from scimlytics.loaders.crew import Crew, UncutError, crowded
from scimlytics.loaders.delimited import header_of, read_csv_records, read_lines
from scimlytics.loaders.folder import Place, place_of
from scimlytics.loaders.format import Format, Page
from scimlytics.loaders.framing import Piece, pieces
from scimlytics.loaders.making import Made, load_page
from scimlytics.loaders.opening import Content, contents
from scimlytics.loaders.pages import COLLECTIONS, PageFacts, facts_of
from scimlytics.loaders.registry import recognise
from scimlytics.loaders.unknown import what_it_is

if TYPE_CHECKING:
    import pyarrow as pa

SIDED = ("users", "groups", "memberships")
"""Tables of one side; what is in the others says itself where it belongs."""
CSV_ROWS = 50_000
LISTED_ASIDE = 1_000
"""So many rows that were put aside are listed per file; all are counted."""


@dataclass(frozen=True)
class Loaded:
    """One page as tables, and where it goes."""

    place: Place
    format: Format
    tables: dict[str, pa.Table]
    removals: dict[str, set[tuple[str, ...]]]


@dataclass
class FileRead:
    """What was read from one file so far."""

    place: Place
    alone: bool = False
    """Without helpers."""
    formats: list[Format] = field(default_factory=list)
    pages: list[Loaded] = field(default_factory=list)
    facts: list[tuple[Place, Format | None, PageFacts]] = field(default_factory=list)
    begun: dict[str, int] = field(default_factory=dict)
    """Per collection the place in ``facts`` of a page of which more is to come."""
    aside: list[tuple[int, str]] = field(default_factory=list)
    put_aside: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    error: str | None = None

    def put(self, rows: list[tuple[int, str]]) -> None:
        """Count rows that were put aside, and list the first of them."""
        self.put_aside += len(rows)
        self.aside += rows[: LISTED_ASIDE - len(self.aside)]


def read_file(place: Place, by_hand: Format | None = None) -> FileRead:
    """Read one file; what stops it is in ``error``, and then nothing of it is used.

    Parameters
    ----------
    place
        The file.
    by_hand
        The format that ``[[files]]`` of the settings gives it, which then needs no recognising.
    """
    try:
        return _read_file(place, by_hand)
    except UncutError:
        return _read_file(place, by_hand, alone=True)


def _read_file(place: Place, by_hand: Format | None, *, alone: bool = False) -> FileRead:
    read = FileRead(place, alone=alone)
    try:
        if place.error:
            raise InputError(f"{place.name}: {place.error}.")
        for content in contents(place.path, place.name):
            here = place_of(place.path, content.name)
            if here.error:
                raise InputError(f"{content.name}: {here.error}.")
            _read_content(read, here, content, by_hand)
    except InputError as error:
        return FileRead(place, formats=read.formats, error=str(error))
    return read


def _read_content(read: FileRead, place: Place, content: Content, by_hand: Format | None) -> None:
    first = next(content.chunks, b"")
    content = replace(content, chunks=chain([first], content.chunks))
    sign = first.lstrip(b" \t\r\n\x1e\xef\xbb\xbf")[:1]
    if not sign and not first.strip():
        content = _past_blank(content)
        sign = b"{"
    if sign not in (b"{", b"["):
        _read_text(read, place, content, by_hand)
        return
    known = by_hand
    crew = (
        Crew(place.group_id) if by_hand is None and not read.alone and crowded(place.path) else None
    )
    with crew or nullcontext():
        for piece in pieces(content, raw=crew is not None):
            if crew is not None and piece.raw is not None and known is not None:
                if known.tables:
                    crew.hand_out(piece, content.name, known)
                    _take_back(read, place, crew, wait=False)
                continue
            if crew is not None:
                _take_back(read, place, crew, wait=True)
                piece = replace(piece, first_row=piece.first_row + crew.rows)
            if piece.doubled:
                read.notes["a key given twice in one record; the last one counts"] += piece.doubled
            for run, format_ in _runs(piece, known, by_hand):
                _load(read, place, content.name, run, format_)
                known = format_
            if piece.last:
                known = by_hand


def _take_back(read: FileRead, place: Place, crew: Crew, *, wait: bool) -> None:
    """Keep what helpers made, in the order of the file."""
    for piece, format_, made in crew.done(wait=wait):
        _keep(read, place, format_, piece, made)


def _past_blank(content: Content) -> Content:
    """Skip leading blank chunks; only a text of nothing but blanks is empty."""
    for chunk in content.chunks:
        if chunk.strip():
            return replace(content, chunks=chain([chunk], content.chunks))
    raise InputError(f"{content.name}: empty; export it again, or take it away.")


def _runs(
    piece: Piece, known: Format | None, by_hand: Format | None
) -> Iterator[tuple[Piece, Format | None]]:
    """Parts of a piece that are of one format each: lines may mix what a list may not."""
    if by_hand is not None:
        yield piece, by_hand
        return
    if piece.listed:
        record = next((one for one in piece.records if isinstance(one, dict)), None)
        if known is None or record is None:
            known = known or recognise(piece.envelope, record)
        yield piece, known
        return
    row = piece.first_row
    for _, group in groupby(piece.records, _signature):
        records = list(group)
        run = replace(piece, records=records, first_row=row)
        yield run, recognise({}, records[0]) if isinstance(records[0], dict) else None
        row += len(records)


def _signature(record: Any) -> Any:
    if not isinstance(record, dict):
        return type(record)
    return (*sorted(record), str(record.get("schemas")), str(record.get("category")))


def _read_text(read: FileRead, place: Place, content: Content, by_hand: Format | None) -> None:
    """Read delimited text, or a log of plain lines when no format knows the columns."""
    first = next(content.chunks)
    chunks, again = tee(chain([first], content.chunks))
    records = read_csv_records(chunks, content.name)
    error: InputError | None = None
    try:
        head = next(records, None)
    except InputError as problem:
        head, error = None, problem
    shown = head or dict.fromkeys(header_of(first), "")
    format_ = by_hand or recognise({}, shown)
    if format_ is None:
        lines = (line.rstrip("\r\n") for line in read_lines(again, content.name))
        line = next((one for one in lines if one.strip()), None)
        format_ = recognise({}, line) if line is not None else None
        if format_ is None or line is None:
            raise error or what_it_is(content.name, [head or line])
        rows: Iterator[Any] = chain([line], lines)
    else:
        rows = chain([head] if head is not None else [], records)
    del chunks, again
    row = 1
    while batch := list(islice(rows, CSV_ROWS)):
        piece = Piece(batch, {}, row, 1, last=len(batch) < CSV_ROWS, listed=False)
        _load(read, place, content.name, piece, format_)
        row += len(batch)
    if row == 1:
        _load(read, place, content.name, Piece([], {}, 1, 1, True), format_)


def _load(read: FileRead, place: Place, name: str, piece: Piece, format_: Format | None) -> None:
    """Load one piece, and keep what it shows about its completeness."""
    if format_ is None or (not format_.tables and not piece.records):
        if piece.records:
            raise what_it_is(name, piece.records)
        read.facts.append((place, None, _facts(piece, place, "", 0, 0)))
        return
    if format_ not in read.formats:
        read.formats.append(format_)
    if format_.tables:
        page = Page(name, piece.records, piece.envelope, piece.first_row, place.group_id)
        _keep(read, place, format_, piece, load_page(format_, page))


def _keep(read: FileRead, place: Place, format_: Format, piece: Piece, made: Made) -> None:
    """Keep what was made of a piece."""
    read.put(made.aside)
    read.notes.update(made.notes)
    for number, part in enumerate(made.parts):
        read.pages.append(Loaded(place, format_, part.tables, part.removals))
        aside = len(made.aside) if number == 0 else 0
        _keep_facts(read, place, format_, piece, part.tables, aside)


def _keep_facts(
    read: FileRead,
    place: Place,
    format_: Format,
    piece: Piece,
    tables: dict[str, pa.Table],
    aside: int,
) -> None:
    """Note pages per collection; the parts of one large page count once."""
    collections = [name for name in COLLECTIONS if name in tables]
    for number, collection in enumerate(collections):
        rows = tables[collection].num_rows
        if number and collection == "memberships" and not rows:
            continue
        fact = _facts(piece, place, collection, rows, aside if number == 0 else 0)
        begun = read.begun.pop(collection, None)
        if begun is None:
            begun = len(read.facts)
            read.facts.append((place, format_, fact))
        else:
            before = read.facts[begun][2]
            both = replace(fact, rows=before.rows + rows, aside=before.aside + fact.aside)
            read.facts[begun] = (place, format_, both)
        if not piece.last:
            read.begun[collection] = begun


def _facts(piece: Piece, place: Place, collection: str, rows: int, aside: int) -> PageFacts:
    side = "log" if collection == "events" else place.role or ""
    around = facts_of(piece.envelope)
    group = place.group_id if collection in ("memberships", "") else None
    return PageFacts(
        side, collection, group, place.name, rows, **around, aside=aside, last=piece.last
    )


def span(tables: list[pa.Table]) -> tuple[datetime | None, datetime | None]:
    """The first and the last time that rows of a log tell."""
    import pyarrow.compute as pc

    times = []
    for table in tables:
        if "at" in table.column_names and table.num_rows:
            ends = pc.min_max(table.column("at")).as_py()
            times += [one for one in ends.values() if one is not None]
    return (min(times), max(times)) if times else (None, None)
