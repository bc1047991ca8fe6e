"""Any other product's export, described by hand in ``scimlytics.toml`` (DESIGN 5.1).

An entry of ``[[files]]`` says which column of the file is which of ours, and which of its words
stand for ours. What the entry does not cover is refused with a list, never guessed: a status that
nobody explained would turn failures into successes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from functools import partial
from typing import Any

from scimlytics.errors import InputError
from scimlytics.loaders.cells import numbers_of, times_of
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import columns, fields, flag, listed, objects, text
from scimlytics.loaders.scim_traffic import object_of, split_target
from scimlytics.settings import FileRule, Settings, zone_of
from scimlytics.tables import FLAG, NUMBER, REAL, TABLES, TEXTS, TIME

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "users": ("id", "user_name"),
    "groups": ("id", "display_name"),
    "memberships": ("group_id", "member_id"),
    "assignments": ("principal_id",),
    "events": ("at", "action", "status", "object_type"),
    "scim_requests": ("at", "method", "path", "status"),
    "target_audit": ("at", "action", "object_type"),
}
ONE_OF: Mapping[str, tuple[str, ...]] = {
    "events": ("source_id", "source_name", "target_id"),
    "target_audit": ("target_id", "subject"),
}
NUMBERED = {"events": "event_id", "scim_requests": "request_id", "target_audit": "audit_id"}
"""Tables whose rows need an id of their own, and where it goes."""
SHOWN = 20
"""Values listed in one message."""

Row = dict[str, Any]


def formats(settings: Settings) -> list[tuple[str, Format]]:
    """Make a format of each entry of ``[[files]]``.

    Returns
    -------
    list
        The entry's pattern, relative to the evidence, and the format of the files it names.

    Raises
    ------
    InputError
        An entry lacks a column without which its table says nothing.
    """
    made = []
    for place, rule in enumerate(settings.files, start=1):
        where = f"scimlytics.toml, files[{place}]"
        _check(rule, where)
        zone = zone_of(rule.timezone, where) if rule.timezone else None
        product = _product(rule, settings)
        made.append(
            (
                rule.path,
                Format(
                    f"{rule.table} by hand ({rule.path})",
                    product,
                    (rule.table,),
                    _any,
                    partial(load, rule=rule, zone=zone, product=product),
                ),
            )
        )
    return made


def load(page: Page, *, rule: FileRule, zone: tzinfo | None, product: str) -> Loading:
    """Turn records into rows as the entry says.

    Raises
    ------
    InputError
        The file lacks a column, or holds values that the entry does not cover; lists them.
    """
    aside: list[tuple[int, str]] = []
    found = [(row, record) for row, record in objects(page, aside)]
    cells = {
        column: [_cell(record, name) for _, record in found]
        for column, name in rule.columns.items()
    }
    _refuse_missing_columns(page, rule, [record for _, record in found])
    places = [row for row, _ in found]
    values = {
        column: _values(page.file, rule, column, cells[column], places, zone) for column in cells
    }
    rows: list[Row] = []
    for place, row in enumerate(places):
        one = {column: values[column][place] for column in values}
        lacking = _lacking(rule.table, one)
        if lacking:
            aside.append((row, f"has no {lacking}"))
        else:
            rows.append(_completed(rule.table, one, page.file, row, product))
    names = sorted({name for row in rows for name in row} | set(rule.columns))
    collected = set(rule.columns) | {"source_file", "source_row"}
    return Loading({rule.table: columns(rows, names)}, aside, {rule.table: collected})


def _any(envelope: Record, record: Any) -> bool:
    return True


def _product(rule: FileRule, settings: Settings) -> str:
    targets = rule.path.startswith("target/") or rule.table in ("scim_requests", "target_audit")
    named = settings.target.system if targets else settings.source.system
    return named or "by hand"


def _check(rule: FileRule, where: str) -> None:
    lacking = [name for name in REQUIRED[rule.table] if name not in rule.columns]
    if lacking:
        wanted = ", ".join(REQUIRED[rule.table])
        raise InputError(
            f"{where}: {rule.table} need {wanted}; columns lacks {', '.join(lacking)}."
        )
    choice = ONE_OF.get(rule.table, ())
    if choice and not set(choice) & set(rule.columns):
        raise InputError(f"{where}: {rule.table} need one of {', '.join(choice)} in columns.")


def _cell(record: Record, name: str) -> Any:
    """Find a value: the key itself, in any case, else a path of keys (``resource.id``)."""
    if name in record:
        return record[name]
    known = fields(record)
    if name.casefold() in known:
        return known[name.casefold()]
    value: Any = record
    for part in name.split("."):
        if isinstance(value, Mapping):
            value = fields(value).get(part.casefold())
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def _refuse_missing_columns(page: Page, rule: FileRule, records: list[Record]) -> None:
    """Refuse a column that no record has; JSON may leave optional keys out when they are null."""
    if not records:
        return
    delimited = all(isinstance(value, str) for record in records for value in record.values())
    for column, name in rule.columns.items():
        wanted = delimited or column in REQUIRED[rule.table]
        if wanted and all(_absent(record, name) for record in records):
            known = ", ".join(str(key) for key in list(records[0])[:SHOWN])
            raise InputError(
                f"{page.file}: has no column '{name}' (columns.{column} of [[files]]);"
                f" it has: {known}."
            )


def _absent(record: Record, name: str) -> bool:
    known = fields(record)
    return name.casefold() not in known and _cell(record, name) is None


def _values(
    file: str,
    rule: FileRule,
    column: str,
    cells: list[Any],
    places: list[int],
    zone: tzinfo | None,
) -> list[Any]:
    """Read the values of a column by its type; raise with all that cannot be read."""
    kind = TABLES[rule.table].columns[column]
    plain = [cell.strip() if isinstance(cell, str) else cell for cell in cells]
    if column in rule.values or kind.words or kind.type == FLAG:
        return _words(file, rule, column, plain, places)
    if kind.type == TIME:
        return times_of(file, column, plain, places, zone)
    if kind.type in (NUMBER, REAL):
        return numbers_of(file, column, plain, places, whole=kind.type == NUMBER)
    if kind.type == TEXTS:
        return [listed(cell, ",;") for cell in plain]
    return [text(cell) for cell in plain]


def _words(
    file: str, rule: FileRule, column: str, cells: list[Any], places: list[int]
) -> list[Any]:
    """Translate words of a closed vocabulary; without a mapping only our own words will do."""
    kind = TABLES[rule.table].columns[column]
    if column in rule.values:
        given = rule.values[column].items()
        meant = {word.strip().casefold(): ours for ours, words in given for word in words}
    else:
        meant = {word: word for word in kind.words or ("true", "false")}
    strange: dict[str, int] = {}
    found: list[Any] = []
    for cell, place in zip(cells, places, strict=True):
        word = text(cell)
        if word is None or word.casefold() in meant:
            found.append(None if word is None else meant[word.casefold()])
        else:
            found.append(None)
            strange.setdefault(word[:60], place)
    if strange:
        named = [f"'{word}' (row {place})" for word, place in list(strange.items())[:SHOWN]]
        more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
        raise InputError(
            f"{file}: values.{column} of [[files]] does not cover {', '.join(named)}{more};"
            f" our words are {', '.join(kind.words or ('true', 'false'))}."
        )
    return [flag(word) for word in found] if kind.type == FLAG else found


def _lacking(table: str, row: Row) -> str | None:
    """Say which column without a value makes a row say nothing."""
    for name in REQUIRED[table]:
        # A user name is worth reading even where it is missing; an id is not.
        if row.get(name) is None and name not in ("user_name", "display_name"):
            return name
    choice = ONE_OF.get(table, ())
    if choice and all(row.get(name) is None for name in choice):
        return " or ".join(choice)
    return None


def _completed(table: str, row: Row, file: str, place: int, product: str) -> Row:
    """Add what follows from the rest: origin, an id, and whether something was written."""
    whole = {"source_file": file, "source_row": place} | row
    if table in NUMBERED and whole.get(NUMBERED[table]) is None:
        whole[NUMBERED[table]] = f"{file}:{place}"
    if table == "assignments":
        whole = {"principal_type": "user"} | whole
    if table == "events":
        done = row["status"] in ("success", "warning") and row["action"] not in (
            "other",
            "staged_delete",
        )
        whole = {"product": product, "outbound": True, "written": done} | whole
    if table == "scim_requests":
        path, _ = split_target(str(row["path"]))
        kind, resource = object_of(path)
        whole = {"object_type": kind, "target_id": resource} | whole | {"path": path}
        whole["method"] = str(row["method"]).upper()
    return whole
