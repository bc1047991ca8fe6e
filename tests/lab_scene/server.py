"""The SCIM server of others, made slow: what names somebody in a list is done, and answered late."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from scim2_server.testserver import cli

LATE = 2.5
"""Seconds; longer than nginx waits."""


def slow(application: Callable[..., Iterable[bytes]], names: Path) -> Callable[..., list[bytes]]:
    """Answer late whatever names one of the people in the file."""

    def handler(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        answer = list(application(environ, start))
        late = names.read_text().split() if names.exists() else []
        if environ["REQUEST_METHOD"] == "POST" and any(name.encode() in body for name in late):
            time.sleep(LATE)
        return answer

    return handler


def main() -> None:
    """Serve as ``scim2-server`` does."""
    make, names = cli.make_server, Path(os.environ["SLOW_NAMES"])

    def made(host: str, port: int, application: Any, **more: Any) -> Any:
        return make(host, port, slow(application, names), **more)

    cli.make_server = made
    cli.main()


if __name__ == "__main__":
    main()
