"""The HTTP client against servers that do what servers do: throttle, break, lie and lead astray."""

from __future__ import annotations

import gzip
import http.client
import io
import logging
import math
import pickle
import ssl
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from scimlytics.connectors.http import REFUSED, TRIES, WAITED, Client
from scimlytics.connectors.origin import Origin, base_of
from scimlytics.connectors.pacing import Pace
from scimlytics.connectors.waits import told
from scimlytics.connectors.wire import Limits
from scimlytics.errors import BudgetError, InputError, ScimlyticsError, SystemRefusedError
from tests.faults import BODY, CUT, PACKED, astray, whole
from tests.loopback import (
    SECRET,
    Asked,
    Bearer,
    FakeClock,
    Reply,
    Server,
    client,
    listener,
    script,
)

GOOD = Reply({"totalResults": 1, "Resources": [{"id": "1"}]})
NOON = datetime(2026, 11, 20, 6, tzinfo=UTC)


def throttled(**headers: str) -> Reply:
    return Reply({}, 429, {name.replace("_", "-"): value for name, value in headers.items()})


def gaps(server: Server) -> list[float]:
    """The seconds between requests."""
    at = [one.at for one in server.asked]
    return [round(later - before, 6) for before, later in pairwise(at)]


# T1 to T3: waiting


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("2", 2),
        ("2.128", 2.128),
        (format_datetime(NOON + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOON.astimezone(UTC) + timedelta(seconds=7), usegmt=True), 7),
    ],
)
def test_t1_waits_as_long_as_it_is_told_in_every_spelling(header: str, seconds: float) -> None:
    clock = FakeClock()
    with Server(script(throttled(Retry_After=header), GOOD), clock) as server:
        client(server).get("/Users")

    assert gaps(server) == [seconds]


@pytest.mark.parametrize(
    "header", ["abc", "-5", "1e3", "", "２", "nan", "inf", "Fri, 20 Nov 2020 06:00:00 GMT"]
)
def test_t1_what_cannot_be_read_or_has_passed_counts_as_not_said(header: str) -> None:
    headers = {"retry-after": header, "date": format_datetime(NOON, usegmt=True)}

    assert told([header], headers, NOON) is None


