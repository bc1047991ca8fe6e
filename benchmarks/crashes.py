"""What power cuts and broken bits leave of a store: the old snapshot, the new one, or a plain word of damage.

- power cuts: every state that a disk may be in after a cut at any step of commits, by the model of the
  tests (unflushed bytes may be there, in half, or not; unflushed names likewise);
- broken bits: one bit of every byte of every file in turn.

What kills leave is measured by ``kills.py``. Prints a JSON line per figure.

    python benchmarks/crashes.py [--states 10000]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path

import pyarrow as pa
from figures import show

import scimlytics as scim
from scimlytics import store
from scimlytics.errors import ScimlyticsError
from scimlytics.store import disk as disk_module
from scimlytics.store.lock import NAME as LOCK
from tests.power import cuts, lay_out, model_of
from tests.storing import Disk, batch, commit, events, names, snapshot


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
    show("crashes", "unnoticed_bits", unnoticed, "bits", 0, flipped=flips)
    with tempfile.TemporaryDirectory() as folder:
        looked, torn = power(Path(folder), asked.states)
    show("crashes", "torn_by_power_cuts", torn, "states", 0, states=looked)


if __name__ == "__main__":
    main()
