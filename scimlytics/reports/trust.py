"""What can be concluded from an evidence, and what cannot, in words."""

from __future__ import annotations

from typing import Any

ANSWERS = {
    ("source", "users"): "which accounts belong to nobody",
    ("source", "groups"): "which groups only the target has",
    ("source", "memberships"): "which memberships only the target has",
    ("source", "assignments"): "who is meant to be provisioned",
    ("target", "users"): "which users are missing or were deleted",
    ("target", "groups"): "which groups are missing",
    ("target", "memberships"): "which memberships are missing",
}
"""The question that a complete collection answers, and an incomplete one leaves open."""
WORD = " by whoever exported it"
"""What goes without saying of a declaration."""


def trust(evidence: Any) -> dict[str, Any]:
    """Put completeness, coverage and the clocks of an evidence into sentences.

    Parameters
    ----------
    evidence
        An ``Evidence``.

    Returns
    -------
    dict
        ``name``, ``as_of``, ``trusted`` (sentences), ``cannot`` (``what`` and ``why``), ``clocks``
        (``label``, ``from``, ``to``) and ``apart`` (a sentence where the sides are far apart).
    """
    trusted, cannot = [], []
    for row in evidence.completeness.to_dict("records"):
        side, collection = row["side"], row["collection"]
        answer = ANSWERS.get((side, collection))
        if answer is None:
            continue
        if row["grade"] == "complete":
            what = f"{row['rows']:,} {side} {collection if row['rows'] != 1 else collection[:-1]}"
            trusted.append(f"{answer} ({what}, {row['why'].removesuffix(WORD)})")
        else:
            cannot.append({"what": answer, "why": f"{row['why']} ({side} {collection})"})
    windows = _windows(evidence)
    for row in windows:
        span = f"{_day(row['from'])} to {_day(row['to'])}"
        whose = row["product"] or "an unknown product"
        trusted.append(f"what the log of {whose} claims, {span} ({row['events']:,} events)")
    if windows:
        first = min(row["from"] for row in windows)
        cannot.append(
            {"what": f"what happened before {_day(first)}", "why": "the log begins there"}
        )
    else:
        cannot.append({"what": "why and since when anything differs", "why": "there is no log"})
    return {
        "name": evidence.name,
        "as_of": _iso(evidence.as_of),
        "trusted": trusted,
        "cannot": cannot,
        "clocks": _clocks(evidence, windows),
        "apart": _apart(evidence),
    }


def _windows(evidence: Any) -> list[dict[str, Any]]:
    """What the logs cover; the jobs of one export, which cover the same time, are told as one."""
    counted: dict[tuple[Any, Any, Any], int] = {}
    for row in evidence.coverage.to_dict("records"):
        key = (row["product"], row["from"], row["to"])
        counted[key] = counted.get(key, 0) + row["events"]
    return [
        {"product": product, "from": begin, "to": end, "events": events}
        for (product, begin, end), events in counted.items()
    ]


def _clocks(evidence: Any, windows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    clocks = [
        {"label": f"{role} ({side.system or 'unknown'})", "from": None, "to": _iso(side.taken_at)}
        for role, side in (("Source", evidence.source), ("Target", evidence.target))
    ]
    return clocks + [
        {
            "label": f"Log ({row['product'] or 'unknown'})",
            "from": _iso(row["from"]),
            "to": _iso(row["to"]),
        }
        for row in windows
    ]


def _apart(evidence: Any) -> str:
    source, target = evidence.source.taken_at, evidence.target.taken_at
    if source is None or target is None:
        return ""
    minutes = abs((source - target).total_seconds()) / 60
    cycle = evidence.profile.cycle.total_seconds() / 60 or 60
    if minutes <= cycle:
        return ""
    return (
        f"Source and target were taken {minutes:,.0f} minutes apart, more than one cycle"
        f" ({cycle:,.0f} minutes): changes in between look like drift."
    )


def _iso(moment: Any) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _day(moment: Any) -> str:
    return f"{moment:%d %b %Y %H:%M}"
