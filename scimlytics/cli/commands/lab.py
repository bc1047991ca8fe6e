"""``scimlytics lab``: simulated tenants with known causes, and the score against them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from scimlytics.cli.options import EvidenceArgument, OutOption, add
from scimlytics.cli.publish import publish, ready
from scimlytics.cli.streams import put, say, working
from scimlytics.errors import InputError

LARGEST_TRUTH = 1 << 28


class Format(StrEnum):
    """How the score is written."""

    table = "table"
    json = "json"


class Source(StrEnum):
    """The identity providers the lab can simulate."""

    entra = "entra"
    okta = "okta"


class Target(StrEnum):
    """The applications the lab can simulate."""

    filescom = "filescom"
    scim = "scim"


class Provisioning(StrEnum):
    """How accounts come into the simulated target."""

    scim = "scim"
    jit = "jit"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(lab)
    add(group, simulate)
    add(group, score)
    app.add_typer(group, name="lab", short_help=(lab.__doc__ or "").partition("\n")[0])


def lab(context: typer.Context) -> None:
    """Simulate tenants with known causes, and score findings against them."""
    if context.invoked_subcommand is None:
        put(context.get_help() + "\n")


def simulate(
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="DIR", help="Where evidence/ and truth.json go.", show_default=False
        ),
    ],
    users: Annotated[
        int, typer.Option("--users", min=20, max=1_000_000, help="How many people.")
    ] = 200,
    days: Annotated[int, typer.Option("--days", min=7, max=366, help="How long the log is.")] = 30,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed, the same tenant.")] = 1,
    source: Annotated[Source, typer.Option("--source", help="The directory.")] = Source.entra,
    target: Annotated[Target, typer.Option("--target", help="The application.")] = Target.filescom,
    provisioning: Annotated[
        Provisioning, typer.Option("--provisioning", help="How accounts come about.")
    ] = Provisioning.scim,
    faults: Annotated[
        Path | None,
        typer.Option(
            "--faults", metavar="FILE", help="TOML, one `cause = count` a line: what to plant."
        ),
    ] = None,
    cycle_minutes: Annotated[
        int | None,
        typer.Option("--cycle-minutes", min=1, max=1440, help="What if cycles were so far apart."),
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            "--rate-limit", min=1, help="What if the target took so many requests a minute."
        ),
    ] = None,
    retries: Annotated[
        str | None,
        typer.Option(
            "--retries",
            metavar="HOURS",
            help="What if refused objects were tried again after 6,12,24 hours, or none.",
        ),
    ] = None,
) -> None:
    """Simulate a tenant and write its exports and its answer sheet.

    DIR/evidence holds the exports in the products' own formats, DIR/truth.json what was planted.
    """
    from scimlytics import lab as laboratory

    planted = None if faults is None else laboratory.read_faults(faults)
    with working("Simulating"):
        laboratory.simulate(
            out,
            users=users,
            days=days,
            seed=seed,
            source=source.value,
            target=target.value,
            provisioning=provisioning.value,
            faults=planted,
            cycle_minutes=cycle_minutes,
            rate_limit=rate_limit,
            retries=_hours(retries),
        )
    put(f"{out / 'evidence'}\n{out / 'truth.json'}\n")
    say(f"Next: scimlytics check {out / 'evidence'}")


def _hours(text: str | None) -> tuple[int, ...] | None:
    if text is None or text == "none":
        return None if text is None else ()
    parts = [part.strip().removesuffix("h") for part in text.split(",")]
    if not all(part.isdigit() and 0 < int(part) <= 720 for part in parts):
        raise InputError("--retries: give hours such as 6,12,24, or none.")
    return tuple(int(part) for part in parts)


def score(
    evidence: EvidenceArgument,
    truth: Annotated[
        Path, typer.Argument(metavar="TRUTH", help="The answer sheet.", show_default=False)
    ],
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.table,
    out: OutOption = None,
) -> None:
    """Compare the findings of a simulated tenant with what was planted.

    Precision, recall and the share of right causes; per cause what was planted and found.
    """
    from scimlytics.cli.commands.check import checked_evidence
    from scimlytics.lab.score import score as compare

    ready(out)
    sheet = answer_sheet(truth)
    checked = checked_evidence(evidence)
    try:
        scored = compare(checked.findings, sheet)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise InputError(
            f"{truth}: a fault in it lacks a key, or holds a strange value."
        ) from error
    if form is Format.json:
        from scimlytics.cli.findings import dumps

        publish(dumps(scored).encode(), out)
    else:
        publish(drawn_score(scored), out)


def answer_sheet(path: Path) -> dict[str, Any]:
    """Read ``truth.json``.

    Raises
    ------
    InputError
        There is no such file, or it is no answer sheet.
    """
    try:
        if path.stat().st_size > LARGEST_TRUTH:
            raise InputError(f"{path}: is too large for an answer sheet.")
        read = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no JSON; `lab simulate` writes a truth.json.") from error
    if not isinstance(read, dict) or not isinstance(read.get("faults"), list):
        raise InputError(f"{path}: has no list of faults; `lab simulate` writes a truth.json.")
    return read


def drawn_score(scored: dict[str, Any]) -> str:
    """Draw a score: the rates, then a line per cause."""
    from scimlytics.cli.findings_table import cell, drawn, table

    rates = table("Figure", "Value")
    for name in ("recall", "precision", "cause_accuracy"):
        rates.add_row(cell(name.replace("_", " ")), cell(f"{scored[name]:.1%}"))
    rates.add_row(cell("near-miss violations"), cell(scored["near_miss_violations"]))
    causes = table("Cause", "Planted", "Found", "Cause right")
    for column in causes.columns[1:]:
        column.justify = "right"
    for cause, line in scored["per_cause"].items():
        causes.add_row(
            cell(cause), cell(line["planted"]), cell(line["found"]), cell(line["cause_right"])
        )
    rows = [
        *(("missed", one["cause"], one["subject"]) for one in scored["missed"]),
        *(
            (
                "wrong cause",
                f"{one['finding']['cause']}, not {one['fault']['cause']}",
                one["fault"]["subject"],
            )
            for one in scored["wrong_cause"]
        ),
        *(("false", one["cause"], one["subject"]) for one in scored["false"]),
    ]
    wrong = table("What went wrong", "Cause", "Who or what")
    for row in rows:
        wrong.add_row(*(cell(part) for part in row))
    return drawn(rates, causes, *([wrong] if rows else []))
