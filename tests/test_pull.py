"""A pull from end to end: over loopback into a store, with stops, faults and lists that move."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import scimlytics as scim
from scimlytics import store
from scimlytics.connectors import http
from scimlytics.errors import InputError
from tests.cli import Ran, call
from tests.faults import CUT
from tests.live import ScimSite, scim_config, scim_group, scim_user
from tests.loopback import SECRET, Asked, FakeClock, Reply, Server, listener, reset
from tests.schedules import Stage, World, play
from tests.schedules import truth as truth_of
from tests.storing import users

ROOT = Path(__file__).parent.parent


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """Waiting costs nothing, neither for a server nor for the disk."""
    made = FakeClock()
    monkeypatch.setattr("os.fsync", lambda handle: None)
    monkeypatch.setattr("scimlytics.connectors.http.Clock", lambda: made)
    return made


def pull(
    site: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], *more: str, **config: Any
) -> tuple[Ran, Server]:
    with Server(site, http.Clock()) as server:
        path = scim_config(server.url, tmp_path, **config)
        ran = call(capsys, "pull", "--config", path, "--store", tmp_path / "store", *more)
    return ran, server


def held(tmp_path: Path) -> list[str]:
    """Who is in the store, as a reader sees it."""
    return sorted(scim.read(tmp_path / "store").target.users["id"].tolist())


def truth(site: ScimSite) -> list[str]:
    return sorted(row["id"] for row in site.users)


def test_a_pull_is_evidence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 3)

    ran, server = pull(site, tmp_path, capsys)

    assert ran.code == 0, ran.err
    assert held(tmp_path) == truth(site)
    evidence = scim.read(tmp_path / "store")
    grades = {name: one.grade for name, one in evidence.grades.items() if one.side == "target"}
    assert grades == {
        "target_users": "complete",
        "target_groups": "complete",
        "target_memberships": "complete",
    }
    assert evidence.target.system == "scim"
    assert evidence.target.taken_at == clock.now()
    assert len(evidence.target.memberships) == 6
    lines = ran.out.splitlines()
    assert lines[0] == (
        "app: target/users: 25 rows, 4 pages, 4 requests, 0 throttles,"
        " whole (the last page was reached)"
    )
    assert {one.path for one in server.asked} == {
        "/scim/ServiceProviderConfig",
        "/scim/Users",
        "/scim/Groups",
    }


@pytest.mark.parametrize(("ahead", "believed"), [(20, 0), (600, 600), (-600, -600)])
def test_the_servers_clock_dates_the_snapshot_where_the_two_differ(
    ahead: int,
    believed: int,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    clock: FakeClock,
) -> None:
    clock.wrong = timedelta(seconds=-ahead)

    pull(ScimSite(5, 0), tmp_path, capsys)

    taken_at = scim.read(tmp_path / "store").target.taken_at
    assert taken_at == clock.now() + timedelta(seconds=believed)


def test_all_commands_take_the_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    pull(ScimSite(5, 1), tmp_path, capsys)
    path = tmp_path / "store"
    people = {"source_users": users("ada")}
    with store.Writer(path) as writer:
        whole = store.Snapshot("users", clock.now(), True, "the last page was reached", people)
        writer.commit("directory", "entra", "source", [whole])

    inspected = call(capsys, "inspect", path, "--format", "json")
    checked = call(capsys, "check", path, "--format", "json")

    assert inspected.code == 0
    assert '"path": "app/target_users"' in inspected.out
    assert checked.code in (0, 1, 3), checked.err
    assert '"system": "scim"' in checked.out


@pytest.mark.parametrize("page", [1, 2, 4])
@pytest.mark.parametrize("how", CUT)
def test_a_fault_on_any_page_loses_and_invents_nothing(
    how: str, page: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    broken: list[int] = []

    def hook(asked: Asked) -> Reply | None:
        if asked.path.endswith("/Users") and not broken:
            seen = [one for one in server.asked if one.path.endswith("/Users")]
            if len(seen) == page:
                broken.append(page)
                return Reply(raw=CUT[how])
        return None

    site = ScimSite(25, 0, hook=hook)
    with Server(site) as server:
        path = scim_config(server.url, tmp_path)
        ran = call(capsys, "pull", "--config", path, "--store", tmp_path / "store")

    assert broken == [page]
    assert ran.code == 0, ran.err
    assert held(tmp_path) == truth(site)


@pytest.mark.parametrize("seed", range(60))
def test_random_faults_lose_and_invent_nothing_or_stop_honestly(seed: int, tmp_path: Path) -> None:
    outcome = play(seed, tmp_path)

    assert outcome.wrong == []


@pytest.mark.parametrize(
    ("kind", "refused"),
    [
        ("graph", "/appRoleAssignedTo"),
        ("graph", "/groups/g2/members"),
        ("okta", "/apps/0oa1/groups"),
        ("okta", "/groups/00g1/users"),
    ],
)
def test_members_are_kept_where_the_list_that_leads_to_them_is_refused(
    kind: str, refused: str, tmp_path: Path
) -> None:
    stage = Stage(kind, World([1, 2, 3, 4, 5]), tmp_path)
    stage.pull(lambda _: None)

    code, said = stage.pull(lambda asked: Reply({}, 400) if asked.path.endswith(refused) else None)

    assert code == 4, said
    assert stage.differs(truth_of(kind, stage.world)) == []


@pytest.mark.parametrize(
    ("kind", "refused", "lost"),
    [
        ("graph", "/microsoft.graph.user", "users"),
        ("graph", "/schema", "settings"),
        ("okta", "/group-push/mappings", "memberships"),
        ("files.com", "/sso_strategies", "settings"),
    ],
)
def test_what_need_not_be_there_is_not_given_up_once_it_was(
    kind: str, refused: str, lost: str, tmp_path: Path
) -> None:
    def hook(asked: Asked) -> Reply | None:
        return Reply({}, 403) if asked.path.endswith(refused) else None

    stage = Stage(kind, World([1, 2, 3, 4, 5]), tmp_path)
    stage.pull(lambda _: None)

    code, said = stage.pull(hook)
    kept = stage.differs(truth_of(kind, stage.world))
    without, _ = stage.pull(hook, "--accept-empty")
    again, _ = stage.pull(hook)

    assert code == 3, said
    assert "was read the last time; --accept-empty goes on without it" in said
    assert kept == []
    assert without == again == 0
    assert any(one.startswith(lost) for one in stage.differs(truth_of(kind, stage.world)))


@pytest.mark.parametrize("kind", ["graph", "okta", "files.com"])
def test_what_need_not_be_there_may_lack_from_the_beginning(kind: str, tmp_path: Path) -> None:
    optional = ("/microsoft.graph.user", "/jobs", "/group-push/mappings", "/sso_strategies")
    stage = Stage(kind, World([1, 2, 3, 4, 5]), tmp_path)

    code, said = stage.pull(lambda asked: Reply({}, 403) if asked.path.endswith(optional) else None)

    assert code == 0, said


# What a server does wrong for good


@pytest.mark.parametrize(
    ("reply", "code", "said"),
    [
        (Reply({}, 401), 4, "refuses the credentials"),
        (Reply({}, 403), 4, "lets these credentials not read this"),
        (Reply({}, 404), 4, "check the address"),
        (Reply({}, 500), 4, "failed inside, 6 times"),
        (Reply(body=b"<html>", headers={"Content-Type": "text/html"}), 4, "text/html came"),
        (Reply({"error": {"code": "x"}}), 4, "a list (ListResponse) was expected"),
        (Reply([]), 3, "an empty answer without a total"),
        (Reply({"totalResults": 3, "Resources": "none"}), 4, "a list (ListResponse) was expected"),
        (Reply({"totalResults": 7, "Resources": []}), 3, "the server says 7 and lists none"),
        (Reply({"scimType": "tooMany"}, 400), 3, "refuses to list so many"),
        (Reply({}, 302, {"Location": "https://example.com"}), 4, "another address"),
        (Reply(raw=CUT["half gzip"]), 4, "the gzip body ends too soon, 6 times"),
        (Reply({}, 429, {"Retry-After": "9000"}), 5, "wait 2.5 hours"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_the_last_good_snapshot_stays(
    reply: Reply,
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    clock: FakeClock,
) -> None:
    site = ScimSite(12, 2)
    pull(site, tmp_path, capsys)
    good = held(tmp_path)
    site.users = site.users[:3]
    site.hook = lambda asked: reply if asked.path.endswith("/Users") else None

    ran, _ = pull(site, tmp_path, capsys)

    assert ran.code == code
    assert said in ran.err
    assert len(ran.errors) <= 1
    assert held(tmp_path) == good
    assert store.verify(tmp_path / "store").problems == ()


def test_a_first_pull_that_fails_leaves_no_target_to_conclude_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    ran, _ = pull(lambda _: Reply({}, 403), tmp_path, capsys)

    assert ran.code == 4
    with pytest.raises(InputError, match="no whole snapshot of the target 'app'"):
        _ = scim.read(tmp_path / "store").target
    assert call(capsys, "check", tmp_path / "store").code == 2


def test_groups_that_fail_keep_users_that_are_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(12, 2)
    pull(site, tmp_path, capsys)
    site.users.append(scim_user(99))
    site.groups.clear()
    site.hook = lambda asked: Reply({}, 403) if asked.path.endswith("/Groups") else None

    ran, _ = pull(site, tmp_path, capsys)

    assert ran.code == 4
    assert "u99" in held(tmp_path)
    assert len(scim.read(tmp_path / "store").target.groups) == 2


def test_what_is_suddenly_empty_is_not_believed_until_somebody_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(12, 0)
    pull(site, tmp_path, capsys)
    site.users.clear()

    doubted, _ = pull(site, tmp_path, capsys)
    kept = held(tmp_path)
    taken, _ = pull(site, tmp_path, capsys, "--accept-empty")

    assert doubted.code == 3
    assert "it is empty, after 12 the last time" in doubted.err
    assert len(kept) == 12
    assert taken.code == 0
    assert held(tmp_path) == []
    assert scim.read(tmp_path / "store").grades["target_users"].grade == "suspect"


def test_an_account_that_a_list_lacks_is_asked_for_before_it_counts_as_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(12, 0)
    pull(site, tmp_path, capsys)
    all_of_them = list(site.users)

    def hook(asked: Asked) -> Reply | None:
        place = asked.path.removeprefix("/scim/Users/")
        return Reply(all_of_them[0]) if place == "u11" else None

    site.hook = hook
    site.users = site.users[:10]
    hidden, server = pull(site, tmp_path, capsys)
    site.hook = None
    gone, _ = pull(site, tmp_path, capsys)

    assert hidden.code == 3
    assert "1 of 2 accounts that it lacks are there when asked for" in hidden.err
    assert sum("/Users/" in one.path for one in server.asked) == 2
    assert gone.code == 0
    assert held(tmp_path) == truth(site)


# Stops


def test_a_pull_that_was_stopped_by_its_budget_goes_on_where_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(95, 0)
    site.hook = lambda asked: (
        Reply({}, 429, {"Retry-After": "5000"}) if asked.query.get("startIndex") == "46" else None
    )
    with Server(site) as server:
        path = scim_config(server.url, tmp_path)
        stopped = call(capsys, "pull", "--config", path, "--store", tmp_path / "store")
        asked = len(server.asked)
        site.hook = None
        went_on = call(capsys, "pull", "--config", path, "--store", tmp_path / "store")
        starts = [one.query.get("startIndex") for one in server.asked[asked:]]

    assert stopped.code == 5
    assert f"with: scimlytics pull --config {path} --store {tmp_path / 'store'}" in stopped.err
    assert went_on.code == 0
    assert starts[1] == "46"
    assert held(tmp_path) == truth(site)


def test_pages_that_were_kept_too_long_ago_are_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 0)
    site.hook = lambda asked: (
        Reply({}, 429, {"Retry-After": "5000"}) if asked.query.get("startIndex") == "10" else None
    )
    with Server(site) as server:
        path = scim_config(server.url, tmp_path)
        call(capsys, "pull", "--config", path, "--store", tmp_path / "store")
        asked = len(server.asked)
        clock.sleep(7 * 3600)
        site.hook = None
        call(capsys, "pull", "--config", path, "--store", tmp_path / "store")
        starts = [one.query.get("startIndex") for one in server.asked[asked:]]

    assert starts[1] == "1"
    assert held(tmp_path) == truth(site)


def test_a_kept_page_whose_bytes_changed_is_read_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 0)
    site.hook = lambda asked: (
        Reply({}, 429, {"Retry-After": "5000"}) if asked.query.get("startIndex") == "19" else None
    )
    with Server(site) as server:
        path = scim_config(server.url, tmp_path)
        call(capsys, "pull", "--config", path, "--store", tmp_path / "store")
        [page, *_] = (tmp_path / "store/staging/app/pages/target/users").iterdir()
        page.write_bytes(page.read_bytes().replace(b"u1", b"x1"))
        site.hook = None
        ran = call(capsys, "pull", "--config", path, "--store", tmp_path / "store")

    assert ran.code == 0
    assert held(tmp_path) == truth(site)


@pytest.mark.parametrize("at", [2, 5, 9])
def test_a_pull_that_is_killed_at_any_page_ends_in_the_same_table(at: int, tmp_path: Path) -> None:
    pids: list[int] = []

    def hook(asked: Asked) -> Reply | None:
        if asked.number == at and pids:
            os.kill(pids[0], signal.SIGKILL)
            time.sleep(0.2)
        return None

    site = ScimSite(65, 3, hook=hook)
    with Server(site) as server:
        path = scim_config(server.url, tmp_path)
        command = [sys.executable, "-m", "scimlytics", "pull", "--config", str(path)]
        command += ["--store", str(tmp_path / "store")]
        first = subprocess.Popen(command, cwd=ROOT)
        pids.append(first.pid)
        assert first.wait(60) == -signal.SIGKILL
        pids.clear()
        again = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, timeout=60)
        requests = len(server.asked)

    assert again.returncode == 0, again.stderr
    assert held(tmp_path) == truth(site)
    assert requests <= 14


def test_an_interrupted_pull_leaves_no_partial_commit(tmp_path: Path) -> None:
    pids: list[int] = []

    def hook(asked: Asked) -> Reply | None:
        if asked.number == 4 and pids:
            os.kill(pids[0], signal.SIGINT)
            time.sleep(1)
        return None

    with Server(ScimSite(65, 3, hook=hook)) as server:
        path = scim_config(server.url, tmp_path)
        command = [sys.executable, "-m", "scimlytics", "pull", "--config", str(path)]
        ran = subprocess.Popen(
            [*command, "--store", str(tmp_path / "store")],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        pids.append(ran.pid)
        _, said = ran.communicate(timeout=60)

    assert ran.returncode == 130
    assert "Traceback" not in said
    assert store.listing(tmp_path / "store") == []


# Secrets


def test_no_secret_is_in_anything_that_a_pull_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 2)
    site.hook = lambda asked: (
        Reply({}, 429, {"Retry-After": "5000"}) if asked.path.endswith("/Groups") else None
    )
    said = []
    for _ in range(2):
        ran, _ = pull(site, tmp_path, capsys)
        said.append(ran.out + ran.err)
        site.hook = None
    left = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and path.name != "token" and SECRET.encode() in path.read_bytes()
    ]

    assert left == []
    assert SECRET not in "".join(said)


def test_pages_in_flight_are_for_their_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 0)
    site.hook = lambda asked: (
        Reply({}, 429, {"Retry-After": "5000"}) if asked.query.get("startIndex") == "10" else None
    )
    before = os.umask(0)
    try:
        pull(site, tmp_path, capsys)
    finally:
        os.umask(before)

    kept = list((tmp_path / "store").rglob("*"))
    assert any(path.name == "000001.json" for path in kept)
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600, 0o700}


def test_nothing_follows_a_link_that_leads_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    with listener() as (port, heard):
        site = ScimSite(5, 0)
        for user in site.users:
            user["meta"] = {"location": f"http://127.0.0.1:{port}/x"}
            user["manager"] = {"$ref": f"http://127.0.0.1:{port}/x"}
        ran, _ = pull(site, tmp_path, capsys)

    assert ran.code == 0
    assert heard == []


# What a person asks for


def test_an_unknown_system_is_refused_with_the_known_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = scim_config("http://127.0.0.1:9", tmp_path)

    ran = call(capsys, "pull", "ap", "--config", path, "--store", tmp_path / "store")

    assert ran.code == 2
    assert "Did you mean 'app'?" in ran.err


def test_two_pulls_at_once_end_with_one_that_is_told_who_the_other_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with store.Writer(tmp_path / "store"):
        ran, _ = pull(ScimSite(), tmp_path, capsys)

    assert ran.code == 6
    assert f"locked by process {os.getpid()}" in ran.err


def test_hostile_names_are_only_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(3, 0)
    site.users += [
        scim_user(5, id="../../etc/passwd"),
        scim_user(6, id="x" * 300),
        scim_user(7, userName="=cmd|' /C calc'!A0", id='" or 1 eq 1'),
    ]
    site.groups = [scim_group(1, "../../etc/passwd", id="../../evil")]

    ran, _ = pull(site, tmp_path, capsys)

    assert ran.code == 0, ran.err
    assert held(tmp_path) == truth(site)


def test_a_reset_connection_is_not_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], clock: FakeClock
) -> None:
    site = ScimSite(25, 0)
    site.hook = lambda asked: Reply(raw=reset) if asked.number in (2, 4) else None

    ran, _ = pull(site, tmp_path, capsys)

    assert ran.code == 0
    assert held(tmp_path) == truth(site)
