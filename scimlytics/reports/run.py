"""Make a report: check the parameters, run the notebooks, write the pages, publish them at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from scimlytics import shipped
from scimlytics.reports.jobs import Job, chosen_jobs, notebook_names
from scimlytics.reports.publish import publish, refuse_foreign
from scimlytics.reports.write import Ran, write_pages

LINES = 20
"""So many lines of an error are shown on its page."""


@dataclass(frozen=True)
class Made:
    """One page of a report."""

    name: str
    title: str
    path: Path
    seconds: float
    failure: str | None = None


@dataclass(frozen=True)
class Report:
    """A report: where it begins, its pages, and those that could not be finished."""

    index: Path
    pages: tuple[Made, ...]

    @property
    def failures(self) -> tuple[Made, ...]:
        """The pages that could not be finished."""
        return tuple(page for page in self.pages if page.failure)


def report(
    evidence_path: str | Path,
    out: str | Path,
    *,
    only: Iterable[str] | None = None,
    parameters: Mapping[str, object] | None = None,
    as_of: object = None,
    marks: Path | None = None,
    history: Path | None = None,
    notebooks: Path | None = None,
    isolate: bool = False,
    single_file: bool = False,
    timeout: float = 600,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Make a report of an evidence.

    A notebook that fails keeps its page, with a banner and what it had computed; the others are made
    all the same. An earlier report in *out* is replaced when the new one is whole, never before.

    Parameters
    ----------
    evidence_path
        The evidence: a folder or a store.
    out
        The folder of the report.
    only
        Names of notebooks; all of them when left out.
    parameters
        More parameters; each must be declared by a notebook that is run.
    as_of
        "Now", where it is another moment than the evidence's newest.
    marks
        A file of accepted exceptions.
    history
        The runs so far; a store has its own. The report is held against them, and not kept there.
    notebooks
        A folder of notebooks; those of the package when left out.
    isolate
        Give each notebook a kernel of its own: slower, and nothing can carry over.
    single_file
        Write ``report.html`` besides: one file that holds all pages, for mail.
    timeout
        Seconds one cell may take.
    progress
        Called with the notebook's name, its place and their number, before each is run.

    Raises
    ------
    ReportError
        *out* is a folder that is no report, or a parameter is refused.
    InputError
        A notebook or parameter that nobody knows.
    """
    folder = notebooks or shipped.notebooks()
    target = Path(out).resolve()
    refuse_foreign(target)
    common = {
        "evidence_path": Path(evidence_path).resolve(),
        "as_of": as_of,
        "marks_path": None if marks is None else marks.resolve(),
        "history_path": None if history is None else history.resolve(),
    }
    jobs = chosen_jobs(folder, only, common, dict(parameters or {}))
    work = target.parent / f".{target.name}.{uuid4().hex[:8]}"
    work.mkdir(parents=True)
    try:
        ran = _make(jobs, work, folder, isolate=isolate, timeout=timeout, progress=progress)
        write_pages(work, ran, single_file=single_file)
        publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    pages = tuple(
        Made(one.job.name, one.job.title, target / one.job.file, one.seconds, one.failure)
        for one in ran
    )
    return Report(target / "index.html", pages)


def _make(
    jobs: list[Job],
    work: Path,
    folder: Path,
    *,
    isolate: bool,
    timeout: float,
    progress: Callable[[str, int, int], None] | None,
) -> list[Ran]:
    """Run the notebooks, one after the other."""
    from scimlytics.reports.engine import Kernel

    (work / "notebooks").mkdir()
    (work / "data").mkdir()
    ran = []
    with Kernel(isolate=isolate) as kernel:
        for place, job in enumerate(jobs):
            if progress is not None:
                progress(job.name, place + 1, len(jobs))
            began = time.perf_counter()
            failure = _run(job, kernel, work, folder, timeout)
            ran.append(Ran(job, time.perf_counter() - began, failure))
    return ran


def _run(job: Job, kernel: Any, work: Path, folder: Path, timeout: float) -> str | None:
    """Run one notebook; what went wrong, in words, or None."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    from scimlytics.reports import engine

    output = str(work / "notebooks" / f"{job.name}.ipynb")
    try:
        papermill.execute_notebook(
            job.notebook,
            # papermill fills braces of a path in.
            output.replace("{", "{{").replace("}", "}}"),
            parameters=job.parameters,
            engine_name=engine.NAME,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=timeout,
            kernel=kernel,
            page=(job.name, str(work / "data"), str(folder)),
        )
    except papermill.PapermillExecutionError as error:
        return _short(f"{error.ename}: {error.evalue}".strip(": "))
    except CellTimeoutError:
        return f"A cell took longer than {timeout:g} seconds. Give more time, or look at it alone."
    except DeadKernelError:
        return "The kernel died; memory may have run out. The other pages were made by a new one."
    return None


def _short(text: str) -> str:
    """The first lines of a message, and how many there are more."""
    lines = text.splitlines()
    if len(lines) <= LINES:
        return text
    return "\n".join([*lines[:LINES], f"… and {len(lines) - LINES:,} lines more."])


__all__ = ["Made", "Report", "notebook_names", "report"]
