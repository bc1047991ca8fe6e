"""The store: whole or not at all, whatever happens to the process, the disk or a bit."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

import scimlytics as scim
from scimlytics import store
from scimlytics.errors import InputError, ScimlyticsError, StoreError
from scimlytics.store import Writer
from scimlytics.store.manifest import DATA, MANIFESTS, MARK, POINTER
from tests.cli import call
from tests.power import cuts, lay_out, model_of
from tests.storing import (
    START,
    Crash,
    Disk,
    batch,
    commit,
    events,
    names,
    off,
    on,
    snapshot,
)

ERRNOS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EMFILE, errno.EACCES, errno.EROFS)
LOCKED = """
import os, sys, time
from pathlib import Path
from scimlytics.store import Writer
with Writer(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.storing import Disk, commit, snapshot
from scimlytics.store import disk
def kill(name):
    os.kill(os.getpid(), signal.SIGKILL)
disk.os = Disk(int(sys.argv[2]), kill)
commit(Path(sys.argv[1]), snapshot("ada", "bob", "cleo", day=1))
"""


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a flush is good for shows in the model of power cuts; here it only costs time."""
    monkeypatch.setattr("os.fsync", lambda handle: None)


def test_what_was_committed_is_read_back_with_its_grade(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada", "bob"))

    evidence = scim.read(tmp_path / "store")

    assert evidence.target.users["user_name"].tolist() == ["ada@example.com", "bob@example.com"]
    assert evidence.target.taken_at == START
    assert evidence.target.system == "scim"
    assert evidence.grades["target_users"].grade == "complete"


def test_a_snapshot_that_is_not_whole_never_takes_the_place_of_a_whole_one(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada", "bob"))

    commit(tmp_path / "store", snapshot("ada", day=1, whole=False, why="torn"))

    assert names(tmp_path / "store") == ["ada", "bob"]
    listed = [(one.rows, one.used, one.why) for one in store.listing(tmp_path / "store")]
    assert listed == [(2, True, "the last page was reached"), (1, False, "torn")]


def test_a_side_without_a_whole_snapshot_raises_when_it_is_asked_for(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada", whole=False, why="half a body"))

    evidence = scim.read(tmp_path / "store")

    with pytest.raises(InputError, match=r"no whole snapshot of the target 'app' \(half a body\)"):
        _ = evidence.target
    assert evidence.source.users.empty


def test_earlier_snapshots_are_the_evidences_previous_ones(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot(*[f"p{n}" for n in range(200)]))

    commit(tmp_path / "store", snapshot(*[f"p{n}" for n in range(100)], day=1))

    evidence = scim.read(tmp_path / "store")
    assert evidence.grades["target_users"].grade == "suspect"
    assert "100 after 200" in evidence.grades["target_users"].why


def test_equal_rows_are_kept_once(tmp_path: Path) -> None:
    for day in range(3):
        commit(tmp_path / "store", snapshot("ada", day=day))

    users = {one.file for one in Writer(tmp_path / "store").manifest.files()}

    assert len(store.listing(tmp_path / "store")) == 3
    assert len(users) == len(list((tmp_path / "store" / DATA).iterdir())) == 2


def test_any_parquet_reader_opens_the_data(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada", "bob"))
    file = next(one for one in Writer(tmp_path / "store").manifest.files() if one.rows == 2)

    frame = pd.read_parquet(tmp_path / "store" / DATA / file.file)

    assert frame["id"].tolist() == ["id-ada", "id-bob"]


def test_events_are_appended_once_by_their_id_and_only_their_days_are_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store"
    commit(path, log=batch(events("a", "b"), 0, 1))
    before = {one.day: one.file for one in Writer(path).manifest.files()}

    commit(path, log=batch(events("c", "c", day=1), 0, 2))
    commit(path, log=batch(events("a", "b"), 0, 1))

    kept = store.read(path)
    assert sorted(kept.tables["events"].column("event_id").to_pylist()) == ["a", "b", "c"]
    after = {one.day: one.file for one in Writer(path).manifest.files()}
    assert after[START.date()] == before[START.date()]


def test_an_event_that_changed_its_time_is_still_one_event(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, log=batch(events("a"), 0, 1))

    commit(path, log=batch(events("a", day=3), 0, 4))

    at = store.read(path).tables["events"].column("at").to_pylist()
    assert at == [START + timedelta(days=3)]


def test_coverage_joins_what_touches_and_ends_at_a_gap(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, log=batch(events("a"), 0, 2))
    commit(path, log=batch(events("b", day=2), 1, 3))
    joined = store.read(path).tables["coverage"].to_pylist()

    commit(path, log=batch(events("c", day=6), 6, 7))

    assert [(row["from"], row["to"]) for row in joined] == [(START, START + timedelta(days=3))]
    [after] = store.read(path).tables["coverage"].to_pylist()
    assert (after["from"], after["events"]) == (START + timedelta(days=6), 1)


def test_files_and_folders_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        commit(tmp_path / "store", snapshot("ada"))
    finally:
        os.umask(before)

    modes = {
        stat.S_IMODE(one.stat().st_mode): one.is_dir() for one in (tmp_path / "store").rglob("*")
    }

    assert modes == {0o600: False, 0o700: True}
    assert stat.S_IMODE((tmp_path / "store").stat().st_mode) == 0o700


def test_a_store_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada"))
    (tmp_path / "store").chmod(0o777)

    with pytest.raises(StoreError, match="chmod 700"):
        scim.read(tmp_path / "store")
    with pytest.raises(StoreError, match="chmod 700"):
        commit(tmp_path / "store", snapshot("bob"))


def test_a_folder_with_other_things_does_not_become_a_store(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(InputError, match=r"holds other things \(notes.txt\)"):
        commit(tmp_path, snapshot("ada"))

    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]


def test_a_name_stands_for_one_system_only(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada"))

    with Writer(tmp_path / "store") as writer:
        with pytest.raises(InputError, match="'app' is a scim target here"):
            writer.commit("app", "graph", "source")
        with pytest.raises(InputError, match="holds the target 'app' already"):
            writer.commit("other", "scim", "target")


# Crashes


def steps_of_a_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many steps a second commit takes."""
    commit(path, snapshot("ada", "bob"))
    disk = on(Disk(), monkeypatch)
    commit(path, snapshot("ada", "bob", "cleo", day=1))
    off(monkeypatch)
    return len(disk.done)


def test_a_crash_at_any_step_leaves_the_old_or_the_new_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = steps_of_a_commit(tmp_path / "first", monkeypatch)
    seen = set()

    for step in range(1, number + 1):
        path = tmp_path / f"store-{step}"
        commit(path, snapshot("ada", "bob"))
        on(Disk(step, lambda _: Crash()), monkeypatch)
        with pytest.raises(Crash):
            commit(path, snapshot("ada", "bob", "cleo", day=1))
        off(monkeypatch)
        seen.add(tuple(names(path)))
        assert store.verify(path).problems == ()
        commit(path, snapshot("dora", day=2))
        assert names(path) == ["dora"]
        assert store.verify(path).leftovers == ()

    assert number > 15
    assert seen == {("ada", "bob"), ("ada", "bob", "cleo")}


def test_a_crash_while_a_store_is_made_leaves_a_folder_that_can_become_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = on(Disk(), monkeypatch)
    commit(tmp_path / "first", snapshot("ada"))

    for step in range(1, len(disk.done) + 1):
        path = tmp_path / f"store-{step}"
        on(Disk(step, lambda _: Crash()), monkeypatch)
        with pytest.raises(Crash):
            commit(path, snapshot("ada"))
        off(monkeypatch)
        commit(path, snapshot("bob"))
        assert names(path) == ["bob"]


def test_a_power_cut_at_any_step_leaves_the_old_or_the_new_snapshot_and_after_it_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"))
    before = model_of(path)
    disk = on(Disk(), monkeypatch)
    some_days = pa.concat_tables([events(f"e{day}", day=day) for day in range(5)])
    commit(path, snapshot("ada", "bob", day=1), log=batch(some_days, 0, 1))
    off(monkeypatch)
    seen, wrong = set(), []

    for number, (step, tree) in enumerate(cuts(before, disk.done)):
        place = tmp_path / "after" / str(number)
        lay_out(tree, place, path)
        place.chmod(0o700)
        found = tuple(names(place))
        seen.add(found)
        if step == len(disk.done) and found != ("ada", "bob"):
            wrong.append((step, found))

    assert number > 100
    assert seen == {("ada",), ("ada", "bob")}
    assert wrong == []


def test_the_model_of_power_cuts_finds_a_writer_that_flushes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    steps = [
        ("open", (tmp_path / "part", os.O_WRONLY | os.O_CREAT), 3),
        ("write", (3, b"newer"), 5),
        ("close", (3,), None),
        ("replace", (tmp_path / "part", tmp_path / "file"), None),
    ]

    found = {tree[str(tmp_path / "file")] for _, tree in cuts(model_of(tmp_path), steps)}

    assert found == {b"old", b"", b"ne", b"newer"}


@pytest.mark.parametrize("number", ERRNOS, ids=errno.errorcode.get)
def test_a_disk_that_refuses_at_any_step_is_one_line_and_changes_nothing_halfway(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = steps_of_a_commit(tmp_path / "first", monkeypatch)

    for step in range(1, steps + 1):
        path = tmp_path / f"store-{step}"
        commit(path, snapshot("ada", "bob"))
        on(Disk(step, lambda _: OSError(number, os.strerror(number))), monkeypatch)
        said = ""
        try:
            commit(path, snapshot("ada", "bob", "cleo", day=1))
        except StoreError as error:
            said = str(error)
        off(monkeypatch)
        counts = not said or "the commit counts" in said
        assert not said or os.strerror(number) in said
        assert "\n" not in said
        assert names(path) == (["ada", "bob", "cleo"] if counts else ["ada", "bob"])
        assert store.verify(path).problems == ()


@pytest.mark.parametrize("step", [1, 4, 8, 12, 16, 20])
def test_a_killed_process_leaves_the_old_or_the_new_snapshot_and_no_lock(
    step: int, tmp_path: Path
) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada", "bob"))

    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(path), str(step)],
        cwd=Path(__file__).parent.parent,
        check=False,
        timeout=60,
    )

    assert done.returncode == -signal.SIGKILL
    assert names(path) in (["ada", "bob"], ["ada", "bob", "cleo"])
    commit(path, snapshot("dora", day=2))
    assert names(path) == ["dora"]


def test_every_flipped_bit_is_found_before_a_number_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"))
    files = [one for one in path.rglob("*") if one.is_file() and one.name != "lock"]
    unnoticed = []
    flips = 0

    referenced = {f"{one.file}" for one in Writer(path).manifest.files()}
    current = (path / POINTER).read_text().strip()
    files = [one for one in files if one.name in {*referenced, current, MARK, POINTER}]
    for file in files:
        whole = file.read_bytes()
        step = max(1, len(whole) // 150)
        for place in range(0, len(whole), step):
            broken = bytearray(whole)
            broken[place] ^= 1 << (place % 8)
            file.write_bytes(bytes(broken))
            flips += 1
            for looked in (lambda: scim.read(path), lambda: refuse(store.verify(path))):
                try:
                    looked()
                    unnoticed.append((file.name, place))
                except ScimlyticsError:
                    pass
        file.write_bytes(whole)

    assert flips > 400
    assert unnoticed == []
    assert names(path) == ["ada"]


def refuse(found: store.Damage) -> None:
    if found.problems:
        raise StoreError(found.problems[0])


@pytest.mark.parametrize("kind", ["gone", "empty", "short"])
@pytest.mark.parametrize("what", [MARK, POINTER, MANIFESTS, DATA])
def test_a_file_that_is_gone_or_cut_is_named(what: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"))
    name, manifest = store.manifest.current(path)
    file = {
        MANIFESTS: f"{MANIFESTS}/{name}",
        DATA: f"{DATA}/{next(iter(manifest.files())).file}",
    }.get(what, what)
    whole = (path / file).read_bytes()
    (path / file).unlink()
    if kind != "gone":
        (path / file).write_bytes(whole[: len(whole) // 2] if kind == "short" else b"")

    with pytest.raises(ScimlyticsError) as caught:
        scim.read(path)

    if (what, kind) != (MARK, "gone"):
        assert file in str(caught.value)
        assert caught.value.exit_code == 6


def test_a_file_of_another_store_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        commit(tmp_path / name, snapshot(name))
    (mine,) = (
        one.file for one in Writer(tmp_path / "one").manifest.files() if one.table != "pulls"
    )
    (other,) = (
        one.file for one in Writer(tmp_path / "two").manifest.files() if one.table != "pulls"
    )

    (tmp_path / "one" / DATA / mine).write_bytes((tmp_path / "two" / DATA / other).read_bytes())

    with pytest.raises(StoreError, match=f"{mine} is damaged"):
        scim.read(tmp_path / "one")


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    commit(tmp_path / "store", snapshot("ada"))
    mark = tmp_path / "store" / MARK
    mark.write_text(mark.read_text().replace('"version": 1', '"version": 2'))

    with pytest.raises(StoreError, match="written by a newer scimlytics"):
        scim.read(tmp_path / "store")
    with pytest.raises(StoreError, match="written by a newer scimlytics"):
        commit(tmp_path / "store", snapshot("bob"))


# Several at once


def test_one_writer_wins_and_the_other_is_told_who_it_is(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"))
    holder = subprocess.Popen(
        [sys.executable, "-c", LOCKED, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match=f"locked by process {holder.pid} on "):
            commit(path, snapshot("bob"))
        assert names(path) == ["ada"]
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()

    commit(path, snapshot("bob", day=1))

    assert names(path) == ["bob"]


def test_readers_see_one_whole_snapshot_while_a_writer_works(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("day0"))
    done = threading.Event()
    wrong: list[object] = []
    reads = 0

    def write() -> None:
        for day in range(1, 40):
            commit(path, snapshot(*[f"day{day}"] * (day % 3 + 1), day=day))
            store.prune(path, older_than=timedelta(0), now=START + timedelta(days=day))
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        found = names(path)
        reads += 1
        if len(set(found)) != 1 or len(found) != int(found[0].removeprefix("day")) % 3 + 1:
            wrong.append(found)
    writer.join()

    assert reads > 5
    assert wrong == []


# Care


def test_prune_forgets_what_is_old_and_keeps_the_newest_whole_snapshot(tmp_path: Path) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"), log=batch(events("a"), 0, 1))
    commit(path, snapshot("bob", day=1), log=batch(events("b", day=5), 5, 6))

    went = store.prune(path, older_than=timedelta(days=2), now=START + timedelta(days=6))

    assert went == (1, 1)
    assert names(path) == ["bob"]
    kept = store.read(path)
    assert kept.tables["events"].column("event_id").to_pylist() == ["b"]
    named = {one.file for one in Writer(path).manifest.files()}
    assert {one.name for one in (path / DATA).iterdir()} == named
    assert b"ada" not in b"".join(one.read_bytes() for one in path.rglob("*") if one.is_file())


def test_the_commands_speak_of_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada", "bob"), log=batch(events("a"), 0, 1))

    verified = call(capsys, "store", "verify", path)
    listed = call(capsys, "store", "list", path)
    exported = call(capsys, "store", "export", path, "--out", tmp_path / "out")
    pruned = call(capsys, "store", "prune", path, "--older-than", "30")

    assert (verified.code, verified.out) == (0, "")
    assert "3 files" in verified.err
    assert "target_users" in listed.out
    assert exported.code == 0
    assert pd.read_parquet(tmp_path / "out/target_users.parquet")["id"].tolist() == [
        "id-ada",
        "id-bob",
    ]
    assert pruned.code == 0


def test_damage_is_exit_6_and_names_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "store"
    commit(path, snapshot("ada"))
    file = next(iter((path / DATA).iterdir()))
    file.write_bytes(b"nothing")

    verified = call(capsys, "store", "verify", path)
    checked = call(capsys, "check", path)

    assert (verified.code, checked.code) == (6, 6)
    assert file.name in verified.err
    assert len(checked.errors) == 1


def test_what_is_no_store_is_said_to_be_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ("verify", "list", "prune"):
        ran = call(capsys, "store", command, tmp_path)

        assert ran.code == 2
        assert "is no store" in ran.err


def test_an_empty_store_says_what_fills_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Writer(tmp_path / "store"):
        pass

    ran = call(capsys, "check", tmp_path / "store")

    assert ran.code == 2
    assert "`scimlytics pull`" in ran.err
