"""Entra's words in ours: enumerations as numbers, Pascal or lower case, flags by every spelling.

Sources: formats.md sections 1.1 to 1.6, from Graph's metadata and captured records.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

ACTIONS = {
    "other": "other",
    "create": "create",
    "delete": "delete",
    "disable": "disable",
    "update": "update",
    "stageddelete": "staged_delete",
    "stagedaction": "staged_delete",
    "0": "other",
    "1": "create",
    "2": "delete",
    "3": "disable",
    "4": "update",
    "5": "staged_delete",
    "add": "create",
    # The beta of 2019 named the last step instead.
    "entryexportadd": "create",
    "entryexportupdate": "update",
    "entryexportdelete": "delete",
    "entrysynchronizationadd": "create",
    "entrysynchronizationupdate": "update",
    "entrysynchronizationskip": "other",
}
STATUSES = {
    "success": "success",
    "failure": "failure",
    "skipped": "skipped",
    "warning": "warning",
    "succeeded": "success",
    "failed": "failure",
    "0": "success",
    "1": "failure",
    "2": "skipped",
    "3": "warning",
}
STEP_TYPES = {
    "import": "import",
    "scoping": "scoping",
    "matching": "matching",
    "processing": "processing",
    "referenceresolution": "reference_resolution",
    "export": "export",
    "0": "import",
    "1": "scoping",
    "2": "matching",
    "3": "processing",
    "4": "reference_resolution",
    "5": "export",
}
INITIATORS = {
    "user": "user",
    "application": "application",
    "system": "system",
    "0": "user",
    "1": "application",
    "2": "system",
}
FLAGS = {
    "activeinthesourcesystem": "scope_active",
    "isactive": "scope_active",
    "assignedtotheapplication": "scope_assigned",
    "assigned": "scope_assigned",
    "userhastherequiredrole": "scope_role",
    "grouphastherequiredrole": "scope_role",
    "iseffectivelyentitledforprovisioning": "scope_role",
    "scopingfilterevaluationpassed": "scope_filter",
    "isinprovisioningscope": "scope_filter",
    "isinprovisioningscopedisplayname": "scope_filter",
    "scopesyncall": "scope_all",
    "syncall": "scope_all",
    "scopeevaluationresult": "scope_failed",
}
"""Details of the scoping step, letters only, and the flag each is."""

DIRECTORY = (
    "azure active directory",
    "microsoft entra id",
    "microsoft entra",
    "entra id",
    "azure ad",
    "azureactivedirectory",
    "microsoft azure active directory",
)
"""Names of the directory as a system of a job."""

INBOUND = (
    "workday",
    "successfactors",
    "api2",
    "apito",
    "hr",
    "ad2aad",
    "adtoaad",
    "ad2",
    "inbound",
)
"""Beginnings of the templates of jobs that write into the directory."""

NAME_PARTS = {
    f"name{part}": f"name.{part}"
    for part in (
        "givenName",
        "familyName",
        "formatted",
        "middleName",
        "honorificPrefix",
        "honorificSuffix",
    )
}
"""Details of export steps lose the dot of SCIM paths."""

NOT_A_CODE = ("", "none", "null", "0", "success")


def word(value: Any, words: dict[str, str]) -> str | None:
    """Our word for Entra's, however it is spelt; None when nobody knows it."""
    if value is None:
        return None
    if type(value) is str and value in words:
        return words[value]
    return words.get(str(value).replace("_", "").replace(" ", "").casefold())


def letters(text: str) -> str:
    """A name reduced to its letters, folded."""
    return re.sub(r"[^a-z]", "", text.casefold())


def attribute(name: str | None) -> str | None:
    """A target attribute as a SCIM path (``namegivenName`` is ``name.givenName``)."""
    return None if not name else NAME_PARTS.get(name, name)


def object_type(identity: Any, other: Any = None) -> str | None:
    """What kind of object an identityType names, whatever its case or URN."""
    for kind in (identity, other):
        if isinstance(kind, str) and (found := _object_type(kind)):
            return found
    return None


@lru_cache(maxsize=10_000)
def _object_type(kind: str) -> str | None:
    tail = kind.rpartition(":")[2].casefold()
    if not tail:
        return None
    if "user" in tail or tail in ("worker", "person", "inetorgperson", "employee"):
        return "user"
    if "role" in tail:
        return "role"
    return "group" if "group" in tail else "other"


def is_outbound(source: str | None, target: str | None, job: str | None) -> bool:
    """Whether a job goes from the directory into an application.

    HR imports lie in the same export with the sides swapped (trap 19). The systems' names tell;
    where both or neither is the directory, the job's template does.
    """
    from_directory = (source or "").casefold() in DIRECTORY
    to_directory = (target or "").casefold() in DIRECTORY
    if from_directory != to_directory:
        return from_directory
    if from_directory:
        return True
    template = (job or "").partition(".")[0].casefold()
    inbound = template.startswith(INBOUND) or (target or "").casefold() == "active directory"
    return not inbound
