"""A file becomes bytes of UTF-8: plain, gzip or zip, with or without a byte order mark.

Nothing is extracted to disk and nothing is believed by its name: the first bytes say what a file
is. What is no export at all (a PDF, a web page, a pickle, a database) is refused in one line that
says what would do. Caps keep a small file from becoming a large one (bombs).

Sources: reliability.md section 5, rows 30, 35 and 47 to 52.
"""

from __future__ import annotations

import codecs
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from scimlytics.errors import InputError

CHUNK = 1 << 20
MAX_BYTES = 16 << 30
MAX_RATIO = 1000
"""Exports shrink 10 to 60 fold; a file of nothing but zeros about 1,030 fold."""
MAX_MEMBERS = 10_000
RATIO_FROM = 64 << 20
"""Below this size a high ratio is harmless."""

STRANGERS = {
    b"%PDF": "a PDF; export the data itself as JSON or CSV",
    b"PAR1": "a parquet file, not a product's export; give the export it was made from",
    b"\x80\x03": "a Python pickle, which is never opened; export as JSON or CSV",
    b"\x80\x04": "a Python pickle, which is never opened; export as JSON or CSV",
    b"\x80\x05": "a Python pickle, which is never opened; export as JSON or CSV",
    b"\xd0\xcf\x11\xe0": "an Office document; save the sheet as CSV",
    b"SQLite format 3": "a database, which is never opened; export as JSON or CSV",
    b"7z\xbc\xaf": "a 7z archive; pack it as zip or gzip",
    b"Rar!": "a RAR archive; pack it as zip or gzip",
    b"\x89PNG": "a picture; export the data itself as JSON or CSV",
    b"\xff\xd8\xff": "a picture; export the data itself as JSON or CSV",
}
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True)
class Content:
    """One text to read: a file, or a member of an archive."""

    name: str
    """Relative to the evidence; a member as ``archive.zip!member``."""
    chunks: Iterator[bytes]
    """Its bytes as UTF-8, without a byte order mark."""


def contents(path: Path, name: str) -> Iterator[Content]:
    """What a file holds: itself, or each member of an archive.

    Raises
    ------
    InputError
        The file cannot be read, is empty, is no export, or an archive that is not safe to open.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{name}: not a plain file; give the export itself.")
        if not found.st_size:
            raise InputError(f"{name}: empty; export it again, or take it away.")
        with path.open("rb") as stream:
            head = stream.read(512)
            stream.seek(0)
            if head.startswith(ZIP):
                yield from _members(stream, name)
            else:
                yield Content(name, as_utf8(_plain_or_gzip(stream, head, name), name))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(f"{name}: cannot be read ({reason}); check the file.") from error


def _plain_or_gzip(stream: IO[bytes], head: bytes, name: str) -> Iterator[bytes]:
    raw = iter(lambda: stream.read(CHUNK), b"")
    if not head.startswith(GZIP):
        refuse_strangers(head, name)
        yield from raw
        return
    first = True
    for chunk in _gunzip(raw, name):
        if first and chunk.startswith((GZIP, ZIP)):
            raise InputError(f"{name}: packed twice; pack it once.")
        if first:
            refuse_strangers(chunk[:512], name)
        first = False
        yield chunk
    if first:
        raise InputError(f"{name}: empty inside; export it again, or take it away.")


def refuse_strangers(head: bytes, name: str) -> None:
    """Refuse what is no export, by its first bytes."""
    for magic, what in STRANGERS.items():
        if head.startswith(magic):
            raise InputError(f"{name}: {what}.")
    if head[8:12] == b"DUCK":
        raise InputError(f"{name}: a database, which is never opened; export as JSON or CSV.")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise InputError(
            f"{name}, line 1: a web page where JSON or CSV was expected (a sign-in page or a"
            " proxy's answer?); export again while signed in."
        )
    if start.startswith(b"<?xml"):
        raise InputError(f"{name}, line 1: XML; export as JSON or CSV.")


def _gunzip(raw: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Unpack gzip, all its members, in bounded steps."""
    machine = zlib.decompressobj(wbits=31)
    size = packed = 0
    begun = False
    for chunk in raw:
        packed += len(chunk)
        pending = chunk
        while pending:
            if machine.eof:
                pending = pending.lstrip(b"\0")
                if not pending:
                    break
                if not pending.startswith(b"\x1f"):
                    raise InputError(f"{name}: something follows the packed data; pack it again.")
                machine = zlib.decompressobj(wbits=31)
            begun = True
            try:
                out = machine.decompress(pending, CHUNK)
            except zlib.error as error:
                raise InputError(f"{name}: the gzip data are damaged; fetch it again.") from error
            pending = machine.unused_data if machine.eof else machine.unconsumed_tail
            size += len(out)
            _refuse_bomb(size, packed, name)
            if out:
                yield out
    if not begun or not machine.eof:
        raise InputError(f"{name}: the gzip data end too soon; fetch it again.")


