"""What was found, counted: by cause, by check, over time, as incidents, by what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.vocabulary import REMEDIES, SEVERITIES

if TYPE_CHECKING:
    import ibis.expr.types as ir

RANKS = {word: rank for rank, word in enumerate(SEVERITIES)}


def rank(severity: ir.StringColumn) -> ir.IntegerColumn:
    """0 for critical, and so on; sorts by severity."""
    import ibis

    return ibis.cases(
        *((severity == word, place) for word, place in RANKS.items()), else_=len(RANKS)
    )


def word(place: ir.IntegerColumn) -> ir.StringColumn:
    """The severity of a rank."""
    import ibis

    return ibis.cases(*((place == at, one) for one, at in RANKS.items()), else_="info")


def open_ones(findings: ir.Table) -> ir.Table:
    """Findings somebody should look at: above info, and not accepted by a mark."""
    return findings.filter(
        findings.severity != "info", findings.status.fill_null("new") != "suppressed"
    )


def by_cause(findings: ir.Table) -> ir.Table:
    """How many findings each cause has, by severity.

    Returns
    -------
    ir.Table
        ``cause``, ``severity``, ``findings``, ``of_cause`` (all of that cause), most first.
    """
    import ibis

    counted = open_ones(findings).group_by("cause", "severity").agg(findings=lambda t: t.count())
    total = counted.mutate(of_cause=counted.findings.sum().over(group_by=counted.cause))
    return total.order_by(ibis.desc("of_cause"), "cause", rank(total.severity))


def check_by_cause(findings: ir.Table) -> ir.Table:
    """Which check speaks of which cause, and how often: ``check``, ``cause``, ``findings``."""
    counted = open_ones(findings).group_by("check", "cause").agg(findings=lambda t: t.count())
    return counted.order_by("check", "cause")


def over_time(findings: ir.Table) -> ir.Table:
    """Findings by the day they can have begun at the earliest, and cause.

    Returns
    -------
    ir.Table
        ``day``, ``cause``, ``findings``. Findings of unknown time are not in it.
    """
    dated = open_ones(findings).mutate(at=lambda t: t.since.coalesce(t.until))
    dated = dated.filter(dated["at"].notnull())
    days = dated.mutate(day=dated["at"].truncate("D"))
    return days.group_by("day", "cause").agg(findings=lambda t: t.count()).order_by("day", "cause")


def incidents(findings: ir.Table, *, least: int = 2) -> ir.Table:
    """Findings of one cause that can have one origin: incidents, not rows.

    Findings whose windows (not before, not after) overlap form a cluster. Where all of them share
    a moment, one event can explain them all: it lies between ``fits_from`` and ``fits_to``.

    Parameters
    ----------
    findings
        FINDINGS.
    least
        Clusters of fewer are left out.

    Returns
    -------
    ir.Table
        ``severity``, ``findings``, ``cause``, ``object_type``, ``fits`` (one moment fits all),
        ``fits_from``, ``fits_to``, ``first``, ``last``, ``subjects`` (three of them).
    """
    import ibis

    dated = open_ones(findings).filter(lambda t: t.since.notnull() & t.until.notnull())
    keys = [dated.cause, dated.object_type]
    earlier = ibis.window(group_by=keys, order_by=[dated.since, dated.finding_id], rows=(None, -1))
    marked = dated.mutate(reach=dated.until.max().over(earlier), rank=rank(dated.severity))
    begun = marked.mutate(
        begins=(marked.reach.isnull() | (marked.since > marked.reach)).cast("int64")
    )
    running = ibis.window(
        group_by=[begun.cause, begun.object_type],
        order_by=[begun.since, begun.finding_id],
        rows=(None, 0),
    )
    islands = begun.mutate(island=begun.begins.sum().over(running))
    met = islands.group_by("cause", "object_type", "island").agg(
        rank=islands["rank"].min(),
        findings=islands.count(),
        fits_from=islands.since.max(),
        fits_to=islands.until.min(),
        first=islands.since.min(),
        last=islands.until.max(),
        examples=islands.subject.min(),
        other=islands.subject.max(),
    )
    met = met.filter(met.findings >= least)
    fits = met.fits_from <= met.fits_to
    return met.select(
        severity=word(met["rank"]),
        findings=met.findings,
        cause=met.cause,
        object_type=met.object_type,
        fits=fits,
        fits_from=ibis.ifelse(fits, met.fits_from, None),
        fits_to=ibis.ifelse(fits, met.fits_to, None),
        first=met["first"],
        last=met["last"],
        subjects=met.examples + " … " + met.other,
    ).order_by(ibis.desc("findings"), "cause", "first")


def next_acts(findings: ir.Table) -> ir.Table:
    """What to do first, and for how many: a row per remedy, the most severe first.

    Returns
    -------
    ir.Table
        ``severity``, ``remedy``, ``says``, ``findings``, ``never_heal`` (of these, how many nothing
        but this act repairs), ``causes`` (how many), ``look_again`` (latest time of self-healing).
    """
    import ibis

    rows = open_ones(findings).filter(lambda t: t.certainty.isin(["confirmed", "likely"]))
    says = ibis.cases(
        *((rows.remedy == name, text) for name, (_, text) in REMEDIES.items()), else_=""
    )
    grouped = (
        rows.mutate(says=says, rank=rank(rows.severity))
        .group_by("remedy", "says")
        .agg(
            rank=lambda t: t["rank"].min(),
            findings=lambda t: t.count(),
            never_heal=lambda t: (t.heals == "no").sum(),
            causes=lambda t: t.cause.nunique(),
            look_again=lambda t: t.heals_by.max(),
        )
    )
    return grouped.order_by("rank", ibis.desc("findings"), "remedy").select(
        word(grouped["rank"]).name("severity"),
        "says",
        "findings",
        "never_heal",
        "causes",
        "look_again",
        "remedy",
    )


def undecided(findings: ir.Table) -> ir.Table:
    """Findings that the evidence leaves open, by check: ``check``, ``certainty``, ``findings``."""
    rows = open_ones(findings).filter(lambda t: t.certainty.isin(["suspected", "undecidable"]))
    return (
        rows.group_by("check", "certainty")
        .agg(findings=lambda t: t.count())
        .order_by("check", "certainty")
    )
