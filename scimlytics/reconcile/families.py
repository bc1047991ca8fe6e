"""From an error to its family: why an attempt failed, in a closed set of words.

The codes are an open vocabulary: applications put their own name in front (``ContosoEntryConflict``)
and write prose into the reason. So codes are compared by their end, without case; a SCIM error that
the reason embeds decides before the wrapper's own code; what nobody knows is ``unknown`` and is
listed, never dropped.

Sources: Microsoft, "Provisioning log error codes" and skip reasons; RFC 7644, section 3.12; Okta,
provisioning troubleshooting texts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa


@dataclass(frozen=True)
class Family:
    """The signs of one family: ends of codes, SCIM types, HTTP statuses, and texts."""

    name: str
    codes: tuple[str, ...] = ()
    scim_types: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    """Texts that decide whatever else an error holds: no status says as much."""


FAMILY_SIGNS = (
    Family(
        "throttled",
        codes=("toomanyrequests", "rate_limit_exceeded", "ratelimitexceeded", "throttled"),
        statuses=(429,),
        texts=("too many requests", "rate limit", "throttl"),
    ),
    Family(
        "target_requires_group",
        texts=(
            "required group",
            "requires a group",
            "group required",
            "requires one of the groups",
        ),
        told=("provision_group_required", "not in any group required"),
    ),
    Family(
        "reference_unresolved",
        codes=("unabletoresolvereferenceattributevalue",),
        texts=("we were unable to assign",),
    ),
    Family("shared_key", codes=("duplicatesourceentries",)),
    Family("twin", codes=("duplicatetargetentries",)),
    Family(
        "gone",
        codes=("invalidanchor", "verify_exists"),
        texts=("user not found", "linked group is missing", "group not found"),
    ),
    Family(
        "conflict",
        codes=("entryconflict", "conflict", "notuniquewithinorg", "ambiguoususer", "uniqueness"),
        scim_types=("uniqueness",),
        statuses=(409,),
        texts=("already exists", "already holds", "already taken", "notuniquewithinorg"),
    ),
    Family(
        "no_licence",
        codes=("licenselimitexceeded", "quotalimitexceeded", "quotaexceeded"),
        statuses=(402,),
        texts=("no licences", "no licenses", "license limit", "licence limit", "quota"),
    ),
    Family(
        "no_match_key",
        codes=("importskipped", "entryjoiningpropertyvalueismissing"),
    ),
    Family(
        "mapping_misconfigured",
        codes=("schemaattributenotfound",),
        scim_types=("invalidpath", "notarget", "mutability"),
    ),
    Family(
        "bad_payload",
        codes=(
            "mandatoryfieldsmissing",
            "missingvalues",
            "attributevalidationfailed",
            "unprocessableentity",
            "invaliddomain",
            "schemapropertycanonlyacceptvalue",
            "invalidpropertyvalue",
            "blank",
        ),
        scim_types=("invalidvalue", "invalidsyntax"),
        statuses=(400, 422),
        texts=("is required", "must not be blank", "cannot be blank", "is missing"),
    ),
    Family(
        "unauthorised",
        codes=(
            "insufficientrights",
            "unauthorized",
            "notpermitted",
            "methodnotallowed",
            "invalidcredentials",
            "authentication_failure",
            "forbidden",
            "policycheckfailure",
            "originatedinexternalservice",
            "masteredonpremises",
        ),
        statuses=(401, 403, 405),
        texts=("authentication failure", "invalid credentials", "unauthorized", "forbidden"),
    ),
    Family("gone", statuses=(404, 410)),
    Family(
        "target_incompatible",
        codes=(
            "multipleentriesinresponse",
            "serviceincompatible",
            "notimplemented",
        ),
        statuses=(501,),
        texts=("<html", "text/html"),
    ),
    Family(
        "transient_error",
        codes=(
            "internalservererror",
            "internalerror",
            "timeout",
            "webexceptionprotocolerror",
            "invitationcreationfailure",
            "general_failure",
        ),
        statuses=(408, 500, 502, 503, 504),
        texts=("timed out", "timeout", "internal server error", "bad gateway", "unavailable"),
    ),
)
"""The families in the order in which they are tried; a family may stand twice."""


def family(
    code: ir.StringColumn, reason: ir.StringColumn, status: ir.IntegerColumn
) -> ir.StringColumn:
    """The family of an error; ``unknown`` where nothing is recognised.

    Parameters
    ----------
    code
        The error code, skip reason or scimType as logged.
    reason
        The error in words; may embed a SCIM error, which then decides.
    status
        The HTTP status, where the log shows it.
    """
    import ibis

    word = code.fill_null("").lower().re_replace(r"[^a-z0-9_]", "")
    text = reason.fill_null("").lower()
    scim_type = text.re_extract(r"scimtype\W+([a-z]+)", 1)
    embedded = text.re_extract(r"status\W+([1-5][0-9][0-9])", 1)
    embedded_status = ibis.ifelse(embedded == "", None, embedded).try_cast("int64")

    def matches(one: Family, *, inner: bool) -> ir.BooleanColumn:
        signs: list[ir.BooleanValue] = [ibis.literal(False)]
        if one.scim_types:
            signs.append(scim_type.isin(one.scim_types))
            if not inner:
                signs.append(word.isin(one.scim_types))
        if inner:
            if one.statuses:
                signs.append(embedded_status.isin(one.statuses).fill_null(False))
            return reduce(or_, signs)
        signs += [word.endswith(end) for end in one.codes]
        if one.statuses:
            signs.append(status.isin(one.statuses).fill_null(False))
            signs.append(word.isin([str(number) for number in one.statuses]))
        signs += [text.contains(piece) for piece in one.texts]
        return reduce(or_, signs)

    branches = [
        (reduce(or_, [text.contains(piece) for piece in one.told]), one.name)
        for one in FAMILY_SIGNS
        if one.told
    ]
    branches += [(matches(one, inner=True), one.name) for one in FAMILY_SIGNS if one.scim_types]
    branches += [
        (matches(one, inner=True), one.name)
        for one in FAMILY_SIGNS
        if one.statuses and not one.scim_types
    ]
    branches += [(matches(one, inner=False), one.name) for one in FAMILY_SIGNS]
    return ibis.cases(*branches, else_="unknown")


def classified(events: Any) -> pa.Table:
    """Rows of EVENTS with the code and the family of what went wrong; both null where nothing did."""
    import ibis

    from scimlytics.evidence import Engine
    from scimlytics.tables import EVENTS

    engine = Engine()
    engine.register("events", EVENTS.conform(events))
    rows = engine.table("events")
    code = ibis.coalesce(rows.error_code, rows.skip_reason)
    wrong = rows.status.isin(["failure", "skipped"]) | code.notnull()
    told = rows.mutate(
        code=code, family=ibis.ifelse(wrong, family(code, rows.reason, rows.http_status), None)
    )
    found = engine.fetch(told)
    engine.close()
    return found
