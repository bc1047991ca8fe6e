"""``lab``: simulated tenants, and the score of what was found in them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scimlytics.cli.commands.check import Checked, checked_evidence
from tests.cli import call, small_tenant

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    return checked_evidence(small_tenant(tmp_path_factory.mktemp("small")))


@pytest.fixture
def answered(checked: Checked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scimlytics.cli.commands.check.checked_evidence", lambda *_, **__: checked)


def fault(cause: str, source_id: str) -> dict[str, object]:
    nothing = dict.fromkeys(
        ("target_id", "group_source_id", "group_target_id", "other_ids", "at", "until", "note")
    )
    return {
        "cause": cause,
        "object_type": "user",
        "subject": f"{source_id}@example.com",
        "source_id": source_id,
        **nothing,
    }


def sheet(path: Path, *faults: dict[str, object]) -> Path:
    path.write_text(json.dumps({"faults": faults, "near_misses": [], "clean": {}}))
    return path


def test_score_is_one_json_object(answered: None, tmp_path: Path, capsys: Capsys) -> None:
    truth = sheet(
        tmp_path / "truth.json",
        fault("target_deleted", "u-bob"),
        fault("jit_twin", "u-eve"),
        fault("case_split", "u-zoe"),
    )

    ran = call(capsys, "lab", "score", tmp_path, truth, "--format", "json")

    scored = json.loads(ran.out)
    assert ran.code == 0
    assert (scored["precision"], scored["cause_accuracy"]) == (1.0, 0.5)
    assert scored["recall"] == pytest.approx(2 / 3)
    assert [one["cause"] for one in scored["missed"]] == ["case_split"]
    assert scored["per_cause"]["target_deleted"] == {"planted": 1, "found": 1, "cause_right": 1}


def test_score_shows_what_went_wrong(answered: None, tmp_path: Path, capsys: Capsys) -> None:
    truth = sheet(tmp_path / "truth.json", fault("jit_twin", "u-eve"), fault("unknown", "u-zoe"))

    ran = call(capsys, "lab", "score", tmp_path, truth)

    assert "target_deleted, not jit_twin" in ran.out
    assert "missed" in ran.out
    assert "false" in ran.out
    assert "50.0%" in ran.out


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("{", "no JSON"),
        ("[]", "has no list of faults"),
        ('{"faults": 3}', "has no list of faults"),
        ('{"faults": [{}]}', "lacks a key"),
        ("[" * 200_000, "no JSON"),
    ],
)
def test_a_broken_answer_sheet_is_one_line(
    answered: None, content: str | None, says: str, tmp_path: Path, capsys: Capsys
) -> None:
    truth = tmp_path / "truth.json"
    if content is not None:
        truth.write_text(content)

    ran = call(capsys, "lab", "score", tmp_path, truth)

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert says in ran.err


@pytest.mark.parametrize(
    "options",
    [
        ["--users", "0"],
        ["--users", "ten"],
        ["--days", "-1"],
        ["--source", "ldap"],
        ["--target", "dropbox"],
        ["--seed", "1.5"],
        ["--cycle-minutes", "0"],
        ["--rate-limit", "none"],
        ["--retries", "6,soon"],
        [],
    ],
)
def test_simulate_refuses_what_makes_no_tenant(
    options: list[str], tmp_path: Path, capsys: Capsys
) -> None:
    out = ["--out", str(tmp_path / "lab")] if options else []

    ran = call(capsys, "lab", "simulate", *out, *options)

    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "lab").exists()
