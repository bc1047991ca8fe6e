"""Big tenants: millions of rows in the canonical tables, as parquet, without a loop over rows.

They are for measuring. What goes wrong in them is what can be planted by columns: accounts deleted,
disabled or never made, names and memberships that were never sent, leavers who were not disabled.
Memberships and events are written batch by batch, so that memory stays flat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scimlytics.errors import InputError
from scimlytics.lab.world import AS_OF, stamp

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    Numbers = npt.NDArray[np.int64]

BATCH = 1_000_000
DAYS = 30
FRESH = 0.1
"""So many people came within the log; nobody else has an event."""
FAULTS = (
    "target_deleted",
    "target_disabled",
    "incremental_blind_spot",
    "rename_lag",
    "orphaned_leaver",
)
PER_FAULT = 0.001
"""The part of people who meet with each."""
LOST_EDGES = 0.0005
DAY, HOUR = 86_400, 3600


@dataclass(frozen=True)
class Size:
    """How many of each."""

    users: int
    memberships: int
    events: int

    @property
    def groups(self) -> int:
        """A group has about five hundred members."""
        return max(4, self.memberships // 500)


def big(out: Path, size: Size, seed: int = 1) -> int:
    """Write a big tenant of Entra and a SCIM target.

    Parameters
    ----------
    out
        Gets a parquet file per canonical table, named after it, and ``truth.json``.
    size
        How many people, memberships and events; at least a thousand people.
    seed
        The same seed, the same tenant.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    InputError
        The folder holds something already, or there are too few people.
    """
    import numpy as np

    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty; give a new folder.")
    if size.users < 1000 or size.events < 1000:
        raise InputError("users and events: give at least 1,000 of each.")
    out.mkdir(parents=True, exist_ok=True)
    made = _Made(out, size, np.random.default_rng(seed))
    made.people()
    made.memberships()
    made.events()
    made.rest()
    (out / "truth.json").write_text(json.dumps(made.truth()), encoding="utf-8")
    return made.rows


class _Made:
    """One tenant on its way to the disk."""

    def __init__(self, out: Path, size: Size, draw: np.random.Generator) -> None:
        import numpy as np

        self.out, self.size, self.draw, self.rows = out, size, draw, 0
        self.who = np.arange(size.users)
        self.assigned = draw.integers((DAYS + 1) * DAY, 900 * DAY, size.users)
        order = draw.permutation(size.users)
        self.fresh = order[: int(size.users * FRESH)]
        self.assigned[self.fresh] = draw.integers(6 * HOUR, (DAYS - 1) * DAY, len(self.fresh))
        count = max(2, int(size.users * PER_FAULT))
        old = order[len(self.fresh) :]
        self.meets: dict[str, Numbers] = {}
        for place, cause in enumerate(FAULTS):
            whose = self.fresh if place < 3 else old
            self.meets[cause] = np.sort(whose[place * count : (place + 1) * count])
        self.there = np.ones(size.users, dtype=bool)
        self.there[self.meets["target_deleted"]] = False
        self.there[self.meets["incremental_blind_spot"]] = False
        self.lost: list[tuple[int, int]] = []

    def people(self) -> None:
        import numpy as np
        import pyarrow as pa

        names = _named("person", self.who)
        renamed = self.meets["rename_lag"]
        shown = names.copy()
        shown[renamed] = _named("new", renamed)
        active = np.ones(self.size.users, dtype=bool)
        active[self.meets["orphaned_leaver"]] = False
        ids = _ids("p", self.who)
        self._write(
            "source_users",
            id=ids,
            user_name=pa.array(shown),
            email=pa.array(shown),
            display_name=pa.array(names),
            active=pa.array(active),
            created=_before(self.assigned + HOUR),
        )
        still = self.there
        on = np.ones(self.size.users, dtype=bool)
        on[self.meets["target_disabled"]] = False
        self._write(
            "target_users",
            id=_ids("a", self.who[still]),
            external_id=_ids("p", self.who[still]),
            user_name=pa.array(names[still]),
            email=pa.array(names[still]),
            display_name=pa.array(names[still]),
            active=pa.array(on[still]),
            created=_before(self.assigned[still] - HOUR // 2),
        )
        group = np.arange(self.size.groups)
        titles = pa.array(np.char.add("Group ", group.astype("U")))
        self._write(
            "source_groups",
            id=_ids("g", group),
            display_name=titles,
            security_enabled=pa.array([True] * len(group)),
        )
        self._write(
            "target_groups",
            id=_ids("t", group),
            external_id=_ids("g", group),
            display_name=titles,
        )
        since = np.concatenate([self.assigned, np.full(len(group), (DAYS + 2) * DAY)])
        self._write(
            "assignments",
            principal_id=pa.concat_arrays([ids, _ids("g", group)]),
            principal_type=pa.array(["user"] * self.size.users + ["group"] * len(group)),
            created=_before(since),
        )

    def memberships(self) -> None:
        """Member after member of each group; some of them never reached the target."""
        import numpy as np
        import pyarrow as pa

        def batches() -> Iterator[tuple[Numbers, Numbers]]:
            step = max(1, BATCH * self.size.groups // max(1, self.size.memberships))
            each = self.size.memberships // self.size.groups
            for first in range(0, self.size.groups, step):
                groups = np.arange(first, min(first + step, self.size.groups))
                begin = self.draw.integers(0, self.size.users, len(groups))
                member = (begin[:, None] + np.arange(each)[None, :] * 7) % self.size.users
                pairs = np.unique(np.repeat(groups, each) * self.size.users + member.ravel())
                yield pairs // self.size.users, pairs % self.size.users

        unhurt = self.there.copy()
        for people in self.meets.values():
            unhurt[people] = False
        with (
            _Sheet(self, "source_memberships") as source,
            _Sheet(self, "target_memberships") as target,
        ):
            for group, member in batches():
                source.add(
                    group_id=_ids("g", group),
                    member_id=_ids("p", member),
                    member_type=pa.array(["user"] * len(group)),
                )
                lost = (self.draw.random(len(group)) < LOST_EDGES) & unhurt[member]
                self.lost += list(zip(group[lost].tolist(), member[lost].tolist(), strict=True))
                kept = self.there[member] & ~lost
                target.add(group_id=_ids("t", group[kept]), member_id=_ids("a", member[kept]))

    def events(self) -> None:
        """The creation of whoever came within the log, then updates of the same people."""
        import numpy as np

        known = np.setdiff1d(self.fresh, self.meets["incremental_blind_spot"])
        created = self.assigned[known] - HOUR // 2
        with _Sheet(self, "events") as sheet:
            number = 0
            for first in range(0, len(known), BATCH):
                part = slice(first, first + BATCH)
                sheet.add(**_claims(number, known[part], created[part], "create"))
                number += len(known[part])
            while number < self.size.events:
                count = min(BATCH, self.size.events - number)
                place = self.draw.integers(0, len(known), count)
                at = (created[place] * self.draw.random(count)).astype("int64") + HOUR
                at = np.minimum(at, created[place])
                sheet.add(**_claims(number, known[place], at, "update"))
                number += count

    def rest(self) -> None:
        """The directory's audit of what was never sent, and what the log covers."""
        import numpy as np
        import pyarrow as pa

        renamed, left = self.meets["rename_lag"], self.meets["orphaned_leaver"]
        lost = np.array(self.lost, dtype="int64").reshape(-1, 2)
        changed = {
            name: self.draw.integers(10 * HOUR, (DAYS - 5) * DAY, count)
            for name, count in (("renamed", len(renamed)), ("left", len(left)), ("lost", len(lost)))
        }
        count = len(renamed) + len(left) + len(lost)
        parts: dict[str, list[str | None]] = {
            name: [None] * count
            for name in ("attribute", "attribute_key", "old", "new", "group_id")
        }
        parts["attribute"][: len(renamed)] = ["UserPrincipalName"] * len(renamed)
        parts["attribute_key"][: len(renamed)] = ["userprincipalname"] * len(renamed)
        parts["old"][: len(renamed)] = _named("person", renamed).tolist()
        parts["new"][: len(renamed)] = _named("new", renamed).tolist()
        begin = len(renamed) + len(left)
        parts["group_id"][begin:] = _ids("g", lost[:, 0]).to_pylist()
        at = np.concatenate([changed[name] for name in ("renamed", "left", "lost")])
        actions = ["rename"] * len(renamed) + ["disable"] * len(left) + ["add_member"] * len(lost)
        self._write(
            "source_audit",
            audit_id=_ids("u", np.arange(count)),
            at=_before(at),
            action=pa.array(actions),
            object_type=pa.array(["user"] * begin + ["group"] * len(lost)),
            source_id=pa.concat_arrays(
                [_ids("p", renamed), _ids("p", left), _ids("p", lost[:, 1])]
            ),
            **{key: pa.array(value, pa.string()) for key, value in parts.items()},
        )
        self._write(
            "coverage",
            **{
                "product": pa.array(["entra"]),
                "job_id": pa.array(["job"]),
                "from": _before(np.array([DAYS * DAY])),
                "to": _before(np.array([0])),
                "events": pa.array([self.size.events]),
                "declared": pa.array([True]),
            },
        )

    def truth(self) -> dict[str, Any]:
        """What was planted, in the form in which all answer sheets are (DESIGN, 5.5)."""
        faults = [
            self._fault(cause, number)
            for cause, people in self.meets.items()
            for number in people.tolist()
        ]
        faults += [
            {
                **self._fault("incremental_blind_spot", member, "membership"),
                "group_source_id": f"g{group:08d}",
                "group_target_id": f"t{group:08d}",
            }
            for group, member in self.lost
        ]
        return {"faults": faults, "near_misses": [], "clean": {}, "not_planted": {}}

    def _fault(self, cause: str, number: int, kind: str = "user") -> dict[str, Any]:
        account = f"a{number:08d}" if self.there[number] else None
        return {
            "cause": cause,
            "object_type": kind,
            "subject": f"person{number}@example.com",
            "source_id": f"p{number:08d}",
            "target_id": account,
            "group_source_id": None,
            "group_target_id": None,
            "other_ids": [],
            "at": stamp(AS_OF, 6),
            "until": None,
            "note": "",
        }

    def _write(self, name: str, **columns: pa.Array) -> None:
        with _Sheet(self, name) as sheet:
            sheet.add(**columns)


