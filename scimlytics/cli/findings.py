"""Findings and their evidence as plain JSON values, in the one order that all formats keep.

The same evidence gives the same bytes: rows are sorted by severity, check, subject and id, text by
code point, and nothing depends on the clock or on the machine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scimlytics.cli.streams import visible
from scimlytics.tables import FINDINGS
from scimlytics.vocabulary import SEVERITIES

if TYPE_CHECKING:
    from scimlytics.evidence import Evidence

VERSION = 1
"""Of the JSON object, the columns and the words; within it they are only added to."""
Finding = dict[str, Any]
RANK = {word: place for place, word in enumerate(SEVERITIES)}


def plain(findings: Any) -> list[Finding]:
    """Findings as dictionaries of plain values, sorted.

    Parameters
    ----------
    findings
        The table ``FINDINGS`` or a DataFrame of it.
    """
    rows = FINDINGS.conform(findings).to_pylist()
    return sorted((plain_value(row) for row in rows), key=order)


def order(finding: Finding) -> tuple[int, str, str, str]:
    """Critical first, then by check, subject and id; by code point, nothing before something."""
    return (
        RANK[finding["severity"]],
        finding["check"] or "",
        finding["subject"] or "",
        finding["finding_id"] or "",
    )


def described(evidence: Evidence) -> dict[str, Any]:
    """What the findings are about: name, moment, the two snapshots and the logs."""
    log = [
        {
            "product": row["product"],
            "job": row["job_id"],
            "from": row["from"],
            "to": row["to"],
            "events": row["events"],
        }
        for row in evidence.rows("coverage").to_pylist()
    ]
    about = {
        "name": evidence.name,
        "as_of": evidence.as_of,
        **{side: _side(evidence, side) for side in ("source", "target")},
        "log": sorted(log, key=lambda row: (row["product"] or "", row["job"] or "")),
    }
    return dict(plain_value(about))


def document(
    evidence: dict[str, Any],
    findings: Sequence[Finding],
    gone: Mapping[str, Sequence[Finding]] | None = None,
) -> str:
    """The JSON object: version, evidence and findings; with a history also what is gone."""
    made = {"version": VERSION, "evidence": evidence, "findings": list(findings)}
    return dumps({**made, **(gone or {})})


def dumps(value: Any) -> str:
    """JSON as people read it; characters that are not to be seen are escaped, as JSON allows."""
    text = json.dumps(plain_value(value), ensure_ascii=False, indent=2, allow_nan=False)
    return "\n".join(visible(line) for line in text.split("\n")) + "\n"


def iso(moment: datetime) -> str:
    """A time in ISO 8601, in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _side(evidence: Evidence, side: str) -> dict[str, Any]:
    shown = evidence.source if side == "source" else evidence.target
    complete = {one.collection: one.grade for one in evidence.grades.values() if one.side == side}
    return {"system": shown.system, "taken_at": shown.taken_at, "complete": complete}


def plain_value(value: Any) -> Any:
    """A value as JSON has it: times as text, tuples as lists."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, dict):
        return {key: plain_value(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_value(one) for one in value]
    return value
