"""The evidence of a report and what was found in it: read and checked once, for all its pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.reports import session
from scimlytics.reports.show import moment

if TYPE_CHECKING:
    import pandas as pd

    from scimlytics.evidence import Evidence

_kept: dict[tuple[str | datetime | None, ...], tuple[Evidence, pd.DataFrame]] = {}


def ask(
    evidence_path: str | Path,
    *,
    as_of: str | None = None,
    marks: str | None = None,
    history: str | None = None,
) -> tuple[Evidence, pd.DataFrame]:
    """Read an evidence and check it: ``scim.read`` and ``scim.check`` in one.

    While a report is made, pages that ask for the same get the same; each gets a copy of the
    findings of its own. In a notebook that somebody works in, everything is read anew.

    Parameters
    ----------
    evidence_path
        The evidence.
    as_of
        "Now" as ISO 8601, where it is another moment than the evidence's newest.
    marks
        A file of accepted exceptions.
    history
        The folder with the runs so far; a store has its own. Nothing is written there.

    Returns
    -------
    tuple
        The ``Evidence`` and its FINDINGS; :func:`skipped` tells which checks were not asked,
        :func:`gone` what is resolved since the run before.
    """
    now = moment(as_of)
    key = (str(evidence_path), now, marks, history)
    if session.page() is None:
        return _ask(Path(evidence_path), now, marks, history)
    if key not in _kept:
        _kept[key] = _ask(Path(evidence_path), now, marks, history)
    evidence, findings = _kept[key]
    return evidence, findings.copy()


def _ask(
    path: Path, now: datetime | None, marks: str | None, history: str | None
) -> tuple[Evidence, pd.DataFrame]:
    from scimlytics import checks, evidence
    from scimlytics.evidence import to_frame
    from scimlytics.history import look, place_of
    from scimlytics.marks import apply, read_marks

    read = evidence.read(path)
    asked = read if now is None else read.at(now)
    run = checks.run(asked)
    marked = apply(run.findings, read_marks(Path(marks)) if marks else (), asked.as_of)
    lasting = place_of(path, Path(history) if history else None)
    rows, resolved = marked.findings, run.findings.slice(0, 0)
    if lasting is not None:
        heard = [name for name in checks.CHECKS if name not in run.skipped]
        outcome = look(lasting, asked, marked.findings, heard)
        rows, resolved = outcome.findings, outcome.resolved
    findings = to_frame(rows)
    findings.attrs["skipped"] = dict(run.skipped)
    findings.attrs["says"] = list(marked.says)
    findings.attrs["resolved"] = resolved.to_pylist()
    return asked, findings


def gone(findings: pd.DataFrame) -> pd.DataFrame:
    """What is resolved since the run before: FINDINGS, empty without a history.

    Parameters
    ----------
    findings
        What :func:`ask` found.
    """
    from scimlytics.evidence import to_frame
    from scimlytics.tables import FINDINGS

    rows = findings.attrs.get("resolved", [])
    made: pd.DataFrame = to_frame(
        FINDINGS.conform({name: [row[name] for row in rows] for name in FINDINGS.columns})
    )
    return made


def accepted(findings: pd.DataFrame) -> pd.DataFrame:
    """What marks have to say: those that ended, that match nothing, or that hide what is critical.

    Parameters
    ----------
    findings
        What :func:`ask` found.
    """
    import pandas as pd

    return pd.DataFrame({"says": findings.attrs.get("says", [])}, dtype="str")


def skipped(findings: pd.DataFrame) -> pd.DataFrame:
    """The checks that were not asked, and why: ``check``, ``why``.

    Parameters
    ----------
    findings
        What :func:`ask` found.
    """
    import pandas as pd

    rows = sorted(findings.attrs.get("skipped", {}).items())
    return pd.DataFrame(rows, columns=["check", "why"], dtype="str")
