"""Where data goes: to stdout, or whole and at once into a file."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from scimlytics.cli.streams import put
from scimlytics.errors import InputError


def ready(out: Path | None, evidence: Path | None = None) -> None:
    """Refuse a file that could not be written, before the work begins.

    Raises
    ------
    InputError
        It is a folder, its folder does not exist, or it would become part of the evidence.
    """
    if out is None:
        return
    try:
        if out.is_dir():
            raise InputError(f"--out {out}: is a folder; name a file in it.")
        if not out.parent.is_dir():
            raise InputError(f"--out {out}: its folder does not exist; make it first.")
    except OSError as error:  # a name too long, for example
        raise InputError(f"--out {out}: is no place for a file; choose another.") from error
    if evidence is not None:
        outside(out, evidence)


def outside(out: Path, evidence: Path) -> None:
    """Refuse to write into the evidence: what is written there would be read as evidence.

    Raises
    ------
    InputError
        *out* lies in the folder of the evidence.
    """
    try:
        inside = out.resolve().is_relative_to(evidence.resolve())
    except (OSError, RuntimeError) as error:  # links that go in circles
        raise InputError(f"--out {out}: cannot be resolved; choose another place.") from error
    if inside:
        raise InputError(f"--out {out}: would become part of the evidence; choose another place.")


def publish(data: str | bytes, out: Path | None) -> None:
    """Write data to stdout, or to a file that is never seen half written.

    Raises
    ------
    InputError
        The file cannot be written; says why.
    """
    if out is None:
        put(data)
        return
    content = data.encode("utf-8", "backslashreplace") if isinstance(data, str) else data
    try:
        _write(content, out)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}).") from error


def _write(content: bytes, out: Path) -> None:
    place = out.resolve()
    if place.exists() and not stat.S_ISREG(place.stat().st_mode):
        place.write_bytes(content)  # a pipe or a device is written, never replaced
        return
    beside = place.with_name(f".{place.name[:100]}.{os.getpid()}.part")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
