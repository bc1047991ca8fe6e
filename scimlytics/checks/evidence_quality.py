"""Evidence quality: what can and cannot be concluded from this evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scimlytics.checks.rows import decided_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence

LONGEST_LIST = 20


def quality(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per collection that is not proven complete, and per limit of the log.

    Whatever rests on the absence of something in such a collection is at most suspected.
    """
    rows: list[dict[str, Any]] = [
        {
            "object_type": "evidence",
            "cause": one.cause,
            "certainty": "confirmed",
            "subject": f"{one.side}.{one.collection}",
            "detail": f"{one.side}.{one.collection}: {one.why}.",
            "listed_ids": list(one.ids[:LONGEST_LIST]),
        }
        for one in evidence.grades.values()
        if one.cause is not None
    ]
    if not context.assigned and evidence.profile.scope != "all":
        rows.append(
            {
                "object_type": "evidence",
                "cause": "unproven_snapshot",
                "certainty": "confirmed",
                "subject": "source.assignments",
                "detail": "No assignments were exported; everybody active is presumed wanted.",
            }
        )
    undecided = [
        row["subject"]
        for row in people.select(["subject", "certainty", "cause"]).to_pylist()
        if row["cause"] == "unknown" and row["certainty"] == "undecidable"
    ]
    if undecided and context.by_scim:
        begins = context.moment.covered_from
        if begins is None:
            detail = f"There is no log; for {len(undecided)} objects the cause cannot be told."
        else:
            detail = (
                f"The log begins at {begins:%Y-%m-%d %H:%M} UTC; for {len(undecided)} objects what"
                " matters happened before."
            )
        rows.append(
            {
                "object_type": "evidence",
                "cause": "log_gap" if begins is None else "log_retention_edge",
                "certainty": "confirmed",
                "subject": "log",
                "since": begins,
                "detail": detail,
            }
        )
    return decided_rows(rows)
