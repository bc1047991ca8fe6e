"""Random schedules of faults: a pull that goes well, one that does not, and one that goes well again.

Between the first and the second people come and go. What the store holds after each is held against
what the server has: nothing lost, nothing invented, or the state before.
"""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from scimlytics import store
from scimlytics.cli.app import run
from tests.faults import LASTING, PASSING
from tests.live import FilesSite, GraphSite, Hook, OktaSite, ScimSite, scim_group, scim_user
from tests.loopback import SECRET, Asked, Bearer, FakeClock, Reply, Server
from tests.native import (
    APP,
    JOB,
    attribute_mapping,
    graph_assignment,
    graph_event,
    graph_group,
    graph_job,
    graph_member,
    graph_user,
    sync_schema,
)
from tests.native_target import (
    filescom_user,
    okta_app_group,
    okta_event,
    okta_group,
    okta_push_mapping,
    okta_user,
)

KINDS = ("scim", "scim by cursor", "files.com", "okta", "graph")
Held = dict[str, frozenset[Any]]
"""What of each part: ids of users and groups, pairs of memberships, ids of events."""


@dataclass
class World:
    """Who is there, and who of them is in the two groups."""

    people: list[int]
    gone: int = 1000
    """Somebody who was deleted and can still be restored."""

    @property
    def members(self) -> dict[int, list[int]]:
        half = len(self.people) // 2
        return {1: self.people[:half], 2: self.people[half:]}

    def move(self, luck: random.Random) -> None:
        """Some leave, some come."""
        for _ in range(luck.randrange(3)):
            if len(self.people) > 4:
                self.people.pop(luck.randrange(len(self.people)))
        newest = max(self.people)
        self.people += [newest + 1 + n for n in range(luck.randrange(3))]


def scim_site(world: World, _: Callable[[], str], *, cursor: bool = False) -> Any:
    site = ScimSite(0, 0, cursor=cursor)
    site.users = [scim_user(one) for one in world.people]
    site.groups = [
        scim_group(group, *(f"u{one}" for one in members))
        for group, members in world.members.items()
    ]
    return site


def files_site(world: World, _: Callable[[], str]) -> Any:
    groups = [
        {"id": group, "name": f"Group {group}", "user_ids": ",".join(map(str, members))}
        for group, members in world.members.items()
    ]
    users = [filescom_user(f"p{one}", id=one) for one in world.people]
    strategy = {"id": 3, "provider": "okta", "enabled": True, "provision_users": True}
    rule = {"id": 4, "action": "disable", "inactivity_days": 30}
    rows = {"/sso_strategies": [strategy], "/user_lifecycle_rules": [rule]}
    return FilesSite({"/users": users, "/groups": groups, **rows})


def okta_site(world: World, url: Callable[[], str]) -> Any:
    def person(number: int) -> dict[str, Any]:
        status = "DEPROVISIONED" if number == world.gone else "ACTIVE"
        return okta_user(f"p{number}", id=f"00u{number}", status=status)

    rows: dict[str, list[Any]] = {
        "/users": [person(one) for one in (*world.people, world.gone)],
        "/groups": [okta_group(f"Group {group}", id=f"00g{group}") for group in world.members],
        "/apps/0oa1/users": [],
        "/apps/0oa1/groups": [okta_app_group("Group 1", id="00g1")],
        "/apps/0oa1/group-push/mappings": [
            okta_push_mapping("Group 2", more={"sourceGroupId": "00g2"})
        ],
        "/logs": [
            okta_event(
                "application.provision.user.push",
                f"2026-11-1{number}T10:00:00.000Z",
                user="p1",
                more={"uuid": f"e{number}"},
            )
            for number in range(5)
        ],
    }
    for group, members in world.members.items():
        rows[f"/groups/00g{group}/users"] = [person(one) for one in members]
    return OktaSite(rows, url)


