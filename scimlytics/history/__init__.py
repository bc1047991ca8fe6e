"""Findings over runs: what is new, what stays, what is gone, and what only cannot be seen any more.

::

    outcome = history.keep("history", evidence, run)      # a run is held against the one before
    comparison = history.compare(before, after)           # two evidences: did the fix work?

A finding that is not found any more is *resolved* only where the evidence shows that it is:
a pull that broke off repairs nothing.
"""

from scimlytics.history.comparison import Comparison, compare
from scimlytics.history.outcome import Outcome
from scimlytics.history.runs import keep, look, place_of, runs
from scimlytics.history.views import calendar, figures, moved

__all__ = [
    "Comparison",
    "Outcome",
    "calendar",
    "compare",
    "figures",
    "keep",
    "look",
    "moved",
    "place_of",
    "runs",
]
