"""What the steps of a provisioning event tell.

Whether something was written, why it was skipped, what the scoping found, and under which name the
object is known stand in the steps only (formats.md section 1.1). Details of one shape are looked
into once; details of the scoping step, which are alike in nearly all events, once per content.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from scimlytics.loaders.entra_text import as_json, as_object, flag, from_text, text
from scimlytics.loaders.entra_words import (
    FLAGS,
    NAME_PARTS,
    STATUSES,
    STEP_TYPES,
    letters,
    word,
)
from scimlytics.loaders.records import is_secret
from scimlytics.loaders.shapes import shaped
from scimlytics.loaders.times import parse_time

FLAG_COLUMNS = (
    "scope_active",
    "scope_assigned",
    "scope_role",
    "scope_filter",
    "scope_all",
    "scope_failed",
)
STEP = shaped(
    {
        "name": "name",
        "type": "provisioningsteptype type",
        "status": "status",
        "description": "description",
        "details": "details",
    },
    "name provisioningStepType status description details",
)
TIMED = shaped({"at": "timestamp at"})
"""Only an answer on demand tells when its steps were taken."""
UNRESOLVED_SIGN = "nable to assign"

StepRow = tuple[Any, ...]


@dataclass(frozen=True)
class _Shape:
    """What details with these keys hold."""

    clean: bool
    scoping: bool
    renamed: bool
    skip: bool
    reportable: str | None
    user_name: str | None
    display_name: str | None
    target_name: str | None


@lru_cache(maxsize=10_000)
def _shape(keys: tuple[str, ...]) -> _Shape:
    by_name = {key.casefold(): key for key in reversed(keys)}
    return _Shape(
        clean=not any(is_secret(key) for key in keys),
        scoping="ScopeEvaluationResult" in keys,
        renamed=any(key in NAME_PARTS for key in keys),
        skip="SkipReason" in keys,
        reportable=by_name.get("reportableidentifier"),
        user_name=by_name.get("userprincipalname"),
        display_name=by_name.get("displayname"),
        target_name=by_name.get("username"),
    )


class StepFacts:
    """What the steps of one event tell, whatever their order (trap 14)."""

    __slots__ = (
        "descriptions",
        "display_name",
        "event_id",
        "flags",
        "reason",
        "reportable",
        "skip_attribute",
        "skip_reason",
        "target_display_name",
        "target_user_name",
        "user_name",
        "written",
    )

    def __init__(self, event_id: str) -> None:
        self.event_id = event_id
        self.written = False
        self.skip_reason: str | None = None
        self.skip_attribute: str | None = None
        self.reason: str | None = None
        self.reportable: str | None = None
        self.user_name: str | None = None
        self.display_name: str | None = None
        self.target_user_name: str | None = None
        self.target_display_name: str | None = None
        self.descriptions: list[str] = []
        self.flags: dict[str, Any] = {}

    def add(self, number: int, step: Any, take: Callable[[StepRow], None]) -> None:
        """Take one step, and give it on as a row."""
        step = as_object(step)
        name, raw_kind, raw_status, description, details = STEP(step)
        kind = word(raw_kind, STEP_TYPES)
        status = word(raw_status, STATUSES)
        if type(details) is not dict:
            details = as_object(details)
        description = text(description)
        written = "{}"
        if details:
            shape = _shape(tuple(details))
            if shape.scoping or kind == "scoping":
                flags, written = _scope(tuple(details.items()))
                self.flags.update(flags)
            else:
                if shape.renamed and kind == "export":
                    details = {NAME_PARTS.get(key, key): value for key, value in details.items()}
                written = as_json(details, clean=shape.clean)
            self._details(kind, details, shape)
        if kind == "export" and status == "success":
            self.written = True
        if description is not None:
            if UNRESOLVED_SIGN in description:
                self.descriptions.append(description)
            if status != "success" and status is not None:
                self.reason = description
        when = _time(TIMED(step)[0]) if "timestamp" in step or len(step) > 5 else None
        take((self.event_id, number, text(name), kind, status, description, when, written))

    def _details(self, kind: str | None, details: dict[str, Any], shape: _Shape) -> None:
        if shape.skip:
            self.skip_reason = text(details["SkipReason"])
            self.skip_attribute = text(details.get("PropertyName")) or self.skip_attribute
        if shape.reportable is not None:
            self.reportable = text(details[shape.reportable]) or self.reportable
        if kind == "import":
            if shape.user_name is not None and self.user_name is None:
                self.user_name = text(details[shape.user_name])
            if shape.display_name is not None and self.display_name is None:
                self.display_name = text(details[shape.display_name])
        elif kind in ("export", "matching"):
            if shape.target_name is not None:
                self.target_user_name = text(details[shape.target_name]) or self.target_user_name
            if shape.display_name is not None:
                shown = text(details[shape.display_name])
                self.target_display_name = shown or self.target_display_name

    def target_name(self, kind: str | None) -> str | None:
        """The object's name in the target, as the steps show it."""
        return self.target_display_name if kind == "group" else self.target_user_name


def _time(value: Any) -> Any:
    try:
        return parse_time(value)
    except ValueError:
        return None


def _scope(items: tuple[tuple[str, Any], ...]) -> tuple[dict[str, Any], str]:
    """The scoping flags in details, under whichever spelling, and the details as JSON."""
    try:
        return _scope_of(items)
    except TypeError:  # a detail that is a list or an object cannot be remembered
        return _scope_of.__wrapped__(items)


@lru_cache(maxsize=10_000)
def _scope_of(items: tuple[tuple[str, Any], ...]) -> tuple[dict[str, Any], str]:
    found: dict[str, Any] = {}
    for key, value in items:
        column = FLAGS.get(letters(key))
        if column == "scope_failed":
            found[column] = _failed_clauses(value)
        elif column is not None and (told := flag(value)) is not None:
            found[column] = told
    return found, as_json(dict(items))


def _failed_clauses(value: Any) -> list[str] | None:
    """Clauses of the scoping filter that were false: title, dot, clause."""
    result = from_text(value) if isinstance(value, str) else value
    if not isinstance(result, dict):
        return None
    return sorted(str(clause) for clause, passed in result.items() if flag(passed) is False)
