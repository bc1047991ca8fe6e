"""The steps that change a disk, and their order: written, flushed, named, and the name flushed.

Nothing else in the store writes. A file appears under its final name only when its bytes are on the
disk, and a folder is flushed after a name in it has changed: without that a power cut may forget
the name of a file whose bytes are there.
"""

# The steps bear the names of the system's calls, so that tests can make each of them fail.
# ruff: noqa: PTH102, PTH105, PTH108

from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from scimlytics.errors import StoreError

FILE_MODE, FOLDER_MODE = 0o600, 0o700
OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
PART = ".part"
"""The end of a name that is not valid yet."""


def digest(data: bytes) -> str:
    """The hash by which contents are known."""
    return sha256(data).hexdigest()


def make_folder(path: Path) -> None:
    """Make a folder that only its owner can look into; its parent must exist."""
    try:
        os.mkdir(path, FOLDER_MODE)
    except FileExistsError:
        return
    flush_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file under a name that is free, and flush it; its folder is flushed by the caller."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        left = memoryview(data)
        while left:
            left = left[os.write(handle, left) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def write_named(folder: Path, name: str, data: bytes) -> None:
    """Write a file whose name follows from its content; what lies there already is used if whole.

    A file of that name may be left from a run that was killed. It is flushed again: nobody knows
    whether it ever was.
    """
    path = folder / name
    try:
        write_new(path, data)
    except FileExistsError:
        if path.read_bytes() == data:
            flush_file(path)
            return
        os.unlink(path)
        write_new(path, data)


def replace(path: Path, data: bytes) -> None:
    """Replace a file by one rename: afterwards it is the old one or the new one, never a part."""
    part = path.with_name(path.name + PART)
    with suppress(FileNotFoundError):
        os.unlink(part)
    write_new(part, data)
    os.replace(part, path)


def flush_file(path: Path) -> None:
    """Make the bytes of a file that is there already outlive a power cut."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_folder(path: Path) -> None:
    """Make the names in a folder outlive a power cut; Windows does so by itself."""
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove(path: Path) -> None:
    """Remove a file that nothing names any more; one that is gone already is fine."""
    with suppress(FileNotFoundError):
        os.unlink(path)


def refuse_open_folder(path: Path) -> None:
    """Refuse a store that others may write to: what they put there would be believed.

    Raises
    ------
    StoreError
        The folder is writable by its group or by everybody.
    """
    if os.name == "posix" and path.stat().st_mode & OTHERS_MAY_WRITE:
        raise StoreError(f"{path}: others may write to this store; run `chmod 700` on it.")
