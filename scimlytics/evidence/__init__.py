"""Evidence: the bundle of tables a question is asked of, its completeness, and the engine."""

from scimlytics.evidence.bundle import NAMES, Evidence, Side
from scimlytics.evidence.completeness import CAPS, COLLECTIONS, GRADES, Grade, Shown
from scimlytics.evidence.engine import Engine, to_frame, undisturbed
from scimlytics.evidence.profile import Profile
from scimlytics.evidence.reading import Inspection, inspect, of, read

__all__ = [
    "CAPS",
    "COLLECTIONS",
    "GRADES",
    "NAMES",
    "Engine",
    "Evidence",
    "Grade",
    "Inspection",
    "Profile",
    "Shown",
    "Side",
    "inspect",
    "of",
    "read",
    "to_frame",
    "undisturbed",
]
