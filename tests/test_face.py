"""The face: few names, loaded when they are first asked for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import scimlytics as scim
from tests.cli import small_tenant

HEAVY = ("pandas", "pyarrow", "ibis", "duckdb", "plotly", "papermill", "pydantic", "numpy", "rich")


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_import_loads_nothing_heavy() -> None:
    loaded = python(f"import scimlytics, sys; print([x for x in {HEAVY!r} if x in sys.modules])")

    assert loaded == "[]"


def test_the_import_takes_less_than_three_tenths_of_a_second() -> None:
    code = "import time; a = time.perf_counter(); import scimlytics; print(time.perf_counter() - a)"

    assert min(float(python(code)) for _ in range(3)) < 0.3


def test_help_loads_nothing_heavy() -> None:
    ours = [name for name in HEAVY if name != "pydantic"]  # typer itself needs it
    code = (
        "import sys; from scimlytics.cli.app import run; code = run(['check', '--help']);"
        f"print(code, [x for x in {ours!r} if x in sys.modules])"
    )

    assert python(code).splitlines()[-1] == "0 []"


@pytest.mark.parametrize("name", scim.__all__)
def test_each_name_of_the_face_is_there(name: str) -> None:
    assert getattr(scim, name).__doc__
    assert name in dir(scim)


def test_the_face_is_sorted_and_small() -> None:
    assert sorted(scim.__all__, key=str.swapcase) == sorted(scim.__all__, key=str.swapcase)
    assert len(scim.__all__) <= 16


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'chekc'"):
        scim.chekc  # noqa: B018


def test_every_error_of_ours_is_caught_by_one_name(tmp_path: Path) -> None:
    with pytest.raises(scim.ScimlyticsError, match="no such folder"):
        scim.read(tmp_path / "nowhere")


def test_check_gives_a_data_frame_of_findings_of_the_checks_it_was_told(tmp_path: Path) -> None:
    from scimlytics.tables import FINDINGS

    evidence = scim.read(small_tenant(tmp_path))

    findings = scim.check(evidence, only=["deletion_drift"])

    assert list(findings.columns) == list(FINDINGS.columns)
    assert set(findings["check"]) == {"deletion_drift"}
    assert "bob@example.com" in set(findings["subject"])
    with pytest.raises(scim.InputError, match="Did you mean 'missing_users'"):
        scim.check(evidence, only=["missing_user"])


def test_a_ledger_has_a_row_per_person(tmp_path: Path) -> None:
    evidence = scim.read(small_tenant(tmp_path))

    ledger = scim.ledger(evidence, "users")

    assert {"u-ada", "u-bob"} <= set(ledger["person_id"])
    with pytest.raises(scim.InputError, match="Did you mean 'users'"):
        scim.ledger(evidence, "user")
