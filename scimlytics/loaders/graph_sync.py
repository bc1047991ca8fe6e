"""A provisioning job of Entra and its schema: JOBS, MAPPINGS and SCOPE_FILTERS.

A mapping that applies on creation only, a flow that is off, a filter clause on an empty field
explain what no log says (formats.md section 2.5). Fragments of a schema, as documentation shows
them, are recognised and not used.
"""

from __future__ import annotations

import re
from typing import Any

from scimlytics.loaders.entra_text import Folded, folded, listed, text
from scimlytics.loaders.entra_words import object_type
from scimlytics.loaders.format import Format, Loading, Page, Record
from scimlytics.loaders.graph_rows import Columns
from scimlytics.loaders.records import flag, number
from scimlytics.loaders.times import parse_duration, parse_time

STATES = {"active": "active", "disabled": "disabled", "paused": "paused"}
CODES = {
    "notconfigured": "not_configured",
    "notrun": "not_run",
    "active": "active",
    "paused": "paused",
    "quarantine": "quarantine",
}
FLOWS = {
    "always": "always",
    "objectaddonly": "on_create",
    "multivalueaddonly": "multi_value_add",
    "valueaddonly": "value_add",
    "attributeaddonly": "attribute_add",
}
SOURCES = {"attribute": "attribute", "constant": "constant", "function": "function"}
FILTERS = {
    "groups": "groups",
    "inputfiltergroups": "input_filter_groups",
    "categoryfiltergroups": "category_filter_groups",
}
DELETES = "quarantinetoomanydeletesthreshold"


def keys_of(record: Any) -> set[str]:
    """The keys of a record, folded."""
    return set(folded(record)) if isinstance(record, dict) else set()


def is_job(envelope: Record, record: Any) -> bool:
    """A synchronization job, or Graph's page of them without one."""
    if record is None:
        return _context(envelope).endswith(("/synchronization/jobs", "#jobs"))
    return {"templateid", "schedule", "status"} <= keys_of(record)


def is_schema(envelope: Record, record: Any) -> bool:
    """The schema of a job."""
    return "synchronizationrules" in keys_of(record)


def _context(envelope: Record) -> str:
    found = (str(value) for key, value in envelope.items() if key.casefold() == "@odata.context")
    return next(found, "").casefold()


def load_jobs(page: Page) -> Loading:
    """Load jobs with their status."""
    jobs = Columns("jobs")
    match = re.search(r"serviceprincipals\('([^']+)'\)", _context(page.envelope))
    aside: list[tuple[int, str]] = []
    for row, record in enumerate(page.records, page.first_row):
        known = folded(record)
        job_id = text(known.get("id"))
        if job_id is None:
            aside.append((row, "has no id"))
            continue
        app_id = match[1] if match else None
        jobs.add({**_job(known), "job_id": job_id, "app_id": app_id, "source_row": row})
    return Loading({"jobs": jobs.rows()}, aside)


def _job(known: Folded) -> dict[str, Any]:
    schedule, status = folded(known.get("schedule")), folded(known.get("status"))
    last, success = (
        folded(status.get("lastexecution")),
        folded(status.get("lastsuccessfulexecution")),
    )
    exports = folded(status.get("lastsuccessfulexecutionwithexports"))
    quarantine = folded(status.get("quarantine"))
    error = folded(quarantine.get("error")) or folded(last.get("error"))
    settings = [folded(one) for one in listed(known.get("synchronizationjobsettings"))]
    deletes = [one for one in settings if str(one.get("name")).casefold() == DELETES]
    return {
        "template": text(known.get("templateid")),
        "state": STATES.get(_letters(schedule.get("state"))),
        "code": CODES.get(_letters(status.get("code"))),
        "interval_s": parse_duration(schedule.get("interval")),
        "last_run_began": _time(last.get("timebegan")),
        "last_run_ended": _time(last.get("timeended")),
        "last_run_state": text(last.get("state")),
        "last_success_ended": _time(success.get("timeended")),
        "last_export_ended": _time(exports.get("timeended")),
        "escrowed": number(last.get("countescrowed")),
        "entitled": number(last.get("countentitled")),
        "exported": number(last.get("countexported")),
        "quarantine_reason": text(quarantine.get("reason")),
        "quarantine_since": _time(quarantine.get("currentbegan")),
        "quarantine_next": _time(quarantine.get("nextattempt")),
        "error_code": text(error.get("code")),
        "error_message": text(error.get("message")),
        "escrows_pruned": flag(status.get("escrowspruned")),
        "deletes_threshold": number(deletes[0].get("value")) if deletes else None,
        "steady_since": _time(status.get("steadystatefirstachievedtime")),
    }


def _letters(value: Any) -> str:
    return str(value or "").replace("_", "").replace(" ", "").casefold()


def _time(value: Any) -> Any:
    """A time; documentation puts words and blanks where times belong."""
    try:
        return parse_time(value)
    except ValueError:
        return None


