"""The portal's log download as CSV: three files that share the change id.

No public document shows their headers (formats.md section 1.4), so columns are found by synonyms:
a header is reduced to its letters and digits and looked up. What an event's steps tell (written,
skip reason, scoping flags) comes from another file than the event; ``finish`` puts them together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError
from scimlytics.loaders.entra_event import Events
from scimlytics.loaders.entra_log import TABLES as ALL
from scimlytics.loaders.entra_steps import StepFacts
from scimlytics.loaders.entra_text import text
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.times import day_comes_first, parse_time
from scimlytics.tables import EVENTS

if TYPE_CHECKING:
    import pyarrow as pa

EVENT_NAMES = {
    "id": ("id", "eventid", "activityid"),
    "changeid": ("changeid", "changeidentifier", "aenderungsid", "nderungsid", "iddemodification"),
    "at": ("date", "dateutc", "activitydatetime", "activitydate", "datetime", "timestamp", "datum"),
    "action": ("action", "provisioningaction", "aktion", "accion", "acción"),
    "status": ("status", "provisioningstatus", "statusinfostatus", "result", "estado", "statut"),
    "jobid": ("jobid", "job", "provisioningjobid"),
    "cycleid": ("cycleid", "cycle"),
    "tenantid": ("tenantid", "tenant"),
    "duration": ("duration", "durationms", "durationinmilliseconds", "durationmilliseconds"),
    "app_id": ("serviceprincipalid", "applicationobjectid", "serviceprincipal"),
    "app_name": ("serviceprincipaldisplayname", "serviceprincipalname", "application", "appname"),
    "source_id": ("sourceid", "sourceidentityid", "sourceobjectid"),
    "source_name": ("sourcedisplayname", "sourceidentitydisplayname", "sourcename", "identity"),
    "source_upn": ("sourceuserprincipalname", "sourceupn", "userprincipalname"),
    "source_type": ("sourceidentitytype", "sourcetype", "identitytype", "objecttype"),
    "target_id": ("targetid", "targetidentityid", "targetobjectid"),
    "target_name": ("targetdisplayname", "targetidentitydisplayname", "targetname"),
    "source_system": ("sourcesystem", "sourcesystemdisplayname", "sourcesystemname"),
    "target_system": ("targetsystem", "targetsystemdisplayname", "targetsystemname"),
    "code": ("errorcode", "statusinfoerrorcode", "errorinformationerrorcode"),
    "reason": ("reason", "statusreason", "errorreason", "errorinformationreason", "statusdetails"),
    "initiator": ("initiatortype", "initiatedbytype", "initiatedby", "initiatedbyinitiatortype"),
}
STEP_NAMES = {
    "changeid": EVENT_NAMES["changeid"],
    "name": ("name", "stepname", "provisioningstepname"),
    "type": ("type", "steptype", "provisioningsteptype"),
    "status": ("status", "stepstatus", "provisioningstepstatus"),
    "description": ("description", "stepdescription", "beschreibung"),
    "details": ("details", "stepdetails"),
}
CHANGE_NAMES = {
    "changeid": EVENT_NAMES["changeid"],
    "attribute": (
        "displayname",
        "property",
        "propertyname",
        "modifiedproperty",
        "name",
        "attribute",
    ),
    "old": ("oldvalue", "old", "alterwert"),
    "new": ("newvalue", "new", "neuerwert"),
}


def plain(header: Any) -> str:
    """A header reduced to letters and digits, folded."""
    return re.sub(r"[\W_]", "", str(header)).casefold()


def found(record: Record, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Our name → the file's header."""
    headers = {plain(header): header for header in reversed(list(record))}
    return {
        ours: headers[one]
        for ours, synonyms in names.items()
        for one in reversed(synonyms)
        if one in headers
    }


def _flat(record: Any) -> bool:
    return isinstance(record, dict) and all(isinstance(one, str) for one in record.values())


