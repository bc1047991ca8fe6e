"""Worklists: a plan parted by who has to act, in columns that ticket systems import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from scimlytics.planning.plan import Plan

TICKET = (
    "Summary",
    "Description",
    "Priority",
    "Labels",
    "Due date",
    "Assignee",
    "External ID",
    "Blocked by",
)
"""Columns of a worklist. Jira's CSV import and ServiceNow's import sets map them by their names."""
PRIORITIES = {"critical": "Highest", "high": "High", "medium": "Medium", "low": "Low"}
KEYS = ("subject", "source_id", "group_source_id", "group", "remedy")
NOBODY = "nobody"


def worklists(
    plan: Plan, findings: pd.DataFrame, owners: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Part a plan by who has to act.

    Parameters
    ----------
    plan
        What :func:`scimlytics.plan` made.
    findings
        The FINDINGS it was made of.
    owners
        One's own frame: ``owner`` and at least one of the keys ``subject``, ``source_id``,
        ``group_source_id``, ``group`` (its name), ``remedy``. The first row whose keys all agree
        with a finding of the step names its owner; an empty key agrees with everything. Without
        it the group is the owner, so that there is a list per group.

    Returns
    -------
    dict
        Owner → a row per step in the columns of ``TICKET``. Steps of nobody are under ``nobody``.

    Raises
    ------
    InputError
        *owners* lacks ``owner`` or holds none of the keys.
    """
    import pandas as pd

    known = _owners(owners)
    by_id = {row["finding_id"]: row for row in findings.to_dict(orient="records")}
    lists: dict[str, list[dict[str, Any]]] = {}
    for step in plan.rows:
        rows = [by_id[name] for name in step["finding_ids"] if name in by_id]
        owner = _owner(rows, step, known)
        lists.setdefault(owner, []).append(_ticket(step, rows, owner))
    return {
        owner: pd.DataFrame(rows, columns=list(TICKET)) for owner, rows in sorted(lists.items())
    }


def _owners(owners: pd.DataFrame | None) -> list[dict[str, str]] | None:
    if owners is None:
        return None
    keys = [name for name in KEYS if name in owners.columns]
    if "owner" not in owners.columns or not keys:
        raise InputError(f"owners: needs a column owner and at least one of {', '.join(KEYS)}.")
    rows = owners[["owner", *keys]].astype("str").fillna("").to_dict(orient="records")
    return [{str(name): str(value).strip() for name, value in row.items()} for row in rows]


def _owner(
    rows: list[dict[str, Any]], step: dict[str, Any], known: list[dict[str, str]] | None
) -> str:
    if known is None:
        groups = sorted({_group(row) for row in rows} - {""})
        return groups[0] if len(groups) == 1 else NOBODY
    for one in known:
        for row in rows:
            facts = {**row, "group": _group(row), "remedy": step["remedy"]}
            if all(
                not one[name] or one[name].casefold() == str(facts[name] or "").casefold()
                for name in one
                if name != "owner"
            ):
                return one["owner"] or NOBODY
    return NOBODY


def _group(row: dict[str, Any]) -> str:
    if row["object_type"] == "group":
        return str(row["subject"])
    return str(row["subject"] or "").partition(" → ")[2]


def _ticket(step: dict[str, Any], rows: list[dict[str, Any]], owner: str) -> dict[str, Any]:
    worst = next(
        (word for word in PRIORITIES if any(row["severity"] == word for row in rows)), "low"
    )
    details = list(dict.fromkeys(str(row["detail"]) for row in rows))
    lines = [step["act"], "", *details, "", f"Touches: {step['affects']}"]
    if step["wont_fix"]:
        lines.append(f"Does not repair: {step['wont_fix']}")
    lines.append(f"Look again at {step['look_again_at']:%Y-%m-%d %H:%M} UTC.")
    return {
        "Summary": step["act"][:255],
        "Description": "\n".join(lines),
        "Priority": PRIORITIES[worst],
        "Labels": " ".join(sorted({"scimlytics", step["remedy"]})),
        "Due date": f"{step['look_again_at']:%Y-%m-%d}",
        "Assignee": "" if owner == NOBODY else owner,
        "External ID": " ".join(step["finding_ids"]),
        "Blocked by": " ".join(str(one) for one in step["after"]),
    }
