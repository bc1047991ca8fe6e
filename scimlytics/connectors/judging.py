"""What pages amount to: tables, and for each part of a system whether it is whole, or why not.

A part is whole when every list of it ended with proof, the server's total agrees with what was
listed, an account that is not listed any more is really gone, and nothing is suddenly empty.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.connectors.collection import Tell
from scimlytics.connectors.config import System
from scimlytics.connectors.http import Budget
from scimlytics.connectors.shelf import Shelf
from scimlytics.errors import SystemRefusedError
from scimlytics.loaders import Loaded, read_folder
from scimlytics.settings import Settings

if TYPE_CHECKING:
    import pyarrow as pa

PRODUCTS = {"graph": "entra", "okta": "okta", "files.com": "files.com", "scim": "scim"}
"""The system behind a connector, as loaders call it."""
CONFIRMED = 25
"""So many accounts that a list lacks are asked for one by one before they count as gone."""
TABLES = {
    "assignments": ("assignments",),
    "settings": (
        "jobs",
        "mappings",
        "scope_filters",
        "push_mappings",
        "connections",
        "strategies",
        "lifecycle_rules",
    ),
    "log": (
        "events",
        "steps",
        "changes",
        "unresolved",
        "source_audit",
        "scim_requests",
        "request_members",
        "target_audit",
    ),
}
"""Part → its tables; users, and groups with their members, bear the name of their side."""


@dataclass(frozen=True)
class Got:
    """What became of one collection."""

    name: str
    unit: str
    rows: int
    pages: int
    requests: int
    throttles: int
    whole: bool
    why: str
    group_id: str | None = None
    leads_to: str | None = None
    total: int | None = None
    log: tuple[str, datetime, datetime] | None = None
    optional: bool = False
    refused: bool = False
    last: bool = False
    """The pull of the system ended here."""


@dataclass(frozen=True)
class Part:
    """What is committed together, and whether it is whole."""

    unit: str
    whole: bool
    why: str
    tables: Mapping[str, pa.Table]
    pulls: list[dict[str, Any]] = field(default_factory=list)
    """What shows how complete each collection is; rows of the store's table of pulls."""


@dataclass(frozen=True)
class Pulled:
    """What was read of one system."""

    name: str
    product: str
    role: str
    taken_at: datetime
    got: list[Got]
    parts: list[Part]
    log: Mapping[str, pa.Table]
    covers: Mapping[str, tuple[datetime, datetime]]
    """Table and product of a log → the time of which all was read."""


@dataclass(frozen=True)
class Known:
    """What is known of a system from earlier pulls."""

    logs: dict[str, datetime] = field(default_factory=dict)
    """Table and product of a log → up to when it has been read."""
    rows: dict[str, int] = field(default_factory=dict)
    """Part → rows of its last whole snapshot."""
    accounts: frozenset[str] = frozenset()
    """The ids of its users then."""
    lists: frozenset[str] = frozenset()
    """The optional collections that were whole then: to lack one of them now is a loss."""


@dataclass(frozen=True)
class Order:
    """What is to be read, and how."""

    name: str
    system: System
    folder: Path
    """The folder of the settings."""
    shelf: Path
    """Where pages are kept."""
    budget: Budget
    known: Known = field(default_factory=Known)
    log_days: int = 30
    at_once: int = 1
    accept_empty: bool = False
    tell: Tell = print
    progress: Callable[[str], None] = lambda _: None


def judged(
    order: Order,
    shelf: Shelf,
    got: list[Got],
    skew: timedelta,
    exists: Callable[[str], bool] | None,
) -> Pulled:
    """Load what is on the shelf, and judge each part.

    Parameters
    ----------
    order
        What was to be read.
    shelf
        The pages.
    got
        What became of each collection.
    skew
        How far the server's clock is ahead, where that matters.
    exists
        Asks for one account by its id.
    """
    loaded = read_folder(shelf.pages, Settings()) if any(one.pages for one in got) else None
    got = [_unread(one, loaded) for one in got]
    parts = []
    for unit in ("users", "groups", "assignments", "settings"):
        some = [one for one in got if one.unit == unit]
        if any(one.whole or not one.optional or one.name in order.known.lists for one in some):
            parts.append(_part(unit, got, order, loaded, exists))
    log: dict[str, pa.Table] = {}
    if loaded is not None and any(one.unit == "log" for one in got):
        log = {name: loaded.tables[name] for name in TABLES["log"] if name in loaded.present}
    covers = {
        one.log[0]: _covered(one.log, order.known, log)
        for one in got
        if one.log is not None and one.whole
    }
    product = PRODUCTS[order.system.product]
    taken_at = shelf.begun + skew
    return Pulled(order.name, product, order.system.role, taken_at, got, parts, log, covers)


def _unread(got: Got, loaded: Loaded | None) -> Got:
    """A collection of which a page cannot be read is not whole."""
    for report in loaded.files if loaded is not None else ():
        if report.error and report.path.startswith(f"{got.name}/"):
            return replace(
                got, whole=False, refused=True, why=f"a page is no data ({report.error})"
            )
    return got