@given(text=st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_t1_any_text_is_a_wait_of_some_seconds_or_none(text: str) -> None:
    wait = told([text], {"retry-after": text, "x-rate-limit-reset": text}, NOON)

    assert wait is None or (wait > 0 and math.isfinite(wait))


def test_t1_of_several_headers_the_longest_counts() -> None:
    headers = [("Retry-After", "2"), ("Retry-After", "5")]
    with Server(script(Reply({}, 429, headers), GOOD), FakeClock()) as server:
        client(server).get("/Users")

    assert gaps(server) == [5]


def test_milliseconds_are_read(tmp_path: Path) -> None:
    with Server(script(throttled(Retry_After_Ms="1500"), GOOD), FakeClock()) as server:
        client(server).get("/Users")

    assert gaps(server) == [1.5]


@pytest.mark.parametrize("wrong", [timedelta(), timedelta(minutes=10), timedelta(minutes=-10)])
def test_an_epoch_is_held_against_the_servers_own_date(wrong: timedelta) -> None:
    clock = FakeClock()
    clock.wrong = wrong
    reset_at = str(int(NOON.timestamp()) + 30)
    limit = throttled(X_Rate_Limit_Limit="0", X_Rate_Limit_Reset=reset_at)
    with Server(script(limit, GOOD), clock) as server:
        client(server).get("/Users")

    assert gaps(server) == [30]


def test_a_limit_that_is_used_up_is_heeded_before_it_has_to_be_told() -> None:
    reset_at = str(int(NOON.timestamp()) + 20)
    last = Reply(
        GOOD.document, 200, {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": reset_at}
    )
    with Server(script(last, GOOD), FakeClock()) as server:
        reader = client(server)
        reader.get("/Users")
        reader.get("/Users")

    assert gaps(server) == [20]
    assert reader.counts.throttles == 0


@pytest.mark.parametrize("status", sorted(WAITED))
def test_t2_each_passing_fault_is_tried_again_with_and_without_a_header(status: int) -> None:
    replies = script(Reply({}, status), Reply({}, status, {"Retry-After": "3"}), GOOD)
    with Server(replies, FakeClock()) as server:
        answer = client(server).get("/Users")

    assert answer.document == GOOD.document
    assert gaps(server)[0] >= 1
    assert gaps(server)[1] == 3


@pytest.mark.parametrize("status", sorted(set(range(201, 600)) - set(WAITED) - {401}))
def test_every_other_status_is_refused_at_the_first_try(status: int) -> None:
    origin = Origin("http", "127.0.0.1", 1)
    reader = Client("app", str(origin), None, _budget())
    sent: list[int] = []
    reader._wire.send = lambda _: sent.append(1) or _raw(status)  # type: ignore[method-assign]

    with pytest.raises(SystemRefusedError, match=rf"app: /Users .* \(status {status}\)\.$"):
        reader.get("/Users")

    assert len(sent) == 1


@pytest.mark.parametrize("status", [204, 206, 301, 302, 307, 400, 403, 404, 410, 501])
def test_a_refusal_says_what_would_do(status: int) -> None:
    body = b"" if status == 204 else b"{}"
    with (
        Server(script(Reply(status=status, body=body, headers={"Location": "/x"}))) as server,
        pytest.raises(SystemRefusedError) as caught,
    ):
        client(server).get("/Users")

    assert REFUSED[status] in str(caught.value)
    assert len(server.asked) == 1


def test_t3_a_wait_beyond_the_budget_stops_at_once_and_says_how_to_go_on() -> None:
    clock = FakeClock()
    with Server(script(throttled(Retry_After="10800")), clock) as server:
        before = clock.steady()
        with pytest.raises(BudgetError) as caught:
            client(server, budget=600).get("/Users")

    assert clock.steady() == before
    assert "wait 3.0 hours" in str(caught.value)
    assert "with: scimlytics pull --config pull.toml" in str(caught.value)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("header", [{}, {"Retry-After": "45"}])
def test_throttling_for_ever_ends_with_the_budget(header: dict[str, str]) -> None:
    clock = FakeClock()
    with Server(script(Reply({}, 429, header)), clock) as server, pytest.raises(BudgetError):
        client(server, budget=600).get("/Users")

    assert 500 <= clock.steady() - 1000 <= 601
    assert len(server.asked) < 40


def test_failing_for_ever_is_refused_after_some_tries() -> None:
    with (
        Server(script(Reply({}, 500)), FakeClock()) as server,
        pytest.raises(SystemRefusedError, match="failed inside, 6 times"),
    ):
        client(server).get("/Users")

    assert len(server.asked) == TRIES


def test_a_thousand_throttles_are_never_answered_early() -> None:
    clock = FakeClock()
    asked_for = [round(0.001 * (place * 37 % 900) + 0.001, 3) for place in range(1000)]

    def answers(asked: Asked) -> Reply:
        if asked.number > 1000:
            return GOOD
        return throttled(Retry_After=f"{asked_for[asked.number - 1]:.3f}")

    with Server(answers, clock) as server:
        client(server).get("/Users")

    early = [
        1 for told_, waited in zip(asked_for, gaps(server), strict=True) if waited < told_ - 1e-6
    ]
    assert early == []
    assert len(server.asked) == 1001


def test_the_real_clock_is_not_early_either() -> None:
    with Server(script(throttled(Retry_After="0.25"), GOOD)) as server:
        client(server).get("/Users")

    assert gaps(server)[0] >= 0.25


def test_a_pace_is_kept() -> None:
    clock = FakeClock()
    with Server(script(GOOD), clock) as server:
        reader = client(server, paces=(Pace("/auditLogs/", 5, 10),))
        for _ in range(11):
            reader.get("/auditLogs/provisioning")
        reader.get("/users")

    at = [one.at for one in server.asked if "audit" in one.target]
    assert all(later - before >= 10 for before, later in zip(at, at[5:], strict=False))
    assert server.asked[-1].at == at[-1]


# T4: whole bodies


@pytest.mark.parametrize("how", CUT)
def test_t4_an_answer_that_is_not_whole_is_asked_for_again(how: str) -> None:
    with Server(script(Reply(raw=CUT[how]), Reply(body=BODY)), FakeClock()) as server:
        answer = client(server).get("/Users")

    assert answer.body == BODY
    assert len(server.asked) == 2


@pytest.mark.parametrize("how", CUT)
def test_t4_half_an_answer_again_and_again_is_one_line(how: str) -> None:
    with (
        Server(script(Reply(raw=CUT[how])), FakeClock()) as server,
        pytest.raises(SystemRefusedError) as caught,
    ):
        client(server).get("/Users")

    assert str(caught.value).count("\n") == 0
    assert len(server.asked) == TRIES


def test_packed_and_chunked_answers_are_read_whole() -> None:
    packed = Reply(raw=whole(PACKED, "Content-Encoding: gzip", f"Content-Length: {len(PACKED)}"))
    two = PACKED[:50], PACKED[50:]
    pieces = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in two) + b"0\r\n\r\n"
    chunked = Reply(raw=whole(pieces, "Content-Encoding: gzip", "Transfer-Encoding: chunked"))
    members = gzip.compress(BODY[:100]) + gzip.compress(BODY[100:])
    several = Reply(raw=whole(members, "Content-Encoding: gzip", f"Content-Length: {len(members)}"))
    for reply in (packed, chunked, several):
        with Server(script(reply)) as server:
            assert client(server).get("/Users").body == BODY


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (gzip.compress(b"0" * (100 << 20)), "unpacks to more than"),
        (b"[" + b"0," * (3 << 20) + b"0]", "has more than 4 MB"),
    ],
    ids=["bomb", "large"],
)
def test_an_answer_that_is_too_large_is_refused_at_once(packed: bytes, said: str) -> None:
    coding = "gzip" if packed[:2] == b"\x1f\x8b" else "identity"
    with (
        Server(script(Reply(body=packed, headers={"Content-Encoding": coding}))) as server,
        pytest.raises(SystemRefusedError, match=said),
    ):
        client(server).get("/Users")

    assert len(server.asked) == 1


