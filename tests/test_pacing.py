"""Several requests at once: never more than allowed, never earlier than told, fewer once throttled."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import pytest

from scimlytics.connectors.clock import Clock
from scimlytics.errors import BudgetError
from tests.loopback import Asked, Reply, Server, client
from tests.schedules import Stage, World, truth

GOOD = Reply({"totalResults": 1, "Resources": [{"id": "1"}]})


class Crowd:
    """Answers slowly, and knows how many asked at once, and when who came."""

    def __init__(self, *, throttle_at: int = 0, wait: float = 0.6) -> None:
        self.throttle_at, self.wait = throttle_at, wait
        self.lock, self.there = Lock(), 0
        self.crowds: list[tuple[float, int]] = []
        self.throttled_at = 0.0

    def __call__(self, asked: Asked) -> Reply:
        with self.lock:
            self.there += 1
            self.crowds.append((time.monotonic(), self.there))
            throttled = len(self.crowds) == self.throttle_at
        time.sleep(0.02)
        with self.lock:
            self.there -= 1
            if throttled:
                self.throttled_at = time.monotonic()
        if throttled:
            return Reply({}, 429, {"Retry-After": f"{self.wait:.3f}"})
        return GOOD


def ask(crowd: Crowd, at_once: int, number: int = 40) -> None:
    """Ask so often, from eight threads."""
    with Server(crowd) as server:
        first = client(server, Clock(), at_once=at_once)
        clients = [first.sibling() for _ in range(8)]
        with ThreadPoolExecutor(8) as crew:
            list(crew.map(lambda n: clients[n % 8].get("/Users"), range(number)))


@pytest.mark.parametrize("at_once", [1, 3])
def test_no_more_are_under_way_than_allowed(at_once: int) -> None:
    crowd = Crowd()

    ask(crowd, at_once)

    assert min(2, at_once) <= max(there for _, there in crowd.crowds) <= at_once
    assert len(crowd.crowds) == 40


def test_what_one_is_told_holds_all_of_them_and_makes_them_fewer() -> None:
    crowd = Crowd(throttle_at=12)

    ask(crowd, 4)

    told = crowd.throttled_at
    sent_on = [at for at, _ in crowd.crowds if told < at < told + crowd.wait]
    later = [there for at, there in crowd.crowds if at > told + crowd.wait]
    assert len(sent_on) <= 3  # those that were on their way when it was told
    assert len(crowd.crowds) == 41
    assert max(later) <= 2


def test_a_wait_that_is_too_long_stops_all_of_them() -> None:
    with Server(Crowd(throttle_at=5, wait=900)) as server:
        first = client(server, Clock(), budget=60, at_once=4)
        with ThreadPoolExecutor(4) as crew, pytest.raises(BudgetError):
            list(crew.map(lambda _: first.sibling().get("/Users"), range(20)))


@pytest.mark.parametrize("kind", ["okta", "graph"])
def test_members_that_are_read_at_once_are_those_that_are_read_one_by_one(
    kind: str, tmp_path: Path
) -> None:
    class Wide(World):
        @property
        def members(self) -> dict[int, list[int]]:
            return {group: self.people[group % 5 :] for group in range(1, 30)}

    stage = Stage(kind, Wide(list(range(1, 9))), tmp_path)
    crowd = Crowd()

    def hook(asked: Asked) -> None:
        crowd(asked)

    code, said = stage.pull(hook)

    wanted = truth(kind, stage.world)
    if kind == "okta":  # the site names two groups: one that is assigned, one that is pushed
        edges = {one for one in wanted["memberships"] if one[0] in ("00g1", "00g2")}
        wanted = {**wanted, "memberships": frozenset(edges)}
    assert code == 0, said
    assert stage.differs(wanted) == []
    assert 2 <= max(there for _, there in crowd.crowds) <= 4
