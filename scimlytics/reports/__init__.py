"""Reports: notebooks and parameters in, one folder of pages out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scimlytics.reports.run import Made, Report, notebook_names, report

__all__ = ["Made", "Report", "notebook_names", "report"]


def __getattr__(name: str) -> Any:
    """Load the machinery when it is first asked for: papermill and nbconvert are heavy."""
    if name in __all__:
        from scimlytics.reports import run

        return getattr(run, name)
    raise AttributeError(f"module 'scimlytics.reports' has no attribute '{name}'")
