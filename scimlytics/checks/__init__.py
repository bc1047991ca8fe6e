"""Checks: the questions. Most are a name that rules answer; a function answers the others.

``run`` asks all of them, or some, of an evidence. A check whose input was not exported is skipped
and said so; it never counts as passed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scimlytics.checks.registry import CHECKS, Check
from scimlytics.errors import InputError, unknown
from scimlytics.evidence import undisturbed

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from scimlytics.evidence import Evidence

__all__ = ["CHECKS", "Check", "CheckRun", "run"]


@dataclass(frozen=True)
class CheckRun:
    """What asking an evidence gave."""

    findings: pa.Table
    """FINDINGS, in order."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Check → why it was not asked."""
    lacking: list[str] = field(default_factory=list)
    """Checks that were asked for by name and lack their input."""

    @property
    def frame(self) -> pd.DataFrame:
        """The findings as a DataFrame."""
        from scimlytics.evidence import to_frame

        return to_frame(self.findings)


def run(evidence: Evidence, *, only: Sequence[str] | None = None) -> CheckRun:
    """Ask an evidence all questions, or some.

    Parameters
    ----------
    evidence
        What is known. It stays as it is.
    only
        Names of checks; all when not given.

    Raises
    ------
    InputError
        A check nobody knows, or an evidence with one side only.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in only or ():
        if name not in CHECKS:
            raise unknown("check", name, sorted(CHECKS))
    for side in ("source", "target"):
        if not evidence.has(f"{side}_users"):
            raise InputError(
                f"{evidence.name or 'evidence'}: no users of the {side}; put its exports"
                f" into {side}/, or name the role in scimlytics.toml."
            )
    skipped = {
        name: why for name, check in CHECKS.items() if (why := _why_skipped(check, evidence))
    }
    with undisturbed():
        evidence.recall()
        findings = evidence.once("findings", lambda: _findings(evidence))
        evidence.remember()
    wanted = [name for name in (only or CHECKS) if name not in skipped]
    chosen = findings.filter(pc.is_in(findings.column("check"), pa.array(wanted, pa.string())))
    return CheckRun(
        chosen,
        {name: why for name, why in skipped.items() if name in (only or CHECKS)},
        [name for name in (only or ()) if name in skipped],
    )


def _findings(evidence: Evidence) -> pa.Table:
    """Everything that disagrees, whatever was asked for."""
    import pyarrow as pa

    from scimlytics import diagnose
    from scimlytics.checks import asked

    context = diagnose.context_of(evidence)
    parts = [diagnose.decide_users(evidence, context)]
    if evidence.has("source_groups") and evidence.has("target_groups"):
        parts.append(diagnose.decide_groups(evidence, context))
        if evidence.has("source_memberships") and evidence.has("target_memberships"):
            parts.append(diagnose.decide_memberships(evidence, context))
    people = pa.concat_tables([part.replace_schema_metadata(None) for part in parts])
    questions: list[Callable[[Any, Any, pa.Table], pa.Table]] = [
        asked.jobs,
        asked.throttling,
        asked.scope,
        asked.mappings,
        asked.quality,
    ]
    decided = [people, *(question(evidence, context, people) for question in questions)]
    setting = diagnose.Setting(
        retries=evidence.profile.retries,
        seen_at=context.moment.seen_at,
        cycle=context.moment.cycle,
        capabilities=evidence.profile.capabilities,
        standstill=asked.standstill(evidence, context),
    )
    return diagnose.assemble(
        pa.concat_tables([part.replace_schema_metadata(None) for part in decided]), setting
    )


def _why_skipped(check: Check, evidence: Evidence) -> str | None:
    if check.needs_log and evidence.profile.provisioning not in ("scim", "mixed"):
        return "not applicable: nothing is provisioned here"
    if any(evidence.has(name) for name in check.any_of) or not check.any_of:
        lacking = [name for name in check.inputs if not evidence.has(name)]
        if not lacking:
            return None
        return f"no {', '.join(name.replace('_', ' ') for name in lacking)} exported"
    return f"no {' or '.join(name.replace('_', ' ') for name in check.any_of)} exported"