def _part(
    unit: str,
    got: list[Got],
    order: Order,
    loaded: Loaded | None,
    exists: Callable[[str], bool] | None,
) -> Part:
    some = [one for one in got if one.unit == unit]
    tables = _tables(unit, order.system.role, loaded)
    rows = _rows_of(unit, tables)
    aside = _aside(some, loaded)
    total = next((one.total for one in some if one.total is not None), None)
    wrong = _lacking(unit, got, order)
    if not wrong and got[-1].last and unit != "users":
        wrong = "the pull ended before all of it was read"
    if not wrong and total is not None and total != rows + aside:
        wrong = f"the server says {total} and lists {rows + aside}"
    before = order.known.rows.get(unit, 0)
    if not wrong and before and not rows and not order.accept_empty:
        wrong = f"it is empty, after {before} the last time; --accept-empty takes it so"
    if not wrong and unit == "users" and exists is not None:
        wrong = _hidden(order.known.accounts, tables[f"{order.system.role}_users"], exists)
    why = wrong or some[0].why
    left = None if total is None else total - aside
    pulls = _shown(unit, order.system.role, tables, some, not wrong, left)
    return Part(unit, not wrong, why, tables, pulls)


def _lacking(unit: str, got: list[Got], order: Order) -> str:
    """Why a part is not whole: a list of it, or one that leads to it, was not read to its end.

    An optional list may lack, unless the last pull had it: what is known is not given up.
    """
    for one in got:
        if one.whole or unit not in (one.unit, one.leads_to):
            continue
        if not one.optional:
            return one.why
        if one.name in order.known.lists and not order.accept_empty:
            return (
                f"{one.name} was read the last time; --accept-empty goes on without it: {one.why}"
            )
    return ""


def _tables(unit: str, role: str, loaded: Loaded | None) -> dict[str, pa.Table]:
    from scimlytics.tables import GROUPS, MEMBERSHIPS, USERS

    own = {
        "users": {f"{role}_users": USERS},
        "groups": {f"{role}_groups": GROUPS, f"{role}_memberships": MEMBERSHIPS},
    }.get(unit)
    if own is not None:
        return {
            name: loaded.tables[name] if loaded is not None else table.empty()
            for name, table in own.items()
        }
    if loaded is None:
        return {}
    return {name: loaded.tables[name] for name in TABLES[unit] if name in loaded.present}


def _rows_of(unit: str, tables: Mapping[str, pa.Table]) -> int:
    """The rows that a total counts: users, groups; not members."""
    return sum(
        table.num_rows for name, table in tables.items() if not name.endswith("_memberships")
    )


def _aside(some: list[Got], loaded: Loaded | None) -> int:
    names = tuple(f"{one.name}/" for one in some)
    reports = loaded.files if loaded is not None else []
    return sum(report.put_aside for report in reports if report.path.startswith(names))


def _hidden(known: frozenset[str], users: pa.Table, exists: Callable[[str], bool]) -> str:
    """Whether accounts that were there the last time are only missing from the list."""
    gone = sorted(known - set(users.column("id").to_pylist()))[:CONFIRMED]
    try:
        there = sum(exists(account) for account in gone)
    except SystemRefusedError:
        return ""  # a server that does not show single accounts says nothing about them
    return (
        f"{there} of {len(gone)} accounts that it lacks are there when asked for" if there else ""
    )


def _shown(
    unit: str,
    role: str,
    tables: Mapping[str, pa.Table],
    some: list[Got],
    whole: bool,
    total: int | None,
) -> list[dict[str, Any]]:
    """What shows how complete each collection is; rows of the table of pulls."""

    def row(collection: str, rows: int, *, whole: bool, group: str | None = None) -> dict[str, Any]:
        declared = total if collection == unit else None
        return {
            "collection": collection,
            "group_id": group,
            "rows": rows,
            "declared_total": declared,
            "repeated": 0,
            "open_next": not whole,
            "terminal": whole,
            "capped": False,
        }

    made = [row(one.name, one.rows, whole=True) for one in some if one.optional and one.whole]
    if unit not in ("users", "groups", "assignments"):
        return made
    made.append(row(unit, _rows_of(unit, tables), whole=whole))
    if unit != "groups":
        return made
    edges = tables[f"{role}_memberships"]
    members = [one for one in some if one.group_id is not None]
    if members:
        counts = Counter(edges.column("group_id").to_pylist())
        return made + [
            row("memberships", counts[one.group_id], whole=one.whole, group=one.group_id)
            for one in members
        ]
    groups = tables[f"{role}_groups"]
    shown = not groups.num_rows or any(groups.column("members_shown").to_pylist())
    if shown:
        made.append(row("memberships", edges.num_rows, whole=whole))
    return made


def _covered(
    log: tuple[str, datetime, datetime], known: Known, tables: Mapping[str, pa.Table]
) -> tuple[datetime, datetime]:
    """The time of which a log was read; the first time it begins with the oldest row there was.

    How far back a server remembers is not known: what is older than its oldest row may be forgotten.
    """
    import pyarrow.compute as pc

    name, begin, until = log
    if name in known.logs:
        return begin, until
    table = tables.get(name.partition("/")[0])
    oldest = pc.min(table.column("at")).as_py() if table is not None and table.num_rows else until
    return min(max(begin, oldest), until), until
