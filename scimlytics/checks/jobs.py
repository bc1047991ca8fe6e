"""Do the provisioning jobs run? Quarantine, pause, refused credentials, silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scimlytics.checks.rows import decided_rows
from scimlytics.diagnose import Standstill

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence

SILENT_CYCLES = 3
LEAST_SILENCE = timedelta(hours=3)
REFUSALS = 3
"""Attempts for different objects, all refused and none accepted since, that show refused
credentials."""
GUARD = ("toomanydeletes",)
ENDPOINT = ("serviceincompatible", "notimplemented")


def standstill(evidence: Evidence, context: Context) -> Standstill | None:
    """Whether a job stands still: in quarantine, paused or disabled, or with refused credentials."""
    worked = [
        job["last_success_ended"]
        for job in _jobs(evidence)
        if job["code"] in ("quarantine", "paused") or job["state"] in ("paused", "disabled")
    ]
    worked += [since for _, since in _refused(evidence)]
    if not worked:
        return None
    if None in worked:
        return Standstill(None)
    return Standstill(min(worked) - context.moment.cycle)


def jobs(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per job that does not run as it should; the people behind it are counted.

    Quarantine first, then pause, then refused credentials, then silence: a job that stands still
    for one reason is not reported for another (causes.md, section 5 and gate 1).
    """
    still = standstill(evidence, context) or Standstill(None)
    columns = (people.column(name).to_pylist() for name in ("cause", "situation", "since"))
    waiting = sum(still.waits(*row) for row in zip(*columns, strict=True))
    behind = f" {waiting} objects wait for it." if waiting else ""
    rows = []
    refused = dict(_refused(evidence))
    for job in _jobs(evidence):
        row = _job_row(job, context.moment.seen_at, behind, refused.pop(job["job_id"], None))
        if row is not None:
            rows.append(row)
        if job["escrows_pruned"]:
            rows.append(
                _row(job["job_id"], "escrows_pruned", "Retries that were waiting were thrown away.")
            )
    for job_id, since in refused.items():
        rows.append(_expired(job_id, since, behind))
    rows += _expired_tokens(evidence, context, behind, already=bool(rows))
    return decided_rows([*rows, *_changed(evidence)])


def _job_row(
    job: dict[str, Any], now: datetime, behind: str, refused_since: datetime | None
) -> dict[str, Any] | None:
    if job["code"] == "quarantine":
        reason = job["quarantine_reason"] or "no reason given"
        error = f" ({job['error_code']})" if job["error_code"] else ""
        next_try = (
            f" It is tried again at {job['quarantine_next']:%Y-%m-%d %H:%M} UTC."
            if job["quarantine_next"]
            else ""
        )
        return _row(
            job["job_id"],
            "quarantine",
            f"The job is in quarantine: {reason}{error}.{next_try}{behind}",
            since=job["quarantine_since"],
        )
    if job["code"] == "paused" or job["state"] in ("paused", "disabled"):
        return _row(job["job_id"], "paused", f"The job is {job['state'] or 'paused'}.{behind}")
    if refused_since is not None:
        return _expired(job["job_id"], refused_since, behind)
    ended = job["last_success_ended"] or job["last_run_ended"]
    interval = timedelta(seconds=job["interval_s"] or 0)
    limit = max(SILENT_CYCLES * interval, LEAST_SILENCE)
    if interval and ended is not None and now - ended > limit:
        return _row(
            job["job_id"],
            "silence",
            f"The last successful cycle ended at {ended:%Y-%m-%d %H:%M} UTC, more than"
            f" {SILENT_CYCLES} cycles ago.{behind}",
            since=ended,
        )
    return None


def _row(
    job_id: str,
    cause: str,
    detail: str,
    *,
    since: datetime | None = None,
    certainty: str = "confirmed",
) -> dict[str, Any]:
    return {
        "object_type": "job",
        "cause": cause,
        "certainty": certainty,
        "subject": job_id,
        "since": since,
        "detail": detail,
        "cited": [{"kind": "job", "id": job_id, "at": since, "says": "the job's status"}],
    }


