"""Run the command line: in this process, or as a process of its own where streams matter."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from scimlytics.cli.app import run
from tests.native import (
    assignments_page,
    graph_assignment,
    graph_event,
    graph_user,
    log_page,
    users_page,
    write_evidence,
)
from tests.native_target import filescom_user

TOML = """
name = "small"
[source]
taken_at = 2026-11-20T06:00:00Z
complete = ["users", "assignments"]
[target]
taken_at = 2026-11-20T06:10:00Z
complete = ["users"]
[log]
covers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]
"""
UNPROVEN = TOML.replace('complete = ["users"]', "complete = []")


@dataclass(frozen=True)
class Ran:
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.err.splitlines() if line.startswith("Error: ")]


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Ran:
    """Run a command in this process."""
    capsys.readouterr()
    code = run([str(one) for one in arguments])
    said = capsys.readouterr()
    return Ran(code, said.out, said.err)


def spawn(*arguments: object, shell: str = "", **environment: str) -> Ran:
    """Run a command as a process; *shell* follows the command in a shell."""
    command = [sys.executable, "-m", "scimlytics", *(str(one) for one in arguments)]
    line = " ".join(f"'{one}'" for one in command) + f" {shell}"
    done = subprocess.run(
        ["/bin/sh", "-c", line],
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        timeout=120,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


def small_tenant(folder: Path, *, toml: str = TOML, accounts: bool = True) -> Path:
    """Ada has an account; Bob is assigned, was created once and has none; Eve's name is a formula."""
    people = [
        graph_user("u-ada", "ada@example.com"),
        graph_user("u-bob", "bob@example.com"),
        graph_user("u-eve", "=eve@example.com"),
    ]
    made = [
        graph_event(
            f"e-{one['id']}",
            at="2026-10-25T09:00:00Z",
            action="create",
            source_id=one["id"],
            source_name=one["userPrincipalName"],
            target_id=str(place),
        )
        for place, one in enumerate(people, 101)
    ]
    there = [filescom_user("ada", id=101)] if accounts else []
    return write_evidence(
        folder,
        {
            "source/users.json": users_page(*people),
            "source/assigned.json": assignments_page(
                *(graph_assignment(one["id"]) for one in people)
            ),
            "target/users.json": there,
            "log/events.json": log_page(*made),
        },
        toml,
    )
