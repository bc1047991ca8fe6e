"""Take out each rule in turn: does a test notice?

``make mutate-rules``. The tests of the rules run once as they are, and it is noted which rules decided
something in which test. Then each rule is taken out and those tests run until one of them fails. With
``--negated`` each condition of each rule is turned round instead, one at a time. The last line says how
many mutants there are and how many were noticed; those that nobody missed are named.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scimlytics import diagnose
from scimlytics.diagnose.rule import Rule

FILES = sorted(str(path) for path in Path(__file__).parent.glob("test_rules_*.py"))
Place = tuple[str, int]


class Watch:
    """Notes which rules decided a row in which test, and how long the test took."""

    def __init__(self) -> None:
        self.test = ""
        self.decided: dict[Place, set[str]] = defaultdict(set)
        self.conditions: dict[int, int] = {}
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.test = item.nodeid

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.seconds[report.nodeid] = report.duration
        if report.failed:
            self.failed.add(report.nodeid)


def main() -> int:
    """Run the mutants."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--negated", action="store_true", help="turn conditions round")
    negated = parser.parse_args().negated
    watch = Watch()
    with _watching(watch):
        code = _pytest(FILES, watch)
    if code or watch.failed:
        sys.stderr.write(f"The tests fail as they are: {sorted(watch.failed)}\n")
        return 2
    survivors, mutants = [], 0
    for kind, rules in list(diagnose.RULES.items()):
        for place, rule in enumerate(rules):
            tests = sorted(watch.decided[kind, place], key=lambda one: watch.seconds[one])
            changed = _negated(rule, watch.conditions[id(rule.when)]) if negated else [("", None)]
            for what, mutant in changed:
                mutants += 1
                with _instead(kind, place, mutant):
                    killed = any(_fails(test) for test in tests)
                if not killed:
                    survivors.append(f"{kind} {place} {rule.cause}{what}")
                    sys.stdout.write(f"survived: {survivors[-1]}\n")
                    sys.stdout.flush()
    sys.stdout.write(f"{mutants} mutants, {mutants - len(survivors)} killed\n")
    return 1 if survivors else 0


@contextlib.contextmanager
def _watching(watch: Watch) -> Iterator[None]:
    own = diagnose.evaluate
    kinds = {id(rules): kind for kind, rules in diagnose.RULES.items()}

    def evaluate(rows: Any, rules: Any, grades: Any) -> Any:
        for rule in rules:
            watch.conditions[id(rule.when)] = len(rule.when(rows))
        decided = own(rows, rules, grades)
        places = decided.select("rule").distinct().to_pyarrow().column("rule").to_pylist()
        for place in places:
            watch.decided[kinds[id(rules)], place].add(watch.test)
        return decided

    diagnose.evaluate = evaluate
    try:
        yield
    finally:
        diagnose.evaluate = own


def _negated(rule: Rule, number: int) -> list[tuple[str, Rule | None]]:
    """The rule with one condition after the other turned round."""

    def turned(place: int) -> Rule:
        def when(rows: Any) -> list[Any]:
            found = list(rule.when(rows))
            return [~one if at == place else one for at, one in enumerate(found)]

        return replace(rule, when=when)

    return [(f", condition {place + 1} of {number}", turned(place)) for place in range(number)]


@contextlib.contextmanager
def _instead(kind: str, place: int, mutant: Rule | None) -> Iterator[None]:
    """Put a mutant in the place of a rule; None takes it out."""
    rules = diagnose.RULES[kind]
    kept = [mutant] if mutant is not None else []
    diagnose.RULES[kind] = (*rules[:place], *kept, *rules[place + 1 :])
    try:
        yield
    finally:
        diagnose.RULES[kind] = rules


def _fails(test: str) -> bool:
    return bool(_pytest([test], Watch()))


def _pytest(tests: list[str], watch: Watch) -> int:
    """Run tests in this process, quietly."""
    quiet = io.StringIO()
    options = ["-q", "-x", "-p", "no:cacheprovider"]
    with contextlib.redirect_stdout(quiet), contextlib.redirect_stderr(quiet):
        return int(pytest.main([*options, *tests], plugins=[watch]))


if __name__ == "__main__":
    sys.exit(main())
