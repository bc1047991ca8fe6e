"""Requests that arrived at a SCIM server: what was asked, how it was answered, what it showed.

The second witness beside the provider's log. Files.com's SCIM log, gateway logs and access logs
give exchanges; this makes rows of them. Bodies hold passwords and personal data: nothing of them
is kept but names, ids, the active flag and members.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from scimlytics.loaders.records import decoded, fields, first, flag, identifier, number, text
from scimlytics.loaders.scim_kinds import has_schema, is_list, kind_of
from scimlytics.loaders.scim_patch import member_changes, member_ids, sent

Row = dict[str, Any]
REQUEST = (
    "request_id",
    "at",
    "client",
    "method",
    "path",
    "filter",
    "object_type",
    "status",
    "scim_type",
    "detail",
    "target_id",
    "external_id",
    "name",
    "active",
    "shown_active",
    "retry_after_s",
    "duration_ms",
    "source_file",
    "source_row",
)
MEMBER = ("request_id", "at", "group_id", "member_id", "operation")
LONGEST_DETAIL = 2_000

_CLIENTS = {"azure": "entra", "entra": "entra", "microsoft": "entra", "okta": "okta"}
_COMPARED = re.compile(r'\b([\w.:]+)\s+eq\s+"((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_CREDENTIAL = re.compile(r"\b(bearer|basic|ssws)\s+[\w.~+/=-]{6,}", re.IGNORECASE)
_KINDS = {"users": "user", "groups": "group"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as far as a log shows them."""

    request_id: str
    at: datetime
    method: str
    target: str
    """The path or address asked for; the query may be part of it."""
    status: int | None
    agent: str | None = None
    request: Any = None
    """The body that was sent; JSON, text that holds JSON, or nothing."""
    response: Any = None
    retry_after_s: float | None = None
    duration_ms: int | None = None


def request_rows(exchange: Exchange) -> tuple[list[Row], list[Row]]:
    """Turn an exchange into rows of SCIM_REQUESTS and REQUEST_MEMBERS.

    A bulk request becomes a row for each of its operations.
    """
    body, answer = decoded(exchange.request), decoded(exchange.response)
    if has_schema(body, ":BulkRequest"):
        requests: list[Row] = []
        members: list[Row] = []
        for one in _of_bulk(exchange, body, answer):
            more, named = request_rows(one)
            requests += more
            members += named
        return requests, members
    path, query = split_target(exchange.target)
    kind, resource = object_of(path)
    request = _request(exchange, body, answer, path, query, kind, resource)
    group = request["target_id"] if kind == "group" else None
    members = []
    if group is not None:
        members = [
            {"group_id": group, "member_id": member, "operation": operation}
            for operation, member in member_changes(exchange.method, body)
        ]
    if _succeeded(exchange.status) and _shows_members(query):
        members += _shown(answer)
    named_by = {"request_id": exchange.request_id, "at": exchange.at}
    return [request], [one | named_by for one in members]


def _request(
    exchange: Exchange,
    body: Any,
    answer: Any,
    path: str,
    query: Mapping[str, list[str]],
    kind: str,
    resource: str | None,
) -> Row:
    asked = sent(exchange.method, body)
    wanted = (query.get("filter") or [""])[0] or _searched(body)
    compared = {name.casefold(): value for name, value in _COMPARED.findall(wanted or "")}
    shown = _resource(answer) if _succeeded(exchange.status) else {}
    naming = "displayname" if kind == "group" else "username"
    names = (asked.get(naming), text(shown.get(naming)), compared.get(naming))
    externals = (asked.get("externalid"), text(shown.get("externalid")), compared.get("externalid"))
    scim_type, detail = _fault(exchange.status, answer)
    return {
        "request_id": exchange.request_id,
        "at": exchange.at,
        "client": client_of(exchange.agent),
        "method": exchange.method,
        "path": path,
        "filter": wanted,
        "object_type": kind,
        "status": exchange.status,
        "scim_type": scim_type,
        "detail": detail,
        "target_id": resource or identifier(shown.get("id")),
        "external_id": next((one for one in externals if one), None),
        "name": next((one for one in names if one), None),
        "active": flag(asked.get("active")) if kind == "user" else None,
        "shown_active": flag(shown.get("active")) if kind == "user" else None,
        "retry_after_s": exchange.retry_after_s,
        "duration_ms": exchange.duration_ms,
    }


