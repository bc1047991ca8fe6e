"""The tables: every column with its type, its meaning and its words. Read this first.

A loader fills these tables, the evidence holds them, the ledgers are built from them. A table is
data, not a class hierarchy: a name, a meaning and its columns. ``Table.conform`` is the one gate
through which rows enter; it refuses unknown columns and words, keeps ids as text and times in UTC
microseconds, and adds the folded keys by which people are compared.

*Not collected* is not *null*: an export that never asked for a column says nothing about it. The
columns an export did ask for are kept beside the rows (``collected``).

Sources: RFC 7643 and RFC 7644 (SCIM), Microsoft Graph and Okta reference, Files.com REST reference.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scimlytics.errors import TableError, unknown
from scimlytics.vocabulary import (
    CERTAINTIES,
    HEALS,
    OBJECT_TYPES,
    REMEDIES,
    SEVERITIES,
    SITUATIONS,
)
from scimlytics.vocabulary import STATUSES as FINDING_STATUSES

if TYPE_CHECKING:
    import pyarrow as pa

TEXT, TIME, NUMBER, REAL, FLAG, TEXTS = "text", "time", "number", "real", "flag", "texts"
CITATIONS = "citations"
COLLECTED = b"collected"


@dataclass(frozen=True)
class Column:
    """One column: what it holds, what it means and, where closed, which words it may hold."""

    type: str
    meaning: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table: name, meaning and columns, and how rows become it."""

    name: str
    meaning: str
    columns: Mapping[str, Column]
    needs: tuple[str, ...] = ()
    """Columns without which a row says nothing; a row that lacks one is set aside and counted."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Folded columns and the column each is folded from."""

    @property
    def schema(self) -> pa.Schema:
        """The table's Arrow schema."""
        import pyarrow as pa

        return pa.schema([(name, arrow_type(column.type)) for name, column in self.columns.items()])

    def conform(self, rows: Any, *, collected: Iterable[str] | None = None) -> pa.Table:
        """Give rows this table's columns, types and order.

        Parameters
        ----------
        rows
            An Arrow table, a DataFrame, or a mapping of column name to list. What is given stays
            as it was. A column that is missing is null, and counts as not collected.
        collected
            The columns the export asked for, where that is more or less than what *rows* has.

        Returns
        -------
        pyarrow.Table
            All columns of this table; :func:`collected` tells which were collected.

        Raises
        ------
        TableError
            A column nobody knows, a value of the wrong type, or a word outside the vocabulary.
        """
        import pyarrow as pa

        given = _as_arrow(rows, self)
        strangers = [name for name in given.column_names if name not in self.columns]
        if strangers:
            raise TableError(str(unknown("column", strangers[0], list(self.columns), self.name)))
        known = set(collected) if collected is not None else collected_columns(given)
        columns = {}
        for name, column in self.columns.items():
            if name in self.keys:
                continue
            wanted = arrow_type(column.type)
            if name not in given.column_names:
                columns[name] = pa.chunked_array([pa.nulls(given.num_rows, wanted)])
                continue
            columns[name] = _cast(given.column(name), wanted, f"{self.name}.{name}")
            if column.words and column.type != CITATIONS:
                self._refuse_strange_words(name, columns[name])
        for key, origin in self.keys.items():
            columns[key] = fold_column(columns[origin])
        table = pa.table({name: columns[name] for name in self.columns}, schema=self.schema)
        named = sorted(known & set(self.columns))
        return table.replace_schema_metadata({COLLECTED: json.dumps(named).encode()})

    def empty(self) -> pa.Table:
        """The table without a row; nothing counts as collected."""
        return self.conform({})

    def _refuse_strange_words(self, name: str, values: pa.ChunkedArray) -> None:
        import pyarrow.compute as pc

        words = self.columns[name].words
        flat = pc.list_flatten(values) if self.columns[name].type == TEXTS else values
        for value in pc.unique(flat).to_pylist():
            if value is not None and value not in words:
                row = pc.index(flat, value).as_py()
                raise TableError(
                    f"{self.name}.{name} holds '{value}' (row {row + 1});"
                    f" it may hold {', '.join(words)}."
                )


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a column type."""
    import pyarrow as pa

    return {
        TEXT: pa.string(),
        TIME: pa.timestamp("us", tz="UTC"),
        NUMBER: pa.int64(),
        REAL: pa.float64(),
        FLAG: pa.bool_(),
        TEXTS: pa.list_(pa.string()),
        CITATIONS: pa.list_(
            pa.struct(
                [
                    ("kind", pa.string()),
                    ("id", pa.string()),
                    ("at", pa.timestamp("us", tz="UTC")),
                    ("says", pa.string()),
                ]
            )
        ),
    }[kind]


def collected_columns(table: pa.Table) -> set[str]:
    """The columns that the export behind a table asked for (a column that is absent was not)."""
    metadata = table.schema.metadata or {}
    if COLLECTED in metadata:
        return set(json.loads(metadata[COLLECTED]))
    return set(table.column_names)


def stack(tables: list[pa.Table]) -> pa.Table:
    """Put conformed tables of one kind under each other.

    A column counts as collected when each part that has rows collected it.
    """
    import pyarrow as pa

    filled = [table for table in tables if table.num_rows] or tables[:1]
    collected = set.intersection(*(collected_columns(table) for table in filled))
    stacked = pa.concat_tables([table.replace_schema_metadata(None) for table in filled])
    return stacked.replace_schema_metadata({COLLECTED: json.dumps(sorted(collected)).encode()})


def fold(text: str | None) -> str | None:
    """Fold a name or an address to the form by which it is compared.

    ``userName`` and mail addresses are not case-exact (RFC 7643, sections 4.1.1 and 4.1.2). The
    Unicode form is composed (NFC) and never compatibility-folded, which would merge different
    people. A guest's ``alias_domain#EXT#@tenant`` is compared as ``alias@domain``, as Entra sends
    it. Blank is null: two people without a key are not the same person.
    """
    if text is None:
        return None
    plain = unicodedata.normalize("NFC", text).strip()
    head, mark, _ = plain.partition("#EXT#")
    if mark and "_" in head:
        alias, _, domain = head.rpartition("_")
        plain = f"{alias}@{domain}"
    return unicodedata.normalize("NFC", plain.casefold()) or None


def fold_column(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Fold a column of texts, or of lists of texts, value by distinct value."""
    import pyarrow as pa

    if pa.types.is_list(values.type):
        folded = [
            None if many is None else sorted({key for one in many if (key := fold(one))})
            for many in values.to_pylist()
        ]
        return pa.chunked_array([pa.array(folded, pa.list_(pa.string()))])
    encoded = pa.concat_arrays(values.chunks or [pa.array([], pa.string())]).dictionary_encode()
    distinct = pa.array([fold(one) for one in encoded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([distinct.take(encoded.indices)])


def _as_arrow(rows: Any, table: Table) -> pa.Table:
    import pyarrow as pa

    if isinstance(rows, pa.Table):
        return rows
    if isinstance(rows, Mapping):
        arrays = {}
        for name, values in rows.items():
            column = table.columns.get(name)
            try:
                arrays[name] = pa.array(values, arrow_type(column.type) if column else None)
            except (pa.ArrowInvalid, pa.ArrowTypeError):
                arrays[name] = pa.array(values)
        return pa.table(arrays)
    return pa.Table.from_pandas(rows, preserve_index=False)


def _cast(values: pa.ChunkedArray, wanted: pa.DataType, where: str) -> pa.ChunkedArray:
    import pyarrow as pa

    if values.type == wanted:
        return values
    if (
        pa.types.is_timestamp(values.type)
        and values.type.tz is None
        and pa.types.is_timestamp(wanted)
    ):
        raise TableError(f"{where} holds times without a zone; give them in UTC.")
    try:
        return values.cast(wanted, safe=not pa.types.is_timestamp(wanted))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise TableError(f"{where} holds {values.type}; it should hold {wanted}.") from error


ORIGIN = {
    "source_file": Column(TEXT, "The file the row came from, relative to the evidence."),
    "source_row": Column(NUMBER, "The row's place in that file, from 1."),
}

ACTIONS = ("create", "update", "disable", "delete", "staged_delete", "other")
STATUSES = ("success", "failure", "skipped", "warning")
OBJECTS = ("user", "group", "role", "other")
STEP_TYPES = ("import", "scoping", "matching", "processing", "reference_resolution", "export")

USERS = Table(
    "users",
    "People in the source, or accounts in the target, at one moment.",
    {
        "id": Column(TEXT, "The system's own id; case-exact."),
        "external_id": Column(TEXT, "The id the provisioning client gave the account."),
        "user_name": Column(TEXT, "SCIM userName, user principal name, login or username."),
        "user_name_key": Column(TEXT, "The user name, folded for comparison."),
        "email": Column(TEXT, "The primary, else the work, else the first mail address."),
        "email_key": Column(TEXT, "The mail address, folded for comparison."),
        "aliases": Column(TEXTS, "Other mail addresses and former names the system still keeps."),
        "alias_keys": Column(TEXTS, "The aliases, folded for comparison."),
        "display_name": Column(TEXT, "The name shown."),
        "given_name": Column(TEXT, "The first name."),
        "family_name": Column(TEXT, "The surname."),
        "active": Column(FLAG, "May sign in; null when the export does not say."),
        "state": Column(TEXT, "The product's own word for the state (Okta: SUSPENDED, …)."),
        "user_type": Column(TEXT, "member, guest, or the product's word."),
        "employee_number": Column(TEXT, "Staff number; text, so that leading zeros stay."),
        "department": Column(TEXT, "Department."),
        "title": Column(TEXT, "Job title."),
        "company": Column(TEXT, "Company."),
        "manager_id": Column(TEXT, "The manager's id in the same system."),
        "mail_nickname": Column(TEXT, "Entra mailNickname."),
        "immutable_id": Column(TEXT, "The on-premises immutable id."),
        "created": Column(TIME, "When the object was made."),
        "modified": Column(TIME, "When the object was last changed."),
        "deleted": Column(TIME, "When it was soft-deleted; such people are not active."),
        "first_login": Column(TIME, "First sign-in to this system."),
        "last_login": Column(TIME, "Last sign-in to this system."),
        "managed": Column(FLAG, "The target says that provisioning or single sign-on made it."),
        "auth_method": Column(TEXT, "How the account signs in (sso, password, …)."),
        "strategy_id": Column(TEXT, "The target's single sign-on strategy of the account."),
        "privileged": Column(FLAG, "Administrator of the target."),
        "attributes": Column(
            TEXT, "All scalar attributes of the record, as a JSON object of texts."
        ),
        **ORIGIN,
    },
    needs=("id",),
    keys={"user_name_key": "user_name", "email_key": "email", "alias_keys": "aliases"},
)

GROUPS = Table(
    "groups",
    "Groups of the source or of the target at one moment.",
    {
        "id": Column(TEXT, "The system's own id."),
        "external_id": Column(TEXT, "The id the provisioning client gave the group."),
        "display_name": Column(TEXT, "The name shown."),
        "display_name_key": Column(TEXT, "The name, folded for comparison."),
        "kind": Column(
            TEXT,
            "What kind of group it is.",
            (
                "security",
                "microsoft365",
                "mail_security",
                "distribution",
                "okta",
                "app",
                "builtin",
                "target",
                "other",
            ),
        ),
        "security_enabled": Column(
            FLAG, "Entra securityEnabled; only such groups are provisioned."
        ),
        "dynamic": Column(FLAG, "Its members follow from a rule."),
        "rule": Column(TEXT, "The membership rule."),
        "mail": Column(TEXT, "Its mail address."),
        "created": Column(TIME, "When it was made."),
        "modified": Column(TIME, "When it was last changed."),
        "deleted": Column(TIME, "When it was soft-deleted."),
        "members_shown": Column(FLAG, "The export showed its members, also when there were none."),
        "members_modified": Column(TIME, "When its members last changed (Okta)."),
        "attributes": Column(
            TEXT, "All scalar attributes of the record, as a JSON object of texts."
        ),
        **ORIGIN,
    },
    needs=("id",),
    keys={"display_name_key": "display_name"},
)

MEMBERSHIPS = Table(
    "memberships",
    "Who is a direct member of which group.",
    {
        "group_id": Column(TEXT, "The group."),
        "member_id": Column(TEXT, "The member: a user or a group of the same system."),
        "member_type": Column(
            TEXT,
            "What the member is, where the export says so.",
            ("user", "group", "device", "service_principal", "other", "unknown"),
        ),
        "member_name": Column(TEXT, "The member's name, where the export shows it."),
        "admin": Column(FLAG, "Administrator of the group."),
        **ORIGIN,
    },
    needs=("group_id", "member_id"),
)

ASSIGNMENTS = Table(
    "assignments",
    "Who is assigned to the application, and the provider's record of the account (Okta).",
    {
        "app_id": Column(TEXT, "The application (service principal, app instance)."),
        "principal_id": Column(TEXT, "The user or group assigned."),
        "principal_type": Column(TEXT, "What is assigned.", ("user", "group", "other")),
        "principal_name": Column(TEXT, "Its name."),
        "role_id": Column(TEXT, "The application role."),
        "scope": Column(TEXT, "Okta: assigned in person or through a group.", ("user", "group")),
        "created": Column(TIME, "When it was assigned."),
        "state": Column(TEXT, "Okta: status of the application user."),
        "state_changed": Column(TIME, "Okta: when that status changed."),
        "sync_state": Column(TEXT, "Okta: syncState of the application user."),
        "last_sync": Column(TIME, "Okta: last synchronisation."),
        "external_id": Column(TEXT, "Okta: the account's id in the target."),
        "user_name": Column(TEXT, "Okta: user name in the application."),
        "user_name_key": Column(TEXT, "The user name, folded for comparison."),
        **ORIGIN,
    },
    needs=("principal_id",),
    keys={"user_name_key": "user_name"},
)

EVENTS = Table(
    "events",
    "One row per logged operation of the provider: a dated claim, not a state.",
    {
        "event_id": Column(TEXT, "The event's id; unique."),
        "at": Column(TIME, "When the operation ended."),
        "product": Column(TEXT, "entra, okta, or the name given in [[files]]."),
        "tenant_id": Column(TEXT, "The provider's tenant."),
        "job_id": Column(TEXT, "The provisioning job."),
        "cycle_id": Column(TEXT, "The cycle of that job."),
        "change_id": Column(TEXT, "The change within the cycle."),
        "app_id": Column(TEXT, "The application provisioned into."),
        "app_name": Column(TEXT, "Its name."),
        "source_system": Column(TEXT, "Where the object came from."),
        "target_system": Column(TEXT, "Where it was to go."),
        "outbound": Column(FLAG, "From the directory into the application (not an HR import)."),
        "kind": Column(TEXT, "The product's own word: eventType (Okta), operation."),
        "action": Column(TEXT, "What was intended; not what happened.", ACTIONS),
        "status": Column(TEXT, "How it ended.", STATUSES),
        "written": Column(FLAG, "Something was sent and accepted (a successful export step)."),
        "error_code": Column(TEXT, "The error code as logged."),
        "reason": Column(TEXT, "The error or skip in words."),
        "skip_reason": Column(TEXT, "SkipReason of the skipping step."),
        "skip_attribute": Column(TEXT, "PropertyName of the skipping step."),
        "http_status": Column(NUMBER, "The target's answer, where the log shows it."),
        "object_type": Column(TEXT, "What was provisioned.", OBJECTS),
        "source_id": Column(TEXT, "The object's id in the source."),
        "source_name": Column(TEXT, "Its user name, else its display name, in the source."),
        "source_name_key": Column(TEXT, "The source name, folded."),
        "target_id": Column(TEXT, "The object's id in the target; a claim."),
        "target_name": Column(TEXT, "Its name in the target; a claim."),
        "target_name_key": Column(TEXT, "The target name, folded."),
        "initiator": Column(TEXT, "Who started it.", ("system", "user", "application")),
        "scope_active": Column(FLAG, "Scoping flag: active in the source."),
        "scope_assigned": Column(FLAG, "Scoping flag: assigned to the application."),
        "scope_role": Column(FLAG, "Scoping flag: has the required role."),
        "scope_filter": Column(FLAG, "Scoping flag: the scoping filter passed."),
        "scope_all": Column(FLAG, "Scoping flag: the job provisions everybody."),
        "scope_failed": Column(TEXTS, "Clauses of the scoping filter that were false."),
        "retries": Column(NUMBER, "How often it was tried, where the reason says so."),
        "retry_at": Column(TIME, "When it is tried again, where the reason says so."),
        "duration_ms": Column(NUMBER, "How long it took, in milliseconds."),
        "transaction": Column(TEXT, "The provider's transaction or correlation id."),
        **ORIGIN,
    },
    needs=("at",),
    keys={"source_name_key": "source_name", "target_name_key": "target_name"},
)

STEPS = Table(
    "steps",
    "The steps of an event, in order.",
    {
        "event_id": Column(TEXT, "The event."),
        "step": Column(NUMBER, "The step's place, from 1."),
        "name": Column(TEXT, "The step's name; not unique within an event."),
        "type": Column(TEXT, "What kind of step it is.", STEP_TYPES),
        "status": Column(TEXT, "How it ended.", STATUSES),
        "description": Column(TEXT, "The step in words."),
        "at": Column(TIME, "When it was taken (on-demand results only)."),
        "details": Column(TEXT, "Its details, as a JSON object of texts."),
    },
    needs=("event_id",),
)

CHANGES = Table(
    "changes",
    "Attribute changes an event claims; a member added or removed is a row of its own.",
    {
        "event_id": Column(TEXT, "The event."),
        "attribute": Column(TEXT, "The target attribute, as a SCIM path (`name.givenName`)."),
        "attribute_key": Column(TEXT, "The attribute, folded."),
        "old": Column(TEXT, "The former value; often null although there was one."),
        "new": Column(TEXT, "The new value. For `members`: the member added (old: removed)."),
    },
    needs=("event_id",),
    keys={"attribute_key": "attribute"},
)

UNRESOLVED = Table(
    "unresolved",
    "References an event could not resolve: members or managers that were left out.",
    {
        "event_id": Column(TEXT, "The event."),
        "reference_id": Column(TEXT, "The id that was not resolved."),
        "attribute": Column(TEXT, "Where it was to go (members, manager), where the log says so."),
        "group_name": Column(TEXT, "The group named in the reason."),
    },
    needs=("event_id", "reference_id"),
)

JOBS = Table(
    "jobs",
    "Provisioning jobs and their status, when the export was taken.",
    {
        "job_id": Column(TEXT, "The job."),
        "app_id": Column(TEXT, "The application, where the export says so."),
        "template": Column(TEXT, "The job template (scim, customappsso, …)."),
        "state": Column(TEXT, "Schedule.", ("active", "disabled", "paused")),
        "code": Column(
            TEXT, "Status.", ("not_configured", "not_run", "active", "paused", "quarantine")
        ),
        "interval_s": Column(NUMBER, "Seconds from cycle to cycle."),
        "last_run_began": Column(TIME, "Begin of the last cycle."),
        "last_run_ended": Column(TIME, "End of the last cycle."),
        "last_run_state": Column(TEXT, "How it ended (Succeeded, Failed, EntryLevelErrors)."),
        "last_success_ended": Column(TIME, "End of the last successful cycle."),
        "last_export_ended": Column(TIME, "End of the last successful cycle that wrote."),
        "escrowed": Column(NUMBER, "Objects waiting for a retry."),
        "entitled": Column(NUMBER, "Objects entitled."),
        "exported": Column(NUMBER, "Objects exported in the last cycle."),
        "quarantine_reason": Column(TEXT, "Why the job is in quarantine."),
        "quarantine_since": Column(TIME, "Since when."),
        "quarantine_next": Column(TIME, "When it is tried again."),
        "error_code": Column(TEXT, "Error of the quarantine or of the last cycle."),
        "error_message": Column(TEXT, "The same in words."),
        "escrows_pruned": Column(FLAG, "Waiting retries were thrown away."),
        "deletes_threshold": Column(NUMBER, "Deletes in one cycle that the guard holds back."),
        "steady_since": Column(TIME, "First time the job caught up."),
        "scope": Column(TEXT, "Who is provisioned.", ("assigned", "all")),
        **ORIGIN,
    },
    needs=("job_id",),
)

MAPPINGS = Table(
    "mappings",
    "Attribute mappings of a job.",
    {
        "job_id": Column(TEXT, "The job, where the export says so."),
        "rule": Column(TEXT, "The synchronisation rule."),
        "rule_id": Column(TEXT, "Its id, which provisioning on demand asks for."),
        "object_type": Column(TEXT, "What is mapped.", OBJECTS),
        "enabled": Column(FLAG, "The object mapping is on."),
        "flow_add": Column(FLAG, "New objects are created."),
        "flow_update": Column(FLAG, "Objects are updated."),
        "flow_delete": Column(FLAG, "Objects are disabled or deleted."),
        "target_attribute": Column(TEXT, "The target attribute, as in its schema."),
        "target_attribute_key": Column(TEXT, "The target attribute, folded."),
        "source_type": Column(
            TEXT, "Where the value comes from.", ("attribute", "constant", "function")
        ),
        "source_attribute": Column(TEXT, "The source attribute of a direct mapping."),
        "expression": Column(TEXT, "The mapping expression."),
        "default_value": Column(TEXT, "The value where the source has none."),
        "matching_priority": Column(NUMBER, "Order among the matching attributes; null: none."),
        "flow_type": Column(
            TEXT,
            "When the mapping applies.",
            ("always", "on_create", "multi_value_add", "value_add", "attribute_add"),
        ),
        "target_required": Column(FLAG, "The target wants a value."),
        "target_exists": Column(FLAG, "The target has this attribute."),
        **ORIGIN,
    },
    keys={"target_attribute_key": "target_attribute"},
)

SCOPE_FILTERS = Table(
    "scope_filters",
    "Clauses of scoping filters.",
    {
        "job_id": Column(TEXT, "The job, where the export says so."),
        "object_type": Column(TEXT, "What is filtered.", OBJECTS),
        "filter_kind": Column(
            TEXT,
            "Which list it stands in.",
            ("groups", "input_filter_groups", "category_filter_groups"),
        ),
        "filter_name": Column(TEXT, "The filter's title. Filters are alternatives."),
        "clause": Column(NUMBER, "The clause's place, from 1. Clauses must all hold."),
        "source_attribute": Column(TEXT, "The source attribute."),
        "operator": Column(TEXT, "The operator as the provider spells it."),
        "operands": Column(TEXTS, "The values compared with."),
        **ORIGIN,
    },
)

PUSH_MAPPINGS = Table(
    "push_mappings",
    "Okta: which groups are pushed.",
    {
        "app_id": Column(TEXT, "The application."),
        "source_group_id": Column(TEXT, "The Okta group."),
        "target_group_id": Column(TEXT, "Okta's record of the target group; not the target's id."),
        "status": Column(TEXT, "State of the mapping.", ("active", "inactive", "error")),
        "error": Column(TEXT, "The error in words."),
        "created": Column(TIME, "When it was made."),
        "last_push": Column(TIME, "When it was last pushed."),
        **ORIGIN,
    },
    needs=("source_group_id",),
)

CONNECTIONS = Table(
    "connections",
    "Entra: which object of the target the provisioning service holds to be whose (preview).",
    {
        "job_id": Column(TEXT, "The synchronization job that remembers it."),
        "source_id": Column(TEXT, "The user or group in the source (sourceAnchor)."),
        "target_id": Column(TEXT, "The object's id in the target (targetAnchor)."),
        "object_type": Column(TEXT, "What is connected.", ("user", "group", "other")),
        "name": Column(TEXT, "Its name."),
        **ORIGIN,
    },
    needs=("source_id",),
)

STRATEGIES = Table(
    "strategies",
    "Single sign-on strategies of the target; secrets are dropped at load.",
    {
        "strategy_id": Column(TEXT, "The strategy."),
        "provider": Column(TEXT, "The identity provider it is for."),
        "label": Column(TEXT, "Its label."),
        "enabled": Column(FLAG, "It is on."),
        "token_expires": Column(TIME, "When the provisioning token expires."),
        "provision_users": Column(FLAG, "Accounts are made."),
        "provision_groups": Column(FLAG, "Groups are made."),
        "deprovision_users": Column(FLAG, "Accounts are disabled or deleted."),
        "deprovision_groups": Column(FLAG, "Groups are removed."),
        "deprovision_behavior": Column(TEXT, "disable or delete."),
        "group_default": Column(TEXTS, "Groups every new account joins."),
        "group_exclusion": Column(TEXTS, "Patterns of groups that are not taken."),
        "group_inclusion": Column(TEXTS, "Patterns of groups that are taken."),
        "group_required": Column(TEXTS, "Groups one of which an account must have."),
        **ORIGIN,
    },
    needs=("strategy_id",),
)

SCIM_REQUESTS = Table(
    "scim_requests",
    "What arrived at the target: the second witness.",
    {
        "request_id": Column(TEXT, "The request's id; unique."),
        "at": Column(TIME, "When it was answered."),
        "client": Column(TEXT, "Whose agent sent it: entra, okta, other."),
        "method": Column(TEXT, "GET, POST, PUT, PATCH, DELETE."),
        "path": Column(TEXT, "The path, without query."),
        "filter": Column(TEXT, "The SCIM filter asked for."),
        "object_type": Column(TEXT, "What it was about.", OBJECTS),
        "status": Column(NUMBER, "The HTTP status."),
        "scim_type": Column(TEXT, "scimType of the error."),
        "detail": Column(TEXT, "The error in words."),
        "target_id": Column(TEXT, "The object's id in the target."),
        "external_id": Column(TEXT, "externalId sent or shown."),
        "name": Column(TEXT, "User name or group name sent or shown."),
        "name_key": Column(TEXT, "The name, folded."),
        "active": Column(FLAG, "The active flag that was sent."),
        "shown_active": Column(FLAG, "The active flag the answer shows."),
        "retry_after_s": Column(REAL, "Retry-After of the answer, in seconds."),
        "duration_ms": Column(NUMBER, "How long it took, in milliseconds."),
        **ORIGIN,
    },
    needs=("at",),
    keys={"name_key": "name"},
)

REQUEST_MEMBERS = Table(
    "request_members",
    "Members named in requests on groups: what was asked for, and what the answer showed.",
    {
        "request_id": Column(TEXT, "The request."),
        "at": Column(TIME, "When it was answered."),
        "group_id": Column(TEXT, "The group in the target."),
        "member_id": Column(
            TEXT, "The member; null: none (a group shown empty, or replaced by nothing)."
        ),
        "operation": Column(
            TEXT,
            "add, remove, replace: what was asked; shown: the group as the answer has it.",
            ("add", "remove", "replace", "shown"),
        ),
    },
    needs=("request_id", "group_id"),
)

TARGET_AUDIT = Table(
    "target_audit",
    "Who changed what in the target, by which interface.",
    {
        "audit_id": Column(TEXT, "The entry's id."),
        "at": Column(TIME, "When."),
        "action": Column(
            TEXT,
            "What was done.",
            (
                "create",
                "update",
                "rename",
                "disable",
                "enable",
                "delete",
                "add_member",
                "remove_member",
                "login",
                "login_failed",
                "settings",
                "other",
            ),
        ),
        "object_type": Column(
            TEXT, "To what.", ("user", "group", "membership", "settings", "other")
        ),
        "target_id": Column(TEXT, "The object's id in the target."),
        "subject": Column(TEXT, "The object's name then."),
        "subject_key": Column(TEXT, "The name, folded."),
        "group_id": Column(TEXT, "The group of a membership change."),
        "old": Column(TEXT, "The former value."),
        "new": Column(TEXT, "The new value."),
        "actor": Column(TEXT, "Who did it."),
        "interface": Column(TEXT, "By which interface: web, api, scim, sso, lifecycle_rule, …"),
        "failure": Column(TEXT, "Why it failed, where it did."),
        "source_key": Column(TEXT, "The directory's id or name presented at a login (idp_uid)."),
        **ORIGIN,
    },
    needs=("at", "action"),
    keys={"subject_key": "subject"},
)

LIFECYCLE_RULES = Table(
    "lifecycle_rules",
    "Rules by which the target itself disables or deletes accounts.",
    {
        "rule_id": Column(TEXT, "The rule."),
        "name": Column(TEXT, "Its name."),
        "action": Column(TEXT, "What it does.", ("disable", "delete")),
        "inactive_days": Column(NUMBER, "After how many days without activity."),
        "user_state": Column(TEXT, "Whom it looks at: inactive or disabled accounts."),
        "auth_method": Column(TEXT, "Only accounts that sign in so; null or all: every account."),
        "group_ids": Column(TEXTS, "Only members of these groups; empty: everybody."),
        "privileged": Column(FLAG, "Administrators too."),
        **ORIGIN,
    },
    needs=("rule_id",),
)

SOURCE_AUDIT = Table(
    "source_audit",
    "Dated changes at the source: directory audits, Okta lifecycle and membership events.",
    {
        "audit_id": Column(TEXT, "The entry's id."),
        "at": Column(TIME, "When."),
        "action": Column(
            TEXT,
            "What was done.",
            (
                "create",
                "update",
                "disable",
                "enable",
                "suspend",
                "unsuspend",
                "delete",
                "hard_delete",
                "restore",
                "add_member",
                "remove_member",
                "assign",
                "unassign",
                "rename",
                "configure",
                "other",
            ),
        ),
        "object_type": Column(
            TEXT, "To what.", ("user", "group", "membership", "assignment", "job", "other")
        ),
        "source_id": Column(TEXT, "The user, or the group where no user is meant."),
        "subject": Column(TEXT, "Its name then."),
        "group_id": Column(TEXT, "The group of a membership or group assignment."),
        "group_name": Column(TEXT, "The group's name then."),
        "app_id": Column(TEXT, "The application of an assignment."),
        "attribute": Column(TEXT, "The attribute changed, in the source's words; a row each."),
        "attribute_key": Column(TEXT, "The attribute, folded."),
        "old": Column(TEXT, "The former value."),
        "old_key": Column(TEXT, "The former value, folded."),
        "new": Column(TEXT, "The new value."),
        "actor": Column(TEXT, "Who did it."),
        "failed": Column(FLAG, "It was tried and failed."),
        **ORIGIN,
    },
    needs=("at", "action"),
    keys={"attribute_key": "attribute", "old_key": "old"},
)

COVERAGE = Table(
    "coverage",
    "What the log can speak about: silence counts only inside.",
    {
        "product": Column(TEXT, "Whose log."),
        "job_id": Column(TEXT, "The job; null where the log knows none."),
        "from": Column(TIME, "Begin of what is covered."),
        "to": Column(TIME, "End of what is covered."),
        "events": Column(NUMBER, "Events in it."),
        "declared": Column(FLAG, "By the word of whoever exported it; else first to last event."),
    },
)

TABLES = {
    table.name: table
    for table in (
        USERS,
        GROUPS,
        MEMBERSHIPS,
        ASSIGNMENTS,
        EVENTS,
        STEPS,
        CHANGES,
        UNRESOLVED,
        JOBS,
        MAPPINGS,
        SCOPE_FILTERS,
        PUSH_MAPPINGS,
        CONNECTIONS,
        STRATEGIES,
        SCIM_REQUESTS,
        REQUEST_MEMBERS,
        TARGET_AUDIT,
        LIFECYCLE_RULES,
        SOURCE_AUDIT,
        COVERAGE,
    )
}
"""All evidence tables by name."""

FINDINGS = Table(
    "findings",
    "One row per discrepancy: one cause, its evidence, its remedy, and whether it heals.",
    {
        "finding_id": Column(TEXT, "Stable over runs: a hash of object type, situation and key."),
        "check": Column(TEXT, "The question that found it."),
        "severity": Column(TEXT, "How bad it is.", tuple(SEVERITIES)),
        "certainty": Column(TEXT, "How sure the cause is.", tuple(CERTAINTIES)),
        "situation": Column(TEXT, "What the three sides look like together.", tuple(SITUATIONS)),
        "cause": Column(TEXT, "The one cause, from the closed vocabulary."),
        "object_type": Column(TEXT, "What it is about.", OBJECT_TYPES),
        "subject": Column(TEXT, "The user name, group name, `user name → group name`, job id, …"),
        "source_id": Column(TEXT, "The user's or group's id in the source."),
        "target_id": Column(TEXT, "The user's or group's id in the target."),
        "group_source_id": Column(TEXT, "For a membership the group's id in the source."),
        "group_target_id": Column(TEXT, "For a membership the group's id in the target."),
        "other_ids": Column(TEXTS, "Other accounts of a duplicate, other persons of a shared one."),
        "attribute": Column(TEXT, "The attribute that differs, for what is stale."),
        "since": Column(TIME, "It cannot have begun before."),
        "until": Column(TIME, "It cannot have begun after."),
        "detail": Column(TEXT, "One sentence without jargon."),
        "evidence": Column(CITATIONS, "The events, snapshot rows and mappings it rests on."),
        "alternatives": Column(TEXTS, "Other causes that the evidence allows."),
        "status": Column(
            TEXT, "With marks or a history: new, persisting, suppressed.", FINDING_STATUSES
        ),
        "first_seen": Column(
            TIME, "With a history: as of when it was first found, and never gone since."
        ),
        "former_cause": Column(
            TEXT, "With a history: the cause it had in the run before, where that was another."
        ),
        "remedy": Column(TEXT, "What to do first.", tuple(REMEDIES)),
        "remedies": Column(TEXTS, "What to do, in order.", tuple(REMEDIES)),
        "heals": Column(TEXT, "Whether it repairs itself.", tuple(HEALS)),
        "heals_by": Column(TIME, "By when, where the provider says so."),
    },
)
"""The contract with everything downstream; within a major version columns are only added."""
