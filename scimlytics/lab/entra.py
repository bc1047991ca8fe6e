"""Entra ID: a cycle every forty minutes, of what changed; escrow, skips with reasons, held deletions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scimlytics.lab.bodies import PATHS
from scimlytics.lab.provider import Claim, Escrow, Provider
from scimlytics.lab.target import Answer
from scimlytics.lab.world import Group, Person

CODES = {
    400: "AttributeValidationFailed",
    401: "Unauthorized",
    402: "LicenseLimitExceeded",
    403: "InsufficientRights",
    404: "InvalidAnchor",
    408: "Timeout",
    409: "EntryConflict",
    422: "UnprocessableEntity",
    429: "TooManyRequests",
    500: "InternalServerError",
    501: "NotImplemented",
    502: "WebExceptionProtocolError",
}
ROUNDS = 3
"""How often one cycle tries again when the target says that there are too many requests."""


@dataclass
class Entra(Provider):
    """The cycles of an Entra provisioning job."""

    def cycle(self, at: datetime) -> None:
        """One incremental cycle: what the feed tells since the last one, and what is due again."""
        if self.job.stopped is not None and at >= self.job.stopped:
            return
        users, groups, members = self.changed(at)
        for (kind, subject), waiting in self.escrow.items():
            if waiting.due <= at:
                (users if kind == "user" else groups).setdefault(subject, None)
        if self.job.lag is not None and at >= self.job.lag[0]:
            users = self._only_one_of(at, users, self.job.lag[1])
        if not users and not groups:
            return
        cycle = self.world.uuid("cycle", at.isoformat())
        held = self._guard(at, users)
        moment = at + timedelta(seconds=2)
        queue: list[tuple[str, str, int]] = [("user", one, 0) for one in users]
        queue += [("group", one, 0) for one in groups]
        while queue:
            kind, subject, turn = queue.pop(0)
            moment += timedelta(microseconds=self.world.random.randint(40_000, 900_000))
            if kind == "user":
                claim = self._user(self.directory.people[subject], moment, subject in held)
            else:
                claim = self._group(
                    self.directory.groups[subject], moment, members.get(subject, {})
                )
            if claim is None:
                continue
            if claim.code == "TooManyRequests" and turn + 1 < ROUNDS:
                queue.append((kind, subject, turn + 1))
                if kind == "group":  # whatever of it was not sent is still to be sent
                    whole = dict.fromkeys(self.directory.groups[subject].members, True)
                    members[subject] = whole | members.get(subject, {})
                moment += timedelta(seconds=2)
                continue
            self._finish(claim, cycle)

    def on_demand(self, person: Person, at: datetime) -> None:
        """An administrator provisions one person by hand."""
        self._demanded(self._user(person, at, held=False), at)

    def group_on_demand(self, group: Group, members: Sequence[str], at: datetime) -> None:
        """An administrator provisions one group with some members by hand.

        It is matched anew: a link to a group that the target has no more is not followed.
        """
        if self.group_links.get(group.id) not in self.target.groups:
            self.group_links.pop(group.id, None)
        self._demanded(self._group(group, at, dict.fromkeys(members, True)), at)

    def _demanded(self, claim: Claim | None, at: datetime) -> None:
        if claim is not None:
            claim.by_hand = True
            self._finish(claim, self.world.uuid("cycle", f"demand {at.isoformat()}"))

    def restart(self, at: datetime, *, full: bool = False) -> None:
        """An initial cycle: everything that is linked or assigned is sent, whatever the feed tells."""
        if full:
            self.links.clear()
            self.group_links.clear()
        self.escrow.clear()
        self.job.lag = None
        self.job.resume()
        for person in self.directory.people.values():
            if person.id in self.links or self.wanted(person):
                self.directory.touch(person, at)
        for group in self.directory.groups.values():
            if group.id in self.group_links or group.id in self.directory.assigned:
                self.directory.resend(group, at)
        self.cycle(at + timedelta(seconds=1))

    def _only_one_of(
        self, at: datetime, users: dict[str, None], bulk: frozenset[str]
    ) -> dict[str, None]:
        """A provider that is behind: of a bulk one goes now, the rest stays in the queue."""
        waiting = [one for one in users if one in bulk]
        for late in waiting[1:]:
            self.escrow[("user", late)] = Escrow(at, 0, at)
        for first in waiting[:1]:
            self.escrow.pop(("user", first), None)
        return {one: None for one in users if one not in waiting[1:]}

    def _guard(self, at: datetime, users: Iterable[str]) -> set[str]:
        since = self.job.threshold_since
        if self.job.threshold is None or since is None or at < since:
            return set()
        leaving = {
            one
            for one in users
            if one in self.links and not self.wanted(self.directory.people[one])
        }
        return leaving if len(leaving) > self.job.threshold else set()

    def _finish(self, claim: Claim, cycle: str) -> None:
        key = (claim.kind, claim.source_id)
        claim.cycle, claim.job = cycle, self.job.id
        claim.change = self.world.uuid("change")
        if claim.status == "failure" and self.job.delays:
            waiting = self.escrow.get(key) or Escrow(claim.at, 0, claim.at)
            claim.retries = waiting.tries
            after = self.job.delays[waiting.tries :][:1]
            waiting.due = (
                waiting.first + timedelta(hours=after[0])
                if after
                else waiting.due + timedelta(days=1)
            )
            waiting.tries += 1
            self.escrow[key] = waiting
            due = waiting.due.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
            claim.reason = (
                f"{claim.reason} This operation was retried {claim.retries} times."
                f" It will be retried again after this date: {due} UTC"
            )
        elif claim.status != "failure":
            self.escrow.pop(key, None)
        self.log(claim)

    def _user(self, person: Person, at: datetime, held: bool) -> Claim | None:
        claim = self._claim("user", at, person.id, person.display)
        claim.login = person.user_name
        claim.read = read_user(person)
        assigned = self.directory.assigned_since(person) is not None
        claim.filter_result = self.filtered(person)
        claim.flags = {
            "active": person.active,
            "assigned": assigned,
            "role": assigned,
            "filter": all(claim.filter_result.values()),
        }
        claim.target_id = self.links.get(person.id)
        if person.gone:
            return self._erase(claim) if claim.target_id else None
        if not self.wanted(person):
            return self._unwanted(claim, person, held)
        for key in ("user_name", "email"):
            if key in self.job.mapping and key not in self.desired(person):
                return _skip(claim, "EntryJoiningPropertyValueIsMissing", PATHS[key])
        for key in self.job.required:
            if key in self.job.mapping and key not in self.desired(person):
                claim.action = "update" if claim.target_id else "create"
                return _skip(claim, "AttributeValidationFailed", PATHS[key])
        if claim.target_id is None:
            claim.target_id = self._match(person)
            if claim.target_id is None:
                return self._create(claim, person)
            self.links[person.id] = claim.target_id
        return self._update(claim, person, claim.target_id)

    def _match(self, person: Person) -> str | None:
        values = self.desired(person)
        for key in ("user_name", "email"):
            found = self.target.found_by(key, values.get(key))
            if found:
                return found[0].id
        return None

    def _create(self, claim: Claim, person: Person) -> Claim:
        values = self.desired(person)
        claim.action = "create"
        answer = self.target.create_user(claim.at, values)
        claim.changes = [(PATHS[key], None, value) for key, value in values.items()]
        claim.changes.append(("active", None, "True"))
        if answer.ok and answer.id is not None:
            self.links[person.id] = answer.id
            claim.target_id = answer.id
        return self._answered(claim, answer)

    def _update(self, claim: Claim, person: Person, account_id: str) -> Claim:
        account = self.target.accounts.get(account_id)
        if account is None:
            claim.action = "update"
            return self._answered(
                claim, self.target.change_user(claim.at, account_id, self.desired(person))
            )
        claim.found = {
            "id": account.id,
            "userName": account.user_name,
            "active": str(account.active),
        }
        unlike = self.differences(person, account_id)
        if not unlike and ("user", person.id) not in self.escrow:
            return _skip(claim, "RedundantExport", None)
        values = unlike or self.desired(person)
        claim.action = "update"
        answer = self.target.change_user(claim.at, account_id, values)
        claim.changes = [(PATHS[key], None, str(value)) for key, value in values.items()]
        return self._answered(claim, answer)

    def _unwanted(self, claim: Claim, person: Person, held: bool) -> Claim:
        account = self.target.accounts.get(claim.target_id or "")
        if account is None:
            self.links.pop(person.id, None)  # whoever comes back is matched anew
        if account is None or not account.active:
            return _skip(claim, "NotEffectivelyEntitled", None)
        claim.found = {"id": account.id, "userName": account.user_name, "active": "True"}
        if not self.job.users_delete:
            return _skip(claim, "NotEffectivelyEntitled", None)
        claim.action = "disable"
        if held:
            claim.action = "stagedDelete"
            claim.reason = "Held back: more deletions in this cycle than the job allows."
            claim.status = "skipped"
            return claim
        claim.changes = [("active", None, "False")]
        return self._answered(
            claim, self.target.change_user(claim.at, account.id, {"active": False})
        )

    def _erase(self, claim: Claim) -> Claim:
        claim.action = "delete"
        answer = self.target.delete_user(claim.at, str(claim.target_id))
        return self._answered(
            claim, Answer(204, claim.target_id) if answer.status == 404 else answer
        )

    def _group(self, group: Group, at: datetime, members: dict[str, bool]) -> Claim | None:
        if not self.job.groups_on:
            return None
        claim = self._claim("group", at, group.id, group.name)
        claim.read = {
            "objectId": group.id,
            "displayName": group.name,
            "securityEnabled": str(group.security_enabled),
        }
        claim.flags = {
            "active": group.deleted is None,
            "assigned": group.id in self.directory.assigned,
            "filter": True,
        }
        claim.target_id = self.group_links.get(group.id)
        if group.deleted is not None or group.id not in self.directory.assigned:
            return self._drop_group(claim, group)
        if not group.security_enabled:
            return _skip(claim, "NotEffectivelyEntitled", None)
        if '"' in group.name:
            return _skip(claim, "EntryJoiningPropertyValueIsMissing", "displayName")
        if claim.target_id is None:
            return self._make_group(claim, group)
        name = self._new_name(group, claim.target_id)
        return self._send_members(claim, group, claim.target_id, members, name)

    def _make_group(self, claim: Claim, group: Group) -> Claim:
        claim.action = "create"
        answer = self.target.create_group(claim.at, group.name, group.id)
        claim.changes = [("displayName", None, group.name)]
        if not answer.ok or answer.id is None:
            return self._answered(claim, answer)
        self.group_links[group.id] = claim.target_id = answer.id
        self._finish(self._answered(claim, answer), self.world.uuid("cycle", f"make {group.id}"))
        after = self._claim("group", claim.at + timedelta(seconds=1), group.id, group.name)
        after.read, after.flags, after.target_id = claim.read, claim.flags, answer.id
        return self._send_members(after, group, answer.id, dict.fromkeys(group.members, True), None)

    def _new_name(self, group: Group, target_id: str) -> str | None:
        there = self.target.groups.get(target_id)
        return group.name if there is not None and there.name != group.name else None

    def _send_members(
        self, claim: Claim, group: Group, target_id: str, members: dict[str, bool], name: str | None
    ) -> Claim:
        waiting = ("group", group.id) in self.escrow
        if waiting:
            there = self.target.groups.get(target_id)
            held = there.members if there else {}
            members = members | {
                one: True for one in group.members if self.links.get(one, "") not in held
            }
        add, remove = [], []
        for member, added in members.items():
            person = self.directory.people.get(member)
            if person is None:
                continue
            linked = self.links.get(member)
            if not added and linked is not None:
                remove.append(linked)
            elif (
                added
                and linked is not None
                and linked in self.target.accounts
                and not person.extra.get("unread")
            ):
                add.append(linked)
            elif added and person.active:
                claim.unresolved.append(member)
        claim.found = {"id": target_id, "displayName": group.name}
        if not (add or remove or name or claim.unresolved) and target_id in self.target.groups:
            return _skip(claim, "RedundantExport", None)
        claim.action = "update"
        claim.changes = [("members", None, one) for one in add] + [
            ("members", one, None) for one in remove
        ]
        if name is not None:
            claim.changes.append(("displayName", None, name))
        if not (add or remove or name) and claim.unresolved:
            claim.status, claim.code = "failure", "UnableToResolveReferenceAttributeValue"
            claim.reason = (
                f"We were unable to assign {claim.unresolved[0]} as the members of {group.name}."
            )
            claim.status = "warning"
            return claim
        answer = self.target.change_group(claim.at, target_id, name=name, add=add, remove=remove)
        return self._answered(claim, answer)

    def _drop_group(self, claim: Claim, group: Group) -> Claim | None:
        if claim.target_id is None:
            return None
        if not self.job.groups_delete:
            return _skip(claim, "NotEffectivelyEntitled", None)
        claim.action = "delete"
        answer = self.target.delete_group(claim.at, claim.target_id)
        if answer.ok:
            del self.group_links[group.id]
        return self._answered(claim, answer)

    def _claim(self, kind: str, at: datetime, source_id: str, name: str) -> Claim:
        return Claim(self.world.uuid("event"), at, kind, "other", "success", source_id, name)

    def _answered(self, claim: Claim, answer: Answer) -> Claim:
        if answer.ok:
            claim.status = "warning" if claim.unresolved else "success"
            claim.written = True
            return claim
        claim.status = "failure"
        claim.code, claim.reason = self.failed(answer)
        return claim

    def failed(self, answer: Answer) -> tuple[str, str]:
        """Entra's code for a status, and a sentence with the target's own words."""
        code = CODES.get(answer.status, "InternalServerError")
        if answer.scim_type == "invalidPath":
            code = "SchemaAttributeNotFound"
        elif answer.scim_type == "html":
            code = "SystemForCrossDomainIdentityManagementServiceIncompatible"
        return code, f"The target answered {answer.status}: {answer.detail}"


def read_user(person: Person) -> dict[str, str]:
    """What an import step shows of a person: an empty attribute is simply not there."""
    shown = {
        "objectId": person.id,
        "accountEnabled": str(person.enabled),
        "displayName": person.display,
        "givenName": person.given,
        "surname": person.family,
        "mailNickname": person.nickname,
        "userPrincipalName": person.user_name,
        "mail": person.mail,
        "department": person.department,
        "jobTitle": person.title,
        "companyName": person.company,
        "IsSoftDeleted": str(person.deleted is not None),
    }
    return {key: value for key, value in shown.items() if value}


def _skip(claim: Claim, reason: str, attribute: str | None) -> Claim:
    claim.status, claim.skip, claim.attribute = "skipped", reason, attribute
    return claim
