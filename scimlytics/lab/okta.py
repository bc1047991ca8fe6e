"""Okta: each change is pushed by itself, within minutes; what failed is a task for a person."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from scimlytics.lab.bodies import PATHS
from scimlytics.lab.provider import Claim, Provider
from scimlytics.lab.target import Answer
from scimlytics.lab.world import Group, Person

USER, GROUP = "application.provision.user", "application.provision.group"
PUSH = "application.provision.group_push"
IGNORED = "app.user_management.grouppush.mapping.okta.users.ignored"
PHRASES = {status.value: status.phrase for status in HTTPStatus}
ACTS = {
    "create": "push",
    "update": "push_profile",
    "enable": "reactivate",
    "disable": "deactivate",
}


@dataclass
class Okta(Provider):
    """The pushes of an Okta application."""

    again: dict[str, None] = field(default_factory=dict)
    """Who met with too many requests: tried again by itself. Whatever else fails waits for a person."""

    def cycle(self, at: datetime) -> None:
        """Push what the feed tells: people first, then groups and their members."""
        if self.job.stopped is not None and at >= self.job.stopped:
            return
        users, groups, members = self.changed(at)
        users = dict.fromkeys(self.again) | users
        moment = at
        for user in users:
            moment += timedelta(milliseconds=self.world.random.randint(200, 2500))
            self._user(self.directory.people[user], moment)
        for group in groups:
            moment += timedelta(milliseconds=self.world.random.randint(200, 2500))
            self._group(self.directory.groups[group], moment, members.get(group, {}))

    def on_demand(self, person: Person, at: datetime) -> None:
        """An administrator has the task of one person tried again."""
        self._user(person, at)

    def race(self, group: Group, person: Person, at: datetime) -> None:
        """A group that assigns and is pushed as well reaches the target before a new member does."""
        self.directory.add_member(group, person, at, fed=False)
        self.directory.assign(group, at)
        self._group(group, at + timedelta(seconds=5), {})
        self._user(person, at + timedelta(minutes=2))

    def takes(self, group: Group) -> bool:
        """Every kind of group can be pushed, while its mapping is active."""
        return group.deleted is None and not group.kept_out

    def failed(self, answer: Answer) -> tuple[str, str]:
        """What tells Okta's failures apart, and the sentence with the target's own answer."""
        code = "TooManyRequests" if answer.status == 429 else str(answer.status)
        if answer.scim_type == "html":
            return code, f"Unexpected content type text/html: {answer.detail}"
        if answer.status == 404:
            return code, "Not Found. Errors reported by remote server: User not found"
        told = {"scimType": answer.scim_type} if answer.scim_type else {}
        body = {**told, "status": str(answer.status), "detail": answer.detail}
        phrase = PHRASES.get(answer.status, "Error")
        return code, f"{phrase}. Errors reported by remote server: {json.dumps(body)}"

    def _user(self, person: Person, at: datetime) -> None:
        linked = self.links.get(person.id)
        if person.suspended:
            return
        if not self.wanted(person):
            self._leave(person, at, linked)
            return
        values = self.desired(person)
        if linked is None:
            linked = next((one.id for one in self.target.found_by("user_name", person.login)), None)
            if linked is None:
                answer = self.target.create_user(at, values)
                if answer.ok and answer.id is not None:
                    self.links[person.id] = answer.id
                self._say(person, at, "create", answer, values)
                return
            self.links[person.id] = linked
        account = self.target.accounts.get(linked)
        if account is not None and not account.active:
            self._say(
                person, at, "enable", self.target.change_user(at, linked, {"active": True}), {}
            )
            at += timedelta(seconds=1)
        unlike = self.differences(person, linked) if account is not None else values
        unlike.pop("active", None)
        answer = self.target.change_user(at, linked, unlike or values)
        self._say(person, at, "update", answer, {})

    def _leave(self, person: Person, at: datetime, linked: str | None) -> None:
        account = self.target.accounts.get(linked or "")
        if account is None:
            self.links.pop(person.id, None)  # whoever comes back is looked up again
        if account is None or not account.active or not self.job.users_delete:
            return
        answer = self.target.change_user(at, account.id, {"active": False})
        self._say(person, at, "disable", answer, {})

    def _group(self, group: Group, at: datetime, members: dict[str, bool]) -> None:
        linked = self.group_links.get(group.id)
        if group.deleted is not None or group.id not in self.directory.assigned:
            if linked is not None and linked in self.target.groups:
                answer = self.target.delete_group(at, linked)
                self._tell(group, at, "delete", f"{PUSH}.removed", answer, [])
                self.group_links.pop(group.id)
            return
        if not self.takes(group):
            return
        if linked is None:
            answer = self.target.create_group(at, group.name, group.id)
            kind = f"{PUSH}.pushed" if answer.ok else f"{GROUP}.add"
            self._tell(group, at, "create", kind, answer, [])
            if not answer.ok or answer.id is None:
                return
            self.group_links[group.id] = linked = answer.id
            members = dict.fromkeys(group.members, True)
            at += timedelta(seconds=1)
        there = self.target.groups.get(linked)
        if there is not None and there.name != group.name:
            answer = self.target.change_group(at, linked, name=group.name)
            kind = f"{PUSH}.updated" if answer.ok else f"{GROUP}.update"
            self._tell(group, at, "update", kind, answer, [])
            at += timedelta(seconds=1)
        self._members(group, at, linked, members)

    def _members(self, group: Group, at: datetime, linked: str, members: dict[str, bool]) -> None:
        add, remove, ignored = [], [], []
        for member, added in members.items():
            account = self.links.get(member)
            if not added and account is not None:
                remove.append(account)
            elif added and account in self.target.accounts:
                add.append(str(account))
            elif added and member in self.directory.people:
                ignored.append(member)
        if add or remove or linked not in self.target.groups:
            answer = self.target.change_group(at, linked, add=add, remove=remove)
            kind = f"{PUSH}.push_memberships" if answer.ok else f"{GROUP}_membership.update"
            self._tell(group, at, "update", kind, answer, [])
        elif not members:
            answer = self.target.change_group(at, linked)
            self._tell(group, at, "update", f"{PUSH}.push_memberships", answer, [])
        if ignored:
            claim = Claim(
                self.world.uuid("event"), at, "group", "update", "skipped", group.id, group.name
            )
            claim.type, claim.unresolved = IGNORED, ignored
            self.log(claim)

    def _say(
        self, person: Person, at: datetime, action: str, answer: Answer, values: dict[str, Any]
    ) -> None:
        """Log a push of a person."""
        claim = Claim(
            self.world.uuid("event"), at, "user", action, "success", person.id, person.display
        )
        claim.login, claim.type = person.login, f"{USER}.{ACTS[action]}"
        claim.changes = [(PATHS[key], None, str(value)) for key, value in values.items()]
        claim.target_id, claim.written, claim.job = answer.id, answer.ok, self.job.id
        self.again.pop(person.id, None)
        if answer.status == 429:
            self.again[person.id] = None
        if not answer.ok:
            claim.status = "failure"
            claim.code, why = self.failed(answer)
            what = "creating user" if action == "create" else "trying to push profile update for"
            claim.reason = f"Error while {what} {person.login}: {why}"
        self.log(claim)

    def _tell(
        self, group: Group, at: datetime, action: str, kind: str, answer: Answer, ignored: list[str]
    ) -> None:
        """Log a push of a group."""
        claim = Claim(
            self.world.uuid("event"), at, "group", action, "success", group.id, group.name
        )
        claim.type, claim.job, claim.target_id = kind, self.job.id, answer.id
        claim.written, claim.unresolved = answer.ok, ignored
        if not answer.ok:
            claim.status = "failure"
            claim.code, claim.reason = self.failed(answer)
            if answer.status == 404:
                claim.reason = (
                    "Linked group is missing in the application. Change the linked group to resume"
                    " pushing group memberships."
                )
        self.log(claim)
