"""The order of the tests: files that take minutes go first, so that no core waits for one at the end."""

from __future__ import annotations

import pytest

LONG = (
    "test_incidents",
    "test_rules_simulated",
    "test_lab",
    "test_repair",
    "test_report_browser",
    "test_notebooks",
    "test_rules_groups",
    "test_rules_people",
    "test_lab_scene",
    "test_engine",
)
"""The longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort whole files; within a file, and among the others, the order stays."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda one: places.get(one.path.stem, len(LONG)))
