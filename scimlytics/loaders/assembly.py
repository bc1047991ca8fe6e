"""All files of a folder become one set of tables: sides told apart, doubles dropped, facts kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError
from scimlytics.loaders import FileReport, Loaded
from scimlytics.loaders.making import SPARE
from scimlytics.loaders.merge import CHILDREN, KEYS, Parts, children_of, distinct, taken_back
from scimlytics.loaders.pages import PageFacts, pulls
from scimlytics.loaders.raw import conformed
from scimlytics.loaders.reading import SIDED, FileRead, span
from scimlytics.loaders.registry import finishers
from scimlytics.loaders.roles import side_of
from scimlytics.loaders.spoken import coverage, newest_of
from scimlytics.tables import TABLES

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.settings import Settings

Shelf = tuple[str, datetime | None]
"""Where tables of one side and moment stand: side (or nothing) and the time of an older snapshot."""


@dataclass
class _Hall:
    """Everything on its way into the tables."""

    parts: dict[Shelf, dict[str, Parts]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    removals: dict[Shelf, dict[str, list[tuple[int, set[tuple[str, ...]]]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    spare: dict[Shelf, list[tuple[str, int, pa.Table]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """Tables of the fallback: name, page number and rows."""
    file_of: list[int] = field(default_factory=list)
    """The file of each page number."""
    facts: list[PageFacts] = field(default_factory=list)
    partial: set[tuple[str, str]] = field(default_factory=set)
    systems: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    present: set[str] = field(default_factory=set)
    repeated: Counter[int] = field(default_factory=Counter)
    differing: Counter[int] = field(default_factory=Counter)
    doubles: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)


def assemble(reads: list[FileRead], settings: Settings) -> Loaded:
    """Put the files of a folder together.

    Parameters
    ----------
    reads
        What was read of each file, in order.
    settings
        What ``scimlytics.toml`` says.
    """
    hall = _Hall()
    roles: list[str | None] = []
    for number, read in enumerate(reads):
        roles.append(None if read.error else _take(hall, read, number, settings))
    _take_spare(hall)
    _take_empty(hall, reads, roles)
    shelves = {shelf: _joined(hall, shelf, parts) for shelf, parts in hall.parts.items()}
    tables = {key: TABLES[name].empty() for key, name in _keys().items()}
    for (side, previous), made in shelves.items():
        if previous is None:
            tables.update({f"{side}_{name}" if side else name: one for name, one in made.items()})
    for finish in finishers():
        tables = finish(tables)
    tables["coverage"] = coverage(tables, settings)
    newest, dated_by_file = newest_of(tables, reads, roles)
    previous_tables = {
        (side, moment): {name: made.get(name, TABLES[name].empty()) for name in SIDED}
        for (side, moment), made in shelves.items()
        if moment is not None
    }
    systems = {role: found.most_common(1)[0][0] for role, found in hall.systems.items()}
    return Loaded(
        tables=tables,
        present=frozenset(hall.present),
        previous=previous_tables,
        pulls=pulls(hall.facts, _rows(tables, hall.facts), hall.doubles),
        files=[_report(hall, read, number, roles[number]) for number, read in enumerate(reads)],
        systems=systems,
        newest=newest,
        dated_by_file=dated_by_file,
    )


def _keys() -> dict[str, str]:
    """The names under which tables stand, and which table each is."""
    sided = {f"{side}_{name}": name for side in ("source", "target") for name in SIDED}
    return sided | {name: name for name in TABLES if name not in SIDED and name != "findings"}


def _take(hall: _Hall, read: FileRead, number: int, settings: Settings) -> str | None:
    """Put a file's pages onto their shelves; gives the file's role."""
    try:
        sides = [
            side_of(page.place, page.format, settings) if set(page.tables) & set(SIDED) else ""
            for page in read.pages
        ]
        fact_sides = [
            side_of(place, format_, settings)
            if format_ and fact.collection in SIDED
            else {"events": "log"}.get(fact.collection, "source")
            for place, format_, fact in read.facts
        ]
    except InputError as error:
        read.error = str(error)
        return None
    for page, side in zip(read.pages, sides, strict=True):
        part = len(hall.file_of)
        hall.file_of.append(number)
        shelf: Shelf = (side, page.place.previous)
        for name, table in page.tables.items():
            if name.startswith(SPARE):
                hall.spare[shelf].append((name.removeprefix(SPARE), part, table))
                continue
            at: Shelf = shelf if name in SIDED else ("", page.place.previous)
            hall.parts[at][name].append((part, table))
            if page.place.previous is None:
                hall.present.add(f"{side}_{name}" if name in SIDED else name)
        for name, keys in page.removals.items():
            hall.removals[shelf][name].append((part, keys))
        role = side or ("log" if "events" in page.tables else None)
        if role and page.place.previous is None:
            hall.systems[role][page.format.product] += 1
    for (place, format_, fact), side in zip(read.facts, fact_sides, strict=True):
        if format_ is None or place.previous is not None or not fact.collection:
            continue
        hall.facts.append(replace(fact, side=side))
        if fact.delta:
            hall.partial.add((side, fact.collection))
    told = [side for side in sides if side]
    return read.place.role or (told[0] if told else _role_of_content(read))


def _take_spare(hall: _Hall) -> None:
    """Take memberships as the users name them, where no file of that side holds any.

    They are as whole as the users they came with.
    """
    for (side, previous), spare in hall.spare.items():
        for name in sorted({name for name, _, table in spare if table.num_rows}):
            parts = hall.parts[side, previous]
            if any(table.num_rows for _, table in parts.get(name, ())):
                continue
            parts[name] += [(part, table) for key, part, table in spare if key == name]
            if previous is not None:
                continue
            hall.present.add(f"{side}_{name}")
            hall.facts += [
                replace(fact, collection=name, aside=0)
                for fact in hall.facts
                if fact.side == side and fact.collection == "users"
            ]


def _role_of_content(read: FileRead) -> str | None:
    tables = {name for page in read.pages for name in page.tables}
    return (
        "log" if "events" in tables else next((one.role for one in read.formats if one.role), None)
    )


def _take_empty(hall: _Hall, reads: list[FileRead], roles: list[str | None]) -> None:
    """Give answers without a row to the collection that their folder and neighbours lack."""
    for read in reads:
        for place, format_, fact in read.facts:
            if format_ is not None or read.error or place.previous is not None:
                continue
            side = place.role or "target"
            if side == "log":
                collection, key = "events", "events"
            elif fact.group_id is not None:
                collection = "memberships"
                key = f"{side}_memberships"
            else:
                lacking = [one for one in SIDED[:2] if f"{side}_{one}" not in hall.present]
                collection = lacking[0] if lacking else "memberships"
                key = f"{side}_{collection}"
            hall.present.add(key)
            group = fact.group_id if collection == "memberships" else None
            hall.facts.append(replace(fact, side=side, collection=collection, group_id=group))


def _joined(hall: _Hall, shelf: Shelf, parts: dict[str, Parts]) -> dict[str, pa.Table]:
    """The tables of one shelf without doubles."""
    made: dict[str, pa.Table] = {}
    side, previous = shelf
    hanging = {child: parent for parent, children in CHILDREN.items() for child in children}
    dropped: dict[str, dict[int, set[str]]] = {}
    for name in sorted(parts, key=lambda one: one in hanging):
        if name in hanging:
            left = children_of(parts[name], dropped.get(hanging[name], {}))
            made[name] = conformed(TABLES[name], left)
            continue
        left = taken_back(name, parts[name], hall.removals[shelf][name])
        partial = (side, name) in hall.partial and KEYS.get(name) == ("id",)
        found = distinct(name, left, partial=partial)
        made[name] = conformed(TABLES[name], found.table)
        dropped[name] = found.dropped
        for part, count in found.repeated.items():
            hall.repeated[hall.file_of[part]] += count
        for part, count in found.differing.items():
            hall.differing[hall.file_of[part]] += count
        if previous is None:
            where = side or ("log" if name == "events" else "source")
            totals = (found.repeated.total(), found.differing.total())
            hall.doubles[where, name] = totals
    return made


def _rows(
    tables: dict[str, pa.Table], facts: Iterable[PageFacts]
) -> dict[tuple[str, str, str | None], int]:
    """Distinct rows per side, collection and group."""
    counts: dict[tuple[str, str, str | None], int] = {}
    per_group: dict[str, Counter[Any]] = {}
    for fact in facts:
        key = f"{fact.side}_{fact.collection}" if fact.collection in SIDED else fact.collection
        if fact.group_id is None:
            counts[fact.side, fact.collection, None] = tables[key].num_rows
            continue
        if key not in per_group:
            per_group[key] = Counter(tables[key].column("group_id").to_pylist())
        counts[fact.side, fact.collection, fact.group_id] = per_group[key][fact.group_id]
    return counts


def _report(hall: _Hall, read: FileRead, number: int, role: str | None) -> FileReport:
    rows: Counter[str] = Counter()
    for page in read.pages:
        counts = {name: table.num_rows for name, table in page.tables.items()}
        rows.update({name: count for name, count in counts.items() if not name.startswith(SPARE)})
    first, last = span([table for page in read.pages for table in page.tables.values()])
    empty = any(format_ is None for _, format_, _ in read.facts)
    name = ", ".join(one.name for one in read.formats) or ("Empty answer" if empty else None)
    return FileReport(
        path=read.place.name,
        format=name,
        product=read.formats[0].product if read.formats else None,
        role=role or read.place.role,
        tables=dict(rows),
        used=bool(read.pages or empty) and not read.error,
        aside=read.aside,
        put_aside=read.put_aside,
        repeated=hall.repeated[number],
        differing=hall.differing[number],
        first=first,
        last=last,
        error=read.error,
        notes=tuple(f"{note} ({count}×)" for note, count in sorted(read.notes.items())),
    )
