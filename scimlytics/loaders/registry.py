"""Which formats there are, and which of them a page is.

Every module of this folder that has ``FORMATS`` takes part; nothing else needs to know of it. A
module may say ``RANK``: formats of a lower rank are asked first (default 0). Formats that guess
from headers rank higher than those that know a product.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

from scimlytics import loaders
from scimlytics.loaders.format import Format, Record


@cache
def modules() -> tuple[Any, ...]:
    """The format modules, in the order in which they are asked."""
    names = sorted(info.name for info in pkgutil.iter_modules(loaders.__path__))
    found = [import_module(f"{loaders.__name__}.{name}") for name in names]
    having = [module for module in found if hasattr(module, "FORMATS")]
    return tuple(sorted(having, key=lambda module: getattr(module, "RANK", 0)))


@cache
def formats() -> tuple[Format, ...]:
    """All formats, in the order in which they are asked."""
    return tuple(one for module in modules() for one in module.FORMATS)


@cache
def finishers() -> tuple[Callable[[dict[str, Any]], dict[str, Any]], ...]:
    """What modules do once all files are read: put together what lies in several of them."""
    return tuple(module.finish for module in modules() if hasattr(module, "finish"))


def recognise(envelope: Record, record: Any) -> Format | None:
    """The format of a page, by its envelope and its first record (None: it has none)."""
    for one in formats():
        if one.recognises(envelope, record):
            return one
    return None