def test_a_page_for_people_is_no_empty_answer() -> None:
    page = Reply(body=b"<html>Sign in</html>", headers={"Content-Type": "text/html; charset=utf-8"})
    with (
        Server(script(page)) as server,
        pytest.raises(SystemRefusedError, match="JSON was expected and text/html came"),
    ):
        client(server).get("/Users")

    assert len(server.asked) == 1


def test_an_empty_or_single_value_is_no_answer() -> None:
    for body, said in ((b"", "no whole JSON"), (b"null", "no records"), (b"3", "no records")):
        with (
            Server(script(Reply(body=body)), FakeClock()) as server,
            pytest.raises(SystemRefusedError, match=said),
        ):
            client(server).get("/Users")


# T5: time


def drip(head: bytes, body: bytes) -> Callable[[Any], None]:
    def write(handler: Any) -> None:
        handler.wfile.write(head)
        for place in range(len(body)):
            handler.wfile.write(body[place : place + 1])
            handler.wfile.flush()
            time.sleep(0.05)

    return write


@pytest.mark.parametrize("where", ["body", "headers"])
def test_t5_an_answer_that_drips_ends_with_its_time(where: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\nContent-Type: application/json\r\n\r\n"
    slow = (
        drip(head, b" " * 4000) if where == "body" else drip(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 4000)
    )
    limits = Limits(connect=1, silent=1, whole=0.3)
    began = time.monotonic()
    with Server(script(Reply(raw=slow), GOOD)) as server:
        answer = client(server, FakeClock(), limits=limits).get("/Users")

    assert answer.document == GOOD.document
    assert time.monotonic() - began < 3


def test_a_server_that_never_answers_is_given_up() -> None:
    limits = Limits(connect=1, silent=0.1, whole=5)
    with (
        Server(script(Reply(raw=lambda _: time.sleep(0.5)))) as server,
        pytest.raises(SystemRefusedError, match="no answer in time, 6 times"),
    ):
        client(server, FakeClock(), limits=limits).get("/Users")


def test_nobody_listening_is_named_with_host_and_port() -> None:
    with Server(script(GOOD)) as server:
        pass

    with pytest.raises(SystemRefusedError, match=f"at {server.url}: the connection was refused"):
        client(server, FakeClock()).get("/Users")


def test_a_name_that_nobody_knows_is_one_line() -> None:
    reader = Client("app", "https://nohost.invalid", None, _budget())

    with pytest.raises(SystemRefusedError, match="its name is not known"):
        reader.get("/Users")


# T6 to T8: whose credential, and where it goes


def test_t6_the_environment_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with listener() as (port, heard), Server(script(GOOD)) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        client(server).get("/Users")

    assert server.asked[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert heard == []


def test_t7_t8_no_byte_follows_a_link_to_another_place() -> None:
    unrefused, said = [], []
    with listener() as (port, heard), Server(script(GOOD)) as server:
        links = astray(port, server.port)
        reader = client(server, FakeClock())
        for link in links:
            if "://" not in link:
                link = f"x://{link}"
            try:
                reader.get(link)
                unrefused.append(link)
            except SystemRefusedError as error:
                said.append(str(error).replace(server.url, ""))

    assert len(said) >= 60
    assert not [one for one in said if str(port) in one]
    assert unrefused == []
    assert heard == []
    assert server.asked == []


def test_t7_the_connection_itself_dials_no_other_host() -> None:
    with listener() as (port, heard), Server(script(GOOD)) as server:
        wire = client(server)._wire
        prepared = requests.Request("GET", f"http://127.0.0.1:{port}/x").prepare()
        with pytest.raises(Exception, match="another host"):
            wire.send(prepared)

    assert heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_t7_a_redirect_is_not_followed_anywhere(status: int) -> None:
    with listener() as (port, heard):
        reply = Reply({}, status, {"Location": f"http://127.0.0.1:{port}/"})
        with Server(script(reply)) as server, pytest.raises(SystemRefusedError):
            client(server).get("/Users")

    assert heard == []
    assert len(server.asked) == 1


def test_a_link_is_sent_as_it_came() -> None:
    with Server(script(GOOD)) as server:
        client(server).get(f"{server.url}/scim/Users?$skiptoken=a%2fb%7e'x'&after=..%2F")

    assert server.asked[0].target == "/scim/Users?$skiptoken=a%2Fb%7E'x'&after=..%2F"


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/scim",
        "https://user:pass@app.example.com",
        "https://app.example.com/?x=1",
        "https://app.example.com/#x",
        "https://app.example.com\\@evil.example.com",
        "https://app example.com",
        "https://äpp.example.com",
        "ftp://app.example.com",
        "file:///etc/passwd",
        "https://",
        "app.example.com",
        "",
        "https://app.example.com:0",
        "https://app.example.com:99999",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://0.0.0.0",
        "https://2130706433",
        "https://0x7f.1",
        "https://-bad-.example.com",
        "https://app.example.com%00",
    ],
)
def test_an_address_that_is_no_plain_one_is_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"^app: url: "):
        base_of(url, "app: url")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://App.Example.com/scim/v2/", ("https", "app.example.com", 443, "/scim/v2")),
        ("https://app.example.com:8443", ("https", "app.example.com", 8443, "")),
        ("http://127.0.0.1:8080/scim", ("http", "127.0.0.1", 8080, "/scim")),
        ("http://[::1]:8080", ("http", "[::1]", 8080, "")),
        ("https://10.0.0.7/scim", ("https", "10.0.0.7", 443, "/scim")),
    ],
)
def test_a_plain_address_is_taken(url: str, origin: tuple[object, ...]) -> None:
    found, path = base_of(url, "app: url")

    assert (found.scheme, found.host, found.port, path) == origin


