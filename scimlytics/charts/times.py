"""Charts over time: stacked bars, bands, windows and points."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.charts import theme

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

DAY = 86_400_000
"""A day in milliseconds, as plotly counts on a time axis."""


def causes_over_time(days: pd.DataFrame, title: str = "When it can have begun") -> go.Figure:
    """Stacked bars: findings of each day, by cause.

    Parameters
    ----------
    days
        ``day``, ``cause``, ``findings``; what ``measures.findings.over_time`` returns.
    title
        What the chart shows.
    """
    import pandas as pd

    made = theme.figure(title, height=340)
    if days.empty:
        return theme.nothing(made, "No finding can be dated.")
    families: set[str] = set()
    for cause in sorted(days["cause"].unique(), key=lambda one: (theme.family(one), one)):
        rows = days[days["cause"] == cause]
        family = theme.family(cause)
        made.add_bar(
            x=rows["day"].tolist(),
            y=rows["findings"].tolist(),
            name=theme.SPOKEN.get(family, family),
            legendgroup=family,
            showlegend=family not in families,
            marker_color=theme.PALETTE[family],
            width=0.8 * DAY,
            customdata=theme.words(rows["cause"]),
            hovertemplate="%{x|%d %b}: %{y} %{customdata}<extra></extra>",
        )
        families.add(family)
    made.update_layout(barmode="stack")
    margin = pd.Timedelta(days=2)
    made.update_xaxes(range=[days["day"].min() - margin, days["day"].max() + margin])
    return made.update_yaxes(title="findings", rangemode="tozero", tickformat=",d")


def pressure(
    attempts: pd.DataFrame, bands: pd.DataFrame, title: str = "Attempts, and what was refused"
) -> go.Figure:
    """Stacked bars of attempts, with a band over each throttling gap.

    Parameters
    ----------
    attempts
        ``at``, ``accepted``, ``throttled``, ``failed``; what ``measures.throttling.pressure``
        returns.
    bands
        ``start``, ``end``; what ``measures.throttling.gaps`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=360, wide=True)
    if attempts.empty:
        return theme.nothing(made, "The log holds no attempts.")
    for column, name, shade in (
        ("accepted", "accepted", theme.PALETTE["neutral"]),
        ("failed", "failed for other reasons", theme.PALETTE["target_error"]),
        ("throttled", "refused: too many requests", theme.PALETTE["throttling"]),
    ):
        made.add_bar(
            x=attempts["at"].tolist(),
            y=attempts[column].tolist(),
            name=name,
            marker_color=shade,
            hovertemplate="%{x|%d %b %H:%M}: %{y}<extra>%{fullData.name}</extra>",
        )
    for start, end in zip(bands["start"], bands["end"], strict=True):
        made.add_vrect(
            x0=start, x1=end, fillcolor=theme.PALETTE["throttling"], opacity=0.16, layer="below"
        )
    made.update_layout(barmode="stack", bargap=0)
    return made.update_yaxes(title="attempts", rangemode="tozero")


NARROW = 150
"""A window of less than this part of the time that is drawn would be too narrow to be seen."""


def windows(
    spans: pd.DataFrame, title: str = "When each deletion can have happened", end: str = "until"
) -> go.Figure:
    """Bars from "not before" to "not after", one per object; a point where the moment is known.

    Parameters
    ----------
    spans
        ``subject``, ``cause``, ``since`` and the column named by *end*; what
        ``measures.deletion.spans`` returns.
    title
        What the chart shows.
    end
        The column with the end of the window.
    """
    made = theme.figure(title, height=max(220, 90 + 18 * len(spans)), wide=True)
    if spans.empty:
        return theme.nothing(made, "Nothing was deleted, as far as was exported.")
    narrow = (spans[end].max() - spans["since"].min()) / NARROW
    for cause in sorted(spans["cause"].unique()):
        rows = spans[spans["cause"] == cause]
        length = (rows[end] - rows["since"]).map(lambda gap: gap.total_seconds() * 1000)
        known = rows[rows[end] - rows["since"] <= narrow]
        made.add_scatter(
            x=known["since"].tolist(),
            y=theme.labels(known["subject"]),
            mode="markers",
            marker={"symbol": "diamond", "size": 9, "color": theme.color(cause)},
            showlegend=False,
            hovertemplate="%{y}: %{x|%d %b %H:%M}<extra></extra>",
        )
        made.add_bar(
            base=rows["since"].tolist(),
            x=length.tolist(),
            y=theme.labels(rows["subject"]),
            orientation="h",
            name=theme.words([cause])[0],
            marker_color=theme.color(cause),
            hovertemplate="%{y}: %{base|%d %b %H:%M} to %{x|%d %b %H:%M}<extra></extra>",
        )
    made.update_xaxes(type="date")
    order = theme.labels(spans["subject"])
    return made.update_yaxes(
        categoryorder="array", categoryarray=order, autorange="reversed", showgrid=False
    )


def gantt(cycles: pd.DataFrame, title: str = "Cycles, and how they ended") -> go.Figure:
    """Points over time, one per cycle: how long it took, how much it did, how it ended.

    Parameters
    ----------
    cycles
        ``begin``, ``minutes``, ``lines``, ``outcome``; what ``measures.cycles.cycles`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=340, wide=True)
    if cycles.empty:
        return theme.nothing(made, "The log names no cycles.")
    most = max(int(cycles["lines"].max()), 1)
    for outcome, sign, family in (
        ("fine", "circle", "neutral"),
        ("failures", "square", "target_error"),
        ("throttled", "diamond", "throttling"),
    ):
        rows = cycles[cycles["outcome"] == outcome]
        if rows.empty:
            continue
        sizes = [6 + 18 * (lines / most) ** 0.5 for lines in rows["lines"]]
        made.add_scatter(
            x=rows["begin"].tolist(),
            y=rows["minutes"].tolist(),
            mode="markers",
            name=outcome,
            marker={"symbol": sign, "size": sizes, "color": theme.PALETTE[family], "opacity": 0.8},
            customdata=rows["lines"].tolist(),
            hovertemplate="%{x|%d %b %H:%M}: %{customdata} log lines in %{y:.1f} minutes<extra></extra>",
        )
    return made.update_yaxes(title="minutes", rangemode="tozero")


