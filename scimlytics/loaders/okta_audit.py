"""Dated changes of Okta's directory: lifecycle, profile, membership and assignment events.

They date what provisioning ought to have followed: who was deactivated, renamed, assigned, when.
"""

from __future__ import annotations

from scimlytics.loaders.okta_kinds import AUDIT, RESULTS
from scimlytics.loaders.okta_targets import Row, details_of, first_of, name_of
from scimlytics.loaders.records import first, identifier, inner, listed, text

AUDITED = (
    "audit_id",
    "at",
    "action",
    "object_type",
    "source_id",
    "subject",
    "group_id",
    "group_name",
    "app_id",
    "attribute",
    "old",
    "new",
    "actor",
    "failed",
    "source_file",
    "source_row",
)


def audits_of(
    known: Row, kind: str, targets: dict[str, list[Row]], event_id: str, origin: Row
) -> list[Row]:
    """Give a dated change of the directory, a row for each attribute it names."""
    action, about = AUDIT.get(kind, ("other", "other"))
    user, group = first_of(targets, "user"), first_of(targets, "usergroup")
    meant = group if about == "group" or not user else user
    entry = origin | {
        "audit_id": event_id,
        "action": action,
        "object_type": about,
        "source_id": identifier(meant.get("id")),
        "subject": name_of(meant),
        "group_id": identifier(group.get("id")),
        "group_name": text(group.get("displayname")),
        "app_id": identifier(first_of(targets, "appinstance").get("id")),
        "actor": name_of(inner(known, "actor")),
        "failed": RESULTS.get(str(inner(known, "outcome").get("result")).casefold()) == "failure",
    }
    if action not in ("update", "rename"):
        return [entry]
    named = [
        one for target in (user, group, first_of(targets, "appuser")) for one in details_of(target)
    ]
    debug = inner(inner(known, "debugcontext"), "debugdata")
    told = [one[0].casefold() for one in named]
    bare = listed(first(debug, "changedattributes", "changed_attributes"))
    named += [(name, None, None) for name in bare if name.casefold() not in told]
    return [
        entry | {"action": _act(action, about, name), "attribute": name, "old": old, "new": new}
        for name, old, new in named
    ] or [entry]


def _act(action: str, about: str, attribute: str) -> str:
    """Say *rename* for what people and groups are known by."""
    keys = {"user": ("login",), "group": ("name",)}.get(about, ("username",))
    return "rename" if attribute.casefold() in keys else action
