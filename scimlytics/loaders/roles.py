"""Which side a file belongs to, when its folder does not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.errors import InputError
from scimlytics.loaders.folder import Place
from scimlytics.loaders.format import Format

if TYPE_CHECKING:
    from scimlytics.settings import Settings

SIDES = {"entra": "source", "okta": "source", "files.com": "target", "scim": "target"}
"""Where the people of a product stand unless somebody says otherwise."""


def side_of(place: Place, format_: Format, settings: Settings) -> str:
    """The side whose people, groups or memberships a file holds.

    The folder decides; in a flat folder the settings, then the product.

    Raises
    ------
    InputError
        The folder is no side's, or nothing tells.
    """
    if place.role in ("source", "target"):
        return place.role
    if place.role == "log":
        raise InputError(
            f"{place.name}: people or groups ({format_.name}) in log/; move it to source/ or target/."
        )
    said = {
        role: system.casefold()
        for role in ("source", "target")
        if (system := getattr(settings, role).system)
    }
    named = [role for role, system in said.items() if system == format_.product]
    if len(named) == 1:
        return named[0]
    side = format_.role or SIDES.get(format_.product)
    if len(named) == 2 or side not in ("source", "target"):
        raise InputError(
            f"{place.name}: whose people these are cannot be told ({format_.name}); move it to"
            " source/ or target/."
        )
    return side
