"""What a SCIM 2.0 server shows: Users and Groups as list responses, in pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scimlytics.lab import bodies
from scimlytics.lab.files import write_json
from scimlytics.lab.stage import Stage
from scimlytics.lab.world import Account, TargetGroup, stamp

BASE = "https://scim.harbour.example/v2"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def write_target(folder: Path, stage: Stage) -> None:
    """Write the target's two lists, and an older export of both."""
    _write(folder, list(stage.target.accounts.values()), list(stage.target.groups.values()))
    for at, (accounts, groups) in stage.target.earlier.items():
        _write(folder / "previous" / stamp(at).replace(":", "").replace("-", ""), accounts, groups)


def pages(resources: list[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    """A list in pages: 1-based, and each says how many there are in all."""
    return [
        {
            "schemas": [LIST],
            "totalResults": len(resources),
            "startIndex": begin + 1,
            "itemsPerPage": len(resources[begin : begin + size]),
            "Resources": resources[begin : begin + size],
        }
        for begin in range(0, max(len(resources), 1), size)
    ]


def _write(folder: Path, accounts: list[Account], groups: list[TargetGroup]) -> None:
    names = {one.id: one.user_name for one in accounts}
    write_json(
        folder / "users.json.gz", pages([bodies.user_body(one, BASE) for one in accounts], 100)
    )
    shown = [bodies.group_body(one, names, BASE) for one in groups]
    write_json(folder / "groups.json.gz", pages(shown, 100))
