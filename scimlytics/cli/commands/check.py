"""``scimlytics check``: what disagrees, why, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli.options import AsOfOption, EvidenceArgument, OutOption, add, moment
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import say, working
from scimlytics.errors import InputError

if TYPE_CHECKING:
    from scimlytics.cli.findings import Finding
    from scimlytics.cli.verdict import FailOn


class Format(StrEnum):
    """How findings are written."""

    table = "table"
    json = "json"
    csv = "csv"
    parquet = "parquet"
    junit = "junit"
    github = "github"


@dataclass(frozen=True)
class Checked:
    """What a check of an evidence came to."""

    evidence: dict[str, Any]
    findings: Sequence[Finding]
    skipped: Mapping[str, str]
    lacking: Sequence[str]
    asked: Sequence[str]


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, check)


def check(
    evidence: EvidenceArgument,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CHECK", help="Run this check only; may be repeated."),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="How to write the findings.")
    ] = Format.table,
    out: OutOption = None,
    fail_on: Annotated[
        str,
        typer.Option(
            "--fail-on",
            metavar="[new:]SEVERITY",
            help="Exit 1 when a finding is at least so severe: critical, high, medium, low or info.",
        ),
    ] = "high",
    as_of: AsOfOption = None,
) -> None:
    """Find what disagrees between the directory, the log and the application.

    Exits 1 when a finding is at or above --fail-on, and 3 when the evidence is too incomplete to
    say that there is none. Findings go to stdout, or to --out. What was skipped goes to stderr.
    """
    from scimlytics.cli import verdict

    limit = verdict.fail_on(fail_on)
    ready(out, evidence)
    if form is Format.parquet and out is None and sys.stdout.isatty():
        raise InputError("--format parquet: is no text for a terminal; give --out FILE.")
    checked = checked_evidence(evidence, only=only, as_of=as_of)
    publish(written(checked, form, limit), out)
    tell(checked)
    raise typer.Exit(verdict.exit_code(checked.findings, limit, checked.lacking))


def checked_evidence(
    folder: Path, *, only: Sequence[str] | None = None, as_of: str | None = None
) -> Checked:
    """Read an evidence folder and ask its checks.

    Raises
    ------
    InputError
        The evidence cannot be read, or *only* names a check that nobody knows.
    """
    from scimlytics.checks import CHECKS, run
    from scimlytics.cli import findings
    from scimlytics.errors import unknown

    at = moment(as_of)
    for name in only or ():
        if name not in CHECKS:
            raise unknown("check", name, list(CHECKS), "--only")
    from scimlytics.evidence import read

    with working("Reading the evidence"):
        asked = read(folder)
        asked = asked if at is None else asked.at(at)
    with working("Asking the checks"):
        done = run(asked, only=list(only) if only else None)
        rows, about = findings.plain(done.findings), findings.described(asked)
    asked.close()
    return Checked(about, rows, done.skipped, done.lacking, list(only or CHECKS))


def written(checked: Checked, form: Format, limit: FailOn) -> str | bytes:
    """The findings in a format: for people as text, for machines as bytes in UTF-8."""
    from scimlytics.cli import findings, findings_table, formats

    rows = checked.findings
    match form:
        case Format.table:
            return findings_table.findings_table(rows)
        case Format.parquet:
            return formats.as_parquet(rows, checked.evidence)
        case Format.csv:
            text = formats.as_csv(rows)
        case Format.junit:
            text = formats.as_junit(rows, checked.skipped, checked.asked, limit)
        case Format.github:
            text = formats.as_github(rows)
        case Format.json:
            text = findings.document(checked.evidence, rows)
    return text.encode()


def tell(checked: Checked) -> None:
    """Say on stderr what was not asked and why, and sum up."""
    from scimlytics.cli.findings_table import summed_up

    for name, why in sorted(checked.skipped.items()):
        say(f"Skipped {name}: {why}")
    say(summed_up(checked.findings, checked.evidence))
