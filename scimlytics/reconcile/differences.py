"""Differences: attributes in which a person and the linked account disagree.

Values are compared as the mapping sends them and as SCIM compares them: user names and mail
addresses without case. Without a mapping only the login keys are compared by their usual meaning;
another attribute counts once nearly all linked people agree in it, which shows that it is mapped.
Absent is not null: a column that an export never asked for is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.reconcile.mapping.values import Mapped
from scimlytics.reconcile.people import SOURCE_COLUMNS

if TYPE_CHECKING:
    import ibis.expr.types as ir

TARGET_COLUMNS = {
    "username": "user_name",
    'emails[type eq "work"].value': "email",
    "emails.value": "email",
    "email": "email",
    "displayname": "display_name",
    "name": "display_name",
    "name.givenname": "given_name",
    "name.familyname": "family_name",
    "title": "title",
    "usertype": "user_type",
    "externalid": "external_id",
    "company": "company",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:department": "department",
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:employeenumber": "employee_number",
}
"""Target attributes (folded) and the column of USERS that holds them."""
LOGIN_KEYS = ("user_name", "email")
LEARNT = ("display_name", "given_name", "family_name", "department", "title", "employee_number")
ENOUGH_AGREE, ENOUGH_PEOPLE = 0.9, 10
"""An attribute that no mapping names counts when so many agree in it."""
WRONG_BELOW, WRONG_FROM = 0.5, 5
"""A mapping that fewer agree with, among at least so many, is wrong itself."""
NAME_SOURCES = ("user_name", "email", "mail_nickname", "employee_number")
"""What a user name may come from where no mapping says so."""
EVALUATED = "expression"
"""Stands for the source column of a mapping whose expression was evaluated."""
FOLDED = {"user_name": "user_name_key", "email": "email_key"}


@dataclass(frozen=True)
class Pairing:
    """A target column, the source column it is compared with, and how the mapping applies."""

    target: str
    source: str
    attribute: str
    """The target attribute as in its schema."""
    mapped: bool
    flow_type: str | None = None
    evaluated: bool = False
    """What the mapping makes of the source is in ``mapped_values``."""


def expressions(mappings: Sequence[Mapping[str, object]]) -> list[Mapped]:
    """The mappings of people that are more than a copy of a column, for the columns compared."""
    found = {}
    for row in mappings:
        column = TARGET_COLUMNS.get(str(row["target_attribute_key"]))
        if row["object_type"] != "user" or column in (None, "external_id"):
            continue
        name, default = row["source_attribute"], row["default_value"]
        copied = row["source_type"] == "attribute" and SOURCE_COLUMNS.get(str(name).casefold())
        if (copied and not default) or row["source_type"] == "constant":
            continue
        written = row["expression"] or (f"[{name}]" if name else "")
        found[str(column)] = Mapped(
            str(column), str(row["target_attribute"]), str(written), bool(default)
        )
    return list(found.values())


def pairings(
    mappings: Sequence[Mapping[str, object]],
    source: frozenset[str],
    target: frozenset[str],
    evaluated: frozenset[str] = frozenset(),
) -> list[Pairing]:
    """Which columns are compared.

    Parameters
    ----------
    mappings
        Rows of MAPPINGS.
    source, target
        The columns that the exports of users collected.
    evaluated
        The target columns whose expression was evaluated.
    """
    found: dict[str, Pairing] = {}
    learnt: list[Pairing] = []
    for row in mappings:
        column = TARGET_COLUMNS.get(str(row["target_attribute_key"]))
        origin = SOURCE_COLUMNS.get(str(row["source_attribute"] or "").casefold())
        if row["object_type"] != "user" or column is None or column == "external_id":
            continue
        name = str(row["target_attribute"])
        flow = None if row["flow_type"] is None else str(row["flow_type"])
        if column in evaluated:
            found[column] = Pairing(column, EVALUATED, name, True, flow, evaluated=True)
        elif row["source_type"] != "attribute" or origin is None or row["default_value"]:
            found[column] = Pairing(column, "", name, mapped=True)
        else:
            found[column] = Pairing(column, origin, name, True, flow)
    if "user_name" not in found:
        learnt += [Pairing("user_name", one, "user_name", mapped=False) for one in NAME_SOURCES]
    if "email" not in found:
        learnt.append(Pairing("email", "email", "email", mapped=False))
    if not mappings:
        learnt += [Pairing(column, column, column, mapped=False) for column in LEARNT]
    return [
        one
        for one in (*found.values(), *learnt)
        if one.target in target and (one.evaluated or (one.source and one.source in source))
    ]


def name_column(mappings: Sequence[Mapping[str, object]]) -> str:
    """The source column that the mapping makes the user name of."""
    for row in mappings:
        if row["object_type"] == "user" and row["target_attribute_key"] == "username":
            column = SOURCE_COLUMNS.get(str(row["source_attribute"] or "").casefold())
            if row["source_type"] == "attribute" and column is not None:
                return column
    return "user_name"


def compared(
    users: ir.Table,
    accounts: ir.Table,
    links: ir.Table,
    values: ir.Table,
    pairings: list[Pairing],
) -> ir.Table:
    """Every linked person and compared attribute, with both values.

    Parameters
    ----------
    users, accounts
        Users of the source and of the target.
    links
        ``person_id`` and ``account_id`` of each linked pair.
    values
        What expressions make of each person: ``person_id``, ``column``, ``value``, ``value_key``.
        A person whose value cannot be told is not in it, and not compared.
    pairings
        What :func:`pairings` returns; at least one.

    Returns
    -------
    ir.Table
        ``person_id``, ``account_id``, ``column``, ``attribute``, ``source``, ``rank`` (order
        among alternatives), ``flow_type``, ``mapped``, ``wants``, ``wants_key`` (folded, where
        capitals do not matter), ``holds``, ``equal``.
    """
    import ibis

    left = users.rename({f"s_{name}": name for name in users.columns})
    right = accounts.rename({f"t_{name}": name for name in accounts.columns})
    both = links.join(left, links.person_id == left.s_id).join(
        right, links.account_id == right.t_id
    )
    parts = []
    for rank, one in enumerate(pairings):
        pairs = both
        if one.evaluated:
            made = values.filter(values["column"] == one.target).select(
                mapped_id="person_id", mapped_value="value", mapped_key="value_key"
            )
            pairs = both.join(made, both.person_id == made.mapped_id)
            wants = pairs.mapped_value
            wants_key = pairs.mapped_key if one.target in LOGIN_KEYS else pairs.mapped_value
        else:
            wants = both[f"s_{one.source}"]
            wants_key = both[f"s_{FOLDED.get(one.source, one.source)}"]
        holds = pairs[f"t_{one.target}"]
        holds_key = pairs[f"t_{FOLDED.get(one.target, one.target)}"]
        if one.target in LOGIN_KEYS:
            wants_key, holds_key = wants_key.lower(), holds_key.lower()
        parts.append(
            pairs.select(
                "person_id",
                "account_id",
                column=ibis.literal(one.target, "string"),
                attribute=ibis.literal(one.attribute, "string"),
                source=ibis.literal(one.source, "string"),
                rank=ibis.literal(rank, "int64"),
                flow_type=ibis.literal(one.flow_type, "string"),
                mapped=ibis.literal(one.mapped),
                wants=wants,
                wants_key=wants_key,
                holds=holds,
                equal=(wants_key.nullif("") == holds_key.nullif("")).fill_null(
                    wants_key.nullif("").isnull() & holds_key.nullif("").isnull()
                ),
            )
        )
    return reduce(lambda one, other: one.union(other), parts)


def agreement(compared: ir.Table) -> ir.Table:
    """How far linked people agree in each attribute.

    Where no mapping says from which source attribute a target attribute comes, the one that agrees
    best is taken for it.

    Returns
    -------
    ir.Table
        ``column``, ``attribute``, ``source``, ``mapped``, ``people``, ``equal``, ``share``,
        ``wrong`` (a mapping that most people disagree with).
    """
    import ibis

    counted = compared.group_by("column", "attribute", "source", "mapped", "rank").agg(
        people=compared.count(), equal=compared["equal"].sum()
    )
    shared = counted.mutate(share=counted["equal"] / counted.people)
    best = shared.mutate(
        place=ibis.row_number().over(
            group_by=shared["column"], order_by=[shared.share.desc(), shared["rank"]]
        )
    ).filter(lambda t: t.place == 0)
    wrong = best.mapped & (best.share < WRONG_BELOW) & (best.people >= WRONG_FROM)
    return best.mutate(wrong=wrong).drop("place", "rank")


def differences(
    compared: ir.Table, agreement: ir.Table, written: ir.Table, audit: ir.Table, previous: ir.Table
) -> ir.Table:
    """The attributes that differ, with what the log and the audit say of each.

    Parameters
    ----------
    compared, agreement
        What the functions of those names return.
    written
        What :func:`last_written` returns.
    audit
        SOURCE_AUDIT; dates the change at the source.
    previous
        Older target snapshots (``previous_target_users``); show a change in the target.

    Returns
    -------
    ir.Table
        A row per person and attribute that differs: the columns of *compared*, ``share``,
        ``written``, ``written_at``, ``written_value`` (the newest claim on the attribute),
        ``changed_at``, ``changed`` (when the source changed, and the entry), ``earlier_holds``
        and ``earlier_holds_key`` (what the newest older snapshot held), ``earlier_at``.
    """
    import ibis

    unequal = compared.filter(~compared["equal"])
    joined = unequal.join(
        agreement.select("column", "source", "share", "people", "wrong"), ["column", "source"]
    )
    few = joined.people < WRONG_FROM
    counts = (
        joined["mapped"]
        | (joined["column"].isin(LOGIN_KEYS) & (few | (joined.share >= WRONG_BELOW)))
        | ((joined.share >= ENOUGH_AGREE) & (joined.people >= ENOUGH_PEOPLE))
    )
    kept = joined.filter(counts, ~joined.wrong).drop("rank")
    names = dict(SOURCE_COLUMNS)
    changed = audit.filter(audit.attribute_key.isin(list(names)), audit.source_id.notnull()).mutate(
        column=ibis.cases(
            *[(audit.attribute_key == key, column) for key, column in names.items()], else_=None
        )
    )
    newest = changed.mutate(
        place=ibis.row_number().over(
            group_by=[changed.source_id, changed["column"]],
            order_by=[changed["at"].desc(), changed.audit_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    dated = newest.select(
        person_id="source_id",
        column="column",
        changed_at="at",
        changed="audit_id",
        changed_from="old",
    )
    older = previous.mutate(
        place=ibis.row_number().over(group_by=previous.id, order_by=[previous.taken_at.desc()])
    ).filter(lambda t: t.place == 0)
    earlier = reduce(
        lambda one, other: one.union(other),
        [
            older.select(
                account_id="id",
                column=ibis.literal(column, "string"),
                earlier_holds=older[column],
                earlier_holds_key=older[FOLDED.get(column, column)],
                earlier_at="taken_at",
            )
            for column in (*LOGIN_KEYS, *LEARNT)
        ],
    )
    return (
        kept.left_join(written, ["person_id", "column"])
        .drop("person_id_right", "column_right")
        .left_join(dated, ["person_id", "column"])
        .drop("person_id_right", "column_right")
        .left_join(earlier, ["account_id", "column"])
        .drop("account_id_right", "column_right")
    )


def last_written(claims: ir.Table, changes: ir.Table) -> ir.Table:
    """The newest successful claim on each attribute of each person.

    Returns
    -------
    ir.Table
        ``person_id``, ``column``, ``written``, ``written_at``, ``written_value``.
    """
    import ibis

    good = claims.filter(
        claims.object_type == "user", claims.kind == "positive", claims.object_id.notnull()
    ).select("event_id", "at", "object_id")
    known = changes.filter(changes.attribute_key.isin(list(TARGET_COLUMNS))).mutate(
        column=ibis.cases(
            *[(changes.attribute_key == key, column) for key, column in TARGET_COLUMNS.items()],
            else_=None,
        )
    )
    joined = good.join(known, "event_id")
    newest = joined.mutate(
        place=ibis.row_number().over(
            group_by=[joined.object_id, joined["column"]],
            order_by=[joined["at"].desc(), joined.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    return newest.select(
        person_id="object_id",
        column="column",
        written="event_id",
        written_at="at",
        written_value="new",
    )
