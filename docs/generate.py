"""Write the generated pages of the documentation: ``make docs``. A test fails when one is stale.

Each page is printed from the code that it describes: tables and words from ``tables`` and
``vocabulary``, checks from ``checks``, settings from ``settings``, commands from the command line.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic import BaseModel

from scimlytics import settings, tables, vocabulary
from scimlytics.checks import CHECKS
from scimlytics.cli.app import EXIT_CODES, application
from scimlytics.cli.exports import SOURCES, TARGETS, guide

PLACE = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- Written by docs/generate.py; change the code and run `make docs`. -->"
COLUMNS = 88
MANY = 20
"""More words than these are named on their own page; only the remedies are so many."""


def pages() -> dict[str, str]:
    """Every generated page: file name and text."""
    texts = {
        "tables.md": data_dictionary(),
        "words.md": words(),
        "checks.md": catalogue(),
        "exports.md": exports(),
        "settings.md": keys(),
        "commands.md": commands(),
    }
    return {name: f"{NOTE}\n\n{text.strip()}\n" for name, text in texts.items()}


def data_dictionary() -> str:
    """All tables with their columns."""
    parts = [
        "# The tables\n\n"
        "Every loader fills these tables, and all that scimlytics concludes is computed from them."
        " The evidence holds users, groups and memberships twice: once of the source and once of"
        " the target.\n\n"
        "Times are in UTC, to the microsecond. Ids are text and case-exact. A column whose name ends"
        " in `_key` is another column folded for comparison. A column that an export never asked"
        " for is *not collected*, which is not the same as empty.",
    ]
    for table in [tables.FINDINGS, *tables.TABLES.values()]:
        if table.name == "findings" and len(parts) > 1:
            continue
        needs = f" Needs {_listed(table.needs)}." if table.needs else ""
        rows = [
            (f"`{name}`", column.type, column.meaning + _words(column))
            for name, column in table.columns.items()
        ]
        parts.append(
            f"## {table.name}\n\n{table.meaning}{needs}\n\n{_table('Column Type Meaning', rows)}"
        )
    return "\n\n".join(parts)


def words() -> str:
    """All closed vocabularies."""
    parts = [
        "# The words\n\nAll lists are closed: a table that holds another word is refused.",
        _section("Situations", "What the three sides look like together.", vocabulary.SITUATIONS),
        _section("Certainty", "How sure the *cause* is.", vocabulary.CERTAINTIES),
        _section("Severity", "How bad it is, worst first.", vocabulary.SEVERITIES),
        _section("Heals", "Whether it repairs itself.", vocabulary.HEALS),
        "## Object types\n\n" + _listed(vocabulary.OBJECT_TYPES),
    ]
    ladder = [(f"`{name}`", str(rung), act) for name, (rung, act) in vocabulary.REMEDIES.items()]
    parts.append(
        "## Remedies\n\nA remedy is an act for a person. The rung says how far it reaches: 0 is to wait,"
        " 7 is to look into it. scimlytics itself changes nothing.\n\n"
        + _table("Remedy Rung Act", ladder)
    )
    return "\n\n".join(parts)


def catalogue() -> str:
    """Checks, the causes each speaks of, and how severe they are."""
    parts = [
        "# Checks and causes\n\n"
        "A check is a question. Each finding has one check, one situation and one cause. The same"
        " cause may speak through different checks, depending on what it does to whom.\n\n"
        + SEVERITY
    ]
    for name in sorted({*CHECKS, *(cause.check for cause in vocabulary.CAUSES.values())}):
        parts.append(f"## {name}\n\n{_question(name)}{_causes_of(name)}")
    return "\n\n".join(parts)


SEVERITY = """\
## How severe a finding is

Severity follows from cause, situation and certainty, and from nothing else:

1. Each cause has the severity in the tables below. `critical`: a leaver's account is active, or
   provisioning as a whole has stopped. `high`: it never heals by itself, and denies or grants access
   wrongly. `medium`: it heals after a fix, or later than two cycles. `low`: the rest.
2. What is as expected, and what heals by itself within two cycles, is `info`.
3. A finding that is `suspected` or `undecidable` is at most `medium`. `check` exits 3 when it would
   have reached `--fail-on` were it certain.
4. Behind a job that is quarantined, paused or refused each finding is `info`, since the job's own
   finding counts them. Leavers whose account is active are never lowered.
