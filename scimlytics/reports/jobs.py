"""Which notebooks are run, in which order and with which parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics import shipped
from scimlytics.errors import ReportError, unknown
from scimlytics.reports.parameters import Declared, Plain, declared, settle, spoken

if TYPE_CHECKING:
    from nbformat import NotebookNode

ORDER = (
    "overview",
    "plan",
    "history",
    "missing_users",
    "missing_memberships",
    "duplicate_users",
    "deletion_drift",
    "throttling_gaps",
    "rename_lag",
    "payload_errors",
    "scope_and_mapping",
    "cycle_health",
    "what_if",
)
"""The order of the pages; notebooks that are not named here follow by name."""


@dataclass(frozen=True)
class Job:
    """A notebook about to be run."""

    name: str
    notebook: NotebookNode
    declared: Mapping[str, Declared]
    parameters: dict[str, Plain]

    @property
    def file(self) -> str:
        """The page's file: the overview comes first."""
        return "index.html" if self.name == "overview" else f"{self.name}.html"

    @property
    def label(self) -> str:
        """The page's name in the navigation."""
        return self.name.replace("_", " ").capitalize()

    @property
    def title(self) -> str:
        """The question the notebook asks."""
        from scimlytics.reports.page import title_of

        return title_of(self.notebook)


def notebook_names(folder: Path | None = None) -> list[str]:
    """The notebooks there are, in the order of the pages."""
    found = {path.stem for path in (folder or shipped.notebooks()).glob("*.ipynb")}
    return [name for name in ORDER if name in found] + sorted(found - set(ORDER))


def chosen_jobs(
    folder: Path,
    only: Iterable[str] | None,
    common: dict[str, object],
    given: dict[str, object],
) -> list[Job]:
    """The notebooks to run, with their parameters checked; nothing has been run yet.

    Parameters
    ----------
    folder
        The notebooks.
    only
        Names; all when left out.
    common
        What every notebook is given that declares it; None is not given.
    given
        What was asked for by name; each must be declared by one of them.

    Raises
    ------
    ReportError
        A parameter is refused, or a notebook takes no evidence.
    InputError
        A notebook or parameter that nobody knows.
    """
    import nbformat

    known = notebook_names(folder)
    chosen = list(dict.fromkeys(only or known))
    for name in chosen:
        if name not in known:
            raise unknown("notebook", name, known)
    read = {name: spoken(nbformat.read(folder / f"{name}.ipynb", as_version=4)) for name in chosen}
    declares = {name: declared(notebook) for name, notebook in read.items()}
    every: dict[str, Declared] = {}
    for found in declares.values():
        every |= found
    settle(every, given, " or ".join(chosen))
    jobs = []
    for name in sorted(chosen, key=known.index):
        here = declares[name]
        if "evidence_path" not in here:
            raise ReportError(
                f"{name}.ipynb declares no parameter evidence_path; nothing to report on."
            )
        values = {key: value for key, value in common.items() if key in here and value is not None}
        values |= {key: value for key, value in given.items() if key in here}
        jobs.append(Job(name, read[name], here, settle(here, values, name)))
    return jobs
