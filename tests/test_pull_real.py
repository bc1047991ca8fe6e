"""A pull from a real SCIM server behind a real rate limit, with the 429s counted by nginx."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import scimlytics as scim
from tests.loopback import SECRET
from tests.peer import Peer, lacking, peer, pulling

ROOT = Path(__file__).parent.parent
USERS, GROUPS, SIZE = 230, 12, 10


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    if missing := lacking():
        if os.environ.get("SCIMLYTICS_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with peer(tmp_path_factory.mktemp("peer"), SECRET, users=USERS, groups=GROUPS) as running:
        yield running


def held(tmp_path: Path) -> tuple[list[str], list[str], int]:
    target = scim.read(tmp_path / "store").target
    return (
        sorted(target.users["id"].tolist()),
        sorted(target.groups["id"].tolist()),
        len(target.memberships),
    )


def test_a_pull_is_whole_and_throttled_no_more_than_the_burst_explains(
    site: Peer, tmp_path: Path
) -> None:
    before = len(site.statuses())

    ran = subprocess.run(
        pulling(site, SECRET, tmp_path, SIZE), cwd=ROOT, check=False, capture_output=True
    )

    assert ran.returncode == 0, ran.stderr
    assert held(tmp_path) == (sorted(site.users), sorted(site.groups), 3 * GROUPS)
    statuses = site.statuses()[before:]
    assert statuses.count(200) >= USERS / SIZE
    assert 0 < statuses.count(429) <= math.ceil(statuses.count(200) / (site.burst + 1))
    grades = scim.read(tmp_path / "store").grades
    assert {grades[f"target_{one}"].grade for one in ("users", "groups", "memberships")} == {
        "complete"
    }


def test_a_pull_that_is_killed_and_run_again_ends_in_the_same_table(
    site: Peer, tmp_path: Path
) -> None:
    for _ in range(2):
        begun = len(site.statuses())
        running = subprocess.Popen(
            pulling(site, SECRET, tmp_path, SIZE), cwd=ROOT, stdout=subprocess.DEVNULL
        )
        while len(site.statuses()) < begun + 8 and running.poll() is None:
            time.sleep(0.02)
        running.send_signal(signal.SIGKILL)
        running.wait()

    ran = subprocess.run(
        pulling(site, SECRET, tmp_path, SIZE), cwd=ROOT, check=False, capture_output=True
    )

    assert ran.returncode == 0, ran.stderr
    assert held(tmp_path) == (sorted(site.users), sorted(site.groups), 3 * GROUPS)
