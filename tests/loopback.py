"""A server on this computer that answers as a test says, and remembers what it was asked."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from scimlytics.connectors.clock import Clock
from scimlytics.connectors.http import Budget, Client
from scimlytics.connectors.wire import Limits

SECRET = "canary-7f3a9c-token"
QUICK = Limits(connect=2, silent=2, whole=5, most_bytes=4 << 20)


class FakeClock(Clock):
    """A clock on which waiting costs nothing."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.wrong = timedelta()
        """How wrong the wall clock is."""

    def now(self) -> datetime:
        true = datetime(2026, 11, 20, 6, tzinfo=UTC) + timedelta(seconds=self.seconds - 1000)
        return true + self.wrong

    def steady(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


class Bearer:
    """A credential that counts how often it is renewed."""

    def __init__(self, *others: str) -> None:
        self.token, self.others = SECRET, list(others)
        self.challenges: list[str] = []

    def header(self) -> tuple[str, str]:
        return "Authorization", f"Bearer {self.token}"

    def renew(self, challenge: str) -> bool:
        self.challenges.append(challenge)
        if not self.others:
            return False
        self.token = self.others.pop(0)
        return True


@dataclass
class Asked:
    """One request, as it arrived."""

    target: str
    headers: Mapping[str, str]
    at: float
    number: int

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))


@dataclass
class Reply:
    """What to answer; *raw* writes to the connection itself and closes it."""

    document: Any = None
    status: int = 200
    headers: Mapping[str, str] | list[tuple[str, str]] = field(default_factory=dict)
    body: bytes | None = None
    raw: Callable[[Any], None] | None = None


Answers = Callable[[Asked], Reply]


class Server:
    """Runs while the block does.

    Parameters
    ----------
    answers
        Gives the reply to a request.
    clock
        Whose seconds requests are dated by.
    """

    def __init__(self, answers: Answers, clock: Clock | None = None) -> None:
        self.answers, self.clock = answers, clock or Clock()
        self.asked: list[Asked] = []
        kit = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16  # head and body in one packet: else each answer takes 40 ms

            def do_GET(self) -> None:
                asked = Asked(self.path, dict(self.headers), kit.clock.steady(), len(kit.asked) + 1)
                kit.asked.append(asked)
                reply = kit.answers(asked)
                if reply.raw is not None:
                    with suppress(OSError):
                        reply.raw(self)
                    self.close_connection = True
                    return
                body = reply.body if reply.body is not None else json.dumps(reply.document).encode()
                self.send_response(reply.status)
                headers = reply.headers
                pairs = list(headers.items()) if isinstance(headers, Mapping) else headers
                named = {name.lower() for name, _ in pairs}
                if "content-type" not in named:
                    self.send_header("Content-Type", "application/json")
                for name, value in pairs:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                self.do_GET()

            def date_time_string(self, timestamp: float | None = None) -> str:
                moment = (
                    kit.clock.now() - kit.clock.wrong
                    if isinstance(kit.clock, FakeClock)
                    else kit.clock.now()
                )
                return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Server:
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def listener() -> Iterator[tuple[int, list[bytes]]]:
    """A port where nobody should come; gives what arrives."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.02)
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                with suppress(TimeoutError, OSError):
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(0.5)
                        heard.append(b"connected")
                        with suppress(OSError):
                            heard.append(connection.recv(4096))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1], heard
        finally:
            stop.set()
            thread.join()


def reset(handler: Any) -> None:
    """End a connection the hard way."""
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def client(
    server: Server,
    clock: Clock | None = None,
    *,
    budget: float = 3600,
    limits: Limits = QUICK,
    auth: Any = None,
    **options: Any,
) -> Client:
    """A client of a server; its luck is the same each time."""
    return Client(
        "app",
        f"{server.url}/scim",
        auth if auth is not None else Bearer(),
        Budget(budget, clock or server.clock, "scimlytics pull --config pull.toml"),
        limits=limits,
        luck=random.Random(1),
        **options,
    )


def script(*replies: Reply | Answers) -> Answers:
    """Replies in order; the last one again and again."""

    def answers(asked: Asked) -> Reply:
        one = replies[min(asked.number, len(replies)) - 1]
        return one(asked) if callable(one) else one

    return answers
