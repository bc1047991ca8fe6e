"""Entra's provisioning log, in all its serialisations, as EVENTS, STEPS, CHANGES and UNRESOLVED.

| Serialisation | Recognised by |
|---|---|
| Graph, portal JSON, beta of 2019 | ``activityDateTime`` and ``provisioningSteps`` or the action |
| Log Analytics (CSV, rows, tables) | ``AADTenantId``/``TimeGenerated`` and ``ProvisioningSteps`` |
| On demand | ``key`` and ``value``, JSON in text, with ``provisioningSteps`` inside |

The diagnostic export is in ``entra_diagnostic``: it mixes this log with directory audits. The
portal's three CSV files are in ``entra_portal``. What an event holds is read in ``entra_event``.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from scimlytics.loaders.entra_event import Events
from scimlytics.loaders.entra_text import folded
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.shapes import plain_key

TABLES = ("events", "steps", "changes", "unresolved")
EVENT_KEYS = ("provisioningsteps", "provisioningaction", "provisioningstatusinfo", "statusinfo")


def is_graph(envelope: Record, record: Any) -> bool:
    """An event of Graph or of the portal's JSON; or Graph's page without one."""
    if record is None:
        return _context(envelope).endswith(("auditlogs/provisioning", "directoryprovisioning"))
    if not isinstance(record, dict):
        return False
    keys = {str(key).casefold() for key in record}
    return "activitydatetime" in keys and any(key in keys for key in EVENT_KEYS)


def _context(envelope: Record) -> str:
    return next(
        (str(value) for key, value in envelope.items() if key.casefold() == "@odata.context"), ""
    ).casefold()


def load_graph(page: Page) -> Loading:
    """Load events as Graph and the portal's JSON download give them."""
    events = Events()
    for row, record in enumerate(page.records, page.first_row):
        if isinstance(record, dict):
            events.add(row, record)
        else:
            events.aside.append((row, "is no object"))
    return events.loading()


def is_log_analytics(envelope: Record, record: Any) -> bool:
    """A row of the table AADProvisioningLogs."""
    if not isinstance(record, dict):
        return False
    keys = {plain_key(key) for key in record}
    return "timegenerated" in keys and bool(
        keys & {"provisioningsteps", "provisioningaction", "provisioningstatusinfo"}
    )


def load_log_analytics(page: Page) -> Loading:
    """Load rows of Log Analytics; nested columns are JSON in text (trap 4)."""
    events = Events()
    for row, record in enumerate(page.records, page.first_row):
        if not isinstance(record, dict):
            events.aside.append((row, "is no object"))
            continue
        known = {plain_key(key): value for key, value in record.items()}
        category = str(known.get("category") or "ProvisioningLogs").casefold()
        if category != "provisioninglogs":
            events.aside.append((row, "is of another category than ProvisioningLogs"))
            continue
        # ``TenantId`` is the workspace here (trap 5).
        events.add(row, {**known, "tenantid": known.get("aadtenantid")})
    return events.loading()


def is_on_demand(envelope: Record, record: Any) -> bool:
    """The answer of provisionOnDemand: a key and a value that are JSON in text."""
    if not isinstance(record, dict):
        return False
    known = {str(key).casefold(): value for key, value in record.items()}
    value = known.get("value")
    return isinstance(known.get("key"), str) and isinstance(value, str) and "Steps" in value


def load_on_demand(page: Page) -> Loading:
    """Load answers of provisionOnDemand; they have no id, job or cycle of their own."""
    events = Events()
    for row, record in enumerate(page.records, page.first_row):
        known = folded(record)
        value = folded(known.get("value"))
        key = folded(known.get("key"))
        if not value:
            events.aside.append((row, "its value is no JSON"))
            continue
        details = folded(key.get("details"))
        status = folded(value.get("statusinfo"))
        raw = orjson.dumps([known.get("key"), known.get("value")])
        events.add(
            row,
            {
                **value,
                "id": f"on-demand-{hashlib.sha256(raw).hexdigest()[:32]}",
                "activitydatetime": value.get("endtime") or value.get("starttime"),
                "statusinfo": {
                    **status,
                    "status": status.get("status") or key.get("result"),
                    "errorcode": status.get("errorcode") or details.get("errorcode"),
                    "reason": status.get("reason") or details.get("errormessage"),
                },
                "initiatedby": {"type": "user"},
            },
        )
    return events.loading()


FORMATS = (
    Format("Entra provisioning log (Graph)", "entra", TABLES, is_graph, load_graph, "log"),
    Format(
        "Entra provisioning log (Log Analytics)",
        "entra",
        TABLES,
        is_log_analytics,
        load_log_analytics,
        "log",
    ),
    Format("Entra provisioning on demand", "entra", TABLES, is_on_demand, load_on_demand, "log"),
)
