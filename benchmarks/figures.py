"""What all benchmarks share: a figure is a JSON line, and a script is measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUND = 4

sys.path.insert(0, str(ROOT))  # servers, disks and worlds are those of the tests


def show(
    benchmark: str,
    figure: str,
    value: float,
    unit: str,
    bar: float | None = None,
    *,
    holds: bool | None = None,
    **of: Any,
) -> None:
    """Print a figure.

    Parameters
    ----------
    bar, holds
        What it is held against, and whether it holds: unsaid, whether the value is at most the bar.
    of
        What was measured: sizes, seeds, kinds.
    """
    if holds is None and bar is not None:
        holds = bool(value <= bar)
    line = {"benchmark": benchmark, "figure": figure, "value": round(value, ROUND), "unit": unit}
    sys.stdout.write(json.dumps({**line, "bar": bar, "holds": holds, **of}) + "\n")
    sys.stdout.flush()


def measured(script: str, *arguments: object) -> list[float]:
    """The numbers that a script prints last, run in a process of its own."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(one) for one in done.stdout.splitlines()[-1].split()]
