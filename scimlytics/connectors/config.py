"""What a pull is told: which systems, as whom, and how long it may take.

A key nobody knows is refused with the nearest known one. Secrets are references; a secret itself in
this file is refused, and not repeated in the message.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)

from scimlytics.connectors.credentials import KINDS, is_reference
from scimlytics.connectors.origin import base_of
from scimlytics.errors import InputError, unknown
from scimlytics.settings import checked, read_toml, showable

NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
RESERVED = re.compile(r"con|prn|aux|nul|com\d|lpt\d")
TENANT = re.compile(r"[0-9a-fA-F-]{36}|[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
SHARED = ("common", "organizations", "consumers")


def _reference(text: str) -> str:
    if not is_reference(text):
        raise ValueError(f"a secret does not stand here; say where it is kept: {KINDS}")
    return text


def _address(text: str) -> str:
    try:
        base_of(text, "url")
    except InputError as error:
        raise ValueError(str(error).removeprefix("url: ").removesuffix(".")) from None
    return text


def _id(text: str) -> str:
    if not ID.fullmatch(text):
        raise ValueError("should be an id: letters, digits, - and _")
    return text


def _tenant(text: str) -> str:
    if text.casefold() in SHARED or not TENANT.fullmatch(text):
        raise ValueError("should be the tenant's own id or domain, as in contoso.onmicrosoft.com")
    return text


Reference = Annotated[str, AfterValidator(_reference)]
Address = Annotated[str, AfterValidator(_address)]
Id = Annotated[str, AfterValidator(_id)]


class _Part(BaseModel):
    """A part of the file: closed, and unchanged once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _System(_Part):
    role: Literal["source", "target"]
    """Which side it is."""
    ca: str | None = None
    """A file of certificates to trust, where the server's is signed by nobody known."""


class Graph(_System):
    """Microsoft Entra ID, through Microsoft Graph."""

    product: Literal["graph"]
    url: Address = "https://graph.microsoft.com/v1.0"
    """Other than Microsoft's public cloud."""
    tenant: Annotated[str, AfterValidator(_tenant)]
    """The tenant's id or domain."""
    client_id: Id
    """The application as which it reads."""
    secret: Reference | None = None
    """Its client secret."""
    certificate: Reference | None = None
    """Its private key and certificate in PEM, instead of a secret."""
    sign_in: Literal["application", "device_code", "managed_identity"] = "application"
    """How it signs in: by secret or certificate, as a person at a browser, or as an Azure resource."""
    service_principal: Id | None = None
    """The application whose provisioning is watched (object id)."""
    object_connections: Annotated[tuple[Id, ...], Field(max_length=100)] = ()
    """Ids of people and groups of whom to read which object of the target they are connected with
    (beta; one request each)."""

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        given = (self.secret is not None) + (self.certificate is not None)
        if given != (self.sign_in == "application"):
            raise ValueError('give secret or certificate for sign_in = "application", else neither')
        return self


class Okta(_System):
    """Okta."""

    product: Literal["okta"]
    url: Address
    """The organisation, as in https://contoso.okta.com."""
    token: Reference | None = None
    """An API token of a read-only administrator."""
    client_id: Id | None = None
    """A service application, instead of a token."""
    private_key: Reference | None = None
    """Its private key in PEM."""
    app: Id | None = None
    """The application whose provisioning is watched."""

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.client_id is None) != (self.private_key is None) or (self.token is None) == (
            self.client_id is None
        ):
            raise ValueError("give token, or client_id and private_key")
        return self


class FilesCom(_System):
    """Files.com."""

    product: Literal["files.com"]
    url: Address = "https://app.files.com"
    """The site."""
    token: Reference
    """An API key of a read-only site administrator."""
    page_size: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1000
    """How many rows to ask for at once."""


class Scim(_System):
    """Any SCIM 2.0 server."""

    product: Literal["scim"]
    url: Address
    """The base, as in https://app.example.com/scim/v2."""
    token: Reference | None = None
    """A bearer token."""
    user: Reference | None = None
    """A user name, with its password, instead of a token."""
    password: Reference | None = None
    """The password of the user."""
    page_size: Annotated[StrictInt, Field(ge=2, le=10_000)] = 100
    """How many rows to ask for at once."""

    @model_validator(mode="after")
    def _one_credential(self) -> Self:
        if (self.user is None) != (self.password is None) or (self.token is None) == (
            self.user is None
        ):
            raise ValueError("give token, or user and password")
        return self


System = Graph | Okta | FilesCom | Scim
PRODUCTS: dict[str, type[_System]] = {
    "graph": Graph,
    "okta": Okta,
    "files.com": FilesCom,
    "scim": Scim,
}


class Pull(_Part):
    """How a pull goes."""

    budget_seconds: Annotated[float, Field(gt=0, le=604_800, allow_inf_nan=False)] = 3600
    """A wait that is longer than what is left of these stops the pull."""
    at_once: Annotated[StrictInt, Field(ge=1, le=16)] = 4
    """How many requests may be under way at once, for the members of groups; fewer once throttled."""
    log_days: Annotated[StrictInt, Field(ge=1, le=365)] = 30
    """How far back the first pull reads logs; later ones go on from there."""


class Config(_Part):
    """The whole file."""

    systems: dict[str, System]
    pull: Pull = Pull()


def read_config(path: Path) -> Config:
    """Read the settings of a pull.

    Raises
    ------
    InputError
        The file is not there, is no TOML, or holds what means nothing. Names file and key.
    """
    document = read_toml(path, str(path), missing="docs/connectors.md shows one")
    return config_of(document, str(path))


def config_of(document: dict[str, Any], name: str) -> Config:
    """Make settings of a decoded document, and refuse what means nothing.

    Raises
    ------
    InputError
        Names the key; a value is not repeated, it may be a secret.
    """
    for key in document:
        if key not in Config.model_fields:
            raise unknown("key", key, list(Config.model_fields), name)
    systems = document.get("systems")
    if not isinstance(systems, dict) or not systems:
        raise InputError(f"{name}: names no system; add one as [systems.app].")
    made: dict[str, System] = {}
    for key, said in systems.items():
        where = f"{name}: systems.{showable(key)}"
        if not NAME.fullmatch(key) or RESERVED.fullmatch(key):
            raise InputError(f"{where}: a name has 1 to 64 of a-z, 0-9, _ and -.")
        made[key] = _system(said, where)
    for role in ("source", "target"):
        several = [key for key, system in made.items() if system.role == role]
        if len(several) > 1:
            raise InputError(
                f"{name}: {' and '.join(several)} are both a {role}; one store holds one, pull the"
                " other into a store of its own."
            )
    pull = checked(Pull, document.get("pull", {}), f"{name}: pull")
    return Config(systems=made, pull=pull)


def _system(said: Any, where: str) -> System:
    if not isinstance(said, dict):
        raise InputError(f"{where}: should be a table of keys.")
    product = said.get("product")
    if not isinstance(product, str):
        raise InputError(f"{where}: needs product, one of {', '.join(PRODUCTS)}.")
    if product not in PRODUCTS:
        raise unknown("product", showable(product), list(PRODUCTS), where)
    made: System = checked(PRODUCTS[product], said, where)  # type: ignore[assignment]
    return made
