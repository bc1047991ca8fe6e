"""The target: how it answers a provider, and what people do to it behind the provider's back.

It answers by its state: names are unique, values may be refused, requests may be too many. It keeps
its own request log, and where the product has one a history of who did what by which interface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from scimlytics.lab import bodies
from scimlytics.lab.world import Account, TargetGroup, World
from scimlytics.tables import fold

SHOWN = {
    "filescom": ("user_name", "email", "display", "company", "active"),
    "scim": (
        "user_name", "email", "display", "given", "family", "department", "title", "company",
        "external_id", "active",
    ),
}  # fmt: skip
"""What each product stores of what it is sent; the rest it accepts and forgets."""


@dataclass(frozen=True)
class Answer:
    """What the target answered."""

    status: int
    id: str | None = None
    scim_type: str | None = None
    detail: str = ""
    retry_after: int | None = None

    @property
    def ok(self) -> bool:
        """Accepted."""
        return self.status < 300


@dataclass(frozen=True)
class Refusal:
    """A state of the target in which it refuses one subject (by user name or group name), or all."""

    subject: str | None
    since: datetime
    until: datetime
    answer: Answer
    applied: bool = False
    """It is carried out all the same, and only the answer is lost."""
    methods: tuple[str, ...] = ("POST", "PATCH", "DELETE")


@dataclass(frozen=True)
class Request:
    """One line of the target's own request log."""

    id: int
    at: datetime
    method: str
    path: str
    status: int
    sent: dict[str, Any] | None
    answered: dict[str, Any] | None


@dataclass(frozen=True)
class Deed:
    """One line of the target's history."""

    id: int
    at: datetime
    action: str
    interface: str
    target_id: str | None
    target_name: str | None
    actor_id: str | None = None
    actor: str | None = None
    failure: str = "none"
    idp_uid: str | None = None
    change: str | None = None


