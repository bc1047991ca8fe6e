"""Small notebooks for tests of the report."""

from __future__ import annotations

from pathlib import Path

import nbformat

PARAMETERS = 'evidence_path = "x"  # the evidence\nname = "nobody"  # a name\nrows = 3  # how many'
SHOW = "from scimlytics.reports import show\nimport pandas as pd"


def notebook(folder: Path, name: str, *cells: str, title: str = "Does it work?") -> Path:
    """Write a notebook; cells that begin with ``#`` and a blank are prose."""
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3",
    }
    parameters = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    made.cells = [nbformat.v4.new_markdown_cell(f"# {title}"), parameters]
    for text in cells:
        prose = text.startswith(("# ", "## "))
        made.cells.append(
            nbformat.v4.new_markdown_cell(text) if prose else nbformat.v4.new_code_cell(text)
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    nbformat.write(made, path)
    return path
