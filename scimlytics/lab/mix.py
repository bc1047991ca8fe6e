"""What goes wrong, and how often: the default mix, a faults file, and the planting itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from scimlytics.errors import InputError, unknown
from scimlytics.lab.faults import PLANTERS, Planter
from scimlytics.lab.faults.jobs import STANDSTILL
from scimlytics.lab.stage import Stage
from scimlytics.settings import read_toml
from scimlytics.vocabulary import CAUSES

RARE = (*STANDSTILL, "escrows_pruned", "group_mapping_off", "deprovision_off")
"""What changes the whole tenant is planted only when it is asked for."""
FIRST = (
    *STANDSTILL,
    "deprovision_off",
    "out_of_scope",
    "create_only_mapping",
    "mapping_misconfigured",
)
"""What changes the job comes before what happens under it."""
OFTEN = {
    "incremental_blind_spot": 12,
    "claim_contradicted": 7,
    "target_deleted": 6,
    "held_by_delete_guard": 4,
    "out_of_scope": 4,
    "rename_lag": 4,
    "jit_twin": 3,
    "throttling_gap": 1,
    "throttled": 2,
    "stale_link": 3,
    "target_edit": 3,
    "transient_error": 3,
    "bad_payload": 2,
    "blocked_by_existing": 2,
    "group_type_unsupported": 2,
    "idp_deprovisioned": 2,
    "mapping_misconfigured": 2,
    "nested_group": 2,
    "orphaned_group": 2,
    "orphaned_leaver": 2,
    "provider_delay": 2,
    "target_group_deleted": 2,
    "target_lifecycle_rule": 2,
}
"""How many of two hundred people meet with it, each way in which it comes about among them; of
everything else one."""
PEOPLE = 200
AFFECTED = 0.6
"""The part of those who can be cast that something happens to."""
MOST = 100_000


def read_faults(path: Path) -> dict[str, int]:
    """Read a faults file: TOML, one ``cause = count`` a line; an empty one plants none.

    Raises
    ------
    InputError
        No such file, no TOML, a cause nobody knows, or a count that is none.
    """
    given = read_toml(path, str(path))
    known = sorted({cause for _, _, cause in CAUSES})
    for cause, count in given.items():
        if cause not in known:
            raise unknown("cause", cause, known, str(path))
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
            raise InputError(f"{path}: {cause} wants a whole number from 0 to {MOST:,}.")
    return {str(cause): int(count) for cause, count in given.items()}


def default_mix(stage: Stage, users: int) -> dict[str, int]:
    """A realistic mix for a tenant of that size: what fits it, and most often what is met most.

    In a small tenant the rarer causes are left out: others must stay whom nothing happens to. In a
    large one faults grow with the root of its size: most accounts have no event at all.
    """
    fitting = {one.cause for one in PLANTERS if _fits(one, stage)} - set(RARE)
    often = [cause for cause in OFTEN if cause in fitting]
    scale = min(users / PEOPLE, (users / PEOPLE) ** 0.5)
    mix = {}
    room = len(stage.free) * AFFECTED
    for cause in (*often, *sorted(fitting.difference(often))):
        count = max(1, round(OFTEN.get(cause, 1) * scale))
        people = sum(way.people * share for way, share in _ways(cause, count, stage))
        if people > room:
            stage.truth.not_planted[cause] = "too few people"
            continue
        room -= people
        mix[cause] = count
    return mix


def plant(stage: Stage, faults: Mapping[str, int]) -> None:
    """Plant so many of each cause, its ways in turn.

    What cannot come about in this tenant is written down as not planted, with the reason.
    """
    order = sorted(faults, key=lambda cause: (cause not in FIRST, cause))
    for cause in order:
        count = faults[cause]
        if not count:
            continue
        ways = _ways(cause, count, stage)
        if not ways:
            stage.truth.not_planted[cause] = "cannot come about in this tenant"
        for way, share in ways:
            if way.batch:
                way.plant(stage, share)
                continue
            for turn in range(share):
                way.plant(stage, turn)


def _ways(cause: str, count: int, stage: Stage) -> list[tuple[Planter, int]]:
    """The ways in which a cause comes about there, and how often each is taken."""
    ways = [one for one in PLANTERS if one.cause == cause and _fits(one, stage)]
    shares = [len(range(place, count, len(ways))) for place in range(len(ways))]
    return [(way, share) for way, share in zip(ways, shares, strict=True) if share]


def _fits(planter: Planter, stage: Stage) -> bool:
    return planter.fits(stage.source, stage.target.product, stage.provisioning)
