"""Groups: not there, under another name, alive without an origin; and links that lead nowhere."""

from __future__ import annotations

from datetime import datetime, timedelta

from scimlytics.lab import hands
from scimlytics.lab.faults.failing import FOREVER, PASSING, first_attempt
from scimlytics.lab.faults.members import sent_early, there
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.faults.stale import known_to_the_log
from scimlytics.lab.stage import SEEN, Stage
from scimlytics.lab.target import Refusal
from scimlytics.lab.world import Account, TargetGroup


@plants("target_group_deleted", people=0)
def group_deleted_by_hand(stage: Stage, turn: int) -> None:
    """An administrator deleted the group in the target."""
    group = stage.group("Press", size=4)
    if turn % 2:
        sent_early(stage, group)
    at = stage.when(SEEN + 0.02, 0.95)
    stage.at(at, lambda now: hands.drop_group(stage.target, now, there(stage, group)))
    stage.fault("target_group_deleted", group=group, group_there=None, at=at)


@mirrors("target_group_deleted")
def group_deleted_at_both_ends(stage: Stage) -> None:
    """Deleted at the source, and so in the target."""
    group = stage.group("Press", size=4)
    stage.at(stage.when(0.2, 0.9), lambda now: stage.directory.close(group, now))
    stage.near("target_group_deleted", group=group, note="deleted at the source")


@plants("group_type_unsupported", people=0, sources=("entra",))
def not_security_enabled(stage: Stage, turn: int) -> None:
    """An assigned Microsoft 365 group that is not security enabled."""
    group = stage.group("Studio", size=4, kind="m365")
    if turn % 2:
        stage.at(stage.when(0.1, 0.9), lambda now: stage.directory.touch(group, now))
    stage.fault("group_type_unsupported", group=group, group_there=None)


@mirrors("group_type_unsupported", sources=("entra",))
def m365_and_security_enabled(stage: Stage) -> None:
    """An assigned Microsoft 365 group that is security enabled arrives."""
    group = stage.group("Newsroom", size=4, kind="m365_security")
    stage.near("group_type_unsupported", group=group, note="security enabled")


@plants("group_mapping_off", people=0, sources=("entra",))
def groups_switched_off(stage: Stage, turn: int) -> None:
    """The mapping of groups is off: none arrives; one finding, the groups counted."""
    stage.provider.job.groups_on = False
    if turn == 0:
        stage.fault("group_mapping_off", object_type="mapping", account=None, subject="Group")


@plants("group_key_missing", people=0, sources=("entra",))
def name_that_no_filter_carries(stage: Stage, turn: int) -> None:
    """The name, by which groups are matched, has characters a filter cannot carry."""
    group = stage.group('R&D "Skunk works"', size=4, assigned=False)
    at = stage.when(0.15, 0.9)
    stage.at(at, lambda now: stage.directory.assign(group, now))
    stage.fault("group_key_missing", group=group, group_there=None, at=at)


@plants("group_out_of_scope", people=0, targets=("filescom",), sources=("entra",))
def excluded_by_pattern(stage: Stage, turn: int) -> None:
    """The target's pattern excludes the group; its accounts of old are not touched by that."""
    stage.target.excluded = ("Legacy-*",)
    group = stage.group(f"Legacy-{turn + 1:02d}", size=3)
    group.kept_out = True
    stage.fault("group_out_of_scope", group=group, group_there=None)


@plants("group_out_of_scope", people=0, sources=("okta",))
def push_switched_off(stage: Stage, turn: int) -> None:
    """An Okta push mapping is inactive, and the group is not there."""
    group = stage.group("Dormant", size=3)
    group.kept_out = True
    stage.fault("group_out_of_scope", group=group, group_there=None)


@plants("incremental_blind_spot", people=0)
def group_assigned_and_never_sent(stage: Stage, turn: int) -> None:
    """A group came into scope, and the feed lost it."""
    group = stage.group("Launch", size=4, assigned=False)
    at = stage.when(0.15, 0.93)
    stage.at(at, lambda now: stage.directory.assign(group, now, fed=False))
    stage.fault("incremental_blind_spot", group=group, group_there=None, at=at)


@mirrors("incremental_blind_spot")
def group_assigned_and_sent(stage: Stage) -> None:
    """A group came into scope and was sent."""
    group = stage.group("Launch", size=4, assigned=False)
    stage.at(stage.when(0.15, 0.93), lambda now: stage.directory.assign(group, now))
    stage.near("incremental_blind_spot", group=group, note="sent")


@plants("transient_error", people=0)
def group_never_made(stage: Stage, turn: int) -> None:
    """The creation of a group fails with a passing error each time."""
    group = stage.group("Trainees", size=4, assigned=False)
    at = first_attempt(stage)
    stage.target.refusals.append(Refusal(group.name, stage.world.start, FOREVER, PASSING[turn % 3]))
    stage.at(at, lambda now: stage.directory.assign(group, now))
    stage.fault("transient_error", group=group, group_there=None, at=at)


