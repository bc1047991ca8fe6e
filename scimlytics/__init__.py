"""Reconcile a directory, its provisioning log and the application they feed.

::

    import scimlytics as scim

    evidence = scim.read("evidence")  # a folder of exports
    findings = scim.check(evidence)  # a DataFrame: a row and a cause per discrepancy

The import itself loads nothing heavy. What is used is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    import pandas as pd

    from scimlytics.checks import CHECKS
    from scimlytics.errors import InputError, ScimlyticsError
    from scimlytics.evidence import Evidence as _Evidence
    from scimlytics.evidence import of as Evidence  # noqa: N812  (one makes evidence by its name)
    from scimlytics.explanation import Explanation
    from scimlytics.history import Comparison
    from scimlytics.planning import Plan
    from scimlytics.reports import Report
    from scimlytics.vocabulary import CAUSES

__version__ = "0.1.0"
__all__ = [
    "CAUSES",
    "CHECKS",
    "Evidence",
    "InputError",
    "ScimlyticsError",
    "check",
    "classify",
    "compare",
    "explain",
    "ledger",
    "plan",
    "read",
    "read_events",
    "read_table",
    "read_users",
    "report",
]
_LAZY = {
    "CAUSES": ("scimlytics.vocabulary", "CAUSES"),
    "CHECKS": ("scimlytics.checks", "CHECKS"),
    "Evidence": ("scimlytics.evidence", "of"),
    "InputError": ("scimlytics.errors", "InputError"),
    "ScimlyticsError": ("scimlytics.errors", "ScimlyticsError"),
}
"""Name of the face → the module it lives in, and its name there."""


def read(path: str | Path) -> _Evidence:
    """Read evidence: a folder with the exports of a source, a target and a log, or with one side.

    Parameters
    ----------
    path
        The folder.

    Returns
    -------
    Evidence

    Raises
    ------
    InputError
        There is no such folder, a file cannot be read (all of them are named), or a setting is
        unknown.
    """
    from scimlytics import evidence

    return evidence.read(path)


def check(
    evidence: _Evidence,
    only: Iterable[str] | None = None,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Find what disagrees: one row, one cause and its evidence per discrepancy.

    Parameters
    ----------
    evidence
        What :func:`read` returns, or one's own tables as an ``Evidence``.
    only
        Names of checks; all of them when left out. ``CHECKS`` says which there are.
    as_of
        "Now", where it is another moment than the evidence's newest.

    Returns
    -------
    FINDINGS

    Raises
    ------
    InputError
        A check that nobody knows.
    """
    from scimlytics import checks

    asked = evidence if as_of is None else evidence.at(as_of)
    return checks.run(asked, only=None if only is None else list(only)).frame


def compare(before: _Evidence, after: _Evidence) -> Comparison:
    """Compare two evidences of one tenant: what was fixed, what is new, what changed its cause.

    Parameters
    ----------
    before, after
        What :func:`read` returns, in the order of time.

    Returns
    -------
    Comparison
        DataFrames: ``fixed``, ``new``, ``changed``, ``persisting``, ``unknown`` (FINDINGS), and
        ``remedies``, which says of each first act how often it worked.
    """
    from scimlytics import history

    return history.compare(before, after)


def plan(findings: pd.DataFrame, evidence: _Evidence) -> Plan:
    """Make an ordered plan of findings: what to do first, whom it touches, when to look again.

    It acts on what is confirmed or likely only, never names a button that the provider does not
    have, and sends nothing.

    Parameters
    ----------
    findings
        What :func:`check` returns, or a part of it.
    evidence
        What they rest on.

    Returns
    -------
    Plan
        ``steps`` and ``refused`` as DataFrames, ``warnings``, ``cards``, ``document()`` as JSON.
    """
    from scimlytics import planning

    return planning.make(findings, evidence)


def ledger(evidence: _Evidence, name: str) -> pd.DataFrame:
    """Lay the three sides of every user, group or membership side by side, a row each.

    Parameters
    ----------
    evidence
        What :func:`read` returns, or one's own tables as an ``Evidence``.
    name
        ``users``, ``groups``, ``memberships``, or ``differences`` of attributes.

    Returns
    -------
    DataFrame
        What the source wants, what the log claims, what the target holds.

    Raises
    ------
    InputError
        A ledger that nobody knows.
    """
    from scimlytics import reconcile

    return evidence.engine.frame(reconcile.ledger(evidence, name))


