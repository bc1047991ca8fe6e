"""Pages that are printed from simulated tenants: a page per cause, and troubleshooting by complaint."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

from scimlytics.vocabulary import CAUSES

DOCS = Path(__file__).parent.parent / "docs"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_each_cause_has_a_page_that_is_fresh() -> None:
    written = {path.name: path.read_text("utf-8") for path in (DOCS / "causes").glob("*.md")}

    assert script("causes").pages() == written, "stale: run `make docs`"
    assert {f"{cause}.md" for *_, cause in CAUSES} == set(written) - {"index.md"}


def test_each_cause_says_what_only_looks_like_it() -> None:
    for path in (DOCS / "causes").glob("[!i]*.md"):
        text = path.read_text("utf-8")
        assert re.search(r"## What only looks like it\n\n- \S", text), path.name


def test_the_incidents_end_as_they_are_printed() -> None:
    written = (DOCS / "troubleshooting.md").read_text("utf-8")

    assert script("incidents").page() == written, "stale: run `make docs`"
