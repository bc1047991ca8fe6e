"""Diagnose: evidence → cause, certainty, what it rests on. One file of rules per kind of object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.diagnose import groups, memberships, people, users
from scimlytics.diagnose.clusters import INCIDENTS, incidents
from scimlytics.diagnose.context import Context, context_of
from scimlytics.diagnose.decided import DECIDED, decide
from scimlytics.diagnose.findings import Setting, Standstill, assemble, in_order
from scimlytics.diagnose.rule import Rule, evaluate
from scimlytics.reconcile import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

    from scimlytics.evidence import Evidence

__all__ = [
    "DECIDED",
    "INCIDENTS",
    "RULES",
    "Context",
    "Rule",
    "Setting",
    "Standstill",
    "assemble",
    "context_of",
    "decide_groups",
    "decide_memberships",
    "decide_users",
    "evaluate",
    "in_order",
    "incidents",
]

RULES: dict[str, Sequence[Rule]] = {
    "user": users.RULES,
    "group": groups.RULES,
    "membership": memberships.RULES,
}
"""The rules in order of precedence, by what they are about."""


def decide_users(evidence: Evidence, context: Context) -> pa.Table:
    """The cause of each user's discrepancies, as DECIDED."""
    ready = evidence.keep("prepared_users", people.prepared(ledger(evidence, "users"), context))
    rows = people.discrepancies(ready, ledger(evidence, "differences"), context)
    return _decided(evidence, "user", rows, context)


def decide_groups(evidence: Evidence, context: Context) -> pa.Table:
    """The cause of each group's discrepancies, as DECIDED."""
    edges = ledger(evidence, "memberships")
    lost = edges.filter(
        edges.situation.isin(["missing", "extra"]),
        edges.group_failing,
        edges.account_state == "active",
    )
    told = lost.select("group_id").distinct()
    rows = groups.discrepancies(
        ledger(evidence, "groups"),
        evidence.table("group_names_written"),
        told if context.members_readable and evidence.has("source_memberships") else None,
        context,
    )
    return _decided(evidence, "group", rows, context)


def decide_memberships(evidence: Evidence, context: Context) -> pa.Table:
    """The cause of each edge's discrepancy, as DECIDED."""
    rows = memberships.discrepancies(ledger(evidence, "memberships"), context)
    return _decided(evidence, "membership", rows, context)


def _decided(evidence: Evidence, object_type: str, rows: ir.Table, context: Context) -> pa.Table:
    kept = evidence.keep(f"discrepancies_{object_type}", rows)
    decided = evaluate(kept, RULES[object_type], context.grades)
    return decide(decided, RULES[object_type], object_type, evidence.engine)
