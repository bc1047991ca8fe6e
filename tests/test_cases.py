"""The casebook: real incidents in small, each with its verdict and a runner, where they are present."""

import json
import subprocess
import sys

from tests.test_samples import CASES, with_cases


@with_cases
def test_every_case_ends_with_its_verdict() -> None:
    assert CASES is not None
    runner = CASES / "run_cases.py"
    command = f"{sys.executable} -m scimlytics"

    ran = subprocess.run(
        [sys.executable, str(runner), command, str(CASES), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert json.loads(ran.stdout)
