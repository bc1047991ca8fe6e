"""Logs of gateways and servers in front of a SCIM endpoint: who asked for what, and the answer.

Structured lines (JSON, or the same as CSV), the combined format of nginx and Apache, and those of
AWS load balancers. Bodies are read where a gateway logs them; plain access logs have none, so they
show that a request arrived, not what it said. Requests that are not SCIM's are put aside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    columns,
    decoded,
    fields,
    first,
    identifier,
    inner,
    moment,
    nothing,
    number,
    real,
    text,
)
from scimlytics.loaders.scim_traffic import MEMBER, REQUEST, Exchange, Row, request_rows

RANK = 5
"""Asked after the products that know themselves: these names are everybody's."""

AT = ("@timestamp", "timestamp", "time", "ts", "datetime", "date", "time_iso8601", "start_time")
METHOD = ("method", "httpmethod", "http_method", "request_method", "requestmethod", "verb")
PATH = ("path", "request_path", "requestpath", "uri", "request_uri", "requesturi", "url", "target")
STATUS = ("status", "statuscode", "status_code", "response_code", "http_status", "responsestatus")
REQUEST_ID = ("requestid", "request_id", "x_request_id", "correlationid", "traceid", "id")
AGENT = ("useragent", "user_agent", "http_user_agent", "agent")
MILLISECONDS = ("durationms", "duration_ms", "latencyms", "latency_ms", "elapsedms", "elapsed_ms")
SECONDS = ("request_time", "duration_s", "latency_s", "elapsed_s")
ASKED = ("requestbody", "request_body", "requestjson", "request_json")
ANSWERED = ("responsebody", "response_body", "responsejson", "response_json")
RETRY = ("retryafter", "retry_after", "retry-after")

_COMBINED = re.compile(
    r'^\S+ \S+ .+? \[(?P<at>[^\]]+)\] "(?P<method>[A-Z]+) (?P<path>\S+)(?: HTTP/[\d.]+)?"'
    r' (?P<status>\d{3}) \S+(?: "[^"]*" "(?P<agent>[^"]*)")?(?P<rest>.*)$'
)
_BALANCER = re.compile(
    r"^(?:https?|h2|wss?|grpcs) (?P<at>\S+) \S+ \S+ \S+ (?P<took>-?[\d.]+ -?[\d.]+ -?[\d.]+)"
    r' (?P<status>\d{3}) \S+ -?\d+ -?\d+ "(?P<method>[A-Z]+) (?P<path>\S+) [^"]*"'
    r' "(?P<agent>[^"]*)"'
)
_TOOK = re.compile(r'\b(?:rt|request_time)[=:]"?(?P<seconds>\d+\.\d+)')
_DATED = re.compile(r"(\d{2})/(\w{3})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SCIM = re.compile(
    r"/scim\b|/(?:users|groups|bulk|me|schemas|resourcetypes|serviceproviderconfig|\.search)\b",
    re.IGNORECASE,
)


def load_log(page: Page) -> Loading:
    """Turn the lines of a log into requests."""
    aside: list[tuple[int, str]] = []
    requests: list[Row] = []
    members: list[Row] = []
    for row, record in enumerate(page.records, start=page.first_row):
        name = f"{page.file}:{row}"
        exchange = _of_line(record, name) if isinstance(record, str) else _of_record(record, name)
        if exchange is None:
            aside.append((row, "shows no request with its time, method and path"))
        elif not _SCIM.search(exchange.target):
            aside.append((row, "is no request to a SCIM endpoint"))
        else:
            found, named = request_rows(exchange)
            requests += [one | {"source_file": page.file, "source_row": row} for one in found]
            members += named
    rows = {
        "scim_requests": columns(requests, REQUEST),
        "request_members": columns(members, MEMBER),
    }
    return Loading(rows, aside)


