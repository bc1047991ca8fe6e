"""The one careful HTTP client: what each status means, how long to wait, when to stop.

It only reads (GET). It waits exactly as told, never shorter, and stops cleanly when a wait is longer
than what is left of the budget. A status that is not in the table of waits is refused at once:
whoever runs the server has to act, not this program.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

import orjson
import requests

from scimlytics.connectors.clock import Clock
from scimlytics.connectors.origin import Origin, base_of
from scimlytics.connectors.pacing import Pace, Pacer
from scimlytics.connectors.waits import backoff, date_of, told, until_reset
from scimlytics.connectors.wire import Fault, Limits, Raw, Refusal, Wire
from scimlytics.errors import BudgetError, SystemRefusedError
from scimlytics.loaders.stream import LONE

TAKEN = frozenset({200})
WAITED = {
    408: "took too long",
    429: "too many requests",
    500: "failed inside",
    502: "could not reach what stands behind it",
    503: "is overloaded or under maintenance",
    504: "got no answer from what stands behind it",
    509: "has no bandwidth left",
}
"""Statuses after which the same request is sent again: as long as told, else longer each time."""
RENEWED = frozenset({401})
"""The credential is renewed once; the second time it is refused."""
REFUSED = {
    204: "sent nothing where data was expected; check the address",
    206: "sent a part where everything was expected; check what stands between",
    301: "sends to another address; give the final one in the settings",
    302: "sends to another address (a sign-in page?); give the final one in the settings",
    307: "sends to another address; give the final one in the settings",
    308: "sends to another address; give the final one in the settings",
    400: "does not understand the request; is it the product that the settings name?",
    401: "refuses the credentials; renew them",
    403: "lets these credentials not read this; docs/connectors.md names the rights that are needed",
    404: "knows no such address; check the address in the settings",
    407: "stands behind a proxy that asks for credentials",
    410: "says that this is gone",
    451: "may not show this for legal reasons",
    501: "does not offer this",
}
"""Statuses that are final, and what would do; any other one is final too."""
TRIES = 6
"""So often is tried what breaks, or fails without saying how long to wait."""


class UnusableError(SystemRefusedError):
    """Nothing of a system can be read: it is not there, or refuses whoever asks."""


class Auth(Protocol):
    """Whatever knows the credential of a system."""

    def header(self) -> tuple[str, str]:
        """Name and value of the header that goes with a request."""
        ...

    def renew(self, challenge: str) -> bool:
        """Get a new credential; False where there is no other."""
        ...


@dataclass(frozen=True)
class Answer:
    """An answer that was taken."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    document: Any
    """The body, decoded."""

    def link(self, relation: str) -> str | None:
        """The address in a ``Link`` header, as it was sent."""
        for link in requests.utils.parse_header_links(self.headers.get("link", "")):
            if link.get("rel", "").casefold() == relation:
                return str(link["url"])
        return None


class Budget:
    """How long a pull may take; what would wait longer stops it.

    Parameters
    ----------
    seconds
        From now on.
    clock
        Whose seconds.
    resume
        The command that goes on later, for the message.
    """

    def __init__(self, seconds: float, clock: Clock | None = None, resume: str = "") -> None:
        self.clock = clock or Clock()
        self._until = self.clock.steady() + seconds
        self._resume = resume

    def left(self) -> float:
        """The seconds that are left."""
        return self._until - self.clock.steady()

    def refuse(self, wait: float, where: str) -> None:
        """Refuse a wait that is too long.

        Raises
        ------
        BudgetError
            Says how long it would take, from when it makes sense again, and how.
        """
        left = self.left()
        if wait <= left:
            return
        again = datetime.fromtimestamp(self.clock.now().timestamp() + wait).astimezone()
        how = f" with: {self._resume}" if self._resume else ""
        raise BudgetError(
            f"{where}: the server asks to wait {_long(wait)}, and {_long(max(left, 0))} of"
            f" budget_seconds are left. What was read is kept; go on after {again:%Y-%m-%d %H:%M %Z}"
            f"{how}."
        )


@dataclass
class Counts:
    """What a client did."""

    requests: int = 0
    throttles: int = 0
    waited: float = 0.0


class _Pinned(requests.auth.AuthBase):
    """Adds the credential to a request to the pinned origin, and to no other."""

    def __init__(self, origin: Origin, auth: Auth | None, where: str) -> None:
        self._origin, self._auth, self._where = origin, auth, where

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        self._origin.refuse(request.url or "", self._where)
        if self._auth is not None:
            name, value = self._auth.header()
            request.headers[name] = value
        return request