def read_table(path: str | Path, name: str) -> pd.DataFrame:
    """Read one table from one export, recognised by its content.

    Parameters
    ----------
    path
        A file, or a folder of files.
    name
        A table: ``events``, ``steps``, ``changes``, ``users``, ``groups``, ``memberships``,
        ``assignments``, ``jobs``, ``mappings``, ``scim_requests``, ``target_audit``, …

    Returns
    -------
    DataFrame
        With the columns of the table of that name.

    Raises
    ------
    InputError
        There is no such file, it cannot be read, or it holds nothing of that table.
    """
    from pathlib import Path

    from scimlytics.evidence import to_frame
    from scimlytics.loaders.single import read_table as read

    frame: pd.DataFrame = to_frame(read(Path(path), name))
    return frame


def read_events(path: str | Path) -> pd.DataFrame:
    """Read a provisioning log: a row per logged operation, whatever product wrote it.

    Parameters
    ----------
    path
        A file, or a folder of files: Graph pages, diagnostic export, portal download, System Log, …

    Returns
    -------
    DataFrame
        With the columns of EVENTS.

    Raises
    ------
    InputError
        As :func:`read_table`.
    """
    return read_table(path, "events")


def read_users(path: str | Path) -> pd.DataFrame:
    """Read an export of people or accounts, of any product.

    Parameters
    ----------
    path
        A file, or a folder of files: Graph, Okta, SCIM, Files.com, CSV, …

    Returns
    -------
    DataFrame
        With the columns of USERS.

    Raises
    ------
    InputError
        As :func:`read_table`.
    """
    return read_table(path, "users")


def classify(events: pd.DataFrame) -> pd.DataFrame:
    """Say of each logged operation which family its error belongs to, whatever product wrote it.

    Parameters
    ----------
    events
        Rows of EVENTS; of its columns ``error_code``, ``skip_reason``, ``reason`` and
        ``http_status`` are looked at.

    Returns
    -------
    DataFrame
        The same rows with ``code`` and ``family``: ``throttled``, ``bad_payload``, …; ``unknown``
        where nothing is recognised, and null where nothing went wrong.

    Raises
    ------
    TableError
        A column or a value that does not belong into EVENTS.
    """
    from scimlytics.evidence import to_frame
    from scimlytics.reconcile.families import classified

    frame: pd.DataFrame = to_frame(classified(events))
    return frame


def explain(evidence: _Evidence, subject: str, group: str | None = None) -> Explanation:
    """Explain one person, group or membership: the sides, the timeline, the verdict, its doubts.

    Parameters
    ----------
    evidence
        What :func:`read` returns, or one's own tables as an ``Evidence``.
    subject
        A user name, mail address, display name, former name or id of either side; the name or id of
        a group; or ``person → group``.
    group
        The group of a membership.

    Returns
    -------
    Explanation
        ``subject``, ``sides`` (``source``, ``target``, ``log``), ``timeline``, ``findings``,
        ``would_be_false_if``, ``look_again_at``.

    Raises
    ------
    InputError
        Nobody is called so, or several are; the nearest, or all of them, are named.
    """
    from scimlytics import explanation

    return explanation.explain(evidence, subject, group)


def report(
    evidence_path: str | Path,
    out: str | Path,
    only: Iterable[str] | None = None,
    parameters: dict[str, object] | None = None,
    as_of: datetime | None = None,
) -> Report:
    """Make a report: run the notebooks on an evidence, and write a folder of pages.

    Parameters
    ----------
    evidence_path
        The folder of the evidence. Notebooks read it themselves.
    out
        The folder of the report; an earlier report there is replaced.
    only
        Names of notebooks; all of them when left out.
    parameters
        Parameters for the notebooks; each must be declared by one that is run.
    as_of
        "Now", where it is another moment than the evidence's newest.

    Returns
    -------
    Report
        Where it begins (``index``), and its pages, each with what went wrong in it.

    Raises
    ------
    ReportError
        *out* is a folder that is no report, or a parameter is refused.
    InputError
        A notebook or a parameter that nobody knows.
    """
    from scimlytics import reports

    return reports.report(evidence_path, out, only=only, parameters=parameters, as_of=as_of)


def __getattr__(name: str) -> Any:
    """Load a name of the face when it is first asked for."""
    if name in _LAZY:
        module, own = _LAZY[name]
        return getattr(import_module(module), own)
    raise AttributeError(f"module 'scimlytics' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
