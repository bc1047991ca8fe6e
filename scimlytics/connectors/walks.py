"""Ways through a collection, page by page; each knows what proves that the end was reached.

A walk takes a state and gives a page and the next state, which is plain JSON: so it can go on in
another process. Absence needs proof (reliability.md, section 2.7): counting rows does not show that
one was skipped, reading the last row of a page again as the first of the next one does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from scimlytics.connectors.http import TAKEN, Answer, Client
from scimlytics.connectors.shelf import State
from scimlytics.errors import SystemRefusedError
from scimlytics.loaders.pages import CAPS
from scimlytics.loaders.times import parse_time

EXPIRED = ("expiredcursor", "invalidcursor", "directory_expiredpagetoken", "syncstatenotfound")
"""Codes with which a server says that a place in a list is not known any more."""
LINKS_REMEMBERED = 8
MOST_PAGES = 200_000


class TornError(Exception):
    """The list changed while it was read, so that a row may be missing: read it again."""


@dataclass(frozen=True)
class Page:
    """One page, how to go on, and what was seen at the end."""

    body: bytes | None
    """As it came; None where the answer holds no rows to keep."""
    rows: int
    state: State | None = None
    ended: State | None = None


Walk = Callable[[Client, State | None], Page]


def whole(total: int | None = None, why: str = "the last page was reached") -> State:
    """An end that proves that everything was read."""
    return {"whole": True, "why": why, "total": total}


def part(why: str, total: int | None = None) -> State:
    """An end that proves nothing, or that something is missing."""
    return {"whole": False, "why": why, "total": total}


# SCIM


def scim_by_index(path: str, count: int) -> Walk:
    """Walk through a SCIM list by ``startIndex`` (RFC 7644, section 3.4.2.4)."""

    def walk(client: Client, state: State | None) -> Page:
        at = state["at"] if state else 1
        answer = client.get(path, {"startIndex": at, "count": count}, allow=(400,))
        if answer.status == 400:
            return Page(None, 0, ended=_bad_request(answer, client, path))
        rows, total = scim_list(answer.document, client, path)
        marks = [_mark(row) for row in rows]
        if state is None:
            return _first(answer, marks, total)
        if None not in (total, state["total"]) and state["total"] != total:
            raise TornError(f"the total changed from {state['total']} to {total}")
        if state.get("probing"):
            return _probed(answer, marks, state)
        return _next(answer, marks, state, count)

    return walk


def _first(answer: Answer, marks: list[str], total: int | None) -> Page:
    if not marks:
        ended = (
            whole(total) if total == 0 else part(f"the server says {total} and lists none", total)
        )
        if total is None:
            ended = part("an empty answer without a total")
        return Page(answer.body, 0, ended=ended)
    state = {
        "at": len(marks),
        "anchor": marks[-1],
        "head": marks[0],
        "total": total,
        "rows": len(marks),
        "first": _mark(marks),
        "pages": 1,
    }
    return Page(answer.body, len(marks), state)


def _next(answer: Answer, marks: list[str], state: State, count: int) -> Page:
    """A page that has to begin with the last row of the one before."""
    total, rows = state["total"], state["rows"]
    if not marks:
        return Page(answer.body, 0, **_at_end(total, rows, state))
    if marks[0] != state["anchor"]:
        if _mark(marks) == state["first"] and state["pages"] == 1:
            room = len(marks) > count or (len(marks) < count and len(marks) not in CAPS)
            if total in (None, rows) and room:
                return Page(answer.body, 0, ended=whole(total, "everything came at once"))
            return Page(answer.body, 0, ended=part("the server ignores startIndex", total))
        raise TornError("rows moved while they were read")
    new = len(marks) - 1
    if not new:
        return Page(answer.body, 0, **_at_end(total, rows, state))
    if state["pages"] > MOST_PAGES:
        return Page(answer.body, new, ended=part("the list does not end", total))
    onward = {"at": state["at"] + new, "anchor": marks[-1], "rows": rows + new}
    return Page(answer.body, new, {**state, **onward, "pages": state["pages"] + 1})


def _at_end(total: int | None, rows: int, state: State) -> dict[str, Any]:
    """What to do when nothing follows: done, or look before the first row."""
    if total is None or total == rows:
        return {"ended": whole(total)}
    if total == rows + 1:
        return {"state": {**state, "at": 0, "probing": True}}
    return {"ended": _lacking(total, rows)}


def _probed(answer: Answer, marks: list[str], state: State) -> Page:
    """Whether the server counts from 0, and has a row before the first."""
    total, rows = state["total"], state["rows"]
    if marks and marks[0] != state["head"]:
        return Page(answer.body, 1, ended=whole(total, "the server counts from 0"))
    return Page(answer.body, 0, ended=_lacking(total, rows))


def _lacking(total: int, rows: int) -> State:
    return part(f"the server says {total} and lists {rows}", total)


def scim_by_cursor(path: str, count: int) -> Walk:
    """Walk through a SCIM list by cursor (RFC 9865)."""

    def walk(client: Client, state: State | None) -> Page:
        cursor = state["cursor"] if state else ""
        answer = client.get(path, {"cursor": cursor, "count": count}, allow=(400,))
        if answer.status == 400:
            if state is not None and _code(answer.document) in EXPIRED:
                raise TornError("the server forgot where it was (cursor expired)")
            return Page(None, 0, ended=_bad_request(answer, client, path))
        rows, total = scim_list(answer.document, client, path)
        onward = _folded(answer.document).get("nextcursor")
        pages = state["pages"] + 1 if state else 1
        if not onward:
            return Page(answer.body, len(rows), ended=whole(total))
        if onward == cursor or pages > MOST_PAGES:
            ended = part("the cursor does not move on", total)
            return Page(answer.body, len(rows), ended=ended)
        return Page(answer.body, len(rows), {"cursor": str(onward), "pages": pages})

    return walk


def scim_list(document: Any, client: Client, path: str) -> tuple[list[Any], int | None]:
    """The rows of a list answer and its total.

    Raises
    ------
    SystemRefusedError
        It is no list answer.
    """
    if isinstance(document, list):
        return document, None
    known = _folded(document)
    rows = known.get("resources", [] if "totalresults" in known else None)
    if not isinstance(rows, list):
        raise SystemRefusedError(
            f"{client.system}: {path}: a list (ListResponse) was expected; is it a SCIM 2.0 server?"
        )
    return rows, _number(known.get("totalresults"))


def _bad_request(answer: Answer, client: Client, path: str) -> State:
    if _code(answer.document) == "toomany":
        return part("the server refuses to list so many (tooMany)")
    raise SystemRefusedError(
        f"{client.system}: {path} does not understand the request; is it a SCIM 2.0 server?"
        " (status 400)."
    )


# Links and cursors of products


def by_link(path: str, parameters: Mapping[str, str | int] | None = None) -> Walk:
    """Walk along ``@odata.nextLink`` (Graph); the links are sent back as they came."""

    def walk(client: Client, state: State | None) -> Page:
        if state is None:
            answer = client.get(path, parameters)
        else:
            answer = client.get(state["link"], allow=(400, 410))
            if answer.status == 410 or _code(answer.document) in EXPIRED:
                raise TornError("the server forgot where it was (page token expired)")
            if answer.status == 400:
                raise SystemRefusedError(
                    f"{client.system}: {path}: the server does not know its own link (status 400)."
                )
        document = answer.document
        rows = document.get("value") if isinstance(document, dict) else None
        if not isinstance(rows, list):
            raise SystemRefusedError(f"{client.system}: {path}: a list of records was expected.")
        onward = document.get("@odata.nextLink")
        return _linked(answer, len(rows), onward, state)

    return walk


def by_link_header(
    path: str, parameters: Mapping[str, str | int] | None = None, *, until_empty: bool = False
) -> Walk:
    """Walk along the ``Link`` header (Okta); with *until_empty* an empty page is the end as well."""

    def walk(client: Client, state: State | None) -> Page:
        answer = client.get(state["link"] if state else path, None if state else parameters)
        rows = bare_list(answer, client, path)
        onward = None if until_empty and not rows else answer.link("next")
        return _linked(answer, len(rows), onward, state)

    return walk


def _linked(answer: Answer, rows: int, onward: Any, state: State | None) -> Page:
    if not onward:
        return Page(answer.body, rows, ended=whole())
    seen = state["seen"] if state else []
    mark = _mark(onward)
    pages = state["pages"] + 1 if state else 1
    if not isinstance(onward, str) or mark in seen or pages > MOST_PAGES:
        return Page(answer.body, rows, ended=part("the next link leads in a circle"))
    remembered = [*seen, mark][-LINKS_REMEMBERED:]
    return Page(answer.body, rows, {"link": onward, "seen": remembered, "pages": pages})


def by_cursor_header(
    path: str, parameters: Mapping[str, str | int], *, back_to: datetime | None = None
) -> Walk:
    """Walk by ``X-Files-Cursor-Next`` (Files.com); newest first, back to a time where one is given."""

    def walk(client: Client, state: State | None) -> Page:
        asked = dict(parameters) if state is None else {**parameters, "cursor": state["cursor"]}
        answer = client.get(path, asked)
        rows = bare_list(answer, client, path)
        onward = answer.headers.get("x-files-cursor-next", answer.headers.get("x-files-cursor", ""))
        if not onward.strip():
            return Page(answer.body, len(rows), ended=whole())
        if back_to is not None and _older(rows, back_to):
            return Page(answer.body, len(rows), ended=whole(why="read back to the wanted time"))
        pages = state["pages"] + 1 if state else 1
        if (state and state["cursor"] == onward) or pages > MOST_PAGES:
            return Page(answer.body, len(rows), ended=part("the cursor does not move on"))
        return Page(answer.body, len(rows), {"cursor": onward, "pages": pages})

    return walk


def single(path: str) -> Walk:
    """Read one document."""

    def walk(client: Client, state: State | None) -> Page:
        answer = client.get(path)
        return Page(answer.body, 1, ended=whole())

    return walk


def one_by_one(path: str, ids: Sequence[str], context: str) -> Walk:
    """Read objects that no list shows, each by its id; one that is not there is no row.

    Parameters
    ----------
    path
        Where they lie, from the root of the server on.
    ids
        Which.
    context
        What a page says that it is, as ``@odata.context`` of a list would.
    """

    def walk(client: Client, state: State | None) -> Page:
        at = state["at"] if state else 0
        answer = client.get(f"{client.origin}{path}/{ids[at]}", allow=(404,))
        rows = [answer.document] if answer.status in TAKEN else []
        body = orjson.dumps({"@odata.context": context, "value": rows})
        if at + 1 < len(ids):
            return Page(body, len(rows), {"at": at + 1})
        return Page(body, len(rows), ended=whole(why=f"all {len(ids)} were asked for"))

    return walk


def bare_list(answer: Answer, client: Client, path: str) -> list[Any]:
    """The rows of an answer that is a list.

    Raises
    ------
    SystemRefusedError
        It is something else.
    """
    if not isinstance(answer.document, list):
        raise SystemRefusedError(f"{client.system}: {path}: a list of records was expected.")
    return answer.document


def _older(rows: list[Any], moment: datetime) -> bool:
    for row in reversed(rows):
        try:
            at = parse_time(row.get("created_at")) if isinstance(row, dict) else None
        except ValueError:
            continue
        if at is not None:
            return at < moment
    return False


def _mark(value: Any) -> str:
    """What makes a row the same row: its id, else all of it."""
    if isinstance(value, dict):
        known = value.get("id")
        if isinstance(known, str) and known:
            return sha256(known.encode("utf-8", "replace")).hexdigest()[:24]
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return sha256(text).hexdigest()[:24]


def _folded(document: Any) -> dict[str, Any]:
    return {str(key).casefold(): value for key, value in document.items()}


def _number(value: Any) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value)
    good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return value if good else None


def _code(document: Any) -> str:
    """The code of an error, folded: SCIM's ``scimType``, Graph's ``error.code``."""
    if not isinstance(document, dict):
        return ""
    known = _folded(document)
    inner = known.get("error")
    code = inner.get("code") if isinstance(inner, dict) else known.get("scimtype")
    return str(code or "").casefold()
