"""The explanation: the sides, the timeline, the findings, what would falsify them, when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from scimlytics.checks import run
from scimlytics.diagnose import RULES
from scimlytics.explanation.sides import Sides, sides
from scimlytics.explanation.subject import Subject, resolve
from scimlytics.explanation.timeline import Line, timeline

if TYPE_CHECKING:
    from scimlytics.evidence import Evidence

BEHIND = ("quarantine", "paused", "silence", "credential_expiry")
"""Causes of a whole job that stand behind whatever happens to its objects."""
FALSIFIED_BY = {
    "target_users": "the export of the target's users left the account out",
    "target_groups": "the export of the target's groups left it out",
    "source_users": "the export of the source's users left the person out",
    "source_groups": "the export of the source's groups left it out",
    "wanted_certainty": "the person is not meant to have an account",
    "link_certainty": "the account is somebody else's",
    "changed_age": "the change is younger than the evidence shows",
    "changed_covered": "a part of the log since the change is missing",
    "created_covered": "a part of the log since the account was made is missing",
    "trace_covered": "a part of the log since the account was last seen is missing",
    "wanted_covered": "a part of the log since the person came into scope is missing",
    "twin_certainty": "a part of the log since the second account was made is missing",
    "source_presence": "the person is in the directory after all",
    "unwanted_certainty": "an assignment was left out of the export",
    "edge_certainty": "the export of the group's members in the target left one out",
    "source_edge_certainty": "the export of the group's members at the source left one out",
}
"""What a rule rests on, turned round."""


@dataclass(frozen=True)
class Explanation:
    """All there is to say about one subject."""

    subject: Subject
    sides: Sides
    timeline: list[Line]
    findings: list[dict[str, Any]]
    would_be_false_if: str | None
    """What would have to be so for the findings to be wrong; None where nothing was found."""
    look_again_at: datetime | None
    """When the provider will have had its time; None where nothing was found."""


def explain(evidence: Evidence, subject: str, group: str | None = None) -> Explanation:
    """Explain what the evidence says about one person, group or membership.

    Parameters
    ----------
    evidence
        What is known.
    subject, group
        Who is meant; see :func:`resolve`.

    Raises
    ------
    InputError
        Nobody is called so, or several are.
    """
    meant = resolve(evidence, subject, group)
    found = [row for row in run(evidence).findings.to_pylist() if _concerns(row, meant)]
    own = [row for row in found if row["object_type"] in RULES]
    again = [row["heals_by"] for row in own if row["heals_by"] is not None]
    later = evidence.as_of + evidence.profile.grace
    return Explanation(
        meant,
        sides(evidence, meant),
        timeline(evidence, meant),
        found,
        _doubts(own),
        min(again) if again else later if own else None,
    )


def _concerns(finding: dict[str, Any], meant: Subject) -> bool:
    kind = finding["object_type"]
    if kind == "job":
        return finding["cause"] in BEHIND
    accounts = set(meant.account_ids)
    others = set(finding["other_ids"] or ())
    person = meant.has_person and (
        (meant.person_id is not None and finding["source_id"] == meant.person_id)
        or finding["target_id"] in accounts
        or bool(others & (accounts | {meant.person_id}))
    )
    if kind == "user":
        return person
    if kind == "group":
        return _is_group(finding["source_id"], finding["target_id"], meant)
    if kind != "membership":
        return False
    inside = _is_group(finding["group_source_id"], finding["group_target_id"], meant)
    if meant.has_person and meant.has_group:
        return person and inside
    return person or inside


def _is_group(source: str | None, target: str | None, meant: Subject) -> bool:
    return (meant.group_id is not None and source == meant.group_id) or (
        meant.target_group_id is not None and target == meant.target_group_id
    )


def _doubts(findings: Sequence[dict[str, Any]]) -> str | None:
    """What would have to be so for the causes that were named to be wrong."""
    reasons: dict[str, None] = {}
    for finding in findings:
        for rule in RULES[finding["object_type"]]:
            if rule.cause == finding["cause"]:
                reasons |= {FALSIFIED_BY[name]: None for name in rule.rests_on}
    if not findings:
        return None
    listed = list(reasons) or ["what it cites was not so"]
    return ", or ".join(listed)
