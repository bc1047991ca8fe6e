"""Memberships: never sent, changed in the target, answered and ignored."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from scimlytics.lab.faults.failing import FOREVER, PASSING, first_attempt, retried
from scimlytics.lab.faults.registry import mirrors, plants
from scimlytics.lab.stage import SEEN, Stage
from scimlytics.lab.target import Refusal
from scimlytics.lab.world import Group, Person, TargetGroup


def sent_early(stage: Stage, group: Group) -> None:
    """Somebody of the crowd joins early in the window, which is sent: the log then knows the group."""
    outside = [person for person in stage.crowd if person.id not in group.members]
    if outside:
        friend = stage.world.random.choice(outside)
        at = stage.when(0.04, 0.15)
        stage.at(at, lambda now: stage.directory.add_member(group, friend, now))


def member_of_old(stage: Stage, group: Group) -> Person:
    """Somebody who has been in the group since long before the log begins."""
    person = stage.person()
    group.members[person.id] = max(person.created, group.created)
    return person


def there(stage: Stage, group: Group) -> TargetGroup:
    """The group in the target, while the world runs; one that is nowhere where none was sent."""
    linked = stage.provider.group_links.get(group.id, "")
    nowhere = TargetGroup("", group.name, group.created, group.created)
    return stage.target.groups.get(linked, nowhere)


@plants("incremental_blind_spot")
def joined_and_never_sent(stage: Stage, turn: int) -> None:
    """Added to a group, or taken out of it, which the feed lost."""
    group = stage.group("Project", size=4)
    if turn % 2 == 0:
        sent_early(stage, group)
    at = stage.when(0.2, 0.93)
    if turn % 4 < 2:
        person = stage.person()
        stage.at(at, lambda now: stage.directory.add_member(group, person, now, fed=False))
    else:
        person = member_of_old(stage, group)
        stage.at(at, lambda now: stage.directory.remove_member(group, person, now, fed=False))
    stage.fault(
        "incremental_blind_spot", person, group, at=at, note="missing" if turn % 4 < 2 else "extra"
    )


@mirrors("incremental_blind_spot")
def joined_and_sent(stage: Stage) -> None:
    """Added to a group, which was sent."""
    person, group = stage.person(), stage.group("Project", size=4)
    stage.at(stage.when(0.2, 0.9), lambda now: stage.directory.add_member(group, person, now))
    stage.near("incremental_blind_spot", person, group, "sent")


@mirrors("incremental_blind_spot")
def joined_just_now(stage: Stage) -> None:
    """Added to a group after the last cycle."""
    person, group = stage.person(), stage.group("Project", size=4)
    stage.at(stage.just_now(), lambda now: stage.directory.add_member(group, person, now))
    stage.near("incremental_blind_spot", person, group, "no cycle since")


@plants("target_edit")
def edited_in_the_target(stage: Stage, turn: int) -> None:
    """An administrator took somebody out of a group, or put somebody in."""
    group = stage.group("Shared folder", size=5)
    at = stage.when(SEEN + 0.02, 0.95)
    if turn % 2 == 0:
        person = member_of_old(stage, group)
        stage.at(at, lambda now: there(stage, group).members.pop(stage.account(person).id, None))
    else:
        person = stage.person()
        stage.at(
            at, lambda now: there(stage, group).members.update({stage.account(person).id: None})
        )
    stage.fault("target_edit", person, group, at=at, note="extra" if turn % 2 else "missing")


@mirrors("target_edit")
def edited_and_put_right(stage: Stage) -> None:
    """Taken out by an administrator and put back."""
    group = stage.group("Shared folder", size=5)
    person = member_of_old(stage, group)
    at = stage.when(0.3, 0.6)
    stage.at(at, lambda now: there(stage, group).members.pop(stage.account(person).id, None))
    later = at + timedelta(hours=3)
    stage.at(
        later, lambda now: there(stage, group).members.update({stage.account(person).id: None})
    )
    stage.near("target_edit", person, group, "put back")


@plants("reference_unresolved", sources=("entra",))
def not_resolved(stage: Stage, turn: int) -> None:
    """The provider could not resolve the member when the group was sent, and does not try again."""
    person, group = stage.person(), stage.group("Vendors", size=4)
    at = stage.when(0.2, 0.93)
    stage.at(at, lambda now: person.extra.update(unread="yes"))
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.add_member(group, person, now))
    stage.at(at + timedelta(hours=3), lambda now: person.extra.pop("unread"))
    stage.fault("reference_unresolved", person, group, at=at)


@mirrors("reference_unresolved", sources=("entra",))
def resolved_later(stage: Stage) -> None:
    """Not resolved at first; taken out and put in again, and sent."""
    person, group = stage.person(), stage.group("Vendors", size=4)
    at = stage.when(0.2, 0.6)
    stage.at(at, lambda now: person.extra.update(unread="yes"))
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.add_member(group, person, now))
    stage.at(at + timedelta(hours=3), lambda now: person.extra.pop("unread"))
    stage.at(at + timedelta(days=1), lambda now: stage.directory.remove_member(group, person, now))
    stage.at(at + timedelta(days=1.2), lambda now: stage.directory.add_member(group, person, now))
    stage.near("reference_unresolved", person, group, "put in again and sent")


@plants("transient_error")
def group_refused(stage: Stage, turn: int) -> None:
    """The group's update fails with a passing error each time."""
    person, group = stage.person(), stage.group("Reports", size=4)
    at = first_attempt(stage)
    answer = PASSING[turn % 3]
    stage.target.refusals.append(Refusal(group.name, stage.world.start, FOREVER, answer))
    stage.at(at, lambda now: stage.directory.add_member(group, person, now))
    stage.fault("transient_error", person, group, at=at)


