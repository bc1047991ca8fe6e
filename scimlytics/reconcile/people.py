"""People: who the directory and the log know, under which keys, and since when what is true of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

SOURCE_COLUMNS = {
    "userprincipalname": "user_name",
    "login": "user_name",
    "username": "user_name",
    "mail": "email",
    "email": "email",
    "mailnickname": "mail_nickname",
    "displayname": "display_name",
    "givenname": "given_name",
    "firstname": "given_name",
    "surname": "family_name",
    "lastname": "family_name",
    "employeeid": "employee_number",
    "employeenumber": "employee_number",
    "department": "department",
    "jobtitle": "title",
    "title": "title",
    "companyname": "company",
    "objectid": "id",
    "id": "id",
    "immutableid": "immutable_id",
    "onpremisesimmutableid": "immutable_id",
    "usertype": "user_type",
}
"""Source attributes in the products' words (folded) and the column of USERS that holds them."""


def keys(
    users: ir.Table, name_column: str = "user_name", mapped_names: ir.Table | None = None
) -> ir.Table:
    """The folded keys by which a person may be meant: ``id``, ``key``, ``kind``.

    ``kind`` is ``user_name`` (what the mapping makes the user name of), ``email``, or ``alias``
    (proxy addresses, other mail addresses, the principal name where another attribute is mapped).
    Blank keys are no keys: two people without a mail address are not one person. *mapped_names*
    (``person_id``, ``value_key``) are the user names that an expression makes.
    """
    name = users[name_column].lower() if name_column != "user_name" else users.user_name_key
    mapped = users.select("id", key=name, kind=_text("user_name"))
    if mapped_names is not None:
        mapped = mapped_names.select(id="person_id", key="value_key", kind=_text("user_name"))
    mail = users.select("id", key=users.email_key, kind=_text("email"))
    principal = users.select("id", key=users.user_name_key, kind=_text("alias"))
    aliases = users.select("id", key=users.alias_keys.unnest(), kind=_text("alias"))
    return mapped.union(mail).union(principal).union(aliases).filter(lambda t: t.key.notnull())


def former_keys(audit: ir.Table) -> ir.Table:
    """Keys people had before a rename that was seen: ``id``, ``key``, ``at``, ``audit_id``."""
    names = ("userprincipalname", "mail", "login", "email", "username", "user_name")
    renames = audit.filter(
        audit.attribute_key.isin(names), audit.old_key.notnull(), audit.source_id.notnull()
    )
    return renames.select("audit_id", "at", id=renames.source_id, key=renames.old_key)


def known(users: ir.Table, claims: ir.Table) -> ir.Table:
    """Everybody the directory or the log knows, with their state at the source.

    Returns
    -------
    ir.Table
        ``person_id``, ``subject``, ``name_key``, ``mail_key``, ``source_state`` (``active``,
        ``disabled``, ``suspended``, ``deleted`` or ``absent``), the dates and attributes of the
        directory. ``absent`` people are known from the log alone.
    """
    import ibis

    state = ibis.cases(
        (users.deleted.notnull(), "deleted"),
        (users.state.upper() == "SUSPENDED", "suspended"),
        (users.active.fill_null(True), "active"),
        else_="disabled",
    )
    listed = users.select(
        person_id="id",
        subject=ibis.coalesce(users.user_name, users.email, users.display_name, users.id),
        name_key=users.user_name_key,
        mail_key=users.email_key,
        source_state=state,
        person_created=users.created,
        person_modified=users.modified,
        person_deleted=users.deleted,
        department=users.department,
        display_name=users.display_name,
    )
    people = claims.filter(claims.object_type == "user", claims.object_id.notnull())
    newest = people.mutate(
        place=ibis.row_number().over(
            group_by=people.object_id,
            order_by=[people.source_name.isnull(), people.at.desc(), people.event_id.desc()],
        )
    ).filter(lambda t: t.place == 0)
    logged = newest.anti_join(users, newest.object_id == users.id)
    absent = logged.select(
        person_id=logged.object_id,
        subject=ibis.coalesce(logged.source_name, logged.target_name, logged.object_id),
        name_key=logged.source_name_key,
        mail_key=ibis.null("string"),
        source_state=_text("absent"),
        person_created=ibis.null("timestamp('UTC', 6)"),
        person_modified=ibis.null("timestamp('UTC', 6)"),
        person_deleted=ibis.null("timestamp('UTC', 6)"),
        department=ibis.null("string"),
        display_name=ibis.null("string"),
    )
    return listed.union(absent)


def turning_points(audit: ir.Table) -> ir.Table:
    """When each person was last enabled, and last left, by the directory audit.

    Returns
    -------
    ir.Table
        ``person_id``, ``enabled_at``, ``left_at`` (disabled, suspended or deleted),
        ``restored_at``, ``unassigned_at``; null where the audit does not say.
    """
    import ibis

    events = audit.filter(audit.source_id.notnull(), ~audit.failed.fill_null(False))

    def last(*actions: str) -> ir.Value:
        return ibis.ifelse(events.action.isin(actions), events.at, None).max()

    return events.group_by(person_id=events.source_id).agg(
        enabled_at=last("enable", "unsuspend", "restore"),
        left_at=last("disable", "suspend", "delete", "hard_delete"),
        restored_at=last("restore"),
        unassigned_at=last("unassign"),
    )


def _text(word: str) -> ir.StringScalar:
    import ibis

    return ibis.literal(word, type="string")
