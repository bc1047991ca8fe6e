"""What people do to the target behind the provider's back: administrators, its own rules, first logins."""

from __future__ import annotations

from datetime import datetime, timedelta

from scimlytics.lab.target import Target
from scimlytics.lab.world import Account, TargetGroup

ADMIN = "site.admin@example.com"
ROBOT = "robot"
"""The interface by which the target's own rules act; nobody is the actor then."""


def remove(target: Target, at: datetime, account: Account, interface: str = "web") -> None:
    """Delete an account."""
    target.remove(at, account, interface, None if interface == ROBOT else ADMIN)


def disable(target: Target, at: datetime, account: Account, interface: str = "web") -> None:
    """Disable an account."""
    account.active, account.modified = False, at
    actor = None if interface == ROBOT else ADMIN
    target.did(at, "user_update", interface, account.id, account.user_name, actor)


def rename(target: Target, at: datetime, account: Account, user_name: str) -> None:
    """Give an account another user name."""
    old = account.user_name
    change = f"Username for user `{old}` changed from `{old}` to `{user_name}`."
    account.user_name, account.modified = user_name, at
    target.did(at, "user_update", "web", account.id, user_name, ADMIN, change=change)


def make(target: Target, at: datetime, account: Account) -> None:
    """Make an account."""
    target.keep(account)
    target.did(at, "user_create", "web", account.id, account.user_name, ADMIN)


def drop_group(target: Target, at: datetime, group: TargetGroup) -> None:
    """Delete a group."""
    del target.groups[group.id]
    target.did(at, "group_destroy", "web", group.id, group.name, ADMIN)


def sign_in(target: Target, at: datetime, account: Account) -> None:
    """Sign in by single sign-on."""
    account.first_login = account.first_login or at
    account.last_login = at
    target.did(at, "login", "web", None, None, account.user_name, actor_id=account.id)


def sign_in_first(target: Target, at: datetime, account: Account) -> None:
    """Sign in for the first time where that makes the account."""
    target.keep(account)
    target.did(at, "user_create", "sso", account.id, account.user_name)
    sign_in(target, at + timedelta(seconds=1), account)


def fail_to_sign_in(target: Target, at: datetime, user_name: str, idp_uid: str) -> None:
    """Try to sign in under a name that no account has."""
    target.did(
        at, "failedlogin", "web", None, None, user_name, failure="user_not_found", idp_uid=idp_uid
    )
