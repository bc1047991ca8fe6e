"""``report``, ``demo`` and ``notebook``: what they print, how they end, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from scimlytics import shipped
from scimlytics.cli.commands.check import Checked, checked_evidence
from scimlytics.cli.commands.notebook import bring
from scimlytics.reports import Made, Report
from tests.cli import call, small_tenant

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return checked_evidence(small_tenant(tmp_path_factory.mktemp("small")))


@pytest.fixture
def asked(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Checks answer at once and reports are made at once; gives what reports were asked for."""
    calls: list[dict[str, object]] = []

    def made(evidence: Path, out: Path, **options: object) -> Report:
        calls.append({"evidence": evidence, "out": out, **options})
        page = Made("overview", "Overview", out / "index.html", 1.0, None)
        return Report(out / "index.html", (page,))

    monkeypatch.setattr("scimlytics.cli.commands.check.checked_evidence", lambda *_, **__: checked)
    monkeypatch.setattr("scimlytics.reports.run.report", made)
    return calls


def test_report_prints_where_it_begins_and_sums_up_elsewhere(
    asked: list[dict[str, object]], tmp_path: Path, capsys: Capsys
) -> None:
    out = tmp_path / "report"

    ran = call(
        capsys, "report", tmp_path / "e", "--out", out, "--only", "overview", "-p", "hours=2"
    )

    assert (ran.code, ran.out) == (0, f"{out / 'index.html'}\n")
    assert ran.err.splitlines()[-1].startswith("2 findings: 2 high.")
    assert (asked[0]["only"], asked[0]["parameters"]) == (["overview"], {"hours": "2"})


@pytest.mark.parametrize(("limit", "code"), [("critical", 0), ("high", 1)])
def test_report_speaks_of_findings_only_when_asked(
    asked: list[dict[str, object]], limit: str, code: int, tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "report", tmp_path / "e", "--out", tmp_path / "r", "--fail-on", limit)

    assert ran.code == code


def test_a_page_that_could_not_be_finished_is_said_and_exits_2(
    checked: Checked,
    asked: list[dict[str, object]],
    tmp_path: Path,
    capsys: Capsys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Made("overview", "Overview", tmp_path / "index.html", 1.0, "ValueError: no")
    monkeypatch.setattr(
        "scimlytics.reports.run.report", lambda *_, **__: Report(tmp_path / "index.html", (page,))
    )

    ran = call(capsys, "report", tmp_path / "e", "--out", tmp_path / "r")

    assert ran.code == 2
    assert ran.out == f"{tmp_path / 'index.html'}\n"
    assert "1 of 1 pages could not be finished:" in ran.err
    assert "  overview: ValueError: no" in ran.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--only", "overvew"], "Did you mean 'overview'?"),
        (["-p", "hours"], "NAME=VALUE"),
        (["-p", "=2"], "NAME=VALUE"),
        (["-p", "hours=1", "-p", "hours=2"], "given twice"),
        (["--fail-on", "new:high"], "--history"),
        (["--as-of", "noon"], "no time"),
        (["--redact"], "No such option"),
    ],
)
def test_report_refuses_what_it_does_not_know_in_one_line(
    options: list[str], says: str, tmp_path: Path, capsys: Capsys
) -> None:
    tenant = small_tenant(tmp_path / "e")

    ran = call(capsys, "report", tenant, "--out", tmp_path / "r", *options)

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert says in ran.err
    assert not (tmp_path / "r").exists()


def test_a_report_cannot_go_into_its_evidence(tmp_path: Path, capsys: Capsys) -> None:
    tenant = small_tenant(tmp_path / "e")

    ran = call(capsys, "report", tenant, "--out", tenant / "report")

    assert ran.code == 2
    assert "would become part of the evidence" in ran.err


def test_the_evidence_is_read_before_a_page_is_made(tmp_path: Path, capsys: Capsys) -> None:
    ran = call(capsys, "report", tmp_path / "nowhere", "--out", tmp_path / "r")

    assert (ran.code, ran.out) == (2, "")
    assert "no such folder" in ran.err


def test_demo_prints_findings_and_the_path_of_the_report(
    asked: list[dict[str, object]], tmp_path: Path, capsys: Capsys
) -> None:
    ran = call(capsys, "demo", "--out", tmp_path / "demo")

    assert ran.code == 0
    assert "bob@example.com" in ran.out
    assert ran.out.endswith(f"Report: {tmp_path / 'demo' / 'index.html'}\n")
    assert asked[0]["evidence"] == shipped.sample() / "evidence"


def test_notebooks_are_copied_once_and_never_overwritten(tmp_path: Path) -> None:
    copied = bring(tmp_path)

    mine = tmp_path / "notebooks" / "overview.ipynb"
    assert mine in copied
    mine.write_text("mine")
    assert bring(tmp_path) == []
    assert mine.read_text() == "mine"


def test_without_jupyterlab_the_extra_is_named(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)

    ran = call(capsys, "notebook", tmp_path / "work")

    assert ran.code == 2
    assert "pip install 'scimlytics[jupyter]'" in ran.err
    assert not (tmp_path / "work").exists()


def test_jupyterlab_is_opened_on_the_folder(
    tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def start(command: list[str]) -> int:
        started.append(command)
        return 0

    monkeypatch.setattr("importlib.util.find_spec", lambda *_: True)
    monkeypatch.setattr("subprocess.call", start)

    ran = call(capsys, "notebook", tmp_path / "work")

    assert ran.code == 0
    assert started[0][1:] == ["-m", "jupyterlab", f"--ServerApp.root_dir={tmp_path / 'work'}"]
    assert (tmp_path / "work/notebooks/overview.ipynb").is_file()
