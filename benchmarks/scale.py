"""How long a whole check takes at scale, and in how much memory, against hand-written SQL.

The tenant is one of the lab's big ones: canonical tables as parquet, nine of ten accounts older than the
log, five kinds of faults whose number is known. ``check`` asks everything, and its findings are scored. The
yardstick answers one question in DuckDB's SQL by hand: of each person and each membership, what the
source wants, what the newest claim says, and what the target holds. Each runs in a process of its own.
Prints a JSON line per figure.

    python benchmarks/scale.py [--users 100000] [--memberships 1000000] [--events 1000000]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from figures import measured, show

from scimlytics.lab import score
from scimlytics.lab.big import Size, big

TIMES, TIMES_MEMORY = 60, 6
ACCURACY, SCORED = 0.99, ("precision", "recall", "cause_accuracy")
"""The bars: so many times what one question costs, for two dozen questions with their evidence."""

OURS = """
import json, resource, sys, time
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
found = run(evidence).findings
took = time.perf_counter() - begin
rows = found.drop_columns(["evidence"]).to_pandas().to_json(orient="records", date_format="iso")
Path(sys.argv[1], "findings.json").write_text(rows)
found = found.num_rows
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--memberships", type=int, default=1_000_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "tenant"
        big(place, Size(asked.users, asked.memberships, asked.events))
        their_time, their_peak, rows = measured(THEIRS, place)
        time, peak, found = measured(OURS, place)
        findings = json.loads((place / "findings.json").read_text(encoding="utf-8"))
        scored = score(findings, json.loads((place / "truth.json").read_text(encoding="utf-8")))
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
        *((name, scored[name], "share", ACCURACY) for name in SCORED),
    )
    for figure, value, unit, bar in figures:
        at_least = None if figure not in SCORED else value >= bar
        show("scale", figure, value, unit, bar, holds=at_least, **size)


if __name__ == "__main__":
    main()
