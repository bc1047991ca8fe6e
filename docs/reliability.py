"""Write docs/reliability.md: what may go wrong, what becomes of it, and the test that shows it.

``make docs`` runs it. A scenario whose test is not there stops it.
"""

from __future__ import annotations

import ast
import json
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
SCENARIOS = PAGE.with_suffix(".toml")
FIGURES = PAGE.with_suffix(".jsonl")
NOTE = "<!-- Written by docs/reliability.py; change docs/reliability.toml and run `make docs`. -->"

NOT_MADE = (
    "Nothing writes to a directory, a provider or an application: there is no half-sent repair to"
    " recover from.",
    "There is no database file: a store is parquet with hashes, and whatever an engine builds is"
    " built anew.",
)

CAMPAIGNS = (
    "`make campaigns` brings about what may go wrong at random or in every order, and writes this table;"
    " `make fuzz SECONDS=60` is its shortest part. Each row is a figure that its command printed."
)


@cache
def scenarios() -> tuple[dict[str, str], ...]:
    """``part``, ``what`` goes wrong, what it ``becomes``, and the ``test`` that shows it."""
    return tuple(tomllib.loads(SCENARIOS.read_text(encoding="utf-8"))["scenarios"])


@cache
def tests_of(name: str) -> frozenset[str]:
    """The test functions of a file."""
    tree = ast.parse((ROOT / "tests" / f"{name}.py").read_text(encoding="utf-8"))
    return frozenset(
        one.name
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")
    )


def missing() -> list[str]:
    """The tests that scenarios name and that are not there."""
    named = [one["test"].partition("::") for one in scenarios()]
    return [f"{file}::{name}" for file, _, name in named if name not in tests_of(file)]


@cache
def figures() -> tuple[dict[str, Any], ...]:
    """What campaigns measured, as they printed it."""
    return tuple(map(json.loads, FIGURES.read_text(encoding="utf-8").splitlines()))


def measured() -> list[str]:
    """The table of figures that are held against a bar."""
    lines = [
        "| What is counted | Found | At most | Of | Command |",
        "| --- | --: | --: | --- | --- |",
    ]
    for one in figures():
        if one["bar"] is None:
            continue
        named = ("benchmark", "figure", "value", "unit", "bar", "holds")
        of = "; ".join(f"{spoken(name)} {shown(one[name])}" for name in one if name not in named)
        command = f"`python benchmarks/{one['benchmark']}.py`"
        found = f"{one['value']:,} | {one['bar']:,}"
        lines.append(f"| {spoken(one['figure'])} | {found} | {of} | {command} |")
    return lines


def spoken(name: str) -> str:
    """A key as words."""
    return name.replace("_", " ")


def shown(value: Any) -> str:
    """A value, in a cell."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def page() -> str:
    """The page."""
    lines = [
        NOTE,
        "",
        "# What may go wrong, and what becomes of it",
        "",
        f"{len(scenarios())} scenarios, each with the test that brings it about; all of them run before"
        " a change",
        'goes in; `make test PYTEST="tests/test_http.py -k NAME"` runs one. Servers, disks and power cuts',
        "are models of our own, except where a test says that they are real: a SCIM server and nginx by",
        "others, a browser, kernels.",
    ]
    for part in dict.fromkeys(one["part"] for one in scenarios()):
        head = ["| What happens | What becomes of it | Shown by |", "| --- | --- | --- |"]
        lines += ["", f"## {part}", "", *head]
        for one in scenarios():
            file, _, name = one["test"].partition("::")
            row = f"| {one['what']} | {one['becomes']} | `{file}.py` `{name}` |"
            lines += [row] if one["part"] == part else []
    lines += ["", "## Campaigns", "", CAMPAIGNS, "", *measured()]
    lines += ["", "## What cannot happen", "", *(f"- {one}" for one in NOT_MADE)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write it, unless a test is missing."""
    if lost := missing():
        raise SystemExit("reliability: no such test: " + ", ".join(lost))
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")


if __name__ == "__main__":
    main()
