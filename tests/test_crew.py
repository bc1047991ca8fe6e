"""Helpers change how fast a large file is read, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scimlytics.loaders import Loaded, crew, reading
from tests.loading import read, report
from tests.native import (
    audit_target,
    audits_page,
    change,
    directory_audit,
    graph_event,
    log_page,
)

LARGE = 3_600
"""Events that make a file too large to be decoded at once."""


@pytest.fixture
def helped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every file be read with helpers."""
    monkeypatch.setattr(reading, "crowded", lambda path: True)


def content(loaded: Loaded) -> dict[str, Any]:
    return {name: table.to_pylist() for name, table in loaded.tables.items()}


def log() -> dict[str, Any]:
    events = [
        graph_event(str(number), changes=[change("title", None, str(number))])
        for number in range(LARGE)
    ]
    events[7] = events[LARGE - 7]
    events[LARGE // 2] = {**graph_event(), "activityDateTime": "soon"}
    return log_page(*events)


def test_a_log_is_the_same_with_and_without_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps(log())
    assert len(text) > (5 << 20)
    alone = read(tmp_path / "1", {"log/x.json": text})
    monkeypatch.setattr(reading, "crowded", lambda path: True)

    helped = read(tmp_path / "2", {"log/x.json": text})

    assert content(helped) == content(alone)
    assert helped.files == alone.files
    assert helped.pulls == alone.pulls
    assert report(helped, "log/x.json").aside[0][0] == LARGE // 2 + 1


@pytest.mark.usefixtures("helped")
def test_records_that_nest_what_begins_alike_are_still_cut_right(tmp_path: Path) -> None:
    audits = [
        directory_audit(
            "Add member to group",
            *(audit_target(f"{number}-{place}", name="x" * 700) for place in range(3)),
            audit_id=str(number),
        )
        for number in range(LARGE)
    ]

    loaded = read(tmp_path, {"source/a.json": json.dumps(audits_page(*audits))})

    assert loaded.tables["source_audit"].num_rows == LARGE


@pytest.mark.usefixtures("helped")
def test_a_broken_record_far_into_a_file_is_named_with_its_line(tmp_path: Path) -> None:
    text = json.dumps(log(), indent=0)
    cut = text.rfind('"oldValue": null,')
    broken = text[:cut] + '"oldValue": nul,' + text[cut + 17 :]

    error = report(read(tmp_path, {"log/x.json": broken}), "log/x.json").error

    line = broken.count("\n", 0, cut) + 1
    assert (error or "").startswith(f"log/x.json, line {line}: no JSON")


@pytest.mark.usefixtures("helped")
def test_without_helpers_to_be_had_the_file_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew.sys, "executable", "/nowhere/python")

    loaded = read(tmp_path, {"log/x.json": json.dumps(log())})

    assert loaded.tables["events"].num_rows == LARGE - 2