def load_schema(page: Page) -> Loading:
    """Load the mappings and filters of a schema; its lists of attributes only tell what exists."""
    mappings, filters = Columns("mappings"), Columns("scope_filters")
    for row, record in enumerate(page.records, page.first_row):
        known = folded(record)
        job_id = text(known.get("id"))
        directories = [folded(one) for one in listed(known.get("directories"))]
        for rule in (folded(one) for one in listed(known.get("synchronizationrules"))):
            target = _directory(directories, rule.get("targetdirectoryname"))
            named = {"rule": text(rule.get("name")), "rule_id": text(rule.get("id"))}
            for mapping in (folded(one) for one in listed(rule.get("objectmappings"))):
                shared = {
                    "job_id": job_id,
                    "object_type": object_type(
                        mapping.get("sourceobjectname"), mapping.get("targetobjectname")
                    ),
                    "source_row": row,
                }
                exists = _attributes(target, mapping.get("targetobjectname"))
                _object_mapping(mappings, mapping, exists, {**shared, **named})
                _scope(filters, folded(mapping.get("scope")), shared)
    return Loading({"mappings": mappings.rows(), "scope_filters": filters.rows()})


def _directory(directories: list[Folded], name: Any) -> Folded:
    return next((one for one in directories if one.get("name") == name and name), {})


def _attributes(directory: Folded, name: Any) -> dict[str, Folded] | None:
    """The attributes of an object of the target, by folded name; None when the schema is silent."""
    objects = [folded(one) for one in listed(directory.get("objects"))]
    for one in objects:
        if one.get("name") == name and listed(one.get("attributes")):
            found = [folded(attribute) for attribute in listed(one.get("attributes"))]
            return {str(attribute.get("name")).casefold(): attribute for attribute in found}
    return None


def _object_mapping(
    mappings: Columns,
    mapping: Folded,
    exists: dict[str, Folded] | None,
    shared: dict[str, Any],
) -> None:
    given = mapping.get("flowtypes")
    flows = (
        {part.strip().casefold() for part in given.split(",")} if isinstance(given, str) else None
    )
    for one in (folded(raw) for raw in listed(mapping.get("attributemappings"))):
        target = text(one.get("targetattributename"))
        source = folded(one.get("source"))
        kind = SOURCES.get(_letters(source.get("type")))
        if target is None and not source:
            continue
        attribute = (exists or {}).get((target or "").casefold())
        mappings.add(
            {
                **shared,
                "enabled": flag(mapping.get("enabled")),
                "flow_add": None if flows is None else "add" in flows,
                "flow_update": None if flows is None else "update" in flows,
                "flow_delete": None if flows is None else "delete" in flows,
                "target_attribute": target,
                "source_type": kind,
                "source_attribute": text(source.get("name")) if kind == "attribute" else None,
                "expression": text(source.get("expression")),
                "default_value": text(one.get("defaultvalue")),
                "matching_priority": number(one.get("matchingpriority")) or None,
                "flow_type": FLOWS.get(_letters(one.get("flowtype"))),
                "target_required": flag(attribute.get("required")) if attribute else None,
                "target_exists": None if exists is None else attribute is not None,
            }
        )


def _scope(filters: Columns, scope: Folded, shared: dict[str, Any]) -> None:
    for key, kind in FILTERS.items():
        for group in (folded(one) for one in listed(scope.get(key))):
            for place, raw in enumerate(listed(group.get("clauses")), 1):
                clause = folded(raw)
                operand = folded(clause.get("targetoperand"))
                values = operand.get("values")
                filters.add(
                    {
                        **shared,
                        "filter_kind": kind,
                        "filter_name": text(group.get("name")),
                        "clause": place,
                        "source_attribute": text(clause.get("sourceoperandname")),
                        "operator": text(clause.get("operatorname")),
                        "operands": [str(one) for one in values]
                        if isinstance(values, list)
                        else [],
                    }
                )


FRAGMENTS = (
    {"attributemappings", "sourceobjectname"},
    {"flowtype", "flowbehavior", "targetattributename"},
    {"attributes", "metadata", "name"},
    {"categoryfiltergroups", "inputfiltergroups", "groups"},
    {"operatorname", "sourceoperandname"},
    {"operator", "arity"},
    {"arity", "supportedattributetypes"},
    {"currentbegan", "nextattempt", "seriescount"},
    {"code", "message", "tenantactionable"},
    {"code", "countsuccessivecompletefailures"},
    {"activityidentifier", "countentitled"},
    {"evaluationsucceeded", "parsedexpression"},
    {"expression", "targetattributedefinition"},
    {"appid", "displayname", "id"},
)
"""Keys of documents about jobs that no question needs: parts of schemas, requests, lists of apps."""


def is_fragment(envelope: Record, record: Any) -> bool:
    """A part of a schema, of a job's status, a request, or a list of applications."""
    keys = keys_of(record)
    if not keys:
        return "filteroperators" in _context(envelope)
    parameters = folded(record).get("parameters")
    if keys == {"parameters"} and listed(parameters):
        return "ruleid" in keys_of(listed(parameters)[0])
    if keys == {"criteria"}:
        return "resetscope" in keys_of(folded(record)["criteria"])
    return any(one <= keys for one in FRAGMENTS) and not keys & {
        "userprincipalname",
        "securityenabled",
        "schemas",
    }


def load_nothing(page: Page) -> Loading:
    """A known document that no question needs."""
    return Loading({})


FORMATS = (
    Format("Entra synchronization jobs", "entra", ("jobs",), is_job, load_jobs, "source"),
    Format(
        "Entra synchronization schema",
        "entra",
        ("mappings", "scope_filters"),
        is_schema,
        load_schema,
        "source",
    ),
    Format("Entra synchronization, other", "entra", (), is_fragment, load_nothing),
)
