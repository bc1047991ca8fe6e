"""Running notebooks: one kernel, nothing carried over, nothing half published."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from scimlytics.errors import InputError, ReportError
from scimlytics.reports import Report, notebook_names, report
from tests.reporting import SHOW, notebook

CHANGE_MUCH = """
import os, warnings
import pandas as pd
import plotly.io as pio
left_behind = 1
os.environ["LEFT_BEHIND"] = "1"
os.chdir("/")
pd.set_option("display.max_rows", 7)
pio.templates.default = "ggplot2"
warnings.simplefilter("ignore")
print(os.getpid())
""".strip()
LOOK_AROUND = """
import json, os
import pandas as pd
import plotly.io as pio
print(json.dumps({
    "pid": os.getpid(), "variable": "left_behind" in globals(), "env": os.environ.get("LEFT_BEHIND"),
    "cwd": os.getcwd(), "rows": pd.get_option("display.max_rows"), "look": pio.templates.default,
    "secret": os.environ.get("GRAPH_SECRET"),
}))
""".strip()


def printed(made: Report, name: str) -> str:
    executed = nbformat.read(made.index.parent / "notebooks" / f"{name}.ipynb", as_version=4)
    return "".join(
        output.text
        for cell in executed.cells
        for output in cell.get("outputs", [])
        if "text" in output
    )


def test_nothing_carries_over_from_one_notebook_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPH_SECRET", "hush")
    notebook(tmp_path / "n", "a", CHANGE_MUCH)
    notebook(tmp_path / "n", "b", LOOK_AROUND)

    made = report("evidence", tmp_path / "out", notebooks=tmp_path / "n")

    seen = json.loads(printed(made, "b"))
    assert seen.pop("pid") == int(printed(made, "a")), "one kernel serves both"
    assert seen == {
        "variable": False,
        "env": None,
        "cwd": str(tmp_path / "n"),
        "rows": 60,
        "look": "plotly",
        "secret": None,
    }


def test_isolated_notebooks_have_a_kernel_each(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "a", "import os\nprint(os.getpid())")
    notebook(tmp_path / "n", "b", "import os\nprint(os.getpid())")

    made = report("evidence", tmp_path / "out", notebooks=tmp_path / "n", isolate=True)

    assert printed(made, "a") != printed(made, "b")


def test_a_notebook_that_fails_keeps_its_page_and_the_others_are_made(tmp_path: Path) -> None:
    notebook(
        tmp_path / "n", "a", "print('before')", "raise ValueError('<b>no</b>')", "## Later", "1 + 1"
    )
    notebook(tmp_path / "n", "b", "import os\nos._exit(1)")
    notebook(tmp_path / "n", "c", "while True:\n    pass")
    notebook(tmp_path / "n", "d", "print('well')")

    made = report("evidence", tmp_path / "out", notebooks=tmp_path / "n", timeout=3)

    failures = {page.name: page.failure for page in made.pages}
    assert failures["a"] == "ValueError: <b>no</b>"
    assert "died" in str(failures["b"])
    assert "longer than 3 seconds" in str(failures["c"])
    assert failures["d"] is None
    page = (tmp_path / "out" / "a.html").read_text()
    assert "ValueError: &lt;b&gt;no&lt;/b&gt;" in page
    assert "before" in page
    assert page.count("Not computed.") == 2, "where it failed, and the section it did not reach"
    assert "well" in (tmp_path / "out" / "d.html").read_text()
    assert [page.name for page in made.failures] == ["a", "b", "c"]


def test_an_earlier_report_stays_whole_until_the_new_one_is(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "a", "print('first')")
    out = tmp_path / "out"
    report("evidence", out, notebooks=tmp_path / "n")
    notebook(tmp_path / "n", "a", "print('second')")
    during = []

    report(
        "evidence",
        out,
        notebooks=tmp_path / "n",
        progress=lambda name, place, of: during.append((out / "a.html").read_text()),
    )

    assert "first" in during[0]
    assert "second" in (out / "a.html").read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_is_no_report_is_never_replaced(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "a")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "precious.txt").write_text("mine")

    with pytest.raises(ReportError, match="is not empty and no report"):
        report("evidence", tmp_path / "out", notebooks=tmp_path / "n")

    assert (tmp_path / "out" / "precious.txt").read_text() == "mine"


def test_names_and_paths_with_quotes_and_braces_stay_data(tmp_path: Path) -> None:
    folder = tmp_path / "a\"b{c}'d"
    notebook(folder / "n", "a", "print(name)\nprint(evidence_path)")
    hostile = "\"); import os; os._exit(1) #\n'\\"

    made = report(
        folder / "evi'dence", folder / "out", notebooks=folder / "n", parameters={"name": hostile}
    )

    assert made.failures == ()
    assert hostile in printed(made, "a")
    assert str(folder / "evi'dence") in printed(made, "a")


def test_unknown_notebooks_and_parameters_are_refused_before_anything_runs(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "alpha")

    with pytest.raises(InputError, match=r"no notebook 'alpa'.*Did you mean 'alpha'"):
        report("evidence", tmp_path / "out", notebooks=tmp_path / "n", only=["alpa"])
    with pytest.raises(InputError, match=r"no parameter 'nmae'.*evidence_path, name, rows"):
        report("evidence", tmp_path / "out", notebooks=tmp_path / "n", parameters={"nmae": 1})
    assert not (tmp_path / "out").exists()


def test_a_parameter_goes_to_the_notebooks_that_declare_it(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "a", "print(rows)")

    made = report("evidence", tmp_path / "out", notebooks=tmp_path / "n", parameters={"rows": "12"})

    assert printed(made, "a") == "12\n"
    assert "12" in (tmp_path / "out" / "a.html").read_text(), "how this was made"


def test_without_the_overview_the_report_begins_with_a_list_of_pages(tmp_path: Path) -> None:
    notebook(tmp_path / "n", "a", title="Who is <b>missing</b>?")

    made = report("evidence", tmp_path / "out", notebooks=tmp_path / "n")

    index = made.index.read_text()
    assert 'href="a.html"' in index
    assert "Who is &lt;b&gt;missing&lt;/b&gt;?" in index


def test_whole_tables_lie_beside_the_page(tmp_path: Path) -> None:
    import pandas as pd

    notebook(
        tmp_path / "n",
        "a",
        SHOW
        + '\nshow.table(pd.DataFrame({"n": range(2500), "t": ["=1+1"] * 2500}), "All of them")',
    )

    report("evidence", tmp_path / "out", notebooks=tmp_path / "n")

    page = (tmp_path / "out" / "a.html").read_text()
    assert "First 2,000 of 2,500." in page
    assert 'href="data/a-all-of-them.csv"' in page
    assert len(pd.read_parquet(tmp_path / "out/data/a-all-of-them.parquet")) == 2500
    csv = pd.read_csv(tmp_path / "out/data/a-all-of-them.csv")
    assert len(csv) == 2500
    assert csv["t"].unique().tolist() == ["'=1+1"]


def test_the_shipped_notebooks_come_in_their_order() -> None:
    assert notebook_names()[0] == "overview"
