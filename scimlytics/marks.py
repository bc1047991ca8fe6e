"""Accepted exceptions: a finding that somebody answers for, with a reason, until a day.

A mark hides a finding from the exit code and keeps the account out of a plan. It never hides for
ever (it expires), never in silence (what it hides at ``critical`` is named), and never nothing (a
mark that matches nothing is reported: a typing error there leaves something uncovered).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import translate
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from scimlytics.errors import InputError, unknown
from scimlytics.settings import checked, read_toml
from scimlytics.vocabulary import CAUSES, OBJECT_TYPES

if TYPE_CHECKING:
    import pyarrow as pa

SUPPRESSED = "suppressed"
Text = Annotated[str, Field(min_length=1, max_length=500)]
OWN = ("finding_id", "source_id", "target_id")
OF_THE_GROUP = ("group_source_id", "group_target_id")


class Mark(BaseModel):
    """One accepted exception: what it is about, of which kind, who answers for it, until when."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    match: Text | None = None
    """A glob on the subject; capitals do not matter, as they do not in user names."""
    id: Text | None = None
    """An id of the object on either side, or of a finding."""
    object_type: str | None = None
    cause: str | None = None
    kind: Literal[
        "protected", "do_not_touch", "correlate_later", "invalid_data", "service", "shared"
    ]
    owner: Text
    reason: Text
    expires: date | datetime
    """The last day on which it counts, in UTC; or the moment at which it ends."""

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if (self.match is None) == (self.id is None):
            raise ValueError("give match (a pattern for the subject) or id, one of them")
        if self.match is not None and not self.match.strip("*? "):
            raise ValueError("match fits everything; name what is accepted")
        if isinstance(self.expires, datetime) and self.expires.tzinfo is None:
            raise ValueError("expires needs its zone, as in 2027-03-31T00:00:00Z, or only a day")
        return self

    @cached_property
    def ends(self) -> datetime:
        """The first moment at which it does not count any more."""
        if isinstance(self.expires, datetime):
            return self.expires.astimezone(UTC)
        return datetime.combine(self.expires, time(), UTC) + timedelta(days=1)

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(translate((self.match or "").casefold()))

    def fits(self, finding: Mapping[str, Any]) -> bool:
        """Whether a finding is about what it names.

        A mark on an id speaks of a person's edges too. Of the edges of a group it speaks only where
        it says ``object_type = "membership"``: else one mark would hide all its members.
        """
        if self.object_type is not None and finding["object_type"] != self.object_type:
            return False
        if self.cause is not None and finding["cause"] != self.cause:
            return False
        if self.id is None:
            return self._pattern.match((finding["subject"] or "").casefold()) is not None
        ids = [finding[name] for name in OWN] + list(finding["other_ids"] or ())
        if self.object_type == "membership":
            ids += [finding[name] for name in OF_THE_GROUP]
        return self.id in ids


@dataclass(frozen=True)
class Marked:
    """Findings with what is accepted among them."""

    findings: pa.Table
    """FINDINGS, ``status`` ``suppressed`` where a mark holds."""
    says: tuple[str, ...] = ()
    """What whoever reads the findings has to know: marks that ended, fit nothing, or hide much."""
    held: Mapping[str, Mark] = field(default_factory=dict)
    """Finding → the mark that holds it."""


def read_marks(path: Path) -> tuple[Mark, ...]:
    """Read a file of marks.

    Parameters
    ----------
    path
        TOML, a ``[[mark]]`` per exception with ``match`` or ``id``, ``kind``, ``owner``,
        ``reason``, ``expires``, and where wanted ``object_type`` and ``cause``.

    Raises
    ------
    InputError
        Names the mark and the key that lacks or means nothing.
    """
    document = read_toml(path, str(path), missing="a mark is a [[mark]] in a TOML file")
    for key in document:
        if key != "mark":
            raise unknown("key", key, ["mark"], str(path))
    said = document.get("mark", [])
    if not isinstance(said, list):
        raise InputError(f"{path}: mark should be a list of tables; write [[mark]].")
    return tuple(_mark(one, f"{path}: mark {place}") for place, one in enumerate(said, 1))


def apply(
    findings: pa.Table, marks: Sequence[Mark], now: datetime, *, whole: bool = True
) -> Marked:
    """Hold findings against the marks.

    Parameters
    ----------
    findings
        FINDINGS. They stay as they are.
    marks
        The accepted exceptions; of several that fit, the first holds.
    now
        The moment of the evidence; never that of the clock.
    whole
        Whether these are the findings of all checks. Of a part nothing follows about a mark that
        fits none.

    Returns
    -------
    Marked
    """
    import pyarrow as pa

    held: dict[str, Mark] = {}
    fitting: list[list[Mapping[str, Any]]] = [[] for _ in marks]
    statuses: list[str | None] = []
    for row in findings.drop_columns(["evidence"]).to_pylist():
        fits = [place for place, mark in enumerate(marks) if mark.fits(row)]
        for place in fits:
            fitting[place].append(row)
        holding = next((marks[place] for place in fits if marks[place].ends > now), None)
        if holding is not None:
            held[row["finding_id"]] = holding
        statuses.append(row["status"] if holding is None else SUPPRESSED)
    place = findings.schema.get_field_index("status")
    made = findings.set_column(place, findings.schema.field(place), pa.array(statuses, pa.string()))
    return Marked(made, tuple(_said(marks, fitting, held, now, whole=whole)), held)


def _mark(said: Any, where: str) -> Mark:
    if not isinstance(said, dict):
        raise InputError(f"{where}: should be a table of keys; write [[mark]].")
    mark = checked(Mark, said, where)
    if mark.object_type is not None and mark.object_type not in OBJECT_TYPES:
        raise unknown("object type", mark.object_type, list(OBJECT_TYPES), where)
    causes = sorted({cause for _, _, cause in CAUSES})
    if mark.cause is not None and mark.cause not in causes:
        raise unknown("cause", mark.cause, causes, where)
    return mark


def _said(
    marks: Sequence[Mark],
    fitting: Sequence[Sequence[Mapping[str, Any]]],
    held: Mapping[str, Mark],
    now: datetime,
    *,
    whole: bool,
) -> Iterable[str]:
    for number, (mark, rows) in enumerate(zip(marks, fitting, strict=True), 1):
        name = f"Mark {number} ({mark.match or mark.id}, {mark.owner})"
        count = f"{len(rows)} finding{'' if len(rows) == 1 else 's'}"
        if mark.ends <= now:
            back = f"; {count} count{'s' if len(rows) == 1 else ''} again" if rows else ""
            yield f"{name} expired on {mark.expires}{back}: renew or remove it."
        elif not rows and whole:
            yield f"{name} matches nothing: correct or remove it."
        for row in rows:
            if row["severity"] == "critical" and held.get(row["finding_id"]) is mark:
                yield f"{name} hides a critical finding: {row['subject']}, {row['cause']}."
