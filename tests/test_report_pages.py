"""Pages: what a notebook shows is all there, and what comes from data stays text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pyarrow as pa
import pytest

from scimlytics.charts import theme
from scimlytics.reports import show
from scimlytics.reports.assets import assets, classic
from scimlytics.reports.cells import arrow, shown, visible, write_whole
from scimlytics.reports.exporter import ReportExporter, prose
from scimlytics.reports.page import values

SCRIPT = "<script>alert(1)</script>"
HOSTILE = (
    SCRIPT,
    "</script><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    '"><svg/onload=alert(1)>',
    "<a href='javascript:alert(1)'>x</a>",
    "{{ 7 * 7 }}",
    "%{customdata}",
    "<!--",
)


def code(*outputs: dict[str, Any], source: str = "x", count: int | None = 1) -> Any:
    cell = nbformat.v4.new_code_cell(source, execution_count=count)
    cell.outputs = [nbformat.v4.new_output("display_data", data=bundle) for bundle in outputs]
    return cell


def page(*cells: Any, **about: Any) -> str:
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    html, _ = ReportExporter().from_notebook_node(notebook, resources={"report": about})
    return str(html)


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def skeleton(html: str) -> list[str]:
    """The tags of a page, and the attributes that could do something."""
    return [
        tag + "".join(sorted(f" {name}" for name in attrs if name.startswith("on")))
        for tag, attrs in Tags(html).found
    ]


def everything(text: str) -> str:
    """A page on which one text from data stands in every place."""
    frame = pd.DataFrame({"subject": [text], "cause": [text], "n": [1]})
    figure = theme.figure(text)
    figure.add_bar(x=theme.labels([text]), y=[1], name=theme.label(text))
    figures = pd.DataFrame(
        {
            "label": [text],
            "value": [1],
            "of": [2],
            "of_what": [text],
            "severity": [text],
            "note": [text],
        }
    )
    trust = {
        "name": text,
        "as_of": text,
        "trusted": [text],
        "cannot": [{"what": text, "why": text}],
        "clocks": [{"label": text, "from": text, "to": text}],
        "apart": text,
    }
    bundles = [
        show.table(frame, text, note=text).bundle,
        show.figure(figure, frame).bundle,
        show.key_figures(figures).bundle,
        {show.TRUST: trust},
        {"text/html": text},
        {"text/plain": text},
        {"application/javascript": text},
        {"image/svg+xml": text},
    ]
    return page(
        nbformat.v4.new_markdown_cell(
            f"# {text}\n{text}\n## {text}\n![{text}](http://evil.example/x.png)"
        ),
        code(*bundles),
        failure=text,
        site=[{"name": "a", "file": "a.html", "label": text, "failed": True}],
        made={
            "facts": [(text, text)],
            "parameters": [(text, text)],
            "evidence": text,
            "notebook": "a.ipynb",
        },
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_data_never_becomes_a_tag(text: str) -> None:
    plain = skeleton(everything("plain"))

    assert skeleton(everything(text)) == plain


def test_a_page_asks_for_nothing_from_elsewhere() -> None:
    for tag, attrs in Tags(everything("plain")).found:
        for name in ("src", "href", "srcset", "action", "data"):
            assert not re.match(r"(https?:)?//", attrs.get(name) or ""), (tag, attrs)
    assert "default-src 'none'; script-src 'self'" in everything("plain")


def test_every_figure_and_table_of_the_notebook_is_in_the_page() -> None:
    frame = pd.DataFrame({"a": [1, 2]})
    figure = theme.figure("A chart")
    figure.add_bar(x=[1], y=[2])
    html = page(
        code(show.table(frame, "One").bundle, show.table(frame, "One").bundle),
        code(show.figure(figure, frame).bundle, {show.PLOTLY: json.loads(figure.to_json())}),
    )

    tags = Tags(html).found
    assert sum(1 for tag, attrs in tags if "data-chart" in attrs) == 2
    assert sum(1 for tag, attrs in tags if tag == "table") == 4, (
        "two tables, and one for each chart"
    )
    ids = [attrs["id"] for _, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_html_and_scripts_of_a_notebook_never_reach_a_page() -> None:
    html = page(code({"text/html": "<b id=evil>x</b>", "text/plain": "the plain form"}))

    assert "evil" not in html
    assert "the plain form" in html


def test_prose_may_have_emphasis_and_links_but_no_tags_and_no_scripts() -> None:
    html = prose(f"**bold** {SCRIPT} [a](javascript:alert(1)) ![pic](http://evil.example/x.png)")

    assert "<strong>bold</strong>" in html
    assert "<script" not in html
    assert "<img" not in html
    assert "javascript:alert" not in html


def test_control_characters_are_shown_by_their_code() -> None:
    assert visible("a\x1b[31mb\u202ec") == "a\\u001b[31mb\\u202ec"
    assert "\\u202e" in theme.label("a\u202eb")


def test_labels_of_charts_hold_no_markup_and_no_template() -> None:
    label = theme.label("<b>%{customdata}</b> $x$")

    assert "<" not in label
    assert "%{" not in label
    assert "$" not in label


def test_a_table_without_rows_says_so() -> None:
    assert "None." in page(code(show.table(pd.DataFrame({"a": []}), "Empty").bundle))


def test_cells_that_look_like_formulas_are_prefixed_in_the_csv_only(tmp_path: Path) -> None:
    risky = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx", ' "=1', "fine", None, "a=b"]
    table = pa.table({"text": risky, "number": [-1.5] * len(risky)})

    prefixed = write_whole(table, tmp_path / "t")

    assert prefixed == ["text"]
    written = pd.read_csv(tmp_path / "t.csv", keep_default_na=False)
    assert written["text"].tolist()[:4] == ["'=1", "'+1", "'-1", "'@x"]
    assert written["text"].tolist()[-3:] == ["fine", "", "a=b"]
    assert written["number"].tolist() == [-1.5] * len(risky)
    assert pd.read_parquet(tmp_path / "t.parquet")["text"].tolist()[0] == "=1"


def test_values_are_plain_json_whatever_the_column_holds() -> None:
    frame = pd.DataFrame(
        {
            "at": pd.to_datetime(["2026-11-20T06:00:01Z", None]),
            "many": [["a", "b"], None],
            "mixed": [1, "x"],
            "flag": [True, None],
            "real": [1 / 3, float("nan")],
        }
    )

    held = arrow(frame)

    assert {name: shown(held.column(name)) for name in held.column_names} == {
        "at": ["2026-11-20 06:00:01", None],
        "many": ["a, b", None],
        "mixed": ["1", "x"],
        "flag": [True, None],
        "real": [0.333333, None],
    }


def test_packed_numbers_of_a_chart_can_be_read_back() -> None:
    import numpy as np

    figure = theme.figure("x")
    figure.add_bar(x=np.array([1, 2], "int16"), y=np.array([0.5, 1.5]))
    packed = json.loads(figure.to_json())["data"][0]

    assert values(packed["x"]) == [1, 2]
    assert values(packed["y"]) == [0.5, 1.5]


def test_the_assets_come_from_the_installed_packages() -> None:
    held = assets()

    assert set(held) == {
        "plotly.min.js", "tables.js", "tables.css", "looks.js", "theme.js", "report.js", "report.css",
    }  # fmt: skip
    assert "window.DataTable=" in held["tables.js"]
    assert "export{" not in held["tables.js"]
    with pytest.raises(Exception, match="no default export"):
        classic("let a = 1;")
