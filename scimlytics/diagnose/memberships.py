"""Why edges are missing or extra.

The order of the rules is the precedence of causes.md, section 4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scimlytics.diagnose.context import Context
from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir

EDGES = ("edge_certainty", "link_certainty")


def is_(situation: str, m: ir.Table) -> ir.BooleanValue:
    """The row is about this situation."""
    return m.situation == situation


RULES = (
    Rule(
        "member_not_provisioned",
        when=lambda m: [
            is_("missing", m),
            (m.account_state != "active") | (m.group_state == "absent"),
            ~(m.okta & (m.person_wanted == "no") & (m.person_state == "active")).fill_null(False),
        ],
        says=lambda m: [
            m.subject,
            ": the user or the group itself is missing or inactive in the target.",
        ],
    ),
    Rule(
        "member_not_assigned",
        when=lambda m: [is_("missing", m), m.person_wanted == "no"],
        says=lambda m: [m.subject, ": the member is not assigned to the application."],
        rests_on=("edge_certainty", "unwanted_certainty"),
    ),
    Rule(
        "nested_group",
        when=lambda m: [is_("missing", m), m.edge_way == "nested"],
        says=lambda m: [
            m.subject,
            ": a member only through the inner group ",
            m.via_group,
            ", which is not expanded.",
        ],
        rests_on=EDGES,
    ),
    Rule(
        "not_yet",
        when=lambda m: [m.sent_later],
        says=lambda m: [
            m.subject,
            ": the log claims a change at ",
            m.sent_at,
            ", after the target was looked at; a newer export of the target tells.",
        ],
        cites=("added", "dropped"),
        at_most="suspected",
    ),
    Rule(
        "not_yet",
        when=lambda m: [m.changed_age == "fresh"],
        says=lambda m: [m.subject, ": changed at ", m.changed_at, "; the next cycles bring it."],
        cites=("changed",),
        rests_on=EDGES,
    ),
    Rule(
        "reference_unresolved",
        when=lambda m: [
            is_("missing", m),
            m.unresolved.notnull(),
            ~(m.okta & m.also_assigns),  # left out because the account was not there yet
            (m.unresolved_at >= m.changed_at).fill_null(True),
            (m.added_at < m.unresolved_at).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the provider could not resolve the member at ",
            m.unresolved_at,
            " and does not try again.",
        ],
        cites=("unresolved", "changed"),
        rests_on=EDGES,
    ),
    *family_rules("missing", EDGES, since_change=True),
    *family_rules("extra", EDGES, since_change=True),
    Rule(
        "restored_without_memberships",
        when=lambda m: [
            is_("missing", m),
            m.restored_at.notnull(),
            (m.joined_at < m.restored_at).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the user was deleted and restored at ",
            m.restored_at,
            "; memberships are not restored with it.",
        ],
        cites=("changed",),
        rests_on=EDGES,
    ),
    Rule(
        "patch_semantics",
        when=lambda m: [
            is_("missing", m),
            m.lost_together >= 2,
            m.claims_between == 1,
            (m.dropped_at < m.seen_before).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": lost with ",
            m.lost_together,
            " members in all around ",
            m.lost_at,
            ", by one update of the group that the log calls a success and that names none of them.",
        ],
        cites=("claim_between",),
        rests_on=EDGES,
    ),
    Rule(
        "push_assign_race",
        when=lambda m: [
            is_("missing", m),
            m.okta,
            m.also_assigns,
            (m.added_at < m.account_created).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the group is used both to assign and to push; it was pushed before the ",
            "account existed.",
        ],
        cites=("group_positive",),
        rests_on=EDGES,
    ),
    Rule(
        "target_edit",
        when=lambda m: [
            is_("missing", m),
            m.seen_before.notnull(),
            (m.dropped_at < m.seen_before).fill_null(True),
            (m.changed_at <= m.seen_before).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the member was in the group of the target at ",
            m.seen_before,
            " and was removed there since; no claim removes it.",
        ],
        cites=("added", "changed"),
        rests_on=EDGES,
    ),
    Rule(
        "removal_ignored",
        when=lambda m: [
            is_("extra", m),
            m.dropped.notnull(),
            (m.dropped_at >= m.added_at).fill_null(True),
            (m.first_seen_at <= m.dropped_at).fill_null(True) | m.absent_before_at.isnull(),
        ],
        says=lambda m: [
            m.subject,
            ": the log claims the removal at ",
            m.dropped_at,
            "; the member is still there.",
        ],
        cites=("dropped", "changed"),
        rests_on=("source_edge_certainty", "link_certainty"),
    ),
    Rule(
        "target_default",
        when=lambda m: [is_("extra", m), m.is_default],
        says=lambda m: [m.subject, ": the target adds every account to this group."],
    ),
    Rule(
        "target_edit",
        when=lambda m: [
            is_("extra", m),
            m.absent_before_at.notnull(),
            m.removed_at.isnull() | (m.removed_at < m.absent_before_at),
            (m.added_at < m.absent_before_at).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the member was not in the group at ",
            m.absent_before_at,
            " and is there now; no claim added it.",
        ],
        rests_on=("source_edge_certainty", "link_certainty"),
    ),
    Rule(
        "incremental_blind_spot",
        when=lambda m: [
            is_("missing", m),
            m.by_scim,
            m.has_log,
            m.added_at.isnull(),
            m.dated,
            m.changed_age == "old",
            (m.group_positive_at < m.changed_at).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the member came at ",
            m.changed_at,
            ", and the group was not sent since.",
        ],
        cites=("changed", "group_positive"),
        rests_on=(*EDGES, "changed_covered"),
    ),
    Rule(
        "incremental_blind_spot",
        when=lambda m: [
            is_("extra", m),
            m.by_scim,
            m.has_log,
            m.removed_at.notnull(),
            (m.group_positive_at < m.removed_at).fill_null(True),
        ],
        says=lambda m: [
            m.subject,
            ": the member left at ",
            m.removed_at,
            ", and the group was not sent since.",
        ],
        cites=("changed", "group_positive"),
        rests_on=("source_edge_certainty", "link_certainty", "changed_covered"),
    ),
    Rule(
        "incremental_blind_spot",
        when=lambda m: [
            is_("missing", m),
            m.by_scim,
            m.has_log,
            m.added_at.isnull(),
            m.seen_before.isnull(),
            ~m.dated,
        ],
        says=lambda m: [
            m.subject,
            ": the log never claims this member; when it came is not known.",
        ],
        cites=("group_positive",),
        rests_on=EDGES,
        at_most="likely",
    ),
    Rule(
        "unknown",
        when=lambda m: [is_("missing", m)],
        says=lambda m: [m.subject, ": missing, and the evidence does not say why."],
        cites=("group_positive",),
        at_most="undecidable",
    ),
    Rule(
        "unknown",
        when=lambda m: [is_("extra", m)],
        says=lambda m: [m.subject, ": only the target has it; who added it and when is not known."],
        at_most="undecidable",
    ),
)
"""Why an edge disagrees, in order: the first that fits is the cause."""


def discrepancies(memberships: ir.Table, context: Context) -> ir.Table:
    """The edges that only one side has, ready for the rules.

    Parameters
    ----------
    memberships
        The memberships ledger.
    context
        What holds for the whole evidence.
    """
    import ibis

    reason = memberships.group_failure_reason
    missing = memberships.situation == "missing"
    seen = ibis.greatest(
        ibis.coalesce(memberships.seen_at, memberships.added_at),
        ibis.coalesce(memberships.added_at, memberships.seen_at),
    )
    target = ibis.coalesce(
        memberships.target_grade,
        ibis.cases(
            (memberships.members_shown.fill_null(True), context.grades["target_memberships"]),
            else_="unproven",
        ),
    )
    source = ibis.coalesce(memberships.source_grade, context.grades["source_memberships"])
    worse = ibis.cases(
        (target.isin(["suspect", "unproven", "absent"]), "suspected"), else_="confirmed"
    )
    inner = ibis.cases(
        (source.isin(["suspect", "unproven", "absent"]), "suspected"), else_="confirmed"
    )
    if context.provider == "okta":  # whose push names no member: it claims all that is due
        after = (memberships.group_positive_at >= memberships.removed_at).fill_null(False)
        pushed = ~missing & after & memberships.dropped.isnull()
        memberships = memberships.mutate(
            dropped=ibis.ifelse(pushed, memberships.group_positive, memberships.dropped),
            dropped_at=ibis.ifelse(pushed, memberships.group_positive_at, memberships.dropped_at),
        )
    sent = ibis.ifelse(missing, memberships.added_at, memberships.dropped_at)
    if context.provider == "okta":  # whose push names no member
        sent = sent.coalesce(memberships.group_positive_at)
    ready = memberships.mutate(
        sent_at=sent,
        sent_later=context.after_look(sent),
        by_scim=ibis.literal(context.by_scim),
        has_log=ibis.literal(context.has_log),
        okta=ibis.literal(context.provider == "okta"),
        failing=memberships.group_failing,
        last_failure=memberships.group_failure,
        last_failure_at=memberships.group_failure_at,
        last_failure_family=memberships.group_failure_family,
        failure_tail=ibis.ifelse(reason.isnull(), "", ibis.literal(" (") + reason + ")"),
        blocker=ibis.null("string"),
        seen_before=seen,
        edge_certainty=worse,
        source_edge_certainty=inner,
        unwanted_certainty=ibis.literal(context.unwanted_cap, "string"),
        changed_covered=ibis.ifelse(
            memberships.dated, context.moment.covered(memberships.changed_at), "no"
        ),
        source_id=memberships.person_id,
        target_id=memberships.account_id,
        group_source_id=memberships.group_id,
        group_target_id=memberships.target_group_id,
        attribute=ibis.null("string"),
        since=ibis.ifelse(missing, seen.coalesce(memberships.changed_at), memberships.changed_at),
        until=ibis.coalesce(
            memberships.lost_at, ibis.literal(context.moment.seen_at, "timestamp('UTC', 6)")
        ),
        heals_by=ibis.ifelse(
            memberships.changed_age == "fresh",
            context.later(memberships.changed_at),
            memberships.group_failure_retry_at,
        ),
        listed_ids=ibis.null("array<string>"),
    )
    if not context.members_readable:
        return ready.limit(0)
    return ready
