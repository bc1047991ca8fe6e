"""Whatever outsiders write, changed at random: only errors of our own may come of it.

A *target* reads something that comes from outside. What it is given begins as the real thing, as the lab
and the vendors write it, and is changed in its bytes or in its structure. The same seed gives the same
input.
"""

from __future__ import annotations

import gzip
import json
import random
import tempfile
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson

import scimlytics as scim
from scimlytics import checks
from scimlytics.connectors.config import read_config
from scimlytics.connectors.http import Answer
from scimlytics.connectors.waits import date_of, told, until_reset
from scimlytics.connectors.walks import (
    TornError,
    by_cursor_header,
    by_link,
    by_link_header,
    scim_by_index,
)
from scimlytics.errors import ScimlyticsError, SystemRefusedError
from scimlytics.lab import simulate
from scimlytics.loaders import read_folder
from scimlytics.loaders.stream import LONE
from scimlytics.loaders.times import parse_duration, parse_time
from scimlytics.marks import read_marks
from scimlytics.reconcile.mapping.expression import evaluate, parse
from scimlytics.reconcile.mapping.functions import UnevaluableError
from scimlytics.settings import Settings, read_settings
from tests.walking import Lists

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TENANTS = (("entra", "filescom"), ("okta", "scim"))
FEW = 4
"""So many records of a list are kept: a change meets one of them more likely."""
NASTY: tuple[Any, ...] = (
    None, "", " ", 0, -1, 1.5, 10**30, True, False, [], {}, [None], {"": None}, [[]], "null", "NaN",
    "\ud800", "\u202e", "\x00", "é", "é", "ß", "İ", "🦆", "a" * 5000, "<script>", "=1+1", "'; --",
    "../../etc/passwd", "{{7*7}}", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", "01/02/2026",
    "2026-02-30T00:00:00Z", "1732082400", 1732082400000, "[]", "{}", "true", "a,b", "a;b", "\n", "\t", "\\",
)  # fmt: skip
TOML = """
name = "contoso"
[source]
system = "entra"
taken_at = 2026-11-20T06:00:00Z
complete = ["users", "groups"]
[target]
system = "files.com"
time_zone = "Europe/Berlin"
[log]
covers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]
[provider]
cycle_minutes = 40
provisioning = "scim"
"""
PULL = """
[systems.app]
product = "scim"
role = "target"
url = "https://app.example.com/scim/v2"
token = "env:TOKEN"
page_size = 100
[systems.directory]
product = "graph"
role = "source"
tenant = "contoso.onmicrosoft.com"
client_id = "app-1"
secret = "keyring:scimlytics/app"
[pull]
budget_seconds = 600
log_days = 30
"""
MARKS = """
[[mark]]
match = "svc-*@example.com"
kind = "protected"
owner = "ops@example.com"
reason = "a service account"
expires = 2027-01-01
"""
EXPRESSIONS = (
    'Switch([IsSoftDeleted], , "False", "True", "True", "False")',
    'Join("@", NormalizeDiacritics(StripSpaces(Mid([userPrincipalName], 1, 20))), "example.com")',
    'IIF(IsNullOrEmpty([mail]), Replace([userPrincipalName], ".", , , "-", , ), ToLower([mail], ))',
    'Coalesce(Item(Split([proxyAddresses], ":"), 2), Append([givenName], [surname]))',
)
HEADERS = ("2.128", "Fri, 20 Nov 2026 12:00:07 GMT", "1763640007", "1500", "-5", "1e3")

Luck = random.Random


