"""What is assumed about the provider: how often it looks, how long it may take, what it offers.

Every assumption has a reason and is printed in the report, so that a reader can contradict it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scimlytics.vocabulary import CAPABILITIES

CYCLE = {"entra": timedelta(minutes=40), "okta": timedelta(0)}
"""Entra's incremental cycle is fixed at about 40 minutes; Okta acts on events."""
LEAST_GRACE = {"entra": timedelta(minutes=80)}
OTHER_GRACE = timedelta(minutes=60)


@dataclass(frozen=True)
class Assumption:
    """Something taken for granted, its value and why."""

    what: str
    value: str
    why: str


@dataclass(frozen=True)
class Profile:
    """The provider and the moment, as all rules see them."""

    provider: str
    provisioning: str
    scope: str
    as_of: datetime
    source_at: datetime | None
    target_at: datetime | None
    cycle: timedelta
    grace: timedelta
    retries: str
    capabilities: frozenset[str]
    assumptions: tuple[Assumption, ...] = field(default=())

    @property
    def seen_at(self) -> datetime:
        """The moment the target was looked at; what changed shortly before may be on its way."""
        return self.target_at or self.as_of


def cycle_of(
    provider: str, declared_minutes: float | None, interval_s: int | None
) -> tuple[timedelta, str]:
    """The provider's cycle and where it is known from.

    The job's own interval is the measured cycle; gaps between events only bound it from above,
    since a cycle without changes writes nothing.
    """
    if declared_minutes is not None:
        return timedelta(minutes=declared_minutes), "declared in scimlytics.toml"
    if interval_s:
        return timedelta(seconds=interval_s), "the job's interval"
    if provider in CYCLE:
        return CYCLE[provider], f"the usual cycle of {provider}"
    return timedelta(0), "unknown provider; taken as driven by events"


def grace_of(provider: str, cycle: timedelta, declared_minutes: float | None) -> timedelta:
    """How long a change may be on its way before its absence means something."""
    if declared_minutes is not None:
        return timedelta(minutes=declared_minutes)
    return max(2 * cycle, LEAST_GRACE.get(provider, OTHER_GRACE))


def capabilities_of(provider: str, declared: Sequence[str] | None) -> frozenset[str]:
    """What the provider offers besides waiting."""
    if declared is not None:
        return frozenset(declared)
    return frozenset(CAPABILITIES.get(provider, ()))
