"""A window on the bytes of a JSON text, and how values are cut out of it.

Values are taken as they stand, by counting braces outside strings; many records of one kind are
cut out at once, by how the first of them began. RFC 8259 makes that safe: an unescaped quote is
never inside a string, so ``}``, comma, ``{`` and a quoted key can only stand between two objects.
Whether these are records or something nested in them, decoding tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from scimlytics.errors import InputError

GROWTH = 1 << 19
MAX_RECORD = 64 << 20
SPACE = re.compile(rb"(?:[ \t\r\n\x1e]|\xef\xbb\xbf)*")
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*("|\\?\Z)|[\[\]{}]', re.DOTALL)
SCALAR = re.compile(rb"[^\s,\]}]+")
FIRST_KEY = re.compile(rb'\{\s*"[^"\\]*"')
BEFORE = re.compile(rb"\}\s*,\s*\Z")
LONE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


@dataclass
class Stream:
    """A window on the bytes that are not read yet, and where it stands in the file."""

    name: str
    chunks: Iterator[bytes]
    window: bytes = b""
    at: int = 0
    lines: int = 1
    ended: bool = False

    def more(self, size: int = 1) -> bool:
        """Widen the window by at least *size* bytes; False at the end of the file."""
        parts = [self.window[self.at :]]
        got = 0
        self.lines += self.window.count(b"\n", 0, self.at)
        while got < size and not self.ended:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.ended = True
            else:
                parts.append(chunk)
                got += len(chunk)
        self.window, self.at = b"".join(parts), 0
        return got > 0

    def peek(self) -> bytes:
        """The next byte that is no space, left unread; empty at the end."""
        while True:
            self.at = SPACE.match(self.window, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.window):
                return self.window[self.at : self.at + 1]
            if not self.more():
                return b""

    def line(self, position: int) -> int:
        """The line of a position in the window, from 1."""
        return self.lines + self.window.count(b"\n", 0, position)

    def fail(self, position: int, reason: str) -> InputError:
        """The error for a position in the window."""
        return InputError(f"{self.name}, line {self.line(position)}: {reason}.")

    def take(self) -> bytes:
        """Read one whole JSON value as it stands."""
        first = self.peek()
        if first in (b"{", b"[", b'"'):
            return self._take_balanced(first == b'"')
        while True:
            match = SCALAR.match(self.window, self.at)
            if match and (match.end() < len(self.window) or not self.more()):
                match = SCALAR.match(self.window, self.at)
                assert match is not None
                self.at = match.end()
                return match.group()
            if not match:
                raise self.fail(self.at, what_is_wrong(first, "a value is missing here"))

    def _take_balanced(self, text: bool) -> bytes:
        depth, position = 0, self.at
        while True:
            match = TOKEN.search(self.window, position)
            if match is None or match.group(1) not in (None, b'"'):
                start = match.start() if match else max(self.at, len(self.window) - 1)
                if match is None and not text:
                    start = len(self.window)
                begun = self.at
                if len(self.window) - begun > MAX_RECORD:
                    raise self.fail(begun, f"a record of more than {MAX_RECORD >> 20} MB")
                if not self.more(max(GROWTH, len(self.window) - begun)):
                    raise self.fail(len(self.window), "the file ends in the middle of a record")
                position = start - begun
                continue
            position = match.end()
            sign = self.window[match.start() : match.start() + 1]
            depth += (sign in b"{[") - (sign in b"]}")
            if depth <= 0:
                value = self.window[self.at : position]
                self.at = position
                return value


def what_is_wrong(sign: bytes, reason: str) -> str:
    """Say what is wrong where *sign* stands; an empty one is the end of the file."""
    return f"no JSON ({reason})" if sign else "the file ends in the middle of a record"


def past_comma(stream: Stream) -> int:
    """Where the next record begins after one that was cut out; a comma stands between."""
    assert stream.peek() == b","
    return stream.at + 1


def cut_raw(window: bytes, begin: int, mark: bytes, batch: int) -> bytes:
    """The bytes of what seem to be whole records; whoever decodes them finds out."""
    end = min(len(window), begin + batch)
    while (end := window.rfind(mark, begin + 1, end)) > 0:
        start = max(begin, end - 64)
        if before := BEFORE.search(window[start:end]):
            return window[begin : start + before.start() + 1]
    return b""


def cut(window: bytes, begin: int, mark: bytes, batch: int) -> tuple[list[Any], int]:
    """As many whole records as make a batch, found by how the first one began."""
    end = min(len(window), begin + batch)
    for _ in range(16):
        end = window.rfind(mark, begin + 1, end)
        if end < 0:
            break
        before = BEFORE.search(window[max(begin, end - 64) : end])
        if before is None:
            continue
        stop = max(begin, end - 64) + before.start() + 1
        try:
            return orjson.loads(b"[" + window[begin:stop] + b"]"), stop
        except orjson.JSONDecodeError:
            continue
    return [], begin


def decode(stream: Stream, raw: bytes) -> Any:
    """Decode one value; the error names the line."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "surrogate" in error.msg and "UTF-8" not in error.msg:
            return decode(stream, LONE.sub(rb"\\ufffd", raw))
        position = stream.at - len(raw) + min(error.pos, len(raw))
        raise stream.fail(position, f"no JSON ({plain_reason(error.msg)})") from error


def plain_reason(message: str) -> str:
    """The decoder's reason without its position in the part that was decoded."""
    if "depth" in message or "recursion" in message.casefold():
        return "nested too deep"
    return re.split(r": line \d+ column", message)[0]
