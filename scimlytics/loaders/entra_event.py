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

import orjson

from scimlytics.loaders.entra_words import (
    ACTIONS,
    FLAGS,
    INITIATORS,
    NAME_PARTS,
    NOT_A_CODE,
    STATUSES,
    STEP_TYPES,
    attribute,
    is_outbound,
    letters,
    object_type,
    word,
)
from scimlytics.loaders.format import Loading
from scimlytics.loaders.times import parse_time
from scimlytics.tables import CHANGES, EVENTS, STEPS, UNRESOLVED

Folded = dict[str, Any]

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


class _Lower(dict[str, str]):
    """Folded keys, folded once each."""

    def __missing__(self, key: str) -> str:
        folded = key.casefold()
        if len(self) < 10_000:
            self[key] = folded
        return folded


LOWER = _Lower()


def folded(record: Any) -> Folded:
    """A record with its keys folded; empty when it is none."""
    if isinstance(record, str):
        record = _from_text(record)
    if isinstance(record, list):
        record = record[0] if record else None
    if not isinstance(record, dict):
        return {}
    return {LOWER[key]: value for key, value in record.items()}


def _from_text(text: str) -> Any:
    """Decode JSON inside text (Log Analytics); what is no container stays text."""
    if text[:1] in ("{", "["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def listed(value: Any) -> list[Any]:
    """A list of objects that may be JSON text, one object, or nothing."""
    if isinstance(value, str):
        value = _from_text(value)
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def text(value: Any) -> str | None:
    """A scalar as text; an empty one is null, so that it never joins with another."""
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, dict | list):
        return None
    if isinstance(value, bool):
        return "True" if value else "False"
    return str(value)


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
        steps = _Steps(event_id)
        for number, raw in enumerate(listed(record.get("provisioningsteps")), 1):
            steps.add(number, folded(raw), self)
        code, reason, more = _error(record, around)
        texts = [*steps.descriptions, reason or ""]
        if reason is None and status in ("failure", "skipped", "warning"):
            reason = steps.reason
        self._unresolved(event_id, texts)
        self._changes(event_id, listed(record.get("modifiedproperties")))
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
                *(steps.flags.get(flag) for flag in _FLAG_COLUMNS),
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

    def _changes(self, event_id: str, properties: list[Any]) -> None:
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

    def _unresolved(self, event_id: str, texts: Iterable[str]) -> None:
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


_FLAG_COLUMNS = (
    "scope_active",
    "scope_assigned",
    "scope_role",
    "scope_filter",
    "scope_all",
    "scope_failed",
)


class _Steps:
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
        kind = word(step.get("provisioningsteptype", step.get("type")), STEP_TYPES)
        status = word(step.get("status"), STATUSES)
        details = step.get("details")
        if isinstance(details, str):
            details = _from_text(details)
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
            (self.event_id, number, name, kind, status, description, at, _as_json(details))
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
            flag = FLAGS.get(letters(key))
            if flag is None:
                continue
            if flag == "scope_failed":
                self.flags[flag] = _failed_clauses(value)
            elif (found := _flag(value)) is not None:
                self.flags[flag] = found

    def target_name(self, kind: str | None) -> str | None:
        """The object's name in the target, as the steps show it."""
        found = self.target.get("displayname" if kind == "group" else "username")
        return text(found)


def _failed_clauses(value: Any) -> list[str] | None:
    """Clauses of the scoping filter that were false: title, dot, clause."""
    result = _from_text(value) if isinstance(value, str) else value
    if not isinstance(result, dict):
        return None
    return sorted(str(clause) for clause, passed in result.items() if _flag(passed) is False)


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(str(value).strip().casefold())


def _as_json(details: dict[str, Any]) -> str | None:
    if not details:
        return "{}"
    texts = {
        key: value if isinstance(value, str) or value is None else text(value) or _dumped(value)
        for key, value in details.items()
        if not _is_secret(key)
    }
    return orjson.dumps(texts).decode()


def _dumped(value: Any) -> str:
    return orjson.dumps(value).decode()


class _Secrets(dict[str, bool]):
    def __missing__(self, key: str) -> bool:
        from scimlytics.loaders.records import is_secret

        found = is_secret(key)
        if len(self) < 10_000:
            self[key] = found
        return found


_SECRET = _Secrets()


def _is_secret(key: str) -> bool:
    return _SECRET[key]


def members(value: str | None) -> set[str]:
    """The ids in a value of ``members``: one, a list with commas, or a JSON list (of objects)."""
    if not value:
        return set()
    found = _from_text(value.strip())
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


def _source_name(source: Folded, steps: _Steps, kind: str | None) -> str | None:
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
