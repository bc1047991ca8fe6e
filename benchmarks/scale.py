"""How long a whole check takes at scale, and in how much memory, against hand-written SQL.

Makes a tenant in the canonical tables, as parquet and without a loop over rows: nine of ten accounts
are older than the log, and about one object in a hundred disagrees. ``check`` asks everything. The
yardstick answers one question in DuckDB's SQL by hand: of each person and each membership, what the
source wants, what the newest claim says, and what the target holds. Each runs in a process of its own.
Prints a JSON line per figure.

    python benchmarks/scale.py [--users 100000] [--memberships 1000000] [--events 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TIMES, TIMES_MEMORY = 60, 6
"""The bars: so many times what one question costs, for two dozen questions with their evidence."""
AS_OF = datetime(2026, 11, 20, 6, tzinfo=UTC)
DAYS = 30
STAMP = pa.timestamp("us", tz="UTC")

OURS = """
import resource, sys, time
from datetime import UTC, datetime
from pathlib import Path
import pyarrow.parquet as pq
from scimlytics.checks import run
from scimlytics.evidence import Evidence
from scimlytics.settings import Settings
begin = time.perf_counter()
tables = {path.stem: pq.read_table(path) for path in sorted(Path(sys.argv[1]).glob("*.parquet"))}
now = datetime(2026, 11, 20, 6, tzinfo=UTC)
settings = Settings.model_validate({
    "source": {"system": "entra", "taken_at": now,
               "complete": ["users", "groups", "memberships", "assignments"]},
    "target": {"system": "scim", "taken_at": now, "complete": ["users", "groups", "memberships"]},
})
evidence = Evidence(tables, settings=settings, name="scale")
found = run(evidence).findings.num_rows
took = time.perf_counter() - begin
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, found)
"""
THEIRS = """
import resource, sys, time
import duckdb
begin = time.perf_counter()
con = duckdb.connect()
con.execute("SET TimeZone = 'UTC'")
for name in ("source_users", "target_users", "source_memberships", "target_memberships", "assignments",
             "events", "target_groups"):
    con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{sys.argv[1]}/{name}.parquet'")
