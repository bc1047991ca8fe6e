"""The nbconvert exporter: an executed notebook in, one page of a report out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import mistune
from markupsafe import Markup
from nbconvert.exporters.exporter import Exporter

from scimlytics.reports.page import Block, read_page

if TYPE_CHECKING:
    from nbformat import NotebookNode

TEMPLATE = Path(__file__).parent / "template"
GLYPHS = {
    "critical": ("◆", "critical"),
    "high": ("▲", "high"),
    "medium": ("●", "medium"),
    "low": ("■", "low"),
    "info": ("·", "info"),
    "fine": ("✓", "fine"),
    "unproven": ("○", "not proven"),
}
"""Severity → glyph and word. Never colour alone."""


class ReportExporter(Exporter):  # type: ignore[misc]
    """Makes a page with our own template: autoescaped, offline, without a script from data."""

    output_mimetype = "text/html"

    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Make the page.

        Parameters
        ----------
        nb
            The executed notebook.
        resources
            ``report``: what the page says besides: ``site`` (all pages), ``name``, ``failure``,
            and ``made`` (how it was made).
        kw
            As nbconvert's contract has it; unused.
        """
        copy, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources.get("report", {})
        page = read_page(copy, about.get("failure"))
        html = environment().get_template("page.html.j2").render(page=page, **_defaults(about))
        resources["page"] = page
        return html, resources


def environment() -> jinja2.Environment:
    """The templates; everything they print is escaped unless it was made here."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = prose
    made.filters["count"] = lambda value: f"{value:,}" if isinstance(value, (int, float)) else value
    made.filters["slim"] = slim
    made.filters["batched"] = batched
    made.globals["GLYPHS"] = GLYPHS
    return made


def prose(text: str) -> Markup:
    """Markdown as HTML: tags in it stay text, pictures are left out."""
    renderer = _Renderer(escape=True)
    return Markup(mistune.create_markdown(renderer=renderer, plugins=["table"])(text))


class _Renderer(mistune.HTMLRenderer):
    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture would be a request; its words stay."""
        return mistune.escape(text)


def slim(table: dict[str, Any]) -> dict[str, Any]:
    """What the script in the page needs of a table."""
    return {"columns": table["columns"], "rows": table["rows"]}


def batched(blocks: list[Block]) -> list[list[Block]]:
    """Blocks in runs: charts that follow each other stand side by side."""
    runs: list[list[Block]] = []
    for block in blocks:
        if runs and block.kind == runs[-1][0].kind == "chart":
            runs[-1].append(block)
        else:
            runs.append([block])
    return runs


def _defaults(about: dict[str, Any]) -> dict[str, Any]:
    made = {"facts": [], "parameters": [], "evidence": "", "notebook": ""}
    blank: dict[str, Any] = {"site": [], "name": "", "failure": None}
    return blank | about | {"made": made | about.get("made", {})}
