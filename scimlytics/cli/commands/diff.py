"""``scimlytics diff``: did the fix work."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli.options import OutOption, add, path_of
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import say, working

if TYPE_CHECKING:
    from scimlytics.history import Comparison

PARTS = ("fixed", "new", "changed", "unknown")
MEANINGS = {
    "fixed": "Fixed: shown to be no more",
    "changed": "Changed: the cause is another one",
    "new": "New: was not there before",
    "unknown": "Unknown: not seen any more, and nothing shows that it is repaired",
}
"""The parts in the order in which people want them, and what they mean."""


class Format(StrEnum):
    """How a comparison is written."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, diff)


def diff(
    before: Annotated[
        Path,
        typer.Argument(
            parser=path_of, metavar="BEFORE", help="The earlier evidence.", show_default=False
        ),
    ],
    after: Annotated[
        Path,
        typer.Argument(
            parser=path_of, metavar="AFTER", help="The later evidence.", show_default=False
        ),
    ],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    out: OutOption = None,
) -> None:
    """Compare two evidences: what was fixed, what is new, what changed its cause.

    A finding counts as fixed only where the later evidence shows that it is; what a partial export
    does not show any more is unknown. Says what changed in mappings, filters and jobs, and of each
    remedy how often it worked.
    """
    ready(out, before)
    ready(out, after)
    from scimlytics.evidence import read
    from scimlytics.history import compare

    with working("Reading both evidences"):
        first, second = read(before), read(after)
    with working("Comparing"), first, second:
        compared = compare(first, second)
    publish(written(compared, form), out)
    say(summed_up(compared))


def written(compared: Comparison, form: Format) -> str:
    """The comparison in a format."""
    from scimlytics.cli import findings, findings_table

    parts = {name: findings.plain(getattr(compared, name)) for name in PARTS}
    if form is Format.json:
        more = {
            name: getattr(compared, name).to_dict(orient="records")
            for name in ("settings", "remedies")
        }
        return findings.dumps({"version": findings.VERSION, **parts, **more})
    drawn = [
        f"{meaning} ({len(parts[name]):,})\n{findings_table.findings_table(parts[name])}\n"
        for name, meaning in MEANINGS.items()
        if parts[name]
    ]
    return "".join([*drawn, _settings(compared), _remedies(compared)])


def summed_up(compared: Comparison) -> str:
    """The one line a log keeps."""
    counts = [f"{len(getattr(compared, name)):,} {name}" for name in PARTS]
    return f"{', '.join(counts)}, {len(compared.persisting):,} as before."


def _settings(compared: Comparison) -> str:
    from scimlytics.cli.findings_table import cell, drawn, table

    rows: list[dict[Any, Any]] = compared.settings.to_dict(orient="records")
    if not rows:
        return ""
    columns = ("what", "subject", "attribute", "before", "after")
    made = table("Setting", "Of", "What of it", "Before", "After")
    for row in rows:
        made.add_row(*(cell(row[name]) for name in columns))
    return f"Settings that changed ({len(rows):,})\n{drawn(made)}\n"


def _remedies(compared: Comparison) -> str:
    from scimlytics.cli.findings_table import cell, drawn, table

    rows: list[dict[Any, Any]] = compared.remedies.to_dict(orient="records")
    if not rows:
        return ""
    counts = ("fixed", "changed", "persisting", "unknown")
    made = table("First act before", "Findings", *(name.capitalize() for name in counts))
    for row in rows:
        made.add_row(
            cell(row["remedy"]), cell(row["findings"]), *(cell(row[name]) for name in counts)
        )
    return drawn(made)
