"""Mappings: which attribute mappings are wrong for nearly everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.checks.rows import decided_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.diagnose import Context
    from scimlytics.evidence import Evidence


def mappings(evidence: Evidence, context: Context, people: pa.Table) -> pa.Table:
    """One finding per mapping that disagrees for most people, or names what the target lacks.

    The people behind it are counted, not listed one by one. A group mapping that is switched off is
    one finding too.
    """
    rows = []
    off = sum(
        1
        for kind, cause in zip(
            people.column("object_type").to_pylist(),
            people.column("cause").to_pylist(),
            strict=True,
        )
        if kind == "group" and cause == "group_mapping_off"
    )
    if context.group_mapping_off and off:
        rows.append(
            {
                "object_type": "mapping",
                "cause": "group_mapping_off",
                "certainty": "confirmed",
                "subject": "Group",
                "detail": f"The mapping of groups is switched off; {off} wanted groups are not sent.",
            }
        )
    wrong = evidence.table("agreement").filter(lambda a: a.wrong).order_by("attribute")
    for row in evidence.engine.fetch(wrong).to_pylist():
        rows.append(
            {
                "object_type": "mapping",
                "cause": "mapping_misconfigured",
                "certainty": "confirmed",
                "subject": row["attribute"],
                "detail": f"{row['attribute']} differs for {row['people'] - row['equal']} of"
                f" {row['people']} linked people in the same way.",
            }
        )
    lacking = [
        row
        for row in evidence.rows("mappings").to_pylist()
        if row["target_exists"] is False and row["enabled"] is not False
    ]
    rows += [
        {
            "object_type": "mapping",
            "cause": "mapping_misconfigured",
            "certainty": "confirmed",
            "subject": row["target_attribute"],
            "detail": f"The mapping names {row['target_attribute']}, which the target does not have.",
        }
        for row in lacking
    ]
    return decided_rows(rows)
