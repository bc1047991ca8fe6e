"""Notebooks: prose and calls only, and each runs on the sample as it is, and on hostile names."""

from __future__ import annotations

import ast
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from scimlytics import shipped
from scimlytics.reports import Report, notebook_names, report
from scimlytics.reports.parameters import declared
from scimlytics.reports.show import PLOTLY, TABLE
from tests.browser import Browser

FOLDER = shipped.notebooks()
SAMPLE = shipped.sample() / "evidence"
NAMES = notebook_names()
MOST_LINES = 10
HOSTILE = "<script>alert(1)</script>"
MARKS = ".bars path, .heatmaplayer image, .heatmaplayer path, .scatterlayer path, .annotation"
"""What a chart that is not blank has."""
every_notebook = pytest.mark.parametrize("name", NAMES)


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def code(name: str) -> list[Any]:
    return [cell for cell in read(name).cells if cell.cell_type == "code"]


@every_notebook
def test_a_notebook_asks_a_question_first_and_then_declares_its_parameters(name: str) -> None:
    cells = read(name).cells

    assert re.match(r"# .+\?\n", cells[0].source)
    assert cells[1].metadata["tags"] == ["parameters"]
    known = declared(read(name))
    assert {"evidence_path", "as_of"} <= set(known)
    assert all(parameter.help for parameter in known.values())
    assert (FOLDER / str(known["evidence_path"].default)).resolve() == SAMPLE.resolve()


@every_notebook
def test_a_notebook_holds_prose_and_calls_only(name: str) -> None:
    for cell in code(name):
        tree = ast.parse(cell.source)
        banned = (
            ast.FunctionDef,
            ast.AsyncFunctionDef,
            ast.ClassDef,
            ast.Lambda,
            ast.For,
            ast.While,
        )
        assert not [node for node in ast.walk(tree) if isinstance(node, banned)], cell.source
        assert len(cell.source.splitlines()) <= MOST_LINES, cell.source


@every_notebook
def test_a_notebook_in_git_has_no_outputs(name: str) -> None:
    for cell in code(name):
        assert cell.outputs == []
        assert cell.execution_count is None


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of the sample, in which one person has a hostile name."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(SAMPLE, folder / "evidence")
    _rename_somebody(folder / "evidence")
    return report(folder / "evidence", folder / "out")


def _rename_somebody(evidence: Path) -> None:
    """Give a person and a group whose membership is missing a hostile name, on all sides."""
    for packed in evidence.rglob("*.json.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    truth = json.loads((SAMPLE.parent / "truth.json").read_text(encoding="utf-8"))
    lost = next(one for one in truth["faults"] if one["object_type"] == "membership")
    for kind, key in (("users", "source_id"), ("groups", "group_source_id")):
        listed = (evidence / "source" / f"{kind}.json").read_text(encoding="utf-8")
        found = re.search(rf'"id":\s*"{lost[key]}".*?"displayName":\s*("[^"]+")', listed)
        assert found is not None
        for path in evidence.rglob("*.json"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(found.group(1), json.dumps(HOSTILE)), encoding="utf-8")


def test_the_hostile_name_is_on_a_page_as_text(made: Report) -> None:
    page = next(page for page in made.pages if page.name == "missing_memberships")

    assert "\\u003cscript\\u003ealert(1)" in page.path.read_text(encoding="utf-8")


@every_notebook
def test_a_notebook_runs_on_the_sample(made: Report, name: str) -> None:
    page = next(page for page in made.pages if page.name == name)

    assert page.failure is None
    assert page.path.exists()


@every_notebook
def test_what_a_notebook_shows_is_in_its_page(made: Report, name: str) -> None:
    page = next(page for page in made.pages if page.name == name)
    executed = nbformat.read(made.index.parent / "notebooks" / f"{name}.ipynb", as_version=4)
    shown = [
        output.data
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if output.output_type in ("display_data", "execute_result")
    ]
    html = page.path.read_text(encoding="utf-8")

    charts = [data for data in shown if PLOTLY in data]
    tables = [data for data in shown if TABLE in data and PLOTLY not in data]
    assert len(re.findall(r"data-chart=", html)) == len(charts) > 0
    assert len(re.findall(r'<div class="tabled">', html)) == len(tables) > 0
    assert html.index('class="banner trust"') < html.index('class="figures"')
    assert "alert(1)</script>" not in html.replace(
        "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", ""
    ).replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("width", [1400, 420])
@pytest.mark.parametrize("dark", [False, True])
@every_notebook
def test_a_page_of_the_sample_is_drawn_offline(
    made: Report, browser: Browser, name: str, dark: bool, width: int
) -> None:
    page = next(page for page in made.pages if page.name == name)

    browser.open(page.path, dark=dark, width=width)

    assert browser.complaints() == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in browser.requests())
    blank = f"[...document.querySelectorAll('.drawing:not(:has({MARKS}))')].length"
    bare = (
        "[...document.querySelectorAll('.tabled tbody')].filter((one) => !one.rows.length).length"
    )
    assert browser.evaluate(blank) == 0
    assert browser.evaluate(bare) == 0
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
