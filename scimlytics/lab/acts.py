"""What each remedy is in a simulated tenant: the hands of administrators, at the source and in the target.

A step is done by the request it carries, or by its remedy and the ids of the findings it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scimlytics.lab import hands
from scimlytics.lab.people import ascii_name
from scimlytics.lab.provider import ALWAYS
from scimlytics.lab.stage import Stage
from scimlytics.lab.target import Refusal
from scimlytics.lab.world import Account, Group, Person, TargetGroup

Row = Mapping[str, Any]


@dataclass
class Hand:
    """Does steps, and remembers what it took away until it is to be given back."""

    stage: Stage
    taken: dict[str, tuple[bool, list[Group]]] = field(default_factory=dict)
    former: dict[str, str] = field(default_factory=dict)

    def does(self, step: Row, about: list[Row], turn: int, at: datetime) -> None:
        """Do one step; *turn* says which of a remedy's several it is."""
        remedy = step["remedy"]
        url = (step["request"] or {}).get("url", "")
        if url.endswith("/provisionOnDemand"):
            self._on_demand(step["request"]["body"], at)
        elif remedy == "readd_member":
            self._readd(step["request"], at)
        elif remedy in WIDE:
            WIDE[remedy](self, about, at)
        else:
            for row in about:
                ACTS[remedy](self, row, turn, at)

    # What the provider's own interface does.

    def _on_demand(self, body: Row, at: datetime) -> None:
        for given in body["parameters"]:
            for subject in given["subjects"]:
                if subject["objectTypeName"] == "User":
                    self.stage.provider.on_demand(self._person(subject["objectId"]), at)
                    continue
                members = [one["objectId"] for one in subject.get("links", {}).get("members", ())]
                group = self.stage.directory.groups[subject["objectId"]]
                self.stage.provider.group_on_demand(group, members, at)

    def _restart(self, about: list[Row], at: datetime) -> None:
        self.stage.provider.restart(at)

    def _restart_full(self, about: list[Row], at: datetime) -> None:
        self.stage.provider.restart(at, full=True)

    def _resume(self, about: list[Row], at: datetime) -> None:
        self.stage.provider.job.resume()

    # What is done at the source.

    def _away_and_back(self, row: Row, turn: int, at: datetime) -> None:
        directory = self.stage.directory
        one = self._principal(row)
        if turn:
            direct, groups = self.taken.pop(one.id)
            if direct:
                directory.assign(one, at)
            for group in groups:
                directory.add_member(group, self._person(one.id), at)
            return
        groups = [g for g in directory.groups.values() if one.id in g.members]
        groups = [g for g in groups if g.id in directory.assigned and g.deleted is None]
        self.taken[one.id] = one.id in directory.assigned, groups
        if one.id in directory.assigned:
            directory.unassign(one, at)
        for group in groups:
            directory.remove_member(group, self._person(one.id), at)

    def _readd(self, request: Row, at: datetime) -> None:
        """The directory's own interface: DELETE, or POST (PUT at Okta), one member of one group."""
        said = f"{request['url']} {request['body']}"
        [group] = [one for one in self.stage.directory.groups.values() if one.id in said]
        [person] = [one for one in self.stage.directory.people.values() if one.id in said]
        away = request["method"] == "DELETE"
        change = self.stage.directory.remove_member if away else self.stage.directory.add_member
        change(group, person, at)

    def _touch(self, row: Row, turn: int, at: datetime) -> None:
        directory = self.stage.directory
        one = self._principal(row)
        if isinstance(one, Group):
            former = self.former.setdefault(one.id, one.name)
            directory.rename_group(one, former if turn else f"{former} .", at)
            return
        former = self.former.setdefault(one.id, one.display)
        directory.change(one, at, {"display": former if turn else f"{former} ."})

    def _fill(self, row: Row, turn: int, at: datetime) -> None:
        """Fill what is empty, or write what the target takes."""
        one = self._principal(row)
        self._take(one, lambda refusal: refusal.answer.scim_type == "invalidValue")
        if isinstance(one, Group):
            plain = "".join(letter for letter in one.name if letter != '"')
            self.stage.directory.rename_group(one, plain, at)
            return
        missing: dict[str, str | None] = {}
        if not one.family:
            missing["family"] = "Holm"
        if one.mail is None:
            missing["mail"] = f"{one.nickname}@example.com"
        self.stage.directory.change(one, at, missing or {"title": one.title})

    def _rename(self, row: Row, turn: int, at: datetime) -> None:
        person = self._person(row["source_id"])
        alias = f"{ascii_name(person.given)}.{ascii_name(person.family)}.{person.id[-4:]}"
        name = f"{alias}@example.com"
        self.stage.directory.change(person, at, {"user_name": name, "mail": name})

    def _align(self, row: Row, turn: int, at: datetime) -> None:
        person = self._person(row["source_id"])
        self.stage.directory.change(person, at, {"user_name": person.mail})

    def _make_unique(self, row: Row, turn: int, at: datetime) -> None:
        """Whose address it is not gets one, then an account."""
        provider = self.stage.provider
        people = [self._person(one) for one in (row["source_id"], *row["other_ids"])]
        owner = next(one for one in people if str(one.mail).startswith(one.nickname))
        others = [one for one in people if one is not owner]
        if turn == 0:
            for one in others:
                self.stage.directory.change(one, at, {"mail": f"{one.nickname}@example.com"})
            return
        provider.on_demand(owner, at)
        for one in others:
            provider.links.pop(one.id, None)
            provider.on_demand(one, at + timedelta(seconds=30))

    def _assign_directly(self, row: Row, turn: int, at: datetime) -> None:
        """Somebody who is in an inner group only becomes a member of the outer one."""
        directory, person = self.stage.directory, self._person(row["source_id"])
        if row["object_type"] == "membership":
            directory.add_member(self._group(row), person, at)
            return
        inner = {group.id for group in directory.direct_groups(person)}
        for group in directory.groups.values():
            if group.id in directory.assigned and inner & group.members.keys():
                directory.add_member(group, person, at)

    def _assign(self, row: Row, turn: int, at: datetime) -> None:
        person = self._person(row["source_id"])
        person.extra.pop("unassigned", None)
        required = self.stage.target.required_group
        if required is not None:
            self._take(person, lambda refusal: "provision_group_required" in refusal.answer.detail)
        self.stage.directory.assign(person, at)
        if row["object_type"] == "membership":
            self.stage.directory.add_member(self._group(row), person, at)

    def _security_group(self, row: Row, turn: int, at: datetime) -> None:
        group = self._group(row)
        group.kind = "m365_security"
        self.stage.directory.resend(group, at)

    def _split(self, row: Row, turn: int, at: datetime) -> None:
        """The group is pushed only, and whoever it assigned is assigned by another."""
        group = self._group(row)
        group.both = False
        for member in group.members:
            self.stage.directory.assign(self._person(member), at)
        self.stage.directory.resend(group, at)

    def _mapping(self, about: list[Row], at: datetime) -> None:
        """Mend the mappings; a change of one begins an initial cycle (Microsoft's guide says so)."""
        job = self.stage.provider.job
        for row in about:
            if row["cause"] == "group_mapping_off":
                job.groups_on = True
            if row["object_type"] in ("user", "group"):
                one = self._principal(row)
                self._take(one, lambda refusal: refusal.answer.scim_type == "invalidPath")
        job.extra.clear()
        job.flow = dict.fromkeys(job.flow, ALWAYS)
        self._begin_anew(at)

    def _scope(self, about: list[Row], at: datetime) -> None:
        """Drop the clause, the pattern or the switch that keeps people and groups out."""
        self.stage.provider.job.department = None
        self.stage.target.excluded = ()
        for row in about:
            if row["object_type"] == "group":
                group = self._group(row)
                group.kept_out = False
                self.stage.directory.resend(group, at)
        self._begin_anew(at)

    def _begin_anew(self, at: datetime) -> None:
        if self.stage.source == "entra":
            self.stage.provider.restart(at)

    def _deprovision(self, about: list[Row], at: datetime) -> None:
        job = self.stage.provider.job
        job.users_delete = job.groups_delete = True
        for row in about:
            one = self._principal(row)
            if isinstance(one, Person):
                one.suspended = False
            self.stage.directory.touch(one, at)

    def _review(self, about: list[Row], at: datetime) -> None:
        """Allow the held deletions."""
        self.stage.provider.job.threshold = None
        for row in about:
            self.stage.directory.touch(self._principal(row), at)

    def _credentials(self, about: list[Row], at: datetime) -> None:
        self.stage.target.token_expires = None
        self._take(
            None, lambda one: one.answer.status in (401, 403) and "group" not in one.answer.detail
        )

    def _licences(self, about: list[Row], at: datetime) -> None:
        self._take(None, lambda refusal: refusal.answer.status == 402)

    def _endpoint(self, about: list[Row], at: datetime) -> None:
        self.stage.target.replacing.clear()
        self._take(None, lambda refusal: refusal.answer.scim_type == "html")

    # What is done in the target.

    def _repush(self, row: Row, turn: int, at: datetime) -> None:
        """Unlink the pushed group, leave it in the application, and push it anew."""
        group = self._group(row)
        self.stage.provider.group_links.pop(group.id, None)
        self.stage.directory.touch(group, at)

    def _relink(self, row: Row, turn: int, at: datetime) -> None:
        provider, one = self.stage.provider, self._principal(row)
        if isinstance(one, Group):
            provider.group_links.pop(one.id, None)
        for name in (one.id, *(row["other_ids"] or ())):
            provider.links.pop(name, None)
        self.stage.directory.touch(one, at)

    def _rename_there(self, row: Row, turn: int, at: datetime) -> None:
        one = self._principal(row)
        there = self._there(row)
        if isinstance(one, Group) and isinstance(there, TargetGroup):
            there.name = one.name
        elif isinstance(one, Person) and isinstance(there, Account):
            hands.rename(self.stage.target, at, there, one.login)
            there.email = one.mail

    def _reactivate(self, row: Row, turn: int, at: datetime) -> None:
        account = self.stage.target.accounts.get(row["target_id"])
        if account is None:
            return
        account.active, account.modified = True, at
        self.stage.target.did(at, "user_update", "web", account.id, account.user_name, hands.ADMIN)

    def _disable(self, row: Row, turn: int, at: datetime) -> None:
        for name in [row["target_id"], *(row["other_ids"] or ())]:
            account = self.stage.target.accounts.get(name)
            if account is not None and account.active:
                hands.disable(self.stage.target, at, account)

    def _remove(self, row: Row, turn: int, at: datetime) -> None:
        target = self.stage.target
        if row["object_type"] == "membership":
            group = target.groups.get(row["group_target_id"])
            if group is not None:
                group.members.pop(row["target_id"], None)
        elif row["object_type"] == "group" and row["target_id"] in target.groups:
            hands.drop_group(target, at, target.groups[row["target_id"]])

    def _twin(self, row: Row, turn: int, at: datetime) -> None:
        """Take the name of the account that is not the survivor, and disable it."""
        target = self.stage.target
        for name in row["other_ids"] or ():
            account = target.accounts.get(name)
            if account is not None:
                hands.rename(target, at, account, f"former-{account.id}@example.com")
                account.email = account.user_name
                hands.disable(target, at, account)

    def _adopt(self, row: Row, turn: int, at: datetime) -> None:
        """Of somebody who has an account the other record gets another name."""
        for name in row["other_ids"] or ():
            account = self.stage.target.accounts.get(name)
            if account is not None and row["target_id"]:
                hands.rename(self.stage.target, at, account, f"other-{account.id}@app.example")
                account.email = account.user_name
            elif account is not None:
                account.hidden = False

    def _edit(self, row: Row, turn: int, at: datetime) -> None:
        """Write by hand what the source says: one attribute, a name, or a membership."""
        one, there = self._principal(row), self._there(row)
        if row["object_type"] == "membership":
            self.stage.target.groups[row["group_target_id"]].members[row["target_id"]] = None
        elif isinstance(one, Person) and isinstance(there, Account):
            wanted = self.stage.provider.desired(one)
            for key in ("user_name", "email", "display", "given", "family", "title", "department"):
                if key in self.stage.provider.job.mapping:
                    setattr(
                        there, key, wanted.get(key) or ("" if key in ("given", "family") else None)
                    )
        elif isinstance(one, Group) and isinstance(there, TargetGroup):
            there.name = one.name

    def _rule(self, about: list[Row], at: datetime) -> None:
        """The rule takes nobody any more; whom it took comes back by another step."""
        self.stage.target.rules = False

    def _nothing(self, row: Row, turn: int, at: datetime) -> None:
        """Waiting, and what people have to find out, changes nothing by itself."""

    def _nothing_at_all(self, about: list[Row], at: datetime) -> None:
        """The same for all at once."""

    # Who is meant.

    def _person(self, name: str) -> Person:
        return self.stage.directory.people[name]

    def _group(self, row: Row) -> Group:
        edge = row["object_type"] == "membership"
        return self.stage.directory.groups[row["group_source_id"] if edge else row["source_id"]]

    def _principal(self, row: Row) -> Person | Group:
        return self._group(row) if row["object_type"] == "group" else self._person(row["source_id"])

    def _there(self, row: Row) -> Account | TargetGroup | None:
        if row["object_type"] == "group":
            return self.stage.target.groups.get(row["target_id"] or "")
        return self.stage.target.accounts.get(row["target_id"] or "")

    def _take(self, one: Person | Group | None, which: Callable[[Refusal], bool]) -> None:
        """The target refuses such a thing no more: of one object, or of all."""
        name = None if one is None else one.login if isinstance(one, Person) else one.name
        self.stage.target.refusals = [
            refusal
            for refusal in self.stage.target.refusals
            if not which(refusal) or (name is not None and refusal.subject != name)
        ]


