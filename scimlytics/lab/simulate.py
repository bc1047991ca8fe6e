"""Simulate a tenant: cast it, let things go wrong, let the month pass, export what remains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from scimlytics.errors import InputError
from scimlytics.lab import emit_entra, emit_filescom, emit_graph, emit_okta, emit_scim
from scimlytics.lab.directory import Directory
from scimlytics.lab.entra import Entra
from scimlytics.lab.faults import MIRRORS
from scimlytics.lab.faults.failing import lost, windows
from scimlytics.lab.faults.leavers import administrator
from scimlytics.lab.mix import default_mix, plant
from scimlytics.lab.noise import daily_life
from scimlytics.lab.okta import Okta
from scimlytics.lab.people import form_groups, populate
from scimlytics.lab.provider import Job, Provider
from scimlytics.lab.stage import SEEN, Stage
from scimlytics.lab.target import Target
from scimlytics.lab.world import AS_OF, LAST_CYCLE, TARGET_LAG, World, stamp

PUSHED = ("Finance", "Logistics", "Engineering")
"""The departments whose groups are assigned to the application from the beginning."""
CROWD = 3
"""So many people are in a pushed group in the smallest tenant."""
IDS: dict[str, dict[str, str]] = {"entra": {}, "okta": {"person": "00u", "group": "00g"}}
"""How the source's own ids begin."""
APPS = {"filescom": "Files.com", "scim": "Harbour"}
MAPPING = {
    "user_name": "userPrincipalName",
    "email": "mail",
    "display": "displayName",
    "given": "givenName",
    "family": "surname",
}
MORE_MAPPING: dict[str, dict[str, str]] = {
    "filescom": {},
    "scim": {"title": "jobTitle", "department": "department", "external_id": "objectId"},
}


def simulate(
    out: Path,
    *,
    users: int = 200,
    days: int = 30,
    seed: int = 1,
    source: str = "entra",
    target: str = "filescom",
    provisioning: str = "scim",
    faults: Mapping[str, int] | None = None,
    cycle_minutes: int | None = None,
    rate_limit: int | None = None,
    retries: tuple[int, ...] | None = None,
) -> None:
    """Simulate a tenant and write its exports and its answer sheet.

    The same arguments write the same bytes. Nine of ten accounts are older than the log.

    Parameters
    ----------
    out
        Gets ``evidence/``, in the products' own formats, and ``truth.json``.
    users
        How many people the directory has at the beginning.
    days
        How many days the log covers.
    seed
        Decides everything that chance decides.
    source, target
        The products: ``entra`` or ``okta``; ``filescom`` or ``scim``.
    provisioning
        ``scim``, or ``jit`` where accounts are made at the first login.
    faults
        Cause → how many; a realistic mix when not given, none when empty. Look-alikes stay.
    cycle_minutes
        Minutes from cycle to cycle (Okta: from push to push), where they are not the product's own.
    rate_limit
        Requests a minute that the target takes; without, as many as come.
    retries
        Hours after which a refused object is tried again, then daily; empty: never.

    Raises
    ------
    InputError
        The folder holds something already, or more faults than people.
    """
    if out.exists() and any(out.iterdir()):
        raise InputError(f"{out}: is not empty; give a new folder.")
    stage = cast(
        users,
        days,
        seed,
        source,
        target,
        provisioning,
        faults,
        cycle_minutes=cycle_minutes,
        rate_limit=rate_limit,
        retries=retries,
    )
    write(out, stage, days)


