"""The evidence: the tables a question is asked of, how complete they are, and when they were taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

from scimlytics.errors import InputError, unknown
from scimlytics.evidence.completeness import (
    COLLECTIONS,
    Grade,
    Limits,
    Shown,
    grade,
    source_users_gap,
    target_users_gap,
)
from scimlytics.evidence.engine import Engine, to_frame
from scimlytics.evidence.profile import (
    Assumption,
    Profile,
    capabilities_of,
    cycle_of,
    grace_of,
)
from scimlytics.tables import (
    FINDINGS,
    GROUPS,
    MEMBERSHIPS,
    TABLES,
    TEXT,
    TIME,
    USERS,
    Column,
    Table,
    collected_columns,
)
from scimlytics.vocabulary import RETRIES

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pandas as pd
    import pyarrow as pa

    from scimlytics.evidence.prepared import Prepared
    from scimlytics.settings import Settings

T = TypeVar("T")
SIDED = {"users": USERS, "groups": GROUPS, "memberships": MEMBERSHIPS}
NAMES = {
    **{f"{side}_{name}": table for side in ("source", "target") for name, table in SIDED.items()},
    **{name: table for name, table in TABLES.items() if name not in SIDED},
}
"""Every table of an evidence by the name it is asked for."""
OF_SOURCE = {
    "assignments": "assignments",
    "audit": "source_audit",
    "push_mappings": "push_mappings",
    "connections": "connections",
}
OF_TARGET = {"audit": "target_audit", "strategies": "strategies"}
OF_LOG = {
    name: name
    for name in NAMES
    if name.split("_")[0] not in ("source", "target") and name not in (*OF_SOURCE, "strategies")
}
PREVIOUS = {
    name: Table(
        f"previous_{name}",
        f"Older snapshots of the {name}.",
        {**table.columns, "taken_at": Column(TIME, "When the older snapshot was taken.")},
        keys=table.keys,
    )
    for name, table in SIDED.items()
}
GRADES_TABLE = Table(
    "group_grades",
    "How complete the members of single groups are.",
    {
        "side": Column(TEXT, "source or target."),
        "group_id": Column(TEXT, "The group."),
        "grade": Column(TEXT, "complete, unproven or suspect."),
        "why": Column(TEXT, "Why."),
    },
)


@dataclass(frozen=True)
class Side:
    """One role of the evidence: its system, when it was looked at, and its tables as DataFrames."""

    role: str
    system: str | None
    taken_at: datetime | None
    _evidence: Evidence

    def __getattr__(self, name: str) -> pd.DataFrame:
        """Show a table of this side as a DataFrame."""
        own = {"source": OF_SOURCE, "target": OF_TARGET, "log": OF_LOG}[self.role]
        if name in SIDED and self.role != "log":
            return self._evidence.frame(f"{self.role}_{name}")
        if name in own:
            return self._evidence.frame(own[name])
        known = [*(SIDED if self.role != "log" else ()), *own]
        raise AttributeError(str(unknown("table", name, known, self.role)))


class Evidence:
    """What is known: two snapshots, a log, their completeness, and the engine that questions them.

    Parameters
    ----------
    tables
        Tables by the names of ``NAMES``; Arrow tables or DataFrames. Those left out are empty. A
        mapping other than a dict is asked for a table when somebody asks for it.
    settings
        What ``scimlytics.toml`` would say.
    pulls
        What the exports show about their completeness, by (side, collection, group id).
    previous
        Older snapshots: (side, time) → tables.
    name
        How the evidence is called in reports.
    files
        What was read, a row per file, for :attr:`files`.
    systems, newest
        System per role, and newest time seen per role, where the content tells.
    engine
        Where to compute; DuckDB in process when none is given.
    lacking
        Role → why nothing whole is known of that side; asking for it raises.
    prepared
        Where what is worked out of it is kept for the next who asks.
    """

    def __init__(
        self,
        tables: Mapping[str, Any],
        *,
        settings: Settings,
        pulls: Mapping[tuple[str, str, str | None], Shown] | None = None,
        previous: Mapping[tuple[str, datetime], Mapping[str, Any]] | None = None,
        name: str = "",
        files: list[dict[str, Any]] | None = None,
        systems: Mapping[str, str] | None = None,
        newest: Mapping[str, datetime] | None = None,
        engine: Engine | None = None,
        lacking: Mapping[str, str] | None = None,
        prepared: Prepared | None = None,
    ) -> None:
        for stranger in set(tables) - set(NAMES):
            raise unknown("table", stranger, list(NAMES))
        self.settings = settings
        self.name = settings.name or name
        self._given = tables
        self._rows: dict[str, pa.Table] = {}
        if isinstance(tables, dict):
            self._rows = {
                key: NAMES[key].conform(rows) for key, rows in tables.items() if rows is not None
            }
        self.present = frozenset(self._rows if isinstance(tables, dict) else tables)
        self._pulls = dict(pulls or {})
        self._previous = dict(previous or {})
        self._files = files or []
        self._systems = dict(systems or {})
        self._newest = dict(newest or {})
        self._engine = engine
        self._lacking = dict(lacking or {})
        self._prepared = prepared
        self._kept: dict[str, ir.Table] = {}
        self._recalled: frozenset[str] = frozenset()
        self._once: dict[str, Any] = {}
        self.link_rate: tuple[int, int] | None = None
        """Of the claims that match an account by name, how many there are and how many carry its id."""
        self.evaluated: frozenset[str] = frozenset()
        """The columns of accounts whose mapping expression was evaluated."""

    # The face: DataFrames.

    @cached_property
    def source(self) -> Side:
        """The directory."""
        self._refuse_lacking("source")
        taken = self.settings.source.taken_at or self._newest.get("source")
        return Side("source", self._system("source"), taken, self)

    @cached_property
    def target(self) -> Side:
        """The application."""
        self._refuse_lacking("target")
        taken = self.settings.target.taken_at or self._newest.get("target")
        return Side("target", self._system("target"), taken, self)

    @cached_property
    def log(self) -> Side:
        """The logs: the provider's, and the target's own where exported."""
        return Side("log", self._systems.get("log"), self._newest.get("log"), self)

    @property
    def as_of(self) -> datetime:
        """Now, as the evidence knows it: the newest moment in it, never the wall clock."""
        return self.profile.as_of

    @property
    def events(self) -> pd.DataFrame:
        """The provider's logged operations."""
        return self.frame("events")

    @property
    def files(self) -> pd.DataFrame:
        """What was read, a row per file."""
        import pandas as pd

        return pd.DataFrame(self._files)

    @property
    def completeness(self) -> pd.DataFrame:
        """How complete each collection is, and why."""
        import pandas as pd

        rows = [
            (one.side, one.collection, one.grade, one.why, one.rows) for one in self.grades.values()
        ]
        return pd.DataFrame(rows, columns=["side", "collection", "grade", "why", "rows"])

    @property
    def coverage(self) -> pd.DataFrame:
        """What the log can speak about."""
        return self.frame("coverage")

    @property
    def assumptions(self) -> pd.DataFrame:
        """What was taken for granted, and why."""
        import pandas as pd

        rows = [(one.what, one.value, one.why) for one in self.profile.assumptions]
        return pd.DataFrame(rows, columns=["what", "value", "why"])

    def frame(self, name: str) -> pd.DataFrame:
        """A table as a DataFrame; the rows are not copied from the engine when they need not be."""
        return to_frame(self.rows(name))

    # For the floors above: Arrow rows and expressions.

    def rows(self, name: str) -> pa.Table:
        """A table's rows; empty when nothing of it was exported."""
        if name not in NAMES:
            raise unknown("table", name, list(NAMES))
        if name not in self._rows:
            given = name in self.present
            self._rows[name] = (
                NAMES[name].conform(self._given[name]) if given else NAMES[name].empty()
            )
        return self._rows[name]

    def collected(self, name: str) -> frozenset[str]:
        """The columns of a table that its export asked for."""
        return frozenset(collected_columns(self.rows(name)))

    def has(self, name: str) -> bool:
        """Whether anything of this table was exported, be it empty."""
        return name in self.present

    @cached_property
    def engine(self) -> Engine:
        """The engine; a table is registered when it is asked for."""
        engine = self._engine or Engine()
        engine.supply = self._supply
        return engine

    def _supply(self, name: str) -> pa.Table | None:
        """The rows of a table of the engine: one of ``NAMES``, or ``previous_…``."""
        if name in NAMES:
            return self.rows(name)
        if not name.startswith("previous_"):
            return None
        _, side, collection = name.split("_", 2)
        return self._older(side, collection, PREVIOUS[collection])

    def table(self, name: str) -> ir.Table:
        """A table as an Ibis expression: one of ``NAMES``, ``previous_…``, or one kept before."""
        kept = self.kept(name)
        return self.engine.table(name) if kept is None else kept

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Compute an intermediate table once; later questions find it by name."""
        self._kept[name] = self.engine.keep(f"kept_{name}", expression)
        return self._kept[name]

    def lay(self, name: str, rows: pa.Table) -> ir.Table:
        """Put rows that were computed outside the engine beside its tables, under a name."""
        self.engine.register(f"laid_{name}", rows)
        self._kept[name] = self.engine.table(f"laid_{name}")
        return self._kept[name]

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Work something out once for this evidence; the next who asks gets the same."""
        if name not in self._once:
            self._once[name] = make()
        made: T = self._once[name]
        return made

    def kept(self, name: str) -> ir.Table | None:
        """An intermediate table that was kept under that name."""
        if name in self._recalled and name not in self._kept:
            self._kept[name] = self.engine.table(name)
        return self._kept.get(name)

    def recall(self) -> bool:
        """Take over what an earlier run worked out of the same; whether there is such."""
        if self._prepared is None or self._kept or "findings" in self._once:
            return False
        found = self._prepared.recall(self._newest.get("as_of"), self.engine)
        if found is None:
            return False
        noted, findings = found
        self._recalled = frozenset(noted["kept"])
        self._once["findings"] = FINDINGS.conform(findings)
        self.link_rate = tuple(noted["link_rate"]) if noted["link_rate"] else None
        self.evaluated = frozenset(noted["evaluated"])
        return True

    def remember(self) -> None:
        """Keep what was worked out for the next who asks, where there is a place for it."""
        if self._prepared is not None and "findings" in self._once:
            noted = {"link_rate": self.link_rate, "evaluated": sorted(self.evaluated)}
            self._prepared.remember(
                self._newest.get("as_of"), self.engine, self._kept, self._once["findings"], noted
            )

    def __enter__(self) -> Self:
        """Let go of the engine when the block ends."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the engine."""
        self.close()

    def close(self) -> None:
        """Let go of the engine and its tables."""
        if "engine" in self.__dict__:
            self.engine.close()
            del self.__dict__["engine"]
        self._kept.clear()
        self._recalled = frozenset()

    # Judgement about the evidence itself.

    @cached_property
    def limits(self) -> Limits:
        """When a drop is too large to be believed."""
        thresholds = self.settings.thresholds
        default = Limits()
        return Limits(
            default.max_drop_percent
            if thresholds.max_drop_percent is None
            else thresholds.max_drop_percent,
            default.max_drop_count
            if thresholds.max_drop_count is None
            else thresholds.max_drop_count,
        )

    @cached_property
    def grades(self) -> dict[str, Grade]:
        """The grade of each collection, by ``source_users``, …, ``source_assignments``."""
        graded = {}
        for side in ("source", "target"):
            for collection in COLLECTIONS:
                if collection == "assignments" and side == "target":
                    continue
                graded[f"{side}_{collection}"] = self._grade(side, collection)
        return graded

    @cached_property
    def group_grades(self) -> ir.Table:
        """Grades of groups whose members were exported one by one, or not shown at all."""
        rows: dict[str, list[Any]] = {"side": [], "group_id": [], "grade": [], "why": []}
        for (side, collection, group_id), shown in sorted(
            self._pulls.items(), key=lambda item: tuple(part or "" for part in item[0])
        ):
            if collection != "memberships" or group_id is None:
                continue
            one = grade(
                side,
                collection,
                shown,
                declared=collection in self._declared(side),
                empty_is_strange=False,
                previous_rows=None,
                gap=(),
                limits=self.limits,
                group_id=group_id,
            )
            for name, value in (
                ("side", side),
                ("group_id", group_id),
                ("grade", one.grade),
                ("why", one.why),
            ):
                rows[name].append(value)
        self.engine.register("group_grades", GRADES_TABLE.conform(rows))
        return self.engine.table("group_grades")

    @cached_property
    def profile(self) -> Profile:
        """What is assumed about the provider and the moment."""
        return _profile(self)

    def at(self, moment: datetime) -> Evidence:
        """The same evidence, asked as of another moment."""
        import copy

        other = copy.copy(self)
        other.__dict__ = {**self.__dict__, "_kept": {}, "_once": {}, "_recalled": frozenset()}
        for cached in ("profile", "engine", "group_grades"):
            other.__dict__.pop(cached, None)
        other._newest = {**self._newest, "as_of": moment}
        return other

    def _refuse_lacking(self, role: str) -> None:
        """Refuse a side of which no whole snapshot exists: nothing may be concluded from it."""
        if role in self._lacking:
            raise InputError(self._lacking[role])

    def _declared(self, side: str) -> list[str]:
        return list(getattr(self.settings, side).complete or [])

    def _system(self, role: str) -> str | None:
        return getattr(self.settings, role).system or self._systems.get(role)

    def _older(self, side: str, collection: str, table: Table) -> pa.Table:
        import pyarrow as pa

        parts = []
        for (whose, moment), tables in sorted(self._previous.items(), key=lambda item: item[0]):
            if whose != side or collection not in tables:
                continue
            rows = SIDED[collection].conform(tables[collection]).replace_schema_metadata(None)
            stamp = pa.array([moment] * rows.num_rows, pa.timestamp("us", tz="UTC"))
            parts.append(rows.append_column("taken_at", stamp))
        return pa.concat_tables(parts) if parts else table.empty().replace_schema_metadata(None)

    def _previous_rows(self, side: str, collection: str) -> int | None:
        older = [
            (moment, tables[collection].num_rows)
            for (whose, moment), tables in self._previous.items()
            if whose == side and collection in tables
        ]
        return max(older)[1] if older else None

    def _grade(self, side: str, collection: str) -> Grade:
        name = collection if collection == "assignments" else f"{side}_{collection}"
        shown = self._pulls.get((side, collection, None))
        if shown is None and self.has(name):
            shown = Shown(rows=self.rows(name).num_rows)
        gap: tuple[str, ...] = ()
        if collection == "users" and self.has(name):
            find = source_users_gap if side == "source" else target_users_gap
            found = self.engine.fetch(find(_Tables(self)))
            gap = tuple(found.column("id").to_pylist())
        graded = grade(
            side,
            collection,
            shown,
            declared=collection in self._declared(side),
            empty_is_strange=self._empty_is_strange(side, collection),
            previous_rows=self._previous_rows(side, collection),
            gap=gap,
            limits=self.limits,
        )
        if collection == "memberships" and shown is not None:
            groups = self._grade(side, "groups")
            if groups.grade == "suspect":
                return replace(graded, grade="suspect", why=f"of its groups {groups.why}")
        return graded

    def _empty_is_strange(self, side: str, collection: str) -> bool:
        if collection in ("users", "assignments"):
            return True
        other = "target" if side == "source" else "source"
        neighbours = [f"{other}_{collection}"]
        if collection == "memberships":
            neighbours.append(f"{side}_groups")
            if side == "target" and self.settings.target.members_readable is False:
                return True
        return all(self.rows(name).num_rows > 0 for name in neighbours)


