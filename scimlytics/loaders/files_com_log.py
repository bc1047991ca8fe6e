"""Files.com: the SCIM log, the history, sign-on events and the site's other records of itself.

The SCIM log says what arrived, the history and the settings changes who did what by which
interface: a deletion there by another interface than SCIM proves and dates a deletion by hand.
Source: the resource reference in Files.com's SDK, and its help pages on logging.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scimlytics.loaders.files_com import Row, has
from scimlytics.loaders.files_com_sentences import said
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.records import (
    columns,
    fields,
    first,
    identifier,
    inner,
    listed,
    moment,
    nothing,
    number,
    objects,
    text,
)
from scimlytics.loaders.scim_traffic import (
    MEMBER,
    REQUEST,
    Exchange,
    request_rows,
    without_credentials,
)

AUDIT = (
    "audit_id",
    "at",
    "action",
    "object_type",
    "target_id",
    "subject",
    "old",
    "new",
    "actor",
    "interface",
    "failure",
    "source_key",
    "source_file",
    "source_row",
)
HISTORY = {
    "user_create": ("create", "user"),
    "user_update": ("update", "user"),
    "user_destroy": ("delete", "user"),
    "group_create": ("create", "group"),
    "group_update": ("update", "group"),
    "group_destroy": ("delete", "group"),
    "login": ("login", "user"),
    "failedlogin": ("login_failed", "user"),
}
_WENT_WELL = ("success", "succeeded", "ok", "complete", "completed")
_WENT_WRONG = ("fail", "error", "denied", "reject", "invalid")


def load_scim_log(page: Page) -> Loading:
    """Turn the SCIM log into requests; the bodies are JSON in texts (trap 4)."""
    aside: list[tuple[int, str]] = []
    requests: list[Row] = []
    members: list[Row] = []
    for row, record in objects(page, aside):
        known = fields(record)
        at = moment(known.get("created_at"))
        if at is None:
            aside.append((row, "has no readable created_at"))
            continue
        exchange = Exchange(
            request_id=identifier(known.get("id")) or f"{page.file}:{row}",
            at=at,
            method=str(known.get("request_method") or "").upper(),
            target=text(known.get("request_path")) or "",
            status=number(known.get("http_response_code")),
            agent=text(known.get("user_agent")),
            request=known.get("request_json"),
            response=known.get("response_json"),
        )
        found, named = request_rows(exchange)
        requests += [one | {"source_file": page.file, "source_row": row} for one in found]
        members += named
    return Loading(
        {
            "scim_requests": columns(requests, REQUEST),
            "request_members": columns(members, MEMBER),
        },
        aside,
    )


def _audited(read: Callable[[Record, Row], list[Row]], *when: str) -> Callable[[Page], Loading]:
    """Make the loader of a log whose records each give some rows of TARGET_AUDIT."""

    def load(page: Page) -> Loading:
        aside: list[tuple[int, str]] = []
        rows: list[Row] = []
        for row, record in objects(page, aside):
            known = fields(record)
            at = next((found for name in when if (found := moment(known.get(name)))), None)
            if at is None:
                aside.append((row, f"has no readable {when[0]}"))
                continue
            origin = {"at": at, "source_file": page.file, "source_row": row}
            rows += read(known, origin)
        return Loading({"target_audit": columns(rows, AUDIT)}, aside)

    return load


def _of_history(known: Record, origin: Row) -> list[Row]:
    """Give an entry of the history; what was done to files and folders is *other*."""
    action, kind = HISTORY.get(str(known.get("action")).casefold(), ("other", "other"))
    failure = text(known.get("failure_type"))
    failure = None if failure == "none" else failure
    signs_in = action in ("login", "login_failed")
    if signs_in and failure:
        action = "login_failed"
    targets = inner(dict(known), "targets")
    target = known.get("user_id") if signs_in else known.get("target_id") or targets.get("id")
    name = first(known, "target_name") or first(targets, "name", "username")
    return [
        origin
        | {
            "audit_id": identifier(known.get("id")),
            "action": action,
            "object_type": kind,
            "target_id": identifier(target),
            "subject": text(known.get("username") if signs_in else name),
            "actor": text(known.get("username")),
            "interface": text(known.get("interface")),
            "failure": failure,
        }
    ]


def _of_sign_on(known: Record, origin: Row) -> list[Row]:
    """Give an attempt to sign on; ``idp_uid`` is what the identity provider presented."""
    failure = _failure(known)
    status = str(known.get("status")).casefold()
    went_well = any(word in status for word in _WENT_WELL)
    action = "login_failed" if failure else "login" if went_well else "other"
    return [
        origin
        | {
            "audit_id": identifier(known.get("id")),
            "action": action,
            "object_type": "user",
            "target_id": identifier(known.get("user_id")),
            "subject": text(known.get("username")),
            "actor": text(known.get("username")),
            "interface": "sso",
            "failure": failure,
            "source_key": text(known.get("idp_uid")),
        }
    ]


def _of_external(known: Record, origin: Row) -> list[Row]:
    """Give a result of a synchronisation with an outside directory."""
    return [
        origin
        | {
            "audit_id": identifier(known.get("id")),
            "action": "other",
            "object_type": "other",
            "interface": text(known.get("event_type")),
            "failure": _failure(known),
        }
    ]


def _failure(known: Record) -> str | None:
    """Say why something failed, in the site's words; null where it did not."""
    errors = "; ".join(listed(known.get("event_errors"), "\n"))
    status = str(known.get("status")).casefold()
    if not errors and not any(word in status for word in _WENT_WRONG):
        return None
    return without_credentials(errors or text(known.get("body")) or status)