def _refuse_bomb(size: int, packed: int, name: str) -> None:
    if size > MAX_BYTES or (size > RATIO_FROM and size > MAX_RATIO * packed):
        raise InputError(
            f"{name}: unpacks to more than {size >> 20} MB from {max(packed >> 10, 1)} kB, which no"
            " export does; unpack it yourself if you trust it."
        )


def _members(stream: IO[bytes], name: str) -> Iterator[Content]:
    try:
        archive = zipfile.ZipFile(stream)
    except (zipfile.BadZipFile, ValueError) as error:
        raise InputError(f"{name}: the zip archive is damaged; fetch it again.") from error
    with archive:
        members = [one for one in archive.infolist() if not one.is_dir()]
        _refuse_unsafe(members, name)
        for member in members:
            parts = member.filename.split("/")
            if any(part.startswith(".") or part == "__MACOSX" for part in parts):
                continue
            label = f"{name}!{member.filename}"
            yield Content(label, as_utf8(_unzip(archive, member, label), label))


def _refuse_unsafe(members: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive before anything of it is read."""
    if len(members) > MAX_MEMBERS:
        raise InputError(f"{name}: {len(members)} files in one archive; at most {MAX_MEMBERS}.")
    names = [one.filename for one in members]
    if "[Content_Types].xml" in names:
        raise InputError(f"{name}: an Office document; save the sheet as CSV.")
    if len(set(names)) < len(names):
        raise InputError(f"{name}: two files of one name in the archive; pack it again.")
    for one in members:
        parts = one.filename.replace("\\", "/").split("/")
        if one.filename.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise InputError(f"{name}: a file that points outside the archive; pack it again.")
        if one.flag_bits & 1:
            raise InputError(f"{name}: encrypted; unpack it and give the files.")
        if stat.S_ISLNK(one.external_attr >> 16):
            raise InputError(f"{name}: holds a link; pack the files themselves.")
        if one.file_size:
            _refuse_bomb(one.file_size, one.compress_size, name)


def _unzip(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with archive.open(member) as stream:
            first = True
            size = 0
            while chunk := stream.read(CHUNK):
                if first and chunk.startswith((GZIP, ZIP)):
                    raise InputError(f"{name}: an archive in an archive; pack the files once.")
                if first:
                    refuse_strangers(chunk[:512], name)
                first = False
                size += len(chunk)
                _refuse_bomb(size, member.compress_size, name)
                yield chunk
            if first:
                raise InputError(f"{name}: empty; export it again, or take it away.")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise InputError(f"{name}: damaged in the archive; pack it again.") from error


def as_utf8(chunks: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Give bytes as UTF-8 without a byte order mark.

    PowerShell's ``>`` writes UTF-16. Without a mark UTF-16 shows by the zeros beside the first
    character, which JSON and CSV have in common.
    """
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 4:
            break
    coding, skip = _coding(head)
    head = head[skip:]
    if coding == "utf-8":
        if head:
            yield head
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(coding)()
    try:
        yield decoder.decode(head).encode()
        for chunk in chunks:
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise InputError(f"{name}: damaged {coding.upper()} text; save it as UTF-8.") from error


def _coding(head: bytes) -> tuple[str, int]:
    """The encoding of a text by its first bytes, and how many of them are the mark."""
    for mark, coding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return coding, len(mark)
    if len(head) >= 4 and head[1] == 0 and head[3] == 0 and head[0] and head[2]:
        return "utf-16-le", 0
    if len(head) >= 4 and head[0] == 0 and head[2] == 0 and head[1] and head[3]:
        return "utf-16-be", 0
    return "utf-8", 0
