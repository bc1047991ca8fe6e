"""Pages in Debian's chromium: offline, silent, drawn, and hostile names stay text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scimlytics.reports import report
from tests.browser import Browser
from tests.reporting import SHOW, notebook

HOSTILE = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
CELLS = (
    SHOW,
    f"""
from scimlytics.charts import theme
name = {HOSTILE!r}
frame = pd.DataFrame({{"subject": [name, "=1+1", "ada"] * 9, "severity": ["critical", "high", "low"] * 9,
    "n": range(27), "note": [name] * 27}})
figure = theme.figure(name)
figure.add_bar(x=theme.labels(frame["subject"][:3]), y=frame["n"][:3], name=theme.label(name))
figure.update_layout(showlegend=True)
""".strip(),
    "show.figure(figure, frame)",
    'show.table(frame, name, columns=["subject", "severity", "n"], details=["note"])',
    'show.key_figures(pd.DataFrame({"label": [name], "value": [1], "severity": ["high"], "note": [name]}))',
)
WIDTHS = (1400, 420)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    notebook(folder / "n", "a", *CELLS)
    notebook(folder / "n", "overview", *CELLS[:3])
    made = report("evidence", folder / "out", notebooks=folder / "n", single_file=True)
    return made.index.parent


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as opened:
        yield opened


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("page", ["index.html", "a.html"])
def test_a_page_is_drawn_offline_and_in_silence(
    made: Path, browser: Browser, page: str, dark: bool, width: int
) -> None:
    browser.open(made / page, dark=dark, width=width)

    assert browser.complaints() == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in browser.requests())
    assert browser.evaluate("document.querySelectorAll('.drawing').length") == 2
    assert browser.evaluate("document.querySelectorAll('.drawing svg .bars path').length") == 6
    assert browser.evaluate("document.title").startswith("Does it work?")
    assert browser.evaluate("document.documentElement.classList.contains('dark')") is dark
    assert browser.evaluate("document.documentElement.scrollWidth") <= width


def test_one_file_holds_all_pages_and_needs_nothing_beside_it(
    made: Path, browser: Browser, tmp_path: Path
) -> None:
    alone = tmp_path / "report.html"
    alone.write_bytes((made / "report.html").read_bytes())

    browser.open(alone)

    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith(("data:", "blob:"))] == [
        alone.as_uri()
    ]
    assert browser.evaluate("document.querySelectorAll('.drawing').length") == 4
    assert browser.evaluate("document.querySelectorAll('.drawing svg .bars path').length") == 12
    assert browser.evaluate("document.title") != "owned"
    assert alone.stat().st_size < 4_000_000


def test_a_hostile_name_stays_text_everywhere(made: Path, browser: Browser) -> None:
    browser.open(made / "a.html")
    browser.evaluate("document.querySelectorAll('summary').forEach((one) => one.click())")
    browser.evaluate("document.querySelectorAll('td.more button').forEach((one) => one.click())")

    assert browser.evaluate("document.title").startswith("Does it work?")
    assert (
        browser.evaluate(
            "document.querySelectorAll('main img, main .grid script:not([type])').length"
        )
        == 0
    )
    assert HOSTILE in browser.evaluate(
        "document.querySelector('table.data:not(figure *) td:nth-child(2)').textContent"
    )
    assert HOSTILE in browser.evaluate("document.querySelector('.unfolded dd').textContent")
    assert HOSTILE in browser.evaluate("document.querySelector('figcaption').textContent")
    assert "<script>" in browser.evaluate(
        "document.querySelector('.drawing .xtick text').textContent"
    )
    assert browser.complaints() == []


def test_tables_can_be_searched_sorted_and_paged(made: Path, browser: Browser) -> None:
    browser.open(made / "a.html")
    rows = "document.querySelectorAll('.tabled tbody tr').length"

    assert browser.evaluate(rows) == 10
    browser.evaluate(
        "(() => { const box = document.querySelector('.tabled .dt-search input');"
        " box.value = 'ada'; box.dispatchEvent(new Event('input', {bubbles: true})); })()"
    )
    assert browser.evaluate(rows) == 9
    assert browser.evaluate("document.querySelector('.tabled .sev').textContent") == "■ low"


def test_the_reader_can_choose_dark_and_keep_it(made: Path, browser: Browser) -> None:
    browser.open(made / "a.html")
    before = browser.evaluate("getComputedStyle(document.body).backgroundColor")

    browser.evaluate("document.getElementById('theme').click()")

    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") != before
    assert browser.complaints() == []
    browser.evaluate("localStorage.clear()")


def test_a_page_prints(made: Path, browser: Browser, tmp_path: Path) -> None:
    browser.open(made / "a.html", dark=True)

    assert browser.pdf(tmp_path / "page.pdf").stat().st_size > 10_000
    assert browser.complaints() == []
