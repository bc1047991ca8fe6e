"""Memberships and assignments of Graph: who is in which group, who is assigned to the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scimlytics.loaders.entra_text import Folded, text
from scimlytics.loaders.format import Loading
from scimlytics.loaders.graph_page import Objects

KINDS = {
    "user": "user",
    "group": "group",
    "device": "device",
    "serviceprincipal": "service_principal",
}


def member_rows(objects: Objects, group_id: str) -> Loading:
    """MEMBERSHIPS of one group, direct members only."""
    edges: list[dict[str, Any]] = []
    left: list[str] = []
    for row, known in objects.with_id():
        if "@removed" in known:
            left.append(known["id"])
        else:
            edges.append(edge(group_id, known, row))
    rows = {"memberships": edges_of(edges)}
    if left:
        rows["-memberships"] = {"group_id": [group_id] * len(left), "member_id": left}
    return Loading(rows, objects.aside)


def edge(group_id: str, member: Folded, row: int) -> dict[str, Any]:
    """One membership."""
    declared = str(member.get("@odata.type") or "").rpartition(".")[2].casefold()
    kind = KINDS.get(declared, "other" if declared else "unknown")
    if not declared and "userprincipalname" in member:
        kind = "user"
    name = text(member.get("userprincipalname")) or text(member.get("displayname"))
    id_ = text(member.get("id"))
    return {
        "group_id": group_id,
        "member_id": id_,
        "member_type": kind,
        "member_name": name,
        "source_row": row,
    }


def edges_of(edges: Iterable[dict[str, Any]]) -> dict[str, list[Any]]:
    """Memberships as columns."""
    names = ("group_id", "member_id", "member_type", "member_name", "source_row")
    found = list(edges)
    return {name: [edge[name] for edge in found] for name in names}


def assignment_rows(objects: Objects, app_id: str | None) -> Loading:
    """ASSIGNMENTS of an application; a principal with several roles has several rows."""
    names = (
        "app_id",
        "principal_id",
        "principal_type",
        "principal_name",
        "role_id",
        "created",
        "source_row",
    )
    columns: dict[str, list[Any]] = {name: [] for name in names}
    for row, known in objects.with_id("principalid"):
        kind = str(known.get("principaltype") or "").casefold()
        created = known.get("createddatetime") or known.get("creationtimestamp")
        values = (
            text(known.get("resourceid")) or app_id,
            known["principalid"],
            kind if kind in ("user", "group") else "other",
            text(known.get("principaldisplayname")),
            text(known.get("approleid")),
            objects.time(row, created),
            row,
        )
        for column, value in zip(names, values, strict=True):
            columns[column].append(value)
    return Loading({"assignments": columns}, objects.aside)
