"""What holds for a whole evidence, as every rule may need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from scimlytics.evidence.completeness import CAPS
from scimlytics.reconcile import ledger
from scimlytics.reconcile.moment import Moment, moment_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence

BLOCKED_CODES = ("quarantine", "paused")
RECENT = timedelta(hours=24)
ENOUGH_LATE = 3
"""So many first claims of the last day must be late, and half of them, before a provider is behind."""


@dataclass(frozen=True)
class IdleRule:
    """A rule of the target: what it does to accounts without sign-in for so many days."""

    action: str
    days: int
    auth_method: str | None
    privileged: bool

    def meets(self, idle_since: ir.TimestampColumn, rows: ir.Table, now: datetime) -> ir.Value:
        """Whether it has acted on an account."""
        import ibis

        due = idle_since + ibis.interval(days=self.days)
        held = due <= ibis.literal(now, "timestamp('UTC', 6)")
        if self.auth_method not in (None, "", "all"):
            held = held & (rows.account_auth.fill_null(self.auth_method) == self.auth_method)
        if not self.privileged:
            held = held & ~rows.account_privileged.fill_null(False)
        return held.fill_null(False)


@dataclass(frozen=True)
class Context:
    """Scalars of one evidence."""

    moment: Moment
    grades: Mapping[str, str]
    provider: str
    provisioning: str
    has_log: bool
    assigned: bool
    """Assignments were exported."""
    looked_at: datetime | None
    """When the target was looked at, where that is said; what is only guessed bounds no claim."""
    behind_since: datetime | None
    """The provider is behind with whoever came into scope since: others waited as long."""
    idle_rules: tuple[IdleRule, ...]
    """By which inactivity the target itself acts on accounts."""
    guard_holds: bool
    """A job is in quarantine because of too many deletes."""
    deprovision_off: bool
    """Deprovisioning of users is switched off in the mapping or in the target's strategy."""
    group_deprovision_off: bool
    group_mapping_off: bool
    members_readable: bool
    """The target shows the members of groups."""
    excluded_groups: tuple[str, ...]
    included_groups: tuple[str, ...]
    """Patterns of the target's strategy, as LIKE patterns over folded names."""

    @property
    def by_scim(self) -> bool:
        """Accounts come by provisioning, not by a first login or a directory bind."""
        return self.provisioning in ("scim", "mixed")

    def cap(self, collection: str) -> str:
        """The surest one can be about an absence in a collection."""
        return CAPS[self.grades[collection]]

    @property
    def unwanted_cap(self) -> str:
        """The surest one can be that somebody is not assigned."""
        worst = self.cap("source_assignments")
        members = self.cap("source_memberships")
        if self.grades["source_memberships"] == "absent":
            return worst
        return min(worst, members, key=("undecidable", "suspected", "likely", "confirmed").index)

    def behind(self, wanted_since: ir.TimestampColumn) -> ir.BooleanValue:
        """Whether the provider is behind with what came into scope at a moment."""
        import ibis

        if self.behind_since is None:
            return ibis.literal(False)
        since = ibis.literal(self.behind_since, "timestamp('UTC', 6)")
        return (wanted_since >= since).fill_null(False)

    def after_look(self, moment: ir.TimestampColumn) -> ir.BooleanValue:
        """Whether something was claimed only after the target was looked at (causes.md, gate 0)."""
        import ibis

        if self.looked_at is None:
            return ibis.literal(False)
        looked = ibis.literal(self.looked_at, "timestamp('UTC', 6)")
        return (moment > looked).fill_null(False)

    def idle(self, action: str, idle_since: ir.TimestampColumn, rows: ir.Table) -> ir.BooleanValue:
        """Whether a rule of the target disables, or deletes, an account that long unused."""
        import ibis

        acting = [rule for rule in self.idle_rules if rule.action == action]
        met = [rule.meets(idle_since, rows, self.moment.seen_at) for rule in acting]
        return reduce(or_, met, ibis.literal(False))

    def later(self, moment: ir.TimestampColumn) -> ir.TimestampColumn:
        """A moment, and the grace."""
        import ibis

        return moment + ibis.interval(seconds=int(self.moment.grace.total_seconds()))


def context_of(evidence: Evidence) -> Context:
    """Read the context off the evidence."""
    jobs = evidence.rows("jobs").to_pylist()
    mappings = evidence.rows("mappings").to_pylist()
    strategies = [
        row for row in evidence.rows("strategies").to_pylist() if row["enabled"] is not False
    ]
    grades = {name: one.grade for name, one in evidence.grades.items()}
    users = [row for row in mappings if row["object_type"] == "user"]
    groups = [row for row in mappings if row["object_type"] == "group"]
    return Context(
        moment=moment_of(evidence),
        grades=grades,
        provider=evidence.profile.provider,
        provisioning=evidence.profile.provisioning,
        has_log=evidence.has("events"),
        assigned=evidence.has("assignments"),
        looked_at=evidence.settings.target.taken_at,
        behind_since=_behind_since(evidence),
        idle_rules=tuple(
            IdleRule(
                row["action"], row["inactive_days"], row["auth_method"], bool(row["privileged"])
            )
            for row in evidence.rows("lifecycle_rules").to_pylist()
            if row["action"] and row["inactive_days"] and not row["group_ids"]
        ),
        guard_holds=any(
            (job["quarantine_reason"] or "").casefold() == "toomanydeletes" for job in jobs
        ),
        deprovision_off=bool(users and all(row["flow_delete"] is False for row in users))
        or bool(strategies and all(row["deprovision_users"] is False for row in strategies)),
        group_deprovision_off=bool(groups and all(row["flow_delete"] is False for row in groups))
        or bool(strategies and all(row["deprovision_groups"] is False for row in strategies)),
        group_mapping_off=bool(groups and all(row["enabled"] is False for row in groups)),
        members_readable=evidence.settings.target.members_readable is not False
        and evidence.has("target_memberships"),
        excluded_groups=_patterns(strategies, "group_exclusion"),
        included_groups=_patterns(strategies, "group_inclusion"),
    )


def _behind_since(evidence: Evidence) -> datetime | None:
    """Since when people who come into scope wait longer than two cycles for their first claim.

    Only who came into scope inside the log counts: the first event of an account of old is no
    delay. A provider that is driven by events has no cycle; its grace stands for two.
    """
    import ibis

    moment = moment_of(evidence)
    users = ledger(evidence, "users")
    recent = ibis.literal(moment.seen_at - RECENT, "timestamp('UTC', 6)")
    fresh = users.filter(
        users.first_event_at >= users.wanted_since,
        users.first_event_at > recent,
        users.wanted_covered == "yes",
    )
    allowed = 2 * moment.cycle if moment.cycle else moment.grace
    late = fresh.first_event_at > fresh.wanted_since + ibis.interval(
        seconds=int(allowed.total_seconds())
    )
    counted = fresh.agg(
        every=lambda t: t.count(), late=late.sum(), since=fresh.wanted_since.min(where=late)
    )
    [row] = evidence.engine.fetch(counted).to_pylist()
    slow = row["late"] or 0
    return row["since"] if slow >= ENOUGH_LATE and 2 * slow >= row["every"] else None


def _patterns(strategies: list[dict[str, object]], column: str) -> tuple[str, ...]:
    """Wildcard patterns of all strategies as LIKE patterns over folded names."""
    found = []
    for row in strategies:
        names = row[column]
        if isinstance(names, list):
            found += [str(name) for name in names]
    return tuple(
        sorted(
            {
                name.casefold().replace("%", r"\%").replace("_", r"\_").replace("*", "%")
                for name in found
            }
        )
    )
