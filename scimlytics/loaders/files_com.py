"""Files.com: users, groups and memberships.

Bare arrays of the REST interface, or the same as CSV. Lists stand in texts (``group_ids``,
``user_ids``, ``provision_group_required``): trap 18 of formats.md. What happened on the site
(history, SCIM log, …) is in
:mod:`scimlytics.loaders.files_com_log`, what was set there in ``files_com_settings``.
Source: the resource reference in Files.com's SDK (``docs/*.md`` of Files-com/files-sdk-python).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    columns,
    fields,
    flag,
    identifier,
    listed,
    missing_id,
    moment,
    objects,
    scalars,
    text,
)

USER = {
    "username": "user_name",
    "email": "email",
    "name": "display_name",
    "company": "company",
    "authentication_method": "auth_method",
    "sso_strategy_id": "strategy_id",
}
USER_FLAGS = {"externally_managed": "managed", "site_admin": "privileged"}
USER_TIMES = {
    "created_at": "created",
    "first_login_at": "first_login",
    "last_login_at": "last_login",
}
_GROUP = (
    "id",
    "display_name",
    "kind",
    "members_shown",
    "attributes",
    "source_file",
    "source_row",
)
_MEMBERSHIP = (
    "group_id",
    "member_id",
    "member_type",
    "member_name",
    "admin",
    "source_file",
    "source_row",
)
Row = dict[str, Any]


def has(*names: str, any_of: tuple[str, ...] = ()) -> Callable[[Record, Any], bool]:
    """Recognise a record that has all of these fields, and one of *any_of* where given."""

    def recognises(envelope: Record, record: Any) -> bool:
        if not isinstance(record, Mapping):
            return False
        known = fields(record)
        return all(name in known for name in names) and (
            not any_of or any(name in known for name in any_of)
        )

    return recognises


def rows_of(page: Page, key: str) -> tuple[list[tuple[Row, Row]], list[tuple[int, str]]]:
    """Give the records that have an id under *key*, each with where it came from."""
    aside: list[tuple[int, str]] = []
    found: list[tuple[Row, Row]] = []
    for row, record in objects(page, aside):
        known = fields(record)
        if identifier(known.get(key)) is None:
            aside.append((row, missing_id(known.get(key), key)))
        else:
            found.append((known, {"source_file": page.file, "source_row": row}))
    return found, aside


def load_users(page: Page) -> Loading:
    """Turn users into rows.

    *Active* is ``not disabled``. The computed ``disabled_expired_or_inactive`` also counts people
    who merely have not signed in for long or whose date has passed; provisioning sets ``disabled``
    and nothing else, so only that can contradict what the directory wants. The computed flag is
    kept as the state.
    """
    found, aside = rows_of(page, "id")
    shown: set[str] = set()
    users: list[Row] = []
    member_of: list[Row] = []
    for known, origin in found:
        shown.update(known)
        users.append(_user(known) | origin)
        administered = set(listed(known.get("admin_group_ids")))
        for group in listed(known.get("group_ids")):
            member = {"group_id": group, "member_id": users[-1]["id"], "member_type": "user"}
            named = {"member_name": text(known.get("username")), "admin": group in administered}
            member_of.append(member | named | origin)
    collected = {"id", "attributes", "source_file", "source_row"} | {
        column for name, column in (USER | USER_FLAGS | USER_TIMES).items() if name in shown
    }
    collected |= {"active", "state"} if "disabled" in shown else set()
    rows = {"users": columns(users, sorted(collected))}
    told = {"memberships": columns(member_of, _MEMBERSHIP)} if "group_ids" in shown else {}
    return Loading(rows, aside, {"users": collected}, fallback=told)


def _user(known: Row) -> Row:
    disabled = flag(known.get("disabled"))
    resting = flag(known.get("disabled_expired_or_inactive"))
    state = "disabled" if disabled else "expired_or_inactive" if resting else "enabled"
    return (
        {
            "id": identifier(known.get("id")),
            "active": None if disabled is None else not disabled,
            "state": None if disabled is None else state,
            "attributes": scalars(known, ("id", "group_ids", "avatar_url", "header_text")),
        }
        | {column: text(known.get(name)) for name, column in USER.items()}
        | {column: flag(known.get(name)) for name, column in USER_FLAGS.items()}
        | {column: moment(known.get(name)) for name, column in USER_TIMES.items()}
    )


def load_groups(page: Page) -> Loading:
    """Turn groups into rows, and ``user_ids`` into memberships.

    Without ``user_ids`` nothing is known of the members; their names alone (``usernames``) may
    hold commas and are no ids, so they do not count.
    """
    found, aside = rows_of(page, "id")
    groups: list[Row] = []
    members: list[Row] = []
    for known, origin in found:
        group = identifier(known.get("id"))
        groups.append(
            {
                "id": group,
                "display_name": text(known.get("name")),
                "kind": "target",
                "members_shown": "user_ids" in known,
                "attributes": scalars(known, ("id", "user_ids", "usernames", "admin_ids")),
            }
            | origin
        )
        if "user_ids" in known:
            members += [{"group_id": group} | one | origin for one in _members(known)]
    rows = {"groups": columns(groups, _GROUP), "memberships": columns(members, _MEMBERSHIP)}
    return Loading(rows, aside)


def _members(known: Row) -> list[Row]:
    users, names = listed(known.get("user_ids")), listed(known.get("usernames"))
    admins = listed(known.get("admin_ids"))
    if len(names) != len(users):
        names = []
    named = dict(zip(users, names, strict=False))
    return [
        {
            "member_id": user,
            "member_type": "user",
            "member_name": named.get(user),
            "admin": user in admins,
        }
        for user in dict.fromkeys([*users, *admins])
    ]


def load_group_users(page: Page) -> Loading:
    """Turn the members of groups (``group_users``) into memberships."""
    aside: list[tuple[int, str]] = []
    members: list[Row] = []
    for row, record in objects(page, aside):
        known = fields(record)
        group, user = identifier(known.get("group_id")), identifier(known.get("user_id"))
        if group is None or user is None:
            lacking = "group_id" if group is None else "user_id"
            aside.append((row, missing_id(known.get(lacking), lacking)))
            continue
        members.append(
            {
                "group_id": group,
                "member_id": user,
                "member_type": "user",
                "member_name": text(known.get("username")),
                "admin": flag(known.get("admin")),
                "source_file": page.file,
                "source_row": row,
            }
        )
    return Loading({"memberships": columns(members, _MEMBERSHIP)}, aside)


def _is_group(envelope: Record, record: Any) -> bool:
    if not has("id", "name")(envelope, record):
        return False
    known = fields(record)
    if {"user_ids", "usernames", "admin_ids"} & set(known):
        return True
    # A group without its members, as some exports choose.
    strange = {"username", "provider", "inactivity_days", "schemas", "profile", "email"}
    return {"workspace_id", "site_id"} <= set(known) and not strange & set(known)


_USER_MARKS = (
    "authentication_method",
    "group_ids",
    "externally_managed",
    "site_admin",
    "sso_strategy_id",
    "disabled_expired_or_inactive",
)
FORMATS = (
    Format(
        "Files.com users",
        "files.com",
        ("users", "memberships"),
        has("username", any_of=_USER_MARKS),
        load_users,
        "target",
    ),
    Format(
        "Files.com groups",
        "files.com",
        ("groups", "memberships"),
        _is_group,
        load_groups,
        "target",
    ),
    Format(
        "Files.com group members",
        "files.com",
        ("memberships",),
        has("group_id", "user_id", any_of=("group_name", "username", "admin")),
        load_group_users,
        "target",
    ),
)
