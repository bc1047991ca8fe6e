"""What crashes, power cuts and broken bits leave of a store; each is to be the old snapshot or the new one.

- kills: a commit is run under strace again and again, and killed at its first, second, third … call of
  each kind that changes a disk, until it gets through;
- power cuts: every state that a disk may be in after a cut at any step of commits, by the model of the
  tests (unflushed bytes may be there, in half, or not; unflushed names likewise);
- broken bits: one bit of every byte of every file in turn.

Prints a JSON line per figure. Without strace the kills are left out, and that is said.

    python benchmarks/crashes.py [--states 10000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
from figures import ROOT, show

import scimlytics as scim
from scimlytics import store
from scimlytics.errors import ScimlyticsError
from scimlytics.store import disk as disk_module
from scimlytics.store.lock import NAME as LOCK
from tests.power import cuts, lay_out, model_of
from tests.storing import Disk, batch, commit, events, names, snapshot

CALLS = ("mkdir", "rename", "unlink", "fsync", "write", "ftruncate", "fchmod", "chmod", "flock")
SECOND = """
from pathlib import Path
import sys
from tests.storing import commit, snapshot
commit(Path(sys.argv[1]), snapshot("ada", "bob", "cleo", day=1))
"""
OLD, NEW = ["ada", "bob"], ["ada", "bob", "cleo"]


def kills(folder: Path) -> tuple[Counter[str], int]:
    """How often a commit was killed at each kind of call, and how often that left something else."""
    seen: Counter[str] = Counter()
    torn = 0
    for call in CALLS:
        for turn in range(1, 1000):
            path = folder / f"{call}-{turn}"
            commit(path, snapshot(*OLD))
            killed = f"inject={call}:signal=SIGKILL:when={turn}"
            traced = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e", killed]
            done = subprocess.run(
                [
                    *traced,
                    "-e",
                    f"inject={call}:signal=SIGKILL:when={turn}",
                    sys.executable,
                    "-c",
                    SECOND,
                    str(path),
                ],
                cwd=ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                check=False,
                capture_output=True,
            )
            if done.returncode == 0:
                torn += names(path) != NEW
                break
            seen[call] += 1
            torn += names(path) not in (OLD, NEW) or bool(store.verify(path).problems)
            commit(path, snapshot("dora", day=2))
            torn += names(path) != ["dora"] or bool(store.verify(path).leftovers)
            shutil.rmtree(path)
    return seen, torn


def power(folder: Path, most: int) -> tuple[int, int]:
    """So many states after a cut, and how many of them are neither the old nor the new snapshot."""
    looked, torn, round_ = 0, 0, 0
    os.fsync, flush = (lambda _: None), os.fsync
    while looked < most:
        round_ += 1
        path = folder / f"store-{round_}"
        commit(path, snapshot("ada"))
        for earlier in range(round_ - 1):
            commit(path, snapshot("ada", day=earlier + 1))
        before = model_of(path)
        disk = Disk()
        disk_module.os = disk
        some = pa.concat_tables([events(f"e{day}", day=day) for day in range(3 + round_)])
        commit(path, snapshot("ada", "bob", day=round_ + 1), log=batch(some, 0, round_ + 1))
        disk_module.os = os
        for step, tree in cuts(before, disk.done):
            place = folder / "after"
            lay_out(tree, place, path)
            place.chmod(0o700)
            try:
                found = names(place)
            except ScimlyticsError:
                found = []
            looked += 1
            torn += found not in (["ada"], ["ada", "bob"])
            torn += step == len(disk.done) and found != ["ada", "bob"]
            shutil.rmtree(place)
    os.fsync = flush
    return looked, torn


def bits(folder: Path) -> tuple[int, int]:
    """So many flipped bits, and how many of them nobody noticed."""
    path = folder / "store"
    commit(path, snapshot("ada"), log=batch(events("e1", "e2"), 0, 1))
    flips = unnoticed = 0
    for file in [one for one in path.rglob("*") if one.is_file() and one.name != LOCK]:
        whole = file.read_bytes()
        for place in range(len(whole)):
            broken = bytearray(whole)
            broken[place] ^= 1 << (place % 8)
            file.write_bytes(bytes(broken))
            flips += 1
            try:
                scim.read(path)
                unnoticed += not store.verify(path).problems
            except ScimlyticsError:
                pass
        file.write_bytes(whole)
    return flips, unnoticed


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=10_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        flips, unnoticed = bits(Path(folder))
    show("crashes", "flipped_bits", flips, "bits")
    show("crashes", "unnoticed_bits", unnoticed, "bits", 0)
    with tempfile.TemporaryDirectory() as folder:
        looked, torn = power(Path(folder), asked.states)
    show("crashes", "power_cuts", looked, "states")
    show("crashes", "torn_by_power_cuts", torn, "states", 0)
    if shutil.which("strace") is None:
        sys.stderr.write("crashes: strace is not installed; nothing was killed.\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        seen, torn = kills(Path(folder))
    show("crashes", "kills", seen.total(), "kills", **dict(seen))
    show("crashes", "torn_by_kills", torn, "kills", 0)


if __name__ == "__main__":
    main()