def graph_site(world: World, url: Callable[[], str]) -> Any:
    application = f"/servicePrincipals/{APP}"
    rows: dict[str, Any] = {
        "/users": [graph_user(f"u{one}", f"p{one}@example.com") for one in world.people],
        "/directory/deletedItems/microsoft.graph.user": [
            graph_user(f"u{world.gone}", "gone@example.com", deletedDateTime="2026-11-15T09:00:00Z")
        ],
        "/groups": [graph_group(f"g{group}", f"Group {group}") for group in world.members],
        f"{application}/appRoleAssignedTo": [
            graph_assignment(f"g{group}", principalType="Group") for group in world.members
        ],
        f"{application}/synchronization/jobs": [graph_job()],
        f"{application}/synchronization/jobs/{JOB}/schema": sync_schema(
            attribute_mapping("userName", "userPrincipalName")
        ),
        "/auditLogs/provisioning": [
            graph_event(f"e{number}", at=f"2026-11-{10 + number}T09:00:00Z") for number in range(5)
        ],
        "/auditLogs/directoryAudits": [],
    }
    for group, members in world.members.items():
        rows[f"/groups/g{group}/members"] = [
            graph_member(f"u{one}", userPrincipalName=f"p{one}@example.com") for one in members
        ]
    return GraphSite(rows, url)


SITES: dict[str, Callable[[World, Callable[[], str]], Any]] = {
    "scim": scim_site,
    "scim by cursor": lambda world, url: scim_site(world, url, cursor=True),
    "files.com": files_site,
    "okta": okta_site,
    "graph": graph_site,
}
SIDES = {"okta": "source", "graph": "source"}
SPELLING = {"scim": ("u", "g"), "files.com": ("", ""), "okta": ("00u", "00g"), "graph": ("u", "g")}
SETTINGS = {
    "scim": 'url = "{url}/scim"\ntoken = "file:token"\npage_size = 4\n',
    "files.com": 'url = "{url}"\ntoken = "file:token"\npage_size = 2\n',
    "okta": 'url = "{url}"\ntoken = "file:token"\napp = "0oa1"\n',
    "graph": 'url = "{url}/v1.0"\ntenant = "contoso.onmicrosoft.com"\nclient_id = "app-1"\n'
    f'secret = "env:NONE"\nservice_principal = "{APP}"\n',
}


SHOWN_SETTINGS = {
    "files.com": ("strategies", "lifecycle_rules"),
    "okta": ("push_mappings",),
    "graph": ("jobs", "mappings"),
}


def truth(kind: str, world: World) -> Held:
    """What a whole pull of a world holds."""
    user, group = SPELLING[product(kind)]
    pairs = {
        (f"{group}{one}", f"{user}{each}")
        for one, members in world.members.items()
        for each in members
    }
    return {
        "users": frozenset(
            f"{user}{one}" for one in (*world.people, *([world.gone] if kind in SIDES else []))
        ),
        "groups": frozenset(f"{group}{one}" for one in world.members),
        "memberships": frozenset(pairs),
        "events": frozenset(f"e{n}" for n in range(5)) if kind in SIDES else frozenset(),
        "settings": frozenset(SHOWN_SETTINGS.get(kind, ())),
    }


def product(kind: str) -> str:
    return kind.removesuffix(" by cursor")


def held(path: Path, kind: str) -> Held:
    """What a store holds, as a reader sees it."""
    tables, side = store.read(path).tables, SIDES.get(kind, "target")

    def column(table: str, name: str) -> list[Any]:
        return tables[table].column(name).to_pylist() if table in tables else []

    edges = f"{side}_memberships"
    found = {
        "users": column(f"{side}_users", "id"),
        "groups": column(f"{side}_groups", "id"),
        "memberships": list(
            zip(column(edges, "group_id"), column(edges, "member_id"), strict=True)
        ),
        "events": column("events", "event_id"),
        "settings": [
            name for names in SHOWN_SETTINGS.values() for name in names if tables.get(name)
        ],
    }
    twice = [name for name, rows in found.items() if len(set(rows)) < len(rows)]
    assert not twice, f"twice in the store: {twice}"
    return {name: frozenset(rows) for name, rows in found.items()}


