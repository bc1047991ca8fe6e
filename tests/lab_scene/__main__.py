"""Run scenes and print their scores: ``python -m tests.lab_scene --seeds 3 --people 300``."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.lab import score
from tests.lab_scene.scene import play


def main() -> None:
    """Play and score."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--people", type=int, default=300)
    asked = parser.parse_args()
    for seed in range(1, asked.seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            evidence, truth, answered = play(Path(folder), seed, asked.people)
            with scim.read(evidence) as read:
                scored = score(run(read).findings.to_pylist(), truth)
        line = {
            "scene": seed,
            "planted": len(truth["faults"]),
            "requests": len(answered),
            "refused": sum(one.startswith("429") for one in answered),
            "given_up": sum(one.startswith("504") for one in answered),
            **{name: scored[name] for name in ("precision", "recall", "cause_accuracy")},
            "near_miss_violations": scored["near_miss_violations"],
        }
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
