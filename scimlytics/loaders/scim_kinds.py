"""What a SCIM document is: a user, a group, a list, or a message that holds neither.

By content: schemas in any case, else the attributes that only such a resource has. Servers leave
schemas out, and lists of chosen attributes show little more than a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.format import Record
from scimlytics.loaders.records import fields, inner

_MESSAGES = (":PatchOp", ":BulkRequest", ":BulkResponse", ":Error", ":SearchRequest")
_DESCRIPTIONS = ("core:2.0:Schema", "core:2.0:ResourceType", ":ServiceProviderConfig")


def has_schema(record: Any, *names: str) -> bool:
    """Whether a record carries a schema whose URI ends in one of these names, in any case."""
    if not isinstance(record, Mapping):
        return False
    schemas = fields(record).get("schemas")
    listed = schemas if isinstance(schemas, list) else [schemas]
    return any(
        isinstance(one, str) and one.casefold().endswith(name.casefold())
        for one in listed
        for name in names
    )


def is_list(envelope: Record) -> bool:
    """Whether the envelope is a SCIM list response, also one without its schema."""
    return has_schema(envelope, ":ListResponse") or "totalresults" in fields(envelope)


def kind_of(record: Any, listed: bool = False) -> str | None:
    """Say whether a record is a SCIM ``user``, a ``group``, or nothing of the kind.

    Parameters
    ----------
    record
        The resource. Products that also say ``username`` look otherwise in the rest.
    listed
        It stood in a SCIM list, where a name is enough: lists of chosen attributes show no more.
    """
    if not isinstance(record, Mapping) or has_schema(record, *_DESCRIPTIONS):
        return None
    known = fields(record)
    old = has_schema(record, "scim:schemas:core:1.0")
    if has_schema(record, "core:2.0:User", "extension:enterprise:2.0:User"):
        return "user"
    if has_schema(record, "core:2.0:Group"):
        return "group"
    shown = inner(known, "meta").get("resourcetype")
    if "username" in known:
        structured = isinstance(known.get("emails"), list) or isinstance(known.get("name"), Mapping)
        return "user" if listed or old or structured or "meta" in known else None
    if "displayname" in known:
        members = isinstance(known.get("members"), list)
        named = str(shown).casefold() == "group"
        return "group" if listed or old or members or named else None
    return None


def _is_body(envelope: Record, record: Any) -> bool:
    """Whether this is what a client sends to create something: a resource not yet numbered."""
    if envelope or kind_of(record) is None:
        return False
    known = fields(record)
    answered = {"created", "lastmodified", "location", "version"}
    return known.get("id") is None and not answered & set(inner(known, "meta"))


def is_message(envelope: Record, record: Any) -> bool:
    """Whether this is a message or a description: no account, no group, no request context."""
    for one in (envelope, record):
        if has_schema(one, *_MESSAGES, *_DESCRIPTIONS) or _is_event_token(one):
            return True
    if isinstance(record, Mapping) and not is_list(envelope) and kind_of(record) is None:
        # SCIM 1.1: errors, and changes without a name.
        known = fields(record)
        return has_schema(record, "scim:schemas:core:1.0") or set(known) == {"errors"}
    return _is_body(envelope, record)


def _is_event_token(record: Any) -> bool:
    """Whether this is a SCIM event token (RFC 9967); nobody is known to send them yet."""
    events = record.get("events") if isinstance(record, Mapping) else None
    return isinstance(events, Mapping) and any(
        str(name).casefold().startswith("urn:ietf:params:scim:event:") for name in events
    )
