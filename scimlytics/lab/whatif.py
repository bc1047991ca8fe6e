"""What if: how long a bulk change takes under a limit and a cycle, and how much of it is lost.

The provider and the target are those of the simulated tenants; only the limit, the cycle and the
retries differ from run to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from scimlytics.errors import InputError
from scimlytics.lab.simulate import build, run
from scimlytics.lab.world import AS_OF

if TYPE_CHECKING:
    import pandas as pd

DAYS = 7
"""So long is looked at."""
COLUMNS = ("rate_limit", "cycle_minutes", "hours", "waiting", "refused")


def what_if(
    people: int = 100,
    *,
    rate_limits: Sequence[int] = (5, 20, 80),
    cycle_minutes: Sequence[int] = (40,),
    retries: Sequence[int] = (6, 12, 24),
    seed: int = 1,
) -> pd.DataFrame:
    """Assign so many people at once, and watch how they get their accounts.

    Parameters
    ----------
    people
        Assigned within some seconds.
    rate_limits
        Requests a minute that the target takes; each is tried.
    cycle_minutes
        Minutes from cycle to cycle; each is tried.
    retries
        Hours after which a refused object is tried again, then daily; none: never.
    seed
        The same seed, the same curves.

    Returns
    -------
    DataFrame
        ``rate_limit``, ``cycle_minutes``, ``hours`` (since the change), ``waiting`` (people without an
        account), ``refused`` (attempts refused so far). A row per step of the curve.

    Raises
    ------
    InputError
        A number that is none, or too many people.
    """
    import pandas as pd

    if not 1 <= people <= 5000:
        raise InputError("people: give a number from 1 to 5,000.")
    if min([*rate_limits, *cycle_minutes], default=0) < 1:
        raise InputError("rate_limits and cycle_minutes: give numbers from 1.")
    rows: list[tuple[int, int, float, int, int]] = []
    for limit in rate_limits:
        for minutes in cycle_minutes:
            rows += [
                (limit, minutes, *step) for step in _curve(people, limit, minutes, retries, seed)
            ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def summary(curves: pd.DataFrame) -> pd.DataFrame:
    """How each ended: ``rate_limit``, ``cycle_minutes``, ``done_after_hours``, ``waiting``, ``refused``.

    Parameters
    ----------
    curves
        What :func:`what_if` returns.
    """
    keys = ["rate_limit", "cycle_minutes"]
    last = curves.groupby(keys, as_index=False).last()
    ended = curves[curves["waiting"] == 0].groupby(keys, as_index=False)["hours"].min()
    made = last.drop(columns="hours").merge(ended, on=keys, how="left")
    made = made.rename(columns={"hours": "done_after_hours"})
    return made[[*keys, "done_after_hours", "waiting", "refused"]]


def figures(ended: pd.DataFrame, people: int) -> pd.DataFrame:
    """The key figures: ``label``, ``value``, ``of``, ``of_what``, ``note``; a row per limit and cycle.

    Parameters
    ----------
    ended
        What :func:`summary` returns.
    people
        How many were assigned.
    """
    import pandas as pd

    rows = []
    for one in ended.to_dict(orient="records"):
        hours = one["done_after_hours"]
        done = "not within a week" if pd.isna(hours) else f"everybody within {hours:.1f} hours"
        name = f"Still waiting at {one['rate_limit']} a minute, each {one['cycle_minutes']} min"
        rows.append((name, int(one["waiting"]), people, "people", done))
    return pd.DataFrame(rows, columns=["label", "value", "of", "of_what", "note"])


def cycles_like(cycle: timedelta) -> list[int]:
    """The lengths of a cycle to try: the provider's own, or ten minutes where it has none."""
    return [max(1, round(cycle / timedelta(minutes=1)))] if cycle else [10]


def _curve(
    people: int, limit: int, minutes: int, retries: Sequence[int], seed: int
) -> list[tuple[float, int, int]]:
    """Hours since the change, people who wait then, and attempts refused until then."""
    stage = build(people * 2 + 60, DAYS, seed, "entra", "scim", "scim")
    stage.provider.job.minutes, stage.provider.job.delays = minutes, tuple(retries)
    stage.target.rate_limit = limit
    begin = stage.world.start + timedelta(hours=6)
    chosen = [stage.newcomer() for _ in range(people)]
    for turn, person in enumerate(chosen):
        at = begin + timedelta(seconds=turn % 30)
        stage.at(at, partial(stage.directory.assign, person))
    run(stage)
    names = {person.id for person in chosen}
    waiting, refused, done = people, 0, set[str]()
    steps = [(0.0, people, 0)]
    for claim in sorted(stage.provider.claims, key=lambda one: one.at):
        if claim.source_id not in names:
            continue
        if claim.status == "failure":
            refused += 1
        elif claim.action == "create" and claim.source_id not in done:
            done.add(claim.source_id)
            waiting -= 1
        else:
            continue
        steps.append((round((claim.at - begin) / timedelta(hours=1), 4), waiting, refused))
    steps.append((round((AS_OF - begin) / timedelta(hours=1), 4), waiting, refused))
    return steps
