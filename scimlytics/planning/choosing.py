"""Which findings enter a plan, and which are refused, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scimlytics.diagnose.findings import FALLBACK, left_alone, offers
from scimlytics.planning.circumstances import Circumstances
from scimlytics.vocabulary import REMEDIES, TAKES_AWAY, TOGETHER

Row = Mapping[str, Any]
SURE = ("confirmed", "likely")
MOST_PERCENT, MOST_COUNT = 20, 10
"""Above both, nothing that takes away is planned: so many at once are an incident, not a worklist."""
FIRST = "disable_in_target"
"""A leaver's access ends before anything else is mended."""
AHEAD = (FIRST, "adjust_lifecycle_rule", "report_to_vendor")
"""Of two remedies that belong together these come first: a target that takes one new member for the
whole list would lose all others, whoever is added to it; a rule would take the account once more."""


@dataclass(frozen=True)
class Chosen:
    """A finding and what is to be done about it, in order."""

    finding: Row
    remedies: tuple[str, ...]


def choose(
    findings: Sequence[Row], here: Circumstances
) -> tuple[list[Chosen], list[tuple[str, str]]]:
    """Part findings into those that a plan may act on and those that it refuses.

    Returns
    -------
    tuple
        What is acted on, and ``finding_id`` with the reason of what is refused. What is ``info``
        is in neither: there is nothing to do.
    """
    chosen, refused = [], []
    for row in findings:
        if row["severity"] == "info" or row["remedy"] in (None, "none"):
            continue
        why = _why_not(row, here)
        remedies = remedies_of(row, here)
        if why is None and _takes_away(remedies) and _privileged(row, here):
            why = "an administrator: demote first by hand, then act"
        if why is None:
            chosen.append(Chosen(row, remedies))
        else:
            refused.append((row["finding_id"], why))
    over = _over_threshold(chosen, here)
    if over is not None:
        refused += [
            (one.finding["finding_id"], over) for one in chosen if _takes_away(one.remedies)
        ]
        chosen = [one for one in chosen if not _takes_away(one.remedies)]
    return chosen, sorted(refused)


def remedies_of(row: Row, here: Circumstances) -> tuple[str, ...]:
    """What is to be done: two remedies where they belong together, else the first on offer."""
    listed = [name for name in row["remedies"] if name != "none"]
    offered = [name for name in listed if offers(here.capabilities, name, row["object_type"])]
    if (row["situation"], row["cause"]) in TOGETHER:
        both = [name for name in listed[:2] if name in offered]
        if both:
            both.sort(key=lambda name: (name not in AHEAD, REMEDIES[name][0]))
            # The twin held the name: what was refused meanwhile is sent again once it is free.
            refused = left_alone("blocked_by_existing", row["object_type"], here.retries)
            return (*both, *_again(row, here)) if "remove_twin" in both and refused else (*both,)
    if left_alone(row["cause"], row["object_type"], here.retries):
        return tuple(dict.fromkeys((*offered[:1], *_again(row, here))))
    return (offered[0],) if offered else ("manual_edit",)


def _again(row: Row, here: Circumstances) -> tuple[str]:
    """How an object is sent once more: on demand where there is such a thing."""
    kind = row["object_type"]
    if offers(here.capabilities, "provision_on_demand", kind):
        return ("provision_on_demand",)
    return (FALLBACK[kind],)


def _why_not(row: Row, here: Circumstances) -> str | None:
    if row["status"] == "suppressed":
        return "accepted by a mark"
    if row["certainty"] not in SURE:
        return f"{row['certainty']}: the evidence does not prove it"
    if here.as_of > here.expires:
        return f"the evidence is too old: a snapshot was taken at {here.oldest:%Y-%m-%d %H:%M} UTC"
    return None


def _takes_away(remedies: Sequence[str]) -> bool:
    return any(name in TAKES_AWAY for name in remedies)


def _privileged(row: Row, here: Circumstances) -> bool:
    if row["object_type"] not in ("user", "membership"):
        return False
    ids = [row["source_id"], row["target_id"], *(row["other_ids"] or ())]
    return any(one in here.privileged for one in ids)


def _over_threshold(chosen: Sequence[Chosen], here: Circumstances) -> str | None:
    touched = {
        one.finding["source_id"] or one.finding["target_id"]
        for one in chosen
        if _takes_away(one.remedies) and one.finding["object_type"] in ("user", "membership")
    }
    if len(touched) <= MOST_COUNT or len(touched) * 100 <= MOST_PERCENT * here.people:
        return None
    return (
        f"over the threshold: {len(touched)} of {here.people} people would lose something at once;"
        " find the one cause first"
    )
