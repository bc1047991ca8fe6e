"""One provisioning event of Entra, whichever way it was written down, as our columns.

Graph, the portal's JSON, the diagnostic export, Log Analytics and an answer on demand hold the
same facts under other names and in other places; ``entra_readers`` names them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from scimlytics.loaders.entra_readers import (
    CHANGE,
    ENVELOPE,
    EVENT,
    IDENTITY,
    INFO,
    INITIATOR,
    NAMED,
    NAMES,
    NO_ENVELOPE,
)
from scimlytics.loaders.entra_steps import FLAG_COLUMNS, UNRESOLVED_SIGN, StepFacts
from scimlytics.loaders.entra_text import as_object, from_text, listed, text
from scimlytics.loaders.entra_words import (
    ACTIONS,
    INITIATORS,
    NOT_A_CODE,
    STATUSES,
    attribute,
    is_outbound,
    object_type,
    word,
)
from scimlytics.loaders.format import Loading
from scimlytics.loaders.records import is_secret
from scimlytics.loaders.times import parse_time
from scimlytics.tables import CHANGES, EVENTS, STEPS, UNRESOLVED

UNASSIGNED = re.compile(
    r"unable to assign\s+(?P<ids>.+?)\s+as the (?P<what>members?|manager)"
    r"(?:\s+(?:of|for)\s+(?P<group>.+?))?\s*(?:\.(?:\s|$)|$)",
    re.IGNORECASE | re.DOTALL,
)
RETRIED = re.compile(r"retried\s+(\d+)\s+times?", re.IGNORECASE)
RETRY_AT = re.compile(
    r"(?:retried|tried) again after[^0-9]{0,40}"
    r"(\d[\d/.T:, -]*\d(?:\s*[AP]M)?(?:\s*Z|[+-]\d\d:\d\d)?)",
    re.IGNORECASE,
)
HTTP_STATUS = re.compile(r"status\s*code[\s:=]*'?(\d{3})\b", re.IGNORECASE)
LIST_PARTS = re.compile(r"\s*[,;]\s*|\s+and\s+")

EVENT_COLUMNS = tuple(name for name in EVENTS.columns if name not in (*EVENTS.keys, "source_file"))
STEP_COLUMNS = tuple(STEPS.columns)
CHANGE_COLUMNS = tuple(name for name in CHANGES.columns if name not in CHANGES.keys)
UNRESOLVED_COLUMNS = tuple(UNRESOLVED.columns)

outbound = lru_cache(maxsize=10_000)(is_outbound)
secret = lru_cache(maxsize=10_000)(is_secret)


class Events:
    """Collects events; ``loading`` gives them as rows."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.steps: list[tuple[Any, ...]] = []
        self.changes: list[tuple[Any, ...]] = []
        self.unresolved: list[tuple[Any, ...]] = []
        self.aside: list[tuple[int, str]] = []
        self.notes: Counter[str] = Counter()

    def loading(self) -> Loading:
        """Everything collected, as rows of four tables."""
        rows = {
            "events": _columns(EVENT_COLUMNS, self.events),
            "steps": _columns(STEP_COLUMNS, self.steps),
            "changes": _columns(CHANGE_COLUMNS, self.changes),
            "unresolved": _columns(UNRESOLVED_COLUMNS, self.unresolved),
        }
        return Loading(rows, self.aside, notes=list(self.notes.elements()))

    def add(self, row: int, record: Any, *, envelope: Any = None) -> None:
        """Take one event.

        Parameters
        ----------
        row
            Its place in the file.
        record
            The event as it was written.
        envelope
            What stands around it in the diagnostic export.
        """
        (
            id_, when, tenant, job, cycle, change, action, duration, principal, source_system,
            target_system, initiator, source, target, info, old_info, raw_steps, changes, result,
            signature, description,
        ) = EVENT(record)  # fmt: skip
        around = ENVELOPE(envelope) if envelope else NO_ENVELOPE
        try:
            at = parse_time(when or around[1])
        except ValueError as error:
            self.aside.append((row, f"its time is no time we can read: {error}"))
            return
        if at is None:
            self.aside.append((row, "has no time"))
            return
        job_id, change_id = text(job), text(change) or text(around[4])
        known, old_known = INFO(as_object(info)), INFO(as_object(old_info))
        status = self._status(known[0], old_known[0], result or around[6])
        event_id = text(id_) or text(around[0])
        if event_id is None:
            if change_id is None:
                self.aside.append((row, "has neither id nor change id"))
                return
            event_id = f"{change_id}/{job_id or ''}/{at.isoformat()}/{status or ''}"
        steps = StepFacts(event_id)
        take = self.steps.append
        for number, raw in enumerate(listed(raw_steps), 1):
            steps.add(number, raw, take)
        code, reason, more = _error(
            known, old_known, signature or around[7], description or around[8]
        )
        sentences = steps.descriptions
        if reason is None:
            reason = steps.reason if status != "success" else None
        elif UNRESOLVED_SIGN in reason:
            sentences = [*sentences, reason]
        if sentences:
            self.add_unresolved(event_id, sentences)
        if changes:
            self.add_changes(event_id, listed(changes))
        source_id, source_shown, source_kind, details = IDENTITY(as_object(source))
        target_id, target_shown, target_kind, _ = IDENTITY(as_object(target))
        app_id, app_name = NAMED(as_object(principal))
        come_from = text(NAMED(as_object(source_system))[1])
        go_to = text(NAMED(as_object(target_system))[1])
        what = object_type(source_kind, target_kind)
        told = f"{reason or ''} {more}" if reason or more else ""
        flags = steps.flags.get
        self.events.append(
            (
                event_id,
                at,
                "entra",
                text(tenant) or _tenant(around),
                job_id,
                text(cycle),
                change_id,
                text(app_id),
                text(app_name),
                come_from,
                go_to,
                outbound(come_from, go_to, job_id),
                None,
                self._action(action),
                status,
                steps.written,
                code,
                reason,
                steps.skip_reason,
                steps.skip_attribute,
                _number(HTTP_STATUS, told) if told else None,
                what,
                text(source_id),
                _source_name(details, text(source_shown), steps, what),
                text(target_id),
                text(target_shown) or steps.target_name(what),
                word(INITIATOR(as_object(initiator))[0], INITIATORS),
                *[flags(column) for column in FLAG_COLUMNS],
                _number(RETRIED, told) if told else None,
                _retry_at(told) if told else None,
                _whole(duration if duration is not None else around[5]),
                None,
                row,
            )
        )

    def _status(self, *found: Any) -> str | None:
        for one in found:
            if one is None or one == "":
                continue
            known = word(one, STATUSES)
            if known is None:
                self.notes["a status that nobody knows; kept as null"] += 1
            return known
        return None

    def _action(self, found: Any) -> str | None:
        known = word(found, ACTIONS)
        if known is None and found not in (None, ""):
            self.notes["an action that nobody knows; kept as other"] += 1
            return "other"
        return known

    def add_changes(self, event_id: str, properties: list[Any]) -> None:
        """Take the modified properties of an event; a member is a row of its own."""
        for raw in properties:
            if not isinstance(raw, dict):
                continue
            name, old, new = CHANGE(raw)
            name = text(name)
            old = None if old is None else text(old)
            new = None if new is None else text(new)
            if name == "members" or (name is not None and name.casefold() == "members"):
                gone, come = members(old), members(new)
                both = gone & come
                self.changes += [(event_id, name, None, id_) for id_ in sorted(come - both)]
                self.changes += [(event_id, name, id_, None) for id_ in sorted(gone - both)]
            elif name is not None and secret(name):
                self.changes.append((event_id, attribute(name), None, None))
            else:
                self.changes.append((event_id, attribute(name), old, new))

    def add_unresolved(self, event_id: str, sentences: Iterable[str]) -> None:
        """Take references that sentences of an event say were not resolved."""
        found = set()
        for sentence in sentences:
            for match in UNASSIGNED.finditer(sentence):
                what = "manager" if match["what"].casefold() == "manager" else "members"
                group = (match["group"] or "").strip(" '\"") or None
                for id_ in LIST_PARTS.split(match["ids"]):
                    if id_ := id_.strip(" '\""):
                        found.add((id_, what, group))
        self.unresolved += [(event_id, *one) for one in sorted(found, key=str)]


