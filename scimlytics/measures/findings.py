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


def incidents(incidents: ir.Table, *, least: int = 2) -> ir.Table:
    """Findings of one cause that one event can explain: incidents, not rows.

    Parameters
    ----------
    incidents
        What :func:`scimlytics.diagnose.incidents` makes of the findings.
    least
        Events of fewer findings are left out.

    Returns
    -------
    ir.Table
        The columns of INCIDENTS, most findings first.
    """
    import ibis

    met = incidents.filter(incidents.findings >= least)
    return met.order_by(ibis.desc("findings"), "cause", "first", "subjects")


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