def _of_record(record: Any, name: str) -> Exchange | None:
    """Read a structured line; request and response may stand in objects of their own."""
    if not isinstance(record, Mapping):
        return None
    known, asked, answered, at = _parts(record)
    method, path = text(first(asked, *METHOD)), _path(asked)
    if at is None or method is None or path is None:
        return None
    milliseconds, seconds = real(first(known, *MILLISECONDS)), real(first(known, *SECONDS))
    if milliseconds is None and seconds is not None:
        milliseconds = seconds * 1000
    headers, shown = inner(asked, "headers"), inner(answered, "headers")
    return Exchange(
        request_id=identifier(first(known, *REQUEST_ID)) or name,
        at=at,
        method=method.upper(),
        target=path,
        status=number(first(answered, *STATUS)),
        agent=_agent(known) or text(headers.get("user-agent")),
        request=first(asked, *ASKED, "body"),
        response=first(answered, *ANSWERED) or inner(known, "response").get("body"),
        retry_after_s=real(first(answered, *RETRY) or first(shown, *RETRY)),
        duration_ms=None if milliseconds is None else int(milliseconds),
    )


def _parts(record: Record) -> tuple[Row, Row, Row, datetime | None]:
    """Give the whole record, its request and its response with folded names, and its time."""
    known = fields(record)
    http = inner(known, "http")
    asked = known | inner(http, "request") | _object(known.get("request"))
    answered = known | inner(http, "response") | _object(known.get("response"))
    return known, asked, answered, moment(first(known, *AT))


def _object(value: Any) -> Row:
    plain = decoded(value)
    return fields(plain) if isinstance(plain, Mapping) else {}


def _path(asked: Row) -> str | None:
    """Give the path; the Elastic schema has an object for the address."""
    found = first(asked, *PATH)
    if isinstance(found, Mapping):
        found = first(fields(found), "original", "full", "path")
    return text(found)


def _agent(known: Row) -> str | None:
    found = first(known, *AGENT)
    return text(fields(found).get("original") if isinstance(found, Mapping) else found)


def _of_line(line: str, name: str) -> Exchange | None:
    """Read a line of an access log."""
    if balanced := _BALANCER.match(line):
        took = [float(part) for part in balanced["took"].split()]
        seconds = sum(part for part in took if part >= 0)
        at = moment(balanced["at"])
        return _exchange(balanced, name, at, int(seconds * 1000))
    if combined := _COMBINED.match(line):
        shown = _TOOK.search(combined["rest"])
        milliseconds = int(float(shown["seconds"]) * 1000) if shown else None
        return _exchange(combined, name, _of_english(combined["at"]), milliseconds)
    return None


def _exchange(
    match: re.Match[str], name: str, at: datetime | None, milliseconds: int | None
) -> Exchange | None:
    if at is None:
        return None
    return Exchange(
        request_id=name,
        at=at,
        method=match["method"],
        target=match["path"],
        status=int(match["status"]),
        agent=match["agent"],
        duration_ms=milliseconds,
    )


def _of_english(words: str) -> datetime | None:
    """Read ``20/Nov/2026:06:00:00 +0000``; months are English whatever the machine speaks."""
    match = _DATED.fullmatch(words)
    if match is None or match[2].casefold() not in _MONTHS:
        return None
    month = _MONTHS.index(match[2].casefold()) + 1
    return moment(f"{match[3]}-{month:02}-{match[1]}T{match[4]}{match[5]}:{match[6]}")


def _is_request(envelope: Record, record: Any) -> bool:
    if not isinstance(record, Mapping):
        return False
    known, asked, answered, _ = _parts(record)
    return (
        any(name in known for name in AT)
        and any(name in asked for name in METHOD)
        and any(name in asked for name in PATH)
        and any(name in answered for name in STATUS)
    )


def _is_line(envelope: Record, record: Any) -> bool:
    return isinstance(record, str) and _of_line(record, "") is not None


def _is_remark(envelope: Record, record: Any) -> bool:
    """Whether a line of a server's log is about something else than a request."""
    known = fields(record) if isinstance(record, Mapping) else {}
    named = {"message", "msg", "category", "event"} & set(known)
    return "level" in known and bool(named) and any(name in known for name in AT)


TABLES = ("scim_requests", "request_members")
FORMATS = (
    Format("SCIM gateway log", "scim", TABLES, _is_request, load_log, "log"),
    Format("Access log", "scim", TABLES, _is_line, load_log, "log"),
    Format("Server log without requests", "scim", (), _is_remark, nothing, "log"),
)