"""


def _question(name: str) -> str:
    check = CHECKS.get(name)
    if check is None:
        return ""
    both, either = _tables(check.inputs, " and "), _tables(check.any_of, " or ")
    needs = " and ".join(part for part in (both, either) if part)
    return f"{_prose(check.question)}\n\nNeeds {needs}; without, the check is skipped.\n\n"


def _tables(names: Iterable[str], between: str) -> str:
    return between.join(name.replace("_", " ") for name in names)


def _causes_of(check: str) -> str:
    rows = [
        (
            object_type,
            situation or "",
            f"`{cause}`",
            one.severity,
            one.heals.replace("_", " "),
            _listed(one.remedies),
            one.meaning,
        )
        for (object_type, situation, cause), one in vocabulary.CAUSES.items()
        if one.check == check
    ]
    return _table("Object Situation Cause Severity Heals Remedies Meaning", rows) if rows else ""


def exports() -> str:
    """What to export, from where, with which rights."""
    return (
        "# What to export\n\n`scimlytics init` lays this page into an empty folder, for the systems you"
        " name. Only reading rights are needed.\n\n" + guide([*SOURCES.values(), *TARGETS.values()])
    )


def keys() -> str:
    """The keys of ``scimlytics.toml``."""
    parts = [
        "# The settings\n\n"
        "`scimlytics.toml` lies in the evidence folder. The file and all of its keys are optional. A"
        " key nobody knows is refused, with the nearest known one. [Evidence](../evidence.md) shows"
        " what to use them for."
    ]
    for name, field in settings.Settings.model_fields.items():
        inner = _model(field.annotation)
        if inner is None:
            continue
        head = f"[[{name}]]" if get_origin(field.annotation) is tuple else f"[{name}]"
        parts.append(f"## `{head}`\n\n{_prose(inner.__doc__)}\n\n{_fields(inner)}")
    parts.insert(1, f"## At the top\n\n{_fields(settings.Settings)}")
    return "\n\n".join(parts)


def _fields(model: type[BaseModel]) -> str:
    said = _said_of_keys()
    rows = [
        (
            f"`{name}`" + (" (needed)" if field.is_required() else ""),
            _kind(field.annotation),
            _prose(said.get((model.__name__, name))),
        )
        for name, field in model.model_fields.items()
        if _model(field.annotation) is None
    ]
    return _table("Key Value Meaning", rows)


def _prose(text: str | None) -> str:
    """A docstring as Markdown."""
    return (text or "").strip().replace("``", "`")


def _model(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _kind(annotation: Any) -> str:
    """What a key takes, in words."""
    from datetime import datetime

    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in inner)
    if origin is tuple:
        many = inner[-1] is Ellipsis
        return f"list of {_kind(inner[0])}" if many else f"list of {len(inner)}: {_kind(inner[0])}"
    if origin is dict:
        return f"table of {_kind(inner[1])}"
    if inner:
        return " or ".join(_kind(one) for one in inner if one is not type(None) and _is_type(one))
    names = {str: "text", bool: "true or false", int: "whole number", float: "number"}
    return {**names, datetime: "time with its zone"}.get(annotation, str(annotation))


def _is_type(one: Any) -> bool:
    return isinstance(one, type) or bool(get_args(one))


def _said_of_keys() -> dict[tuple[str, str], str]:
    """(Class, key) → the text below the key in the source of the settings."""
    said = {}
    for made in ast.parse(inspect.getsource(settings)).body:
        if not isinstance(made, ast.ClassDef):
            continue
        for field, text in pairwise(made.body):
            if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                value = getattr(text.value, "value", None)
                if isinstance(field.target, ast.Name) and isinstance(value, str):
                    said[made.name, field.target.id] = value
    return said


def commands() -> str:
    """The command line, as its own help says it."""
    top = typer.main.get_command(application())
    codes = [(str(code), meaning) for code, meaning in EXIT_CODES.items()]
    parts = [
        "# The commands\n\n"
        "Data goes to stdout, everything else to stderr. Progress is shown on a terminal only. An"
        " error is one line: where, what, and what would do.\n\n"
        f"## Exit codes\n\n{_table('Code Meaning', codes)}\n\n"
        "Only `check` speaks of findings by its exit code, and `report` when `--fail-on` asks for it."
    ]
    for path, command in _walk(top, "scimlytics"):
        context = typer.Context(
            command, info_name=path, terminal_width=COLUMNS, help_option_names=["-h", "--help"]
        )
        parts.append(f"## {path}\n\n```text\n{command.get_help(context).strip()}\n```")
    return "\n\n".join(parts)


def _walk(command: Any, path: str) -> Iterable[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        yield from _walk(one, f"{path} {name}")


def _section(title: str, about: str, meanings: Mapping[str, str]) -> str:
    rows = [(f"`{word}`", meaning) for word, meaning in meanings.items()]
    return f"## {title}\n\n{about}\n\n{_table('Word Meaning', rows)}"


def _words(column: tables.Column) -> str:
    if len(column.words) > MANY:
        return " One of the [remedies](words.md#remedies)."
    return f" One of {_listed(column.words)}." if column.words else ""


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(headings: str, rows: Iterable[tuple[str, ...]]) -> str:
    names = headings.split()
    lines = [names, ["---"] * len(names), *([*row] for row in rows)]
    return "\n".join(f"| {' | '.join(_escaped(cell) for cell in line)} |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Write the pages, and take away those that are no longer made."""
    PLACE.mkdir(exist_ok=True)
    texts = pages()
    for path in PLACE.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (PLACE / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(texts)} pages written to {PLACE.name}/\n")


if __name__ == "__main__":
    main()
