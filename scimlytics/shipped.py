"""Where the notebooks and the sample lie: in a checkout beside the package, in a wheel inside it."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def notebooks() -> Path:
    """The folder of the notebooks."""
    return _first(PACKAGE / "_shipped" / "notebooks", PACKAGE.parent / "notebooks")


def sample() -> Path:
    """The simulated tenant: ``evidence/`` and ``truth.json``."""
    return _first(PACKAGE / "_shipped" / "sample", PACKAGE.parent / "data" / "sample")


def _first(*places: Path) -> Path:
    return next((place for place in places if place.is_dir()), places[-1])
