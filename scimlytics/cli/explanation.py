"""An explanation for people: the sides, what happened when, the verdict, what to do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from scimlytics.cli.findings import iso, order, plain_value
from scimlytics.cli.findings_table import WIDEST, cell, drawn, fill, findings_table, table

if TYPE_CHECKING:
    from scimlytics.explanation import Explanation

SIDES = {"source": "Source", "log": "Log", "target": "Target"}


def explanation(found: Explanation) -> str:
    """Draw an explanation for stdout."""
    sides = table("Side", "What", "Says")
    fill(sides, (0, 0, 3))
    for side, title in SIDES.items():
        facts = list(found.sides[side].items()) or [("nothing", "")]
        for place, (name, value) in enumerate(facts):
            sides.add_row(
                cell(title if place == 0 else ""),
                cell(name.replace("_", " ")),
                cell(_shown(value)),
                end_section=place == len(facts) - 1,
            )
    happened = table("When (UTC)", "Where", "What", "Id")
    happened.columns[2].max_width = WIDEST
    fill(happened, (0, 0, 4, 2))
    for line in found.timeline:
        happened.add_row(
            cell(f"{line['at']:%Y-%m-%d %H:%M:%S}"),
            cell(line["kind"]),
            cell(line["says"]),
            cell(line["id"]),
        )
    text = drawn(cell(found.subject.name, "bold"), sides, happened)
    if not found.findings:
        return text + drawn(cell("Nothing disagrees."))
    rows = [plain_value(row) for row in sorted(found.findings, key=order)]
    words = [f"It would be false if {found.would_be_false_if}."] if found.would_be_false_if else []
    if found.look_again_at is not None:
        words.append(f"Look again at {iso(found.look_again_at)}.")
    return text + findings_table(rows) + drawn(*(cell(line) for line in words))


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
