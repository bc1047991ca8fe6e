"""A few inputs of each target of the fuzzer; ``make fuzz`` tries as many as its time allows."""

from __future__ import annotations

import pytest

from scimlytics.loaders.times import parse_duration
from scimlytics.reconcile.mapping.expression import evaluate, parse
from scimlytics.reconcile.mapping.functions import UnevaluableError
from tests.fuzzing import SLOW, TARGETS, escaped


@pytest.mark.parametrize("target", TARGETS)
def test_only_errors_of_our_own_come_of_strange_input(target: str) -> None:
    inputs = range(2 if target in SLOW else 60)

    assert [f"{seed}: {what}" for seed in inputs if (what := escaped(target, seed))] == []


# What the fuzzer found


@pytest.mark.parametrize(
    "expression",
    [
        'Switch([a], "x", "1")',
        'Mid([a], "none", 2)',
        'Left([a], "none")',
        'Item([a], "none")',
        'Split([a], "")',
        'BitAnd("none", 1)',
        'InStr([a], "b", "none")',
        'Word([a], "none", " ")',
    ],
)
def test_an_expression_that_means_nothing_is_left_out_with_its_reason(expression: str) -> None:
    with pytest.raises(UnevaluableError, match=r"\w+ \w+ \w+"):
        evaluate(parse(expression), lambda _: ["text"], 1)


def test_a_duration_of_more_than_a_computer_can_count_is_none() -> None:
    assert parse_duration("PT99999999999999999999H") is None
