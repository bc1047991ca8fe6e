r"""Where a system lives, and that nothing ever leads away from it.

Servers send addresses: next links, ``Link`` headers, ``Location``. A credential must never follow
one to another host. Parsers disagree about addresses such as ``http://evil\@good/``: so an address
is looked at as text first, then by both parsers that take part in dialling, and at last the
connection itself refuses to dial anything but the pinned host.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from scimlytics.errors import InputError, SystemRefusedError

PORTS = {"http": 80, "https": 443}
PLAIN = re.compile(r"[\x21-\x7e]+")
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
NUMBER = re.compile(r"(0x[0-9a-f]+|[0-9]+)(\.(0x[0-9a-f]+|[0-9]+))*")
"""A host of numbers only; browsers and resolvers read many spellings as one address."""
IPV4 = re.compile(r"(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}")


@dataclass(frozen=True)
class Origin:
    """A scheme, a host and a port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if PORTS[self.scheme] == self.port else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"

    def holds(self, url: str) -> bool:
        """Whether an address lies here, by every reading of it that there is."""
        if strange(url):
            return False
        try:
            dialled, split = parse_url(url), urlsplit(url)
            readings = [
                (dialled.scheme, dialled.host, dialled.port),
                (split.scheme, split.hostname, split.port),
            ]
        except (LocationParseError, ValueError):
            return False
        if dialled.auth or split.username is not None or split.password is not None:
            return False
        return all(
            scheme == self.scheme
            and (host or "").strip("[]") == self.host.strip("[]")
            and (port or PORTS.get(str(scheme))) == self.port
            for scheme, host, port in readings
        )

    def refuse(self, url: str, where: str) -> None:
        """Refuse an address that lies elsewhere, before a byte is sent.

        Raises
        ------
        SystemRefusedError
            Names the place, and not the address: it may hold anything.
        """
        if not self.holds(url):
            raise SystemRefusedError(
                f"{where}: the server sent a link to another place than {self}; it is not followed."
                " Ask who runs the server."
            )


def strange(url: str) -> str:
    """What in the text of an address no server has a reason to send; empty where there is nothing."""
    if not PLAIN.fullmatch(url):
        return "holds blanks, control or other characters than ASCII"
    if "\\" in url:
        return "holds a backslash"
    if "#" in url:
        return "holds a fragment (#)"
    authority = re.split(r"[/?]", url.partition("://")[2], maxsplit=1)[0]
    return "holds a user name (@)" if "@" in authority else ""


def base_of(url: str, where: str) -> tuple[Origin, str]:
    """The origin and the path of a configured address.

    Parameters
    ----------
    url
        As configured, such as ``https://app.example.com/scim/v2``.
    where
        The key, for messages.

    Raises
    ------
    InputError
        The address is no plain https address of a host, or one that is never dialled.
    """
    wrong = strange(url) or ("holds a query (?)" if "?" in url else "")
    if wrong:
        raise InputError(f"{where}: {wrong}; give it as https://host/path.")
    try:
        parsed = parse_url(url)
    except LocationParseError as error:
        raise InputError(f"{where}: is no address; give it as https://host/path.") from error
    scheme, host = parsed.scheme or "", parsed.host or ""
    if scheme not in PORTS or not host or not HOST.fullmatch(host):
        raise InputError(f"{where}: is no address of a host; give it as https://host/path.")
    port = PORTS[scheme] if parsed.port is None else parsed.port
    if not 0 < port < 65536:
        raise InputError(f"{where}: a port is a number from 1 to 65535.")
    if NUMBER.fullmatch(host) and not IPV4.fullmatch(host):
        raise InputError(f"{where}: its host is a number; give its name or a plain address.")
    if never_dialled(host.strip("[]")):
        raise InputError(
            f"{where}: an address of this kind is never dialled; give the server's own."
        )
    if scheme == "http" and not is_loopback(host.strip("[]")):
        raise InputError(f"{where}: https is required; only loopback addresses may do without.")
    origin = Origin(scheme, host, port)
    path = (parsed.path or "").rstrip("/")
    if not origin.holds(f"{origin}{path}") or "%" in host:
        raise InputError(f"{where}: is no plain address; give it as https://host/path.")
    return origin, path


def never_dialled(address: str) -> bool:
    """Whether an address is one where no application lives: link-local, unspecified, multicast."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = getattr(found, "ipv4_mapped", None) or found
    return bool(inner.is_link_local or inner.is_unspecified or inner.is_multicast)


def is_loopback(host: str) -> bool:
    """Whether a host is this computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
