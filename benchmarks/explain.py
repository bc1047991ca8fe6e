"""How long an explanation takes in a big store, against starting Python with the same libraries.

A tenant of the lab is put into a store and checked once, which keeps what was worked out beside the
store. Then ``explain`` runs as a process of its own for some of the people with findings, some without,
and a membership. Prints a JSON line per figure.

    python benchmarks/explain.py [--users 100000] [--memberships 1000000] [--events 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from figures import ROOT, show

from scimlytics.lab.big import Size, big
from scimlytics.store import LogBatch, Snapshot, Writer
from tests.storing import shown

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
SECONDS = 2
"""The bar."""
PARTS = {"users": ("users",), "groups": ("groups", "memberships")}
LOG = ("events", "steps", "changes", "unresolved")
START = "import duckdb, ibis, pandas, pyarrow.parquet; ibis.duckdb.connect()"


def stored(tenant: Path, store: Path) -> None:
    """Put a tenant's tables into a store, as pulls would."""
    tables = {path.stem: pq.read_table(path) for path in sorted(tenant.glob("*.parquet"))}
    covers = {"events/entra": (NOW - timedelta(days=30), NOW)}

    def part(unit: str, names: Sequence[str], side: str) -> Snapshot:
        rows = {name: tables[name] for name in names if name in tables}
        pulls = [shown(name.removeprefix(f"{side}_"), one.num_rows) for name, one in rows.items()]
        return Snapshot(unit, NOW, True, "the last page was reached", rows, pulls)

    with Writer(store) as writer:
        for side, product in (("source", "entra"), ("target", "scim")):
            parts = [
                part(unit, [f"{side}_{name}" for name in names], side)
                for unit, names in PARTS.items()
            ]
            log = None
            if side == "source":
                parts.append(part("assignments", ["assignments"], side))
                log = LogBatch({name: tables[name] for name in LOG if name in tables}, covers)
            writer.commit(side, product, side, parts, log)


def ran(*arguments: str) -> tuple[float, bytes]:
    """The seconds of a process, and what it said."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False, capture_output=True)
    if done.returncode > 3:
        raise SystemExit(f"explain: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - begun, done.stdout


def subjects(findings: list[dict[str, Any]], users: int) -> list[str]:
    """Two people with findings, two without, and a membership."""
    people = [one["subject"] for one in findings if one["object_type"] == "user"]
    edges = [one["subject"] for one in findings if one["object_type"] == "membership"]
    known = {*people, *(one.partition(" → ")[0] for one in edges)}
    well = [f"person{n}@example.com" for n in range(users // 2, users)]
    return [*people[:2], *[one for one in well if one not in known][:2], *edges[:1]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    of = vars(asked)
    with tempfile.TemporaryDirectory() as folder:
        tenant, store = Path(folder) / "tenant", str(Path(folder) / "store")
        big(tenant, Size(asked.users, asked.memberships, asked.events))
        stored(tenant, Path(store))
        first, said = ran("-m", "scimlytics", "check", store, "--format", "json")
        start = min(ran("-c", START)[0] for _ in range(3))
        who = subjects(json.loads(said)["findings"], asked.users)
        each = []
        for one in who:
            took, said = ran("-m", "scimlytics", "explain", store, one, "--format", "json")
            assert json.loads(said)["subject"], one
            each.append(took)
    show("explain", "seconds_of_the_first_check", first, "s", None, **of)
    show("explain", "seconds_to_start", start, "s", None, **of)
    show("explain", "slowest_explanation", max(each), "s", SECONDS, subjects=len(each), **of)
    show("explain", "ratio", max(each) / start, "times the start", None, **of)


if __name__ == "__main__":
    main()