def members(value: str | None) -> set[str]:
    """The ids in a value of ``members``: one, a list with commas, or a JSON list (of objects)."""
    if not value:
        return set()
    found = from_text(value.strip())
    if isinstance(found, dict):
        found = [found]
    if isinstance(found, list):
        plain = [one.get("value", one.get("id")) if isinstance(one, dict) else one for one in found]
        return {id_ for one in plain if (id_ := text(one))}
    return {part.strip() for part in re.split(r"[,;]", value) if part.strip()}


def _error(
    info: tuple[Any, ...], old_info: tuple[Any, ...], signature: Any, description: Any
) -> tuple[str | None, str | None, str]:
    """The error's code and words, and what else it says, wherever it stands (trap 7)."""
    details = INFO(as_object(info[1])) if info[1] else old_info
    code = text(details[2]) or text(signature)
    reason = text(details[3]) or text(description)
    if code is not None and code.casefold() in NOT_A_CODE:
        code = None
    return code, reason, details[4] if isinstance(details[4], str) else ""


def _source_name(details: Any, shown: str | None, steps: StepFacts, kind: str | None) -> str | None:
    """The user name, else the display name, in the source."""
    user_name, display_name = NAMES(as_object(details)) if details else (None, None)
    if kind == "group":
        return shown or text(display_name) or steps.display_name or steps.reportable
    return text(user_name) or steps.user_name or steps.reportable or shown or text(display_name)


def _tenant(around: tuple[Any, ...]) -> str | None:
    """The tenant by the envelope: said, or part of the resource's path."""
    found = text(around[2])
    if found is None and (resource := text(around[3])):
        match = re.search(r"/tenants/([^/]+)", resource, re.IGNORECASE)
        found = match.group(1).casefold() if match else None
    return found


def _whole(value: Any) -> int | None:
    if type(value) is int:
        return value
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None


def _number(pattern: re.Pattern[str], sentence: str) -> int | None:
    match = pattern.search(sentence)
    return int(match.group(1)) if match else None


def _retry_at(sentence: str) -> Any:
    match = RETRY_AT.search(sentence)
    if match is None:
        return None
    try:
        return parse_time(match.group(1))
    except ValueError:
        return None


def _columns(names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    if not rows:
        return {name: [] for name in names}
    return {name: list(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