people = con.execute('''
    WITH newest AS (
        SELECT source_id, arg_max(action, "at") AS action, arg_max(status, "at") AS status,
               max("at") AS last_at
        FROM events GROUP BY source_id
    ), wanted AS (
        SELECT s.id, s.user_name FROM source_users s
        WHERE s.active AND s.id IN (SELECT principal_id FROM assignments)
    )
    SELECT w.id, t.id AS account, t.active, n.action, n.status, n.last_at
    FROM wanted w LEFT JOIN target_users t ON t.external_id = w.id LEFT JOIN newest n ON n.source_id = w.id
    WHERE t.id IS NULL OR NOT t.active OR lower(t.user_name) <> lower(w.user_name)
''').arrow()
edges = con.execute('''
    WITH wanted AS (
        SELECT g.id AS group_id, u.id AS member_id
        FROM source_memberships m JOIN target_groups g ON g.external_id = m.group_id
        JOIN target_users u ON u.external_id = m.member_id
    )
    SELECT coalesce(w.group_id, t.group_id) AS group_id, coalesce(w.member_id, t.member_id) AS member_id,
           w.group_id IS NULL AS extra
    FROM wanted w FULL JOIN target_memberships t ON t.group_id = w.group_id AND t.member_id = w.member_id
    WHERE w.group_id IS NULL OR t.group_id IS NULL
''').arrow()
rows = people.read_all().num_rows + edges.read_all().num_rows
took = time.perf_counter() - begin
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows)
"""


def numbered(prefix: str, numbers: np.ndarray) -> pa.Array:
    """Ids such as ``p00000017``, without a loop."""
    digits = np.char.zfill(numbers.astype("U"), 8)
    return pa.array(np.char.add(prefix, digits))


def moments(seconds: np.ndarray) -> pa.Array:
    """Times so many seconds before the export."""
    base = int(AS_OF.timestamp()) * 1_000_000
    return pa.array(base - seconds.astype("int64") * 1_000_000, STAMP)


def make(folder: Path, users: int, memberships: int, events: int) -> None:
    """Write the tenant's tables."""
    draw = np.random.default_rng(7)
    who = np.arange(users)
    names = pa.array(np.char.add(np.char.add("person", who.astype("U")), "@example.com"))
    log = DAYS * 86_400
    made = log + draw.integers(86_400, 900 * 86_400, users)
    fresh = draw.random(users) < 0.1
    made[fresh] = draw.integers(3 * 3600, log - 3600, fresh.sum())
    present = draw.random(users) > 0.005
    groups = max(10, memberships // 500)
    write = lambda name, **columns: pq.write_table(pa.table(columns), folder / f"{name}.parquet")  # noqa: E731
    write(
        "source_users",
        id=numbered("p", who), user_name=names, email=names,
        display_name=names, active=pa.array(draw.random(users) > 0.01), created=moments(made + 60),
    )  # fmt: skip
    write(
        "assignments",
        principal_id=numbered("p", who), principal_type=pa.array(["user"] * users), created=moments(made),
    )  # fmt: skip
    there = who[present]
    drifted = draw.random(len(there)) < 0.005
    shown = np.where(
        drifted, np.char.add("former", there.astype("U")), np.char.add("person", there.astype("U"))
    )
    accounts = pa.array(np.char.add(shown, "@example.com"))
    write(
        "target_users",
        id=numbered("a", there), external_id=numbered("p", there), user_name=accounts, email=accounts,
        display_name=names.take(pa.array(there)), active=pa.array(draw.random(len(there)) > 0.01),
        created=moments(made[present] - 60),
    )  # fmt: skip
    ids = np.arange(groups)
    titles = pa.array(np.char.add("Group ", ids.astype("U")))
    write(
        "source_groups",
        id=numbered("g", ids),
        display_name=titles,
        security_enabled=pa.array([True] * groups),
    )
    write(
        "target_groups", id=numbered("t", ids), external_id=numbered("g", ids), display_name=titles
    )
    pq.write_table(
        pa.concat_tables([
            pq.read_table(folder / "assignments.parquet"),
            pa.table({
                "principal_id": numbered("g", ids), "principal_type": pa.array(["group"] * groups),
                "created": moments(np.full(groups, log + 90_000)),
            }),
        ]),
        folder / "assignments.parquet",
    )  # fmt: skip
    edge = np.unique(draw.integers(0, groups * users, memberships))
    group, member = edge // users, edge % users
    write(
        "source_memberships",
        group_id=numbered("g", group), member_id=numbered("p", member),
        member_type=pa.array(["user"] * len(edge)),
    )  # fmt: skip
    kept = (draw.random(len(edge)) > 0.002) & present[member]
    write(
        "target_memberships",
        group_id=numbered("t", group[kept]),
        member_id=numbered("a", member[kept]),
    )
    about = draw.integers(0, max(1, users // 10), events)
    refused = draw.random(events) < 0.02
    write(
        "events",
        event_id=numbered("e", np.arange(events)), at=moments(draw.integers(3600, log, events)),
        product=pa.array(["entra"] * events), job_id=pa.array(["job"] * events),
        cycle_id=numbered("c", draw.integers(0, 1_000, events)),
        action=pa.array(["update"] * events), object_type=pa.array(["user"] * events),
        source_id=numbered("p", about), target_id=numbered("a", about),
        status=pa.array(np.where(refused, "failure", "success")),
        error_code=pa.array(np.where(refused, "TooManyRequests", ""), pa.string()),
        written=pa.array(~refused),
    )  # fmt: skip
    write(
        "coverage",
        **{
            "product": pa.array(["entra"]), "from": pa.array([AS_OF - timedelta(days=DAYS)], STAMP),
            "to": pa.array([AS_OF], STAMP), "events": pa.array([events]), "declared": pa.array([True]),
        },
    )  # fmt: skip


def measured(script: str, folder: Path) -> tuple[float, float, int]:
    """Seconds, peak memory in MB and rows of a script in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder)], capture_output=True, text=True, check=True
    )
    took, peak, rows = done.stdout.split()[-3:]
    return float(took), float(peak), int(float(rows))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), asked.users, asked.memberships, asked.events)
        their_time, their_peak, rows = measured(THEIRS, Path(folder))
        time, peak, found = measured(OURS, Path(folder))
    size = {"users": asked.users, "memberships": asked.memberships, "events": asked.events}
    figures = (
        ("seconds", time, "s", None),
        ("seconds_of_sql", their_time, "s", None),
        ("seconds_ratio", time / their_time, "times the SQL", TIMES),
        ("peak", peak, "MB", None),
        ("peak_of_sql", their_peak, "MB", None),
        ("peak_ratio", peak / their_peak, "times the SQL", TIMES_MEMORY),
        ("findings", found, "rows", None),
        ("rows_of_sql", rows, "rows", None),
    )
    for figure, value, unit, bar in figures:
        line = {
            "benchmark": "scale", "figure": figure, "value": round(value, 2), "unit": unit, "bar": bar,
            "holds": None if bar is None else bool(value <= bar), **size,
        }  # fmt: skip
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
