"""Delimited text becomes records: everything is text, and the row is kept.

Cells such as ``NA``, ``null`` or ``00123`` are names and ids of real people and stay as they are
(reliability.md section 5, row 45). Comma, semicolon, tab and bar are told apart by the header;
line ends may mix; ``sep=;`` of Excel is understood. A row with more cells than the header, or a
quote that is never closed, is an error with its row.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator

from scimlytics.errors import InputError

DELIMITERS = ",;\t|"
MAX_CELL = 64 << 20
MAX_COLUMNS = 2_000
MAX_LINE_SHOWN = 100_000
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r(?!\Z))")


class DelimitedRecord(dict[str, str]):
    """A row of delimited text: all of it is text, whatever a product's JSON would hold there."""


def read_lines(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """The lines of a text with their ends; only CR and LF end a line."""
    rest = ""
    number = 0
    for text in _decoded(chunks, name):
        rest += text
        end = 0
        for match in LINE.finditer(rest):
            number += 1
            end = match.end()
            yield match.group()
        rest = rest[end:]
        if len(rest) > MAX_CELL:
            raise InputError(
                f"{name}, line {number + 1}: more than {MAX_CELL >> 20} MB in one line;"
                " is it a text?"
            )
    if rest:
        yield rest


def _decoded(chunks: Iterable[bytes], name: str) -> Iterator[str]:
    """Decode UTF-8 that may be cut anywhere; the error names the line."""
    import codecs

    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    for chunk in chunks:
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            line = lines + chunk.count(b"\n", 0, max(error.start, 0))
            raise InputError(f"{name}, line {line}: not in UTF-8; save it so.") from error
        lines += text.count("\n")
        yield text
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise InputError(f"{name}, line {lines}: not in UTF-8; save it so.") from error


def read_csv_records(
    chunks: bytes | Iterable[bytes], name: str, *, delimiter: str | None = None
) -> Iterator[DelimitedRecord]:
    """The rows of a delimited text as records by column name; blank lines are left out.

    Parameters
    ----------
    chunks
        UTF-8 without a byte order mark, whole or in parts.
    name
        The file, for errors.
    delimiter
        What parts the cells; without it the header tells.

    Raises
    ------
    InputError
        With file, line and reason.
    """
    parts = [chunks] if isinstance(chunks, bytes) else chunks
    lines = read_lines(parts, name)
    head = next(lines, "")
    if head[:4].casefold() == "sep=":
        delimiter = head[4:5]
        head = next(lines, "")
    delimiter = delimiter or _delimiter(head)
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(_chained(head, lines), delimiter=delimiter, strict=True)
    header = _header(next(_rows(reader, name), []), name)
    for row in _rows(reader, name):
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            raise InputError(
                f"{name}, line {reader.line_num}: {len(row)} cells where the header has"
                f" {len(header)}; is a cell with '{_shown(delimiter)}' not quoted?"
            )
        yield DelimitedRecord(zip(header, row, strict=False))


def header_of(start: bytes) -> list[str]:
    """The column names in the first line of a text; for a table that has no rows."""
    line = re.split(rb"[\r\n]", start.lstrip(b"\xef\xbb\xbf"), maxsplit=1)[0]
    text = line[:MAX_LINE_SHOWN].decode("utf-8", "replace")
    try:
        return [cell.strip() for cell in next(csv.reader([text], delimiter=_delimiter(text)), [])]
    except csv.Error:
        return []


def _chained(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines


def _rows(reader: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            line = getattr(reader, "line_num", 0)
            reason = str(error)
            if "unexpected end" in reason:
                reason = "a quote is never closed"
            raise InputError(f"{name}, line {line}: no CSV ({reason}).") from error
        if row is None:
            return
        yield row


def _delimiter(head: str) -> str:
    """What parts the columns of a header: what occurs most outside quotes."""
    bare = re.sub(r'"[^"]*"', "", head)
    return max(DELIMITERS, key=bare.count)


def _header(cells: list[str], name: str) -> list[str]:
    header = [cell.strip().lstrip("\ufeff") for cell in cells]
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        raise InputError(f"{name}, line 1: more than {MAX_COLUMNS} columns; is it a table?")
    if len(set(header)) < len(header):
        raise InputError(f"{name}, line 1: two columns of one name; rename one of them.")
    if any("\0" in cell for cell in header):
        raise InputError(f"{name}, line 1: no text; export as CSV.")
    return header


def _shown(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter
