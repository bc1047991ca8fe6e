"""The load report for people: files, completeness, coverage, and what follows."""

from __future__ import annotations

from collections import Counter
from typing import Any

from scimlytics.cli.findings_table import cell, drawn, fill, table
from scimlytics.cli.streams import unicode_shown

GRADES = {
    "complete": ("✓", "green"),
    "unproven": ("●", "yellow"),
    "suspect": ("▲", "red"),
    "absent": ("–", "dim"),
}
REASONS = 3
"""So many reasons for rows put aside are shown of a file; JSON has them all."""


def inspection_table(report: dict[str, Any]) -> str:
    """Draw what ``inspect --format json`` says.

    Parameters
    ----------
    report
        What ``load_report`` returns.
    """
    parts: list[Any] = [_files(report["files"])]
    parts += [_bullet(line) for file in report["files"] for line in _remarks(file)]
    if report["completeness"]:
        parts += [*_heading("Completeness"), _completeness(report["completeness"])]
    if report["coverage"]:
        parts += [*_heading("What the log covers"), _coverage(report["coverage"])]
    for title, lines in (
        ("Can be concluded", report["can_conclude"]),
        ("Cannot be concluded", [f"{a['what']}: {a['why']}" for a in report["cannot_conclude"]]),
        ("Assumed", [f"{a['what']}: {a['value']} ({a['why']})" for a in report["assumptions"]]),
    ):
        if lines:
            parts += _heading(title)
            parts += [_bullet(f"{line[:1].upper()}{line[1:]}.") for line in lines]
    return drawn(*parts)


def _heading(title: str) -> list[Any]:
    return [cell(""), cell(title, "bold")]


def _bullet(line: str) -> Any:
    """A line whose continuation is set in."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 1))
    grid.add_column(width=1)
    grid.add_column(overflow="fold")
    grid.add_row(cell("•" if unicode_shown() else "-", "dim"), cell(line))
    return grid


def _files(files: list[dict[str, Any]]) -> Any:
    made = table("File", "Rows", "What it is", "Tables, and their time")
    made.columns[1].justify = "right"
    fill(made, (5, 1, 3, 4))
    for one in files:
        made.add_row(
            cell(one["path"], "" if one["error"] is None else "red"),
            cell(f"{one['rows']:,}"),
            cell(_what(one), "" if one["used"] else "dim"),
            _tables(one),
        )
    return made


def _what(file: dict[str, Any]) -> str:
    if file["error"] is not None:
        return "could not be read"
    name = file["format"] or "not known"
    role = f", {file['role']}" if file["role"] else ""
    return f"{name}{role}" if file["used"] else f"{name}; recognised, not used"


def _tables(file: dict[str, Any]) -> Any:
    """Rows per table, and below it the time they speak about."""
    from rich.text import Text

    counted = ", ".join(f"{rows:,} {name}" for name, rows in file["tables"].items() if rows)
    first, last = _day(file["first"]), _day(file["last"])
    window = first if first == last else f"{first} to {last}"
    return Text.assemble(counted, (f"\n{window}" if window else "", "dim"))


def _remarks(file: dict[str, Any]) -> list[str]:
    """What is worth knowing about a file, a line each."""
    lines = []
    if file["error"] is not None:
        where = "" if file["error"].startswith(file["path"]) else f"{file['path']}: "
        lines.append(f"{where}{file['error']}")
    reasons = Counter(one["reason"] for one in file["aside"])
    for reason, count in reasons.most_common(REASONS):
        row = next(one["row"] for one in file["aside"] if one["reason"] == reason)
        first = f"row {row}" if count == 1 else f"the first is row {row}"
        lines.append(f"{file['path']}: {_count(count, 'row')} put aside, {first}: {reason}")
    if len(reasons) > REASONS:
        lines.append(f"{file['path']}: {file['put_aside']:,} rows put aside in all; JSON says why")
    if file["repeated"]:
        lines.append(f"{file['path']}: {_count(file['repeated'], 'row')} repeated, counted once")
    if file["differing"]:
        lines.append(
            f"{file['path']}: {_count(file['differing'], 'row')} of the same id with other content;"
            " the last counts"
        )
    return lines + [f"{file['path']}: {note}" for note in file["notes"]]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _completeness(grades: list[dict[str, Any]]) -> Any:
    made = table("Side", "Collection", "Rows", "How complete", "Why")
    made.columns[2].justify = "right"
    for one in grades:
        glyph, style = GRADES[one["grade"]]
        mark = f"{glyph} " if unicode_shown() else ""
        made.add_row(
            cell(one["side"]),
            cell(one["collection"]),
            cell(f"{one['rows']:,}"),
            cell(f"{mark}{one['grade']}", style),
            cell(one["why"]),
        )
    return made


def _coverage(windows: list[dict[str, Any]]) -> Any:
    made = table("Log of", "Job", "From", "To", "Events", "Known from")
    made.columns[4].justify = "right"
    for one in windows:
        made.add_row(
            cell(one["product"]),
            cell(one["job_id"]),
            cell(_minute(one["from"])),
            cell(_minute(one["to"])),
            cell(f"{one['events'] or 0:,}"),
            cell("declared" if one["declared"] else "first to last event"),
        )
    return made


def _day(moment: Any) -> str:
    return f"{moment:%Y-%m-%d}" if moment is not None else ""


def _minute(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment is not None else ""
