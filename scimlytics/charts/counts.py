"""Charts of counts: bars, funnels and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.charts import theme

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go


CODED = ("cause", "check", "source_state", "target_state", "attribute")
"""Columns of our own words."""


def by_cause(counts: pd.DataFrame, title: str = "Findings by cause") -> go.Figure:
    """Bars: how many findings each cause has, stacked by severity.

    Parameters
    ----------
    counts
        ``cause``, ``severity``, ``findings``, ``of_cause``; what ``measures.findings.by_cause``
        returns.
    title
        What the chart shows.
    """
    order = list(dict.fromkeys(counts["cause"]))[::-1]
    made = theme.figure(title, height=_tall(len(order)))
    if counts.empty:
        return theme.nothing(made, "No findings.")
    for severity, shade in theme.SEVERITY.items():
        rows = counts[counts["severity"] == severity]
        if not rows.empty:
            made.add_bar(
                x=rows["findings"].tolist(),
                y=theme.words(rows["cause"]),
                name=f"{theme.GLYPHS[severity]} {severity}",
                orientation="h",
                marker_color=shade,
                text=[f"{number:,}" for number in rows["findings"]],
                textposition="auto",
                textangle=0,
                insidetextanchor="middle",
                hovertemplate="%{y}: %{x}<extra>%{fullData.name}</extra>",
            )
    made.update_layout(barmode="stack")
    made.update_yaxes(categoryorder="array", categoryarray=theme.words(order), showgrid=False)
    return made.update_xaxes(title="findings", rangemode="tozero")


def bars(
    frame: pd.DataFrame, across: str, value: str, title: str, family: str = "neutral"
) -> go.Figure:
    """Upright bars in the order of the table.

    Parameters
    ----------
    frame
        One row per bar.
    across, value
        The columns with the bars' names and heights.
    title
        What the chart shows.
    family
        Whose colour the bars have; a name of ``theme.PALETTE``.
    """
    made = theme.figure(title, height=280)
    if frame.empty:
        return theme.nothing(made)
    made.add_bar(
        x=theme.labels(frame[across]),
        y=frame[value].tolist(),
        marker_color=theme.PALETTE[family],
        text=[f"{number:,}" for number in frame[value]],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{x}: %{y}<extra></extra>",
    )
    made.update_xaxes(showgrid=False)
    return made.update_yaxes(title=value.replace("_", " "), rangemode="tozero", tickformat=",d")


def departments(frame: pd.DataFrame) -> go.Figure:
    """A matrix: missing and inactive users by department and cause.

    Parameters
    ----------
    frame
        What ``measures.people.by_department`` returns.
    """
    return matrix(frame, "cause", "department", "findings", "By department and cause")


def payloads(frame: pd.DataFrame) -> go.Figure:
    """A matrix: which attribute was missing in which operation.

    Parameters
    ----------
    frame
        What ``measures.payloads.missing_values`` returns.
    """
    title = "Missing or refused values, by attribute and operation"
    return matrix(frame, "action", "attribute", "attempts", title)


def agreement(frame: pd.DataFrame) -> go.Figure:
    """Bars: in how many of a hundred linked people each attribute agrees.

    Parameters
    ----------
    frame
        What ``measures.scoping.agreement`` returns.
    """
    made = theme.figure("Attributes: how many of 100 linked people agree", height=_tall(len(frame)))
    if frame.empty:
        return theme.nothing(made, "Nothing could be compared.")
    shades = [
        theme.PALETTE["mapping" if wrong else "neutral"] for wrong in frame["wrong"].fillna(False)
    ]
    made.add_bar(
        x=frame["percent"].tolist(),
        y=theme.labels(frame["attribute"]),
        orientation="h",
        marker_color=shades,
        text=[f"{percent:.0f}" for percent in frame["percent"]],
        textposition="auto",
        textangle=0,
        hovertemplate="%{y}: %{x:.1f} of 100<extra></extra>",
    )
    made.update_yaxes(autorange="reversed", showgrid=False)
    return made.update_xaxes(range=[0, 100], title="of 100")


def funnel(stages: pd.DataFrame, title: str = "From the directory to an account") -> go.Figure:
    """Bars: how many people reach each stage, and how many are lost before it.

    Parameters
    ----------
    stages
        ``stage``, ``people``, ``lost``; what ``measures.people.funnel`` returns.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=_tall(len(stages)))
    if stages.empty:
        return theme.nothing(made)
    lost = [f"   −{count:,}" if count else "" for count in stages["lost"]]
    made.add_bar(
        x=stages["people"].tolist(),
        y=theme.labels(stages["stage"]),
        orientation="h",
        marker_color=theme.PALETTE["neutral"],
        text=[f"{people:,}{gone}" for people, gone in zip(stages["people"], lost, strict=True)],
        textposition="auto",
        textangle=0,
        hovertemplate="%{y}: %{x}<extra></extra>",
    )
    made.update_yaxes(autorange="reversed", showgrid=False)
    return made.update_xaxes(title="people", rangemode="tozero")


