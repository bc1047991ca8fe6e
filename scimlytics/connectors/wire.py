"""One request on the wire: to the pinned host only, within a time, and its answer whole or not at all.

``requests`` and ``urllib3`` do the talking. What they leave open is closed here: they would dial any
host, wait for ever while bytes drip in, and take half a gzip body for a whole one.
"""

from __future__ import annotations

import socket
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from scimlytics.connectors.origin import Origin, never_dialled

CHUNK = 1 << 16
CONNECT_SECONDS, SILENT_SECONDS, WHOLE_SECONDS = 10.0, 60.0, 300.0
MOST_BYTES = 256 << 20
"""Of one answer, packed or not; a page of ten thousand people has about 30 MB."""
MOST_RATIO = 200
RATIO_FROM = 8 << 20


class Fault(Exception):  # noqa: N818  (what went wrong on the wire; whether it is an error is decided above)
    """Something broke on the wire; trying again may help.

    Never carries a request or an answer: both hold the credential.
    """


class Refusal(Fault):
    """Something is wrong in a way that trying again does not mend."""


@dataclass(frozen=True)
class Raw:
    """An answer as it came: status, headers by lower-case names, body unpacked."""

    status: int
    headers: Mapping[str, str]
    retry_after: tuple[str, ...]
    body: bytes


@dataclass(frozen=True)
class Limits:
    """How long and how much an answer may be."""

    connect: float = CONNECT_SECONDS
    silent: float = SILENT_SECONDS
    whole: float = WHOLE_SECONDS
    most_bytes: int = MOST_BYTES


class Guard:
    """Cuts the connection in use when its time is up, wherever it hangs: in headers or in the body."""

    def __init__(self) -> None:
        self.fired = False
        self._socket: Any = None
        self._lock = threading.Lock()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut what is watched after so many seconds."""
        self.fired = False
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._socket = None

    def watch(self, connected: Any) -> None:
        """Watch this socket now."""
        with self._lock:
            self._socket = connected
        if self.fired:
            self._cut()

    def _cut(self) -> None:
        with self._lock:
            self.fired = True
            if self._socket is not None:
                with suppress(OSError):
                    # The plain call: that of a TLS socket would pull its state from under a reader.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Connections that dial one origin only and are watched by a guard."""

    def __init__(self, origin: Origin, guard: Guard) -> None:
        self._origin, self._guard = origin, guard
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._origin, self._guard)


