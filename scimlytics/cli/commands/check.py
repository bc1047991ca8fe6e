"""``scimlytics check``: what disagrees, why, and what to do about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli import notice
from scimlytics.cli.notice import NotifyOption
from scimlytics.cli.options import (
    AsOfOption,
    EvidenceArgument,
    HistoryOption,
    MarksOption,
    OutOption,
    add,
    moment,
)
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import say, working
from scimlytics.errors import InputError

if TYPE_CHECKING:
    import apprise

    from scimlytics.cli.findings import Finding
    from scimlytics.cli.verdict import FailOn
    from scimlytics.evidence import Evidence


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
    gone: Mapping[str, Sequence[Finding]] | None = None
    """With a history: what is ``resolved`` since the run before, and what is ``unknown``."""
    says: Sequence[str] = ()
    """What marks, history and events behind several findings have to say."""


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
    marks: MarksOption = None,
    history: HistoryOption = None,
    notify: NotifyOption = None,
) -> None:
    """Find what disagrees between the directory, the log and the application.

    Exits 1 when a finding is at or above --fail-on, and 3 when the evidence is too incomplete to
    say that there is none. Findings go to stdout, or to --out. What was skipped goes to stderr.
    """
    from scimlytics.cli import verdict

    limit = verdict.fail_on(fail_on, has_history=has_history(evidence, history))
    service = notice.service(notify)
    ready(out, evidence)
    if form is Format.parquet and out is None and sys.stdout.isatty():
        raise InputError("--format parquet: is no text for a terminal; give --out FILE.")
    checked = checked_evidence(evidence, only=only, as_of=as_of, marks=marks, history=history)
    publish(written(checked, form, limit), out)
    tell(checked)
    raise typer.Exit(concluded(checked, limit, service, evidence.name, str(out or evidence)))


def has_history(evidence: Path, history: Path | None) -> bool:
    """Whether a run of this evidence is held against earlier ones."""
    from scimlytics.store import is_store

    return history is not None or is_store(evidence)


def checked_evidence(
    folder: Path,
    *,
    only: Sequence[str] | None = None,
    as_of: str | None = None,
    marks: Path | None = None,
    history: Path | None = None,
) -> Checked:
    """Read an evidence folder and ask its checks.

    Raises
    ------
    InputError
        The evidence or the marks cannot be read, or *only* names a check that nobody knows.
    StoreError
        A run of the history is damaged or of a newer version.
    """
    from scimlytics.checks import CHECKS, run
    from scimlytics.cli import findings
    from scimlytics.diagnose import clusters
    from scimlytics.errors import unknown
    from scimlytics.evidence import read
    from scimlytics.history import place_of
    from scimlytics.marks import apply, read_marks

    at = moment(as_of)
    for name in only or ():
        if name not in CHECKS:
            raise unknown("check", name, list(CHECKS), "--only")
    accepted = read_marks(marks) if marks is not None else ()
    with working("Reading the evidence"):
        asked = read(folder)
        asked = asked if at is None else asked.at(at)
    with working("Asking the checks"), asked:
        done = run(asked, only=list(only) if only else None)
        marked = apply(done.findings, accepted, asked.as_of, whole=not only)
        names = list(only or CHECKS)
        lasting = place_of(folder, history)
        rows, gone, says = marked.findings, None, list(marked.says)
        if lasting is not None:
            heard = [name for name in names if name not in done.skipped]
            rows, gone, said = _held(lasting, asked, marked.findings, heard, own=history is None)
            says += said
        says += clusters.notable(clusters.incidents(rows, asked))
        plain, about = findings.plain(rows), findings.described(asked)
    return Checked(about, plain, done.skipped, done.lacking, names, gone, says)


def _held(
    directory: Path, evidence: Evidence, found: Any, asked: list[str], *, own: bool
) -> tuple[Any, dict[str, Sequence[Finding]], list[str]]:
    """Findings held against the history and kept there; what is gone, and the lines about it.

    A store that may only be read has a history all the same; this run is not kept in it then.
    """
    from scimlytics import history
    from scimlytics.cli import findings

    unkept = []
    try:
        outcome = history.keep(directory, evidence, found, asked)
    except InputError as error:
        if not own:
            raise
        unkept = [str(error)]
        outcome = history.look(directory, evidence, found, asked)
    gone: dict[str, Sequence[Finding]] = {
        "resolved": findings.plain(outcome.resolved),
        "unknown": findings.plain(outcome.unknown),
    }
    statuses = outcome.findings.column("status").to_pylist()
    changed = outcome.findings.num_rows - outcome.findings.column("former_cause").null_count
    if outcome.since is None:
        line = "The first run in this history: everything counts as new."
    else:
        line = (
            f"Since the run of {outcome.since:%Y-%m-%d %H:%M} UTC: {statuses.count('new'):,} new,"
            f" {statuses.count('persisting'):,} persisting ({changed:,} with another cause),"
            f" {len(gone['resolved']):,} resolved."
        )
    lost = len(gone["unknown"])
    if lost:
        line += f" {lost:,} not seen any more, though nothing shows that they are repaired."
    return outcome.findings, gone, [line, *unkept]


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
            text = findings.document(checked.evidence, rows, checked.gone)
    return text.encode()


def concluded(
    checked: Checked, limit: FailOn, service: apprise.Apprise | None, name: str, link: str
) -> int:
    """The exit code that the findings come to; whoever is to be told of it is told."""
    from scimlytics.cli import verdict

    code = verdict.exit_code(checked.findings, limit, checked.lacking)
    notice.send(service, code, verdict.failing(checked.findings, limit), name, link)
    return code


def tell(checked: Checked) -> None:
    """Say on stderr what was not asked and why, and sum up."""
    from scimlytics.cli.findings_table import summed_up

    for name, why in sorted(checked.skipped.items()):
        say(f"Skipped {name}: {why}")
    for line in checked.says:
        say(line)
    say(summed_up(checked.findings, checked.evidence))
