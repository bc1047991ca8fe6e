"""Explain: everything the evidence says about one person, group or membership, and the verdict.

"Why is Ada not in Finance?" The three sides beside each other, all that happened in order of time with
ids a reader can look up, the findings, what would falsify them, and when to look again. Of somebody in
order it shows the chain that makes her so.
"""

from scimlytics.explanation.subject import Subject, resolve
from scimlytics.explanation.verdict import Explanation, explain

__all__ = ["Explanation", "Subject", "explain", "resolve"]