def _expired(job_id: str, since: datetime, behind: str) -> dict[str, Any]:
    return _row(
        job_id,
        "credential_expiry",
        f"Every attempt since {since:%Y-%m-%d %H:%M} UTC was refused for credentials or rights."
        f"{behind}",
        since=since,
        certainty="likely",
    )


def _jobs(evidence: Evidence) -> list[dict[str, Any]]:
    """The jobs that concern this target: those the relevant events name, else all."""
    every = sorted(evidence.rows("jobs").to_pylist(), key=lambda job: job["job_id"])
    known = evidence.table("claims").select("job_id").distinct().to_pyarrow()
    named = set(known.column("job_id").to_pylist()) - {None}
    ours = [job for job in every if job["job_id"] in named]
    return ours or every


def _changed(evidence: Evidence) -> list[dict[str, Any]]:
    """A marker on the time axis: the directory's audit names changes of the job's settings."""
    entries = {
        row["audit_id"]: row
        for row in evidence.rows("source_audit").to_pylist()
        if row["action"] == "configure"
        and row["object_type"] == "job"
        and row["group_id"] is None
        and not row["failed"]
    }
    made = sorted(entries.values(), key=lambda row: (row["at"], row["audit_id"]))
    if not made:
        return []
    newest = made[-1]
    times = f"{len(made)} times, last" if len(made) > 1 else "once,"
    by = f" by {newest['actor']}" if newest["actor"] else ""
    jobs = [job["job_id"] for job in _jobs(evidence)]
    row = _row(
        jobs[0] if len(jobs) == 1 else newest["app_id"] or "job",
        "mapping_changed",
        f"Settings of the job were changed {times} at {newest['at']:%Y-%m-%d %H:%M} UTC{by}; what"
        " was claimed before was claimed under other settings.",
        since=newest["at"],
    )
    said = "the change of the settings"
    cited = [
        {"kind": "audit", "id": one["audit_id"], "at": one["at"], "says": said} for one in made
    ]
    return [{**row, "cited": cited}]


def _refused(evidence: Evidence) -> list[tuple[str, datetime]]:
    """Jobs whose attempts were all refused for credentials or rights since a moment."""
    claims = evidence.table("claims")
    tried = claims.filter(claims.kind.isin(["positive", "disable", "delete", "negative"]))
    good = (
        tried.filter((tried.kind != "negative") | (tried.family != "unauthorised"))
        .group_by("job_id")
        .agg(last_good=lambda t: t["at"].max())
    )
    bad = tried.filter(tried.kind == "negative", tried.family == "unauthorised").left_join(
        good, "job_id"
    )
    since = (
        bad.filter((bad["at"] > bad.last_good).fill_null(True))
        .group_by("job_id")
        .agg(since=lambda t: t["at"].min(), objects=lambda t: t.object_id.nunique())
        .filter(lambda t: t.objects >= REFUSALS)
        .order_by("job_id")
    )
    rows = evidence.engine.fetch(since).to_pylist()
    return [(row["job_id"], row["since"]) for row in rows if row["job_id"] is not None]


def _expired_tokens(
    evidence: Evidence, context: Context, behind: str, *, already: bool
) -> list[dict[str, Any]]:
    if already:
        return []
    now = context.moment.seen_at
    job_ids = [job["job_id"] for job in _jobs(evidence)]
    return [
        _row(
            job_ids[0] if len(job_ids) == 1 else str(row["strategy_id"]),
            "credential_expiry",
            f"The provisioning token in the target's settings expired at"
            f" {row['token_expires']:%Y-%m-%d %H:%M} UTC.{behind}",
            since=row["token_expires"],
        )
        for row in evidence.rows("strategies").to_pylist()
        if row["enabled"] is not False
        and row["token_expires"] is not None
        and row["token_expires"] <= now
    ]
