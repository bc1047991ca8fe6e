"""The whole report as one file, for mail."""

from __future__ import annotations

import base64
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from scimlytics.reports.assets import TEMPLATE, assets
from scimlytics.reports.exporter import environment
from scimlytics.reports.page import Page, read_page

if TYPE_CHECKING:
    from nbformat import NotebookNode

FILE = "report.html"


@dataclass(frozen=True)
class Sheet:
    """One page within the file."""

    name: str
    page: Page
    made: dict[str, Any]


def sheet(name: str, executed: NotebookNode, failure: str | None, made: dict[str, Any]) -> Sheet:
    """An executed notebook as a page within the file; its ids carry the page's name."""
    return Sheet(name, read_page(executed, failure, prefix=f"{name}-"), made)


def write_single(folder: Path, sheets: list[Sheet], site: list[dict[str, Any]]) -> Path:
    """Write the pages as one file that needs nothing beside it.

    plotly is packed (gzip, base64) and unpacked by the browser. Whole tables are not in the file.
    Scripts are allowed by their hashes, so that nothing else in the file can run.

    Parameters
    ----------
    folder
        Where to write it.
    sheets
        The pages in order.
    site
        Their names and labels.
    """
    held = assets()
    scripts = {
        name: held[name].replace("</script", "<\\/script") for name in held if name.endswith(".js")
    }
    scripts["single.js"] = (TEMPLATE / "single.js").read_text(encoding="utf-8")
    packed = base64.b64encode(gzip.compress(held["plotly.min.js"].encode(), mtime=0)).decode()
    run = [*scripts.values(), held["plotly.min.js"]]
    html = (
        environment()
        .get_template("single.html.j2")
        .render(
            sheets=sheets,
            site=site,
            hashes=sorted({_hash(text) for text in run}),
            styles=Markup(held["tables.css"] + held["report.css"]),
            scripts={name: Markup(text) for name, text in scripts.items()},
            plotly=packed,
        )
    )
    path = folder / FILE
    path.write_text(html, encoding="utf-8")
    return path


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