@dataclass
class Target:
    """Accounts and groups of the target, its habits and its logs."""

    world: World
    product: str
    rate_limit: int | None = None
    folds: bool = False
    deletes: bool = False
    defaults: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    required_group: str | None = None
    token_expires: datetime | None = None
    first_logins: bool = True
    """A first login makes an account."""
    rules: bool = False
    """It disables, and later deletes, accounts that nobody signs in to."""
    accounts: dict[str, Account] = field(default_factory=dict)
    groups: dict[str, TargetGroup] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    deaf: set[tuple[str, str]] = field(default_factory=set)
    replacing: set[str] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    history: list[Deed] = field(default_factory=list)
    earlier: dict[datetime, tuple[list[Account], list[TargetGroup]]] = field(default_factory=dict)
    _tokens: float = 0.0
    _filled: datetime | None = None

    def new_id(self, kind: str) -> str:
        """An id in the product's own form: numbers at Files.com, opaque text at a SCIM server."""
        if self.product == "filescom":
            first = {"user": 830_000, "group": 6_200}[kind]
            return str(first + self.world.count(f"target {kind}") * 3)
        return self.world.uuid(f"target {kind}").replace("-", "")[:24]

    def keep(self, account: Account) -> Account:
        """Put an account there without anybody asking."""
        self.accounts[account.id] = account
        return account

    def holder(self, user_name: str) -> Account | None:
        """The account that holds a user name; names are not case-exact."""
        key = fold(user_name)
        held = (a for a in self.accounts.values() if fold(a.user_name) == key and not a.loose)
        return next(held, None)

    def found_by(self, name: str, value: str | None) -> list[Account]:
        """What a provider's look-up by one attribute shows."""
        key = fold(value)
        return [
            a
            for a in self.accounts.values()
            if key and fold(getattr(a, name)) == key and not a.hidden
        ]

    def group_named(self, name: str) -> TargetGroup | None:
        """The group of that name."""
        return next((g for g in self.groups.values() if fold(g.name) == fold(name)), None)

    def create_user(self, at: datetime, values: Mapping[str, Any]) -> Answer:
        """``POST /Users``."""
        name = str(values["user_name"])
        answer = self._refused(at, "POST", name)
        if answer is None and self.holder(name) is not None:
            answer = Answer(409, None, "uniqueness", f"userName {name} is already in use.")
        if answer is None:
            kept: dict[str, Any] = {
                key: values.get(key) for key in SHOWN[self.product] if key not in ("active",)
            }
            if self.folds:
                kept |= {
                    key: str(kept[key]).lower() for key in ("user_name", "email") if kept.get(key)
                }
            kept["display"] = kept.get("display") or name
            account = Account(id=self.new_id("user"), created=at, modified=at, **kept)
            account.given, account.family = account.given or "", account.family or ""
            self.keep(account)
            for default in self.defaults:
                group = self.group_named(default)
                if group is not None:
                    group.members[account.id] = None
            self.did(at, "user_create", "scim", account.id, account.user_name)
            lost = self._refusal(at, "POST", name)
            answer = lost.answer if lost is not None else Answer(201, account.id)
        self._log(at, "POST", "/Users", answer, bodies.sent_user(dict(values)))
        return answer

    def change_user(self, at: datetime, account_id: str, values: Mapping[str, Any]) -> Answer:
        """``PATCH /Users/{id}``."""
        account = self.accounts.get(account_id)
        answer = self._refused(at, "PATCH", account.user_name if account else None)
        if answer is None and account is not None:
            taken = self.holder(str(values["user_name"])) if "user_name" in values else None
            if taken is not None and taken is not account:
                answer = Answer(
                    409, None, "uniqueness", f"userName {values['user_name']} is already in use."
                )
            else:
                self._apply(at, account, values)
                answer = Answer(200, account_id)
        if answer is None:
            answer = Answer(404, None, None, f"Resource {account_id} not found.")
        sent = {
            "schemas": [bodies.PATCH],
            "Operations": [
                {
                    "op": "Replace",
                    "path": bodies.PATHS[key],
                    "value": str(value) if key == "active" else value,
                }
                for key, value in values.items()
            ],
        }
        self._log(at, "PATCH", f"/Users/{account_id}", answer, sent)
        return answer

    def delete_user(self, at: datetime, account_id: str) -> Answer:
        """``DELETE /Users/{id}``."""
        account = self.accounts.get(account_id)
        answer = self._refused(at, "DELETE", account.user_name if account else None)
        if answer is None:
            answer = Answer(204 if account else 404, account_id)
            if account is not None:
                self.remove(at, account, "scim", None)
        self._log(at, "DELETE", f"/Users/{account_id}", answer, None)
        return answer

    def create_group(self, at: datetime, name: str, external_id: str | None) -> Answer:
        """``POST /Groups``."""
        answer = self._refused(at, "POST", name)
        if answer is None and self.group_named(name) is not None:
            answer = Answer(409, None, "uniqueness", f"displayName {name} is already in use.")
        if answer is None:
            group = TargetGroup(self.new_id("group"), name, at, at)
            group.external_id = external_id if self.product == "scim" else None
            self.groups[group.id] = group
            self.did(at, "group_create", "scim", group.id, name)
            answer = Answer(201, group.id)
        sent = {"schemas": [bodies.GROUP], "externalId": external_id, "displayName": name}
        self._log(at, "POST", "/Groups", answer, sent)
        return answer

    def change_group(
        self,
        at: datetime,
        group_id: str,
        *,
        name: str | None = None,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
    ) -> Answer:
        """``PATCH /Groups/{id}``."""
        group = self.groups.get(group_id)
        answer = self._refused(at, "PATCH", group.name if group else None)
        if answer is None and group is not None:
            if group_id in self.replacing and add:
                group.members = {}
            group.members |= dict.fromkeys(add)
            for member in () if (group_id, "remove") in self.deaf else remove:
                group.members.pop(member, None)
            if name is not None and (group_id, "name") not in self.deaf:
                group.name = name
            group.modified = at
            answer = Answer(200, group_id)
        if answer is None:
            answer = Answer(404, None, None, f"Resource {group_id} not found.")
        operations: list[dict[str, Any]] = []
        if name is not None:
            operations.append({"op": "Replace", "path": "displayName", "value": name})
        if add:
            operations.append(
                {"op": "Add", "path": "members", "value": [{"value": one} for one in add]}
            )
        if remove:
            operations.append(
                {"op": "Remove", "path": "members", "value": [{"value": one} for one in remove]}
            )
        self._log(
            at,
            "PATCH",
            f"/Groups/{group_id}",
            answer,
            {"schemas": [bodies.PATCH], "Operations": operations},
        )
        return answer

    def delete_group(self, at: datetime, group_id: str) -> Answer:
        """``DELETE /Groups/{id}``."""
        group = self.groups.pop(group_id, None)
        answer = Answer(204 if group else 404, group_id)
        if group is not None:
            self.did(at, "group_destroy", "scim", group_id, group.name)
        self._log(at, "DELETE", f"/Groups/{group_id}", answer, None)
        return answer

    def photograph(self, at: datetime) -> None:
        """Somebody exports the target; the export is kept."""
        self.earlier[at] = (
            [replace(a) for a in self.accounts.values()],
            [replace(g, members=dict(g.members)) for g in self.groups.values()],
        )

    def _apply(self, at: datetime, account: Account, values: Mapping[str, Any]) -> None:
        for key, value in values.items():
            if key not in SHOWN[self.product] or (account.id, key) in self.deaf:
                continue
            folded = self.folds and key in ("user_name", "email")
            setattr(account, key, str(value).lower() if folded else value)
        account.modified = at
        if (
            self.deletes
            and values.get("active") is False
            and (account.id, "active") not in self.deaf
        ):
            self.remove(at, account, "scim", None)
        else:
            self.did(at, "user_update", "scim", account.id, account.user_name)

    def remove(self, at: datetime, account: Account, interface: str, actor: str | None) -> None:
        """An account goes, and with it its memberships."""
        self.accounts.pop(account.id, None)
        for group in self.groups.values():
            group.members.pop(account.id, None)
        self.did(at, "user_destroy", interface, account.id, account.user_name, actor)

    def _refusal(self, at: datetime, method: str, name: str | None) -> Refusal | None:
        for refusal in self.refusals:
            meant = refusal.subject is None or fold(refusal.subject) == fold(name)
            if meant and refusal.since <= at < refusal.until and method in refusal.methods:
                return refusal
        return None

    def _refused(self, at: datetime, method: str, name: str | None) -> Answer | None:
        refusal = self._refusal(at, method, name)
        if refusal is not None:
            return None if refusal.applied else refusal.answer
        if self.rate_limit is None:
            return None
        since = self._filled or at
        minutes = max(0.0, (at - since).total_seconds() / 60)
        burst = max(1.0, self.rate_limit / 6)
        self._tokens = (
            burst if self._filled is None else min(burst, self._tokens + minutes * self.rate_limit)
        )
        self._filled = max(at, since)
        if self._tokens >= 1:
            self._tokens -= 1
            return None
        return Answer(429, None, None, "Too many requests.", retry_after=10)

    def did(
        self,
        at: datetime,
        action: str,
        interface: str,
        target_id: str | None,
        target_name: str | None,
        actor: str | None = None,
        *,
        actor_id: str | None = None,
        failure: str = "none",
        idp_uid: str | None = None,
        change: str | None = None,
    ) -> None:
        """Write a line of the history."""
        number = 7_000_000 + self.world.count("deed") * 7
        self.history.append(
            Deed(
                number,
                at,
                action,
                interface,
                target_id,
                target_name,
                actor_id,
                actor,
                failure,
                idp_uid,
                change,
            )
        )

    def _log(
        self, at: datetime, method: str, path: str, answer: Answer, sent: dict[str, Any] | None
    ) -> None:
        shown: dict[str, Any] | None = None
        if not answer.ok:
            shown = bodies.error_body(answer.status, answer.scim_type, answer.detail)
        elif path.startswith("/Users") and answer.id in self.accounts:
            shown = bodies.user_body(self.accounts[answer.id])
        elif path.startswith("/Groups") and answer.id in self.groups:
            names = {key: account.user_name for key, account in self.accounts.items()}
            shown = bodies.group_body(self.groups[answer.id], names)
        number = 990_000 + self.world.count("request")
        self.requests.append(
            Request(number, at, method, path, answer.status, deepcopy(sent), shown)
        )
