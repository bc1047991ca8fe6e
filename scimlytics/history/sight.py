"""Whether an evidence can tell that an earlier finding is gone, or only does not show it any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scimlytics.evidence import Evidence

Row = Mapping[str, Any]
COMPLETE = "complete"
NEEDS_ACCOUNT = ("missing", "inactive", "stale", "linked")
"""Situations that end when the wanted object is in the target, linked and equal."""
FROM_THE_LOG = ("failing_objects",)


class Sight:
    """What an evidence shows of objects that earlier findings are about.

    Parameters
    ----------
    evidence
        The later evidence.
    asked
        The checks that were asked of it and not skipped.
    gone
        The earlier findings that it does not hold any more.
    """

    def __init__(self, evidence: Evidence, asked: Iterable[str], gone: Sequence[Row]) -> None:
        self._evidence = evidence
        self._asked = frozenset(asked)
        self._gone = gone
        self._columns: dict[tuple[str, str], frozenset[str]] = {}

    def tells(self, finding: Row) -> bool:
        """Whether it shows that the finding is no more."""
        if finding["check"] not in self._asked:
            return False
        kind = finding["object_type"]
        if kind == "cycle":
            return self._covers(finding)
        if kind == "membership":
            return self._edge_told(finding)
        if kind in ("user", "group"):
            return self._object_told(finding)
        return True

    def covered_later(self, finding: Row) -> bool:
        """Whether a later log may speak of it again; a cycle that left the log never comes back."""
        return finding["object_type"] != "cycle" or finding["check"] not in self._asked

    def _object_told(self, finding: Row) -> bool:
        kind = f"{finding['object_type']}s"
        if finding["attribute"] and kind == "users":
            pair = (finding["source_id"], finding["attribute"])
            return pair in self._compared() or self._unwanted_shown(kind)
        if finding["check"] in FROM_THE_LOG and not self._reaches_now():
            return False
        if finding["situation"] in NEEDS_ACCOUNT:
            if finding["source_id"] in self._linked(kind):
                return True
            return self._unwanted_shown(kind)
        accounts = [finding["target_id"], *(finding["other_ids"] or ())]
        return all(self._known("target", kind, one) for one in accounts if one) and self._known(
            "source", kind, finding["source_id"]
        )

    def _edge_told(self, finding: Row) -> bool:
        held = (finding["group_target_id"], finding["target_id"])
        if finding["situation"] == "missing":
            if held in self._edges() or self._edge_by_person(finding):
                return True
            return self._unwanted_shown("memberships")
        return held in self._edges() or self._complete("target", "memberships")

    def _edge_by_person(self, finding: Row) -> bool:
        """Whether the membership is there under ids that were not known when it was missing."""
        group = self._linked("groups").get(finding["group_source_id"])
        account = self._linked("users").get(finding["source_id"])
        return (group, account) in self._edges()

    def _unwanted_shown(self, kind: str) -> bool:
        """Whether who is not seen to be wanted is shown not to be."""
        return self._complete("source", kind) and self._complete("source", "assignments")

    def _known(self, side: str, kind: str, name: str | None) -> bool:
        """Whether an object is seen, or its absence is."""
        if name is None:
            return self._complete(side, kind)
        return name in self._ids(side, kind) or self._complete(side, kind)

    def _complete(self, side: str, kind: str) -> bool:
        grade = self._evidence.grades.get(f"{side}_{kind}")
        return kind == "assignments" if grade is None else grade.grade == COMPLETE

    def _ids(self, side: str, kind: str) -> frozenset[str]:
        """The ids of that side that earlier findings name and that are still there."""
        key = (side, kind)
        if key not in self._columns:
            name = "source_id" if side == "source" else "target_id"
            wanted = {one[name] for one in self._gone if f"{one['object_type']}s" == kind}
            wanted |= {other for one in self._gone for other in one["other_ids"] or ()}
            self._columns[key] = frozenset(_among(self._evidence, f"{side}_{kind}", wanted))
        return self._columns[key]

    @cache  # noqa: B019  (lives as long as one comparison)
    def _linked(self, kind: str) -> dict[str, str]:
        """Wanted objects that earlier findings name and that have their counterpart now."""
        from scimlytics import reconcile

        person, account = (
            ("source_id", "target_id") if kind == "users" else ("group_id", "target_group_id")
        )
        named = {one["source_id"] for one in self._gone if f"{one['object_type']}s" == kind}
        named |= {
            one["source_id" if kind == "users" else "group_source_id"]
            for one in self._gone
            if one["object_type"] == "membership"
        }
        ids = sorted(one for one in named if one)
        if not ids or not self._has(kind):
            return {}
        ledger = reconcile.ledger(self._evidence, kind)
        found = ledger.filter(ledger[person].isin(ids), ledger[account].notnull())
        rows = self._evidence.engine.fetch(found.select(person=person, account=account))
        return {row["person"]: row["account"] for row in rows.to_pylist()}

    @cache  # noqa: B019
    def _edges(self) -> frozenset[tuple[str, str]]:
        """The target's memberships of accounts that earlier findings name."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self._evidence.has("target_memberships"):
            return frozenset()
        edges = [one for one in self._gone if one["object_type"] == "membership"]
        accounts = {one["target_id"] for one in edges} | set(self._linked("users").values())
        names = pa.array(sorted(one for one in accounts if one), pa.string())
        rows = self._evidence.rows("target_memberships").select(["group_id", "member_id"])
        rows = rows.filter(pc.is_in(rows.column("member_id"), names))
        return frozenset((row["group_id"], row["member_id"]) for row in rows.to_pylist())

    def _has(self, kind: str) -> bool:
        return self._evidence.has(f"source_{kind}") and self._evidence.has(f"target_{kind}")

    @cache  # noqa: B019
    def _compared(self) -> frozenset[tuple[str, str]]:
        """People that earlier findings name, and the attributes in which they are compared now."""
        from scimlytics import reconcile

        ids = sorted({one["source_id"] for one in self._gone if one["attribute"]} - {None})
        if not ids or not self._has("users"):
            return frozenset()
        reconcile.prepare(self._evidence)
        compared = self._evidence.table("compared")
        found = compared.filter(compared.person_id.isin(ids)).select("person_id", "attribute")
        rows = self._evidence.engine.fetch(found.distinct()).to_pylist()
        return frozenset((row["person_id"], row["attribute"]) for row in rows)

    def _reaches_now(self) -> bool:
        """Whether the log was read up to the moment of the snapshots, give or take the grace."""
        ends = [row["to"] for row in self._evidence.rows("coverage").to_pylist() if row["to"]]
        profile = self._evidence.profile
        return bool(ends) and max(ends) >= profile.seen_at - profile.grace

    def _covers(self, finding: Row) -> bool:
        """Whether the log still speaks of the time of a cycle."""
        begins = finding["since"] or finding["until"]
        spans = [
            (row["from"], row["to"])
            for row in self._evidence.rows("coverage").to_pylist()
            if row["from"] and row["to"]
        ]
        return begins is not None and any(start <= begins <= end for start, end in spans)


def _among(evidence: Evidence, table: str, wanted: set[str | None]) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = pa.array(sorted(one for one in wanted if one), pa.string())
    if not evidence.has(table) or not len(names):
        return []
    ids = evidence.rows(table).column("id")
    return list(ids.filter(pc.is_in(ids, names)).to_pylist())