@plants("idp_deprovisioned", people=0, sources=("entra",))
def group_taken_and_given_back(stage: Stage, turn: int) -> None:
    """Unassigned and deleted; assigned again, which the feed lost."""
    group = stage.group("Council", size=4)
    stage.at(stage.when(0.15, 0.4), lambda now: stage.directory.unassign(group, now))
    at = stage.when(0.5, 0.9)
    stage.at(at, lambda now: stage.directory.assign(group, now, fed=False))
    stage.fault("idp_deprovisioned", group=group, group_there=None, at=at)


@plants("target_renamed", people=0)
def group_renamed_in_the_target(stage: Stage, turn: int) -> None:
    """An administrator renamed the group in the target."""
    group = stage.group("Treasury", size=4)
    sent_early(stage, group)
    at = stage.when(SEEN + 0.03, 0.93)
    stage.at(at, lambda now: setattr(there(stage, group), "name", f"{group.name} (old)"))
    stage.fault("target_renamed", group=group, at=at)


@plants("claim_contradicted", people=0)
def group_renamed_without_effect(stage: Stage, turn: int) -> None:
    """The group's new name was sent and answered with success; the target kept the old one."""
    group = stage.group("Planning", size=4)
    at = stage.when(0.2, 0.93)
    name = f"{group.name} and design"
    stage.at(at, lambda now: stage.target.deaf.add((there(stage, group).id, "name")))
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.rename_group(group, name, now))
    stage.fault("claim_contradicted", group=group, at=at)


@plants("rename_lag", people=0)
def group_renamed_and_never_sent(stage: Stage, turn: int) -> None:
    """The group's new name was lost by the feed."""
    group = stage.group("Travel", size=4)
    sent_early(stage, group)
    at = stage.when(0.25, 0.93)
    name = f"{group.name} and events"
    stage.at(at, lambda now: stage.directory.rename_group(group, name, now, fed=False))
    stage.fault("rename_lag", group=group, at=at)


@mirrors("rename_lag")
def group_renamed_and_sent(stage: Stage) -> None:
    """The group's new name was sent."""
    group = stage.group("Travel", size=4)
    at, name = stage.when(0.25, 0.93), f"{group.name} and events"
    stage.at(at, lambda now: stage.directory.rename_group(group, name, now))
    stage.near("rename_lag", group=group, note="sent")


@plants("orphaned_group", people=0)
def group_gone_at_the_source(stage: Stage, turn: int) -> None:
    """Deleted or unassigned at the source, which the feed lost; alive with members in the target."""
    group = stage.group("Pilot", size=4)
    sent_early(stage, group)
    at = stage.when(0.25, 0.93)
    if turn % 2 == 0:
        stage.at(at, lambda now: stage.directory.close(group, now, fed=False))
    else:
        stage.at(at, lambda now: stage.directory.unassign(group, now, fed=False))
    stage.fault("orphaned_group", group=group, at=at)


@mirrors("orphaned_group")
def group_of_the_target(stage: Stage) -> None:
    """A group the target has of its own, with members."""
    made_at = stage.world.past(200, 400)
    made = TargetGroup(stage.target.new_id("group"), "Downloads", made_at, made_at)

    def keep(now: datetime) -> None:
        made.members = dict.fromkeys(stage.account(p).id for p in stage.crowd[:2])
        stage.target.groups[made.id] = made

    stage.at(stage.world.start, keep)
    stage.fault(
        "orphaned_group",
        object_type="group",
        group_there=lambda: made.id,
        subject=made.name,
        note="the target's own",
        near=True,
    )


@plants("stale_link")
def link_leads_nowhere(stage: Stage, turn: int) -> None:
    """Deleted and made again by hand under the same name: the provider's id is no longer there."""
    at = stage.when(0.3, 0.8)
    gone: list[str] = []
    if turn % 3 == 2:
        _group_made_again(stage, at, gone)
        return
    person = stage.person()
    known_to_the_log(stage, person)
    made: list[Account] = []

    def again(now: datetime) -> None:
        old = stage.account(person)
        gone.append(old.id)
        hands.remove(stage.target, now, old)
        new = stage.foreign(old.user_name, old.display, now)
        new.email, new.given, new.family = old.email, old.given, old.family
        new.title, new.department, new.company = old.title, old.department, old.company
        hands.make(stage.target, now, new)
        made.append(new)

    stage.at(at, again)
    later = at + timedelta(days=1)
    stage.at(later, lambda now: stage.directory.touch(person, now))
    stage.fault("stale_link", person, account=lambda: made[0], others=lambda: gone, at=at)


def _group_made_again(stage: Stage, at: datetime, gone: list[str]) -> None:
    group = stage.group("Library", size=4)
    sent_early(stage, group)
    made: list[TargetGroup] = []

    def again(now: datetime) -> None:
        old = there(stage, group)
        gone.append(old.id)
        hands.drop_group(stage.target, now, old)
        new = TargetGroup(stage.target.new_id("group"), old.name, now, now)
        new.members = dict(old.members)
        stage.target.groups[new.id] = new
        made.append(new)

    stage.at(at, again)
    stage.at(at + timedelta(days=1), lambda now: stage.directory.touch(group, now))
    stage.fault(
        "stale_link", group=group, group_there=lambda: made[0].id, others=lambda: gone, at=at
    )
