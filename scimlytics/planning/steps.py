"""From chosen findings to steps: packed into calls, each after what it needs, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

from scimlytics.planning.acts import (
    AFFECTS,
    BY_VALUE,
    JOB_WIDE,
    MOST_MEMBERS,
    WONT_FIX,
    Act,
    Object,
    acts,
    on_demand,
)
from scimlytics.planning.choosing import FIRST, Chosen, Row
from scimlytics.planning.circumstances import Circumstances
from scimlytics.vocabulary import REMEDIES

KINDS = ("user", "group", "membership")
CALL, READD = "provision_on_demand", "readd_member"
FOR_PEOPLE = 7
"""The rung of remedies that are for people to find out; after all others what is missing is there, and
its memberships have to follow."""
RESTARTS = ("restart_job", "restart_job_full", "resync_all")
RESTARTS_TOO = ("fix_mapping", "fix_scope")
"""A change of mapping or scope makes Entra begin an initial cycle: so it is a restart as well."""
BEFORE_RESTART = ("review_staged_deletes", "decide_deprovisioning", FIRST, "fix_credentials")
"""A restart drops what waits: disables and held deletions come first."""
URGENT, WIDE, OBJECTS, RESTART, CLEANUP, PEOPLE = range(6)
"""The order of a plan: leavers out, job and mappings, users, groups and edges, restarts, twins, people."""
TWINS = ("merge_accounts", "remove_twin")


@dataclass(eq=False)
class Draft:
    """A step that has no number yet."""

    remedy: str
    act: Act
    kind: str
    subject: str
    findings: list[str] = field(default_factory=list)
    subjects: list[str] = field(default_factory=list)
    members: tuple[tuple[str, str], ...] = ()
    after: set[Draft] = field(default_factory=set)
    heals_by: datetime | None = None

    @property
    def rung(self) -> int:
        """How intrusive it is."""
        return REMEDIES[self.remedy][0]

    @property
    def phase(self) -> int:
        """When its turn is."""
        if self.remedy == FIRST:
            return URGENT
        if self.remedy in RESTARTS:
            return RESTART
        if self.remedy in TWINS:
            return CLEANUP
        if self.rung == FOR_PEOPLE:
            return PEOPLE
        return OBJECTS if self.kind in KINDS else WIDE

    def order(self) -> tuple[Any, ...]:
        """The place among steps that wait for nothing."""
        kind = KINDS.index(self.kind) if self.kind in KINDS else -1
        return (self.phase, kind, self.rung, self.remedy, self.subject, self.act.says)


def drafts_of(
    chosen: Sequence[Chosen], findings: Sequence[Row], here: Circumstances
) -> list[Draft]:
    """Make steps of chosen findings.

    Parameters
    ----------
    chosen
        What is acted on.
    findings
        All findings: memberships that only wait for their user or group follow it.
    here
        The provider and its pace.
    """
    made: dict[tuple[Any, ...], list[Draft]] = {}
    last: dict[tuple[str, str], list[Draft]] = {}
    edges: dict[str, dict[str, _Edge]] = {}
    for one in sorted(chosen, key=_rank):
        row = one.finding
        before: list[Draft] = []
        for remedy in one.remedies:
            if remedy == CALL and row["object_type"] == "membership":
                _edge(edges, row).findings.append(row["finding_id"])
                continue
            chain = made.get(_key(remedy, row))
            if chain is None:
                chain = made[_key(remedy, row)] = _chain(remedy, row, here)
            _note(chain, row)
            if before and before[-1] not in _all_before(chain):
                chain[0].after.update(before[-1:])
            before = chain
            if REMEDIES[remedy][0] < FOR_PEOPLE and row["situation"] == "missing":
                last.setdefault((row["object_type"], row["source_id"]), []).append(chain[-1])
    for row in _waiting(findings, last):
        if "on_demand_group" in here.capabilities:
            _edge(edges, row)
        elif _key(READD, row) not in made and ("user", row["source_id"]) in last:
            # A group that is made takes its members along; an account joins nothing by itself.
            chain = made[_key(READD, row)] = _chain(READD, row, here)
            chain[0].after.update(_makers(row, last))
            for step in chain:
                step.subjects.append(row["subject"])
                step.findings += sorted({name for one in chain[0].after for name in one.findings})
    for group_id in edges:
        # A call with members sends the group as well.
        for step in made.pop((CALL, "group", group_id, None, None), []):
            before = [one for one in last["group", group_id] if one is not step]
            last["group", group_id] = before
            for edge in edges[group_id].values():
                edge.findings += step.findings
                edge.after |= step.after
    steps = [step for chain in made.values() for step in chain]
    steps += _packed(edges, last, here)
    _order_hazards(steps)
    return steps


def _rank(one: Chosen) -> int:
    """Users before groups before edges: what an edge waits for is known when its turn comes."""
    kind = one.finding["object_type"]
    return KINDS.index(kind) if kind in KINDS else -1


@dataclass(eq=False)
class _Edge:
    """A membership to be sent on demand."""

    row: Row
    findings: list[str] = field(default_factory=list)
    after: set[Draft] = field(default_factory=set)


def _edge(edges: dict[str, dict[str, _Edge]], row: Row) -> _Edge:
    group = edges.setdefault(row["group_source_id"], {})
    return group.setdefault(row["source_id"], _Edge(row))


def _waiting(findings: Sequence[Row], last: dict[tuple[str, str], list[Draft]]) -> Iterable[Row]:
    """The memberships of accounts and groups that a step makes anew: nothing else would send them."""
    for row in findings:
        missing = row["object_type"] == "membership" and row["situation"] == "missing"
        waits = row["severity"] == "info" and row["status"] != "suppressed"
        named = row["source_id"] and row["group_source_id"]
        if missing and waits and named and _makers(row, last):
            yield row


def _makers(row: Row, last: dict[tuple[str, str], list[Draft]]) -> list[Draft]:
    """The steps that make the account or the group of a membership."""
    ends = (("user", row["source_id"]), ("group", row["group_source_id"]))
    return [step for end in ends for step in last.get(end, [])]


def _packed(
    edges: dict[str, dict[str, _Edge]],
    last: dict[tuple[str, str], list[Draft]],
    here: Circumstances,
) -> Iterable[Draft]:
    """Calls on demand with at most five members each."""
    for group_id, members in sorted(edges.items()):
        held = sorted(members.values(), key=lambda one: (one.row["subject"], one.row["source_id"]))
        for place in range(0, len(held), MOST_MEMBERS):
            some = held[place : place + MOST_MEMBERS]
            name = _group_of(some[0].row)
            names = tuple((one.row["source_id"], _person_of(one.row)) for one in some)
            call = on_demand(Object("group", name, group_id, None), names, here)
            step = Draft(CALL, call, "membership", name, members=names)
            step.subjects = [one.row["subject"] for one in some]
            for one in some:
                step.after.update(one.after, _makers(one.row, last))
            found = {name for one in some for name in one.findings}
            # What only follows an account or group that is made anew repairs that finding.
            step.findings = sorted(found or {name for one in step.after for name in one.findings})
            yield step


def _key(remedy: str, row: Row) -> tuple[Any, ...]:
    if remedy in JOB_WIDE:
        return (remedy,)
    if remedy in BY_VALUE:
        return (remedy, row["attribute"] or row["cause"])
    ids = (row["source_id"] or row["target_id"] or row["subject"], row["group_source_id"])
    attribute = row["attribute"] if remedy in ("manual_edit", "fill_source_attribute") else None
    return (remedy, row["object_type"], *ids, attribute)


def _chain(remedy: str, row: Row, here: Circumstances) -> list[Draft]:
    one = Object(
        row["object_type"],
        row["subject"] or "",
        row["source_id"],
        row["target_id"],
        row["group_source_id"],
        _group_of(row),
        row["attribute"],
        tuple(row["other_ids"] or ()),
        row["detail"] or "",
    )
    wide = remedy in JOB_WIDE or remedy in BY_VALUE
    kind = "wide" if wide else row["object_type"]
    made = [on_demand(one, (), here)] if remedy == CALL else acts(remedy, one, here)
    steps = [Draft(remedy, act, kind, "" if wide else one.subject) for act in made]
    for before, step in pairwise(steps):
        step.after.add(before)
    return steps


def _note(chain: Sequence[Draft], row: Row) -> None:
    for step in chain:
        if row["finding_id"] not in step.findings:
            step.findings.append(row["finding_id"])
        if row["subject"] and row["subject"] not in step.subjects:
            step.subjects.append(row["subject"])
        if row["heals_by"] is not None:
            step.heals_by = max(step.heals_by or row["heals_by"], row["heals_by"])


def _all_before(chain: Sequence[Draft]) -> set[Draft]:
    """Everything that a chain waits for, itself included."""
    seen: set[Draft] = set()
    todo = list(chain)
    while todo:
        step = todo.pop()
        if step not in seen:
            seen.add(step)
            todo += step.after
    return seen


def _order_hazards(steps: Sequence[Draft]) -> None:
    """What must not happen in another order, whoever asked for it."""
    for step in steps:
        if step.remedy in (*RESTARTS, *RESTARTS_TOO):
            step.after.update(one for one in steps if one.remedy in BEFORE_RESTART)


def ordered(steps: Sequence[Draft]) -> list[Draft]:
    """Every step after what it needs; among those that could come next, by phase and rung."""
    waiting = {step: set(step.after) for step in steps}
    following: dict[Draft, list[Draft]] = {step: [] for step in steps}
    for step in steps:
        for before in step.after:
            following[before].append(step)
    ready = [(step.order(), place) for place, step in enumerate(steps) if not waiting[step]]
    places = {step: place for place, step in enumerate(steps)}
    heapify(ready)
    made = []
    while ready:
        step = steps[heappop(ready)[1]]
        made.append(step)
        for other in following[step]:
            waiting[other].discard(step)
            if not waiting[other]:
                heappush(ready, (other.order(), places[other]))
    if len(made) < len(steps):
        raise AssertionError("steps wait for each other")
    return made


def numbered(steps: Sequence[Draft], here: Circumstances) -> list[dict[str, Any]]:
    """The steps as rows, with times: one call after the other, the rest when what it needs is done."""
    numbers = {step: place for place, step in enumerate(steps, 1)}
    ends: dict[Draft, timedelta] = {}
    calls = timedelta()
    rows = []
    for step in steps:
        begins = max((ends[one] for one in step.after), default=timedelta())
        takes = step.act.takes
        if step.remedy == CALL:
            begins = max(begins, calls)
            calls = begins + takes
        if step.remedy == "wait":
            takes = max(takes, here.cycle)
        if step.heals_by is not None:  # it is tried again then, not when its reason is gone
            takes = max(takes, step.heals_by - here.as_of - begins - step.act.wait)
        ends[step] = begins + takes + step.act.wait
        rows.append(
            {
                "step": numbers[step],
                "rung": step.rung,
                "remedy": step.remedy,
                "act": step.act.says,
                "finding_ids": sorted(step.findings),
                "subjects": sorted(step.subjects),
                "members": [name for name, _ in step.members],
                "affects": _affects(step, here),
                "wont_fix": WONT_FIX.get(step.remedy, ""),
                "takes": takes + step.act.wait,
                "after": sorted(numbers[one] for one in step.after),
                "look_again_at": (here.as_of + ends[step]).replace(microsecond=0),
                "request": step.act.request,
            }
        )
    return rows


def _affects(step: Draft, here: Circumstances) -> str:
    if step.remedy in RESTARTS:
        return f"All {here.people:,} people and {here.groups:,} groups in scope."
    return AFFECTS.get(step.remedy, "Nobody else.")


def _group_of(row: Row) -> str:
    return (row["subject"] or "").partition(" → ")[2] or (row["subject"] or "")


def _person_of(row: Row) -> str:
    return (row["subject"] or "").partition(" → ")[0]
