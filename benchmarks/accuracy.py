"""How right the findings are, in simulated tenants whose faults are known.

Simulates tenants of several kinds and seeds, checks each, and scores findings against what was
planted (``scimlytics.lab.score``). Clean tenants have no fault at all: nothing above info may be found
in them. Prints a JSON line per figure and kind.

    python benchmarks/accuracy.py [--seeds 20] [--clean 20]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from figures import show

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.lab import score, simulate
from scimlytics.lab.score import counts

BARS = {"precision": 0.995, "recall": 0.99, "cause_accuracy": 0.98}
KINDS: tuple[dict[str, Any], ...] = (
    {"source": "entra", "target": "filescom", "provisioning": "scim"},
    {"source": "entra", "target": "scim", "provisioning": "scim"},
    {"source": "okta", "target": "filescom", "provisioning": "scim"},
    {"source": "okta", "target": "scim", "provisioning": "scim"},
    {"source": "entra", "target": "filescom", "provisioning": "jit"},
    {"source": "okta", "target": "filescom", "provisioning": "jit"},
)


def tenant(folder: Path, **arguments: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The findings of one tenant, and what was planted in it."""
    simulate(folder, **arguments)
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    with scim.read(folder / "evidence") as evidence:
        return run(evidence).findings.to_pylist(), truth


def measured(seeds: int, **kind: Any) -> tuple[dict[str, float], Counter[str]]:
    """The rates over all seeds of a kind, sums of what was met and not means of rates; what was missed."""
    sums: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            found, truth = tenant(Path(folder) / "made", seed=seed, users=200, **kind)
        scored = score(found, truth)
        missing.update(fault["cause"] for fault in scored["missed"])
        planted, missed = len(truth["faults"]), len(scored["missed"])
        sums["planted"] += planted
        sums["met"] += planted - missed
        sums["right"] += planted - missed - len(scored["wrong_cause"])
        sums["false"] += len(scored["false"])
        sums["violations"] += scored["near_miss_violations"]
    counted = sums["met"] + sums["false"]
    rates = {
        "precision": sums["met"] / counted if counted else 1.0,
        "recall": sums["met"] / sums["planted"] if sums["planted"] else 1.0,
        "cause_accuracy": sums["right"] / sums["met"] if sums["met"] else 1.0,
        "near_miss_violations": sums["violations"],
        "planted": sums["planted"],
    }
    return rates, missing


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=20)
    asked = parser.parse_args()
    for kind in KINDS:
        figures, missing = measured(asked.seeds, **kind)
        of = {**kind, "seeds": asked.seeds, "planted": figures.pop("planted")}
        violations = figures.pop("near_miss_violations")
        for figure, value in figures.items():
            bar = BARS[figure]
            show("accuracy", figure, value, "share", bar, holds=value >= bar, **of)
        for cause, count in sorted(missing.items()):
            show("accuracy", "missed", count, "faults", cause=cause, **of)
        show("accuracy", "near_miss_violations", violations, "findings", 0, **of)
    for source in ("entra", "okta"):
        noise = 0
        for seed in range(1, asked.clean + 1):
            with tempfile.TemporaryDirectory() as folder:
                made = Path(folder) / "made"
                found, _ = tenant(made, source=source, seed=seed, users=120, faults={})
            noise += sum(counts(row) for row in found)
        of = {"source": source, "seeds": asked.clean}
        show("accuracy", "false_in_clean_tenants", noise, "findings", 0, **of)


if __name__ == "__main__":
    main()
