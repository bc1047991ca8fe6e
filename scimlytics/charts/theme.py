"""The looks of all charts: palette, light and dark, and how data becomes a label."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

PALETTE = {
    "throttling": "#bf8a0f",
    "scope": "#8138ee",
    "mapping": "#00a2b5",
    "conflict": "#db4ffe",
    "deletion": "#ed215e",
    "incomplete": "#178458",
    "target_error": "#746c26",
    "unknown": "#7d7d7d",
    "neutral": "#2f7ab5",
}
"""Told apart with every kind of colour vision, and at least 3:1 against white and #151b23."""
FAMILY = {
    "throttled": "throttling",
    "throttling_gap": "throttling",
    "provider_delay": "throttling",
    "transient_error": "throttling",
    "out_of_scope": "scope",
    "group_out_of_scope": "scope",
    "nested_group": "scope",
    "member_not_assigned": "scope",
    "unassigned_access": "scope",
    "push_assign_race": "scope",
    "mapping_misconfigured": "mapping",
    "group_mapping_off": "mapping",
    "create_only_mapping": "mapping",
    "mapping_changed": "mapping",
    "patch_semantics": "mapping",
    "jit_twin": "conflict",
    "case_split": "conflict",
    "blocked_by_existing": "conflict",
    "name_taken_elsewhere": "conflict",
    "source_recreated": "conflict",
    "shared_key": "conflict",
    "second_writer": "conflict",
    "claim_contradicted": "conflict",
    "target_deleted": "deletion",
    "target_group_deleted": "deletion",
    "target_disabled": "deletion",
    "target_lifecycle_rule": "deletion",
    "idp_deprovisioned": "deletion",
    "restored_without_memberships": "deletion",
    "orphaned_leaver": "deletion",
    "target_edit": "deletion",
    "bad_payload": "incomplete",
    "no_match_key": "incomplete",
    "group_key_missing": "incomplete",
    "reference_unresolved": "incomplete",
    "incremental_blind_spot": "neutral",
    "unauthorised": "target_error",
    "no_licence": "target_error",
    "target_incompatible": "target_error",
    "target_requires_group": "target_error",
    "removal_ignored": "target_error",
    "quarantine": "target_error",
    "credential_expiry": "target_error",
    "unknown": "unknown",
}
SPOKEN = {"neutral": "never sent", "target_error": "target error"}
"""Families whose name alone does not say what they are."""
SEVERITY = {
    "critical": "#ed215e",
    "high": "#bf8a0f",
    "medium": "#2f7ab5",
    "low": "#746c26",
    "info": "#7d7d7d",
}
GLYPHS = {"critical": "◆", "high": "▲", "medium": "●", "low": "■", "info": "·", "fine": "✓"}
LIGHT = {"ink": "#1c2430", "quiet": "#5b6675", "line": "#dde3e9", "ground": "#ffffff"}
DARK = {"ink": "#dde4ec", "quiet": "#97a3b2", "line": "#2b343f", "ground": "#0f141a"}
SCALES = {
    "light": [[0, "#eef3f8"], [0.5, "#7fb0d6"], [1, "#134b7a"]],
    "dark": [[0, "#18222d"], [0.5, "#2f6d9f"], [1, "#a9d6f7"]],
}
"""Heatmaps run away from the ground, so that little is quiet in the dark as well."""
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, Ubuntu, Helvetica Neue, Arial, sans-serif"


def family(cause: str) -> str:
    """The family of a cause, a name of ``PALETTE``."""
    return FAMILY.get(cause, "unknown")


def color(cause: str) -> str:
    """The colour of a cause: that of its family."""
    return PALETTE[family(cause)]


def label(text: Any) -> str:
    """Text from data as plotly may have it: no markup, no template, no formula, no control signs."""
    clean = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in str(text))
    return html.escape(clean, quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def words(values: Iterable[Any]) -> list[str]:
    """Labels of our own words: ``target_deleted`` reads "target deleted"."""
    return [label(str(value).replace("_", " ")) for value in values]


def labels(values: Iterable[Any]) -> list[str]:
    """:func:`label` of each value."""
    return [label(value) for value in values]


def template(mode: str) -> dict[str, Any]:
    """The plotly template of ``light`` or ``dark``."""
    look = DARK if mode == "dark" else LIGHT
    axis = {
        "gridcolor": look["line"],
        "linecolor": look["line"],
        "zeroline": False,
        "ticks": "",
        "automargin": True,
        "title": {"standoff": 10, "font": {"color": look["quiet"], "size": 12}},
        "tickfont": {"color": look["quiet"], "size": 12},
    }
    return {
        "layout": {
            "font": {"family": FONT, "size": 13, "color": look["ink"]},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(PALETTE.values())[::-1],
            "colorscale": {"sequential": SCALES[mode]},
            "coloraxis": {
                "colorscale": SCALES[mode],
                "colorbar": {
                    "outlinewidth": 0,
                    "thickness": 10,
                    "tickfont": {"color": look["quiet"]},
                },
            },
            "margin": {"l": 8, "r": 12, "t": 12, "b": 8},
            "xaxis": axis,
            "yaxis": axis,
            "legend": {
                "orientation": "h",
                "y": 1.02,
                "yanchor": "bottom",
                "x": 0,
                "title": {"text": ""},
            },
            "hoverlabel": {
                "bgcolor": look["ground"],
                "bordercolor": look["line"],
                "font": {"family": FONT, "color": look["ink"]},
                "align": "left",
            },
            "bargap": 0.25,
            "uniformtext": {"mode": "hide", "minsize": 10},
            "annotationdefaults": {
                "font": {"color": look["quiet"], "size": 12},
                "showarrow": False,
            },
            "shapedefaults": {"line": {"width": 0}},
        }
    }


def figure(title: str, *, height: int = 320, wide: bool = False) -> go.Figure:
    """An empty figure in our looks, with its title.

    Parameters
    ----------
    title
        What the chart shows. The report puts it above the chart.
    height
        In pixels.
    wide
        The chart takes the whole width of a page.
    """
    import plotly.graph_objects as go

    made = go.Figure(
        layout={"template": template("light"), "height": height, "meta": {"wide": wide}}
    )
    return made.update_layout(
        title={"text": title}, margin={"t": 48}, legend={"traceorder": "normal"}
    )


def nothing(made: go.Figure, text: str = "Nothing here.") -> go.Figure:
    """Say in words that a chart has nothing to show; never leave it blank."""
    made.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", font={"size": 14})
    made.update_layout(height=130)
    made.update_xaxes(visible=False)
    return made.update_yaxes(visible=False)
