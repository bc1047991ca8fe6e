"""Bytes become pages of records: every way JSON is put into files, in bounded memory.

One document, lines (NDJSON), documents one after another, a list of pages, ``{"value": […]}``
(Graph), ``{"records": […]}`` (Event Hub), ``{"Resources": […]}`` (SCIM), ``{"tables": […]}`` (Log
Analytics), a bare list, a single resource: all give the same pieces. A file that fits in one read
is decoded at once; a larger one is cut between records, so that a list of several hundred MB on a
single line takes no more memory than a few of its records.

Cutting follows RFC 8259: an unescaped quote is never inside a string, so ``}``, comma, ``{`` and
the first key of the records, quoted, can only stand between two objects; whether these are records
or something nested is decided by decoding. Where that fails, braces are counted.

Never ``splitlines``: it also splits on U+2028 and U+0085, which may stand in names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from scimlytics.loaders.documents import LISTS, Group, is_page, of_document, of_list
from scimlytics.loaders.opening import Content
from scimlytics.loaders.stream import (
    FIRST_KEY,
    Stream,
    cut,
    cut_raw,
    decode,
    past_comma,
    what_is_wrong,
)

WHOLE = 4 << 20
"""Files up to this size are decoded at once."""
BATCH = 2 << 20
LOOKED_INTO = 1 << 20


@dataclass(frozen=True)
class Piece:
    """Some records of one document, in order."""

    records: list[Any]
    envelope: dict[str, Any]
    """What stood around the records; whole only in the document's last piece."""
    first_row: int
    document: int
    """The document's place in the file, from 1; lines without an envelope are one document."""
    last: bool
    listed: bool = True
    """The records stood in a list; False for lines and single resources."""
    raw: bytes | None = None
    """Records that were cut out and are not decoded yet, in place of ``records``."""
    doubled: int = 0
    """Keys given twice in one record of the file; the last one counts. Looked for in small files."""


