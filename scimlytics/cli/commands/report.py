"""``scimlytics report``: notebooks and an evidence become one folder of pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scimlytics.cli import notice
from scimlytics.cli.notice import NotifyOption
from scimlytics.cli.options import (
    AsOfOption,
    EvidenceArgument,
    HistoryOption,
    MarksOption,
    add,
    moment,
)
from scimlytics.cli.publish import outside
from scimlytics.cli.streams import put, working
from scimlytics.errors import InputError, ReportError, unknown

if TYPE_CHECKING:
    from scimlytics.reports import Report


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, report)


def report(
    evidence: EvidenceArgument,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="DIR",
            help="The folder of the report; an earlier report there is replaced.",
            show_default=False,
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NOTEBOOK", help="Make this page only; may be repeated."),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            "--parameter",
            metavar="NAME=VALUE",
            help="Give the notebooks this parameter; may be repeated.",
        ),
    ] = None,
    as_of: AsOfOption = None,
    marks: MarksOption = None,
    history: HistoryOption = None,
    fail_on: Annotated[
        str | None,
        typer.Option(
            "--fail-on",
            metavar="[new:]SEVERITY",
            help="Exit 1 when a finding is at least so severe, and 3 when there is no telling.",
            show_default=False,
        ),
    ] = None,
    notify: NotifyOption = None,
) -> None:
    """Run the notebooks and make pages that work without a network.

    Prints where the report begins. Exits 0 when it is made, unless --fail-on asks for more.
    """
    from scimlytics import reports
    from scimlytics.cli import verdict
    from scimlytics.cli.commands.check import checked_evidence, concluded, has_history, tell

    known_before = has_history(evidence, history)
    limit = None if fail_on is None else verdict.fail_on(fail_on, has_history=known_before)
    if notify is not None and limit is None:
        raise InputError("--notify: needs --fail-on, which says what is worth a message.")
    service = notice.service(notify)
    parameters = named(parameter or [])
    outside(out, evidence)
    known = reports.notebook_names()
    for name in only or ():
        if name not in known:
            raise unknown("notebook", name, known, "--only")
    checked = checked_evidence(evidence, as_of=as_of, marks=marks, history=history)
    made = pages(
        evidence, out, only=only, parameters=parameters, as_of=as_of, marks=marks, history=history
    )
    put(f"{made.index}\n")
    tell(checked)
    whole(made)
    if limit is not None:
        raise typer.Exit(concluded(checked, limit, service, evidence.name, str(made.index)))


def pages(
    evidence: Path,
    out: Path,
    *,
    only: list[str] | None = None,
    parameters: dict[str, str] | None = None,
    as_of: str | None = None,
    marks: Path | None = None,
    history: Path | None = None,
) -> Report:
    """Make the pages, and say on a terminal which one is under way."""
    from scimlytics import reports

    def progress(name: str, place: int, number: int) -> None:
        shown.update(f"Making the report: {name} ({place} of {number})")

    with working("Making the report") as shown:
        return reports.report(
            evidence,
            out,
            only=only,
            parameters=dict(parameters or {}),
            as_of=moment(as_of),
            marks=marks,
            history=history,
            progress=progress,
        )


def named(given: list[str]) -> dict[str, str]:
    """Read ``NAME=VALUE``.

    Raises
    ------
    InputError
        There is no ``=``, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(f"-p {name}: should be NAME=VALUE.")
        if name.strip() in found:
            raise InputError(f"-p {name}: is given twice; give it once.")
        found[name.strip()] = value
    return found


def whole(made: Report) -> None:
    """Refuse to call a report made when a page of it could not be finished.

    Raises
    ------
    ReportError
        Names the pages and what happened to them. The report itself is there.
    """
    if made.failures:
        lines = [f"{page.name}: {page.failure}" for page in made.failures]
        number = f"{len(lines)} of {len(made.pages)} pages"
        raise ReportError("\n".join([f"{made.index}: {number} could not be finished:", *lines]))