def kind(record: Any) -> str | None:
    """Which of the three files a row is of."""
    if not _flat(record) or "changeid" not in found(record, EVENT_NAMES):
        return None
    headers = {plain(header) for header in record}
    if any(header.startswith("timegenerated") for header in headers):
        return None
    if {"old", "new"} <= found(record, CHANGE_NAMES).keys():
        return "changes"
    events = found(record, EVENT_NAMES)
    if {"at", "status"} <= events.keys() or {"at", "action"} <= events.keys():
        return "events"
    steps = found(record, STEP_NAMES)
    return "steps" if {"name", "status"} <= steps.keys() else "strange"


def load_events(page: Page) -> Loading:
    """Load the file of events."""
    events = Events()
    names = found(page.records[0], EVENT_NAMES) if page.records else {}
    order = day_comes_first(one.get(names.get("at", "")) for one in page.records)
    for row, record in enumerate(page.records, page.first_row):
        cell = {ours: record.get(header) or None for ours, header in names.items()}
        try:
            at = parse_time(cell.get("at"), day_first=order)
        except ValueError as error:
            events.aside.append((row, f"its time is no time we can read: {error}"))
            continue
        events.add(
            row,
            {
                "id": cell.get("id") or cell.get("changeid"),
                "changeid": cell.get("changeid"),
                "activitydatetime": at,
                "action": cell.get("action"),
                "statusinfo": {
                    "status": cell.get("status"),
                    "errorCode": cell.get("code"),
                    "reason": cell.get("reason"),
                },
                "jobid": cell.get("jobid"),
                "cycleid": cell.get("cycleid"),
                "tenantid": cell.get("tenantid"),
                "durationms": cell.get("duration"),
                "serviceprincipal": {"id": cell.get("app_id"), "name": cell.get("app_name")},
                "sourcesystem": {"name": cell.get("source_system")},
                "targetsystem": {"name": cell.get("target_system")},
                "sourceidentity": {
                    "id": cell.get("source_id"),
                    "name": cell.get("source_name"),
                    "identityType": cell.get("source_type"),
                    "details": {"UserPrincipalName": cell.get("source_upn")},
                },
                "targetidentity": {"id": cell.get("target_id"), "name": cell.get("target_name")},
                "initiatedby": {"type": cell.get("initiator")},
            },
        )
    loading = events.loading()
    return Loading({"events": loading.rows["events"]}, loading.aside, notes=loading.notes)


def load_steps(page: Page) -> Loading:
    """Load the file of steps; they carry the change id in place of the event's."""
    events = Events()
    names = found(page.records[0], STEP_NAMES) if page.records else {}
    counts: dict[str, int] = defaultdict(int)
    for row, record in enumerate(page.records, page.first_row):
        cell = {ours: record.get(header) or None for ours, header in names.items()}
        change = text(cell.get("changeid"))
        if change is None:
            events.aside.append((row, "has no change id"))
            continue
        counts[change] += 1
        step = {key: cell.get(key) for key in ("name", "type", "status", "description", "details")}
        StepFacts(change).add(counts[change], step, events.steps.append)
    loading = events.loading()
    return Loading({"steps": loading.rows["steps"]}, loading.aside)


def load_changes(page: Page) -> Loading:
    """Load the file of modified properties."""
    events = Events()
    names = found(page.records[0], CHANGE_NAMES) if page.records else {}
    for row, record in enumerate(page.records, page.first_row):
        cell = {ours: record.get(header) or None for ours, header in names.items()}
        change = text(cell.get("changeid"))
        if change is None:
            events.aside.append((row, "has no change id"))
            continue
        one = {
            "displayname": cell.get("attribute"),
            "oldvalue": cell.get("old"),
            "newvalue": cell.get("new"),
        }
        events.add_changes(change, [one])
    loading = events.loading()
    return Loading({"changes": loading.rows["changes"]}, loading.aside)


