"""Writing: JSON as the products write it, compressed without a time stamp, so that bytes repeat."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any


def compact(value: Any) -> str:
    """JSON on one line, as a download has it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_json(path: Path, value: Any) -> None:
    """Write JSON, compressed when the name ends in ``.gz``."""
    write_text(path, compact(value) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text, compressed when the name ends in ``.gz``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = text.encode("utf-8")
    if path.suffix != ".gz":
        path.write_bytes(body)
        return
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=buffer, mtime=0) as packed:
        packed.write(body)
    path.write_bytes(buffer.getvalue())
