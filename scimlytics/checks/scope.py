"""Whom does the scope exclude? One finding per clause of a scoping filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.checks.rows import decided_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence


def scope(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per clause that excludes people who are assigned, with their count.

    The clause is named as the provider's own evaluation names it: the filter's title, a dot, and
    the clause.
    """
    import ibis

    del context
    excluded = _people(people)
    users = evidence.table("ledger_users")
    named = users.filter(users.source_id.notnull()).mutate(
        by_log=ibis.ifelse(users.excluded, users.last_excluded_scope_failed, None)
    )
    named = named.mutate(clauses=named.by_log.coalesce(named.kept_out_by))
    flagged = named.filter(named.clauses.notnull()).select(
        "source_id",
        "last_excluded_at",
        last_excluded=ibis.ifelse(named.by_log.notnull(), named.last_excluded, None),
        clause=named.clauses.unnest(),
    )
    rows = evidence.engine.fetch(flagged.order_by("clause", "source_id")).to_pylist()
    found: dict[str, list[dict[str, object]]] = {}
    for row in rows:
        if row["source_id"] in excluded:
            found.setdefault(row["clause"], []).append(row)
    return decided_rows(
        [
            {
                "object_type": "scope",
                "cause": "out_of_scope",
                "certainty": "confirmed" if any(one["last_excluded"] for one in hit) else "likely",
                "subject": clause,
                "detail": f'The clause "{clause}" excludes {len(hit)} of the people who are'
                " assigned.",
                "cited": [
                    {
                        "kind": "event",
                        "id": one["last_excluded"],
                        "at": one["last_excluded_at"],
                        "says": "skipped by this clause",
                    }
                    for one in hit
                    if one["last_excluded"]
                ][:5],
            }
            for clause, hit in found.items()
        ]
    )


def _people(people: pa.Table) -> set[str]:
    """Source ids of people whose finding is that they are out of scope."""
    rows = people.select(["object_type", "cause", "source_id"]).to_pylist()
    return {
        row["source_id"]
        for row in rows
        if row["object_type"] == "user" and row["cause"] == "out_of_scope"
    }
