"""The examples of the page on scheduling: each parses as what it is, and its commands exist as written."""

from __future__ import annotations

import ast
import configparser
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from scimlytics.cli.app import application

PAGE = (Path(__file__).parent.parent / "docs" / "scheduling.md").read_text("utf-8")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for word, text in FENCE.findall(PAGE) if word == language]


def commands(text: str) -> list[str]:
    """Every call of scimlytics in a text, as written."""
    return re.findall(r"(?:^|[\s\"/])(scimlytics (?:check|report|pull|plan)[^\n\"]*)", text)


@pytest.mark.parametrize(
    "line", sorted({one for _, text in FENCE.findall(PAGE) for one in commands(text)})
)
def test_each_command_on_the_page_is_taken_as_it_stands(line: str) -> None:
    _, name, *words = shlex.split(line)
    group: Any = typer.main.get_command(application())

    command = group.commands[name]
    context = command.make_context(name, words)

    assert context.params


def test_the_lines_for_cron_have_five_fields_and_a_command() -> None:
    lines = [line for text in blocks("") for line in text.splitlines() if "scimlytics" in line]

    assert lines
    for line in lines:
        fields = line.split(maxsplit=5)
        assert all(re.fullmatch(r"[\d*,/-]+", one) for one in fields[:5])
        assert fields[5].startswith("scimlytics ")


def test_the_units_are_units_of_systemd(tmp_path: Path) -> None:
    [text] = blocks("ini")
    service, timer = re.split(r"^# scimlytics\.timer\n", text, flags=re.MULTILINE)
    for name, unit, part in (
        ("scimlytics.service", service, "Service"),
        ("scimlytics.timer", timer, "Timer"),
    ):
        parser = configparser.ConfigParser()
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(unit)
        assert part in parser.sections()
        (tmp_path / name).write_text(unit.replace("/opt/scimlytics/bin/scimlytics", "/bin/true"))
    if shutil.which("systemd-analyze"):
        paths = [str(tmp_path / name) for name in ("scimlytics.service", "scimlytics.timer")]
        ran = subprocess.run(
            ["systemd-analyze", "verify", "--recursive-errors=no", *paths],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Unknown" not in ran.stderr


def test_the_workflow_is_one_of_github() -> None:
    [text] = [one for one in blocks("yaml") if "jobs:" in one]
    workflow = yaml.safe_load(text)

    [job] = workflow["jobs"].values()
    assert workflow[True]["schedule"]  # YAML 1.1 takes the key `on` for a truth
    assert all(set(step) & {"uses", "run"} for step in job["steps"])
    uploads = [step for step in job["steps"] if step.get("uses", "").startswith("actions/upload")]
    assert uploads[0]["if"] == "always()"


def test_the_dag_is_python_and_pulls_before_it_reports() -> None:
    [text] = [one for one in blocks("python") if "airflow" in one]

    tree = ast.parse(text)

    [order] = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
    assert (ast.unparse(order.left), ast.unparse(order.right)) == ("pull", "report")
