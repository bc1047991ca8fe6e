"""How complete each collection is: whatever is concluded from absence rests on this.

``complete`` by proof (a chain of pages that ends, totals that agree) or by the word of whoever
exported it; ``unproven`` without either; ``suspect`` when something speaks against it, which beats
any word; ``absent`` when nothing was exported. Completeness means population, not pages: ids that
the other sides know and this one lacks are counted as well (``filtered_snapshot``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

GRADES = ("complete", "unproven", "suspect", "absent")
CAPS = {
    "complete": "confirmed",
    "unproven": "suspected",
    "suspect": "suspected",
    "absent": "undecidable",
}
"""The surest a cause can be when it rests on the absence of something in such a collection."""
COLLECTIONS = ("users", "groups", "memberships", "assignments")


@dataclass(frozen=True)
class Grade:
    """How complete one collection of one side is, and why."""

    side: str
    collection: str
    grade: str
    why: str
    rows: int
    cause: str | None = None
    """The cause of the `evidence_quality` finding this makes, where it makes one."""
    ids: tuple[str, ...] = ()
    """The ids that are known elsewhere and missing here."""
    group_id: str | None = None
    """The group, for members exported group by group."""


@dataclass(frozen=True)
class Limits:
    """When a drop is too large to be believed (strictly greater; numbers others use)."""

    max_drop_percent: float = 20.0
    max_drop_count: int = 10
    percent_from: int = 100

    def exceeded(self, lost: int, of: int) -> bool:
        """Tell whether losing so many of so many is too much to be believed."""
        if of >= self.percent_from:
            return lost * 100 > self.max_drop_percent * of
        return lost > self.max_drop_count


@dataclass(frozen=True)
class Shown:
    """What the exports of one collection show about their own completeness."""

    rows: int
    declared_total: int | None = None
    repeated: int = 0
    open_next: bool = False
    terminal: bool = False
    capped: bool = False


def grade(
    side: str,
    collection: str,
    shown: Shown | None,
    *,
    declared: bool,
    empty_is_strange: bool,
    previous_rows: int | None,
    gap: tuple[str, ...],
    limits: Limits,
    group_id: str | None = None,
) -> Grade:
    """Grade one collection; what speaks against it comes first, then proof, then the word.

    Parameters
    ----------
    side, collection
        Which collection.
    shown
        What its exports show; None when there is none.
    declared
        The toml declares it complete.
    empty_is_strange
        An empty answer speaks against it (its neighbours are not empty).
    previous_rows
        Rows of the previous snapshot, where there is one.
    gap
        Ids that other sides know and this collection lacks without a reason.
    limits
        When a drop or a gap is too large.
    group_id
        The group, for members exported group by group.
    """

    def made(word: str, why: str, cause: str | None = None, ids: tuple[str, ...] = ()) -> Grade:
        rows = shown.rows if shown else 0
        return Grade(side, collection, word, why, rows, cause, ids, group_id)

    if shown is None:
        return made("absent", "nothing was exported")
    total, listed = shown.declared_total, shown.rows + shown.repeated
    if shown.open_next:
        return made("suspect", "a next link leads on and nobody followed it", "partial_snapshot")
    if total is not None and total != listed:
        why = f"the server declares {total} and {listed} were listed"
        return made("suspect", why, "partial_snapshot")
    if shown.rows == 0 and empty_is_strange:
        return made("suspect", "it is empty while its neighbours are not", "empty_snapshot")
    if previous_rows is not None and limits.exceeded(previous_rows - shown.rows, previous_rows):
        why = f"{shown.rows} after {previous_rows} in the snapshot before"
        return made("suspect", why, "shrunken_snapshot")
    if limits.exceeded(len(gap), shown.rows + len(gap)):
        why = f"{len(gap)} that the other sides know are not in it"
        return made("suspect", why, "filtered_snapshot", gap)
    if declared:
        return made("complete", "declared complete by whoever exported it")
    if shown.terminal:
        return made("complete", "the last page was reached")
    if shown.capped:
        why = f"exactly {shown.rows} rows, as a page limit would leave"
        return made("unproven", why, "unproven_snapshot")
    return made("unproven", "nothing shows that it is all", "unproven_snapshot")


def source_users_gap(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Ids of people that the log or a group knows and the directory export lacks.

    Somebody whose end is shown by a claim, a directory audit or the deleted items is no gap. The
    ids of the log count only when they are directory ids at all: where not one of them is in the
    export, the log speaks another language.
    """
    events, users = tables["events"], tables["source_users"]
    audit = tables["source_audit"]
    people = events.filter(events.object_type == "user", events.source_id.notnull())
    ended = people.filter(people.action == "delete", people.status == "success")
    members = tables["source_memberships"].filter(lambda m: m.member_type == "user")
    gone = audit.filter(
        audit.action.isin(["delete", "hard_delete"]), audit.object_type == "user"
    ).select(id=audit.source_id)
    known = people.select(id="source_id").union(members.select(id="member_id")).distinct()
    return (
        known.anti_join(users, "id")
        .anti_join(ended.select(id="source_id"), "id")
        .anti_join(gone, "id")
        .order_by("id")
    )


def target_users_gap(tables: Mapping[str, ir.Table]) -> ir.Table:
    """Ids of accounts that successful claims name and the target export lacks.

    An account whose end is shown by a delete claim, the target's audit or a request that deleted
    it is no gap.
    """
    events, users = tables["events"], tables["target_users"]
    audit, requests = tables["target_audit"], tables["scim_requests"]
    claims = events.filter(
        events.object_type == "user", events.target_id.notnull(), events.status == "success"
    )
    ended = claims.filter(claims.action == "delete").select(id="target_id")
    audited = audit.filter(audit.action == "delete").select(id=audit.target_id)
    requested = requests.filter(requests.method == "DELETE", requests.status < 300).select(
        id=requests.target_id
    )
    return (
        claims.select(id="target_id")
        .distinct()
        .anti_join(users, "id")
        .anti_join(ended, "id")
        .anti_join(audited, "id")
        .anti_join(requested, "id")
        .order_by("id")
    )