@cache
def tenant(source: str, target: str) -> dict[str, bytes]:
    """The files of a simulated tenant, with a few records each: where they lie, and what they hold."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "made"
        simulate(made, seed=1, users=40, days=10, source=source, target=target)
        for path in sorted((made / "evidence").rglob("*.*")):
            where = str(path.relative_to(made / "evidence")).removesuffix(".gz")
            data = path.read_bytes() if path.is_file() else b""
            data = gzip.decompress(data) if path.suffix == ".gz" else data
            found[where] = _short(data) if where.endswith(".json") else data[:4000]
    return found


@cache
def files() -> tuple[tuple[str, bytes], ...]:
    """All of them."""
    return tuple(one for pair in TENANTS for one in tenant(*pair).items() if one[1])


def _short(data: bytes) -> bytes:
    document = json.loads(data)
    rows = document
    if isinstance(document, dict):
        rows = next((one for one in document.values() if isinstance(one, list)), [])
    del rows[FEW:]
    return json.dumps(document).encode()


def bytes_changed(luck: Luck, data: bytes) -> bytes:
    """The same bytes, cut, flipped, doubled, joined with others, packed or in another encoding."""
    for _ in range(luck.randrange(1, 4)):
        place, other = luck.randrange(len(data) + 1), luck.randrange(len(data) + 1)
        low, high = min(place, other), max(place, other)
        way = luck.randrange(9)
        if way == 0:
            data = data[:place]
        elif way == 1 and data:
            spot = place % len(data)
            data = data[:spot] + bytes([data[spot] ^ 1 << luck.randrange(8)]) + data[spot + 1 :]
        elif way == 2:
            data = data[:low] + data[high:]
        elif way == 3:
            data = data[:high] + data[low:high] + data[high:]
        elif way == 4:
            data = data[:place] + luck.choice(files())[1][low : low + 200] + data[place:]
        elif way == 5:
            data = data[:place] + luck.randbytes(luck.randrange(1, 6)) + data[place:]
        elif way == 6:
            data = gzip.compress(data, mtime=0)
        elif way == 7:
            data = data.decode("utf-8", "replace").encode(
                luck.choice(("utf-16", "cp1252", "utf-7")), "replace"
            )
        else:
            data = b"\xef\xbb\xbf" + data
    return data


def structure_changed(luck: Luck, document: Any) -> Any:
    """The same document with some of its values, keys and lists changed."""
    document = deepcopy(document)
    for _ in range(luck.randrange(1, 6)):
        places = list(_places(document))
        if not places:
            return deepcopy(luck.choice(NASTY))
        held, key = luck.choice(places)
        way = luck.randrange(6)
        if way == 0:
            del held[key]
        elif way == 1 and isinstance(held, dict):
            held[luck.choice((str(key).upper(), f" {key}", f"{key}_", ""))] = held.pop(key)
        elif way == 2:
            held[key] = [held[key], held[key]]
        elif way == 3:
            held[key] = json.dumps(held[key])
        elif way == 4:
            held[key] = deepcopy(luck.choice(places)[0])
        else:
            held[key] = deepcopy(luck.choice(NASTY))
    return document


def _places(value: Any) -> Any:
    pairs: Any = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, one in list(pairs):
        yield value, key
        yield from _places(one)


def values_changed(luck: Luck, document: Any) -> Any:
    """The same document with other values in some of its records; every key stays."""
    document = deepcopy(document)
    leaves = [
        (held, key)
        for held, key in _places(document)
        if isinstance(held, dict) and not isinstance(held[key], dict | list) and key != "id"
    ]
    for held, key in luck.sample(leaves, min(len(leaves), luck.randrange(1, 6))):
        held[key] = luck.choice([one for one in NASTY if not isinstance(one, dict | list)])
    return document


def text_changed(luck: Luck, text: str) -> str:
    """A text with some of its characters changed."""
    data = bytes_changed(luck, text.encode()) if luck.random() < 0.2 else text.encode()
    changed = data.decode("utf-8", "replace")
    for _ in range(luck.randrange(1, 4)):
        place = luck.randrange(len(changed) + 1)
        new = luck.choice([*(str(one) for one in NASTY), *'"[](),=.:-', "1", "true"])
        changed = changed[:place] + new + changed[place + luck.randrange(6) :]
    return changed


def _loaded(name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        read_folder(Path(folder), Settings())


def damaged_files(luck: Luck) -> None:
    """Exports whose bytes are damaged."""
    name, data = luck.choice(files())
    _loaded(name, bytes_changed(luck, data))


def strange_files(luck: Luck) -> None:
    """Exports whose records hold what nobody expects."""
    name, data = luck.choice([one for one in files() if ".json" in one[0]])
    _loaded(name, json.dumps(structure_changed(luck, json.loads(data))).encode())


def _written(read: Callable[[Path], object], name: str, text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        read(path)


def settings_files(luck: Luck) -> None:
    """``scimlytics.toml``, the settings of a pull, and marks."""
    _written(lambda path: read_settings(path.parent), "scimlytics.toml", text_changed(luck, TOML))
    _written(read_config, "pull.toml", text_changed(luck, PULL))
    _written(read_marks, "marks.toml", text_changed(luck, MARKS))


def headers(luck: Luck) -> None:
    """What servers say about waiting."""
    said = {name: text_changed(luck, luck.choice(HEADERS)) for name in
            ("date", "retry-after-ms", "x-ms-retry-after-ms", "x-rate-limit-reset")}  # fmt: skip
    for wait in (
        told([text_changed(luck, luck.choice(HEADERS))], said, NOON),
        until_reset(said, NOON),
    ):
        assert wait is None or wait > 0
    date_of(said)


def times(luck: Luck) -> None:
    """Times and durations."""
    text = text_changed(
        luck, luck.choice(("2026-11-20T06:00:00.1234567Z", "11/20/2026 6:00:00 AM", "PT40M"))
    )
    for value in (text, luck.choice(NASTY)):
        for read in (parse_time, parse_duration):
            try:
                read(value)
            except ValueError:
                continue


def expressions(luck: Luck) -> None:
    """Mapping expressions."""
    people = [luck.choice(NASTY) for _ in range(3)]
    texts = [one if isinstance(one, str) else None for one in people]
    try:
        evaluate(parse(text_changed(luck, luck.choice(EXPRESSIONS))), lambda _: texts, len(texts))
    except UnevaluableError:
        return


class _Strange(Lists):
    """A server whose pages are strange."""

    def __init__(self, luck: Luck, page: Any) -> None:
        super().__init__([])
        self.luck, self.page = luck, page

    def get(self, path: str, parameters: Mapping[str, Any] = {}, allow: Any = ()) -> Answer:
        self.asked += 1
        body = json.dumps(structure_changed(self.luck, self.page)).encode()
        document = orjson.loads(LONE.sub(rb"\\ufffd", body))
        link = text_changed(self.luck, '<https://example.com/users?after=1>; rel="next"')
        cursor = self.luck.choice(("", "", "next"))
        if not isinstance(document, dict | list):
            raise SystemRefusedError("no records")
        link = link.encode("latin-1", "replace").decode("latin-1")
        return Answer(200, {"link": link, "x-files-cursor-next": cursor}, body, document)

    @property
    def origin(self) -> str:
        return "https://example.com"


PAGES: tuple[tuple[Callable[..., Any], Any], ...] = (
    (
        lambda: scim_by_index("/Users", 2),
        {"totalResults": 3, "startIndex": 1, "Resources": [{"id": "1"}]},
    ),
    (
        lambda: by_link("/users", {}),
        {"value": [{"id": "1"}], "@odata.nextLink": "https://example.com/users?a"},
    ),
    (lambda: by_link_header("/users", {}), [{"id": "1"}, {"id": "2"}]),
    (lambda: by_cursor_header("/users", {}), [{"id": 1}, {"id": 2}]),
)


def pages(luck: Luck) -> None:
    """Pages of servers."""
    walk, page = luck.choice(PAGES)
    through, server = walk(), _Strange(luck, page)
    state = None
    for _ in range(50):
        try:
            found = through(server, state)
        except TornError:
            return  # the pull begins the list anew
        if found.ended is not None:
            return
        state = json.loads(json.dumps(found.state))


def whole_checks(luck: Luck) -> None:
    """All checks, on a tenant with strange records in it."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in tenant(*luck.choice(TENANTS)).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            if name.endswith(".json") and luck.random() < 0.3:
                changed = values_changed(luck, json.loads(data))
                path.write_text(json.dumps(changed), encoding="utf-8")
        with scim.read(folder) as evidence:
            checks.run(evidence)


TARGETS: dict[str, Callable[[Luck], None]] = {
    "damaged files": damaged_files,
    "strange files": strange_files,
    "settings": settings_files,
    "headers": headers,
    "times": times,
    "expressions": expressions,
    "pages": pages,
    "whole checks": whole_checks,
}
SLOW = ("whole checks",)


def escaped(target: str, seed: int) -> str:
    """What came of an input that should not have; empty where only errors of our own did."""
    try:
        TARGETS[target](random.Random(f"{target} {seed}"))
    except ScimlyticsError as error:
        said = str(error).splitlines()  # of many files that cannot be read each has a line
        return "" if len(set(said)) == len(said) else f"a line twice: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
