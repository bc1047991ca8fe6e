"""What holds for a whole evidence, as every rule may need it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scimlytics.evidence.completeness import CAPS
from scimlytics.reconcile.moment import Moment, moment_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence

BLOCKED_CODES = ("quarantine", "paused")


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
    provider_behind: bool
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
        provider_behind=False,
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