def _pools(origin: Origin, guard: Guard) -> dict[str, Any]:
    """Pools whose connections know where they may go."""

    class Watched:
        debuglevel = 0  # whatever http.client is told to print: it would print the credential

        def _new_conn(self) -> Any:
            here: Any = self
            if (here.host.strip("[]"), here.port) != (origin.host.strip("[]"), origin.port):
                raise Refusal("the connection would have gone to another host")
            connected = super()._new_conn()  # type: ignore[misc]
            if never_dialled(connected.getpeername()[0]):
                connected.close()
                raise Refusal("its name leads to an address that is never dialled")
            guard.watch(connected)
            return connected

        def connect(self) -> None:
            super().connect()  # type: ignore[misc]
            guard.watch(self.sock)  # type: ignore[attr-defined]

        def request(self, *arguments: Any, **options: Any) -> None:
            here: Any = self
            if here.sock is not None:
                guard.watch(here.sock)
            super().request(*arguments, **options)  # type: ignore[misc]

    class Plain(Watched, HTTPConnection):
        pass

    class Secure(Watched, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class Wire:
    """Sends requests to one origin, one after the other.

    Parameters
    ----------
    origin
        The only place that is dialled.
    limits
        How long and how much an answer may be.
    ca
        A file of certificates to trust instead of the public ones.
    """

    def __init__(self, origin: Origin, limits: Limits | None = None, ca: str | None = None) -> None:
        self.origin = origin
        self.limits = limits or Limits()
        self._guard = Guard()
        self._session = requests.Session()
        self._session.trust_env = (
            False  # no netrc, no proxy and no certificates from the environment
        )
        if ca is not None:
            self._session.verify = ca
        self._session.mount(f"{origin.scheme}://", _Adapter(origin, self._guard))

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def send(self, prepared: requests.PreparedRequest) -> Raw:
        """Send one request and receive its answer whole.

        Raises
        ------
        Fault
            It broke on the way; nothing of the answer is used.
        Refusal
            It is too large, or packed in a way that was not asked for.
        """
        said = ""
        with self._guard.within(self.limits.whole):
            try:
                return self._exchange(prepared)
            except Fault as fault:
                if not self._guard.fired:
                    raise
                said = str(fault)
            except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
                said = _plain(error)
        # Raised out here, so that no exception with the request in it hangs on this one.
        if self._guard.fired:
            said = f"the answer took longer than {self.limits.whole:g} seconds"
        raise Fault(said)

    def _exchange(self, prepared: requests.PreparedRequest) -> Raw:
        response = self._session.send(
            prepared,
            stream=True,
            allow_redirects=False,
            timeout=(self.limits.connect, self.limits.silent),
            proxies={},
        )
        try:
            packed = self._received(response.raw)
            headers = {name.lower(): value for name, value in response.headers.items()}
            again = tuple(response.raw.headers.getlist("retry-after"))
        finally:
            response.close()
        if self._guard.fired:
            raise Fault("cut")
        body = unpacked(packed, headers.get("content-encoding", ""), self.limits.most_bytes)
        return Raw(response.status_code, headers, again, body)

    def _received(self, stream: Any) -> bytes:
        """Every byte of a body, as it came; urllib3 holds the number against Content-Length."""
        parts: list[bytes] = []
        size = 0
        while part := stream.read1(CHUNK, decode_content=False):
            size += len(part)
            if size > self.limits.most_bytes:
                raise Refusal(f"the answer has more than {self.limits.most_bytes >> 20} MB")
            parts.append(part)
        return b"".join(parts)


def unpacked(packed: bytes, coding: str, most: int) -> bytes:
    """Unpack a body and demand its end: half a gzip body has the right length and no error.

    Raises
    ------
    Fault
        It ends too soon, is damaged, or something follows it.
    Refusal
        It unpacks to too much, or is packed in a way that was not asked for.
    """
    coding = coding.strip().casefold()
    if coding in ("", "identity"):
        return packed
    if coding not in ("gzip", "x-gzip"):
        raise Refusal("the answer is packed in a way that was not asked for")
    parts: list[bytes] = []
    size = 0
    pending = packed
    while pending:
        machine = zlib.decompressobj(wbits=31)
        while not machine.eof:
            try:
                part = machine.decompress(pending, CHUNK)
            except zlib.error as error:
                raise Fault("the gzip body is damaged") from error
            pending = machine.unused_data if machine.eof else machine.unconsumed_tail
            size += len(part)
            if size > most or (size > RATIO_FROM and size > MOST_RATIO * len(packed)):
                raise Refusal(f"the answer unpacks to more than {size >> 20} MB")
            parts.append(part)
            if not part and not pending and not machine.eof:
                raise Fault("the gzip body ends too soon")
    return b"".join(parts)


def _plain(error: Exception) -> str:
    """What broke, in words that hold nothing of the request."""
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError):
        if "mismatch" in text or "is not valid for" in text or "doesn't match" in text:
            return "its certificate is for another host"
        if "expired" in text:
            return "its certificate has expired"
        if "self-signed" in text or "self signed" in text or "unable to get" in text:
            return "its certificate is signed by nobody that is trusted here"
        return "no secure connection could be agreed"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "no connection in time"
    if isinstance(error, requests.exceptions.ReadTimeout | urllib3.exceptions.ReadTimeoutError):
        return "no answer in time"
    for words, said in (
        ("Name or service not known", "its name is not known"),
        ("NameResolution", "its name is not known"),
        ("getaddrinfo", "its name is not known"),
        ("Connection refused", "the connection was refused"),
        ("Connection reset", "the connection was reset"),
        ("IncompleteRead", "the answer ends too soon"),
        ("Response ended prematurely", "the answer ends too soon"),
        ("RemoteDisconnected", "the connection was closed without an answer"),
        ("got more than", "the answer has too many or too long headers"),
    ):
        if words in text:
            return said
    return f"the connection broke ({type(error).__name__})"
