"""``scimlytics plan``: what to do first, whom it touches, and when to look again."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli.options import EvidenceArgument, MarksOption, OutOption, add
from scimlytics.cli.publish import outside, publish, ready
from scimlytics.cli.streams import put, say, working
from scimlytics.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from scimlytics.planning import Plan


class Format(StrEnum):
    """How a plan is written."""

    table = "table"
    json = "json"
    csv = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, plan)


def plan(
    evidence: EvidenceArgument,
    form: Annotated[Format, typer.Option("--format", help="How to write the plan.")] = Format.table,
    out: OutOption = None,
    marks: MarksOption = None,
    lists: Annotated[
        Path | None,
        typer.Option(
            "--worklists",
            metavar="DIR",
            help="Also write a CSV per owner there; without --owners a CSV per group.",
        ),
    ] = None,
    owners: Annotated[
        Path | None,
        typer.Option(
            "--owners",
            metavar="FILE",
            help="A CSV that says who owns what: owner, and subject, group, source_id or remedy.",
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(
            "--verify",
            metavar="FILE",
            help="Say whether a plan in JSON still holds for this evidence; make none.",
        ),
    ] = None,
) -> None:
    """Turn findings into ordered steps: what is confirmed or likely, and nothing else.

    A plan sends nothing. It names no button that the provider does not have, packs calls to the
    provider's limits, and says what it refuses and why.
    """
    if owners is not None and lists is None:
        raise InputError("--owners: says who gets which list; name --worklists DIR too.")
    ready(out, evidence)
    if lists is not None:
        outside(lists, evidence)
    from scimlytics.checks import run
    from scimlytics.evidence import read, to_frame
    from scimlytics.marks import apply, read_marks
    from scimlytics.planning import make, verify

    accepted = read_marks(marks) if marks is not None else ()
    owned = _owners(owners) if owners is not None else None
    with working("Reading the evidence"):
        asked = read(evidence)
    if check is not None:
        with asked:
            verify(_document(check), asked, str(check))
        put(f"{check}: holds for this evidence.\n")
        return
    with working("Asking the checks"), asked:
        marked = apply(run(asked).findings, accepted, asked.as_of)
        made = make(marked.findings, asked)
        findings = to_frame(marked.findings)
    publish(written(made, form), out)
    if lists is not None:
        for path in _write_lists(lists, made, findings, owned):
            say(f"Written: {path}")
    for line in (*marked.says, *made.warnings):
        say(line)
    say(summed_up(made))


def written(made: Plan, form: Format) -> str:
    """The plan in a format."""
    from scimlytics.cli import findings

    if form is Format.json:
        return findings.dumps(made.document())
    if form is Format.csv:
        return _csv(made)
    return _drawn(made)


def summed_up(made: Plan) -> str:
    """The one line a log keeps."""
    steps, refused = len(made.rows), len(made.refusals)
    until = f"{made.expires:%Y-%m-%d %H:%M} UTC"
    return f"{steps:,} steps, {refused:,} findings refused. The plan holds until {until}."


def _document(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError):
        raise InputError(
            f"{path}: is no plan; `scimlytics plan --format json` makes one."
        ) from None


def _owners(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path, dtype="str", keep_default_na=False)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except ValueError:
        raise InputError(f"{path}: is no CSV in UTF-8 with a line of headings.") from None


def _csv(made: Plan) -> str:
    import csv
    import io

    from scimlytics.cli.findings import plain_value
    from scimlytics.cli.formats import guarded
    from scimlytics.planning.plan import COLUMNS

    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in made.document()["steps"]:
        cells = []
        for name in COLUMNS:
            value = plain_value(row[name])
            nested = isinstance(value, (list, dict))
            text = json.dumps(value, ensure_ascii=False) if nested else value
            cells.append(guarded("" if text is None else str(text)))
        writer.writerow(cells)
    return sink.getvalue()


def _write_lists(
    folder: Path, made: Plan, findings: pd.DataFrame, owners: pd.DataFrame | None
) -> list[Path]:
    import re

    from scimlytics.cli.formats import guarded
    from scimlytics.planning import worklists

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}).") from error
    paths: list[Path] = []
    for owner, rows in worklists(made, findings, owners).items():
        stem = re.sub(r"[^A-Za-z0-9@._-]+", "_", owner).strip("._") or "owner"
        path, more = folder / f"{stem}.csv", 1
        while path in paths:
            more += 1
            path = folder / f"{stem}-{more}.csv"
        publish(rows.map(lambda cell: guarded(str(cell))).to_csv(index=False), path)
        paths.append(path)
    return paths


def _drawn(made: Plan) -> str:
    from scimlytics.cli.findings_table import cell, drawn, fill, table, under
    from scimlytics.planning import cards

    if not made.rows:
        return ""
    shown = table("Step", "What to do", "Repairs", "Takes", "Look again (UTC)")
    for place in (0, 3, 4):
        shown.columns[place].no_wrap = True
    fill(shown, (0, 3, 2, 0, 0))
    for row in made.rows:
        after = f"after {', '.join(map(str, row['after']))}" if row["after"] else ""
        shown.add_row(
            under(str(row["step"]), after),
            under(row["act"], f"Touches: {row['affects']}"),
            cell(_few(row["subjects"])),
            cell(_long(row["takes"])),
            cell(f"{row['look_again_at']:%Y-%m-%d %H:%M}"),
        )
    parts = [shown]
    if made.refusals:
        refused = table("Refused", "Why")
        for finding, why in made.refusals:
            refused.add_row(cell(finding), cell(why))
        parts.append(refused)
    card = table("To weigh", "Repairs", "Takes", "And")
    for one in cards(made).to_dict(orient="records"):
        card.add_row(*(cell(one[name]) for name in ("what", "repairs", "takes", "and")))
    return drawn(*parts, card)


def _few(names: list[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def _long(length: Any) -> str:
    minutes = length.total_seconds() / 60
    if minutes < 120:
        return f"{max(round(minutes), 1)} min"
    hours = minutes / 60
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} d"
