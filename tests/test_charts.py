"""Charts: they draw what the table says, never blank, and hostile names stay text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from scimlytics.charts import counts, theme, times
from scimlytics.reports.page import values

AT = pd.Timestamp("2026-11-20T06:00Z")
HOSTILE = '<a href="http://evil.example">%{customdata} $x$</a>'
EDGES = pd.DataFrame({"start": [AT], "end": [AT + pd.Timedelta(hours=1)]})
CAUSES = pd.DataFrame({"cause": ["x"], "severity": ["high"], "findings": [3], "of_cause": [3]})
DRAWN: dict[str, tuple[Callable[[pd.DataFrame], Any], pd.DataFrame]] = {
    "by_cause": (counts.by_cause, CAUSES),
    "funnel": (counts.funnel, pd.DataFrame({"stage": ["x"], "people": [5], "lost": [1]})),
    "matrix": (
        lambda frame: counts.matrix(frame, "a", "b", "n", "A matrix"),
        pd.DataFrame({"a": ["x", "y"], "b": ["x", "x"], "n": [4, 2]}),
    ),
    "coverage": (counts.coverage, pd.DataFrame({"group": ["x"], "wanted": [9], "missing": [2]})),
    "causes_over_time": (
        times.causes_over_time,
        pd.DataFrame({"day": [AT], "cause": ["x"], "findings": [6]}),
    ),
    "pressure": (
        lambda frame: times.pressure(frame, EDGES),
        pd.DataFrame({"at": [AT], "accepted": [7], "throttled": [2], "failed": [1]}),
    ),
    "windows": (
        times.windows,
        pd.DataFrame({"subject": ["x"], "cause": ["x"], "since": [AT], "until": [AT]}),
    ),
    "twins": (
        times.twins,
        pd.DataFrame({"subject": ["x"], "role": ["survivor"], "created": [AT]}),
    ),
    "delays": (
        times.delays,
        pd.DataFrame(
            {"object_type": ["x"], "median": [1.0], "p90": [2.0], "p99": [3.0], "longest": [4.0]}
        ),
    ),
}
every_chart = pytest.mark.parametrize(("draw", "frame"), DRAWN.values(), ids=DRAWN)


def drawn(figure: Any) -> dict[str, Any]:
    held: dict[str, Any] = json.loads(figure.to_json())
    return held


@every_chart
def test_a_chart_has_a_title_a_height_and_something_in_it(draw: Any, frame: pd.DataFrame) -> None:
    held = drawn(draw(frame))

    assert held["layout"]["title"]["text"]
    assert held["layout"]["height"] >= 120
    assert held["data"]


@every_chart
def test_a_chart_of_nothing_says_so_in_words(draw: Any, frame: pd.DataFrame) -> None:
    held = drawn(draw(frame.iloc[:0]))

    assert held["data"] == []
    assert held["layout"]["annotations"][0]["text"]


@every_chart
def test_a_chart_leaves_its_table_as_it_was(draw: Any, frame: pd.DataFrame) -> None:
    before = frame.copy()

    draw(frame)

    pd.testing.assert_frame_equal(frame, before)


@every_chart
def test_names_from_data_are_text_in_a_chart(draw: Any, frame: pd.DataFrame) -> None:
    hostile = frame.map(lambda value: HOSTILE if value == "x" else value)

    text = json.dumps(drawn(draw(hostile))["data"])

    assert "<a" not in text
    assert "%{customdata} $" not in text
    assert "$x$" not in text


@every_chart
def test_charts_need_no_webgl_and_hide_nothing_behind_patterns(
    draw: Any, frame: pd.DataFrame
) -> None:
    for trace in drawn(draw(frame))["data"]:
        assert not trace["type"].endswith("gl")
        assert "pattern" not in trace.get("marker", {})


def test_the_bars_of_causes_are_the_numbers_of_the_table() -> None:
    table = pd.DataFrame(
        {
            "cause": ["target_deleted", "throttled"],
            "severity": ["high", "medium"],
            "findings": [3, 1],
            "of_cause": [3, 1],
        }
    )

    bars = {
        trace["name"]: (trace["y"], values(trace["x"]))
        for trace in drawn(counts.by_cause(table))["data"]
    }

    assert bars == {"▲ high": (["target deleted"], [3]), "● medium": (["throttled"], [1])}


def test_every_cause_has_a_colour_of_the_palette() -> None:
    from scimlytics.vocabulary import CAUSES as KNOWN

    for _, _, cause in KNOWN:
        assert theme.color(cause) in theme.PALETTE.values()
    assert set(theme.FAMILY) <= {cause for _, _, cause in KNOWN}


@pytest.mark.parametrize("ground", ["#ffffff", "#151b23"])
@pytest.mark.parametrize("name", theme.PALETTE)
def test_colours_stand_out_from_light_and_dark_grounds(name: str, ground: str) -> None:
    def light(shade: str) -> float:
        parts = [int(shade[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((light(theme.PALETTE[name]), light(ground)), reverse=True)

    assert (high + 0.05) / (low + 0.05) >= 3
