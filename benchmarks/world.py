"""How fast big tenants are written, and in how much memory, against DuckDB writing as many rows.

The lab writes its canonical tables; DuckDB, the yardstick, makes rows of three texts and a time in SQL and
writes them as parquet. Each runs in a process of its own. Prints a JSON line per figure.

    python benchmarks/world.py [--users 1000000] [--memberships 10000000] [--events 20000000]
"""

from __future__ import annotations

import argparse
import tempfile

from figures import measured, show

TIMES, PEAK = 12, 8_000
"""The bars: so many times DuckDB's time, for twelve columns of which most are texts; and MB."""

OURS = """
import resource, sys, time
from pathlib import Path
from scimlytics.lab.big import Size, big
begin = time.perf_counter()
rows = big(Path(sys.argv[1]) / "tenant", Size(*map(int, sys.argv[2:5])))
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows)
"""
THEIRS = """
import resource, sys, time
import duckdb
begin = time.perf_counter()
rows = sum(map(int, sys.argv[2:5]))
duckdb.sql(f'''COPY (
    SELECT 'p' || lpad(i::VARCHAR, 8, '0') AS id, 'person' || i || '@example.com' AS user_name,
           'g' || (i % 20000) AS group_id, make_timestamp(1763618400000000 - i * 1000) AS at
    FROM range({rows}) t(i)) TO '{sys.argv[1]}/rows.parquet' (FORMAT parquet)''')
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, rows)
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=1_000_000)
    parser.add_argument("--memberships", type=int, default=10_000_000)
    parser.add_argument("--events", type=int, default=20_000_000)
    asked = parser.parse_args()
    size = [asked.users, asked.memberships, asked.events]
    with tempfile.TemporaryDirectory() as folder:
        their_time, their_peak, their_rows = measured(THEIRS, folder, *size)
        time, peak, rows = measured(OURS, folder, *size)
    each, their_each = time / rows, their_time / their_rows
    figures = (
        ("rows", rows, "rows", None),
        ("rows_per_second", rows / time, "rows/s", None),
        ("rows_per_second_of_duckdb", their_rows / their_time, "rows/s", None),
        ("time_per_row_ratio", each / their_each, "times DuckDB", TIMES),
        ("peak", peak, "MB", PEAK),
        ("peak_of_duckdb", their_peak, "MB", None),
    )
    for figure, value, unit, bar in figures:
        show("world", figure, value, unit, bar, **vars(asked))


if __name__ == "__main__":
    main()
