"""Secrets: where one is kept stands in the settings, what it is stands nowhere.

A secret is read when it is needed, never shown, and sent in headers only.
"""

from __future__ import annotations

import base64
import os
import re
import stat
from pathlib import Path

from scimlytics.errors import InputError

PRINTABLE = re.compile(r"[\x21-\x7e]+")
LARGEST = 1 << 16
KINDS = "env:NAME, file:PATH or keyring:SERVICE/USER"


class Secret:
    """A text that does not show itself."""

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text, for the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("A secret is not written anywhere.")


def is_reference(text: str) -> bool:
    """Whether a text says where a secret is kept."""
    kind, colon, place = text.partition(":")
    return bool(colon and place) and kind in ("env", "file", "keyring")


def resolve(reference: str, where: str, folder: Path, *, lines: bool = False) -> Secret:
    """Read a secret from where it is kept.

    Parameters
    ----------
    reference
        ``env:NAME``, ``file:PATH`` or ``keyring:SERVICE/USER``.
    where
        The key of the settings, for messages.
    folder
        The folder of the settings; paths are relative to it.
    lines
        It may have several lines, as a private key has.

    Raises
    ------
    InputError
        It is not there, others may read its file, or it holds what no header can.
    """
    kind, _, place = reference.partition(":")
    read = {"env": _from_environment, "keyring": _from_keyring}
    text = _from_file(place, where, folder) if kind == "file" else read[kind](place, where)
    if not text:
        raise InputError(f"{where}: the secret is empty.")
    if not lines and not PRINTABLE.fullmatch(text):
        raise InputError(
            f"{where}: the secret holds a blank, a line end or a character that no header can carry."
        )
    return Secret(text)


def _from_environment(name: str, where: str) -> str:
    if name not in os.environ:
        raise InputError(f"{where}: there is no variable {name} in the environment; set it.")
    return os.environ[name]


def _from_file(place: str, where: str, folder: Path) -> str:
    path = folder / Path(place).expanduser()
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{where}: {path} is no plain file.")
            if os.name == "posix" and status.st_mode & 0o077:
                raise InputError(f"{where}: {path} can be read by others; run `chmod 600` on it.")
            text = file.read(LARGEST).decode()
    except OSError as error:
        raise InputError(f"{where}: {path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError:
        raise InputError(f"{where}: {path} holds no text.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _from_keyring(place: str, where: str) -> str:
    service, slash, user = place.rpartition("/")
    if not slash or not service or not user:
        raise InputError(f"{where}: give it as keyring:SERVICE/USER.")
    try:
        import keyring
    except ImportError:
        raise InputError(
            f"{where}: the package keyring is not installed; install it, or use env: or file:."
        ) from None
    found = keyring.get_password(service, user)
    if found is None:
        raise InputError(f"{where}: the keyring holds nothing for {service}/{user}.")
    return str(found)


class Fixed:
    """A credential that stays the same: a token, an API key, a user name with its password."""

    def __init__(self, name: str, value: Secret) -> None:
        self._name, self._value = name, value

    def header(self) -> tuple[str, str]:
        """Name and value of the header that goes with a request."""
        return self._name, self._value.reveal()

    def renew(self, challenge: str) -> bool:
        """Never: there is no other."""
        return False


def bearer(token: Secret) -> Fixed:
    """A bearer token (RFC 6750)."""
    return Fixed("Authorization", Secret(f"Bearer {token.reveal()}"))


def basic(user: Secret, password: Secret) -> Fixed:
    """A user name and a password (RFC 7617)."""
    pair = base64.b64encode(f"{user.reveal()}:{password.reveal()}".encode()).decode()
    return Fixed("Authorization", Secret(f"Basic {pair}"))