class _Tables(Mapping[str, "ir.Table"]):
    """The tables of an evidence as a read-only mapping of expressions."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def __getitem__(self, name: str) -> ir.Table:
        return self._evidence.table(name)

    def __iter__(self) -> Any:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)


def _profile(evidence: Evidence) -> Profile:
    settings = evidence.settings
    provider = evidence.source.system or evidence.log.system or "unknown"
    jobs = evidence.rows("jobs").to_pylist()
    interval = next((job["interval_s"] for job in jobs if job["interval_s"]), None)
    cycle, why_cycle = cycle_of(provider, settings.provider.cycle_minutes, interval)
    grace = grace_of(provider, cycle, settings.thresholds.grace_minutes)
    moments = [evidence.source.taken_at, evidence.target.taken_at]
    newest = [moment for moment in (*moments, evidence.log.taken_at) if moment is not None]
    asked = evidence._newest.get("as_of")
    if asked is None and not newest:
        raise InputError(
            f"{evidence.name or 'evidence'}: no time anywhere; give taken_at in scimlytics.toml."
        )
    taken = [moment for moment in moments if moment is not None]
    as_of = asked or max(taken or newest)
    provisioning, why_provisioning = _provisioning(evidence)
    job_scope = next((job["scope"] for job in jobs if job["scope"]), None)
    scope = settings.source.scope or job_scope or "assigned"
    why_scope = (
        "declared in scimlytics.toml"
        if settings.source.scope
        else "the job's own setting"
        if job_scope
        else "presumed"
    )
    capabilities = capabilities_of(provider, settings.provider.capabilities)
    retries = settings.provider.retries or RETRIES.get(provider, "unknown")
    assumptions = (
        Assumption("provider", provider, "from the toml or the content"),
        Assumption("provisioning", provisioning, why_provisioning),
        Assumption("cycle", f"{cycle.total_seconds() / 60:g} min", why_cycle),
        Assumption("grace", f"{grace.total_seconds() / 60:g} min", "two cycles, at least"),
        Assumption("scope", scope, why_scope),
        Assumption("retries", retries, "declared, or the provider's documents"),
        Assumption("capabilities", ", ".join(sorted(capabilities)) or "none", "of the provider"),
    )
    return Profile(
        provider=provider,
        provisioning=provisioning,
        scope=scope,
        as_of=as_of,
        source_at=evidence.source.taken_at,
        target_at=evidence.target.taken_at,
        cycle=cycle,
        grace=grace,
        retries=retries,
        capabilities=capabilities,
        assumptions=assumptions,
    )


def _provisioning(evidence: Evidence) -> tuple[str, str]:
    """How accounts come about, and how that is known."""
    declared = evidence.settings.target.provisioning
    if declared:
        return declared, "declared in scimlytics.toml"
    if any(evidence.has(name) for name in ("events", "jobs", "scim_requests")):
        return "scim", "there is a provisioning log, a job or a request log"
    strategies = evidence.rows("strategies").to_pylist()
    if any(one["provision_users"] for one in strategies):
        return "jit", "no provisioning log or job, and the sign-in strategy makes users"
    return "scim", "presumed"