def client_of(agent: str | None) -> str | None:
    """Say whose provisioning client an agent belongs to; null without one."""
    if not agent or agent == "-":
        return None
    for mark, client in _CLIENTS.items():
        if mark in agent.casefold():
            return client
    return "other"


def without_credentials(words: str) -> str:
    """Shorten a text and take credentials out that some servers repeat in their errors."""
    return _CREDENTIAL.sub(r"\1 …", words)[:LONGEST_DETAIL]


def split_target(target: str) -> tuple[str, dict[str, list[str]]]:
    """Part a path or an address into the path and what its query asks, by folded name."""
    try:
        parts = urlsplit(target)
    except ValueError:
        return target.partition("?")[0], {}
    asked = {name.casefold(): values for name, values in parse_qs(parts.query).items()}
    return unquote(parts.path), asked


def object_of(path: str) -> tuple[str, str | None]:
    """Say what a path is about, and the id of the one resource it names."""
    segments = [one for one in path.split("/") if one]
    for place, segment in enumerate(segments):
        if kind := _KINDS.get(segment.casefold()):
            rest = segments[place + 1 :]
            named = rest[0] if rest and rest[0].casefold() != ".search" else None
            return kind, named
    return "other", None


def _searched(body: Any) -> str | None:
    """Give the filter of a search by POST (RFC 7644, section 3.4.3)."""
    return text(fields(body).get("filter")) if has_schema(body, ":SearchRequest") else None


def _succeeded(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _resource(answer: Any) -> dict[str, Any]:
    """Give the one resource that an answer shows: itself, or the only one of its list."""
    if not isinstance(answer, Mapping):
        return {}
    known = fields(answer)
    if is_list(answer):
        listed = known.get("resources")
        only = listed[0] if isinstance(listed, list) and len(listed) == 1 else None
        return fields(only) if isinstance(only, Mapping) else {}
    return known


def _shows_members(query: Mapping[str, list[str]]) -> bool:
    """Whether the answer may speak of members; Entra's lookups leave them out."""
    left_out = ",".join(query.get("excludedattributes", [])).casefold()
    chosen = ",".join(query.get("attributes", [])).casefold()
    return "members" not in left_out and (not chosen or "members" in chosen)


def _shown(answer: Any) -> list[Row]:
    """Give the groups an answer shows with their members: states of the target at that time."""
    if not isinstance(answer, Mapping):
        return []
    listed = fields(answer).get("resources") if is_list(answer) else [answer]
    rows: list[Row] = []
    for one in listed if isinstance(listed, list) else []:
        known = fields(one) if isinstance(one, Mapping) else {}
        group = identifier(known.get("id"))
        if group is None or "members" not in known or kind_of(one, True) == "user":
            continue
        shown: list[str | None] = [*member_ids(known["members"])]
        rows += [
            {"group_id": group, "member_id": member, "operation": "shown"}
            for member in shown or [None]
        ]
    return rows


def _fault(status: int | None, answer: Any) -> tuple[str | None, str | None]:
    """Give scimType and words of an error, and say when the answer was no JSON at all."""
    if isinstance(answer, str) and answer.lstrip()[:1] == "<":
        return None, "HTML instead of JSON"
    if status is None or status < 400 or not isinstance(answer, Mapping):
        return None, None
    known = fields(answer)
    older = known.get("errors")
    if isinstance(older, list) and older and isinstance(older[0], Mapping):
        known = fields(older[0]) | known
    words = text(first(known, "detail", "description", "message", "error", "title"))
    return text(known.get("scimtype")), without_credentials(words) if words else None


def _of_bulk(exchange: Exchange, body: Any, answer: Any) -> list[Exchange]:
    answered = _operations(answer)
    found = []
    for place, one in enumerate(_operations(body)):
        reply = next(
            (
                other
                for other in answered
                if other.get("bulkid") and other["bulkid"] == one.get("bulkid")
            ),
            answered[place] if place < len(answered) else {},
        )
        status = reply.get("status")
        code = number(fields(status).get("code") if isinstance(status, Mapping) else status)
        location = text(reply.get("location"))
        found.append(
            replace(
                exchange,
                request_id=f"{exchange.request_id}#{place + 1}",
                method=str(one.get("method") or "").upper(),
                target=location or text(one.get("path")) or "",
                status=code if code is not None else exchange.status,
                request=one.get("data"),
                response=reply.get("response"),
            )
        )
    return found


def _operations(body: Any) -> list[dict[str, Any]]:
    listed = fields(body).get("operations") if isinstance(body, Mapping) else None
    return [fields(one) for one in listed or [] if isinstance(one, Mapping)]
