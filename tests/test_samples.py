"""The public samples beside the checkout: what becomes of each file.

``samples_counts.json`` holds the table; ``python -m tests.test_samples`` writes it anew. The samples
themselves are never part of this repository.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scimlytics.loaders import FileReport, read_folder
from scimlytics.settings import Settings, read_settings

COUNTS = Path(__file__).with_name("samples_counts.json")


def shared(name: str) -> Path | None:
    """A folder of ``shared``, beside this checkout or one of the folders above it."""
    for folder in Path(__file__).resolve().parents:
        if (folder / "shared" / name).is_dir():
            return folder / "shared" / name
    return None


SAMPLES, CASES = shared("samples"), shared("cases")
with_samples = pytest.mark.skipif(SAMPLES is None, reason="the samples are not here")
with_cases = pytest.mark.skipif(CASES is None, reason="the cases are not here")


def counted(report: FileReport) -> dict[str, Any]:
    """What became of a file, without anything of its content."""
    rows = {name: count for name, count in sorted(report.tables.items()) if count}
    found: dict[str, Any] = {"format": report.format, "rows": rows, "aside": report.put_aside}
    if report.error:
        found["error"] = report.error.removeprefix(report.path)
    return found


def counts() -> dict[str, Any]:
    """What became of each file of the samples."""
    assert SAMPLES is not None
    return {report.path: counted(report) for report in read_folder(SAMPLES, Settings()).files}


@with_samples
def test_every_sample_is_read_or_recognised_or_named_with_a_reason() -> None:
    expected = json.loads(COUNTS.read_text(encoding="utf-8"))

    found = counts()

    assert found == expected
    for path, what in found.items():
        assert what["format"] or what.get("error"), path


@with_samples
def test_published_json_that_is_none_is_named_with_its_line() -> None:
    broken = {path: what for path, what in counts().items() if "invalid-json" in path}

    assert broken
    for path, what in broken.items():
        assert what["error"].startswith(", line "), path


@with_samples
@pytest.mark.parametrize("folder", ["entra/logs", "entra/graph", "okta", "scim"])
def test_a_folder_of_samples_alone_is_read_alike(folder: str) -> None:
    assert SAMPLES is not None
    whole = {path: what["rows"] for path, what in counts().items()}

    for report in read_folder(SAMPLES / folder, Settings()).files:
        assert counted(report)["rows"] == whole[f"{folder}/{report.path}"]


@with_cases
def test_every_case_loads() -> None:
    assert CASES is not None
    folders = sorted(CASES.glob("*/evidence"))

    assert folders
    for folder in folders:
        loaded = read_folder(folder, read_settings(folder))
        assert [report.error for report in loaded.files if report.error] == []
        assert all(report.put_aside == 0 for report in loaded.files)
        assert {"source_users", "target_users"} <= loaded.present


if __name__ == "__main__":
    COUNTS.write_text(json.dumps(counts(), indent=1, sort_keys=True) + "\n", encoding="utf-8")
