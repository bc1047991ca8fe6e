"""What every check promises, tried on one tenant: order, repetition, division and loss of rows."""

from __future__ import annotations

import gzip
import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scimlytics as scim
from scimlytics.checks import CHECKS, run
from scimlytics.lab import simulate
from scimlytics.tables import FINDINGS
from scimlytics.vocabulary import CAUSES, REMEDIES

SURE = ("confirmed", "likely")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenant with a little of everything, as plain JSON."""
    made = tmp_path_factory.mktemp("promises") / "made"
    simulate(made, users=200, seed=6, target="scim")
    for packed in (made / "evidence").rglob("*.gz"):
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    return made / "evidence"


@pytest.fixture(scope="module")
def findings(folder: Path) -> list[dict[str, Any]]:
    """What is found in it."""
    return found(folder)


def found(folder: Path) -> list[dict[str, Any]]:
    with scim.read(folder) as evidence:
        return list(run(evidence).findings.to_pylist())


def settled(findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Findings without what names rows of files."""
    return [{key: value for key, value in row.items() if key != "evidence"} for row in findings]


def test_findings_keep_to_the_contract(findings: list[dict[str, Any]]) -> None:
    assert findings
    for row in findings:
        assert list(row) == list(FINDINGS.columns)
        cause = CAUSES[row["object_type"], row["situation"], row["cause"]]
        assert row["check"] in CHECKS
        assert row["remedy"] in REMEDIES
        assert row["remedies"][:1] == [row["remedy"]]
        assert row["heals"] == cause.heals
        assert row["detail"].endswith(".")
        assert row["since"] is None or row["until"] is None or row["since"] <= row["until"]
    assert len({row["finding_id"] for row in findings}) == len(findings)


def test_the_same_evidence_gives_the_same_findings(
    folder: Path, findings: list[dict[str, Any]]
) -> None:
    assert found(folder) == findings


def test_order_repetition_and_division_of_files_change_nothing(
    folder: Path, findings: list[dict[str, Any]], tmp_path: Path
) -> None:
    draw = random.Random(3)
    shutil.copytree(folder, tmp_path / "evidence")
    for path in sorted((tmp_path / "evidence").rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        pages = document if isinstance(document, list) else [document]
        for page in pages:
            for key in ("value", "Resources"):
                if isinstance(page, dict) and key in page:
                    draw.shuffle(page[key])
        path.write_text(json.dumps(document), encoding="utf-8")
    log = next((tmp_path / "evidence" / "log").rglob("*.json"))
    shutil.copy(log, log.with_name("again.json"))

    assert settled(found(tmp_path / "evidence")) == settled(findings)


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_lost_rows_without_a_completeness_mark_prove_nothing(
    folder: Path,
    findings: list[dict[str, Any]],
    tmp_path_factory: pytest.TempPathFactory,
    data: Any,
) -> None:
    copy = tmp_path_factory.mktemp("lost") / "evidence"
    shutil.copytree(folder, copy)
    path = copy / "target" / "users.json"
    pages = json.loads(path.read_text(encoding="utf-8"))
    rows = [row for page in pages for row in page["Resources"]]
    gone = data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1, max_size=20))
    bare = [row for place, row in enumerate(rows) if place not in gone]
    path.write_text(json.dumps(bare), encoding="utf-8")
    toml = copy / "scimlytics.toml"
    head, mark, tail = toml.read_text().partition("[target]")
    toml.write_text(head + mark + tail.replace('"users", ', "", 1))
    sure = {row["finding_id"] for row in findings if row["certainty"] in SURE}

    absences = [
        row
        for row in found(copy)
        if row["situation"] == "missing"
        and row["object_type"] == "user"
        and row["severity"] != "info"
        and row["certainty"] in SURE
    ]

    assert {row["finding_id"] for row in absences} <= sure


def test_nothing_is_found_in_nothing() -> None:
    empty = {"id": [], "user_name": []}
    taken = {"taken_at": "2026-11-20T06:00:00Z"}
    evidence = scim.Evidence(
        source={"users": empty}, target={"users": empty}, settings={"source": taken}
    )

    counted = scim.check(evidence)

    assert not len(counted[counted["object_type"] != "evidence"])
