"""Messages: counts and a link to whom it concerns, and nothing of anybody."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.cli import call, small_tenant


@pytest.fixture
def box() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A service that takes messages as JSON: its address, and what came."""
    came: list[dict[str, Any]] = []

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"json://127.0.0.1:{server.server_address[1]}/inbox?token=s3cret", came
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_message_has_counts_and_a_link_and_nobody_in_it(
    box: tuple[str, list[dict[str, Any]]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, came = box
    monkeypatch.setenv("WHERE_TO", address)
    folder = small_tenant(tmp_path / "tenant")

    ran = call(capsys, "check", folder, "--notify", "env:WHERE_TO")

    [message] = came
    assert ran.code == 1
    assert message["title"] == "scimlytics, tenant: 2 findings to look at"
    lines = message["message"].splitlines()
    assert (lines[0], lines[-1]) == ("2 high", str(folder))
    assert sum(int(line.rpartition(": ")[2]) for line in lines[1:-1]) == 2
    assert "@" not in message["message"]
    assert "s3cret" not in ran.out + ran.err


def test_no_message_where_all_is_well(
    box: tuple[str, list[dict[str, Any]]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address, came = box
    monkeypatch.setenv("WHERE_TO", address)
    options = ("--fail-on", "critical", "--notify", "env:WHERE_TO")

    ran = call(capsys, "check", small_tenant(tmp_path / "tenant"), *options)

    assert (ran.code, came) == (0, [])


def test_a_service_that_is_down_is_said_and_changes_no_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE_TO", "json://127.0.0.1:9/inbox")

    ran = call(capsys, "check", small_tenant(tmp_path / "tenant"), "--notify", "env:WHERE_TO")

    assert ran.code == 1
    assert "--notify: not every message could be sent." in ran.err


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("json://127.0.0.1:9", "should say where the addresses are kept"),
        ("env:NOT_THERE", "there is no variable NOT_THERE in the environment"),
        ("file:nothing", "cannot be read"),
        ("env:NONSENSE", "address 2 means nothing to apprise"),
    ],
)
def test_where_messages_go_is_read_before_any_work_and_never_shown(
    reference: str,
    why: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NONSENSE", "json://127.0.0.1:9/a zorp://s3cret")

    ran = call(capsys, "check", small_tenant(tmp_path / "tenant"), "--notify", reference)

    assert ran.code == 2
    assert why in ran.err
    assert ran.out == ""
    assert "s3cret" not in ran.err


def test_a_report_needs_to_know_what_is_worth_a_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE_TO", "json://127.0.0.1:9/inbox")
    folder, out = small_tenant(tmp_path / "tenant"), tmp_path / "report"

    ran = call(capsys, "report", folder, "--out", out, "--notify", "env:WHERE_TO")

    assert ran.code == 2
    assert "--notify: needs --fail-on" in ran.err
    assert not out.exists()
