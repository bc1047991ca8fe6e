"""Tokens of sign-in services, Microsoft's and Okta's: asked for with each request, kept in memory only.

msal keeps a token until shortly before it ends and then fetches another, so a pull may take longer
than a token lives. Nothing is written to disk. Source: Microsoft identity platform; msal.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from scimlytics.connectors.config import Graph, Okta
from scimlytics.connectors.credentials import Secret, resolve
from scimlytics.connectors.origin import base_of
from scimlytics.errors import InputError, SystemRefusedError

LOGINS = {
    "graph.microsoft.us": "login.microsoftonline.us",
    "dod-graph.microsoft.us": "login.microsoftonline.us",
    "microsoftgraph.chinacloudapi.cn": "login.partner.microsoftonline.cn",
}
"""Where one signs in for clouds other than the public one."""
PUBLIC_LOGIN = "login.microsoftonline.com"
CLAIMS = re.compile(r'claims="([A-Za-z0-9+/_=-]+)"')
SECONDS = 30
OKTA_SCOPES = "okta.users.read okta.groups.read okta.apps.read okta.logs.read"
EARLY = 60
"""So many seconds before it ends a token of Okta's is renewed."""
Token = dict[str, Any]


class SignInHttp:
    """What msal sends requests with: to the sign-in service only, and untouched by the environment.

    Parameters
    ----------
    host
        The only host that is asked; None where Azure's own address is.
    """

    def __init__(self, host: str | None) -> None:
        self._host = host
        self._session = requests.Session()
        self._session.trust_env = False

    def get(self, url: str, **options: Any) -> requests.Response:
        """Send a GET."""
        return self._send("GET", url, options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Send a POST."""
        return self._send("POST", url, options)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def _send(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        parts = urlsplit(url)
        if self._host is not None and (parts.scheme, parts.netloc) != ("https", self._host):
            raise requests.exceptions.InvalidURL("not the sign-in service")
        known = {name: options[name] for name in ("params", "data", "headers") if name in options}
        return self._session.request(method, url, timeout=SECONDS, allow_redirects=False, **known)


class SignInToken:
    """A token that is there for each request.

    Parameters
    ----------
    name
        The system's own name, for messages.
    acquire
        Gives msal's answer; takes the claims that a server asked for, or None.
    forget
        Makes msal forget the token it has.
    """

    def __init__(
        self, name: str, acquire: Callable[[str | None], Token], forget: Callable[[], None]
    ) -> None:
        self._name, self._acquire, self._forget = name, acquire, forget
        self._claims: str | None = None

    def header(self) -> tuple[str, str]:
        """Name and value of the header that goes with a request.

        Raises
        ------
        SystemRefusedError
            The sign-in service refuses, or cannot be reached.
        """
        said = ""
        found: Token = {}
        try:
            found = self._acquire(self._claims) or {}
        except (requests.RequestException, OSError) as error:
            said = type(error).__name__
        except ValueError:
            said = "it does not know this tenant"
        if said:
            raise SystemRefusedError(f"{self._name}: the sign-in service gives no token ({said}).")
        if "access_token" not in found:
            codes = ", ".join(str(code) for code in found.get("error_codes", []) if code)
            code = re.sub(r"[^A-Za-z0-9_ ]", "", str(found.get("error", "no reason")))[:60]
            raise SystemRefusedError(
                f"{self._name}: the sign-in service refuses ({code}{' ' + codes if codes else ''});"
                " check tenant or url, client_id, and the secret, key or certificate."
            )
        return "Authorization", f"Bearer {found['access_token']}"

    def renew(self, challenge: str) -> bool:
        """Forget the token, and heed what the server asks for in its challenge."""
        self._forget()
        found = CLAIMS.search(challenge)
        if found:
            coded = found.group(1) + "=" * (-len(found.group(1)) % 4)
            try:
                self._claims = base64.urlsafe_b64decode(coded).decode()
            except ValueError:
                self._claims = None
        return True


def graph_auth(
    system: Graph,
    name: str,
    folder: Path,
    tell: Callable[[str], None],
    http: Any = None,
) -> SignInToken:
    """How a system signs in to Graph.

    Parameters
    ----------
    system
        Its settings.
    name
        Its own name.
    folder
        The folder of the settings.
    tell
        Tells a person where to sign in.
    http
        Sends requests in place of the careful default.

    Raises
    ------
    InputError
        The secret or certificate cannot be used.
    """
    import msal

    origin, _ = base_of(system.url, f"systems.{name}.url")
    scopes = [f"{origin}/.default"]
    login = LOGINS.get(origin.host, PUBLIC_LOGIN)
    options = {
        "authority": f"https://{login}/{system.tenant}",
        "instance_discovery": False,
        "http_client": http or SignInHttp(login),
    }
    if system.sign_in == "managed_identity":
        identity = msal.UserAssignedManagedIdentity(client_id=system.client_id)
        resource = msal.ManagedIdentityClient(identity, http_client=http or SignInHttp(None))
        return SignInToken(
            name,
            lambda claims: resource.acquire_token_for_client(
                resource=str(origin), claims_challenge=claims
            ),
            lambda: None,
        )
    if system.sign_in == "device_code":
        person = msal.PublicClientApplication(system.client_id, **options)
        return SignInToken(name, lambda claims: _as_person(person, scopes, tell), lambda: None)
    credential = _credential(system, name, folder)
    made: list[Any] = []

    def application() -> Any:
        if not made:  # msal asks the network when it is made
            given = {"client_credential": credential, **options}
            made.append(msal.ConfidentialClientApplication(system.client_id, **given))
        return made[0]

    return SignInToken(
        name,
        lambda claims: application().acquire_token_for_client(scopes, claims_challenge=claims),
        lambda: application().remove_tokens_for_client(),
    )


def okta_auth(system: Okta, name: str, folder: Path, http: Any = None) -> SignInToken:
    """How a service application signs in to Okta: by a private key (OAuth 2.0, private_key_jwt).

    Parameters
    ----------
    system
        Its settings, with ``client_id`` and ``private_key``.
    name
        Its own name.
    folder
        The folder of the settings.
    http
        Sends requests in place of the careful default.

    Raises
    ------
    InputError
        The key cannot be used.
    """
    from msal.oauth2cli import Client, JwtAssertionCreator

    origin, _ = base_of(system.url, f"systems.{name}.url")
    endpoint = f"{origin}/oauth2/v1/token"
    pem = _private_key(str(system.private_key), f"systems.{name}.private_key", folder)
    signer = JwtAssertionCreator(pem.reveal(), algorithm="RS256")
    client = Client(
        {"token_endpoint": endpoint},
        system.client_id,
        http_client=http or SignInHttp(origin.host),
        client_assertion=lambda: signer.create_normal_assertion(endpoint, system.client_id),
        client_assertion_type=Client.CLIENT_ASSERTION_TYPE_JWT,
    )
    kept: list[tuple[float, Token]] = []

    def acquire(_: str | None) -> Token:
        if not kept or time.monotonic() > kept[0][0]:
            found = dict(client.obtain_token_for_client(scope=OKTA_SCOPES))
            ends = time.monotonic() + float(found.get("expires_in") or 0) - EARLY
            kept[:] = [(ends, found)]
        return kept[0][1]

    return SignInToken(name, acquire, kept.clear)


def _private_key(reference: str, where: str, folder: Path) -> Secret:
    from cryptography.hazmat.primitives import serialization

    pem = resolve(reference, where, folder, lines=True)
    try:
        serialization.load_pem_private_key(pem.reveal().encode(), None)
    except (ValueError, TypeError):
        raise InputError(
            f"{where}: should hold a private key without a passphrase, in PEM."
        ) from None
    return pem


def _as_person(person: Any, scopes: list[str], tell: Callable[[str], None]) -> Token:
    """The token of a person who signs in at a browser, once."""
    for account in person.get_accounts():
        found = person.acquire_token_silent(scopes, account=account)
        if found:
            return dict(found)
    flow = person.initiate_device_flow(scopes=scopes)
    if "message" not in flow:
        return dict(flow)
    tell(str(flow["message"]))
    return dict(person.acquire_token_by_device_flow(flow))


def _credential(system: Graph, name: str, folder: Path) -> Any:
    if system.secret is not None:
        return resolve(system.secret, f"systems.{name}.secret", folder).reveal()
    assert system.certificate is not None
    where = f"systems.{name}.certificate"
    pem = resolve(system.certificate, where, folder, lines=True)
    return {"private_key": pem.reveal(), "thumbprint": _thumbprint(pem, where)}


def _thumbprint(pem: Secret, where: str) -> str:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    data = pem.reveal().encode()
    try:
        found = x509.load_pem_x509_certificate(data)
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise InputError(
            f"{where}: should hold a private key without a passphrase and its certificate, in PEM."
        ) from None
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        raise InputError(f"{where}: the key and the certificate do not belong together.")
    return found.fingerprint(hashes.SHA1()).hex()
