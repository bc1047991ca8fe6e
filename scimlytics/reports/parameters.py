"""Parameters of notebooks: which there are, and values that are safe to write into one.

papermill writes parameters into the notebook as code. It only warns about a name nobody knows, turns
dates and tuples into text, breaks on sets, and lets a path or a name with quotes become code. So a
name must be declared by the notebook, and a value is made plain JSON, of the declared type, first.
"""

from __future__ import annotations

import ast
import math
import os
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scimlytics.errors import ReportError, unknown

if TYPE_CHECKING:
    from nbformat import NotebookNode

Plain = None | bool | int | float | str | list["Plain"] | dict[str, "Plain"]
SECRET = re.compile(r"(^|_)(token|secret|password|passwd|passphrase|key|credential)s?($|_)", re.I)
WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Declared:
    """A parameter as its notebook declares it."""

    name: str
    default: Plain
    help: str


def declared(notebook: NotebookNode) -> dict[str, Declared]:
    """The parameters of a notebook: the cell tagged ``parameters``, one a line, with their help."""
    from papermill import inspect_notebook

    found = {}
    for name, parameter in inspect_notebook(spoken(notebook)).items():
        try:
            default = ast.literal_eval(parameter["default"])
        except (ValueError, SyntaxError):
            default = None
        found[name] = Declared(name, default, parameter["help"])
    return found


def spoken(notebook: NotebookNode) -> NotebookNode:
    """The notebook, saying that it is Python where nobody said so; papermill wants to know."""
    if notebook.metadata.get("kernelspec", {}).get("name") and notebook.metadata.get(
        "language_info"
    ):
        return notebook
    copy = deepcopy(notebook)
    copy.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    copy.metadata["language_info"] = {"name": "python"}
    return copy


def settle(
    known: Mapping[str, Declared], given: Mapping[str, object], notebook: str
) -> dict[str, Plain]:
    """Check the given values against what the notebook declares, and make them plain JSON.

    Parameters
    ----------
    known
        What :func:`declared` found.
    given
        Name → value. Text is read by the type of the declared default, so that values of a command
        line need no other door.
    notebook
        The notebook's name, for messages.

    Raises
    ------
    ReportError
        A name that would carry a secret, a value of another type or one that is no plain data.
    InputError
        A name the notebook does not declare; says which there are.
    """
    settled = {}
    for name, value in given.items():
        if SECRET.search(str(name)):
            raise ReportError(
                f"{notebook}: parameters are kept in the report; a name like '{name}' is refused,"
                " since a secret must not get there."
            )
        if name not in known:
            raise unknown("parameter", str(name), sorted(known), f"{notebook}.ipynb")
        settled[name] = _fit(plain(value, name), known[name], notebook)
    return settled


def plain(value: object, name: str) -> Plain:
    """Make a value plain JSON: paths and times become text, sets and tuples lists."""
    if (
        hasattr(value, "item")
        and not isinstance(value, (str, bytes))
        and not hasattr(value, "__len__")
    ):
        value = value.item()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ReportError(f"The parameter '{name}' is no finite number.")
        return float(value)
    if isinstance(value, Path):
        value = os.fspath(value)
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ReportError(f"The parameter '{name}' is a time without a zone; give it in UTC.")
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return [plain(one, name) for one in sorted(value, key=str)]
    if isinstance(value, (list, tuple)):
        return [plain(one, name) for one in value]
    if isinstance(value, Mapping):
        return {_text(str(key), name): plain(one, name) for key, one in value.items()}
    raise ReportError(
        f"The parameter '{name}' is a {type(value).__name__}; it may be text, a number, a time,"
        " a list or a mapping of these."
    )


def _text(value: str, name: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ReportError(f"The parameter '{name}' holds characters that are no Unicode.") from None
    return str(value)


def _fit(value: Plain, parameter: Declared, notebook: str) -> Plain:
    """Give a value the type of the default; what does not fit is refused, never guessed."""
    default = parameter.default
    if default is None or value is None:
        return value
    if isinstance(value, str) and not isinstance(default, str):
        value = _read(value, default)
    fits = isinstance(value, bool) == isinstance(default, bool) and isinstance(
        value, (int, float) if isinstance(default, float) else type(default)
    )
    if not fits:
        raise ReportError(
            f"{notebook}.ipynb: '{parameter.name}' takes {_kind(default)}, such as {default!r}"
            f" ({parameter.help or 'no help'})."
        )
    return value


def _read(text: str, default: Plain) -> Plain:
    if isinstance(default, bool):
        return WORDS.get(text.strip().lower(), text)
    if isinstance(default, list) and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return plain(read, "value")


def _kind(default: Plain) -> str:
    kinds = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
    return kinds.get(type(default), "a list" if isinstance(default, list) else "a mapping")
