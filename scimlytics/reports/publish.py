"""Put a report in place: with one rename, and never over something that is no report."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

from scimlytics.errors import ReportError

MARK = "report.json"
"""By this file a folder is known to be a report, which the next report may replace."""


def refuse_foreign(target: Path) -> None:
    """Refuse a folder that is not empty and no report; what lies there would be lost.

    Raises
    ------
    ReportError
        It is such a folder, or a file.
    """
    if target.exists() and not target.is_dir():
        raise ReportError(f"{target} is a file; give a folder for the report.")
    if target.is_dir() and any(target.iterdir()) and not (target / MARK).is_file():
        raise ReportError(
            f"{target} is not empty and no report; it would be replaced. Give another folder."
        )


def publish(work: Path, target: Path) -> None:
    """Put the new report in place with one rename; an earlier one stays whole until then."""
    former = target.parent / f".{target.name}.{uuid4().hex[:8]}.former"
    if target.exists():
        target.rename(former)
    try:
        work.rename(target)
    except OSError:
        if former.exists():
            former.rename(target)
        raise
    shutil.rmtree(former, ignore_errors=True)
