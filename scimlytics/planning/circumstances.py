"""What of a tenant bears on a plan: the provider's buttons and pace, who is in scope, the job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.evidence import Evidence

VALID = timedelta(hours=24)
"""So long after its oldest snapshot a plan holds: people move on meanwhile."""
SIDES = ("source", "target")


@dataclass(frozen=True)
class Circumstances:
    """What a plan is made under."""

    provider: str
    capabilities: frozenset[str]
    cycle: timedelta
    as_of: datetime
    oldest: datetime
    """When the older of the two snapshots was taken."""
    people: int
    groups: int
    """So many are in scope."""
    privileged: frozenset[str] = frozenset()
    """Ids, of either side, of administrators."""
    app: str | None = None
    job: str | None = None
    rules: Mapping[str, str] = field(default_factory=dict)
    """Object type → the id of its synchronisation rule."""
    retries: str = "unknown"
    """When the provider tries a refused object again by itself."""
    evidence: str = ""
    """A hash of the snapshots that the plan rests on."""
    valid: timedelta = VALID

    @property
    def expires(self) -> datetime:
        """Up to when the plan holds."""
        return self.oldest + self.valid


def circumstances_of(evidence: Evidence, valid: timedelta = VALID) -> Circumstances:
    """Look the circumstances up in an evidence."""
    profile = evidence.profile
    taken = [one for one in (profile.source_at, profile.target_at) if one is not None]
    job = _job(evidence)
    return Circumstances(
        provider=profile.provider,
        capabilities=profile.capabilities,
        cycle=profile.cycle,
        as_of=profile.as_of,
        oldest=min(taken, default=profile.as_of),
        people=_wanted(evidence, "users"),
        groups=_wanted(evidence, "groups"),
        privileged=_privileged(evidence),
        app=job.get("app_id"),
        job=job.get("job_id"),
        retries=profile.retries,
        rules=_rules(evidence, job.get("job_id")),
        evidence=fingerprint(evidence),
        valid=valid,
    )


def fingerprint(evidence: Evidence) -> str:
    """A hash of what was exported: the same files give the same, one changed value another.

    Rows are hashed without the file they came from and without an order: splitting or renaming a
    file changes nothing that a plan rests on.
    """
    parts = [f"{evidence.profile.source_at} {evidence.profile.target_at}"]
    for name in sorted(evidence.present):
        parts.append(f"{name} {_digest(evidence.rows(name))}")
    return sha256("\n".join(parts).encode()).hexdigest()


def _digest(rows: pa.Table) -> str:
    import pandas as pd
    import pyarrow as pa

    kept = [name for name in rows.column_names if name not in ("source_file", "source_row")]
    columns = {}
    for name in kept:
        column = rows.column(name)
        nested = pa.types.is_nested(column.type)
        columns[name] = map(repr, column.to_pylist()) if nested else column.cast(pa.string())
    frame = pd.DataFrame(
        {
            name: pd.array(list(one) if isinstance(one, map) else one.to_pylist(), dtype="str")
            for name, one in columns.items()
        }
    )
    hashed = pd.util.hash_pandas_object(frame, index=False).sort_values()
    return f"{len(frame)} {sha256(hashed.to_numpy().tobytes()).hexdigest()}"


def _job(evidence: Evidence) -> dict[str, Any]:
    """The outbound job: the one in the settings of jobs, else the one most events are of."""
    from collections import Counter

    events = evidence.rows("events").select(["app_id", "job_id", "outbound"]).to_pylist()
    counted = Counter(
        (row["job_id"], row["app_id"]) for row in events if row["outbound"] is not False
    )
    jobs = {row["job_id"]: row["app_id"] for row in evidence.rows("jobs").to_pylist()}
    if counted:
        (job, app), _ = min(counted.items(), key=lambda one: (-one[1], str(one[0])))
        return {"job_id": job, "app_id": app or jobs.get(job)}
    if jobs:
        job, app = min(jobs.items())
        return {"job_id": job, "app_id": app}
    return {}


def _rules(evidence: Evidence, job: str | None) -> dict[str, str]:
    rows = evidence.rows("mappings").select(["job_id", "object_type", "rule_id"]).to_pylist()
    return {
        row["object_type"]: row["rule_id"]
        for row in rows
        if row["rule_id"] and row["object_type"] and row["job_id"] in (job, None)
    }


def _wanted(evidence: Evidence, kind: str) -> int:
    from scimlytics import reconcile

    if not (evidence.has(f"source_{kind}") and evidence.has(f"target_{kind}")):
        return 0
    ledger = reconcile.ledger(evidence, kind)
    wanted = ledger.filter(ledger.wanted == "yes").agg(people=lambda t: t.count())
    return int(evidence.engine.fetch(wanted).column("people")[0].as_py())


def _privileged(evidence: Evidence) -> frozenset[str]:
    import pyarrow.compute as pc

    found: set[str] = set()
    for side in SIDES:
        rows = evidence.rows(f"{side}_users").select(["id", "privileged"])
        flags = pc.fill_null(rows.column("privileged"), False)
        found |= set(rows.filter(flags).column("id").to_pylist())
    return frozenset(found)
