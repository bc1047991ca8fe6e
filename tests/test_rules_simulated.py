"""Simulated tenants: each planted fault is found with its cause, look-alikes are left alone."""

import pytest

from scimlytics.lab.score import counts, meets
from tests.tenants import WORLDS, mistakes, tenant


@pytest.mark.parametrize("name", WORLDS)
def test_every_planted_fault_is_found_with_its_cause_and_nothing_else(name: str) -> None:
    assert mistakes(tenant(name)) == []


@pytest.mark.parametrize("name", WORLDS)
def test_nothing_above_info_falls_on_a_look_alike(name: str) -> None:
    one = tenant(name)
    planted = one.truth["faults"]
    counted = [row for row in one.findings() if counts(row)]

    fallen = [
        (miss["cause"], row["cause"], row["subject"])
        for miss in one.truth["near_misses"]
        for row in counted
        if meets(row, miss) and not any(meets(row, fault) for fault in planted)
    ]

    assert one.truth["near_misses"]
    assert fallen == []


@pytest.mark.parametrize("name", ["filescom", "scim"])
def test_what_changed_since_the_last_cycle_is_on_its_way(name: str) -> None:
    one = tenant(name)
    fresh = [miss for miss in one.truth["near_misses"] if miss["note"] == "no cycle since"]

    for miss in fresh:
        causes = {row["cause"] for row in one.findings() if meets(row, miss)}
        assert causes == {"not_yet"}, miss["subject"]
    assert len(fresh) >= 4
