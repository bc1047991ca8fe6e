"""Who is meant: a person or a group, by any name or id that the evidence knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scimlytics.errors import InputError
from scimlytics.reconcile import ledger
from scimlytics.tables import fold

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from scimlytics.evidence import Evidence

ARROWS = (" → ", " -> ")
NEAR, NAMED = 75, 5
"""How near a name must be to be offered, and how many are."""
BY_ID, BY_NAME, BY_OLD_NAME = 1, 2, 3


@dataclass(frozen=True)
class Subject:
    """One person, one group, or both for a membership."""

    name: str
    person_id: str | None = None
    account_ids: tuple[str, ...] = ()
    keys: frozenset[str] = field(default_factory=frozenset)
    """Every name and address of the person, folded, present and former."""
    group_id: str | None = None
    target_group_id: str | None = None
    group_name: str | None = None

    @property
    def has_person(self) -> bool:
        """A person, or an account that nobody owns."""
        return self.person_id is not None or bool(self.account_ids)

    @property
    def has_group(self) -> bool:
        """A group, alone or as that of a membership."""
        return self.group_id is not None or self.target_group_id is not None


@dataclass(frozen=True)
class _Found:
    rank: int
    kind: str
    name: str
    source_id: str | None
    target_id: str | None


def resolve(evidence: Evidence, subject: str, group: str | None = None) -> Subject:
    """Find who or what is meant.

    Parameters
    ----------
    evidence
        What is known.
    subject
        A user name, mail address, display name, former name or id of either side; the name or id of
        a group; or ``person → group``.
    group
        The group of a membership, likewise.

    Raises
    ------
    InputError
        Nobody is called so, or several are; the nearest, or all of them, are named.
    """
    if group is None:
        for arrow in ARROWS:
            head, found, tail = subject.partition(arrow)
            if found:
                subject, group = head.strip(), tail.strip()
                break
    if group is None:
        candidates = [*_people(evidence, subject), *_groups(evidence, subject)]
        met = _one(evidence, subject, candidates, ("user", "group"))
        return _group(met) if met.kind == "group" else _person(evidence, met)
    met = _one(evidence, subject, _people(evidence, subject), ("user",))
    inside = _group(_one(evidence, group, _groups(evidence, group), ("group",)))
    person = _person(evidence, met)
    return Subject(
        f"{person.name} → {inside.name}",
        person.person_id,
        person.account_ids,
        person.keys,
        inside.group_id,
        inside.target_group_id,
        inside.name,
    )


def _people(evidence: Evidence, text: str) -> list[_Found]:
    users, key = ledger(evidence, "users"), fold(text) or ""
    keys = evidence.table("person_keys")
    former = evidence.table("former_keys")
    owned = evidence.table("owned")
    named = keys.filter(keys.key == key).select("id")
    renamed = former.filter(former.key == key).select("id")
    twins = owned.filter(
        (owned.account_id == text)
        | (owned.account_name_key == key)
        | (owned.account_email_key == key)
    ).select(id="person_id")
    ranks = (
        (BY_ID, (users.source_id == text) | (users.target_id == text)),
        (
            BY_NAME,
            users.source_id.isin(named.id)
            | users.source_id.isin(twins.id)
            | (users.name_key == key)
            | (users.account_name_key == key)
            | (users.account_email_key == key)
            | (users.display_name.lower() == text.strip().lower()),
        ),
        (BY_OLD_NAME, users.source_id.isin(renamed.id)),
    )
    return _matches(evidence, users, ranks, "user")


def _groups(evidence: Evidence, text: str) -> list[_Found]:
    groups, key = ledger(evidence, "groups"), fold(text) or ""
    ranks = (
        (BY_ID, (groups.group_id == text) | (groups.target_group_id == text)),
        (BY_NAME, (groups.name_key == key) | (groups.target_name_key == key)),
        (BY_OLD_NAME, groups.renamed_from.lower() == text.strip().lower()),
    )
    named = groups.mutate(source_id=groups.group_id, target_id=groups.target_group_id)
    return _matches(evidence, named, ranks, "group")


def _matches(
    evidence: Evidence,
    rows: ir.Table,
    ranks: Iterable[tuple[int, ir.BooleanValue]],
    kind: str,
) -> list[_Found]:
    import ibis

    branches = [(met.fill_null(False), ibis.literal(rank, "int64")) for rank, met in ranks]
    ranked = rows.mutate(rank=ibis.cases(*branches, else_=ibis.null("int64")))
    found = ranked.filter(ranked["rank"].notnull()).select(
        "rank", "subject", "source_id", "target_id"
    )
    return [
        _Found(row["rank"], kind, row["subject"], row["source_id"], row["target_id"])
        for row in evidence.engine.fetch(found).to_pylist()
    ]


def _one(evidence: Evidence, text: str, candidates: list[_Found], kinds: tuple[str, ...]) -> _Found:
    best = min((one.rank for one in candidates), default=None)
    met = [one for one in candidates if one.rank == best]
    if len(met) == 1:
        return met[0]
    if met:
        shown = sorted(f"{one.name} ({one.kind} {one.source_id or one.target_id})" for one in met)
        more = f" and {len(shown) - NAMED} more" if len(shown) > NAMED else ""
        raise InputError(
            f"{text}: is several; name one by its id: {'; '.join(shown[:NAMED])}{more}."
        )
    near = _nearest(evidence, text, kinds)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise InputError(f"{text}: the evidence knows nobody and nothing of that name.{hint}")


def _nearest(evidence: Evidence, text: str, kinds: tuple[str, ...]) -> list[str]:
    from rapidfuzz import process

    names: set[str] = set()
    for kind, name in (("user", "users"), ("group", "groups")):
        if kind in kinds:
            listed = ledger(evidence, name).select("subject").distinct()
            names |= set(evidence.engine.fetch(listed).column("subject").to_pylist())
    found = process.extract(text, sorted(one for one in names if one), limit=3, score_cutoff=NEAR)
    return [name for name, _, _ in found]


def _person(evidence: Evidence, met: _Found) -> Subject:
    owned, keys = evidence.table("owned"), evidence.table("person_keys")
    former, accounts = evidence.table("former_keys"), evidence.table("accounts")
    users = ledger(evidence, "users")
    fetch = evidence.engine.fetch
    ids = {met.target_id} if met.target_id else set()
    known: set[str | None] = {fold(met.name)}
    if met.source_id is not None:
        mine = owned.filter(owned.person_id == met.source_id).select("account_id")
        ids |= set(fetch(mine).column("account_id").to_pylist())
        row = users.filter(users.source_id == met.source_id).select(
            "blocker", "shared_account", "trace_account", "removed_account"
        )
        for one in fetch(row).to_pylist():
            ids |= {value for value in one.values() if value}
        known |= set(fetch(keys.filter(keys.id == met.source_id)).column("key").to_pylist())
        known |= set(fetch(former.filter(former.id == met.source_id)).column("key").to_pylist())
    names = accounts.filter(accounts.account_id.isin(sorted(ids))).select("account_name_key")
    known |= set(fetch(names).column("account_name_key").to_pylist())
    return Subject(
        met.name,
        met.source_id,
        tuple(sorted(ids)),
        frozenset(key for key in known if key),
    )


def _group(met: _Found) -> Subject:
    return Subject(
        met.name,
        group_id=met.source_id,
        target_group_id=met.target_id,
        group_name=met.name,
    )
