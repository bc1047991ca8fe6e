"""The files beside the pages: plotly and DataTables from the installed packages, and our own."""

from __future__ import annotations

import json
import re
from pathlib import Path

from scimlytics.errors import ReportError

TEMPLATE = Path(__file__).parent / "template"


def write_assets(folder: Path) -> None:
    """Copy what the pages draw with. Nothing of it comes from a network.

    Parameters
    ----------
    folder
        ``assets`` of the report.
    """
    folder.mkdir(parents=True)
    for name, text in assets().items():
        (folder / name).write_text(text, encoding="utf-8")


def assets() -> dict[str, str]:
    """Every asset by its file name."""
    import itables
    from plotly.offline import get_plotlyjs

    bundle = Path(itables.__file__).parent / "html"
    return {
        "plotly.min.js": get_plotlyjs(),
        "tables.js": classic((bundle / "dt_bundle.js").read_text(encoding="utf-8")),
        "tables.css": (bundle / "dt_bundle.css").read_text(encoding="utf-8"),
        "looks.js": looks(),
        **{
            name: (TEMPLATE / name).read_text(encoding="utf-8")
            for name in ("theme.js", "report.js", "report.css")
        },
    }


def looks() -> str:
    """The looks of the charts, light and dark, for the page."""
    from scimlytics.charts import theme

    both = {mode: theme.template(mode) for mode in ("light", "dark")}
    return f"window.scimLooks = {json.dumps(both)};\n"


def classic(module: str) -> str:
    """Turn the DataTables module into a plain script; a page on disk may not load modules.

    Raises
    ------
    ReportError
        The module no longer ends in one list of exports.
    """
    start = module.rfind("export{")
    end = module.find("}", start)
    found = re.search(r"(\w+) as default", module[start:end]) if start >= 0 else None
    if found is None:
        raise ReportError(
            "itables' table bundle has no default export; is this version of itables supported?"
        )
    body = module[:start] + f"window.DataTable={found.group(1)};" + module[end + 1 :].lstrip(";")
    return f"(()=>{{{body}\n}})();\n"
