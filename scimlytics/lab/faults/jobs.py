"""Jobs that stand still, and settings that say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from scimlytics.lab.faults.failing import FOREVER
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import Stage
from scimlytics.lab.target import Answer, Refusal
from scimlytics.lab.world import AS_OF, stamp

STANDSTILL = ("quarantine", "paused", "silence", "credential_expiry")
"""Causes that stop the whole job: planted alone, or with leavers, never among others."""
CALM = 0.78
"""Before a job stops."""
REFUSED = Answer(401, None, None, "The token has expired.")


def _waiting(stage: Stage, since: datetime) -> None:
    """People who were assigned when nothing moved any more: they only wait for the job."""
    for _ in range(3):
        person = stage.newcomer()
        at = stage.world.between(since + timedelta(hours=1), AS_OF - timedelta(hours=5))
        stage.at(at, partial(stage.directory.assign, person))
        stage.fault("incremental_blind_spot", person, account=None, note="waits", near=True)


def _stopped(stage: Stage, cause: str, at: datetime) -> None:
    stage.provider.job.stopped = at
    stage.fault(cause, object_type="job", account=None, subject=stage.provider.job.id, at=at)


@plants("quarantine", people=3, sources=("entra",))
def quarantined(stage: Stage, turn: int) -> None:
    """The job went into quarantine because the target's answers could not be read."""
    if turn:
        return
    at = stage.when(0.8, 0.9)
    stage.calm = CALM
    job = stage.provider.job
    job.code = "Quarantine"
    job.error = (
        "SystemForCrossDomainIdentityManagementServiceIncompatible",
        "A page came where JSON was expected",
    )
    job.quarantine = {
        "reason": "EncounteredQuarantineException",
        "began": stamp(at),
        "next": stamp(AS_OF + timedelta(hours=20)),
    }
    _stopped(stage, "quarantine", at)
    _waiting(stage, at)


@plants("paused", people=3, sources=("entra",))
def paused(stage: Stage, turn: int) -> None:
    """Somebody paused the job."""
    if turn:
        return
    at = stage.when(0.8, 0.9)
    stage.calm = CALM
    stage.provider.job.state = stage.provider.job.code = "Paused"
    _stopped(stage, "paused", at)
    _waiting(stage, at)


@plants("silence", people=0, sources=("entra",))
def silent(stage: Stage, turn: int) -> None:
    """The job says that it is active, and has not run for days."""
    if turn:
        return
    at = stage.when(0.85, 0.9)
    stage.calm = CALM
    _stopped(stage, "silence", at)


@plants("credential_expiry", people=3, sources=("entra",))
def expired(stage: Stage, turn: int) -> None:
    """The token expired: each attempt since is refused."""
    if turn:
        return
    at = stage.when(0.8, 0.88)
    stage.calm = CALM
    stage.target.token_expires = at
    stage.target.refusals.append(Refusal(None, at, FOREVER, REFUSED))
    stage.fault(
        "credential_expiry", object_type="job", account=None, subject=stage.provider.job.id, at=at
    )
    _waiting(stage, at)


@plants("escrows_pruned", people=0, sources=("entra",))
def pruned(stage: Stage, turn: int) -> None:
    """The job threw its waiting retries away."""
    if turn == 0:
        stage.provider.job.pruned = True
        stage.fault(
            "escrows_pruned", object_type="job", account=None, subject=stage.provider.job.id
        )


@mirrors("quarantine", sources=("entra",))
def other_job_paused(stage: Stage) -> None:
    """The inbound job of the HR system is paused; it is another job."""
    stage.hr_paused = True
