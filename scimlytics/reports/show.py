"""What notebooks show: key figures, charts and tables, as data.

A notebook emits data, not HTML. The report draws it with its own template; in JupyterLab the same
objects are drawn by plotly and by itables. Nothing that comes from data is ever markup.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scimlytics.errors import ReportError
from scimlytics.reports import session
from scimlytics.reports.titles import (
    FINDINGS,
    FINDINGS_DETAILS,
    FINDINGS_NOTE,
    INCIDENTS,
    TITLES,
)

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

TABLE = "application/vnd.scimlytics.table+json"
FIGURES = "application/vnd.scimlytics.figures+json"
TRUST = "application/vnd.scimlytics.trust+json"
PLOTLY = "application/vnd.plotly.v1+json"
FIGURE = ("label", "value", "of", "of_what", "severity", "note")
WITH_HISTORY = ("status", "first_seen", "former_cause")
ROWS = 2_000
"""So many rows stand in the page; the whole table lies beside it."""
Columns = str | Sequence[str] | Mapping[str, str]
"""Names of columns: a list, a text with blanks between them, or a mapping to their titles."""


@dataclass(frozen=True)
class Shown:
    """Something a notebook shows: the same thing by several media types."""

    bundle: dict[str, Any]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return self.bundle


def table(
    frame: pd.DataFrame,
    title: str,
    *,
    columns: Columns | None = None,
    details: Columns = (),
    note: str = "",
) -> Shown:
    """Show a table: searchable, sortable, paged; the whole of it as CSV and parquet beside the page.

    Parameters
    ----------
    frame
        Any table.
    title
        What it is; stands above it.
    columns
        The columns the page shows, in order. The files hold all columns.
    details
        Columns that unfold below a row.
    note
        A sentence below the table.
    """
    payload = _payload(frame, title, columns, note, details)
    html = _preview(frame[[*_titles(columns), *_titles(details)]] if columns else frame, title)
    return Shown({TABLE: payload, "text/html": html, "text/plain": f"{title}: {len(frame):,} rows"})


def findings(frame: pd.DataFrame, title: str) -> Shown:
    """Show findings: what is wrong, why, since when, what to do, and what it rests on."""
    return table(frame, title, columns=FINDINGS, details=FINDINGS_DETAILS, note=FINDINGS_NOTE)


def incidents(frame: pd.DataFrame, title: str) -> Shown:
    """Show incidents: findings of one cause that one event can explain."""
    details = {
        "through": "Through",
        "first": "Not before, of any",
        "last": "Not after, of any",
    }
    note = "One event can explain each row; who did it is said where an audit says so."
    return table(frame, title, columns=INCIDENTS, details=details, note=note)


def moment(text: str | None) -> datetime | None:
    """The moment of a parameter: ISO 8601, in UTC where it names no zone.

    Raises
    ------
    ReportError
        The text is no moment.
    """
    if text is None:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ReportError(f"'{text}' is no moment; write it like 2026-11-20T06:00:00Z.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def figure(chart: go.Figure, frame: pd.DataFrame) -> Shown:
    """Show a chart, and the numbers it was drawn from as a table below it.

    Parameters
    ----------
    chart
        A figure with a title.
    frame
        The table that the chart drew.
    """
    import json

    title = str(chart.layout.title.text or "Chart")
    return Shown(
        {
            PLOTLY: json.loads(chart.to_json()),
            TABLE: _payload(frame, title, None, ""),
            "text/plain": f"{title} (chart of {len(frame):,} rows)",
        }
    )


def key_figures(frame: pd.DataFrame) -> Shown:
    """Show the few numbers that matter, each with what it is out of.

    Parameters
    ----------
    frame
        Columns ``label``, ``value``, and where there are any ``of`` (the denominator), ``of_what``,
        ``severity`` and ``note``.
    """
    from scimlytics.reports.cells import arrow, shown

    held = arrow(frame.assign(**{name: None for name in FIGURE if name not in frame.columns}))
    columns = {name: shown(held.column(name)) for name in held.column_names}
    figures = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return Shown(
        {
            FIGURES: figures,
            "text/html": _preview(frame, "Key figures"),
            "text/plain": frame.to_string(),
        }
    )


def completeness(evidence: Any) -> Shown:
    """Show what the evidence can be trusted for, what it cannot say, and when each side was taken.

    Parameters
    ----------
    evidence
        An ``Evidence``.
    """
    import pandas as pd

    from scimlytics.reports.trust import trust

    said = trust(evidence)
    lines = pd.DataFrame(
        [("Can be trusted for", text) for text in said["trusted"]]
        + [("Cannot say", f"{one['what']}, because {one['why']}") for one in said["cannot"]],
        columns=["", "what"],
    )
    return Shown(
        {TRUST: said, "text/html": _preview(lines, said["name"]), "text/plain": lines.to_string()}
    )


def _payload(
    frame: pd.DataFrame,
    title: str,
    columns: Columns | None,
    note: str,
    details: Columns = (),
) -> dict[str, Any]:
    from scimlytics.reports.cells import arrow, kind, shown, write_whole

    held = arrow(frame)
    folded = _titles(details)
    titles = _titles(columns or held.column_names) | folded
    titles = {name: text for name, text in titles.items() if _said(held, name)}
    part = held.select(list(titles)).slice(0, ROWS)
    cells = [shown(part.column(name)) for name in titles]
    payload: dict[str, Any] = {
        "title": title,
        "note": note,
        "columns": [
            {
                "name": name,
                "title": text,
                "kind": kind(name, part.column(name)),
                "detail": name in folded,
            }
            for name, text in titles.items()
        ],
        "rows": [list(row) for row in zip(*cells, strict=True)],
        "total": held.num_rows,
        "base": None,
        "prefixed": [],
    }
    page = session.page()
    if page is not None and held.num_columns:
        base = _free(page.folder, f"{page.name}-{slug(title)}")
        payload["prefixed"] = write_whole(held, page.folder / base)
        payload["base"] = base
    return payload


def slug(text: str) -> str:
    """A name made of letters, digits and dashes only, whatever the text holds."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "table"


def _free(folder: Any, base: str) -> str:
    name, count = base, 1
    while (folder / f"{name}.csv").exists():
        count += 1
        name = f"{base}-{count}"
    return name


def _titles(columns: Columns) -> dict[str, str]:
    if isinstance(columns, Mapping):
        return dict(columns)
    names = columns.split() if isinstance(columns, str) else columns
    return {name: _title(name) for name in names}


def _said(held: Any, name: str) -> bool:
    """Whether a column says anything; some do only with a history."""
    return name not in WITH_HISTORY or held.column(name).null_count < held.num_rows


def _title(name: str) -> str:
    return TITLES.get(name) or name.replace("_", " ").capitalize()


def _preview(frame: pd.DataFrame, title: str) -> str:
    """HTML for a notebook: an escaped table; where somebody works in it, an interactive one."""
    if session.page() is not None or not _worked_in():
        return str(frame.head(20).to_html(escape=True, index=False))
    import html

    import itables

    if not hasattr(_preview, "ready"):
        itables.init_notebook_mode(all_interactive=False, connected=False)
        _preview.ready = True  # type: ignore[attr-defined]
    return str(
        itables.to_html_datatable(
            frame.head(ROWS),
            caption=html.escape(title),
            connected=False,
            maxBytes=0,
            showIndex=False,
        )
    )


def _worked_in() -> bool:
    from IPython import get_ipython

    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")
