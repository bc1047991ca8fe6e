"""``scimlytics explain``: why Ada is not in Finance."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scimlytics.cli.options import AsOfOption, EvidenceArgument, OutOption, add, moment
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import say, working

if TYPE_CHECKING:
    from scimlytics.explanation import Explanation


class Format(StrEnum):
    """How an explanation is written."""

    table = "table"
    json = "json"


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, explain)


def explain(
    evidence: EvidenceArgument,
    subject: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT",
            help="A user name, mail address, former name or id; a group; or 'person → group'.",
            show_default=False,
        ),
    ],
    group: Annotated[
        str | None, typer.Option("--group", metavar="GROUP", help="The group of a membership.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    as_of: AsOfOption = None,
    out: OutOption = None,
) -> None:
    """Explain one person, group or membership: the sides, the timeline, the verdict.

    Says what would falsify the verdict, what to do and when to look again. Of somebody in order it
    shows the chain that makes it so. Exits 2 when nobody is called so, or several are.
    """
    ready(out, evidence)
    from scimlytics.evidence import read
    from scimlytics.explanation import explain as explained

    at = moment(as_of)
    with working("Reading the evidence"):
        asked = read(evidence)
        asked = asked if at is None else asked.at(at)
    with working("Asking the checks"):
        found = explained(asked, subject, group)
    asked.close()
    if form is Format.json:
        from scimlytics.cli.findings import dumps

        publish(dumps(plain(found)).encode(), out)
    else:
        from scimlytics.cli.explanation import explanation

        publish(explanation(found), out)
    say(f"{len(found.timeline):,} lines of time, {len(found.findings):,} findings.")


def plain(found: Explanation) -> dict[str, Any]:
    """The explanation as plain values; the shape of ``explain --format json``."""
    from scimlytics.cli.findings import VERSION, order

    return {
        "version": VERSION,
        "subject": found.subject.name,
        "sides": found.sides,
        "timeline": found.timeline,
        "findings": sorted(found.findings, key=order),
        "would_be_false_if": found.would_be_false_if,
        "look_again_at": found.look_again_at,
    }
