"""The scene itself: who is cast, what goes wrong, what only looks like it, and what is exported."""

from __future__ import annotations

import json
import os
import random
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.lab_scene.provider import Client, Provider, now
from tests.native import (
    assignments_page,
    audit_target,
    audits_page,
    change,
    directory_audit,
    graph_assignment,
    graph_group,
    graph_member,
    graph_user,
    groups_page,
    log_page,
    members_page,
    users_page,
    write_evidence,
)
from tests.peer import free_port, limiting, running, wait_for

TOKEN = "scene-token"
IMPATIENT = "proxy_read_timeout 1s; proxy_next_upstream off;"
"""What makes nginx answer 504 for a slow server, which does as it was told all the same."""
TOML = """
name = "real scene, seed {seed}"
[source]
system = "entra"
taken_at = {source_at}
complete = ["users", "groups", "memberships", "assignments"]
[target]
system = "scim"
taken_at = {target_at}
complete = ["users", "groups", "memberships"]
[log]
covers = [{begin}, {source_at}]
[provider]
cycle_minutes = 0.02
[thresholds]
grace_minutes = 0.03
"""
GRACE = 4
"""Seconds from the last change to the export: longer than the declared grace."""


@dataclass
class Scene:
    """The provider, the administrator's way to the target, and what was planted."""

    provider: Provider
    direct: str
    slow: Path
    draw: random.Random
    begin: str
    free: list[str] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    near: list[dict[str, Any]] = field(default_factory=list)

    def take(self) -> dict[str, Any]:
        """Somebody with an account, whom nobody else uses."""
        return self.provider.people[self.free.pop()]

    def join(self, name: str) -> dict[str, Any]:
        """Somebody new, assigned now."""
        more = {"givenName": name.title(), "surname": "Holt"}
        one = graph_user(f"p-{name}", f"{name}@example.com", **more)
        self.provider.people[one["id"]] = one
        self.provider.assigned[one["id"]] = now()
        return one

    def changed(self, one: dict[str, Any], *, sent: bool) -> None:
        """Something changed; the feed tells the provider of it, or loses it."""
        if sent:
            self.provider.feed[one["id"]] = None

    def rename(self, one: dict[str, Any], name: str, *, sent: bool) -> None:
        """A new user name, in the directory and in its audit."""
        old = one["userPrincipalName"]
        one["userPrincipalName"] = name
        said = audit_target(one["id"], "User", change("UserPrincipalName", old, name), name=name)
        self._audit("Update user", said)
        self.changed(one, sent=sent)

    def disable(self, one: dict[str, Any], *, sent: bool) -> None:
        """Somebody leaves."""
        one["accountEnabled"] = False
        said = change("AccountEnabled", "true", "false")
        name = one["userPrincipalName"]
        self._audit("Disable account", audit_target(one["id"], "User", said, name=name))
        self.changed(one, sent=sent)

    def _audit(self, activity: str, target: dict[str, Any]) -> None:
        key = f"audit-{len(self.audits)}"
        self.audits.append(directory_audit(activity, target, at=now(), audit_id=key))

    def administer(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """What an administrator does to the target, past the provider and the limit."""
        request = urllib.request.Request(
            f"{self.direct}/v2/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/scim+json", "Authorization": f"Bearer {TOKEN}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def patch(self, path: str, op: str, key: str, value: Any = None) -> None:
        """One PATCH of the administrator."""
        operation = {"op": op, "path": key, "value": value}
        schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
        self.administer("PATCH", path, {"schemas": [schema], "Operations": [operation]})

    def fault(self, cause: str, one: dict[str, Any] | None, **more: Any) -> None:
        """Write down what was planted."""
        row = {
            "cause": cause,
            "object_type": "user",
            "subject": one["userPrincipalName"] if one else None,
            "source_id": one["id"] if one else None,
            "target_id": None,
            "group_source_id": None,
            "group_target_id": None,
            "other_ids": [],
            "at": now(),
            "until": None,
            "note": "",
        }
        (self.near if more.pop("near", False) else self.faults).append(row | more)


@contextmanager
def site(folder: Path, rate: int = 25, burst: int = 40) -> Iterator[tuple[str, str, Path]]:
    """The server and nginx while the block runs: the way through nginx, the direct one, the slow list."""
    port, behind = free_port(), free_port()
    slow = folder / "slow.txt"
    served = [sys.executable, "-m", "tests.lab_scene.server"]
    commands = [
        [*served, "--port", str(behind), "--bearer-token", TOKEN],
        limiting(folder, port, behind, rate, burst, IMPATIENT),
    ]
    with running(commands, {**os.environ, "SLOW_NAMES": str(slow)}):
        for one in (behind, port):
            wait_for(one)
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{behind}", slow


def play(folder: Path, seed: int, people: int = 200) -> tuple[Path, dict[str, Any], list[str]]:
    """Run a scene: the evidence, the truth, and what nginx answered."""
    with site(folder) as (url, direct, slow):
        scene = Scene(
            Provider(Client(f"{url}/v2", TOKEN)), direct, slow, random.Random(seed), now()
        )
        _cast(scene, people)
        plants = [plant for plant in PLANTS for _ in range(2)]
        scene.draw.shuffle(plants)
        for plant in plants:
            plant(scene)
        time.sleep(GRACE / 2)  # cycles run after everything that went wrong
        scene.provider.cycle()
        _storm(scene)
        time.sleep(GRACE)
        evidence = _export(scene, folder / "evidence", seed)
    answered = (folder / "access.log").read_text().splitlines()
    truth = {"faults": scene.faults, "near_misses": scene.near, "clean": {}, "not_planted": {}}
    return evidence, truth, answered


def _cast(scene: Scene, people: int) -> None:
    """One after the other is assigned and provisioned; then the groups."""
    for number in range(people):
        one = scene.join(f"person{number}")
        scene.provider.feed[one["id"]] = None
        scene.provider.cycle()
    scene.free = list(scene.provider.people)
    scene.draw.shuffle(scene.free)
    for number in range(8):
        members = [scene.free.pop() for _ in range(5)]
        group = {**graph_group(f"g-{number}", f"Group {number}"), "members": members}
        scene.provider.groups[group["id"]] = group
        scene.provider.assigned[group["id"]] = now()
        scene.provider.feed[group["id"]] = None
    scene.provider.cycle()


def _deleted_by_hand(scene: Scene) -> None:
    one = scene.take()
    scene.administer("DELETE", f"Users/{scene.provider.links[one['id']]}")
    scene.fault("target_deleted", one)


def _disabled_by_hand(scene: Scene) -> None:
    one = scene.take()
    linked = scene.provider.links[one["id"]]
    scene.patch(f"Users/{linked}", "replace", "active", False)
    scene.fault("target_disabled", one, target_id=linked)


def _taken_out_by_hand(scene: Scene) -> None:
    name = scene.draw.choice(list(scene.provider.groups))
    group, there = scene.provider.groups[name], scene.provider.links[name]
    member = scene.draw.choice(group["members"])
    if any(row["source_id"] == member for row in scene.faults):
        return
    account = scene.provider.links[member]
    scene.patch(f"Groups/{there}", "remove", f'members[value eq "{account}"]')
    ends = {"target_id": account, "group_source_id": name, "group_target_id": there}
    one = scene.provider.people[member]
    scene.fault("target_edit", one, object_type="membership", **ends)


def _never_sent(scene: Scene) -> None:
    one = scene.join(f"forgotten{len(scene.faults)}")
    scene.changed(one, sent=False)
    scene.fault("incremental_blind_spot", one)


def _renamed_and_never_sent(scene: Scene) -> None:
    one = scene.take()
    scene.rename(one, f"new.{one['userPrincipalName']}", sent=False)
    scene.fault("rename_lag", one, target_id=scene.provider.links[one["id"]])


def _renamed_and_sent(scene: Scene) -> None:
    one = scene.take()
    scene.rename(one, f"new.{one['userPrincipalName']}", sent=True)
    scene.fault("rename_lag", one, target_id=scene.provider.links[one["id"]], near=True)


def _left_and_never_sent(scene: Scene) -> None:
    one = scene.take()
    scene.disable(one, sent=False)
    scene.fault("orphaned_leaver", one, target_id=scene.provider.links[one["id"]])


def _left_and_sent(scene: Scene) -> None:
    one = scene.take()
    scene.disable(one, sent=True)
    scene.fault("orphaned_leaver", one, target_id=scene.provider.links[one["id"]], near=True)


def _strange_account(scene: Scene) -> None:
    name = f"robot{len(scene.faults)}@app.example"
    schema = "urn:ietf:params:scim:schemas:core:2.0:User"
    made = scene.administer(
        "POST", "Users", {"schemas": [schema], "userName": name, "active": True}
    )
    scene.fault("local_account", None, subject=name, target_id=made["id"])


def _applied_and_answered_504(scene: Scene) -> None:
    """The next cycle finds the account, and links it."""
    one = scene.join(f"late{len(scene.near)}x{scene.draw.randrange(10_000)}")
    scene.slow.write_text(one["userPrincipalName"])
    scene.provider.feed[one["id"]] = None
    scene.provider.cycle()
    scene.slow.write_text("")
    assert scene.provider.events[-1]["provisioningStatusInfo"]["status"] == "failure"
    scene.provider.feed[one["id"]] = None
    scene.fault("transient_error", one, near=True)


def _storm(scene: Scene) -> None:
    """More people at once than the limit takes, and a provider without patience."""
    some = [scene.join(f"crowd{number}") for number in range(80)]
    scene.provider.patience = 1
    for one in some:
        scene.provider.feed[one["id"]] = None
    before = len(scene.provider.events)
    scene.provider.cycle()
    events = scene.provider.events[before:]
    refused = {
        event["sourceIdentity"]["id"]
        for event in events
        if event["provisioningStatusInfo"]["status"] == "failure"
    }
    for one in some:
        scene.fault("throttled", one, near=one["id"] not in refused)
    if refused:
        job = events[0]["jobId"]
        window = {"object_type": "cycle", "subject": job, "until": now(), "at": scene.begin}
        scene.fault("throttling_gap", None, **window)


PLANTS = (
    _deleted_by_hand,
    _disabled_by_hand,
    _taken_out_by_hand,
    _never_sent,
    _renamed_and_never_sent,
    _renamed_and_sent,
    _left_and_never_sent,
    _left_and_sent,
    _strange_account,
    _applied_and_answered_504,
)


def _export(scene: Scene, folder: Path, seed: int) -> Path:
    """The source and the log as Graph writes them; the target, page after page, over HTTP."""
    provider = scene.provider
    source_at = now()
    files: dict[str, Any] = {
        "source/users.json": users_page(*provider.people.values()),
        "source/groups.json": groups_page(
            *({k: v for k, v in one.items() if k != "members"} for one in provider.groups.values())
        ),
        "source/assignments.json": assignments_page(
            *(
                graph_assignment(
                    name, kind="Group" if name in provider.groups else "User", created=at
                )
                for name, at in provider.assigned.items()
            )
        ),
        "source/directoryAudits.json": audits_page(*scene.audits),
        "log/provisioning.json": log_page(*provider.events),
    }
    for name, group in provider.groups.items():
        members = [graph_member(one) for one in group["members"]]
        files[f"source/members/{name}.json"] = members_page(*members)
    for kind in ("Users", "Groups"):
        first, page = 1, 0
        while True:
            answer = scene.administer("GET", f"{kind}?startIndex={first}&count=100")
            files[f"target/{kind.lower()}-{page}.json"] = answer
            first, page = first + len(answer["Resources"]), page + 1
            if first > answer["totalResults"]:
                break
    times = {"source_at": source_at, "target_at": now(), "begin": scene.begin}
    return write_evidence(folder, files, TOML.format(seed=seed, **times))
