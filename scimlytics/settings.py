"""What a person says about the evidence: ``scimlytics.toml``, key by key.

All keys are optional. A key nobody knows is refused, with the nearest known one: a misspelt key
that is silently ignored would change what is concluded.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from scimlytics.errors import InputError, unknown
from scimlytics.tables import TABLES

FILE = "scimlytics.toml"
MAX_BYTES = 1 << 20

Collection = Literal["users", "groups", "memberships", "assignments"]
BY_HAND = (
    "users",
    "groups",
    "memberships",
    "assignments",
    "events",
    "scim_requests",
    "target_audit",
)
"""The tables that ``[[files]]`` may fill."""


def _moment(value: object) -> object:
    """Refuse a time without a zone: what it means would be a guess."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time needs its zone, as in 2026-11-20T06:00:00Z")
        return value.astimezone(UTC)
    raise ValueError("should be a time, as in 2026-11-20T06:00:00Z")


def _texts(value: object) -> object:
    """Let one text stand for a list of one."""
    return [value] if isinstance(value, str) else value


Moment = Annotated[datetime, BeforeValidator(_moment)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]


class _Part(BaseModel):
    """A part of the file: closed, and unchanged once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Source(_Part):
    """The identity source."""

    system: str | None = None
    taken_at: Moment | None = None
    complete: tuple[Collection, ...] = ()
    """Declared complete by whoever exported it: the whole population, unfiltered."""
    scope: Literal["assigned", "all"] | None = None


class Target(_Part):
    """The target application."""

    system: str | None = None
    taken_at: Moment | None = None
    complete: tuple[Collection, ...] = ()
    members_readable: bool | None = None
    """False: this server never shows members."""
    provisioning: Literal["scim", "jit", "ldap", "mixed"] | None = None


class Log(_Part):
    """The provisioning log."""

    system: str | None = None
    covers: tuple[Moment, Moment] | None = None


class Provider(_Part):
    """How the provider works, where it is not one with a profile."""

    cycle_minutes: float | None = Field(default=None, ge=0, le=100_000)
    retries: str | None = None
    capabilities: Texts | None = None


class Matching(_Part):
    """How people and groups are matched: ``target column = source column``, in order."""

    users: Texts | None = None
    groups: Texts | None = None


class Thresholds(_Part):
    """Limits; what is not given has the default of causes.md, section 8."""

    grace_minutes: float | None = Field(default=None, ge=0)
    max_drop_percent: float | None = Field(default=None, ge=0, le=100)
    max_drop_count: int | None = Field(default=None, ge=0)


class FileRule(_Part):
    """How files of a product without a loader are read."""

    path: str
    """A pattern relative to the evidence, such as ``log/*.csv``."""
    table: Literal[BY_HAND]  # type: ignore[valid-type]
    columns: dict[str, str]
    """Our column, and the file's column or key it is read from."""
    values: dict[str, dict[str, Texts]] = {}
    """Per column of a closed vocabulary: our word, and the file's words for it."""
    timezone: str | None = None
    """The zone of times that name none."""


class Settings(_Part):
    """The whole file."""

    name: str | None = None
    source: Source = Source()
    target: Target = Target()
    log: Log = Log()
    provider: Provider = Provider()
    matching: Matching = Matching()
    thresholds: Thresholds = Thresholds()
    files: tuple[FileRule, ...] = ()


def read_settings(folder: Path) -> Settings:
    """Read ``scimlytics.toml`` of an evidence folder; without one, nothing is said.

    Raises
    ------
    InputError
        The file is no TOML, or holds a key or value that means nothing. Names file, line or key,
        and what would do.
    """
    path = folder / FILE
    return settings_of(read_toml(path, FILE)) if path.exists() else Settings()


def read_toml(path: Path, name: str, missing: str = "") -> dict[str, Any]:
    """Decode a file that a person wrote.

    Parameters
    ----------
    path
        The file.
    name
        What messages call it.
    missing
        What would do where it is not there.

    Raises
    ------
    InputError
        It is not there, cannot be read, or is no TOML in UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{name}: larger than {MAX_BYTES >> 20} MB; is it the right file?")
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        hint = f"; {missing}" if missing else ""
        raise InputError(f"{name}: there is no such file{hint}.") from None
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror}); check it.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not in UTF-8; save it so.") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: no TOML ({error}).") from error


M = TypeVar("M", bound=BaseModel)


def checked(model: type[M], said: Any, where: str) -> M:
    """Make one part of a file, and refuse what means nothing.

    Parameters
    ----------
    model
        What the part should be.
    said
        What the file says.
    where
        File and part, for the message.

    Raises
    ------
    InputError
        Names the key; the value is not repeated, it may be a secret.
    """
    try:
        return model.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
    complaint = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    key = ".".join(str(part) for part in complaint["loc"])
    if complaint["type"] == "extra_forbidden":
        raise unknown("key", showable(key), list(model.model_fields), where)
    if complaint["type"] == "missing":
        raise InputError(f"{where}: needs {key}.")
    reason = complaint["msg"].removeprefix("Value error, ")
    raise InputError(f"{where}{'.' if key else ''}{key}: {reason[:1].lower()}{reason[1:]}.")


def showable(name: str) -> str:
    """A name as a message may show it."""
    return name if name.isascii() and name.isprintable() and len(name) <= 64 else "…"


def settings_of(document: Mapping[str, Any]) -> Settings:
    """Make settings of a decoded document, and refuse what means nothing."""
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        raise _first_of(error) from error
    if settings.log.covers and settings.log.covers[0] >= settings.log.covers[1]:
        raise InputError(f"{FILE}: log.covers ends before it begins; give the begin first.")
    for number, rule in enumerate(settings.files, 1):
        _check_rule(rule, f"{FILE}, files[{number}]")
    return settings


def _first_of(error: ValidationError) -> InputError:
    """The first complaint in one line; values are not repeated, they may be secrets."""
    found = error.errors(include_url=False, include_input=False)
    complaint = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
    where = _dotted(complaint["loc"])
    if complaint["type"] == "extra_forbidden":
        path, key = complaint["loc"][:-1], str(complaint["loc"][-1])
        model = _model_at(path)
        hint = f"{FILE}, [{_dotted(path)}]" if path else FILE
        return unknown("key", key, list(model.model_fields), hint)
    reason = complaint["msg"].removeprefix("Value error, ")
    return InputError(f"{FILE}: {where}: {reason[:1].lower()}{reason[1:]}.")


def _dotted(path: tuple[int | str, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _model_at(path: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that a path leads to."""
    if not path:
        return Settings
    if path[0] == "files":
        return FileRule
    return type(getattr(Settings(), str(path[0])))


def _check_rule(rule: FileRule, where: str) -> None:
    """Refuse columns and words that the table does not know."""
    table = TABLES[rule.table]
    names = [name for name in table.columns if name not in table.keys]
    for column in [*rule.columns, *rule.values]:
        if column not in names:
            raise unknown("column", column, names, where)
    for column, words in rule.values.items():
        known = ("true", "false") if column in _flags(rule.table) else table.columns[column].words
        for word in words:
            if known and word not in known:
                raise unknown("word", word, list(known), f"{where}, values.{column}")
    if rule.timezone is not None:
        zone_of(rule.timezone, where)


def _flags(table: str) -> set[str]:
    return {name for name, column in TABLES[table].columns.items() if column.type == "flag"}


def zone_of(name: str, where: str) -> ZoneInfo:
    """The time zone of a name."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{where}: no time zone of this name; one is 'Europe/Berlin'.") from error
