"""Object connections of Entra's provisioning service (beta): CONNECTIONS.

Which object of the target the service holds to be whose: the trace of an account that was once made or
matched. They are given one by one; a page of them is what a pull keeps.
"""

from __future__ import annotations

import re
from typing import Any

from scimlytics.loaders.entra_text import folded, text
from scimlytics.loaders.entra_words import object_type
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.graph import context
from scimlytics.loaders.graph_rows import Columns

JOB = re.compile(r"jobs\('([^']+)'\)", re.IGNORECASE)


def is_connection(envelope: Record, record: Any) -> bool:
    """A connection (objectConnection), or a page without one."""
    if record is None:
        return context(envelope).casefold().endswith("/objectconnections")
    keys = set(folded(record)) if isinstance(record, dict) else set()
    return {"sourceanchor", "targetanchor", "objecttypename"} <= keys


def load_connections(page: Page) -> Loading:
    """Load connections."""
    made = Columns("connections")
    match = JOB.search(context(page.envelope))
    aside: list[tuple[int, str]] = []
    for row, record in enumerate(page.records, page.first_row):
        known = folded(record)
        source_id = text(known.get("sourceanchor"))
        if source_id is None:
            aside.append((row, "has no sourceAnchor"))
            continue
        kind = object_type(known.get("objecttypename"))
        made.add(
            {
                "job_id": match[1] if match else None,
                "source_id": source_id,
                "target_id": text(known.get("targetanchor")),
                "object_type": kind if kind in ("user", "group") else "other",
                "name": text(known.get("displayname")),
                "source_row": row,
            }
        )
    return Loading({"connections": made.rows()}, aside)


FORMATS = (
    Format(
        "Entra object connections",
        "entra",
        ("connections",),
        is_connection,
        load_connections,
        "source",
    ),
)
