"""One provisioning event of Entra, whichever way it was written down, as our columns.

Graph, the portal's JSON, the diagnostic export, Log Analytics and an answer on demand hold the
same facts under other names and in other places (formats.md section 1). A record comes here with
its keys folded and what was text inside text decoded; what differs then is only which of several
names a fact has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from scimlytics.loaders.entra_steps import FLAG_COLUMNS, StepFacts
from scimlytics.loaders.entra_text import Folded, folded, from_text, listed, text
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
from scimlytics.loaders.times import parse_time
from scimlytics.tables import CHANGES, EVENTS, STEPS, UNRESOLVED

UNASSIGNED = re.compile(
    r"unable to assign\s+(?P<ids>.+?)\s+as the (?P<what>members?|manager)"
    r"(?:\s+(?:of|for)\s+(?P<group>.+?))?\s*(?:\.(?:\s|$)|$)",
    re.IGNORECASE | re.DOTALL,
)
RETRIED = re.compile(r"retried\s+(\d+)\s+times?", re.IGNORECASE)
RETRY_AT = re.compile(
    r"(?:retried|tried) again after[^0-9]{0,40}(\d[\d/.T:, -]*\d(?:\s*[AP]M)?(?:\s*Z|[+-]\d\d:\d\d)?)",
    re.IGNORECASE,
)
HTTP_STATUS = re.compile(r"(?:HTTP\s+)?status\s*code[\s:=]*'?(\d{3})\b", re.IGNORECASE)
LIST_PARTS = re.compile(r"\s*[,;]\s*|\s+and\s+")

EVENT_COLUMNS = tuple(name for name in EVENTS.columns if name not in (*EVENTS.keys, "source_file"))
STEP_COLUMNS = tuple(STEPS.columns)
CHANGE_COLUMNS = tuple(name for name in CHANGES.columns if name not in CHANGES.keys)
UNRESOLVED_COLUMNS = tuple(UNRESOLVED.columns)


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

    def add(self, row: int, record: Folded, *, fallback: Folded | None = None) -> None:
        """Take one event.

        Parameters
        ----------
        row
            Its place in the file.
        record
            The event, keys folded.
        fallback
            The envelope around it, keys folded, for what the event itself leaves out.
        """
        around = fallback or {}
        try:
            at = parse_time(
                record.get("activitydatetime") or record.get("timegenerated") or around.get("time")
            )
        except ValueError as error:
            self.aside.append((row, f"its time is no time we can read: {error}"))
            return
        if at is None:
            self.aside.append((row, "has no time"))
            return
        change_id = text(record.get("changeid")) or text(
            record.get("correlationid") or around.get("correlationid")
        )
        event_id = text(record.get("id")) or text(around.get("identity"))
        job_id = text(record.get("jobid"))
        status = self._status(record, around)
        if event_id is None:
            if change_id is None:
                self.aside.append((row, "has neither id nor change id"))
                return
            event_id = f"{change_id}/{job_id or ''}/{at.isoformat()}/{status or ''}"
        steps = StepFacts(event_id)
        for number, raw in enumerate(listed(record.get("provisioningsteps")), 1):
            steps.add(number, folded(raw), self)
        code, reason, more = _error(record, around)
        texts = [*steps.descriptions, reason or ""]
        if reason is None and status in ("failure", "skipped", "warning"):
            reason = steps.reason
        self.add_unresolved(event_id, texts)
        self.add_changes(event_id, listed(record.get("modifiedproperties")))
        source = folded(record.get("sourceidentity"))
        target = folded(record.get("targetidentity"))
        principal = folded(record.get("serviceprincipal"))
        source_system = _name(folded(record.get("sourcesystem")))
        target_system = _name(folded(record.get("targetsystem")))
        kind = object_type(
            source.get("identitytype") or source.get("type"),
            target.get("identitytype") or target.get("type"),
        )
        initiator = folded(record.get("initiatedby"))
        retry = reason or ""
        self.events.append(
            (
                event_id,
                at,
                "entra",
                _tenant(record, around),
                job_id,
                text(record.get("cycleid")),
                change_id,
                text(principal.get("id")),
                _name(principal),
                source_system,
                target_system,
                is_outbound(source_system, target_system, job_id),
                text(around.get("operationname") or record.get("operationname")),
                self._action(record),
                status,
                steps.written,
                code,
                reason,
                steps.skip_reason,
                steps.skip_attribute,
                _number(HTTP_STATUS, f"{retry} {more}"),
                kind,
                text(source.get("id")),
                _source_name(source, steps, kind),
                text(target.get("id")),
                _name(target) or steps.target_name(kind),
                word(
                    initiator.get("initiatortype")
                    or initiator.get("initiatingtype")
                    or initiator.get("type"),
                    INITIATORS,
                ),
                *(steps.flags.get(flag) for flag in FLAG_COLUMNS),
                _number(RETRIED, retry),
                _retry_at(retry),
                _duration(record, around),
                None,
                row,
            )
        )

    def _status(self, record: Folded, around: Folded) -> str | None:
        for part in ("provisioningstatusinfo", "statusinfo"):
            info = record.get(part)
            found = folded(info).get("status") if info is not None else None
            if found is not None and found != "":
                break
        else:
            found = record.get("status", record.get("resulttype", around.get("resulttype")))
        known = word(found, STATUSES)
        if known is None and found not in (None, ""):
            self.notes["a status that nobody knows; kept as null"] += 1
        return known

    def _action(self, record: Folded) -> str | None:
        found = record.get("provisioningaction")
        if found is None or found == "":
            found = record.get("action")
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
            one = raw if "displayName" in raw else folded(raw)
            name = text(one.get("displayName") or one.get("displayname") or one.get("name"))
            old = text(one.get("oldValue", one.get("oldvalue")))
            new = text(one.get("newValue", one.get("newvalue")))
            if name is not None and name.casefold() == "members":
                gone, come = members(old), members(new)
                both = gone & come
                self.changes += [(event_id, name, None, id_) for id_ in sorted(come - both)]
                self.changes += [(event_id, name, id_, None) for id_ in sorted(gone - both)]
            else:
                self.changes.append((event_id, attribute(name), old, new))

    def add_unresolved(self, event_id: str, texts: Iterable[str]) -> None:
        """Take references that sentences of an event say were not resolved."""
        found = set()
        for sentence in texts:
            if "unable to assign" not in sentence.casefold():
                continue
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


def _error(record: Folded, around: Folded) -> tuple[str | None, str | None, str]:
    """The error's code and words, and everything it says, wherever it stands (trap 7)."""
    info = folded(record.get("provisioningstatusinfo"))
    details = folded(info.get("errorinformation") or info.get("errorinfo"))
    if not details:
        details = folded(record.get("statusinfo"))
    code = text(details.get("errorcode"))
    reason = text(details.get("reason"))
    code = code or text(record.get("resultsignature") or around.get("resultsignature"))
    reason = reason or text(record.get("resultdescription") or around.get("resultdescription"))
    if code is not None and code.casefold() in NOT_A_CODE:
        code = None
    more = details.get("additionaldetails")
    return code, reason, more if isinstance(more, str) else ""


