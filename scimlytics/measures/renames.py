"""Renames, measured: how long a change of the directory took to arrive, and what is still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.measures.figures import Figures
from scimlytics.measures.findings import open_ones

if TYPE_CHECKING:
    import ibis.expr.types as ir

KEYS = ("userprincipalname", "mail", "login", "email", "username", "displayname", "mailnickname")
"""Attributes of the source, folded, whose change is a rename."""
EDGES = (15, 40, 80, 240, 1440, 10080)
"""Ends of the bars of the distribution, in minutes."""
NAMES = (
    "to 15 min",
    "to 40 min",
    "to 80 min",
    "to 4 h",
    "to 1 day",
    "to 7 days",
    "longer",
    "never",
)


def figures(
    findings: ir.Table, source_audit: ir.Table, claims: ir.Table, completeness: ir.Table
) -> ir.Table:
    """Key figures on renames; columns as of ``Figures.table``."""
    found = open_ones(findings).filter(lambda t: t.check == "rename_lag")
    keys = found.filter(found.attribute.fill_null("").lower().isin(["username", "user_name"]))
    every = arrivals(source_audit, claims)
    made = Figures(completeness)
    made.findings(
        "Names and addresses that differ", found, rests_on=("source_users", "target_users")
    )
    made.findings("Sign-in may fail", keys, found.count(), "of them")
    made.count("Renames in the directory's audit", every.count())
    made.count("Not sent since", every.sent_at.isnull().sum(), every.count(), "renames", "medium")
    return made.table()


def arrivals(source_audit: ir.Table, claims: ir.Table) -> ir.Table:
    """Each rename at the source, and the first accepted claim on that object after it.

    Returns
    -------
    ir.Table
        ``changed_at``, ``object_type``, ``subject``, ``attribute``, ``old``, ``new``, ``sent_at``
        (null: never), ``lag_minutes``, ``claim`` (the event), ``source_id``.
    """
    renamed = source_audit.filter(
        source_audit.action.isin(["rename", "update"]),
        source_audit.attribute_key.isin(KEYS),
        source_audit.source_id.notnull(),
        ~source_audit.failed.fill_null(False),
    ).select(
        "audit_id",
        "object_type",
        "subject",
        "attribute",
        "old",
        "new",
        "source_id",
        changed_at="at",
    )
    good = claims.filter(claims.kind == "positive", claims.object_id.notnull()).select(
        "object_id", "event_id", sent_at="at"
    )
    after = renamed.join(good, renamed.source_id == good.object_id).filter(
        lambda t: t.sent_at >= t.changed_at
    )
    first = after.group_by("audit_id", "attribute").agg(
        sent_at=after.sent_at.min(), claim=after.event_id.argmin(after.sent_at)
    )
    joined = renamed.left_join(first, ["audit_id", "attribute"])
    lag = (joined.sent_at.epoch_seconds() - joined.changed_at.epoch_seconds()) / 60
    return joined.select(
        "changed_at",
        "object_type",
        "subject",
        "attribute",
        "old",
        "new",
        "sent_at",
        "claim",
        "source_id",
        lag_minutes=lag,
    ).order_by("changed_at", "subject", "attribute")


def distribution(source_audit: ir.Table, claims: ir.Table) -> ir.Table:
    """How long renames took, in bars: ``place``, ``lag``, ``renames``."""
    import ibis

    every = arrivals(source_audit, claims)
    place = ibis.cases(
        (every.lag_minutes.isnull(), len(EDGES) + 1),
        *((every.lag_minutes <= edge, at) for at, edge in enumerate(EDGES)),
        else_=len(EDGES),
    )
    counted = every.group_by(place=place).agg(renames=lambda t: t.count())
    name = ibis.cases(*((counted.place == at, text) for at, text in enumerate(NAMES)), else_="")
    return counted.select("place", "renames", lag=name).order_by("place")


def latency(source_audit: ir.Table, claims: ir.Table) -> ir.Table:
    """How long changes take to be sent, per attribute: user name and mail stand apart.

    Returns
    -------
    ir.Table
        ``attribute``, ``changes``, ``never_sent``, ``median_minutes``, ``p90_minutes``,
        ``longest_minutes``.
    """
    every = arrivals(source_audit, claims)
    return (
        every.group_by(every.attribute)
        .agg(
            changes=every.count(),
            never_sent=every.sent_at.isnull().sum().cast("int64"),
            median_minutes=every.lag_minutes.quantile(0.5),
            p90_minutes=every.lag_minutes.quantile(0.9),
            longest_minutes=every.lag_minutes.max(),
        )
        .order_by("attribute")
    )


def open_differences(findings: ir.Table, differences: ir.Table) -> ir.Table:
    """Names and addresses that still differ, with both values.

    Returns
    -------
    ir.Table
        ``severity``, ``subject``, ``attribute``, ``wants`` (the directory), ``holds`` (the target),
        ``cause``, ``since``, ``heals``, ``signs_in_by_it``, ``remedy``, ``target_id``.
    """
    rows = open_ones(findings).filter(
        lambda t: (t.object_type == "user") & t.check.isin(["rename_lag", "attribute_drift"])
    )
    sides = differences.select("person_id", "attribute", "column", "wants", "holds")
    joined = rows.left_join(
        sides, [rows.source_id == sides.person_id, rows.attribute == sides.attribute]
    )
    ordered = joined.order_by(joined.column != "user_name", joined.since, joined.subject)
    return ordered.select(
        "severity",
        "subject",
        "attribute",
        "wants",
        "holds",
        "cause",
        "since",
        "heals",
        signs_in_by_it=ordered.column == "user_name",
        remedy=ordered.remedy,
        target_id=ordered.target_id,
    )