@mirrors("transient_error")
def group_refused_for_a_while(stage: Stage) -> None:
    """The group's update failed for some hours; a retry went through."""
    if not retried(stage):
        return
    person, group = stage.person(), stage.group("Reports", size=4)
    at = stage.when(0.3, 0.8)
    stage.target.refusals.append(Refusal(group.name, at, at + timedelta(hours=3), PASSING[0]))
    stage.at(at, lambda now: stage.directory.add_member(group, person, now))
    if stage.source == "okta":
        later = at + timedelta(hours=5)
        stage.at(later, lambda now: stage.directory.add_member(group, person, now))
    stage.near("transient_error", person, group, "a retry went through")


@plants("restored_without_memberships", sources=("entra",))
def restored(stage: Stage, turn: int) -> None:
    """Deleted and restored at the source: the membership came back there, and is not sent again."""
    group = stage.group("Archive", size=4)
    person = member_of_old(stage, group)
    at = stage.when(0.15, 0.7)
    stage.at(at, lambda now: stage.directory.delete(person, now))
    back = at + timedelta(days=1)
    stage.at(back, lambda now: stage.directory.restore(person, now, [group]))
    stage.fault("restored_without_memberships", person, group, at=back)


@plants("patch_semantics", people=3)
def partial_list_taken_for_whole(stage: Stage, turn: int) -> None:
    """The target takes the members it is sent for all members: two are lost."""
    group = stage.group("Field ops", size=0)
    lost = [member_of_old(stage, group) for _ in range(2)]
    person = stage.person()
    at = stage.when(SEEN + 0.02, 0.93)

    def misread(now: datetime) -> None:
        stage.target.replacing.add(there(stage, group).id)

    stage.at(at, misread)
    stage.at(at + timedelta(seconds=1), lambda now: stage.directory.add_member(group, person, now))
    for one in lost:
        stage.fault("patch_semantics", one, group, at=at)


@mirrors("patch_semantics")
def whole_list_by_design(stage: Stage) -> None:
    """Two members taken out at the source, one added, all sent at once."""
    group = stage.group("Field ops", size=2)
    two = [member_of_old(stage, group) for _ in range(2)]
    at = stage.when(SEEN + 0.02, 0.9)
    for one in two:
        stage.at(at, partial(stage.directory.remove_member, group, one))
        stage.near("patch_semantics", one, group, "taken out at the source")


@plants("removal_ignored")
def removed_without_effect(stage: Stage, turn: int) -> None:
    """The removal was sent and answered with success; the member is still there."""
    group = stage.group("Auditors", size=4)
    person = member_of_old(stage, group)
    at = stage.when(0.2, 0.93)
    stage.at(at, lambda now: stage.target.deaf.add((there(stage, group).id, "remove")))
    stage.at(
        at + timedelta(seconds=1), lambda now: stage.directory.remove_member(group, person, now)
    )
    stage.fault("removal_ignored", person, group, at=at)


@mirrors("removal_ignored")
def removed_with_effect(stage: Stage) -> None:
    """Taken out of a group, which was sent."""
    group = stage.group("Auditors", size=4)
    person = member_of_old(stage, group)
    stage.at(stage.when(0.2, 0.93), lambda now: stage.directory.remove_member(group, person, now))
    stage.near("removal_ignored", person, group, "gone from the group")


@plants("nested_group", sources=("entra",))
def member_through_nesting(stage: Stage, turn: int) -> None:
    """Has an account of his own, and is in the assigned group only through an inner one."""
    person = stage.person()
    outer = stage.group("Data platform", size=3)
    inner = stage.group("Data interns", size=0, assigned=False)
    inner.members[person.id] = max(person.created, inner.created)
    outer.members[inner.id] = max(inner.created, outer.created)
    stage.fault("nested_group", person, outer, note=f"through {inner.name}")


@mirrors("target_default", targets=("filescom",))
def added_by_the_target(stage: Stage) -> None:
    """The target adds each new account to a group of its own."""
    person = stage.newcomer()
    stage.target.defaults = ("Everyone",)
    at = stage.when(0.2, 0.8)
    stage.at(at, lambda now: stage.directory.assign(person, now))


@plants("member_not_assigned", sources=("okta",))
def pushed_but_not_assigned(stage: Stage, turn: int) -> None:
    """Okta pushes a group, and leaves out members who are not assigned to the application."""
    person, group = stage.newcomer(), stage.group("Mailing", size=4)
    person.extra["unassigned"] = "yes"
    group.members[person.id] = max(person.created, group.created)
    stage.fault("member_not_assigned", person, group)


@plants("push_assign_race", sources=("okta",))
def pushed_before_the_account(stage: Stage, turn: int) -> None:
    """One Okta group both assigns and is pushed; the push came before the account."""
    person = stage.newcomer()
    group = stage.group("Design", size=3, assigned=False)
    group.both = True
    at = stage.when(0.2, 0.93)
    stage.at(at, lambda now: stage.provider.race(group, person, now))
    stage.fault("push_assign_race", person, group, at=at)
