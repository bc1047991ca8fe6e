"""``scimlytics pull``: read live systems into a store."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scimlytics.cli.options import add, path_of
from scimlytics.cli.streams import put, say, working
from scimlytics.errors import SystemRefusedError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from scimlytics.connectors import Budget, Config, Got, Known, Pulled
    from scimlytics.store import Writer

UNDECIDED = 3


def register(app: typer.Typer) -> None:
    """Add the command."""
    add(app, pull)


def pull(
    config: Annotated[
        Path,
        typer.Option(
            "--config",
            parser=path_of,
            metavar="FILE",
            help="Which systems, as whom (TOML).",
            show_default=False,
        ),
    ],
    store: Annotated[
        Path,
        typer.Option(
            "--store",
            parser=path_of,
            metavar="DIR",
            help="Where snapshots are kept; made where there is none.",
            show_default=False,
        ),
    ],
    systems: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SYSTEM]...", help="Pull these only.", show_default=False),
    ] = None,
    accept_empty: Annotated[
        bool,
        typer.Option(
            "--accept-empty", help="Take what is suddenly empty, or no longer to be had, as it is."
        ),
    ] = False,
) -> None:
    """Read live systems into a store: people, groups, assignments, jobs and logs.

    Only reads. Commits what is whole; what is not never takes the place of the last good snapshot.
    A pull that was stopped goes on where it was when it is run again. Exits 3 when something was not
    whole, 4 when a system refused, 5 when it would have to wait for longer than its budget.
    """
    from scimlytics import connectors
    from scimlytics.store import Writer

    asked = connectors.read_config(config)
    for name in systems or ():
        if name not in asked.systems:
            raise unknown("system", name, list(asked.systems), str(config))
    resume = shlex.join(
        ["scimlytics", "pull", "--config", str(config), *(systems or ()), "--store", str(store)]
    )
    budget = connectors.Budget(asked.pull.budget_seconds, resume=resume)
    wrong: list[Got] = []
    with Writer(store) as writer, working("Pulling") as shown:
        for name in systems or asked.systems:
            pulled = _pulled(
                name, asked, config.absolute().parent, writer, budget, accept_empty, shown.update
            )
            _commit(writer, pulled)
            connectors.discard(writer.staging / name)
            put("".join(f"{line}\n" for line in report(pulled)))
            wrong += _complaints(pulled)
    refused = [one.why for one in wrong if one.refused]
    if refused:
        raise SystemRefusedError("\n".join(dict.fromkeys(refused)))
    if wrong:
        for one in wrong:
            say(f"Not whole: {one.name}: {one.why}.")
        raise typer.Exit(UNDECIDED)


def report(pulled: Pulled) -> list[str]:
    """What was read, a line per collection; members of groups are told together."""
    parts = {part.unit: part for part in pulled.parts}
    members = [one for one in pulled.got if one.group_id is not None]
    lines = []
    for one in pulled.got:
        if one.group_id is not None:
            continue
        part = parts.get(one.unit)
        whole = one.whole and (part is None or part.whole)
        why = one.why if part is None or not one.whole else part.why
        lines.append(_line(pulled.name, one.name, [one], whole, why))
    if members:
        lacking = [one for one in members if not one.whole]
        why = lacking[0].why if lacking else f"all pages of {len(members):,} groups"
        lines.append(_line(pulled.name, "members of groups", members, not lacking, why))
    return lines


def _line(system: str, name: str, some: list[Got], whole: bool, why: str) -> str:
    rows, pages = sum(one.rows for one in some), sum(one.pages for one in some)
    requests, throttles = sum(one.requests for one in some), sum(one.throttles for one in some)
    grade = "whole" if whole else "not whole"
    return (
        f"{system}: {name}: {rows:,} rows, {pages:,} pages, {requests:,} requests,"
        f" {throttles:,} throttles, {grade} ({why})"
    )


def _complaints(pulled: Pulled) -> list[Got]:
    """What was not whole and should have been; a part that was only judged so among it."""
    from dataclasses import replace

    found = [one for one in pulled.got if not one.whole and not one.optional]
    told = {one.unit for one in found}
    for part in pulled.parts:
        if not part.whole and part.unit not in told:
            first = next(one for one in pulled.got if one.unit == part.unit)
            found.append(replace(first, whole=False, why=part.why))
    return found


def _pulled(
    name: str,
    asked: Config,
    folder: Path,
    writer: Writer,
    budget: Budget,
    accept_empty: bool,
    progress: Callable[[str], None],
) -> Pulled:
    from scimlytics import connectors

    return connectors.pull(
        connectors.Order(
            name=name,
            system=asked.systems[name],
            folder=folder,
            shelf=writer.staging / name,
            budget=budget,
            known=_known(writer, name),
            log_days=asked.pull.log_days,
            at_once=asked.pull.at_once,
            accept_empty=accept_empty,
            tell=say,
            progress=progress,
        )
    )


def _known(writer: Writer, name: str) -> Known:
    """What earlier pulls know of a system."""
    from scimlytics.connectors import Known

    held = writer.known(name)
    return Known(held.logs, held.rows, held.accounts, held.lists)


def _commit(writer: Writer, pulled: Pulled) -> None:
    from scimlytics.store import LogBatch, Snapshot

    snapshots = [
        Snapshot(part.unit, pulled.taken_at, part.whole, part.why, part.tables, part.pulls)
        for part in pulled.parts
    ]
    log = LogBatch(pulled.log, pulled.covers) if pulled.log or pulled.covers else None
    writer.commit(pulled.name, pulled.product, pulled.role, snapshots, log)
