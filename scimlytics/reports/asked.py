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

_kept: dict[tuple[str, datetime | None], tuple[Evidence, pd.DataFrame]] = {}


def ask(evidence_path: str | Path, *, as_of: str | None = None) -> tuple[Evidence, pd.DataFrame]:
    """Read an evidence and check it: ``scim.read`` and ``scim.check`` in one.

    While a report is made, pages that ask for the same get the same; each gets a copy of the
    findings of its own. In a notebook that somebody works in, everything is read anew.

    Parameters
    ----------
    evidence_path
        The evidence.
    as_of
        "Now" as ISO 8601, where it is another moment than the evidence's newest.

    Returns
    -------
    tuple
        The ``Evidence`` and its FINDINGS; :func:`skipped` tells which checks were not asked.
    """
    now = moment(as_of)
    key = (str(evidence_path), now)
    if session.page() is None:
        return _ask(evidence_path, now)
    if key not in _kept:
        _kept[key] = _ask(evidence_path, now)
    evidence, findings = _kept[key]
    return evidence, findings.copy()


def _ask(evidence_path: str | Path, now: datetime | None) -> tuple[Evidence, pd.DataFrame]:
    from scimlytics import checks, evidence

    read = evidence.read(evidence_path)
    asked = read if now is None else read.at(now)
    run = checks.run(asked)
    findings = run.frame
    findings.attrs["skipped"] = dict(run.skipped)
    return asked, findings


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