def refuse(page: Page) -> Loading:
    """Say which headers nobody knows."""
    headers = ", ".join(list(page.records[0])[:20]) if page.records else ""
    raise InputError(
        f"{page.file}: a log of Entra's portal whose columns nobody knows ({headers}); [[files]] in"
        " scimlytics.toml can say what they are."
    )


def finish(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Hang steps and changes that carry a change id on their event, and tell it what they say."""
    import pyarrow as pa
    import pyarrow.compute as pc

    events, steps = tables["events"], tables["steps"]
    ids = pc.unique(events.column("event_id"))
    strays = {
        name: pc.invert(pc.is_in(tables[name].column("event_id"), ids))
        for name in ("steps", "changes")
        if tables[name].num_rows
    }
    own = pc.equal(events.column("event_id"), events.column("change_id"))
    told = pc.is_in(events.column("event_id"), pc.unique(steps.column("event_id")))
    bare = pc.fill_null(pc.and_(own, pc.and_(told, pc.invert(events.column("written")))), False)
    stray = any(pc.any(mask).as_py() for mask in strays.values())
    if not stray and not pc.any(bare).as_py():
        return tables
    pairs = zip(
        events.column("change_id").to_pylist(), events.column("event_id").to_pylist(), strict=True
    )
    event_of = {change: event for change, event in pairs if change is not None}
    made = dict(tables)
    for name in strays:
        table = tables[name]
        known = [event_of.get(one, one) for one in table.column("event_id").to_pylist()]
        metadata = table.schema.metadata
        moved = table.set_column(0, "event_id", pa.array(known, pa.string()))
        made[name] = moved.replace_schema_metadata(metadata)
    made["steps"] = _without_copies(made["steps"])
    return _told(made)


def _without_copies(steps: pa.Table) -> pa.Table:
    from scimlytics.loaders.merge import distinct

    return distinct("steps", [(0, steps)]).table


def _told(tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Write into the events what their steps say, where the event's own file could not."""
    events = tables["events"]
    of: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for step in tables["steps"].to_pylist():
        of[step["event_id"]].append(step)
    collector = Events()
    rows = events.to_pylist()
    for row in rows:
        if row["written"] or row["scope_active"] is not None or row["event_id"] not in of:
            continue
        facts = StepFacts(row["event_id"])
        for number, step in enumerate(of[row["event_id"]], 1):
            facts.add(number, step, collector.steps.append)
        row["written"] = facts.written
        row["skip_reason"] = facts.skip_reason
        row["skip_attribute"] = facts.skip_attribute
        row["reason"] = row["reason"] or (None if row["status"] == "success" else facts.reason)
        row.update(facts.flags)
        collector.add_unresolved(row["event_id"], [*facts.descriptions, row["reason"] or ""])
    names = [name for name in EVENTS.columns if name not in EVENTS.keys]
    told = EVENTS.conform({name: [row[name] for row in rows] for name in names})
    return {**tables, "events": told, **_with_unresolved(tables, collector)}


def _with_unresolved(tables: dict[str, pa.Table], collector: Events) -> dict[str, pa.Table]:
    from scimlytics.tables import UNRESOLVED, stack

    found_now = UNRESOLVED.conform(collector.loading().rows["unresolved"])
    return {"unresolved": stack([tables["unresolved"], found_now])}


FORMATS = (
    Format(
        "Entra portal log, events (CSV)",
        "entra",
        ALL[:1],
        lambda _, one: kind(one) == "events",
        load_events,
        "log",
    ),
    Format(
        "Entra portal log, steps (CSV)",
        "entra",
        ALL[1:2],
        lambda _, one: kind(one) == "steps",
        load_steps,
        "log",
    ),
    Format(
        "Entra portal log, properties (CSV)",
        "entra",
        ALL[2:3],
        lambda _, one: kind(one) == "changes",
        load_changes,
        "log",
    ),
    Format(
        "Entra portal log, unknown (CSV)",
        "entra",
        ALL[:1],
        lambda _, one: kind(one) == "strange",
        refuse,
        "log",
    ),
)
