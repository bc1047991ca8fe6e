"""From what is decided to findings: severity, remedies, healing, a stable id.

Severity is a function of cause, situation, certainty and of what differs; it is published in the
docs and stands in this file alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from scimlytics.tables import FINDINGS
from scimlytics.vocabulary import CAUSES, FAMILIES, REMEDY_NEEDS, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

LEVELS = list(SEVERITIES)
WAITING = (
    "incremental_blind_spot",
    "provider_delay",
    "rename_lag",
    "attribute_drift",
    "unknown",
    "throttled",
    "transient_error",
    "unauthorised",
    "target_incompatible",
    "reference_unresolved",
)
"""Causes of objects that only wait for a job which stands still."""
OF_THE_JOB = ("unauthorised", "target_incompatible")
"""Failures that a job which stands still shares with its objects, since whenever they fail."""
ALWAYS_INFO = ("not_yet",)
FALLBACK = {"user": "touch_user", "group": "touch_group", "membership": "readd_member"}
"""What to do where the provider does not offer the remedy of choice."""


@dataclass(frozen=True)
class Standstill:
    """A job that stands still, and until when it worked; None: it never did."""

    worked_until: datetime | None

    def waits(self, cause: str, situation: str | None, since: datetime | None) -> bool:
        """Whether an object only waits for the job.

        What differs since before the last cycles that worked would not have been mended by more of
        them; it is a finding of its own.
        """
        if cause not in WAITING or situation == "orphaned":
            return False
        if cause in OF_THE_JOB or self.worked_until is None or since is None:
            return True
        return since > self.worked_until


@dataclass(frozen=True)
class Setting:
    """What of the evidence bears on severity and remedies."""

    seen_at: datetime
    cycle: timedelta
    capabilities: frozenset[str]
    retries: str
    """When the provider tries again by itself, as in the profile."""
    standstill: Standstill | None
    """A job that these objects wait for is quarantined, paused or refused."""


def assemble(decided: pa.Table, setting: Setting) -> pa.Table:
    """Make findings of what is decided.

    Parameters
    ----------
    decided
        DECIDED.
    setting
        What of the evidence bears on severity and remedies.

    Returns
    -------
    FINDINGS
        Sorted by severity (critical first), check, subject and id.
    """
    import pyarrow as pa

    columns: dict[str, list[Any]] = {name: [] for name in FINDINGS.columns if name != "evidence"}
    for row in decided.drop_columns(["cited"]).to_pylist():
        for name, value in _finding(row, setting).items():
            columns[name].append(value)
    made = pa.table(
        {
            name: pa.array(values, FINDINGS.schema.field(name).type)
            for name, values in columns.items()
        }
    ).append_column("evidence", decided.column("cited"))
    return FINDINGS.conform(in_order(made))


def in_order(findings: pa.Table) -> pa.Table:
    """Sort findings: severity from critical down, check, subject, id; null as empty."""
    import pyarrow as pa

    rows = findings.select(["severity", "check", "subject", "finding_id"]).to_pylist()
    order = sorted(
        range(len(rows)),
        key=lambda place: (
            LEVELS.index(rows[place]["severity"]),
            rows[place]["check"],
            rows[place]["subject"] or "",
            rows[place]["finding_id"],
        ),
    )
    return findings.take(pa.array(order, pa.int64()))


def severity(row: Mapping[str, Any], base: str, heals: str, setting: Setting) -> str:
    """How bad a finding is (DESIGN 5.6, "Severity").

    Parameters
    ----------
    row
        A row of DECIDED.
    base
        The severity of its cause in CAUSES, or what the check itself decided.
    heals
        Whether it heals.
    setting
        What of the evidence bears on it.
    """
    word = base
    if (
        row["situation"] == "stale"
        and row["object_type"] == "user"
        and row["attribute"] is not None
        and not row["login_key"]
        and LEVELS.index(word) < LEVELS.index("low")
    ):
        word = "low"
    soon = row["heals_by"] is not None and row["heals_by"] <= setting.seen_at + 2 * setting.cycle
    if heals == "yes" and row["object_type"] in FALLBACK and soon:
        word = "info"
    still = setting.standstill
    if still is not None and still.waits(row["cause"], row["situation"], row["since"]):
        word = "info"
    if row["certainty"] in ("suspected", "undecidable"):
        word = LEVELS[max(LEVELS.index(word), LEVELS.index("medium"))]
    return word


def remedies(
    remedies: tuple[str, ...], object_type: str, capabilities: frozenset[str]
) -> list[str]:
    """The remedies this provider offers, in order; never a button it does not have."""
    offered = [name for name in remedies if offers(capabilities, name, object_type)]
    if "provision_on_demand" in remedies and "provision_on_demand" not in offered:
        other = FALLBACK.get(object_type)
        if other is not None and other not in offered:
            offered.insert(remedies.index("provision_on_demand"), other)
    return offered or ["manual_edit"]


def offers(capabilities: frozenset[str], remedy: str, object_type: str) -> bool:
    """Whether a provider can do this for an object of that kind."""
    needs = REMEDY_NEEDS.get(remedy)
    if remedy == "provision_on_demand":
        needs = ("on_demand_user",) if object_type == "user" else ("on_demand_group",)
    return needs is None or bool(capabilities & set(needs))


def left_alone(cause: str, object_type: str, retries: str) -> bool:
    """Whether a refused object waits for a person: the provider does not try it again by itself.

    Parameters
    ----------
    cause, object_type
        Of the finding.
    retries
        When the provider tries again, as in the profile.
    """
    if cause not in FAMILIES or object_type not in FALLBACK:
        return False
    return retries == "none" or (retries == "retry-after" and cause != "throttled")


def _finding(row: dict[str, Any], setting: Setting) -> dict[str, Any]:
    follows = CAUSES[row["object_type"], row["situation"], row["cause"]]
    check = follows.check
    stale = row["situation"] == "stale" and row["object_type"] == "user"
    if stale and check == "rename_lag" and row["login_key"] is False:
        check = "attribute_drift"
    listed, heals = follows.remedies, follows.heals
    if left_alone(row["cause"], row["object_type"], setting.retries):
        again = (*listed, "provision_on_demand")
        listed = tuple(dict.fromkeys(name for name in again if name != "wait"))
        heals = "no" if heals == "yes" else heals
    acts = remedies(listed, row["object_type"], setting.capabilities)
    others = sorted(set((row["alternatives"] or "").split()) - {row["cause"]})
    return {
        "finding_id": finding_id(row),
        "check": check,
        "severity": severity(row, row["severity"] or follows.severity, heals, setting),
        "certainty": row["certainty"],
        "situation": row["situation"],
        "cause": row["cause"],
        "object_type": row["object_type"],
        "subject": row["subject"],
        "source_id": row["source_id"],
        "target_id": row["target_id"],
        "group_source_id": row["group_source_id"],
        "group_target_id": row["group_target_id"],
        "other_ids": sorted(row["listed_ids"] or []),
        "attribute": row["attribute"],
        "since": row["since"],
        "until": row["until"],
        "detail": row["detail"],
        "alternatives": others,
        "status": None,
        "first_seen": None,
        "former_cause": None,
        "remedy": acts[0],
        "remedies": acts,
        "heals": heals,
        "heals_by": row["heals_by"],
    }


def finding_id(row: Mapping[str, Any]) -> str:
    """The id by which a finding is known over runs (DESIGN 5.3).

    A hash of object type, situation and key. The key is the sorted ids, with the attribute where
    one differs; the subject where there are no ids; for a duplicate the person, else the survivor.
    """
    if row["situation"] == "duplicated":
        ids = [row["source_id"] or row["target_id"]]
    else:
        ids = [
            row[name] for name in ("source_id", "target_id", "group_source_id", "group_target_id")
        ]
    key = sorted(one for one in ids if one) or [row["subject"] or ""]
    if row["object_type"] == "cycle":
        key = [row["subject"] or ""]
    if row["attribute"]:
        key.append(row["attribute"])
    text = "\x1f".join([row["object_type"], row["situation"] or "", *key])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