class _Sheet:
    """One parquet file, written batch by batch."""

    def __init__(self, made: _Made, name: str) -> None:
        self._made, self._path = made, made.out / f"{name}.parquet"
        self._writer: Any = None

    def __enter__(self) -> _Sheet:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writer is not None:
            self._writer.close()

    def add(self, **columns: pa.Array) -> None:
        """Append rows."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        rows = pa.table(columns)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, rows.schema)
        self._writer.write_table(rows)
        self._made.rows += rows.num_rows


def _claims(number: int, who: Any, at: Any, action: str) -> dict[str, pa.Array]:
    import numpy as np
    import pyarrow as pa

    count = len(who)

    def same(word: object) -> pa.Array:
        return pa.repeat(pa.scalar(word), count)

    return {
        "event_id": _ids("e", np.arange(number, number + count)),
        "at": _before(at),
        "product": same("entra"),
        "job_id": same("job"),
        "cycle_id": _ids("c", at // (40 * 60)),
        "action": same(action),
        "object_type": same("user"),
        "source_id": _ids("p", who),
        "source_name": pa.array(_named("person", who)),
        "target_id": _ids("a", who),
        "status": same("success"),
        "written": same(True),
    }


def _ids(letter: str, numbers: Any) -> pa.Array:
    """Ids such as ``p00000017``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_lpad(pa.array(numbers).cast(pa.string()), 8, "0")
    return pc.binary_join_element_wise(letter, digits, "")


def _named(word: str, numbers: Any) -> Any:
    """User names such as ``person17@example.com``."""
    import numpy as np

    return np.char.add(np.char.add(word, numbers.astype("U")), "@example.com")


def _before(seconds: Any) -> pa.Array:
    """Times so many seconds before the export."""
    import pyarrow as pa

    base = int(AS_OF.timestamp()) * 1_000_000
    return pa.array(base - seconds.astype("int64") * 1_000_000, pa.timestamp("us", tz="UTC"))
