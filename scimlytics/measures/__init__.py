"""Measures: the tables behind charts and key figures. Tables in, table out.

A measure is a function whose parameter names are its inputs: ``findings``, ``incidents``, a ledger
(``users``,
``groups``, ``memberships``, ``differences``), what reconciling kept (``claims``, ``wanted_edges``,
``owned``), ``completeness`` or any table of the evidence. Keyword-only parameters are its options.
:func:`measure` gives it what it names and shows the result as a DataFrame.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from scimlytics.evidence import Evidence

__all__ = ["measure"]
LEDGERS = ("users", "groups", "memberships", "differences")


def measure(
    function: Callable[..., Any],
    evidence: Evidence,
    findings: pd.DataFrame | None = None,
    *,
    options: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Ask a measure of an evidence.

    Parameters
    ----------
    function
        A function of ``scimlytics.measures``.
    evidence
        What is known.
    findings
        What ``check`` found, for measures that look at findings.
    options
        Options of the measure by name.

    Raises
    ------
    InputError
        An option the measure does not have, or no findings where it needs them.
    """
    from scimlytics import reconcile
    from scimlytics.evidence.bundle import NAMES

    signature = inspect.signature(function).parameters
    known = [name for name, one in signature.items() if one.kind is inspect.Parameter.KEYWORD_ONLY]
    for name in options or {}:
        if name not in known:
            raise unknown("option", name, known, function.__name__)
    inputs: dict[str, Any] = {}
    for name in signature:
        if name in known:
            continue
        if name == "completeness":
            inputs[name] = _completeness(evidence)
        elif name == "findings":
            inputs[name] = _findings(function.__name__, evidence, findings)
        elif name == "incidents":
            inputs[name] = _incidents(function.__name__, evidence, findings)
        elif name in LEDGERS:
            inputs[name] = reconcile.ledger(evidence, name)
        else:
            if name not in NAMES:
                reconcile.prepare(evidence)
            inputs[name] = evidence.table(name)
    shown: pd.DataFrame = evidence.engine.frame(function(**inputs, **(options or {})))
    return shown


def _completeness(evidence: Evidence) -> Any:
    """How complete each collection is, as a table: ``name`` (``target_users``, …) and ``grade``."""
    import pyarrow as pa

    grades = evidence.grades
    rows = pa.table(
        {
            "name": pa.array(list(grades), pa.string()),
            "grade": pa.array([one.grade for one in grades.values()], pa.string()),
        }
    )
    evidence.engine.register("asked_completeness", rows)
    return evidence.engine.table("asked_completeness")


def _findings(asking: str, evidence: Evidence, findings: pd.DataFrame | None) -> Any:
    evidence.engine.register("asked_findings", _given(asking, findings))
    return evidence.engine.table("asked_findings")


def _incidents(asking: str, evidence: Evidence, findings: pd.DataFrame | None) -> Any:
    from scimlytics.diagnose import incidents

    evidence.engine.register("asked_incidents", incidents(_given(asking, findings), evidence))
    return evidence.engine.table("asked_incidents")


def _given(asking: str, findings: pd.DataFrame | None) -> pa.Table:
    from scimlytics.tables import FINDINGS

    if findings is None:
        raise InputError(f"{asking} looks at findings; give what scim.check(evidence) found.")
    return FINDINGS.conform(findings)
