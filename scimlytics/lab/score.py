"""How well findings meet a truth: recall, precision, right causes, and what must not be reported.

Counted are findings above ``info`` at ``confirmed`` or ``likely``. Pairs are one to one, pairs with
equal cause first (DESIGN, 5.5). Findings on the evidence itself stand outside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

IDS = ("source_id", "target_id", "group_source_id", "group_target_id")
Row = Mapping[str, Any]
ROUNDED = timedelta(seconds=1)
"""Exports keep times to the second, the answer sheet to the microsecond."""


def score(findings: Iterable[Row], truth: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the findings of a check with what was planted.

    Parameters
    ----------
    findings
        Rows as in the JSON of ``check``.
    truth
        The object in ``truth.json``.

    Returns
    -------
    dict
        ``recall``, ``precision``, ``cause_accuracy``, ``near_miss_violations``, ``per_cause`` (cause →
        planted, found, cause_right), ``missed``, ``wrong_cause``, ``false``. A rate of nothing is 1.
    """
    faults = list(truth["faults"])
    counted = [row for row in findings if counts(row)]
    pairs = pair(counted, faults)
    right = [(f, t) for f, t in pairs if counted[f]["cause"] == faults[t]["cause"]]
    paired, met = {f for f, _ in pairs}, {t for _, t in pairs}
    violations = [
        {"finding": row, "near_miss": miss}
        for index, row in enumerate(counted)
        for miss in truth.get("near_misses", ())
        if index not in paired and meets(row, miss)
    ]
    per_cause: dict[str, dict[str, int]] = {}
    for index, fault in enumerate(faults):
        line = per_cause.setdefault(fault["cause"], {"planted": 0, "found": 0, "cause_right": 0})
        line["planted"] += 1
        line["found"] += index in met
        line["cause_right"] += any(t == index for _, t in right)
    judged = [i for i, row in enumerate(counted) if row["object_type"] != "evidence"]
    return {
        "recall": _rate(len(met), len(faults)),
        "precision": _rate(sum(i in paired for i in judged), len(judged)),
        "cause_accuracy": _rate(len(right), len(pairs)),
        "near_miss_violations": len(violations),
        "per_cause": dict(sorted(per_cause.items())),
        "missed": [faults[t] for t in range(len(faults)) if t not in met],
        "wrong_cause": [
            {"finding": counted[f], "fault": faults[t]} for f, t in pairs if (f, t) not in right
        ],
        "false": [counted[i] for i in judged if i not in paired],
    }


def counts(finding: Row) -> bool:
    """Whether a finding counts: above info, and confirmed or likely."""
    return finding["severity"] != "info" and finding["certainty"] in ("confirmed", "likely")


def pair(findings: list[Row], faults: list[Row]) -> list[tuple[int, int]]:
    """Pair findings and faults one to one, as many as possible, equal causes first."""
    near = [[t for t, fault in enumerate(faults) if meets(row, fault)] for row in findings]
    equal = [
        [t for t in options if faults[t]["cause"] == findings[f]["cause"]]
        for f, options in enumerate(near)
    ]
    taken: dict[int, int] = {}
    _match(equal, taken)
    fixed = set(taken.values())
    rest = [
        [] if f in fixed else [t for t in options if t not in taken]
        for f, options in enumerate(near)
    ]
    more: dict[int, int] = {}
    _match(rest, more)
    return sorted((f, t) for t, f in (taken | more).items())


def _match(options: list[list[int]], taken: dict[int, int]) -> None:
    """Largest matching by augmenting paths; *taken* maps fault → finding."""
    for finding in range(len(options)):
        _place(finding, options, taken, set())


def _place(finding: int, options: list[list[int]], taken: dict[int, int], seen: set[int]) -> bool:
    for fault in options[finding]:
        if fault in seen:
            continue
        seen.add(fault)
        if fault not in taken or _place(taken[fault], options, taken, seen):
            taken[fault] = finding
            return True
    return False


def meets(finding: Row, fault: Row) -> bool:
    """Whether a finding speaks of what was planted."""
    kind = finding["object_type"]
    if kind != fault["object_type"]:
        return False
    if kind == "cycle":
        return _overlap(finding, fault)
    if kind in ("mapping", "scope", "job", "evidence"):
        return bool(finding["subject"] == fault["subject"])
    if kind == "user" and fault["cause"] == "shared_key":
        return _agree(finding, fault, ("target_id",)) or _persons(finding) == _persons(fault)
    if kind == "user" and finding.get("situation") == "duplicated" and fault.get("other_ids"):
        return _accounts(finding) == _accounts(fault)
    if kind == "membership":
        user = _agree(finding, fault, IDS[:2])
        group = _agree(finding, fault, IDS[2:])
        return user and group
    return _agree(finding, fault, IDS[:2])


def _agree(finding: Row, fault: Row, names: Iterable[str]) -> bool:
    """Every id that both carry is equal, and there is one."""
    both = [(finding.get(n), fault.get(n)) for n in names if finding.get(n) and fault.get(n)]
    return bool(both) and all(str(one) == str(other) for one, other in both)


def _accounts(row: Row) -> set[str]:
    return {str(one) for one in [row.get("target_id"), *(row.get("other_ids") or ())] if one}


def _persons(row: Row) -> set[str]:
    return {str(one) for one in [row.get("source_id"), *(row.get("other_ids") or ())] if one}


def _overlap(finding: Row, fault: Row) -> bool:
    begin, end = _time(finding.get("since")), _time(finding.get("until"))
    first, last = _time(fault.get("at")), _time(fault.get("until"))
    if first is None:
        return False
    first, last = first - ROUNDED, (last or first) + ROUNDED
    return (begin is None or begin <= last) and (end is None or end >= first)


def _time(value: Any) -> datetime | None:
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value if isinstance(value, datetime) else None


def _rate(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
