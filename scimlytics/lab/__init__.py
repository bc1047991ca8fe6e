"""The lab: simulated tenants whose faults are known, and the score of findings against them.

A tenant is simulated by its causes: people join, rename and leave, the provider runs its cycles as
documented, the target answers, administrators act behind the provider's back. Each fault is written
down as it happens, so that accuracy is a number.
"""

from scimlytics.lab.mix import read_faults
from scimlytics.lab.score import score
from scimlytics.lab.simulate import simulate
from scimlytics.lab.whatif import cycles_like, figures, summary, what_if

__all__ = [
    "cycles_like",
    "figures",
    "read_faults",
    "score",
    "simulate",
    "summary",
    "what_if",
]
