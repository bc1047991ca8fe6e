"""Delimited files of users, groups, memberships and assignments, by the names of their headers.

A portal's download or somebody's spreadsheet. Every cell is text and stays as it is. A header that
nobody knows is left out and noted; a file that lacks what its table cannot be without is refused
with the headers that nobody knows, so that ``[[files]]`` can name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from scimlytics.errors import InputError
from scimlytics.loaders.cells import times_of
from scimlytics.loaders.directory_words import (
    ACTIVE_STATES,
    ASSIGNMENTS,
    GROUP_MARKS,
    GROUPS,
    INACTIVE_STATES,
    MEMBERSHIPS,
    NO_DIRECTORY,
    USERS,
    matched,
    plain,
)
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    columns,
    flag,
    identifier,
    listed,
    missing_id,
    objects,
    scalars,
    text,
)

RANK = 10
"""Asked last: headers are everybody's, and a product that knows its own comes first."""
WORDS = {
    "users": USERS,
    "groups": GROUPS,
    "memberships": MEMBERSHIPS,
    "assignments": ASSIGNMENTS,
}
NEEDED = {
    "users": ("id", "user_name"),
    "groups": ("id", "display_name"),
    "memberships": ("group_id", "member_id"),
    "assignments": ("principal_id",),
}
TIMES = ("created", "modified", "last_login")
FLAGS = ("active", "inactive", "security_enabled")
TYPES = {"user": "user", "group": "group", "device": "device"}
Row = dict[str, Any]


def table_of(headers: list[str]) -> str | None:
    """Say what a file holds by its headers; None where they do not tell."""
    names = {plain(header) for header in headers}
    if names & NO_DIRECTORY:
        return None
    edges, held = matched(headers, MEMBERSHIPS), matched(headers, ASSIGNMENTS)
    if {"group_id", "member_id"} <= set(edges):
        return "memberships"
    if "principalid" in names or (
        {"principal_id"} <= set(held) and {"application", "app_id"} & set(held)
    ):
        return "assignments"
    people, groups = matched(headers, USERS), matched(headers, GROUPS)
    if "user_name" not in people and names & set(GROUP_MARKS) and "display_name" in groups:
        return "groups"
    named = {"user_name", "email", "given_name", "family_name", "employee_number"} & set(people)
    return (
        "users"
        if named and len(people) >= 2
        else "groups"
        if "id" in groups and len(groups) == len(names)
        else None
    )


def load(page: Page) -> Loading:
    """Turn rows into a table by their headers.

    Raises
    ------
    InputError
        A column that the table needs has no header we know, or a cell cannot be read.
    """
    aside: list[tuple[int, str]] = []
    found = list(objects(page, aside))
    headers = list(dict.fromkeys(str(key) for _, record in found for key in record))
    table = table_of(headers) or "users"
    named = matched(headers, WORDS[table])
    if page.group_id is not None and table == "users" and "id" in named:
        table, named = "memberships", {"member_id": named["id"]} | _names(named)
    unknown = [header for header in headers if header not in named.values()]
    lacking = [one for one in NEEDED[table] if one not in named and not _given(page, one)]
    if lacking and found:
        raise InputError(
            f"{page.file}: read as {table}, and no header says {', '.join(lacking)}"
            f" (headers that nobody knows: {', '.join(unknown[:30]) or 'none'});"
            " [[files]] in scimlytics.toml can say what they are."
        )
    cells = _cells(page.file, table, named, found)
    rows: list[Row] = []
    for place, (row, record) in enumerate(found):
        one = {column: values[place] for column, values in cells.items()}
        one |= {"source_file": page.file, "source_row": row}
        if table == "memberships" and page.group_id is not None:
            one.setdefault("group_id", page.group_id)
        fault = _fault(table, one)
        if fault:
            aside.append((row, fault))
            continue
        if table in ("users", "groups"):
            one["attributes"] = scalars(record)
        rows.append(one)
    notes = [f"header that nobody knows: {header}" for header in unknown]
    names = sorted({name for row in rows for name in row} | set(cells))
    return Loading({table: columns(rows, names)}, aside, notes=notes)