ACTS: dict[str, Callable[[Hand, Row, int, datetime], None]] = {
    "fill_source_attribute": Hand._fill,
    "use_security_group": Hand._security_group,
    "assign_directly": Hand._assign_directly,
    "assign_member": Hand._assign,
    "rename_in_source": Hand._rename,
    "align_mail_and_upn": Hand._align,
    "make_key_unique": Hand._make_unique,
    "split_groups": Hand._split,
    "reassign_in_source": Hand._away_and_back,
    "deactivate_reactivate_in_source": Hand._away_and_back,
    "touch_user": Hand._touch,
    "touch_group": Hand._touch,
    "repush_group": Hand._repush,
    "relink": Hand._relink,
    "rename_in_target": Hand._rename_there,
    "reactivate_in_target": Hand._reactivate,
    "disable_in_target": Hand._disable,
    "remove_in_target": Hand._remove,
    "merge_accounts": Hand._twin,
    "remove_twin": Hand._twin,
    "adopt_or_rename_existing": Hand._adopt,
    "manual_edit": Hand._edit,
    "investigate": Hand._nothing,
    "find_second_writer": Hand._nothing,
    "check_grants": Hand._nothing,
    "assign_or_remove": Hand._nothing,
    "mark_or_remove": Hand._nothing,
}
"""Remedy → what is done to one object."""
WIDE: dict[str, Callable[[Hand, list[Row], datetime], None]] = {
    "wait": Hand._nothing_at_all,
    "fix_mapping": Hand._mapping,
    "fix_scope": Hand._scope,
    "fix_credentials": Hand._credentials,
    "free_licences": Hand._licences,
    "slow_down_job": Hand._nothing_at_all,
    "decide_deprovisioning": Hand._deprovision,
    "review_staged_deletes": Hand._review,
    "match_on_immutable_id": Hand._nothing_at_all,
    "enable_scim": Hand._nothing_at_all,
    "restart_job": Hand._restart,
    "restart_job_full": Hand._restart_full,
    "resume_job": Hand._resume,
    "fix_target_endpoint": Hand._endpoint,
    "report_to_vendor": Hand._endpoint,
    "adjust_lifecycle_rule": Hand._rule,
    "export_again": Hand._nothing_at_all,
}
"""Remedy → what is done once for all."""
