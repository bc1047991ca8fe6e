"""The plan: steps in order, what is refused and why, and what to weigh before a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError
from scimlytics.planning.acts import CALL, initial_cycle
from scimlytics.planning.choosing import choose
from scimlytics.planning.circumstances import VALID, Circumstances, circumstances_of, fingerprint
from scimlytics.planning.steps import drafts_of, numbered, ordered

if TYPE_CHECKING:
    import pandas as pd

    from scimlytics.evidence import Evidence

VERSION = 1
WARN_PERCENT, WARN_COUNT = 5, 25
"""More than so many people or objects deserve a second look before anybody begins."""
COLUMNS = (
    "step",
    "rung",
    "remedy",
    "act",
    "finding_ids",
    "subjects",
    "members",
    "affects",
    "wont_fix",
    "takes",
    "after",
    "look_again_at",
    "request",
)


@dataclass(frozen=True)
class Plan:
    """What to do, in order. It sends nothing: a person, or their own tool, carries it out."""

    rows: tuple[dict[str, Any], ...]
    refusals: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    cards: dict[str, Any]
    """``on_demand``, ``restart``, ``restart_full`` side by side, and ``nothing``: what comes of waiting."""
    evidence: str
    """A hash of the snapshots that it rests on."""
    expires: datetime

    @property
    def steps(self) -> pd.DataFrame:
        """The steps in order, a row each.

        ``step`` (from 1), ``rung``, ``remedy``, ``act`` (a sentence), ``finding_ids``, ``subjects``,
        ``members`` (ids, at most five), ``affects``, ``wont_fix``, ``takes`` (Timedelta), ``after``
        (numbers of steps), ``look_again_at`` (UTC), ``request`` (method, url and body, where the
        provider has one).
        """
        import pandas as pd

        made = pd.DataFrame(list(self.rows), columns=list(COLUMNS))
        return made.astype({"step": "int64", "rung": "int64"})

    @property
    def refused(self) -> pd.DataFrame:
        """A row per finding that is not acted on: ``finding_id``, ``why``."""
        import pandas as pd

        return pd.DataFrame(list(self.refusals), columns=["finding_id", "why"], dtype="str")

    def document(self) -> dict[str, Any]:
        """The plan as plain JSON values, sealed: one changed byte and :func:`verify` refuses it."""
        steps = [
            {
                **row,
                "takes": duration(row["takes"]),
                "look_again_at": _iso(row["look_again_at"]),
            }
            for row in self.rows
        ]
        made = {
            "version": VERSION,
            "evidence": self.evidence,
            "expires": _iso(self.expires),
            "steps": steps,
            "refused": [{"finding_id": name, "why": why} for name, why in self.refusals],
            "warnings": list(self.warnings),
            "cards": self.cards,
        }
        return {**made, "seal": seal(made)}


def make(findings: Any, evidence: Evidence, valid: timedelta = VALID) -> Plan:
    """Make a plan of findings.

    Parameters
    ----------
    findings
        FINDINGS, as :func:`scimlytics.check` gives them; marks applied where there are any.
    evidence
        What they rest on.
    valid
        How long after the older snapshot the plan holds.

    Returns
    -------
    Plan
    """
    from scimlytics.tables import FINDINGS

    rows = FINDINGS.conform(findings).drop_columns(["evidence"]).to_pylist()
    return plan_of(rows, circumstances_of(evidence, valid))


def plan_of(findings: Sequence[Mapping[str, Any]], here: Circumstances) -> Plan:
    """Make a plan of rows of FINDINGS under given circumstances."""
    chosen, refused = choose(findings, here)
    steps = ordered(drafts_of(chosen, findings, here))
    rows = tuple(numbered(steps, here))
    return Plan(
        rows,
        tuple(refused),
        tuple(_warnings(rows, here)),
        _cards(findings, rows, here),
        here.evidence,
        here.expires,
    )


def verify(document: Mapping[str, Any], evidence: Evidence, name: str = "plan") -> None:
    """Refuse a plan that does not hold any more.

    Parameters
    ----------
    document
        What :meth:`Plan.document` made, read back.
    evidence
        The newest evidence.
    name
        What messages call the plan.

    Raises
    ------
    InputError
        It is no plan, of a newer version, was changed, has expired, or was made from other evidence.
    """
    again = "make a new one with `scimlytics plan`."
    if not isinstance(document, Mapping) or not {"version", "evidence", "seal"} <= set(document):
        raise InputError(f"{name}: is no plan; {again}")
    if document["version"] != VERSION:
        raise InputError(f"{name}: a plan of another version of scimlytics; {again}")
    body = {key: value for key, value in document.items() if key != "seal"}
    if seal(body) != document["seal"]:
        raise InputError(f"{name}: was changed after it was made; {again}")
    expires = datetime.fromisoformat(document["expires"])
    if evidence.as_of > expires:
        raise InputError(f"{name}: expired at {document['expires']}; {again}")
    if fingerprint(evidence) != document["evidence"]:
        raise InputError(f"{name}: made from other evidence than this; {again}")


def seal(body: Mapping[str, Any]) -> str:
    """A hash of everything else in the document."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def duration(length: timedelta) -> str:
    """A length of time in ISO 8601: PT40M, PT2S, P1DT6H."""
    seconds = round(length.total_seconds())
    days, seconds = divmod(seconds, 86_400)
    hours, seconds = divmod(seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = [(hours, "H"), (minutes, "M"), (seconds, "S")]
    clock = "".join(f"{count}{unit}" for count, unit in parts if count)
    text = "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return text if text != "P" else "PT0S"


def _warnings(rows: Sequence[Mapping[str, Any]], here: Circumstances) -> list[str]:
    touched = {subject for row in rows if row["remedy"] != "wait" for subject in row["subjects"]}
    if len(touched) <= WARN_COUNT and len(touched) * 100 <= WARN_PERCENT * max(here.people, 1):
        return []
    return [
        f"The plan touches {len(touched):,} people, groups and memberships, of {here.people:,}"
        f" people in scope: more than {WARN_COUNT} or {WARN_PERCENT} %. Look for one cause before"
        " you begin."
    ]


def _cards(
    findings: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], here: Circumstances
) -> dict[str, Any]:
    """What there is to weigh: on demand, or a restart, or nothing at all."""
    open_ones = [
        row
        for row in findings
        if row["severity"] != "info"
        and row["status"] != "suppressed"
        and row["certainty"] in ("confirmed", "likely")
    ]
    calls = [row for row in rows if row["remedy"] == "provision_on_demand"]
    least, most = initial_cycle(here)
    waiting = [row for row in findings if row["heals"] == "yes" and row["heals_by"] is not None]
    disables = [
        row
        for row in findings
        if row["situation"] == "orphaned" and row["heals"] == "yes" and row["severity"] == "info"
    ]

    def would(remedy: str) -> int:
        return sum(remedy in row["remedies"] for row in open_ones)

    restart = {
        "touches": f"{here.people:,} people and {here.groups:,} groups",
        "takes_least": duration(least),
        "takes_most": duration(most),
        "strands_disables": len(disables),
        "drops_retries": len(waiting),
    }
    by_itself = [row for row in open_ones if row["heals"] == "yes"]
    last = max((row["heals_by"] for row in by_itself if row["heals_by"]), default=None)
    return {
        "on_demand": {
            "calls": len(calls),
            "takes": duration(len(calls) * CALL),
            "repairs": sum(len(row["finding_ids"]) for row in calls),
        },
        "restart": {**restart, "repairs": would("restart_job")},
        "restart_full": {
            **restart,
            "repairs": would("restart_job_full") + would("restart_job"),
            "breaks": "every link is made again; pending events may be dropped",
        },
        "nothing": {
            "heal_by_themselves": len(by_itself),
            "last_of_them": None if last is None else _iso(last),
            "never_heal": sum(row["heals"] == "no" for row in open_ones),
            "after_a_fix": sum(row["heals"] == "after_fix" for row in open_ones),
        },
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
