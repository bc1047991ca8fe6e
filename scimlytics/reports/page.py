"""An executed notebook as the blocks of a page."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scimlytics.reports.cells import visible
from scimlytics.reports.show import FIGURES, PLOTLY, TABLE, TRUST, slug

if TYPE_CHECKING:
    from nbformat import NotebookNode

ERROR_TAG = "papermill-error-cell-tag"
ANSI = re.compile(r"\x1b\[[0-9;]*m")
FORMATS = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
"""plotly's names of number types → those of ``struct``."""


@dataclass
class Block:
    """One thing on a page: prose, trust, figures, chart, table, text or missing."""

    kind: str
    data: Any = None
    title: str = ""
    id: str = ""
    table: Any = None


@dataclass
class Section:
    """A heading and what stands below it."""

    title: str = ""
    id: str = ""
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Page:
    """A page as the template takes it."""

    title: str
    sections: list[Section]
    failure: str | None = None
    messages: str = ""

    @property
    def blocks(self) -> list[Block]:
        """All blocks in order."""
        return [block for section in self.sections for block in section.blocks]


def title_of(notebook: NotebookNode) -> str:
    """The question a notebook asks: its first heading."""
    for cell in notebook.cells:
        found = re.search(r"^# +(.+)$", cell.source, re.M) if cell.cell_type == "markdown" else None
        if found:
            return found.group(1).strip()
    return "Report"


def read_page(notebook: NotebookNode, failure: str | None = None, prefix: str = "") -> Page:
    """Sort what a notebook shows into sections of blocks.

    Parameters
    ----------
    notebook
        The executed notebook.
    failure
        Why it did not come to its end, if so; sections it did not reach then say "not computed".
    prefix
        What the ids of the page begin with, where several pages share a file.
    """
    page = Page(title_of(notebook), [Section()], failure)
    ids: dict[str, int] = {}
    for cell in notebook.cells:
        if ERROR_TAG in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            _prose(page, cell.source, ids)
        elif cell.cell_type == "code":
            _outputs(page, cell, ids)
    parts: list[Section | Block] = [*page.sections, *page.blocks]
    for part in parts:
        part.id = part.id and prefix + part.id
    return page


def _prose(page: Page, source: str, ids: dict[str, int]) -> None:
    text = re.sub(r"^# +.+$", "", source, count=1, flags=re.M)
    for part in re.split(r"^(?=## )", text, flags=re.M):
        heading = re.match(r"## +(.+)\n?", part)
        if heading:
            title = heading.group(1).strip()
            page.sections.append(Section(title, _unique(slug(title), ids)))
            part = part[heading.end() :]
        if part.strip():
            page.sections[-1].blocks.append(Block("prose", part))


def _outputs(page: Page, cell: NotebookNode, ids: dict[str, int]) -> None:
    blocks = page.sections[-1].blocks
    reached = cell.get("execution_count") is not None
    if page.failure and not reached and cell.source.strip():
        if not any(block.kind == "missing" for block in blocks):
            blocks.append(Block("missing"))
        return
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            if output.name == "stdout":
                blocks.append(Block("text", visible(ANSI.sub("", output.text))))
            else:
                page.messages += visible(ANSI.sub("", output.text))
        elif output.output_type == "error":
            blocks.append(Block("missing"))
        else:
            block = _shown(output.get("data", {}), ids)
            if block is not None:
                blocks.append(block)


def _shown(data: Any, ids: dict[str, int]) -> Block | None:
    """The richest form that is data. HTML and scripts of a notebook never reach a page."""
    if PLOTLY in data:
        chart = dict(data[PLOTLY])
        layout = dict(chart.get("layout", {}))
        title = layout.pop("title", None) or {}
        text = title.get("text", "") if isinstance(title, dict) else str(title)
        layout.pop("template", None)
        layout["margin"] = {**layout.get("margin", {}), "t": 12}
        chart["layout"] = layout
        table = data.get(TABLE) or traces_as_table(chart, text)
        return Block("chart", chart, text, _unique(f"chart-{slug(text)}", ids), table)
    if TABLE in data:
        table = data[TABLE]
        return Block("table", table, table["title"], _unique(f"table-{slug(table['title'])}", ids))
    if TRUST in data:
        return Block("trust", data[TRUST])
    if FIGURES in data:
        return Block("figures", data[FIGURES])
    if "text/markdown" in data:
        return Block("prose", data["text/markdown"])
    if "text/plain" in data:
        return Block("text", visible(data["text/plain"]))
    return None


def _unique(name: str, ids: dict[str, int]) -> str:
    ids[name] = ids.get(name, 0) + 1
    return name if ids[name] == 1 else f"{name}-{ids[name]}"


def traces_as_table(chart: dict[str, Any], title: str) -> dict[str, Any]:
    """The numbers of a chart that came without a table: a row per point."""
    rows = []
    for trace in chart.get("data", []):
        across, up = values(trace.get("x")), values(trace.get("y"))
        name = str(trace.get("name") or "")
        if "z" in trace:
            grid = trace["z"] if isinstance(trace["z"], list) else []
            rows += [
                [str(up[i]) if i < len(up) else str(i), across[j] if j < len(across) else j, value]
                for i, line in enumerate(grid)
                for j, value in enumerate(values(line))
            ]
        else:
            rows += [[name, x, y] for x, y in zip(across, up, strict=False)]
    columns = [
        {"name": name, "title": name.capitalize(), "kind": "text", "detail": False}
        for name in ("series", "x", "y")
    ]
    return {
        "title": title,
        "note": "",
        "columns": columns,
        "rows": rows[:2000],
        "total": len(rows),
        "base": None,
        "prefixed": [],
    }


def values(held: Any) -> list[Any]:
    """The values of a plotly array, also of one that it packed into base64."""
    if isinstance(held, dict) and "bdata" in held:
        letter = FORMATS[held["dtype"].lstrip("<|>=")]
        packed = base64.b64decode(held["bdata"])
        return list(struct.unpack(f"<{len(packed) // struct.calcsize(letter)}{letter}", packed))
    return list(held) if isinstance(held, (list, tuple)) else []