def calendar(
    runs: pd.DataFrame, title: str = "The runs: open findings, and what moved"
) -> go.Figure:
    """Stacked bars per run: open findings by severity, with new and resolved ones as points.

    Parameters
    ----------
    runs
        ``as_of``, a column per severity, ``new``, ``resolved``; what ``history.calendar`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=340, wide=True)
    if runs.empty:
        return theme.nothing(made, "No run is kept yet: give a history, or use a store.")
    days = runs["as_of"].dt.strftime("%d %b %H:%M").tolist()
    names = [f"{place}: {day}" for place, day in enumerate(days, 1)]
    for severity, shade in theme.SEVERITY.items():
        if severity == "info":
            continue
        made.add_bar(
            x=names,
            y=runs[severity].tolist(),
            name=f"{theme.GLYPHS[severity]} {severity}",
            marker_color=shade,
            hovertemplate="%{x}: %{y} " + severity + "<extra></extra>",
        )
    for column, sign in (("new", "triangle-up"), ("resolved", "circle-open")):
        made.add_scatter(
            x=names,
            y=runs[column].tolist(),
            mode="markers",
            name=column,
            marker={"symbol": sign, "size": 12, "color": theme.PALETTE["neutral"]},
            hovertemplate="%{x}: %{y} " + column + "<extra></extra>",
        )
    made.update_layout(barmode="stack")
    made.update_xaxes(type="category", showgrid=False)
    return made.update_yaxes(title="findings", rangemode="tozero", tickformat=",d")


def waiting(curves: pd.DataFrame, title: str = "People who wait for their account") -> go.Figure:
    """Falling steps: how many wait, hours after a bulk change, per limit and cycle.

    Parameters
    ----------
    curves
        ``rate_limit``, ``cycle_minutes``, ``hours``, ``waiting``; what ``lab.what_if`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=360, wide=True)
    if curves.empty:
        return theme.nothing(made, "No limit was tried.")
    colours = list(theme.PALETTE.values())
    dashes = ("solid", "dash", "dot", "dashdot")
    keys = ["rate_limit", "cycle_minutes"]
    for place, ((limit, minutes), rows) in enumerate(curves.groupby(keys)):
        made.add_scatter(
            x=rows["hours"].tolist(),
            y=rows["waiting"].tolist(),
            mode="lines",
            line={
                "shape": "hv",
                "color": colours[place % len(colours)],
                "dash": dashes[place % len(dashes)],
            },
            name=f"{limit} requests a minute, a cycle each {minutes} minutes",
            hovertemplate="after %{x:.1f} h: %{y} wait<extra></extra>",
        )
    made.update_xaxes(title="hours since the change")
    return made.update_yaxes(title="people", rangemode="tozero", tickformat=",d")


def twins(accounts: pd.DataFrame, title: str = "When the accounts were made") -> go.Figure:
    """Points on a line per person: the surviving account and its twin, by when they were made.

    Parameters
    ----------
    accounts
        ``subject``, ``role``, ``created``; what ``measures.duplicates.clusters`` returns.
    title
        What the chart shows.
    """
    dated = accounts[accounts["created"].notna()]
    people = list(dict.fromkeys(dated["subject"]))
    made = theme.figure(title, height=max(220, 90 + 22 * len(people)), wide=True)
    if dated.empty:
        return theme.nothing(made, "No account shows when it was made.")
    for role, sign, shade in (
        ("survivor", "circle", theme.PALETTE["neutral"]),
        ("twin", "diamond", theme.PALETTE["conflict"]),
    ):
        rows = dated[dated["role"] == role]
        made.add_scatter(
            x=rows["created"].tolist(),
            y=theme.labels(rows["subject"]),
            mode="markers",
            name=role,
            marker={"symbol": sign, "size": 11, "color": shade},
            hovertemplate="%{y}: %{x|%d %b %Y %H:%M}<extra>%{fullData.name}</extra>",
        )
    return made.update_yaxes(
        categoryorder="array", categoryarray=theme.labels(people), autorange="reversed"
    )


def delays(
    percentiles: pd.DataFrame, title: str = "Minutes until a refused object got through"
) -> go.Figure:
    """Grouped bars: median, 90th and 99th percentile and the longest delay.

    Parameters
    ----------
    percentiles
        ``object_type``, ``median``, ``p90``, ``p99``, ``longest``; what
        ``measures.throttling.delays`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=280)
    known = percentiles[percentiles["longest"].notna()] if len(percentiles) else percentiles
    if known.empty:
        return theme.nothing(made, "Nothing that was refused got through since.")
    names = {"median": "median", "p90": "90 of 100", "p99": "99 of 100", "longest": "longest"}
    shades = ("#2f7ab5", "#00a2b5", "#bf8a0f", "#ed215e")
    for (column, name), shade in zip(names.items(), shades, strict=True):
        made.add_bar(
            x=theme.labels(known["object_type"]),
            y=known[column].tolist(),
            name=name,
            marker_color=shade,
            text=[f"{minutes:,.0f}" for minutes in known[column]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x}: %{y:.0f} minutes<extra>%{fullData.name}</extra>",
        )
    return made.update_yaxes(title="minutes", rangemode="tozero")
