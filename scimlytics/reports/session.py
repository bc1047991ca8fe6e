"""Inside the kernel: what a notebook finds when it begins, whoever ran there before.

One kernel serves all notebooks of a report, since nearly all of the time of a report is the start of
kernels. ``%reset`` leaves much behind: pandas' options, the environment, plotly's default template,
the working directory, warning filters. Each notebook begins from what was noted at the start.
"""

from __future__ import annotations

import os
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATE = "plotly"


@dataclass(frozen=True)
class Page:
    """The page that is being made, and where it may put whole tables."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Start:
    """What is restored before each notebook."""

    environment: dict[str, str]
    path: tuple[str, ...]
    filters: tuple[Any, ...]
    options: dict[str, Any]


_page: Page | None = None
_start: Start | None = None


def page() -> Page | None:
    """The page being made; None in a notebook that somebody works in."""
    return _page


def begin(name: str, folder: str, working: str) -> None:
    """Restore the kernel and say which page comes next. Called by the engine, before each notebook.

    Parameters
    ----------
    name
        The page's name: the notebook's.
    folder
        Where ``show.table`` puts whole tables.
    working
        The working directory of the notebook.
    """
    global _page, _start
    if _start is None:
        _start = Start(dict(os.environ), tuple(sys.path), tuple(warnings.filters), options())
    else:
        _restore(_start)
    os.chdir(working)
    _page = Page(name, Path(folder))


def _restore(start: Start) -> None:
    from IPython import get_ipython

    shell = get_ipython()
    if shell is not None:
        shell.reset(new_session=True)
    for name in set(os.environ) - set(start.environment):
        del os.environ[name]
    os.environ.update(start.environment)
    sys.path[:] = start.path
    warnings.filters[:] = list(start.filters)  # type: ignore[index]
    import pandas as pd

    now = options()
    for name, value in start.options.items():
        if now.get(name) != value:
            pd.set_option(name, value)
    if "plotly.io" in sys.modules:
        templates = sys.modules["plotly.io"].templates
        templates.default = TEMPLATE
    if "ibis" in sys.modules:
        sys.modules["ibis"].options.interactive = False


def options() -> dict[str, Any]:
    """The options of pandas as they are now, by name."""
    import pandas as pd

    found: dict[str, Any] = {}

    def walk(group: Any, prefix: str) -> None:
        for name in dir(group):
            value = getattr(group, name)
            if type(value) is type(group):
                walk(value, f"{prefix}{name}.")
            else:
                found[prefix + name] = value

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        walk(pd.options, "")
    return found