def cast(
    users: int,
    days: int,
    seed: int,
    source: str,
    target: str,
    provisioning: str,
    faults: Mapping[str, int] | None = None,
    *,
    cycle_minutes: int | None = None,
    rate_limit: int | None = None,
    retries: tuple[int, ...] | None = None,
) -> Stage:
    """A tenant whose month has passed; the parameters are those of :func:`simulate`."""
    stage = build(users, days, seed, source, target, provisioning)
    job = stage.provider.job
    job.minutes = cycle_minutes or job.minutes
    job.delays = job.delays if retries is None else retries
    stage.target.rate_limit = rate_limit
    wanted = default_mix(stage, users) if faults is None else dict(faults)
    plant(stage, wanted)
    for mirror in MIRRORS:
        if mirror.fits(source, target, provisioning) and len(stage.free) > 2:
            mirror.plant(stage)
    daily_life(stage, max(8, users // 25))
    run(stage)
    return stage


def build(users: int, days: int, seed: int, source: str, target: str, provisioning: str) -> Stage:
    """Cast a tenant in which nothing has happened yet."""
    world = World(seed, days, IDS[source])
    people = populate(world, users)
    groups = form_groups(world, people)
    directory = Directory(world, {one.id: one for one in people}, {one.id: one for one in groups})
    for group in groups:
        if group.name in PUSHED:
            directory.assigned[group.id] = world.past(40, 200)
    app = Target(world, target)
    tenant = world.uuid("tenant", "0").replace("-", "")
    mapping = MAPPING | MORE_MAPPING[target]
    if provisioning == "jit":
        mapping.pop("external_id", None)  # a first login knows names, not the directory's ids
    if source == "okta":
        job = Job(f"0oa{world.uuid('job').replace('-', '')[:17]}", minutes=10, mapping=mapping)
        provider: Provider = Okta(world, directory, app, job)
    else:
        job = Job(f"scim.{tenant}.{world.uuid('job')}", mapping=mapping)
        provider = Entra(world, directory, app, job)
    stage = Stage(world, directory, app, provider, source, provisioning)
    staff = [one for one in people if one.kind == "person"]
    finance = next(group for group in groups if group.name in PUSHED)
    for person in staff[:CROWD]:
        finance.members.setdefault(person.id, person.created)
    stage.crowd = [one for one in staff if directory.assigned_since(one) is not None]
    held = {one.id for one in stage.crowd}
    stage.free = [one for one in staff if one.id not in held]
    world.random.shuffle(stage.free)
    return stage


def run(stage: Stage) -> None:
    """Settle what is older than the log, let the month pass, and write down what only it shows."""
    for person in stage.free[::2]:
        stage.directory.assigned[person.id] = person.created
    stage.target.keep(administrator(stage))
    limit, stage.target.rate_limit = stage.target.rate_limit, None
    stage.provider.settle()  # over years, which no limit a minute would have hindered
    stage.target.rate_limit = limit
    stage.at(_part(stage, SEEN), stage.target.photograph)
    if stage.provisioning == "scim":
        stage.provider.begin(stage.world.start + timedelta(minutes=5), AS_OF - LAST_CYCLE)
    stage.world.run(AS_OF + TARGET_LAG)
    for write_down in stage.afterwards:
        write_down()
    lost(stage)
    windows(stage)


def write(out: Path, stage: Stage, days: int) -> None:
    """Export the tenant as its products would, and write the answer sheet beside it."""
    folder = out / "evidence"
    tenant = emit_entra.Tenant(stage.world, APPS[stage.target.product])
    if stage.source == "okta":
        emit_okta.write_directory(folder / "source", stage)
    else:
        emit_graph.write_directory(folder / "source", stage, tenant)
    if stage.target.product == "filescom":
        emit_filescom.write_target(folder / "target", folder / "log", stage)
    else:
        emit_scim.write_target(folder / "target", stage)
    if stage.source == "okta":
        emit_okta.write_log(folder / "log", stage)
    elif stage.provisioning == "scim":
        emit_entra.write_log(folder / "log", stage, tenant)
    (folder / "scimlytics.toml").write_text(_settings(stage, days), encoding="utf-8")
    stage.truth.write(out / "truth.json", stage.directory, stage.provider, stage.target)


def _settings(stage: Stage, days: int) -> str:
    """What the exports cannot say of themselves."""
    product = {"filescom": "files.com", "scim": "scim"}[stage.target.product]
    log, as_of = "", stage.world.as_of
    if stage.provisioning == "scim":
        log = f"\n[log]\ncovers = [{stamp(stage.world.start)}, {stamp(as_of)}]\n"
    return f"""name = "simulated tenant, seed {stage.world.seed}, {days} days"

[source]
system = "{stage.source}"
taken_at = {stamp(as_of)}
complete = ["users", "groups", "memberships", "assignments"]

[target]
system = "{product}"
taken_at = {stamp(as_of + TARGET_LAG)}
complete = ["users", "groups", "memberships"]
provisioning = "{stage.provisioning}"
{log}"""


def _part(stage: Stage, part: float) -> datetime:
    return stage.world.start + part * (AS_OF - stage.world.start)
