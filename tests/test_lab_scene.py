"""Real scenes: a real client, a real limit, a real server, an administrator behind the provider's back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.lab import score
from tests.lab_scene.scene import play
from tests.peer import lacking


@pytest.mark.parametrize("seed", [1, 2])
def test_what_went_wrong_between_real_systems_is_found_with_its_cause(
    tmp_path: Path, seed: int
) -> None:
    if missing := lacking():
        if os.environ.get("SCIMLYTICS_REQUIRE_SYSTEM") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    evidence, truth, answered = play(tmp_path, seed, people=120)

    with scim.read(evidence) as read:
        scored = score(run(read).findings.to_pylist(), truth)

    causes = {fault["cause"] for fault in truth["faults"]}
    assert causes >= {"target_deleted", "target_edit", "throttled", "rename_lag", "local_account"}
    assert any(line.startswith("429") for line in answered)
    assert any(line.startswith("504") for line in answered)
    assert (scored["missed"], scored["wrong_cause"], scored["false"]) == ([], [], [])
    assert scored["near_miss_violations"] == 0
