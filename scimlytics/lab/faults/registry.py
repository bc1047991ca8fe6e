"""Planters by cause: who plants what, and in which worlds it can happen at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scimlytics.lab.stage import Stage

Plant = Callable[[Stage, int], None]
Mirror = Callable[[Stage], None]
SOURCES, TARGETS = ("entra", "okta"), ("filescom", "scim")


@dataclass(frozen=True)
class Planter:
    """One way in which a cause comes about."""

    cause: str
    plant: Plant
    people: int
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    provisioning: str
    batch: bool

    def fits(self, source: str, target: str, provisioning: str) -> bool:
        """Whether it can happen there."""
        return (
            source in self.sources and target in self.targets and provisioning == self.provisioning
        )


@dataclass(frozen=True)
class Mirrored:
    """A look-alike of a cause."""

    cause: str
    plant: Mirror
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    provisioning: str

    def fits(self, source: str, target: str, provisioning: str) -> bool:
        """Whether it can happen there."""
        return (
            source in self.sources and target in self.targets and provisioning == self.provisioning
        )


PLANTERS: list[Planter] = []
MIRRORS: list[Mirrored] = []


def plants(
    cause: str,
    *,
    people: int = 1,
    sources: tuple[str, ...] = SOURCES,
    targets: tuple[str, ...] = TARGETS,
    provisioning: str = "scim",
    batch: bool = False,
) -> Callable[[Plant], Plant]:
    """Register a planter. It is called with the stage and its turn, or, as a batch, with the count."""

    def register(function: Plant) -> Plant:
        PLANTERS.append(Planter(cause, function, people, sources, targets, provisioning, batch))
        return function

    return register


def mirrors(
    cause: str,
    *,
    sources: tuple[str, ...] = SOURCES,
    targets: tuple[str, ...] = TARGETS,
    provisioning: str = "scim",
) -> Callable[[Mirror], Mirror]:
    """Register a look-alike: what must not be reported."""

    def register(function: Mirror) -> Mirror:
        MIRRORS.append(Mirrored(cause, function, sources, targets, provisioning))
        return function

    return register
