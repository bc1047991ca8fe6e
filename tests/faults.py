"""What networks and servers do wrong: answers that are cut, statuses, and addresses that lead astray."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

from tests.loopback import Reply, reset


def whole(body: bytes, *lines: str, chunked: bool = False) -> Callable[[Any], None]:
    """Write an answer by hand and say that the connection ends behind it.

    Unsaid, a client may send its next request into the closing connection: a try no server sees.
    """

    def write(handler: Any) -> None:
        head = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Connection: close", *lines]
        handler.wfile.write("\r\n".join([*head, "", ""]).encode() + body)

    return write


BODY = json.dumps({"Resources": [{"id": str(place)} for place in range(4000)]}).encode()
PACKED = gzip.compress(BODY)
CUT = {
    "length": whole(BODY[:9000], f"Content-Length: {len(BODY)}"),
    "chunked": whole(b"%x\r\n%b" % (len(BODY), BODY[:9000]), "Transfer-Encoding: chunked"),
    "no last chunk": whole(b"%x\r\n%b\r\n" % (len(BODY), BODY), "Transfer-Encoding: chunked"),
    "closed": whole(BODY[:9000]),
    "half gzip": whole(
        PACKED[: len(PACKED) // 2],
        "Content-Encoding: gzip",
        f"Content-Length: {len(PACKED) // 2}",
    ),
    "gzip without end": whole(
        PACKED[:-8], "Content-Encoding: gzip", f"Content-Length: {len(PACKED) - 8}"
    ),
    "wrong checksum": whole(
        PACKED[:-8] + b"\0" * 8, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}"
    ),
    "junk behind gzip": whole(
        PACKED + b"more", "Content-Encoding: gzip", f"Content-Length: {len(PACKED) + 4}"
    ),
    "reset": lambda handler: (whole(BODY[:9000], "Content-Length: 99999")(handler), reset(handler)),
    "reset at once": reset,
    "silence": lambda handler: handler.close_connection,
    "no http": lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "too many headers": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(500)) + b"\r\n"
    ),
    "a huge header": lambda handler: handler.wfile.write(
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n"
    ),
}

PASSING = (
    *(Reply(raw=one) for one in CUT.values()),
    *(Reply({}, status) for status in (408, 429, 500, 502, 503, 504, 509)),
    Reply({}, 429, {"Retry-After": "2.128"}),
    Reply({}, 429, {"Retry-After": "abc"}),
    Reply({}, 429, {"Retry-After-Ms": "1500"}),
    Reply({}, 503, {"Retry-After": "7"}),
)
"""Faults of a moment: the same request is answered the next time."""
LASTING = (
    Reply({}, 429, {"Retry-After": "5000"}),
    *(Reply({}, status) for status in (400, 401, 403, 501)),
    Reply({}, 302, {"Location": "https://example.com"}),
    Reply(body=b"<html>", headers={"Content-Type": "text/html"}),
    Reply(body=b'{"Resources": [', headers={"Content-Type": "application/json"}),
    Reply({"error": {"code": "x"}}),
    Reply(None),
)
"""Faults at which whoever runs the server, or the pull, has to act."""


def astray(evil: int, good: int) -> list[str]:
    """Addresses that lead, or seem to lead, to another place."""
    here, there = f"127.0.0.1:{good}", f"127.0.0.1:{evil}"
    return [
        f"http://{there}/steal",
        f"http://localhost:{evil}/steal",
        f"http://localhost:{good}/scim/Users",
        f"https://{here}/scim/Users",
        f"https://{there}/steal",
        f"//{there}/steal",
        "ftp://127.0.0.1/steal",
        "file:///etc/passwd",
        f"http://{there}\\@{here}/steal",
        f"http://{there}\\\\@{here}/steal",
        f"http://{there}%5c@{here}/steal",
        f"http://{here}@{there}/steal",
        f"http://user:pass@{here}/steal",
        f"http://{here}#@{there}/",
        f"http://{there}#@{here}/",
        f"http://{there}?@{here}/",
        f"http://{there}/@{here}/",
        f"http://{here}\t@{there}/",
        f"http://{there} {here}/",
        f" http://{there}/",
        f"http://{there}\r\nHost: {here}/",
        f"http://{here}\r\n@{there}/",
        f"http://{there}\x00{here}/",
        f"http://127.0.0.1\uff0e:{evil}/",
        f"http://127。0。0。1:{evil}/",
        f"http://ⓛocalhost:{evil}/",
        f"http://127.0.0.1.:{good}/",
        f"http://127.1:{evil}/",
        f"http://2130706433:{evil}/",
        f"http://0x7f000001:{evil}/",
        f"http://0177.0.0.1:{evil}/",
        f"http://[::1]:{evil}/",
        f"http://[::ffff:127.0.0.1]:{evil}/",
        f"http://0.0.0.0:{evil}/",
        f"http:///{there}/",
        f"http:{there}/",
        f"http:/{there}/",
        f"http://:{evil}/",
        f"http://{here}:{evil}/",
        f"http://127.0.0.1:{good}{evil}/",
        "http://127.0.0.1:/scim",
        f"http://127.0.0.1:+{evil}/",
        f"http://127.0.0.1:{evil}\\/",
        f"http://example.com@{there}/",
        f"http://{there};{here}/",
        f"http://{there},{here}/",
        f"http://%31%32%37.0.0.1:{evil}/",
        f"http://127.0.0.1%00:{evil}/",
        f"http://127.0.0.1%2f:{evil}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        f"javascript://{there}/%0aalert(1)",
        f"data://{there}/",
        f"gopher://{there}/",
        f"ws://{there}/",
        f"HTTP://{there}/",
        f"hTTp://LOCALHOST:{evil}/",
        f"http+unix://{there}/",
        f"jar:http://{there}!/",
        f"http://{there}\\{here}/",
        f"http://\\{there}/",
        f"http:\\\\{there}/",
    ]