def _of_settings(known: Record, origin: Row) -> list[Row]:
    """Give the changes of one moment, each a sentence in Markdown."""
    actor = text(known.get("username"))
    sentences = known.get("changes")
    rows = []
    for place, sentence in enumerate(sentences if isinstance(sentences, list) else [sentences], 1):
        if not isinstance(sentence, str) or not sentence.strip():
            continue
        key = identifier(known.get("user_id")) or identifier(known.get("api_key_id")) or ""
        named = {"audit_id": f"settings {origin['at'].isoformat()} {key} {place}"}
        interface = "api" if known.get("api_key_id") else "web"
        rows.append(origin | named | {"actor": actor, "interface": interface} | said(sentence))
    return rows


def _is_history(envelope: Record, record: Any) -> bool:
    return has("action", "interface", any_of=("failure_type",))(envelope, record)


_TRAFFIC = ("scim_requests", "request_members")
_AUDIT = ("target_audit",)
FORMATS = (
    Format(
        "Files.com SCIM log",
        "files.com",
        _TRAFFIC,
        has("request_method", "request_path", "http_response_code"),
        load_scim_log,
        "log",
    ),
    Format(
        "Files.com history",
        "files.com",
        _AUDIT,
        _is_history,
        _audited(_of_history, "created_at_iso8601", "created_at", "when"),
        "target",
    ),
    Format(
        "Files.com sign-on events",
        "files.com",
        _AUDIT,
        has("idp_uid", "status"),
        _audited(_of_sign_on, "created_at"),
        "target",
    ),
    Format(
        "Files.com external events",
        "files.com",
        _AUDIT,
        lambda envelope, record: (
            has("event_type", "status", "body", "created_at")(envelope, record)
            and "idp_uid" not in fields(record)
        ),
        _audited(_of_external, "created_at"),
        "target",
    ),
    Format(
        "Files.com settings changes",
        "files.com",
        _AUDIT,
        has("changes", "created_at", any_of=("user_is_files_support", "api_key_id")),
        _audited(_of_settings, "created_at"),
        "target",
    ),
    # Requests to the REST interface. Provisioning does not use it, so its throttling is another's.
    Format(
        "Files.com API request log",
        "files.com",
        (),
        has("response_code", "request_path", any_of=("api_name", "api_key_prefix")),
        nothing,
        "target",
    ),
)
