"""What was changed in the settings of the jobs between two evidences: mappings, filters, the job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from scimlytics.evidence import Evidence

COLUMNS = ("what", "object_type", "subject", "attribute", "before", "after")
IS = "is there"
MAPPING = (
    "enabled",
    "flow_add",
    "flow_update",
    "flow_delete",
    "source_attribute",
    "expression",
    "default_value",
    "matching_priority",
    "flow_type",
)
CLAUSE = ("source_attribute", "operator", "operands")
JOB = ("state", "scope", "interval_s")


def changes(before: Evidence, after: Evidence) -> pd.DataFrame:
    """Compare the settings of the jobs in two evidences; what one of them lacks is not compared.

    Parameters
    ----------
    before, after
        The evidences, in the order of time.

    Returns
    -------
    DataFrame
        ``what`` (mapping, scope, job), ``object_type``, ``subject`` (the target attribute, the
        filter's name, the job), ``attribute`` (what of it, or ``is there``), ``before``,
        ``after`` (texts; empty where there is no value). Sorted.
    """
    import pandas as pd

    made: list[tuple[str, ...]] = []
    for table, what, key, shown in (
        ("mappings", "mapping", ("job_id", "object_type", "target_attribute_key"), MAPPING),
        ("scope_filters", "scope", ("job_id", "object_type", "filter_name", "clause"), CLAUSE),
        ("jobs", "job", ("job_id",), JOB),
    ):
        if before.has(table) and after.has(table):
            made += _of(what, _rows(before, table, key), _rows(after, table, key), shown)
    return pd.DataFrame(sorted(made), columns=list(COLUMNS), dtype="str")


def _rows(
    evidence: Evidence, table: str, key: tuple[str, ...]
) -> dict[tuple[str, ...], Mapping[str, Any]]:
    found = {}
    for row in evidence.rows(table).to_pylist():
        if row.get("source_type") == "attribute":
            row["expression"] = None  # it says the source attribute once more
        found[tuple(_text(row.get(name)) for name in key)] = row
    return found


def _of(
    what: str,
    before: Mapping[tuple[str, ...], Mapping[str, Any]],
    after: Mapping[tuple[str, ...], Mapping[str, Any]],
    shown: tuple[str, ...],
) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for key in before.keys() | after.keys():
        one, other = before.get(key), after.get(key)
        row = one or other or {}
        named = row.get("target_attribute") or row.get("filter_name") or row.get("job_id")
        head = (what, _text(row.get("object_type")), _text(named))
        if one is None or other is None:
            found.append((*head, IS, _yes(one), _yes(other)))
            continue
        found += [
            (*head, name, _text(one[name]), _text(other[name]))
            for name in shown
            if _text(one[name]) != _text(other[name])
        ]
    return found


def _yes(row: Mapping[str, Any] | None) -> str:
    return "no" if row is None else "yes"


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
