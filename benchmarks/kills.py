"""SIGKILL at every call that changes a disk: what is left is the old state or the new one.

Each act runs under strace again and again, and is killed at its first, second, third … call of each kind,
until it gets through. Then its place must read as before or as after, whole; and the act, run once more
and let alone, must end as if it had never been killed. Acts: a snapshot is committed; logs are; a store is
pruned; a run is kept in the history; a file is written; a whole pull from a server runs, with its pages
kept on the way.

Prints a JSON line per figure.

    python benchmarks/kills.py [--only ACT]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures import ROOT, show

from scimlytics import history, store
from tests.cli import small_tenant
from tests.live import ScimSite, scim_config
from tests.loopback import Server
from tests.storing import batch, commit, events, snapshot

CALLS = (
    "mkdir", "rename", "unlink", "rmdir", "fsync", "write", "ftruncate", "fchmod", "chmod", "flock",
)  # fmt: skip
State = Any


@dataclass(frozen=True)
class Act:
    """Something that changes a disk."""

    prepare: Callable[[Path], None]
    """Make the place as it is before."""
    script: str
    """What is done; the place is its first argument."""
    state: Callable[[Path], State]
    """What a reader finds."""


def in_store(path: Path) -> State:
    """Users and events of a store, and whether all of it is whole."""
    kept = store.read(path).tables
    people = kept["target_users"].column("id").to_pylist() if "target_users" in kept else []
    seen = kept["events"].column("event_id").to_pylist() if "events" in kept else []
    return sorted(people), sorted(seen), store.verify(path).problems


def in_folder(path: Path) -> State:
    """The files of a folder and what they hold; what is on its way has a name with a point."""
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
    }


def two_days(path: Path) -> None:
    """A store of two days and their logs."""
    for day in range(2):
        names = [f"e{day}{place}" for place in range(3)]
        commit(path, snapshot("ada", day=day), log=batch(events(*names, day=day), day, day + 1))


def pulled_before(path: Path) -> None:
    """A store with an older snapshot of the same system."""
    path.mkdir()
    commit(path / "store", snapshot("ada", day=-3))


ACTS: dict[str, Act] = {
    "a snapshot": Act(
        lambda path: commit(path, snapshot("ada", "bob")),
        "commit(path, snapshot('ada', 'bob', 'cleo', day=1))",
        in_store,
    ),
    "logs": Act(
        two_days,
        "days = [events(f'f{day}', day=day) for day in range(12)]\n"
        "commit(path, snapshot('ada', 'bob', day=12), log=batch(pa.concat_tables(days), 1, 13))",
        in_store,
    ),
    "a store is pruned": Act(
        two_days,
        "from datetime import timedelta\n"
        "from tests.storing import START\n"
        "store.prune(path, older_than=timedelta(hours=12), now=START + timedelta(days=2))",
        in_store,
    ),
    "a run": Act(
        lambda path: path.mkdir(),
        "import scimlytics as scim\n"
        "from scimlytics import history\n"
        "from scimlytics.tables import FINDINGS\n"
        "with scim.read(path.parent / 'tenant') as evidence:\n"
        "    history.keep(path, evidence, FINDINGS.empty(), ['missing_users'])",
        lambda path: len(history.runs(path)),
    ),
    "a file": Act(
        lambda path: path.mkdir(),
        "from scimlytics.cli.publish import publish\npublish('new' * 100_000, path / 'findings.json')",
        in_folder,
    ),
    "a pull": Act(
        pulled_before,
        "from scimlytics.cli.app import run\n"
        "assert run(['pull', '--config', str(path.parent / 'pull.toml'), '--store',"
        " str(path / 'store')]) == 0",
        lambda path: in_store(path / "store"),
    ),
}
BEGIN = """
import sys
from pathlib import Path
path = Path(sys.argv[1])
import pyarrow as pa
from scimlytics import store
from tests.storing import batch, commit, events, snapshot
"""


def acted(act: Act, path: Path, killed: str = "") -> bool:
    """Do it, in a process of its own; whether it came to its end."""
    call = killed.partition(":")[0]
    traced = [
        "strace",
        "-f",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        f"trace={call}",
        "-e",
        f"inject={killed}",
    ]
    done = subprocess.run(
        [*(traced if killed else []), sys.executable, "-c", BEGIN + act.script, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
        capture_output=True,
    )
    if not killed and done.returncode:
        raise SystemExit(f"kills: {done.stderr.decode()[-500:]}")
    return done.returncode == 0


def found(act: Act, path: Path) -> State:
    """What a reader finds; an error where it finds none."""
    try:
        return act.state(path)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def kills(act: Act, folder: Path) -> tuple[Counter[str], list[str]]:
    """How often an act was killed at each kind of call, and what that left that it should not."""
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    path = folder / "place"

    def afresh() -> None:
        shutil.rmtree(path, ignore_errors=True)
        act.prepare(path)

    afresh()
    old = act.state(path)
    acted(act, path)
    new = act.state(path)
    if old == new:
        raise SystemExit("kills: an act changes nothing")
    for call in CALLS:
        for turn in range(1, 1000):
            afresh()
            if acted(act, path, f"{call}:signal=SIGKILL:when={turn}"):
                break
            seen[call] += 1
            left = found(act, path)
            if left not in (old, new):
                wrong.append(f"{call} {turn}: {left!s:.300}")
            acted(act, path)
            if (after := found(act, path)) != new and not doubled(after, old, new):
                wrong.append(f"{call} {turn}, run again: {after!s:.300}")
    return seen, wrong


def doubled(after: State, old: State, new: State) -> bool:
    """A run that was kept before the kill and is kept again counts twice; both are whole."""
    return isinstance(after, int) and after - new <= new - old


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=ACTS, action="append")
    chosen = parser.parse_args().only or list(ACTS)
    if shutil.which("strace") is None:
        raise SystemExit("kills: strace is not installed; nothing was killed.")
    total, torn = 0, 0
    for name in chosen:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            small_tenant(folder / "tenant")
            with Server(ScimSite(120, 3)) if name == "a pull" else nullcontext() as server:
                if server is not None:
                    scim_config(server.url, folder, size=2)
                seen, wrong = kills(ACTS[name], folder)
        for one in wrong:
            sys.stderr.write(f"{name}: {one}\n")
        total, torn = total + seen.total(), torn + len(wrong)
        show("kills", "kills", seen.total(), "kills", act=name, **dict(seen))
    show("kills", "torn_by_kills", torn, "states", 0, kills=total, acts=len(chosen))


if __name__ == "__main__":
    main()
