"""What a decoded document holds: records, pages of records, rows of a query's answer.

``{"value": […]}`` (Graph), ``{"records": […]}`` (Event Hub), ``{"Resources": […]}`` (SCIM),
``{"tables": […]}`` (Log Analytics), a list of such pages, a bare list, a single resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from scimlytics.errors import InputError

LISTS = ("value", "resources", "records", "tables", "results", "items", "data")
"""Keys under which products put their records, folded."""


@dataclass
class Group:
    """Records found together; ``single`` for one that stood alone."""

    records: list[Any]
    envelope: dict[str, Any] = field(default_factory=dict)
    last: bool = True
    single: bool = False
    raw: bytes | None = None


def list_key(document: dict[str, Any]) -> str | None:
    """The key of a document under which its records stand, if it is a page."""
    for name in LISTS:
        for key, value in document.items():
            if isinstance(value, list) and key.casefold() == name:
                if name in ("results", "items", "data") and "id" in document:
                    return None
                return key
    return None


def of_document(document: Any, name: str) -> Iterator[Group]:
    """The groups of one decoded document."""
    if isinstance(document, list):
        yield from of_list(document, {}, True, name)
    elif isinstance(document, dict):
        key = list_key(document)
        if key is not None:
            around = {one: value for one, value in document.items() if one != key}
            yield from of_list(document[key], around, True, name)
        else:
            folded = {one.casefold(): value for one, value in document.items()}
            _refuse_no_list(folded, name)
            if "totalresults" in folded:
                yield Group([], document)
            else:
                yield Group([document], single=True)
    else:
        raise InputError(f"{name}: holds a single value, no records; export it again.")


def _refuse_no_list(folded: dict[str, Any], name: str) -> None:
    if "@odata.context" in folded and "value" in folded and not isinstance(folded["value"], str):
        raise InputError(f"{name}: 'value' should be a list of records; export it again.")
    if "totalresults" in folded and folded.get("resources") is not None:
        raise InputError(f"{name}: 'Resources' should be a list of records; export it again.")


def of_list(records: list[Any], envelope: dict[str, Any], last: bool, name: str) -> Iterator[Group]:
    """The groups of a list: of records, of pages, or of the tables of Log Analytics."""
    if records and isinstance(records[0], dict) and {"columns", "rows"} <= records[0].keys():
        for number, table in enumerate(records, 1):
            yield Group(_rows_of_table(table, name), {}, last and number == len(records))
    elif not envelope and records and any(is_page(one) for one in records):
        for one in records:
            yield from of_document(one, name)
    elif envelope or not records or not all(isinstance(one, list) for one in records):
        yield Group(records, envelope, last)
    else:
        for one in records:
            yield Group(one, {})


def is_page(record: Any) -> bool:
    """Whether a record is a page of records."""
    if not isinstance(record, dict):
        return False
    return list_key(record) is not None or any(key.casefold() == "totalresults" for key in record)


def _rows_of_table(table: Any, name: str) -> list[dict[str, Any]]:
    """Rows of a query's answer (Log Analytics API): names once, then lists of values."""
    try:
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{name}: a table whose rows do not fit its columns.") from error
