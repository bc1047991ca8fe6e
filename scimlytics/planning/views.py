"""A plan as tables that people read: key figures, steps, what each remedy takes, what to weigh."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from scimlytics.vocabulary import REMEDIES

if TYPE_CHECKING:
    import pandas as pd

    from scimlytics.planning.plan import Plan

UNITS = {"D": "d", "H": "h", "M": "min", "S": "s"}
TITLES = {
    "on_demand": "On demand",
    "restart": "Restart the job, links kept",
    "restart_full": "Restart the job, links rebuilt",
    "nothing": "Do nothing",
}


def spoken(length: str) -> str:
    """A length of time in ISO 8601 as people say it: 16 min 14 s."""
    parts = re.findall(r"(\d+)([DHMS])", length)
    return " ".join(f"{count} {UNITS[unit]}" for count, unit in parts) or length


def figures(plan: Plan) -> pd.DataFrame:
    """The key figures: ``label``, ``value``, ``note``."""
    import pandas as pd

    found = {name for row in plan.rows for name in row["finding_ids"]}
    last = max((row["look_again_at"] for row in plan.rows), default=None)
    done = "nothing to do" if last is None else f"the last look is due at {last:%Y-%m-%d %H:%M} UTC"
    rows = [
        ("Steps", len(plan.rows), done),
        ("Findings acted on", len(found), "confirmed or likely, not accepted by a mark"),
        ("Findings refused", len(plan.refusals), "each with its reason, below"),
        ("Never heal by themselves", plan.cards["nothing"]["never_heal"], "whatever anybody waits"),
    ]
    return pd.DataFrame(rows, columns=["label", "value", "note"])


def steps(plan: Plan) -> pd.DataFrame:
    """The steps, with ``minutes`` for ``takes``, lists as text, and the request as JSON."""
    import pandas as pd

    rows = [
        {
            **row,
            "minutes": round(row["takes"].total_seconds() / 60, 1),
            "after": ", ".join(map(str, row["after"])),
            "request": "" if row["request"] is None else json.dumps(row["request"]),
        }
        for row in plan.rows
    ]
    columns = ["step", "act", "subjects", "after", "minutes", "look_again_at", "affects"]
    more = ["wont_fix", "rung", "remedy", "members", "finding_ids", "request"]
    return pd.DataFrame(rows, columns=[*columns, *more]).astype({"step": "int64", "rung": "int64"})


def by_remedy(plan: Plan) -> pd.DataFrame:
    """What each remedy takes: ``remedy``, ``rung``, ``says``, ``steps``, ``findings``; by rung."""
    import pandas as pd

    rows = []
    for remedy in dict.fromkeys(row["remedy"] for row in plan.rows):
        own = [row for row in plan.rows if row["remedy"] == remedy]
        found = {name for row in own for name in row["finding_ids"]}
        rung, says = REMEDIES[remedy]
        rows.append((remedy, rung, says, len(own), len(found)))
    rows.sort(key=lambda row: (row[1], row[0]))
    columns = ["remedy", "rung", "says", "steps", "findings"]
    return pd.DataFrame(rows, columns=columns).astype({"rung": "int64", "steps": "int64"})


def cards(plan: Plan) -> pd.DataFrame:
    """On demand, a restart, or nothing: ``what``, ``repairs``, ``takes``, ``and`` (a sentence)."""
    import pandas as pd

    given = plan.cards
    demand, nothing = given["on_demand"], given["nothing"]
    rows = [
        (
            TITLES["on_demand"],
            demand["repairs"],
            f"{demand['calls']:,} calls, {spoken(demand['takes'])}",
            "Nobody else is touched.",
        )
    ]
    for name in ("restart", "restart_full"):
        one = given[name]
        more = f" Of all links: {one['breaks']}." if "breaks" in one else ""
        rows.append(
            (
                TITLES[name],
                one["repairs"],
                f"{spoken(one['takes_least'])} to {spoken(one['takes_most'])}",
                f"Touches {one['touches']}; drops {one['drops_retries']:,} waiting retries and"
                f" {one['strands_disables']:,} pending disables.{more}",
            )
        )
    healed = nothing["last_of_them"]
    last = f" The last does by {healed[:16].replace('T', ' ')} UTC." if healed else ""
    rows.append(
        (
            TITLES["nothing"],
            nothing["heal_by_themselves"],
            "",
            f"{nothing['never_heal']:,} never heal by themselves, {nothing['after_a_fix']:,} only"
            f" after a fix.{last}",
        )
    )
    return pd.DataFrame(rows, columns=["what", "repairs", "takes", "and"])
