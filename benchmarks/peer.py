"""A pull from a real SCIM server behind a real limit of ten requests a second, whole and killed at any page.

scim2-server holds people and groups; nginx lets ten requests a second through, with a burst of five, and
answers 429 to the rest. A pull is held against what the server was given; the 429s that nginx counted
against what the burst explains: one for each refill of the burst. Then the pull is killed after its
first, second, third … answer and run again, and has to end in the same table. Needs nginx. Prints a JSON
line per figure.

    python benchmarks/peer.py [--users 5000] [--groups 500] [--kill-every 1]
"""

from __future__ import annotations

import argparse
import math
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from figures import ROOT, show

from scimlytics import store
from tests.loopback import SECRET
from tests.peer import Peer, lacking, peer, pulling

SIZE = 100


def command(site: Peer, folder: Path) -> list[str]:
    """A pull of the server into a folder that may be new."""
    folder.mkdir(exist_ok=True)
    return pulling(site, SECRET, folder, SIZE)


def table(folder: Path) -> tuple[list[str], list[str], int]:
    """Users, groups and the number of memberships in the store."""
    tables = store.read(folder / "store").tables
    users, groups = (
        sorted(tables[name].column("id").to_pylist()) for name in ("target_users", "target_groups")
    )
    return users, groups, tables["target_memberships"].num_rows


def killed(site: Peer, folder: Path, after: int) -> bool:
    """Kill a pull after so many answers; False when it was done before."""
    begun = site.statuses().count(200)
    running = subprocess.Popen(command(site, folder), cwd=ROOT, stdout=subprocess.DEVNULL)
    while running.poll() is None and site.statuses().count(200) < begun + after:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    return running.wait() == -signal.SIGKILL


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=5_000)
    parser.add_argument("--groups", type=int, default=500)
    parser.add_argument("--kill-every", type=int, default=1)
    asked = parser.parse_args()
    if missing := lacking():
        raise SystemExit(f"peer: {missing}; nothing was measured.")
    of = {"users": asked.users, "groups": asked.groups}
    with (
        tempfile.TemporaryDirectory() as made,
        tempfile.TemporaryDirectory() as own,
        peer(Path(own), SECRET, users=asked.users, groups=asked.groups) as site,
    ):
        given = sorted(site.users), sorted(site.groups), 3 * asked.groups
        folder = Path(made) / "whole"
        before, begun = len(site.statuses()), time.monotonic()
        subprocess.run(command(site, folder), cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        took, statuses = time.monotonic() - begun, site.statuses()[before:]
        answers, refused = statuses.count(200), statuses.count(429)
        show("peer", "differs_from_the_server", int(table(folder) != given), "pulls", 0, **of)
        explained = math.ceil(answers / (site.burst + 1))
        show("peer", "refused_429", refused, "requests", explained, answers=answers, **of)
        show("peer", "seconds", took, "s", None, at_the_limit=round(answers / 10, 1), **of)
        kills = wrong = 0
        for after in range(1, answers + 1, asked.kill_every):
            folder = Path(made) / f"killed-{after}"
            kills += killed(site, folder, after)
            done = subprocess.run(
                command(site, folder), cwd=ROOT, check=False, stdout=subprocess.DEVNULL
            )
            wrong += done.returncode != 0 or table(folder) != given
            shutil.rmtree(folder)
        show("peer", "other_table_after_a_kill", wrong, "pulls", 0, kills=kills, **of)


if __name__ == "__main__":
    main()
