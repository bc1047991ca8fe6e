"""Write the pages of a report, once its notebooks have run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.reports.jobs import Job
from scimlytics.reports.publish import MARK

if TYPE_CHECKING:
    from nbformat import NotebookNode


@dataclass(frozen=True)
class Ran:
    """A notebook that was run: how long it took, and what went wrong, if anything."""

    job: Job
    seconds: float
    failure: str | None


def write_pages(work: Path, ran: list[Ran], *, single_file: bool) -> None:
    """Write a page per notebook, what the pages draw with, and where to begin.

    Parameters
    ----------
    work
        The report's folder; holds ``notebooks`` and ``data`` already.
    ran
        The notebooks, in the order of the pages.
    single_file
        Write ``report.html`` besides, which needs nothing beside it.
    """
    from scimlytics.reports.assets import write_assets

    write_assets(work / "assets")
    site = [
        {
            "name": one.job.name,
            "file": one.job.file,
            "label": one.job.label,
            "failed": one.failure is not None,
        }
        for one in ran
    ]
    for one in ran:
        _write_page(work, one, site)
    if all(one.job.name != "overview" for one in ran):
        _write_index(work, site, [one.job.title for one in ran])
    if single_file:
        _write_single(work, ran, site)
    _write_mark(work, ran)


def _write_page(work: Path, ran: Ran, site: list[dict[str, Any]]) -> None:
    from scimlytics.reports.exporter import ReportExporter

    about = {"site": site, "name": ran.job.name, "failure": ran.failure, "made": _made(ran)}
    exporter = ReportExporter()
    html, _ = exporter.from_notebook_node(_executed(work, ran), resources={"report": about})
    (work / ran.job.file).write_text(html, encoding="utf-8")


def _executed(work: Path, ran: Ran) -> NotebookNode:
    """The notebook with what it showed; as it was when it never got so far."""
    import nbformat

    path = work / "notebooks" / f"{ran.job.name}.ipynb"
    return nbformat.read(path, as_version=4) if path.exists() else ran.job.notebook


def _made(ran: Ran) -> dict[str, Any]:
    from scimlytics.reports.made import how

    return how(ran.job.name, ran.job.declared, ran.job.parameters, ran.seconds)


def _write_index(work: Path, site: list[dict[str, Any]], titles: list[str]) -> None:
    from scimlytics.reports.exporter import environment

    pages = [{**one, "title": title} for one, title in zip(site, titles, strict=True)]
    html = environment().get_template("contents.html.j2").render(pages=pages)
    (work / "index.html").write_text(html, encoding="utf-8")


def _write_single(work: Path, ran: list[Ran], site: list[dict[str, Any]]) -> None:
    from scimlytics.reports.single import sheet, write_single

    sheets = [sheet(one.job.name, _executed(work, one), one.failure, _made(one)) for one in ran]
    write_single(work, sheets, site)


def _write_mark(work: Path, ran: list[Ran]) -> None:
    pages = [
        {
            "name": one.job.name,
            "file": one.job.file,
            "seconds": round(one.seconds, 2),
            "failure": one.failure,
        }
        for one in ran
    ]
    text = json.dumps({"made_by": "scimlytics", "version": 1, "pages": pages}, indent=1)
    (work / MARK).write_text(text, encoding="utf-8")
