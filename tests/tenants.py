"""Simulated tenants for tests: made once, checked once, with what was planted in them."""

from __future__ import annotations

import atexit
import json
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.evidence import Evidence
from scimlytics.lab import score, simulate

STANDING = {"target_deleted": 2, "orphaned_leaver": 2, "rename_lag": 2}
WORLDS: dict[str, dict[str, Any]] = {
    "filescom": {"seed": 1},
    "scim": {"seed": 2, "target": "scim"},
    "okta": {"seed": 1, "source": "okta"},
    "okta_scim": {"seed": 2, "source": "okta", "target": "scim"},
    "okta_clean": {"faults": {}, "users": 100, "seed": 3, "source": "okta"},
    "okta_first_login": {"seed": 1, "source": "okta", "provisioning": "jit", "users": 80},
    "first_login": {"seed": 1, "provisioning": "jit", "users": 80},
    "quarantine": {"faults": {"quarantine": 1, **STANDING}, "users": 100},
    "paused": {"faults": {"paused": 1, **STANDING}, "users": 100},
    "silence": {"faults": {"silence": 1, **STANDING}, "users": 100},
    "credential_expiry": {"faults": {"credential_expiry": 1, **STANDING}, "users": 100},
    "escrows_pruned": {"faults": {"escrows_pruned": 1}, "users": 80},
    "groups_off": {"faults": {"group_mapping_off": 1, "target_deleted": 1}, "users": 80},
    "deprovision_off": {
        "faults": {"deprovision_off": 4, "orphaned_leaver": 1, "unassigned_access": 1},
        "users": 100,
    },
    "clean": {"faults": {}, "users": 100, "seed": 3},
}
"""Arguments of ``simulate``, by name."""


@dataclass
class Tenant:
    """One tenant: its evidence, read, and its answer sheet."""

    name: str
    folder: Path
    evidence: Evidence
    truth: dict[str, Any]

    def findings(self) -> list[dict[str, Any]]:
        """What the checks find; decided anew each time, on ledgers that stay."""
        self.evidence._once.clear()
        return list(run(self.evidence).findings.to_pylist())


@cache
def tenant(name: str) -> Tenant:
    """The tenant of a name."""
    folder = Path(tempfile.mkdtemp(prefix=f"tenant-{name}-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    arguments = {"users": 200, "seed": 1, **WORLDS[name]}
    simulate(folder / "made", **arguments)
    truth = json.loads((folder / "made" / "truth.json").read_text(encoding="utf-8"))
    evidence = scim.read(folder / "made" / "evidence")
    return Tenant(name, folder / "made" / "evidence", evidence, truth)


def mistakes(one: Tenant) -> list[str]:
    """What was missed, called by a wrong cause, or found where nothing is; a line each."""
    scored = score(one.findings(), one.truth)
    return [
        *(f"missed {row['cause']}: {row['subject']}" for row in scored["missed"]),
        *(
            f"{row['finding']['cause']}, not {row['fault']['cause']}: {row['fault']['subject']}"
            for row in scored["wrong_cause"]
        ),
        *(f"false {row['cause']}: {row['subject']}" for row in scored["false"]),
    ]
