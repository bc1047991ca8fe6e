"""What goes wrong, and how often: the default mix, a faults file, and the planting itself."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from scimlytics.errors import InputError, unknown
from scimlytics.lab.faults import PLANTERS, Planter
from scimlytics.lab.faults.jobs import STANDSTILL
from scimlytics.lab.stage import Stage
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
    "target_deleted": 6,
    "incremental_blind_spot": 6,
    "rename_lag": 3,
    "jit_twin": 3,
    "target_edit": 3,
    "orphaned_leaver": 2,
    "held_by_delete_guard": 3,
    "throttled": 2,
    "claim_contradicted": 3,
    "idp_deprovisioned": 2,
    "transient_error": 3,
    "bad_payload": 2,
    "out_of_scope": 2,
    "provider_delay": 2,
    "stale_link": 3,
    "nested_group": 2,
}
"""How many of two hundred people meet with it; of everything else one."""
PEOPLE = 200
MOST = 100_000


def read_faults(path: Path) -> dict[str, int]:
    """Read a faults file: TOML, one ``cause = count`` a line; an empty one plants none.

    Raises
    ------
    InputError
        No such file, no TOML, a cause nobody knows, or a count that is none.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}).") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: no TOML ({error}); write one `cause = count` a line.") from error
    known = sorted({cause for _, _, cause in CAUSES})
    for cause, count in given.items():
        if cause not in known:
            raise unknown("cause", cause, known, str(path))
        if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
            raise InputError(f"{path}: {cause} wants a whole number from 0 to {MOST:,}.")
    return {str(cause): int(count) for cause, count in given.items()}


def default_mix(stage: Stage, users: int) -> dict[str, int]:
    """A realistic mix for a tenant of that size: what fits it, and most often what is met most."""
    fitting = {one.cause for one in PLANTERS if _fits(one, stage)}
    scale = users / PEOPLE
    return {
        cause: max(1, round(OFTEN.get(cause, 1) * scale))
        for cause in sorted(fitting)
        if cause not in RARE
    }


def plant(stage: Stage, faults: Mapping[str, int]) -> None:
    """Plant so many of each cause, its ways in turn.

    What cannot come about in this tenant is written down as not planted, with the reason.
    """
    order = sorted(faults, key=lambda cause: (cause not in FIRST, cause))
    for cause in order:
        count = faults[cause]
        ways = [one for one in PLANTERS if one.cause == cause and _fits(one, stage)]
        if not count:
            continue
        if not ways:
            stage.truth.not_planted[cause] = "cannot come about in this tenant"
            continue
        for place, way in enumerate(ways):
            share = len(range(place, count, len(ways)))
            if not share:
                continue
            if way.batch:
                way.plant(stage, share)
                continue
            for turn in range(share):
                way.plant(stage, turn)


def _fits(planter: Planter, stage: Stage) -> bool:
    return planter.fits(stage.source, stage.target.product, stage.provisioning)
