"""A real SCIM server behind a real nginx that lets ten requests a second through."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
  log_format said '$status $request_uri';
  access_log {folder}/access.log said;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  limit_req_zone $binary_remote_addr zone=all:1m rate={rate}r/s;
  limit_req_status 429;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      limit_req zone=all burst={burst} nodelay;
      error_page 429 = @slow;
      {more}
      proxy_pass http://127.0.0.1:{behind};
    }}
    location @slow {{ add_header Retry-After 1 always; return 429; }}
  }}
}}
"""
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


@dataclass
class Peer:
    """Where it listens, and what nginx has seen."""

    url: str
    direct: str
    folder: Path
    burst: int
    users: list[str]
    groups: list[str]

    def statuses(self) -> list[int]:
        """The status of each request that came through nginx."""
        lines = (self.folder / "access.log").read_text().splitlines()
        return [int(line.split()[0]) for line in lines]


def pulling(site: Peer, token: str, folder: Path, size: int) -> list[str]:
    """The command of a pull of the server, a page of so many rows at a time, into a store in a folder."""
    (folder / "token").write_text(token)
    (folder / "token").chmod(0o600)
    (folder / "pull.toml").write_text(
        f'[systems.app]\nproduct = "scim"\nrole = "target"\nurl = "{site.url}/v2"\n'
        f'token = "file:token"\npage_size = {size}\n'
    )
    config, store = str(folder / "pull.toml"), str(folder / "store")
    return [sys.executable, "-m", "scimlytics", "pull", "--config", config, "--store", store]


def lacking() -> str:
    """What is missing on this computer; empty where everything is there."""
    if nginx() is None:
        return "nginx is not installed"
    return ""


def nginx() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


@contextmanager
def peer(
    folder: Path, token: str, *, users: int, groups: int, rate: int = 10, burst: int = 5
) -> Iterator[Peer]:
    """Run the server and nginx, filled with people, while the block runs."""
    port, behind = free_port(), free_port()
    server = Path(sys.executable).with_name("scim2-server")
    commands = [
        [str(server), "--port", str(behind), "--bearer-token", token],
        limiting(folder, port, behind, rate, burst),
    ]
    with running(commands):
        for one in (behind, port):
            wait_for(one)
        direct = f"http://127.0.0.1:{behind}"
        people = [
            post(direct, token, "Users", {"schemas": [USER], "userName": f"p{n}@example.com"})
            for n in range(users)
        ]
        made = [
            post(
                direct,
                token,
                "Groups",
                {
                    "schemas": [GROUP],
                    "displayName": f"Group {n}",
                    "members": [{"value": people[(n + k) % len(people)]} for k in range(3)],
                },
            )
            for n in range(groups)
        ]
        yield Peer(f"http://127.0.0.1:{port}", direct, folder, burst, people, made)


def limiting(
    folder: Path, port: int, behind: int, rate: int, burst: int, more: str = ""
) -> list[str]:
    """The command of an nginx that listens at a port and lets so much through to the one behind."""
    program = nginx()
    assert program is not None
    conf = folder / "nginx.conf"
    said = {"folder": folder, "port": port, "behind": behind, "rate": rate, "burst": burst}
    conf.write_text(NGINX.format(**said, more=more))
    return [program, "-e", str(folder / "error.log"), "-c", str(conf)]


@contextmanager
def running(commands: list[list[str]], environment: dict[str, str] | None = None) -> Iterator[None]:
    """Programs that run while the block does, and are ended by their process ids."""
    begun = [
        subprocess.Popen(one, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        for one in commands
    ]
    try:
        yield
    finally:
        for one in begun:
            with suppress(ProcessLookupError):
                os.kill(one.pid, signal.SIGTERM)
        for one in begun:
            one.wait(20)


def post(base: str, token: str, kind: str, document: dict[str, object]) -> str:
    """Make an object and give its id."""
    request = urllib.request.Request(
        f"{base}/v2/{kind}",
        json.dumps(document).encode(),
        {"Content-Type": "application/scim+json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(json.load(answer)["id"])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens at {port}")
