"""The same objects in JupyterLab: tables by itables, charts by plotly, names escaped."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from scimlytics.reports.engine import Kernel
from scimlytics.reports.show import PLOTLY, TABLE
from tests.reporting import SHOW, notebook

NAME = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What somebody sees who runs such cells in a notebook, with no report being made."""
    path = notebook(
        tmp_path_factory.mktemp("n"),
        "a",
        f"{SHOW}\nfrom scimlytics.charts import theme\nframe = pd.DataFrame({{'who': [{NAME!r}], 'n': [1]}})",
        f"show.table(frame, {NAME!r})",
        "figure = theme.figure('A chart')\nfigure.add_bar(x=theme.labels(frame['who']), y=frame['n'])\n"
        "show.figure(figure, frame)",
    )
    with Kernel(isolate=False) as kernel:
        client = NotebookClient(nbformat.read(path, as_version=4), km=kernel.manager())
        executed = client.execute(cleanup_kc=True)
    return [output for cell in executed.cells for output in cell.get("outputs", [])]


def test_a_table_is_interactive_and_its_names_are_text(outputs: list[Any]) -> None:
    html = next(out.data["text/html"] for out in outputs if TABLE in out.get("data", {}))

    assert "itables" in html
    assert NAME not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_chart_keeps_its_title(outputs: list[Any]) -> None:
    chart = next(out.data[PLOTLY] for out in outputs if PLOTLY in out.get("data", {}))

    assert chart["layout"]["title"]["text"] == "A chart"
    assert chart["layout"]["margin"]["t"] >= 40
