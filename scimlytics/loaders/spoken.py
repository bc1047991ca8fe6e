"""Which time the evidence speaks about: what the log covers, and how new each side is.

Silence counts only inside the log's coverage (DESIGN 2). A snapshot is as old as the newest time
in it, unless somebody says when it was taken.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from scimlytics.loaders.reading import SIDED, FileRead
from scimlytics.tables import COVERAGE

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.settings import Settings

DATED = {
    "users": ("created", "modified", "deleted", "first_login", "last_login"),
    "groups": ("created", "modified", "deleted", "members_modified"),
    "assignments": ("created", "state_changed", "last_sync"),
    "jobs": ("last_run_ended",),
    "events": ("at",),
    "scim_requests": ("at",),
    "target_audit": ("at",),
    "source_audit": ("at",),
    "push_mappings": ("created", "last_push"),
}
"""Columns that tell when something was seen; times that lie ahead by intent are not among them."""

OWNER = {
    "assignments": "source",
    "jobs": "source",
    "push_mappings": "source",
    "source_audit": "source",
    "events": "log",
    "scim_requests": "log",
    "target_audit": "target",
}
LAST_YEAR = 2100
"""What lies further ahead is a sentinel or a typing error."""


def coverage(tables: dict[str, pa.Table], settings: Settings) -> pa.Table:
    """What the log can speak about: one row per product and job.

    Parameters
    ----------
    tables
        All tables.
    settings
        ``log.covers`` of the settings beats the first and last event.
    """
    import pyarrow.compute as pc

    events = tables["events"].select(["product", "job_id", "at"]).replace_schema_metadata(None)
    grouped = events.group_by(["product", "job_id"]).aggregate(
        [("at", "min"), ("at", "max"), ("at", "count")]
    )
    rows = grouped.to_pylist()
    covers = settings.log.covers
    if covers and not rows:
        rows = [{"product": settings.log.system, "job_id": None, "at_count": 0}]
    made: dict[str, list[Any]] = {
        "product": [row["product"] for row in rows],
        "job_id": [row["job_id"] for row in rows],
        "from": [covers[0] if covers else row["at_min"] for row in rows],
        "to": [covers[1] if covers else row["at_max"] for row in rows],
        "events": [row["at_count"] for row in rows],
        "declared": [covers is not None] * len(rows),
    }
    table = COVERAGE.conform(made)
    return table.take(
        pc.sort_indices(table, sort_keys=[("product", "ascending"), ("job_id", "ascending")])
    )


def newest_of(
    tables: dict[str, pa.Table], reads: list[FileRead], roles: list[str | None]
) -> tuple[dict[str, datetime], frozenset[str]]:
    """The newest time per role, and the roles where only the files' own times tell."""
    import pyarrow.compute as pc

    written: dict[str, datetime] = {}
    for read, role in zip(reads, roles, strict=True):
        if role and not read.error and read.place.previous is None:
            written[role] = max(written.get(role, datetime.min.replace(tzinfo=UTC)), _time(read))
    newest: dict[str, datetime] = {}
    for key, table in tables.items():
        side, _, name = key.partition("_")
        role, name = (side, name) if name in SIDED and side != key else (OWNER.get(key, ""), key)
        for column in DATED.get(name, ()):
            found = pc.max(table.column(column)).as_py() if table.num_rows else None
            if found is None or not role or found.year > LAST_YEAR:
                continue
            newest[role] = max(newest.get(role, found), found)
    by_file = frozenset(written) - frozenset(newest)
    return {**{role: written[role] for role in by_file}, **newest}, by_file


def _time(read: FileRead) -> datetime:
    return datetime.fromtimestamp(read.place.path.stat().st_mtime, UTC)
