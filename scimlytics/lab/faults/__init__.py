"""What can be planted, by cause: importing this package registers every planter."""

from scimlytics.lab.faults import (
    duplicated,
    failing,
    groups,
    inactive,
    jit,
    jobs,
    leavers,
    members,
    missing,
    stale,
)
from scimlytics.lab.faults.registry import MIRRORS, PLANTERS, Mirrored, Planter

__all__ = [
    "MIRRORS",
    "PLANTERS",
    "Mirrored",
    "Planter",
    "duplicated",
    "failing",
    "groups",
    "inactive",
    "jit",
    "jobs",
    "leavers",
    "members",
    "missing",
    "stale",
]
