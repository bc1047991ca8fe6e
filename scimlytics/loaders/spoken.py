"""Which time the evidence speaks about: what the log covers, and how new each side is.

Silence counts only inside the log's coverage (DESIGN 2). A snapshot is as old as the newest time
in it, unless somebody says when it was taken.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
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
    "connections": "source",
    "source_audit": "source",
    "events": "log",
    "scim_requests": "log",
    "target_audit": "target",
}
QUIET = timedelta(days=3)
"""So long nothing may happen in a small tenant, over a weekend say."""
LAST_YEAR = 2100
"""What lies further ahead is a sentinel or a typing error."""


def coverage(tables: dict[str, pa.Table], settings: Settings) -> pa.Table:
    """What the log can speak about: one row per product and job.

    Where two exports lie further apart than the log is ever quiet inside one, a part of it is missing:
    then only what follows is covered.

    Parameters
    ----------
    tables
        All tables.
    settings
        ``log.covers`` of the settings beats the first and last event.
    """
    import pyarrow.compute as pc

    names = ["product", "job_id", "at", "source_file"]
    events = tables["events"].select(names).replace_schema_metadata(None)
    grouped = events.group_by(["product", "job_id"]).aggregate(
        [("at", "min"), ("at", "max"), ("at", "count")]
    )
    rows = grouped.to_pylist()
    covers = settings.log.covers
    whole_since = {} if covers else _whole_since(events)
    if covers and not rows:
        rows = [{"product": settings.log.system, "job_id": None, "at_count": 0}]
    made: dict[str, list[Any]] = {
        "product": [row["product"] for row in rows],
        "job_id": [row["job_id"] for row in rows],
        "from": [
            covers[0] if covers else _later(row["at_min"], whole_since.get(row["product"]))
            for row in rows
        ],
        "to": [covers[1] if covers else row["at_max"] for row in rows],
        "events": [row["at_count"] for row in rows],
        "declared": [covers is not None] * len(rows),
    }
    table = COVERAGE.conform(made)
    return table.take(
        pc.sort_indices(table, sort_keys=[("product", "ascending"), ("job_id", "ascending")])
    )


def _later(first: datetime | None, since: datetime | None) -> datetime | None:
    return max((one for one in (first, since) if one is not None), default=None)


def _whole_since(events: pa.Table) -> dict[str, datetime]:
    """Product → since when its log has no gap between two exports, where there is one."""
    import pyarrow.compute as pc

    dated = events.filter(pc.is_valid(events.column("at"))).to_pandas()
    dated = dated.sort_values("at", kind="stable")
    of_file = dated.groupby(["product", "source_file"], dropna=False)["at"]
    longest = of_file.diff().groupby(dated["product"]).max()
    spans = of_file.agg(["min", "max"]).reset_index().sort_values("min", kind="stable")
    found = {}
    for product, some in spans.groupby("product"):
        quiet = max(longest[product], QUIET) if longest[product] == longest[product] else QUIET
        before = some["max"].cummax().shift()
        apart = some[some["min"] - before > quiet]
        if len(apart):
            found[str(product)] = apart["min"].iloc[-1].to_pydatetime()
    return found


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
