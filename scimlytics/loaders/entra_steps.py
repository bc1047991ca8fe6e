"""What the steps of a provisioning event tell.

Whether something was written, why it was skipped, what the scoping found, and under which name the
object is known stand in the steps only (formats.md section 1.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimlytics.loaders.entra_text import LOWER, Folded, as_json, flag, folded, from_text, text
from scimlytics.loaders.entra_words import (
    FLAGS,
    NAME_PARTS,
    STATUSES,
    STEP_TYPES,
    letters,
    word,
)
from scimlytics.loaders.times import parse_time

if TYPE_CHECKING:
    from scimlytics.loaders.entra_event import Events

FLAG_COLUMNS = (
    "scope_active",
    "scope_assigned",
    "scope_role",
    "scope_filter",
    "scope_all",
    "scope_failed",
)


class StepFacts:
    """What the steps of one event tell, whatever their order (trap 14)."""

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        self.written = False
        self.skip_reason: str | None = None
        self.skip_attribute: str | None = None
        self.reason: str | None = None
        self.reportable: str | None = None
        self.descriptions: list[str] = []
        self.flags: dict[str, Any] = {}
        self.imported: Folded = {}
        self.target: Folded = {}

    def add(self, number: int, step: Folded, events: Events) -> None:
        """Take one step, and give it to *events* as a row."""
        kind = word(step.get("provisioningsteptype", step.get("type")), STEP_TYPES)
        status = word(step.get("status"), STATUSES)
        details = step.get("details")
        if isinstance(details, str):
            details = from_text(details)
        if not isinstance(details, dict):
            details = {}
        description = text(step.get("description"))
        try:
            at = parse_time(step.get("timestamp"))
        except ValueError:
            at = None
        name = text(step.get("name"))
        if kind == "export":
            details = {NAME_PARTS.get(key, key): value for key, value in details.items()}
            self.written = self.written or (status == "success")
        events.steps.append(
            (self.event_id, number, name, kind, status, description, at, as_json(details))
        )
        if description:
            if "unable to assign" in description.casefold():
                self.descriptions.append(description)
            if status not in ("success", None):
                self.reason = description
        if details:
            self._details(kind, details)

    def _details(self, kind: str | None, details: dict[str, Any]) -> None:
        if "SkipReason" in details:
            self.skip_reason = text(details["SkipReason"])
            self.skip_attribute = text(details.get("PropertyName")) or self.skip_attribute
        if name := details.get("ReportableIdentifier"):
            self.reportable = text(name)
        if kind == "scoping" or "ScopeEvaluationResult" in details:
            self._scope(details)
        elif kind == "import":
            self.imported = self.imported or folded(details)
        elif kind in ("export", "matching"):
            known = {LOWER[key]: value for key, value in details.items() if value not in (None, "")}
            self.target = {**self.target, **known}

    def _scope(self, details: dict[str, Any]) -> None:
        for key, value in details.items():
            column = FLAGS.get(letters(key))
            if column is None:
                continue
            if column == "scope_failed":
                self.flags[column] = _failed_clauses(value)
            elif (found := flag(value)) is not None:
                self.flags[column] = found

    def target_name(self, kind: str | None) -> str | None:
        """The object's name in the target, as the steps show it."""
        found = self.target.get("displayname" if kind == "group" else "username")
        return text(found)


def _failed_clauses(value: Any) -> list[str] | None:
    """Clauses of the scoping filter that were false: title, dot, clause."""
    result = from_text(value) if isinstance(value, str) else value
    if not isinstance(result, dict):
        return None
    return sorted(str(clause) for clause, passed in result.items() if flag(passed) is False)
