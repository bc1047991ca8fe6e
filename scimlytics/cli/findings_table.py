"""Findings for people: a table for a terminal of any width, and the lines that sum it up."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scimlytics.cli.findings import Finding
from scimlytics.cli.streams import NO_LIMIT, unicode_shown, visible, width
from scimlytics.vocabulary import REMEDIES, SEVERITIES

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

LOOKS = {
    "critical": ("◆", "bold red"),
    "high": ("▲", "red"),
    "medium": ("●", "yellow"),
    "low": ("■", "blue"),
    "info": ("✓", "dim"),
}
"""Glyph and colour of a severity. The word is always there: nothing is said by colour alone."""
WIDEST = 110
"""So wide a column of sentences may become where there is no limit."""
MOST = 1000
"""So many findings a table shows; more than that nobody reads on a terminal."""
HEALS = {
    "yes": "Heals by itself",
    "no": "Never heals by itself",
    "after_fix": "Heals after the fix",
}


def drawn(*parts: RenderableType) -> str:
    """Draw for stdout: as wide as it is, in colour only where a terminal shows it."""
    import sys

    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(
        file=io.StringIO(),
        width=width(),
        force_terminal=terminal,
        color_system="auto" if terminal else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in parts:
        console.print(part)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def table(*headings: str) -> Table:
    """An empty table in the looks of all our tables."""
    from rich import box
    from rich.table import Table

    made = Table(
        box=box.SIMPLE_HEAD if unicode_shown() else box.ASCII2, pad_edge=False, padding=(0, 1)
    )
    for heading in headings:
        made.add_column(heading, overflow="fold", justify="left")
    return made


def fill(made: Table, shares: Sequence[int]) -> None:
    """Let the columns of a table share the width of a terminal; a pipe gives each what it needs."""
    if width() == NO_LIMIT:
        return
    made.expand = True
    for column, share in zip(made.columns, shares, strict=True):
        column.ratio = share or None


def cell(text: object, style: str = "") -> Any:
    """A cell that shows a text as it is: no markup, no control characters."""
    from rich.text import Text

    return Text(visible("" if text is None else str(text)), style=style)


def under(text: str, note: str) -> Any:
    """A cell with a dim note below its text."""
    from rich.text import Text

    return Text.assemble(visible(text), (f"\n{visible(note)}" if note else "", "dim"))


def findings_table(findings: Sequence[Finding]) -> str:
    """Draw findings: how bad and how sure, whom, what is wrong and what to do first.

    The most severe come first, so what a very long table leaves out is the least severe.
    """
    if not findings:
        return ""
    shown = findings[:MOST]
    made = table("Severity", "Who or what", "What is wrong, and what to do first")
    made.columns[0].no_wrap = True
    made.columns[2].max_width = WIDEST
    fill(made, (0, 2, 3))
    for place, one in enumerate(shown):
        last = place == len(shown) - 1 or shown[place + 1]["check"] != one["check"]
        made.add_row(_severity(one), _whom(one), _what(one), end_section=last)
    if len(findings) == len(shown):
        return drawn(made)
    more = (
        f"The first {MOST:,} of {len(findings):,} findings; --format csv or json writes them all."
    )
    return drawn(made, cell(more))


def _severity(finding: Finding) -> Any:
    from rich.text import Text

    glyph, style = LOOKS[finding["severity"]]
    mark = f"{glyph} " if unicode_shown() else ""
    return Text.assemble(
        (f"{mark}{finding['severity']}\n", style),
        (f"{' ' * len(mark)}{finding['certainty']}", "dim"),
    )


def _whom(finding: Finding) -> Any:
    from rich.text import Text

    subject = visible(finding["subject"] or finding["finding_id"] or "")
    status = f" ({finding['status']})" if finding["status"] else ""
    return Text.assemble(subject, (f"\n{finding['check']}, {finding['cause']}{status}", "dim"))


def _what(finding: Finding) -> Any:
    from rich.text import Text

    act = REMEDIES[finding["remedy"]][1] if finding["remedy"] else ""
    by = f" by {finding['heals_by']}" if finding["heals_by"] else ""
    heals = f"{HEALS[finding['heals']]}{by}." if finding["heals"] else ""
    arrow = "→ " if unicode_shown() else "-> "
    return Text.assemble(
        visible(finding["detail"] or ""), (f"\n{arrow}{act} {heals}".rstrip(), "dim")
    )


def counted(findings: Sequence[Finding]) -> str:
    """How many findings there are of each severity, in words."""
    counts = Counter(one["severity"] for one in findings)
    parts = [f"{counts[word]:,} {word}" for word in SEVERITIES if counts[word]]
    total = f"{len(findings):,} finding{'' if len(findings) == 1 else 's'}"
    return f"{total}: {', '.join(parts)}" if parts else "No findings"


def summed_up(findings: Sequence[Finding], evidence: dict[str, Any]) -> str:
    """The one line a log keeps: counts, whose evidence, as of when."""
    marked = sum(one["status"] == "suppressed" for one in findings)
    accepted = f" ({marked:,} marked as accepted)" if marked else ""
    return f"{counted(findings)}{accepted}. {evidence['name']}, as of {evidence['as_of']}."
