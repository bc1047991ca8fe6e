"""Take out each rule in turn: does a test notice?

``make mutate-rules``. The tests of the rules run once as they are, and it is noted which rules decided
something in which test. Then each rule is taken out and those tests run until one of them fails. The
last line says how many rules there are and how many were noticed; rules that nobody missed are named.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scimlytics import diagnose

FILES = sorted(str(path) for path in Path(__file__).parent.glob("test_rules_*.py"))
Place = tuple[str, int]


class Watch:
    """Notes which rules decided a row in which test, and how long the test took."""

    def __init__(self) -> None:
        self.test = ""
        self.decided: dict[Place, set[str]] = defaultdict(set)
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
    watch = Watch()
    with _watching(watch):
        code = _pytest(FILES, watch)
    if code or watch.failed:
        sys.stderr.write(f"The tests fail as they are: {sorted(watch.failed)}\n")
        return 2
    survivors, mutants = [], 0
    for kind, rules in list(diagnose.RULES.items()):
        for place, rule in enumerate(rules):
            mutants += 1
            tests = sorted(watch.decided[kind, place], key=lambda one: watch.seconds[one])
            with _without(kind, place):
                killed = any(_fails(test) for test in tests)
            if not killed:
                survivors.append(f"{kind} {place} {rule.cause}")
                sys.stdout.write(f"survived: {survivors[-1]}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{mutants} mutants, {mutants - len(survivors)} killed\n")
    return 1 if survivors else 0


@contextlib.contextmanager
def _watching(watch: Watch) -> Iterator[None]:
    own = diagnose.evaluate
    kinds = {id(rules): kind for kind, rules in diagnose.RULES.items()}

    def evaluate(rows: Any, rules: Any, grades: Any) -> Any:
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


@contextlib.contextmanager
def _without(kind: str, place: int) -> Iterator[None]:
    rules = diagnose.RULES[kind]
    diagnose.RULES[kind] = tuple(rule for number, rule in enumerate(rules) if number != place)
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