# T9: secrets


def test_t9_no_secret_in_logs_errors_tracebacks_or_pickles(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    caplog.set_level(logging.DEBUG)
    said = io.StringIO()
    faults = [*CUT.values(), *(None,) * 4]
    statuses = [401, 403, 429, 500]
    for place, raw in enumerate(faults):
        reply = Reply(raw=raw) if raw else Reply({}, statuses[place - len(CUT)])
        with Server(script(reply), FakeClock()) as server:
            reader = client(server, budget=30)
            with pytest.raises(ScimlyticsError) as caught:
                reader.get("/Users", {"filter": 'userName eq "ada"'})
        error: BaseException | None = caught.value
        while error is not None:
            shown = traceback.TracebackException.from_exception(error, capture_locals=True)
            said.write("".join(shown.format()) + repr(vars(error)))
            said.write(pickle.dumps(error).decode("latin-1"))
            error = error.__cause__ or error.__context__
        said.write(repr(reader))
    out = capsys.readouterr()
    everything = said.getvalue() + caplog.text + out.out + out.err

    assert SECRET not in everything.replace("self.token, self.others = SECRET", "")
    assert "userName" not in "".join(str(one) for one in [caught.value])


# Credentials that end


def test_a_credential_is_renewed_once_with_the_servers_challenge() -> None:
    def answers(asked: Asked) -> Reply:
        fresh = asked.headers["Authorization"] == "Bearer second"
        return GOOD if fresh else Reply({}, 401, {"WWW-Authenticate": 'Bearer claims="abc"'})

    auth = Bearer("second")
    with Server(answers) as server:
        answer = client(server, auth=auth).get("/Users")

    assert answer.document == GOOD.document
    assert auth.challenges == ['Bearer claims="abc"']


def test_a_credential_that_is_refused_twice_is_refused() -> None:
    with (
        Server(script(Reply({}, 401))) as server,
        pytest.raises(SystemRefusedError, match="refuses the credentials; renew them"),
    ):
        client(server, auth=Bearer("second", "third")).get("/Users")

    assert len(server.asked) == 2


# TLS


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, str]]:
    """Certificates of this computer: good, of another host, and expired."""
    from tests.certificates import pair

    folder = tmp_path_factory.mktemp("tls")
    made = {
        "good": pair(folder, "good"),
        "other": pair(folder, "other", "other.example.com"),
        "expired": pair(folder, "expired", days=-1),
    }
    return {name: (str(certificate), str(key)) for name, (certificate, key) in made.items()}


