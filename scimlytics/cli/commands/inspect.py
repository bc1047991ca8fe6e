"""``scimlytics inspect``: what was read, how complete it is, and what follows from that."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli.options import EvidenceArgument, OutOption, add
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import complain, say, working

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scimlytics.evidence import Evidence, Inspection
    from scimlytics.loaders import FileReport


NAMED = 10
"""So many files that could not be read are named on stderr; the load report has all of them."""


class Format(StrEnum):
    """How the load report is written."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, inspect)


def inspect(
    evidence: EvidenceArgument,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    out: OutOption = None,
) -> None:
    """Say what was read, how complete it is, and what can and cannot be concluded.

    Lists every file with its product, its tables and rows, what was put aside and why, and the time
    it speaks about. Exits 2 when a file cannot be read, and names each such file.
    """
    ready(out, evidence)
    from scimlytics import evidence as reading

    with working("Reading the evidence"):
        found = reading.inspect(evidence)
        report = load_report(found)
    if form is Format.json:
        from scimlytics.cli.findings import dumps

        publish(dumps(report).encode(), out)
    else:
        from scimlytics.cli.inspect_table import inspection_table

        publish(inspection_table(report), out)
    tell(found.files)
    if any(report.error is not None for report in found.files):
        raise typer.Exit(2)


def tell(files: Sequence[FileReport]) -> None:
    """Sum up on stderr, and name the files that could not be read."""
    unread = [report.path for report in files if report.error is not None]
    if not unread:
        say(f"{len(files):,} files, all of them read.")
        return
    more = f" and {len(unread) - NAMED:,} more" if len(unread) > NAMED else ""
    names = ", ".join(unread[:NAMED])
    complain(f"{len(unread):,} of {len(files):,} files could not be read: {names}{more}.")


def load_report(found: Inspection) -> dict[str, Any]:
    """The whole load report as plain values; the shape of ``inspect --format json``."""
    from scimlytics.cli.findings import VERSION, described

    evidence = found.evidence
    files = [_file(report) for report in sorted(found.files, key=lambda one: one.path)]
    if evidence is None:
        return {"version": VERSION, "evidence": None, "files": files, **_NOTHING}
    about = described(evidence) if dated(evidence) else None
    return {"version": VERSION, "evidence": about, "files": files, **_judged(evidence)}


_NOTHING: dict[str, list[Any]] = {
    "completeness": [],
    "coverage": [],
    "assumptions": [],
    "can_conclude": [],
    "cannot_conclude": [],
}


def dated(evidence: Evidence) -> bool:
    """Whether any time is known; without one there is no "now" to judge by."""
    from scimlytics.errors import InputError

    try:
        return evidence.as_of is not None
    except InputError:
        return False


def _judged(evidence: Evidence) -> dict[str, Any]:
    from scimlytics.reports.trust import trust

    completeness = [
        {"side": one.side, "collection": one.collection, "grade": one.grade, "why": one.why}
        | {"rows": one.rows}
        for one in evidence.grades.values()
    ]
    judged = {**_NOTHING, "completeness": completeness}
    judged["coverage"] = evidence.rows("coverage").to_pylist()
    if not dated(evidence):
        return judged
    said = trust(evidence)
    return judged | {
        "assumptions": [
            {"what": one.what, "value": one.value, "why": one.why}
            for one in evidence.profile.assumptions
        ],
        "can_conclude": said["trusted"],
        "cannot_conclude": said["cannot"],
    }


def _file(report: FileReport) -> dict[str, Any]:
    return {
        "path": report.path,
        "format": report.format,
        "product": report.product,
        "role": report.role,
        "tables": dict(sorted(report.tables.items())),
        "rows": sum(report.tables.values()),
        "used": report.used,
        "put_aside": report.put_aside,
        "aside": [{"row": row, "reason": reason} for row, reason in report.aside],
        "repeated": report.repeated,
        "differing": report.differing,
        "first": report.first,
        "last": report.last,
        "notes": list(report.notes),
        "error": report.error,
    }