@dataclass
class Client:
    """Reads one system.

    Parameters
    ----------
    system
        Its own name, for messages.
    base
        Its address, such as ``https://app.example.com/scim/v2``.
    auth
        Its credential.
    budget
        How long all of it may take.
    paces
        How often it may be asked.
    limits
        How long and how much an answer may be.
    ca
        A file of certificates to trust instead of the public ones.
    at_once
        How many requests it and its siblings may have under way.
    """

    system: str
    base: str
    auth: Auth | None
    budget: Budget
    paces: tuple[Pace, ...] = ()
    limits: Limits = field(default_factory=Limits)
    ca: str | None = None
    at_once: int = 1
    luck: random.Random = field(default_factory=random.Random)
    counts: Counts = field(default_factory=Counts)
    skew: float = 0.0
    """How many seconds the server's clock was ahead when it last answered."""
    own_pacer: Pacer | None = None
    """That of a sibling."""

    def __post_init__(self) -> None:
        self.origin, self._path = base_of(self.base, f"{self.system}: url")
        self._wire = Wire(self.origin, self.limits, self.ca)
        self.pacer = self.own_pacer or Pacer(self.budget, self.paces, self.at_once)

    def sibling(self) -> Client:
        """A further client of the same system, for another thread: it takes turns with this one."""
        return replace(self, counts=Counts(), own_pacer=self.pacer)

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def get(
        self,
        place: str,
        parameters: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        allow: Iterable[int] = (),
    ) -> Answer:
        """Read one page.

        Parameters
        ----------
        place
            A path below the base, or a link as the server sent it.
        parameters
            The query, for a path.
        headers
            Further headers.
        allow
            Statuses that the caller knows what to do with.

        Raises
        ------
        SystemRefusedError
            The server refuses, cannot be reached, or answers with what is no data.
        BudgetError
            It asks to wait for too long.
        """
        link = "://" in place
        url = place if link else f"{self.origin}{self._path}{place}"
        where = f"{self.system}: {_path_of(url, self.origin)}"
        self.origin.refuse(url, where)
        attempt, renewed = 0, False
        while True:
            attempt += 1
            with self.pacer.turn(url, where) as waited:
                self.counts.waited += waited
                raw = self._sent_once(url, link, parameters, headers, where, attempt)
            if raw is None:
                continue
            if raw.status in TAKEN or raw.status in allow:
                answer = self._decoded(raw, where, attempt)
                if answer is not None:
                    self.pacer.answered()
                    return answer
                continue
            if raw.status in RENEWED and not renewed and self.auth is not None:
                renewed = True
                if self.auth.renew(raw.headers.get("www-authenticate", "")):
                    continue
            if raw.status not in WAITED:
                kind = UnusableError if raw.status in RENEWED else SystemRefusedError
                raise kind(f"{where} {_refused(raw.status)} (status {raw.status}).")
            self._throttled(raw, where, attempt)

    def _sent_once(
        self,
        url: str,
        link: bool,
        parameters: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
        where: str,
        attempt: int,
    ) -> Raw | None:
        """Send a request; None when it broke and is to be sent again."""
        request = requests.Request(
            "GET",
            url,
            params=dict(parameters or {}),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", **(headers or {})},
            auth=_Pinned(self.origin, self.auth, where),
        )
        prepared = request.prepare()
        if link:
            prepared.url = url  # as it was sent: some servers do not know their own link again
        self.origin.refuse(prepared.url or "", where)
        self.counts.requests += 1
        try:
            raw = self._wire.send(prepared)
        except Refusal as refusal:
            said, final = str(refusal), True
        except Fault as fault:
            said, final = str(fault), "certificate" in str(fault)
        else:
            said_at = date_of(raw.headers)
            if said_at is not None:
                self.skew = (said_at - self.budget.clock.now()).total_seconds()
            self._slow_down(raw)
            return raw
        if final or attempt >= TRIES:
            times = "" if final else f", {attempt} times"
            raise UnusableError(f"{where} at {self.origin}: {said}{times}.")
        self.pacer.hold(backoff(attempt, self.luck.random()), where)
        return None

    def _decoded(self, raw: Raw, where: str, attempt: int) -> Answer | None:
        """Decode an answer; None when it was cut and is to be sent again."""
        try:
            document = orjson.loads(_mended(raw.body))
        except orjson.JSONDecodeError:
            kind = raw.headers.get("content-type", "").partition(";")[0].strip().casefold()
            if kind and "json" not in kind:
                raise SystemRefusedError(
                    f"{where}: JSON was expected and {kind[:60]} came (a proxy or a sign-in page?)."
                ) from None
            if attempt >= TRIES:
                raise SystemRefusedError(
                    f"{where}: its answer is no whole JSON, {attempt} times."
                ) from None
            self.pacer.hold(backoff(attempt, self.luck.random()), where)
            return None
        if not isinstance(document, dict | list):
            raise SystemRefusedError(f"{where}: its answer holds no records.")
        return Answer(raw.status, raw.headers, raw.body, document)

    def _throttled(self, raw: Raw, where: str, attempt: int) -> None:
        self.counts.throttles += raw.status == 429
        wait = told(raw.retry_after, raw.headers, self.budget.clock.now())
        if wait is None:
            if raw.status != 429 and attempt >= TRIES:
                raise SystemRefusedError(
                    f"{where} {WAITED[raw.status]}, {attempt} times (status {raw.status})."
                )
            wait = backoff(attempt, self.luck.random())
        self.pacer.hold(wait, where)
        if raw.status == 429:
            self.pacer.throttled()

    def _slow_down(self, raw: Raw) -> None:
        """Heed a limit that is used up before it has to be told."""
        if raw.status in TAKEN and raw.headers.get("x-rate-limit-remaining", "").strip() == "0":
            wait = until_reset(raw.headers, self.budget.clock.now())
            if wait is not None:
                self.pacer.hold_back(wait)


def _mended(body: bytes) -> bytes:
    """A body without lone surrogates, which some servers send and no text can hold."""
    return LONE.sub(rb"\\ufffd", body) if b"\\u" in body else body


def _refused(status: int) -> str:
    return REFUSED.get(status, "gives an answer that no data comes with; ask who runs the server")


def _path_of(url: str, origin: Origin) -> str:
    """The path of an address: what follows a question mark may name people."""
    return url.removeprefix(str(origin)).partition("?")[0][:200] if origin.holds(url) else "a link"


def _long(seconds: float) -> str:
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 100 else f"{seconds:.1f} seconds"
