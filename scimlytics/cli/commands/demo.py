"""``scimlytics demo``: a simulated tenant, its findings and its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scimlytics.cli.options import add
from scimlytics.cli.streams import put, say

PLACE = Path("scimlytics-demo")


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, demo)


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="The folder of the report.")
    ] = PLACE,
) -> None:
    """Check a simulated tenant: its findings here, its report in a folder.

    Contacts no system. The tenant comes with scimlytics; the people in it do not exist.
    """
    from scimlytics import shipped
    from scimlytics.cli.commands.check import checked_evidence, tell
    from scimlytics.cli.commands.report import pages, whole
    from scimlytics.cli.findings_table import findings_table

    evidence = shipped.sample() / "evidence"
    checked = checked_evidence(evidence)
    put(findings_table(checked.findings))
    tell(checked)
    made = pages(evidence, out)
    put(f"Report: {made.index}\n")
    whole(made)
    say(f"Look at the evidence with: scimlytics inspect {evidence}")