def _names(named: Mapping[str, str]) -> dict[str, str]:
    return {"member_name": named["user_name"]} if "user_name" in named else {}


def _given(page: Page, column: str) -> bool:
    return column == "group_id" and page.group_id is not None


def _cells(
    file: str, table: str, named: Mapping[str, str], found: list[tuple[int, Record]]
) -> dict[str, list[Any]]:
    """Read the named columns by what they hold."""
    places = [row for row, _ in found]
    made: dict[str, list[Any]] = {}
    for column, header in named.items():
        cells = [record.get(header) for _, record in found]
        if column in TIMES:
            made[column] = list(times_of(file, column, cells, places, UTC))
        elif column in FLAGS:
            made[column] = _flags(file, header, cells, places)
        elif column == "aliases":
            made[column] = [_aliases(cell) for cell in cells]
        elif column in ("member_type", "principal_type"):
            made[column] = [_type(cell, table) for cell in cells]
        elif column != "application":
            made[column] = [text(cell) for cell in cells]
    if table == "users":
        _settle_active(file, made, places)
    return made


def _flags(file: str, header: str, cells: list[Any], places: list[int]) -> list[bool | None]:
    found = []
    for cell, place in zip(cells, places, strict=True):
        word = flag(cell)
        if word is None and cell not in (None, ""):
            raise InputError(
                f"{file}, row {place}: '{header}' should be true or false;"
                " [[files]] in scimlytics.toml can say what its words mean."
            )
        found.append(word)
    return found


def _settle_active(file: str, made: dict[str, list[Any]], places: list[int]) -> None:
    """Fill *active* from its denial, or from a state whose word is known."""
    denied = made.pop("inactive", None)
    if "active" in made:
        return
    if denied is not None:
        made["active"] = [None if one is None else not one for one in denied]
    elif "state" in made:
        made["active"] = [
            _active_by_state(file, state, place)
            for state, place in zip(made["state"], places, strict=True)
        ]


def _active_by_state(file: str, state: str | None, place: int) -> bool | None:
    if state is None:
        return None
    word = state.strip().casefold()
    if word in ACTIVE_STATES:
        return True
    if word in INACTIVE_STATES:
        return False
    raise InputError(
        f"{file}, row {place}: the state '{word[:40]}' may mean active or not;"
        " [[files]] in scimlytics.toml can say so (values.active)."
    )


def _aliases(cell: Any) -> list[str]:
    """Read mail addresses in one cell; Microsoft parts them by + and says ``smtp:``."""
    parts = listed(cell, "+;,|")
    bare = [part[5:] if part.casefold().startswith("smtp:") else part for part in parts]
    return [part for part in bare if "@" in part]


def _type(cell: Any, table: str) -> str | None:
    word = (text(cell) or "").rpartition(".")[2].casefold()
    if not word:
        return None
    return TYPES.get(word, "other") if table == "memberships" or word != "device" else "other"


def _fault(table: str, row: Row) -> str | None:
    for name in ("id", "group_id", "member_id", "principal_id"):
        if name in NEEDED[table] and identifier(row.get(name)) is None:
            return missing_id(row.get(name), name)
    return None


def is_directory(envelope: Record, record: Any) -> bool:
    """Whether a record is a row of texts whose headers say what it holds."""
    if not isinstance(record, Mapping) or envelope:
        return False
    if not all(value is None or isinstance(value, str) for value in record.values()):
        return False
    return table_of([str(key) for key in record]) is not None


TABLES = ("users", "groups", "memberships", "assignments")
FORMATS = (
    Format(
        "Delimited directory file",
        "delimited",
        TABLES,
        is_directory,
        load,
    ),
)