def pieces(
    content: Content, *, whole: int = WHOLE, batch: int = BATCH, raw: bool = False
) -> Iterator[Piece]:
    """The records of a JSON file, page by page, in bounded memory.

    Parameters
    ----------
    content
        The text.
    whole, batch
        Up to how many bytes are decoded at once, and about how many make a piece of a larger file.
    raw
        Leave what can be cut out of a long list undecoded. Rows are then counted without it.

    Raises
    ------
    InputError
        With file, line and reason.
    """
    stream = Stream(content.name, content.chunks)
    stream.more(whole + 1)
    groups: Iterator[Group]
    doubled = _doubled_keys(stream.window) if len(stream.window) <= LOOKED_INTO else 0
    try:
        groups = iter(of_document(orjson.loads(stream.window), content.name))
        if not stream.ended and stream.more(1):
            groups = _groups(stream, batch, raw)
    except orjson.JSONDecodeError:
        groups = _groups(stream, batch, raw)
    row, document, begun = 1, 0, False
    for group in _gathered(groups, batch // 1000 + 1):
        if not begun:
            document += 1
        listed = not group.single
        yield Piece(
            group.records, group.envelope, row, document, group.last, listed, group.raw, doubled
        )
        doubled = 0
        row += len(group.records)
        begun = not group.last


def _doubled_keys(text: bytes) -> int:
    """How many keys are given twice in one record; RFC 8259 leaves open which one counts."""
    doubled = 0

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal doubled
        doubled += len(pairs) - len(dict(pairs))

    try:
        json.loads(text, object_pairs_hook=look)
    except (ValueError, RecursionError):
        return 0
    return doubled


def _gathered(groups: Iterator[Group], most: int) -> Iterator[Group]:
    """Put records that stood alone (lines, concatenated resources) into groups."""
    lines: list[Any] = []
    for group in groups:
        if group.single:
            if len(lines) >= most:
                yield Group(lines, {}, False, True)
                lines = []
            lines += group.records
        else:
            if lines:
                yield Group(lines, {}, True, True)
                lines = []
            yield group
    if lines:
        yield Group(lines, {}, True, True)


def _groups(stream: Stream, batch: int, raw: bool) -> Iterator[Group]:
    """The groups of a stream of documents, whatever stands between them."""
    while sign := stream.peek():
        if sign == b"[":
            stream.at += 1
            for records, last in _elements(stream, batch, raw):
                if isinstance(records, bytes):
                    yield Group([], {}, last, raw=records)
                else:
                    yield from of_list(records, {}, last, stream.name)
        elif sign == b"{":
            yield from _lines(stream, batch)
            if stream.peek() == b"{":
                yield from _object(stream, batch, raw)
        else:
            raise stream.fail(stream.at, "no JSON (a record or a list is expected here)")


def _lines(stream: Stream, batch: int) -> Iterator[Group]:
    """Documents that fill a line each; stops before the first that does not."""
    while stream.peek() == b"{":
        if len(stream.window) - stream.at < batch and not stream.ended:
            stream.more(batch)
        end = stream.window.rfind(b"\n", stream.at)
        if end < 0 or (stream.ended and stream.window[end:].strip()):
            end = len(stream.window) if stream.ended else -1
        if end < 0:
            return
        block = stream.window[stream.at : end]
        lines = [line for line in block.split(b"\n") if line.strip(b" \t\r\x1e")]
        try:
            found = orjson.loads(b"[" + b",".join(lines).replace(b"\x1e", b" ") + b"]")
            taken = end
        except orjson.JSONDecodeError:
            found = []
        if len(found) != len(lines):  # a document over several lines, or several on one
            found, taken = _line_by_line(stream, end)
        for one in found:
            yield from of_document(one, f"{stream.name}, line {stream.line(stream.at)}")
        stream.at = taken
        if taken != end:
            return


def _line_by_line(stream: Stream, end: int) -> tuple[list[Any], int]:
    """The leading lines that are whole documents, and where the others begin."""
    found: list[Any] = []
    begin = stream.at
    while begin < end:
        stop = stream.window.find(b"\n", begin, end)
        stop = end if stop < 0 else stop
        line = stream.window[begin:stop].strip(b" \t\r\x1e")
        if line:
            try:
                found.append(orjson.loads(line))
            except orjson.JSONDecodeError:
                return found, begin
        begin = stop + 1
    return found, end


def _object(stream: Stream, batch: int, raw: bool) -> Iterator[Group]:
    """One document in braces: a page whose list is read in parts, or a single resource."""
    start_line = stream.line(stream.at)
    stream.at += 1
    around: dict[str, Any] = {}
    held: Group | None = None
    while (sign := stream.peek()) != b"}":
        if sign != b'"':
            raise stream.fail(stream.at, what_is_wrong(sign, "a quoted key is expected here"))
        key = decode(stream, stream.take())
        if stream.peek() != b":":
            raise stream.fail(stream.at, "no JSON (a colon is expected here)")
        stream.at += 1
        if stream.peek() == b"[" and held is None and _holds_records(key, around):
            stream.at += 1
            held = Group([])
            for records, _ in _elements(stream, batch, raw):
                if held.records:
                    yield Group(held.records, dict(around), False)
                if isinstance(records, bytes):
                    yield Group([], dict(around), False, raw=records)
                    records = []
                held = Group(records)
        else:
            around[key] = decode(stream, stream.take())
        if stream.peek() == b",":
            stream.at += 1
            if stream.peek() == b"}":
                raise stream.fail(stream.at, "no JSON (a comma without anything after it)")
        elif stream.peek() not in (b"}", b""):
            raise stream.fail(stream.at, "no JSON (a comma is expected here)")
    stream.at += 1
    where = f"{stream.name}, line {start_line}"
    if held is None:
        yield from of_document(around, where)
    else:
        yield from of_list(held.records, around, True, where)


def _holds_records(key: str, around: dict[str, Any]) -> bool:
    """Whether a list under this key is the list of a page; see ``list_key``."""
    name = key.casefold()
    return name in LISTS and (name not in LISTS[4:] or "id" not in around)


def _elements(stream: Stream, batch: int, raw: bool) -> Iterator[tuple[list[Any] | bytes, bool]]:
    """The elements of a list whose bracket is read, in batches; True with the last batch.

    With *raw* a batch that was cut out of the middle comes as its bytes.
    """
    found: list[Any] = []
    size = 0
    mark = b""
    while (sign := stream.peek()) != b"]":
        if not sign:
            raise stream.fail(stream.at, "the file ends in the middle of a list")
        many: list[Any] = []
        if mark and sign == b"{":
            if len(stream.window) - stream.at < batch and not stream.ended:
                stream.more(batch)
            if raw and (part := cut_raw(stream.window, stream.at, mark, batch)):
                if found:
                    yield found, False
                    found, size = [], 0
                yield part, False
                stream.at += len(part)
                stream.at = past_comma(stream)
                continue
            many, end = cut(stream.window, stream.at, mark, batch)
            if many:
                found += many
                size += end - stream.at
                stream.at = end
        if not many:
            value = stream.take()
            found.append(decode(stream, value))
            size += len(value)
            if sign == b"{" and (key := FIRST_KEY.match(value)):
                mark = key.group()
                raw = raw and not is_page(found[-1]) and not {"columns", "rows"} <= found[-1].keys()
        if stream.peek() == b",":
            stream.at += 1
            if stream.peek() == b"]":
                raise stream.fail(stream.at, "no JSON (a comma without anything after it)")
        elif stream.peek() not in (b"]", b""):
            raise stream.fail(stream.at, "no JSON (a comma is expected here)")
        if size >= batch and stream.peek() != b"]":
            yield found, False
            found, size = [], 0
    stream.at += 1
    yield found, True
