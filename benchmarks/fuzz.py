"""What escapes when files, settings, headers and pages are changed at random: only errors of our own may.

Goes through the targets of ``tests/fuzzing.py`` in turn until the time is up, and begins where nobody has
been: at a seed of its own, which it prints, with every input that something escaped of. Prints a JSON line
per target.

    python benchmarks/fuzz.py [--seconds 60] [--seed N]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from figures import show

from tests.fuzzing import TARGETS, escaped

ROUND = 0.5
"""Seconds that a target has at a time."""


def main() -> None:
    """Fuzz, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    asked = parser.parse_args()
    inputs: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    end = time.monotonic() + asked.seconds
    while time.monotonic() < end:
        for target in TARGETS:
            stop = time.monotonic() + ROUND
            while time.monotonic() < stop:
                seed = asked.seed + inputs[target]
                inputs[target] += 1
                if what := escaped(target, seed):
                    bad[target] += 1
                    sys.stderr.write(f"fuzz: {target}, {seed}: {what[:300]}\n")
    for target in TARGETS:
        of = {"target": target, "inputs": inputs[target], "seed": asked.seed}
        show("fuzz", "escaped", bad[target], "inputs", 0, **of)
    raise SystemExit(bool(bad.total()))


if __name__ == "__main__":
    main()
