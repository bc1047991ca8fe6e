"""Two evidences of one tenant: whether a fix worked, and what else became of the findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scimlytics.history.outcome import held_against, paired
from scimlytics.history.settings import changes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from scimlytics.evidence import Evidence


@dataclass(frozen=True)
class Comparison:
    """What became of the findings of one evidence in a later one.

    Every finding of the earlier evidence is in ``fixed``, ``unknown`` or, as what it is now, in
    ``changed`` or ``persisting``.
    """

    fixed: pd.DataFrame
    """FINDINGS of before that the later evidence shows to be no more."""
    new: pd.DataFrame
    """FINDINGS of after that were not there."""
    changed: pd.DataFrame
    """FINDINGS of after with another cause than before (``former_cause``)."""
    persisting: pd.DataFrame
    """FINDINGS of after that are as they were."""
    unknown: pd.DataFrame
    """FINDINGS of before that are not found any more, though nothing shows that they ended."""
    settings: pd.DataFrame
    """What changed in mappings, scoping filters and jobs: ``what``, ``object_type``, ``subject``,
    ``attribute``, ``before``, ``after``."""
    remedies: pd.DataFrame
    """Did it work? Per ``remedy`` that came first before: ``findings``, ``fixed``, ``changed``,
    ``persisting``, ``unknown``. Findings at info are left out: nobody acts on them."""


def compare(before: Evidence, after: Evidence) -> Comparison:
    """Compare the findings of two evidences of the same tenant.

    Parameters
    ----------
    before, after
        The evidences, in the order of time. They stay as they are.

    Returns
    -------
    Comparison
    """
    from scimlytics import checks
    from scimlytics.evidence import to_frame

    former, now = checks.run(before), checks.run(after)
    asked = [name for name in checks.CHECKS if name not in now.skipped]
    outcome = held_against(former.findings, now.findings, after, asked, before.as_of)
    found = to_frame(outcome.findings)
    changed = found["former_cause"].notna()
    persisting = (found["status"] == "persisting") & ~changed
    return Comparison(
        fixed=to_frame(outcome.resolved),
        new=found[found["status"] == "new"].reset_index(drop=True),
        changed=found[changed].reset_index(drop=True),
        persisting=found[persisting].reset_index(drop=True),
        unknown=to_frame(outcome.unknown),
        settings=changes(before, after),
        remedies=_remedies(former.findings, outcome.findings, outcome.resolved),
    )


def _remedies(before: pa.Table, after: pa.Table, fixed: pa.Table) -> pd.DataFrame:
    """How often each first act of before was followed by what."""
    import pandas as pd

    columns = ["finding_id", "remedy", "severity", "object_type", "situation", "attribute"]
    ids = ["source_id", "target_id", "group_source_id", "group_target_id", "former_cause"]
    earlier = before.select([*columns, *ids]).to_pylist()
    later = after.select([*columns, *ids]).to_pylist()
    gone = set(fixed.column("finding_id").to_pylist())
    now = {former: place for place, former in paired(earlier, later).items()}
    counts: dict[str, dict[str, int]] = {}
    for place, row in enumerate(earlier):
        if row["severity"] == "info":
            continue
        if place in now:
            word = "changed" if later[now[place]]["former_cause"] else "persisting"
        else:
            word = "fixed" if row["finding_id"] in gone else "unknown"
        empty = dict.fromkeys(("findings", "fixed", "changed", "persisting", "unknown"), 0)
        count = counts.setdefault(row["remedy"], empty)
        count["findings"] += 1
        count[word] += 1
    made = pd.DataFrame.from_dict(counts, orient="index").rename_axis("remedy").reset_index()
    wanted = ["remedy", "findings", "fixed", "changed", "persisting", "unknown"]
    made = made.reindex(columns=wanted).sort_values("remedy", ignore_index=True)
    return made.astype({"remedy": "str", **dict.fromkeys(wanted[1:], "int64")})
