"""Whether plans keep what they promise: they are carried out in simulated tenants.

A tenant is checked and a plan made of its findings. The simulator carries the plan out, step by step
in its time, runs the provider's cycles on, and exports the tenant again. Prints a JSON line per remedy:
the share of the findings it claims to repair that the second check shows to be gone; and one for all
faults that were not there before. Remedies for people to find out (rung 7) claim nothing by
themselves, nor does one on a window of the past.

    python benchmarks/plan.py [--seeds 20]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from figures import show

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.lab.repair import carry_out
from scimlytics.lab.score import counts
from scimlytics.lab.simulate import cast, write
from scimlytics.planning import Plan
from scimlytics.vocabulary import REMEDIES

BAR = 0.95
PEOPLE = 7
DAYS = 30
KINDS = (("entra", "filescom"), ("entra", "scim"), ("okta", "filescom"), ("okta", "scim"))


def claimed(plan: Plan, findings: list[Mapping[str, Any]]) -> dict[str, str]:
    """Finding → the remedies by which the plan claims to repair it, joined by ``+``."""
    past = {row["finding_id"] for row in findings if row["object_type"] == "cycle"}
    ways: dict[str, list[str]] = {}
    for step in plan.rows:
        for name in step["finding_ids"]:
            ways.setdefault(name, []).append(step["remedy"])
    return {
        name: "+".join(dict.fromkeys(ways[name]))
        for name in ways
        if name not in past and any(REMEDIES[one][0] < PEOPLE for one in ways[name])
    }


def repaired(seed: int, source: str, target: str) -> tuple[Counter[str], Counter[str], int]:
    """Per way: claimed and repaired; and how many faults are new."""
    stage = cast(200, DAYS, seed, source, target, "scim")
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / "before", stage, DAYS)
        with scim.read(Path(folder) / "before" / "evidence") as before:
            findings = run(before).findings
            rows = findings.to_pylist()
            plan = scim.plan(findings, before)
            carry_out(stage, plan.rows, rows)
            write(Path(folder) / "after", stage, DAYS)
            with scim.read(Path(folder) / "after" / "evidence") as after:
                compared = scim.compare(before, after)
    fixed = set(compared.fixed["finding_id"])
    ways = claimed(plan, rows)
    asked, done = Counter(ways.values()), Counter(ways[name] for name in ways if name in fixed)
    for name, way in ways.items():
        if name not in fixed:
            sys.stderr.write(f"{source} {target} {seed}: {way} did not repair {name}\n")
    new = [row for row in compared.new.to_dict("records") if counts(row)]
    new = [row for row in new if row["object_type"] not in ("cycle", "evidence")]
    for row in new:
        sys.stderr.write(f"{source} {target} {seed}: new {row['cause']}: {row['detail']}\n")
    return asked, done, len(new)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    asked: Counter[str] = Counter()
    done: Counter[str] = Counter()
    new = 0
    for source, target in KINDS:
        for seed in range(1, seeds + 1):
            one = repaired(seed, source, target)
            asked, done, new = asked + one[0], done + one[1], new + one[2]
    for way in sorted(asked):
        share = done[way] / asked[way]
        of = {"remedies": way, "claimed": asked[way]}
        show("plan", "repaired", share, "share", BAR, holds=share >= BAR, **of)
    share = done.total() / asked.total()
    all_of_them = {"remedies": "all", "claimed": asked.total()}
    show("plan", "repaired", share, "share", BAR, holds=share >= BAR, **all_of_them)
    show("plan", "new_faults", new, "findings", 0, seeds=seeds, tenants=len(KINDS) * seeds)


if __name__ == "__main__":
    main()