def matrix(
    counts: pd.DataFrame, across: str, down: str, value: str, title: str, *, wide: bool = False
) -> go.Figure:
    """A heatmap with the number in each cell.

    Parameters
    ----------
    counts
        One row per cell.
    across, down, value
        The columns that lie across, lie down, and are counted.
    title
        What the chart shows.
    wide
        Take the whole width of the page.
    """
    columns = list(dict.fromkeys(counts[across]))
    rows = list(dict.fromkeys(counts[down]))
    made = theme.figure(title, height=_tall(len(rows), least=220) + 60, wide=wide)
    if counts.empty:
        return theme.nothing(made, "Nothing to show.")
    cells = {
        (row, column): number
        for row, column, number in zip(counts[down], counts[across], counts[value], strict=True)
    }
    grid = [[cells.get((row, column)) for column in columns] for row in rows]
    made.add_heatmap(
        x=theme.words(columns) if across in CODED else theme.labels(columns),
        y=theme.words(rows) if down in CODED else theme.labels(rows),
        z=grid,
        coloraxis="coloraxis",
        texttemplate="%{z:,}",
        xgap=2,
        ygap=2,
        hoverongaps=False,
        hovertemplate="%{y} × %{x}: %{z}<extra></extra>",
    )
    made.update_layout(coloraxis={"showscale": False, "cmin": 0})
    made.update_xaxes(showgrid=False, tickangle=-35 if len(columns) > 4 else 0)
    return made.update_yaxes(showgrid=False, autorange="reversed")


def checks(counted: pd.DataFrame) -> go.Figure:
    """A matrix: which check speaks of which cause, and how often.

    Parameters
    ----------
    counted
        What ``measures.findings.check_by_cause`` returns.
    """
    title = "Which check speaks of which cause"
    return matrix(counted, "cause", "check", "findings", title, wide=True)


def groups(counted: pd.DataFrame) -> go.Figure:
    """A matrix: how many memberships of which group disagree, by cause.

    Parameters
    ----------
    counted
        What ``measures.membership.group_by_cause`` returns.
    """
    title = "Memberships that disagree, by group and cause"
    return matrix(counted, "cause", "group", "memberships", title, wide=True)


def states(counted: pd.DataFrame) -> go.Figure:
    """A matrix: people by their state in the source and in the target.

    Parameters
    ----------
    counted
        What ``measures.people.state_matrix`` returns.
    """
    title = "People by state in the source (down) and in the target (across)"
    return matrix(counted, "target_state", "source_state", "people", title)


def coverage(groups: pd.DataFrame, title: str = "Groups least complete in the target") -> go.Figure:
    """Bars: of each group's wanted memberships, how many are there and how many are missing.

    Parameters
    ----------
    groups
        ``group``, ``wanted``, ``missing``; what ``measures.membership.coverage`` returns, cut to
        the groups to show.
    title
        What the chart shows.
    """
    made = theme.figure(title, height=_tall(len(groups)), wide=True)
    if groups.empty:
        return theme.nothing(made, "No group lacks a member, as far as was exported.")
    there = (groups["wanted"] - groups["missing"]).tolist()
    for name, numbers, shade in (
        ("in the target", there, theme.PALETTE["neutral"]),
        ("missing", groups["missing"].tolist(), theme.PALETTE["deletion"]),
    ):
        made.add_bar(
            x=numbers,
            y=theme.labels(groups["group"]),
            name=name,
            orientation="h",
            marker_color=shade,
            text=[f"{number:,}" if number else "" for number in numbers],
            textposition="auto",
            textangle=0,
            hovertemplate="%{y}: %{x}<extra>%{fullData.name}</extra>",
        )
    made.update_layout(barmode="stack")
    made.update_yaxes(autorange="reversed", showgrid=False)
    return made.update_xaxes(title="memberships", rangemode="tozero")


def _tall(rows: int, least: int = 130) -> int:
    return max(least, 90 + 26 * rows)
