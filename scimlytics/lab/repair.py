"""Carry a plan out in a simulated tenant: what a person, or a tool of theirs, would do, each in its time.

Nobody here knows what was planted. The steps are done one after the other, then the provider goes on as
it always does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scimlytics.lab.acts import Hand
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import AS_OF, LAST_CYCLE, TARGET_LAG

Row = Mapping[str, Any]
PASSES = timedelta(hours=1)
"""So long after the first export what passes by itself has passed."""
HASTE = timedelta(minutes=3)
"""From step to step: nobody does all at once."""
PASSING = (408, 429, 500, 502, 503, 504)


def carry_out(stage: Stage, steps: Iterable[Row], findings: Iterable[Row]) -> None:
    """Do what a plan says, in a tenant that has run, and let it run on until the plan says to look.

    Parameters
    ----------
    stage
        The tenant, after its exports were written.
    steps
        Rows of a plan, in its order.
    findings
        The rows of FINDINGS that it was made of.
    """
    known = {row["finding_id"]: row for row in findings}
    begin = last = stage.world.now
    stage.at(AS_OF + PASSES, lambda now: _passed(stage))
    hand = Hand(stage)
    turns: Counter[tuple[str, ...]] = Counter()
    for place, step in enumerate(steps):
        about = [known[name] for name in step["finding_ids"] if name in known]
        chain = (step["remedy"], *sorted(step["finding_ids"]))
        late = place * HASTE
        at = max(begin, step["look_again_at"] - step["takes"]) + late
        stage.at(at, partial(hand.does, step, about, turns[chain]))
        turns[chain] += 1
        last = max(last, step["look_again_at"] + late)
    go_on(stage, last)


def go_on(stage: Stage, until: datetime) -> None:
    """Let the tenant run on past a moment, to the end of a cycle, and make that the next export's time."""
    step = timedelta(minutes=stage.provider.job.minutes)
    before = stage.world.as_of - LAST_CYCLE
    after = before + step * (max(timedelta(), until - before) // step + 2)
    if stage.provisioning == "scim":
        stage.provider.begin(before, after)
    stage.world.as_of = after + LAST_CYCLE
    stage.world.run(stage.world.as_of + TARGET_LAG)


def _passed(stage: Stage) -> None:
    """What the target refused for a passing reason it takes now."""
    stage.target.refusals = [
        one
        for one in stage.target.refusals
        if one.answer.status not in PASSING or one.answer.scim_type == "html"
    ]