@contextlib.contextmanager
def without_waiting(clock: FakeClock) -> Iterator[None]:
    """Waiting costs nothing, neither for a server nor for the disk; Graph needs no sign-in."""
    with (
        patch("scimlytics.connectors.http.Clock", lambda: clock),
        patch("scimlytics.connectors.graph.graph_auth", lambda *_: Bearer()),
        patch("os.fsync", lambda _: None),
    ):
        yield


@dataclass
class Stage:
    """A product with a world in it, and the folder where its pulls go; waiting costs nothing."""

    kind: str
    world: World
    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        (self.folder / "token").write_text(SECRET)
        (self.folder / "token").chmod(0o600)

    @property
    def store(self) -> Path:
        return self.folder / "store"

    def pull(self, hook: Hook, *more: str) -> tuple[int, str]:
        """Pull once; *hook* may answer first. Gives the exit code and what was said."""
        server = Server(lambda _: Reply(), self.clock)
        site = SITES[self.kind](self.world, lambda: server.url)
        server.answers = lambda asked: hook(asked) or site(asked)
        config, said = self.folder / "pull.toml", io.StringIO()
        with server, without_waiting(self.clock):
            role, of = SIDES.get(self.kind, "target"), product(self.kind)
            settings = SETTINGS[of].replace("{url}", server.url)
            config.write_text(f'[systems.app]\nproduct = "{of}"\nrole = "{role}"\n{settings}')
            command = ["pull", "--config", str(config), "--store", str(self.store), *more]
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = run(command)
        self.clock.sleep(3600)
        return code, said.getvalue()

    def differs(self, *states: Held) -> list[str]:
        """Where the store holds none of these states; the last is what should be there."""
        found, wrong = held(self.store, self.kind), []
        for part, rows in found.items():
            if rows not in [state[part] for state in states]:
                lost, more = states[-1][part] - rows, rows - states[-1][part]
                wrong.append(f"{part}: lost {sorted(lost)}, invented {sorted(more)}")
        return wrong + list(map(str, store.verify(self.store).problems))


@dataclass
class Outcome:
    """What became of a schedule."""

    seed: int
    kind: str
    faults: int
    met: int = 0
    """So many of them lay on the way."""
    stopped: bool = False
    wrong: list[str] = field(default_factory=list)


def play(seed: int, folder: Path) -> Outcome:
    """Play one schedule in an empty folder."""
    luck = random.Random(seed)
    world = World(list(range(1, luck.randrange(5, 24))))
    stage = Stage(luck.choice(KINDS), world, folder)
    some = LASTING + PASSING if luck.random() < 0.5 else PASSING
    places = luck.sample(range(1, 41), luck.randrange(1, 11))
    faults = {place: luck.choice(some) for place in places}
    outcome = Outcome(seed, stage.kind, len(faults))

    def faulty(asked: Asked) -> Reply | None:
        outcome.met += asked.number in faults
        return faults.get(asked.number)

    def pull(name: str, hook: Hook, codes: tuple[int, ...], before: Held | None) -> bool:
        code, said = stage.pull(hook)
        after = truth(stage.kind, world)
        wrong = stage.differs(*([before] if before and code else []), after)
        if code not in codes:
            wrong.append(f"exit {code}: {said}")
        if SECRET in said or "Traceback" in said or said.count("Error: ") > 1:
            wrong.append(f"said: {said}")
        outcome.wrong += [f"{name}: {one}" for one in wrong]
        return code == 0

    pull("before", lambda _: None, (0,), None)
    before = truth(stage.kind, world)
    world.move(luck)
    outcome.stopped = not pull("during", faulty, (0, 3, 4, 5), before)
    if outcome.stopped:
        pull("behind", lambda _: None, (0,), None)
    return outcome
