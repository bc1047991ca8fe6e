"""How a page was made: versions, parameters, time. So that it can be made again."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from scimlytics.reports.parameters import Declared, Plain

PACKAGES = (
    "scimlytics",
    "pandas",
    "ibis-framework",
    "duckdb",
    "plotly",
    "itables",
    "papermill",
    "nbconvert",
)


def how(
    notebook: str,
    known: Mapping[str, Declared],
    parameters: Mapping[str, Plain],
    seconds: float,
) -> dict[str, Any]:
    """What stands under "How this was made".

    Parameters
    ----------
    notebook
        Its name.
    known
        The parameters it declares.
    parameters
        The values it was given.
    seconds
        How long it ran.
    """
    values = {name: one.default for name, one in known.items()} | dict(parameters)
    return {
        "facts": [
            ("Made", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
            ("Took", f"{seconds:.1f} s"),
            ("Python", platform.python_version()),
            *((name, version(name)) for name in PACKAGES),
        ],
        "notebook": f"{notebook}.ipynb",
        "parameters": [(name, _said(value)) for name, value in values.items()],
        "evidence": str(values.get("evidence_path") or "").rstrip("/").rsplit("/", 1)[-1],
    }


def _said(value: Plain) -> str:
    if value is None:
        return "not given"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