def _name(part: Folded) -> str | None:
    return text(part.get("displayname")) or text(part.get("name"))


def _source_name(source: Folded, steps: StepFacts, kind: str | None) -> str | None:
    """The user name, else the display name, in the source."""
    details = folded(source.get("details"))
    shown = _name(source) or text(details.get("displayname"))
    if kind == "group":
        return shown or text(steps.imported.get("displayname")) or steps.reportable
    return (
        text(details.get("userprincipalname"))
        or text(steps.imported.get("userprincipalname"))
        or steps.reportable
        or shown
    )


def _tenant(record: Folded, around: Folded) -> str | None:
    """Entra's tenant; in Log Analytics ``TenantId`` is the workspace (trap 5)."""
    if "aadtenantid" in record:
        return text(record["aadtenantid"])
    found = text(record.get("tenantid")) or text(around.get("tenantid"))
    if found is None and (resource := text(around.get("resourceid"))):
        match = re.search(r"/tenants/([^/]+)", resource, re.IGNORECASE)
        found = match.group(1).casefold() if match else None
    return found


def _duration(record: Folded, around: Folded) -> int | None:
    for value in (
        record.get("durationinmilliseconds"),
        record.get("durationms"),
        around.get("durationms"),
    ):
        if value is None or value == "":
            continue
        try:
            return int(float(value))
        except (TypeError, ValueError, OverflowError):
            continue
    return None


def _number(pattern: re.Pattern[str], sentence: str) -> int | None:
    match = pattern.search(sentence) if sentence else None
    return int(match.group(1)) if match else None


def _retry_at(sentence: str) -> Any:
    match = RETRY_AT.search(sentence) if sentence else None
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