def secured(server: Server, pair: tuple[str, str], version: ssl.TLSVersion | None = None) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    if version is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    server._server.socket = context.wrap_socket(server._server.socket, server_side=True)
    server._server.handle_error = lambda *_: None  # type: ignore[method-assign]


def secure_client(server: Server, ca: str | None) -> Client:
    return Client("app", f"https://localhost:{server.port}/scim", Bearer(), _budget(), ca=ca)


def test_tls_works_with_a_certificate_that_is_trusted(
    certificates: dict[str, tuple[str, str]],
) -> None:
    server = Server(script(GOOD))
    secured(server, certificates["good"])
    with server:
        answer = secure_client(server, certificates["good"][0]).get("/Users")

    assert answer.document == GOOD.document


@pytest.mark.parametrize(
    ("pair", "trusted", "said"),
    [
        ("good", None, "signed by nobody that is trusted here"),
        ("other", "other", "for another host"),
        ("expired", "expired", "has expired"),
    ],
)
def test_tls_without_a_valid_certificate_is_refused_at_the_first_try(
    pair: str, trusted: str | None, said: str, certificates: dict[str, tuple[str, str]]
) -> None:
    server = Server(script(GOOD))
    secured(server, certificates[pair])
    ca = certificates[trusted][0] if trusted else None
    with server, pytest.raises(SystemRefusedError, match=said):
        secure_client(server, ca).get("/Users")

    assert server.asked == []


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_tls_of_an_old_version_is_refused(certificates: dict[str, tuple[str, str]]) -> None:
    server = Server(script(GOOD))
    secured(server, certificates["good"], ssl.TLSVersion.TLSv1_1)
    with server, pytest.raises(SystemRefusedError):
        secure_client(server, certificates["good"][0]).get("/Users")

    assert server.asked == []


def test_nothing_in_the_package_turns_verification_off() -> None:
    package = Path(__file__).parent.parent / "scimlytics"

    texts = [path.read_text("utf-8") for path in package.rglob("*.py")]

    assert not [text for text in texts if "verify=False" in text or "CERT_NONE" in text]


def _budget() -> Any:
    from scimlytics.connectors.http import Budget

    return Budget(3600, FakeClock())


def _raw(status: int) -> Any:
    from scimlytics.connectors.wire import Raw

    return Raw(status, {}, (), b"{}")
