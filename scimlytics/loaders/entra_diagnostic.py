"""Entra's logs as Azure exports them: an envelope around each record (Event Hub, storage).

One export may mix categories: provisioning logs and directory audits are read, sign-ins and the
like are counted. ``ProvisioningLogs`` is also a category of Managed DevOps Pools (trap 19), which
the resource tells apart.
"""

from __future__ import annotations

from typing import Any

from scimlytics.loaders.entra_event import Events
from scimlytics.loaders.entra_log import TABLES as EVENT_TABLES
from scimlytics.loaders.entra_text import as_object, folded
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.graph_audit import Audits

ENVELOPE = ("operationname", "resourceid", "identity", "correlationid", "resulttype", "time")


def is_diagnostic(envelope: Record, record: Any) -> bool:
    """A record with a category in an envelope of Azure."""
    if not isinstance(record, dict):
        return False
    known = folded(record)
    category = str(known.get("category") or known.get("operationname") or "").casefold()
    entra = category in ("provisioninglogs", "auditlogs", "provisioning activity") or (
        "microsoft.aadiam" in str(known.get("resourceid") or "").casefold()
    )
    return entra and "time" in known and any(key in known for key in (*ENVELOPE[:1], "category"))


def load(page: Page) -> Loading:
    """Load provisioning events and directory audits of a diagnostic export."""
    events, audits = Events(), Audits()
    aside = events.aside
    for row, record in enumerate(page.records, page.first_row):
        if not isinstance(record, dict):
            aside.append((row, "is no object"))
            continue
        around = folded(record)
        inner = folded(around.get("properties"))
        category = str(around.get("category") or "").casefold()
        resource = str(around.get("resourceid") or "").casefold()
        if "devopsinfrastructure" in resource:
            aside.append((row, "is of Managed DevOps Pools, not of Entra"))
        elif not inner:
            aside.append((row, "has no properties"))
        elif category == "auditlogs":
            audits.add(row, inner, fallback=around)
        elif "provisioningsteps" in inner or "provisioningaction" in inner or "action" in inner:
            events.add(
                row, as_object(record.get("properties", around["properties"])), envelope=record
            )
        else:
            aside.append((row, "is of a category that no question needs"))
    loading = events.loading()
    if audits.rows:
        loading.rows["source_audit"] = audits.loading().rows["source_audit"]
    aside += audits.aside
    return loading


FORMATS = (
    Format(
        "Entra diagnostic export",
        "entra",
        (*EVENT_TABLES, "source_audit"),
        is_diagnostic,
        load,
        "log",
    ),
)
