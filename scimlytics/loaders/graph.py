"""Directory objects of Microsoft Graph: users, groups, members, deleted items, assignments, delta.

A property that was not asked for is absent, and absent is neither null nor false: what was asked
for follows from ``$select`` in the context and from the keys (formats.md, sections 2.1 to 2.3).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from scimlytics.errors import InputError
from scimlytics.loaders.delimited import DelimitedRecord
from scimlytics.loaders.entra_text import folded
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.graph_edges import assignment_rows, member_rows
from scimlytics.loaders.graph_objects import group_rows, user_rows
from scimlytics.loaders.graph_page import Objects

CONTEXT = re.compile(r"\$metadata#([^/(?]+)(?:\(([^)]*)\))?", re.IGNORECASE)
USER, GROUP = "#microsoft.graph.user", "#microsoft.graph.group"


def context(envelope: Record) -> str:
    """The page's ``@odata.context``."""
    for key, value in envelope.items():
        if key.casefold() == "@odata.context":
            return str(value)
    return ""


def kind(envelope: Record, record: Any) -> str | None:
    """What a page of directory objects holds: users, groups, directoryobjects or assignments."""
    about = context(envelope)
    if about.casefold().rstrip("/").endswith("approleassignedto"):
        return "assignments"
    if (match := CONTEXT.search(about)) and "/" not in about[match.end() :].replace("/$entity", ""):
        return match.group(1).casefold()
    if not isinstance(record, dict) or isinstance(record, DelimitedRecord):
        return None
    keys = set(folded(record))
    declared = str(record.get("@odata.type", "")).casefold()
    if {"principalid", "principaltype", "resourceid"} <= keys:
        return "assignments"
    if declared == USER or "userprincipalname" in keys:
        return "users"
    if declared == GROUP or keys & {"securityenabled", "grouptypes", "membershiprule"}:
        return "groups"
    return "directoryobjects" if declared.startswith("#microsoft.graph.") else None


def _is(wanted: str) -> Callable[[Record, Any], bool]:
    def recognises(envelope: Record, record: Any) -> bool:
        return kind(envelope, record) == wanted

    return recognises


def asked_for(envelope: Record) -> set[str]:
    """The properties in ``$select``, as the context repeats them, folded."""
    match = CONTEXT.search(context(envelope))
    names = (match.group(2) or "").split(",") if match else []
    return {name.strip().casefold() for name in names if name.strip() and "'" not in name}


def load_users(page: Page) -> Loading:
    """Load users; under ``members/`` they are the members of a group."""
    if page.group_id is not None:
        return load_members(page)
    return user_rows(Objects(page), asked_for(page.envelope))


def load_groups(page: Page) -> Loading:
    """Load groups, and the members they show; under ``members/`` they are nested groups."""
    if page.group_id is not None:
        return load_members(page)
    return group_rows(Objects(page), asked_for(page.envelope))


def load_objects(page: Page) -> Loading:
    """Load directory objects: members of a group, or deleted items of mixed types."""
    if page.group_id is not None:
        return load_members(page)
    objects = Objects(page)
    if objects.rows and all("deleteddatetime" in one for _, one in objects.rows):
        users, groups = objects.parted(lambda one: one.get("@odata.type", "").casefold() == USER)
        left, right = user_rows(users, set()), group_rows(groups, set())
        aside = [*left.aside, *(one for one in right.aside if one not in left.aside)]
        collected = {**left.collected, **right.collected}
        return Loading({**left.rows, **right.rows}, aside, collected)
    raise InputError(
        f"{page.file}: members of a group, but not of which; put it under members/<group id>.json."
    )


def load_members(page: Page) -> Loading:
    """Load the direct members of the group that the file's name tells."""
    return member_rows(Objects(page), page.group_id or "")


def load_assignments(page: Page) -> Loading:
    """Load who is assigned to the application."""
    match = re.search(r"serviceprincipals\('([^']+)'\)", context(page.envelope), re.IGNORECASE)
    return assignment_rows(Objects(page), match.group(1) if match else None)


FORMATS = (
    Format(
        "Graph assignments",
        "entra",
        ("assignments",),
        _is("assignments"),
        load_assignments,
        "source",
    ),
    Format("Graph users", "entra", ("users", "memberships"), _is("users"), load_users, "source"),
    Format(
        "Graph groups", "entra", ("groups", "memberships"), _is("groups"), load_groups, "source"
    ),
    Format(
        "Graph group members",
        "entra",
        ("memberships", "users", "groups"),
        _is("directoryobjects"),
        load_objects,
        "source",
    ),
)
