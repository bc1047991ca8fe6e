"""What several rules of people ask: which situation it is, who removed an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

MISSING = ("target_users", "wanted_certainty")
"""What the absence of an account rests on."""


def is_(situation: str, u: ir.Table) -> ir.BooleanValue:
    """The row is about this situation."""
    return u.situation == situation


def by_rule(u: ir.Table) -> ir.BooleanValue:
    """The target's audit names a rule of its own, or its robot, as the one who removed it."""
    via = u.removed_via.lower()
    return (via.contains("lifecycle") | (via == "robot")).fill_null(False)
