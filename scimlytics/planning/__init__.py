"""From findings to an ordered, limited plan: what to do first, whom it touches, when to look again.

A plan is made of what is confirmed or likely only. It never names a button the provider does not
have, packs calls to the provider's limits, and says what it refuses and why. It sends nothing.
"""

from scimlytics.planning.circumstances import Circumstances, circumstances_of
from scimlytics.planning.plan import Plan, make, plan_of, verify
from scimlytics.planning.views import by_remedy, cards, figures, steps
from scimlytics.planning.worklists import TICKET, worklists

__all__ = [
    "TICKET",
    "Circumstances",
    "Plan",
    "by_remedy",
    "cards",
    "circumstances_of",
    "figures",
    "make",
    "plan_of",
    "steps",
    "verify",
    "worklists",
]
