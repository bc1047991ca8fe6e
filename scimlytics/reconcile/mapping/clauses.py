"""Scoping filters, evaluated on the directory: which clause keeps whom out.

Clauses of one filter must all hold; one filter that holds is enough; an empty value fails every clause
but ``IS NULL`` (Microsoft, "Scoping users or groups to be provisioned with scoping filters").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scimlytics.reconcile.mapping.functions import UnevaluableError, Value, matches, plain
from scimlytics.reconcile.mapping.records import Records

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Clause:
    """One condition on one attribute."""

    kind: str
    filter: str
    attribute: str
    operator: str
    operands: tuple[str, ...]

    @property
    def name(self) -> str:
        """How the provider's own evaluation names it: the filter's title, a dot, the clause."""
        against = " ".join(f"'{one}'" for one in self.operands)
        return f"{self.filter}.{self.attribute} {self.operator} {against}".rstrip()


def _integer(value: str) -> int | None:
    return int(value) if value.lstrip("-").isdigit() else None


def _greater(value: str, limit: str) -> bool:
    one, other = _integer(value), _integer(limit)
    return one is not None and other is not None and one > other


def _at_least(value: str, limit: str) -> bool:
    return value == limit or _greater(value, limit)


BINARY: dict[str, Callable[[str, str], bool]] = {
    "&": lambda value, given: value in given,
    "!&": lambda value, given: value not in given,
    "ends_with": lambda value, given: value.endswith(given),
    "equals": lambda value, given: value == given,
    "greater_than": _greater,
    "greater_than_or_equals": _at_least,
    "includes": lambda value, given: given in value,
    "not_equals": lambda value, given: value != given,
    "not_regex_match": lambda value, given: not matches(given, value),
    "regex_match": lambda value, given: matches(given, value),
}
UNARY: dict[str, Callable[[str], bool]] = {
    "is_false": lambda value: value.casefold() in ("false", "0"),
    "is_not_null": lambda value: value != "",
    "is_null": lambda value: value == "",
    "is_true": lambda value: value.casefold() in ("true", "1"),
}


def clauses(filters: Sequence[Mapping[str, Any]]) -> list[Clause]:
    """The clauses on people among rows of SCOPE_FILTERS."""
    return [
        Clause(
            str(row["filter_kind"]),
            str(row["filter_name"] or "filter"),
            str(row["source_attribute"] or ""),
            str(row["operator"] or ""),
            tuple(row["operands"] or ()),
        )
        for row in filters
        if row["object_type"] == "user"
    ]


def failed_clauses(
    given: Sequence[Clause], records: Records
) -> tuple[list[list[str]], list[tuple[Clause, str]]]:
    """Whom filters keep out, and by which clauses.

    Returns
    -------
    failed
        Per person the names of the clauses that keep the person out; empty where a filter lets the
        person in, or where that cannot be told.
    left_out
        The clauses that cannot be evaluated, and why. A filter with such a clause lets in whoever
        its other clauses let in.
    """
    left_out: list[tuple[Clause, str]] = []
    held: dict[Clause, list[bool]] = {}
    for clause in given:
        try:
            held[clause] = _holds(clause, records)
        except UnevaluableError as error:
            left_out.append((clause, str(error)))
            held[clause] = [True] * len(records.ids)
    failed: list[list[str]] = []
    by_kind: dict[str, dict[str, list[Clause]]] = {}
    for clause in given:
        by_kind.setdefault(clause.kind, {}).setdefault(clause.filter, []).append(clause)
    for place in range(len(records.ids)):
        names: list[str] = []
        for kinds in by_kind.values():
            lost = [[one for one in group if not held[one][place]] for group in kinds.values()]
            if all(lost):
                names += [one.name for group in lost for one in group]
        failed.append(sorted(set(names)))
    return failed, left_out


def _holds(clause: Clause, records: Records) -> list[bool]:
    operator = "_".join(clause.operator.casefold().split())
    values = [_text(one) for one in records.column(clause.attribute)]
    if operator in UNARY:
        return [UNARY[operator](one) for one in values]
    if operator not in BINARY:
        raise UnevaluableError(f"the operator {clause.operator} is not known")
    if not clause.operands:
        raise UnevaluableError("it has no value to compare with")
    test, operands = BINARY[operator], clause.operands
    return [one != "" and any(test(one, given) for given in operands) for one in values]


def _text(value: Value) -> str:
    if isinstance(value, list):
        raise UnevaluableError("a filter cannot read an attribute with several values")
    return plain(value) or ""


def kept_out_rows(failed: Sequence[Sequence[str]], records: Records) -> pa.Table:
    """Whom filters keep out, as a table: ``person_id`` and ``kept_out_by``, the clauses."""
    import pyarrow as pa

    out = [(person, names) for person, names in zip(records.ids, failed, strict=True) if names]
    return pa.table(
        {
            "person_id": pa.array([person for person, _ in out], pa.string()),
            "kept_out_by": pa.array([list(names) for _, names in out], pa.list_(pa.string())),
        }
    )
