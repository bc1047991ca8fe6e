"""The documentation: generated pages are fresh, examples run, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
import typer

from scimlytics.cli.app import EXIT_CODES, application
from scimlytics.settings import FileRule, Settings, settings_of
from tests.cli import call, small_tenant

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for word, text in FENCE.findall(page.read_text("utf-8")) if word == language]


def generator(name: str = "generate") -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands() -> set[str]:
    return set(typer.main.get_command(application()).commands)


def test_the_generated_pages_are_fresh() -> None:
    written = {path.name: path.read_text("utf-8") for path in (DOCS / "reference").glob("*.md")}

    assert generator().pages() == written, "stale: run `make docs`"


def test_each_scenario_of_the_page_of_reliability_has_its_test() -> None:
    made = generator("reliability")

    assert made.missing() == []
    assert made.page() == (DOCS / "reliability.md").read_text("utf-8"), "stale: run `make docs`"


def test_each_figure_of_the_page_of_reliability_holds() -> None:
    figures = [one for one in generator("reliability").figures() if one["bar"] is not None]

    assert {one["benchmark"] for one in figures} == {"crashes", "kills", "pulls", "peer", "fuzz"}
    assert [one["figure"] for one in figures if not one["holds"]] == []


def test_the_catalogue_names_each_check_and_cause() -> None:
    from scimlytics.vocabulary import CAUSES

    text = (DOCS / "reference/checks.md").read_text("utf-8")

    assert [key for key in CAUSES if f"`{key[2]}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")

    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", text):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            assert anchor in {head.lower().replace(" ", "-") for head in heads}, anchor


def test_the_readme_names_each_command_and_exit_code() -> None:
    text = (ROOT / "README.md").read_text("utf-8")

    assert [name for name in commands() if f"`scimlytics {name}`" not in text] == []
    assert [code for code in EXIT_CODES if f"| {code} |" not in text] == []


def test_the_example_settings_are_read_and_hold_each_key() -> None:
    example = next(text for text in blocks(DOCS / "evidence.md", "toml") if "[source]" in text)
    document = tomllib.loads(example)

    settings_of(document)

    for name in Settings.model_fields:
        keys = getattr(type(getattr(settings_of({}), name)), "model_fields", {})
        assert name in document
        assert not keys or set(keys) <= set(document[name]), name
    assert set(FileRule.model_fields) <= set(document["files"][0])


def test_the_examples_for_engineers_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_tenant(tmp_path / "evidence")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("scimlytics.report", lambda *_, **__: type("R", (), {"index": "made"}))
    names: dict[str, object] = {}

    for code in blocks(DOCS / "python.md", "python"):
        exec(compile(code, "docs/python.md", "exec"), names)

    said = capsys.readouterr().out
    assert "bob@example.com" in said
    assert "nowhere: there is no such folder." in said
    assert said.endswith("made\n")


@pytest.mark.parametrize("name", sorted(commands()))
def test_each_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = call(capsys, name, "--help")

    assert ran.code == 0
    assert ran.out.startswith(f"Usage: scimlytics {name}")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_prose_leaves_out_words_that_belittle(page: Path) -> None:
    text = FENCE.sub("", page.read_text("utf-8"))

    assert not re.findall(r"\b(simply|obviously|of course|easily)\b", text, re.IGNORECASE)


def test_each_module_of_commands_is_in_the_order_of_the_help() -> None:
    from scimlytics.cli import commands as folder
    from scimlytics.cli.app import COMMANDS

    modules = {path.stem for path in Path(folder.__file__).parent.glob("[a-z]*.py")}

    assert modules == set(COMMANDS)
