"""Runs as tables that people read: what has moved, and a calendar."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.history.runs import place_of, runs

if TYPE_CHECKING:
    import pandas as pd

OPEN = ("critical", "high", "medium", "low")


def calendar(evidence_path: str | Path, history: str | Path | None = None) -> pd.DataFrame:
    """The runs of an evidence, for a calendar.

    Parameters
    ----------
    evidence_path
        The evidence; a store keeps its own history.
    history
        The folder with the runs, where it is another.

    Returns
    -------
    DataFrame
        What :func:`runs` returns, with ``open`` (above info, not accepted by a mark); oldest first.
        Empty where there is no history.
    """
    place = place_of(Path(evidence_path), Path(history) if history else None)
    made = runs(place if place is not None else Path(evidence_path) / ".no-history")
    return made.assign(open=made[list(OPEN)].sum(axis="columns").astype("int64"))


def figures(findings: pd.DataFrame, resolved: pd.DataFrame, held: pd.DataFrame) -> pd.DataFrame:
    """The key figures since the run before: ``label``, ``value``, ``note``.

    Parameters
    ----------
    findings
        FINDINGS with their status.
    resolved
        FINDINGS that are no more.
    held
        What :func:`calendar` returns.
    """
    import pandas as pd

    status = findings["status"]
    known = "of the runs so far" if len(held) else "there is no history; give one to see it grow"
    rows = [
        ("New", int((status == "new").sum()), "not there in the run before"),
        ("Persisting", int((status == "persisting").sum()), "there before"),
        ("With another cause", int(findings["former_cause"].notna().sum()), "of those"),
        ("Resolved", len(resolved), "shown to be no more"),
        ("Accepted", int((status == "suppressed").sum()), "held by a mark"),
        ("Runs", len(held), known),
    ]
    return pd.DataFrame(rows, columns=["label", "value", "note"])


def moved(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings by check and by what has become of them: ``check``, ``status``, ``findings``."""
    known = findings.assign(status=findings["status"].fillna("no history"))
    counted = known.groupby(["check", "status"], as_index=False).size()
    return counted.rename(columns={"size": "findings"})
