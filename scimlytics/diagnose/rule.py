"""Rules: when a cause holds, what it says, what it cites and what it rests on. One evaluator.

A tuple of rules is a precedence: the first that fits is the cause, the others that fit are its
alternatives. Certainty is the least of what a rule rests on: the grade of a collection whose
absence it needs, the certainty of a link, whether the log covers the time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add, and_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

RANKS = {
    "undecidable": 0,
    "suspected": 1,
    "likely": 2,
    "confirmed": 3,
    "absent": 0,
    "suspect": 1,
    "unproven": 1,
    "complete": 3,
    "no": 1,
    "unknown": 1,
    "yes": 3,
}
"""How sure one may be at most, by the words that certainties, grades and coverage use."""
CERTAINTY = ("undecidable", "suspected", "likely", "confirmed")


@dataclass(frozen=True)
class Rule:
    """One cause of one kind of object."""

    cause: str
    when: Callable[[ir.Table], list[ir.BooleanValue]]
    """Conditions that must all hold. Null does not hold."""
    says: Callable[[ir.Table], list[ir.Value | str]]
    """The pieces of one sentence; a piece that is null makes the fallback empty, not the sentence."""
    cites: tuple[str, ...] = ()
    """Ledger columns that hold ids of events, audit entries or snapshot rows; ``<name>_at`` dates
    them."""
    rests_on: tuple[str, ...] = ()
    """Collections whose completeness it needs, and ledger columns that hold a word of ``RANKS``."""
    at_most: str = "confirmed"
    """The surest it can be, whatever it rests on."""


def evaluate(rows: ir.Table, rules: Sequence[Rule], grades: Mapping[str, str]) -> ir.Table:
    """Decide the cause of each row.

    Parameters
    ----------
    rows
        Discrepancies: ledger rows with a ``situation``.
    rules
        In order of precedence. The last should always hold, so that nothing is silent.
    grades
        The grade of each collection, by name.

    Returns
    -------
    ir.Table
        *rows* with ``cause``, ``rule`` (its place), ``certainty``, ``detail``, ``alternatives``
        (causes, separated by blanks). Rows that no rule fits are left out.
    """
    import ibis

    matched = rows.mutate(
        **{f"_match_{place}": _all(rule.when(rows)) for place, rule in enumerate(rules)}
    )
    marks = [matched[f"_match_{place}"] for place in range(len(rules))]
    first = ibis.cases(
        *[(mark, ibis.literal(place, "int64")) for place, mark in enumerate(marks)], else_=-1
    )
    chosen = matched.mutate(rule=first)
    chosen = chosen.filter(chosen.rule >= 0)

    def by_rule(values: list[ir.Value]) -> ir.Value:
        return ibis.cases(
            *[(chosen.rule == place, value) for place, value in enumerate(values)], else_=None
        )

    rank = by_rule([_rank(chosen, rule, grades) for rule in rules])
    others = reduce(
        add,
        [
            ibis.ifelse((chosen.rule < place) & chosen[f"_match_{place}"], f"{rule.cause} ", "")
            for place, rule in enumerate(rules)
            if rule.cause != "unknown"
        ],
    )
    decided = chosen.mutate(
        cause=by_rule([ibis.literal(rule.cause, "string") for rule in rules]),
        certainty=ibis.cases(
            *[(rank == place, word) for place, word in enumerate(CERTAINTY)],
            else_=ibis.null("string"),
        ),
        detail=by_rule([_sentence(rule.says(chosen)) for rule in rules]),
        alternatives=others,
    )
    return decided.drop(*[f"_match_{place}" for place in range(len(rules))])


def _all(conditions: Sequence[ir.BooleanValue]) -> ir.BooleanValue:
    return reduce(and_, conditions).fill_null(False)


def _rank(rows: ir.Table, rule: Rule, grades: Mapping[str, str]) -> ir.IntegerValue:
    import ibis

    fixed = [RANKS[rule.at_most]]
    moving = []
    for name in rule.rests_on:
        if name in grades:
            fixed.append(RANKS[grades[name]])
        else:
            moving.append(
                ibis.cases(
                    *[
                        (rows[name] == word, ibis.literal(rank, "int64"))
                        for word, rank in RANKS.items()
                    ],
                    else_=ibis.literal(RANKS["confirmed"], "int64"),
                )
            )
    least: ir.IntegerValue = ibis.literal(min(fixed), "int64")
    return ibis.least(least, *moving) if moving else least


def _sentence(pieces: Sequence[ir.Value | str]) -> ir.StringValue:
    import ibis

    said = [
        ibis.literal(piece, "string") if isinstance(piece, str) else _shown(piece)
        for piece in pieces
    ]
    return reduce(add, said)


def _shown(value: ir.Value) -> ir.StringValue:
    if value.type().is_timestamp():
        value = value.strftime("%Y-%m-%d %H:%M") + " UTC"
    elif not value.type().is_string():
        value = value.cast("string")
    return value.fill_null("?")
