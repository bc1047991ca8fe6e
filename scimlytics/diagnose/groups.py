"""Why groups are missing, stale, extra or failing.

The order of the rules is the precedence of causes.md, section 3.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from scimlytics.diagnose.context import Context
from scimlytics.diagnose.families import family_rules
from scimlytics.diagnose.rule import Rule

if TYPE_CHECKING:
    import ibis.expr.types as ir

MISSING = ("target_groups",)
UNSUPPORTED = ("distribution", "builtin")
"""Kinds of groups that are never provisioned; others are when they are security enabled."""


def is_(situation: str, g: ir.Table) -> ir.BooleanValue:
    """The row is about this situation."""
    return g.situation == situation


RULES = (
    Rule(
        "not_yet",
        when=lambda g: [g.situation.isin(["missing", "stale"]), g.sent_later],
        says=lambda g: [
            "The log claims that ",
            g.subject,
            " was sent at ",
            g.last_positive_at,
            ", after the target was looked at; a newer export of the target tells.",
        ],
        cites=("last_positive",),
        at_most="suspected",
    ),
    Rule(
        "not_yet",
        when=lambda g: [is_("missing", g), g.wanted_age == "fresh"],
        says=lambda g: [g.subject, " came into scope at ", g.wanted_since, "."],
        rests_on=MISSING,
    ),
    Rule(
        "idp_deprovisioned",
        when=lambda g: [
            is_("missing", g),
            g.removed_by_provider_at.notnull(),
            (g.removed_by_provider_at >= g.trace_at).fill_null(True),
            (g.removed_by_provider_at >= g.last_positive_at).fill_null(True),
        ],
        says=lambda g: [
            "The provider removed ",
            g.subject,
            " at ",
            g.removed_by_provider_at,
            ", and it is wanted again.",
        ],
        cites=("last_delete",),
        rests_on=MISSING,
    ),
    Rule(
        "target_group_deleted",
        when=lambda g: [is_("missing", g), g.trace_state == "existed", g.removed.notnull()],
        says=lambda g: [
            g.removed_by.coalesce("Somebody"),
            " deleted ",
            g.subject,
            " in the target at ",
            g.removed_at,
            "; made again it has a new id and no grants.",
        ],
        cites=("removed", "trace"),
        rests_on=MISSING,
    ),
    Rule(
        "target_group_deleted",
        when=lambda g: [is_("missing", g), g.trace_state == "existed", g.trace_seen_at.isnull()],
        says=lambda g: [
            "The provider still holds the id of ",
            g.subject,
            " in the target (",
            g.trace,
            "), and it is gone; no removal was logged, so it was deleted there.",
        ],
        cites=("trace", "last_failure"),
        rests_on=(*MISSING, "trace_covered"),
    ),
    Rule(
        "target_group_deleted",
        when=lambda g: [
            is_("missing", g),
            (g.trace_state == "existed") | (g.failing & (g.last_failure_family == "gone")),
        ],
        says=lambda g: [
            g.subject,
            " was last seen in the target at ",
            g.trace_seen_at.coalesce(g.last_failure_at),
            " and is gone; no removal was logged since, so it was deleted there.",
        ],
        cites=("trace", "last_positive", "last_failure"),
        rests_on=(*MISSING, "trace_covered"),
    ),
    Rule(
        "group_type_unsupported",
        when=lambda g: [
            is_("missing", g),
            g.entra,
            g.kind.isin(UNSUPPORTED).fill_null(False) | ~g.security_enabled.fill_null(True),
        ],
        says=lambda g: [g.subject, " is not security enabled; such groups are never provisioned."],
        rests_on=MISSING,
    ),
    Rule(
        "group_type_unsupported",
        when=lambda g: [is_("missing", g), g.kind == "builtin"],
        says=lambda g: [g.subject, " is built in; such groups are never pushed."],
        rests_on=MISSING,
    ),
    Rule(
        "group_mapping_off",
        when=lambda g: [is_("missing", g), g.mapping_off],
        says=lambda g: ["The mapping of groups is switched off, so ", g.subject, " is not sent."],
        rests_on=MISSING,
    ),
    Rule(
        "group_key_missing",
        when=lambda g: [
            is_("missing", g),
            g.source_name.nullif("").isnull()
            | (g.failing & (g.last_failure_family == "no_match_key")),
        ],
        says=lambda g: ["The attribute by which groups are matched is empty for ", g.subject, "."],
        cites=("last_failure",),
        rests_on=MISSING,
    ),
    Rule(
        "group_out_of_scope",
        when=lambda g: [is_("missing", g), (g.wanted == "off") | g.refused_by_pattern | g.excluded],
        says=lambda g: [g.subject, " is not sent: ", g.out_why, "."],
        cites=("last_excluded",),
        rests_on=MISSING,
    ),
    *(
        rule
        for rule in family_rules("missing", MISSING, conflicts="to make")
        if rule.cause != "no_match_key"
    ),
    Rule(
        "provider_delay",
        when=lambda g: [
            is_("missing", g),
            g.wanted_age == "old",
            g.last_event.isnull(),
            g.provider_behind,
        ],
        says=lambda g: [
            g.subject,
            " is wanted since ",
            g.wanted_since,
            "; the provider is behind.",
        ],
        rests_on=(*MISSING, "wanted_covered"),
        at_most="likely",
    ),
    Rule(
        "incremental_blind_spot",
        when=lambda g: [
            is_("missing", g),
            g.wanted_age == "old",
            g.wanted_covered == "yes",
            g.cycles_since_wanted,
            (g.last_event_at < g.wanted_since).fill_null(True),
        ],
        says=lambda g: [
            g.subject,
            " came into scope at ",
            g.wanted_since,
            ", cycles ran since, and nothing was ever sent.",
        ],
        rests_on=(*MISSING, "wanted_covered"),
    ),
    Rule(
        "unknown",
        when=lambda g: [is_("missing", g)],
        says=lambda g: [
            g.subject,
            " is wanted and not in the target; the evidence shows neither an attempt ",
            "nor a trace.",
        ],
        at_most="undecidable",
    ),
    Rule(
        "not_yet",
        when=lambda g: [is_("stale", g), g.renamed_age == "fresh"],
        says=lambda g: [g.subject, " was renamed at ", g.renamed_at, "."],
        cites=("renamed",),
    ),
    *family_rules("stale", (), conflicts="the new name of"),
    Rule(
        "target_renamed",
        when=lambda g: [
            is_("stale", g),
            g.earlier_name.lower() == g.source_name.lower(),
            (g.renamed_at < g.earlier_at).fill_null(True),
        ],
        says=lambda g: [
            g.subject,
            " was called so in the target at ",
            g.earlier_at,
            " and is '",
            g.target_name,
            "' now; the log claims no change.",
        ],
        cites=("target_group_id",),
    ),
    Rule(
        "claim_contradicted",
        when=lambda g: [
            is_("stale", g),
            g.written_value.lower() == g.source_name.lower(),
            (g.renamed_at <= g.written_at).fill_null(True),
        ],
        says=lambda g: [
            "The log claims that the name ",
            g.subject,
            " was written at ",
            g.written_at,
            "; the target has '",
            g.target_name,
            "'.",
        ],
        cites=("written",),
    ),
    Rule(
        "rename_lag",
        when=lambda g: [
            is_("stale", g),
            g.renamed_age == "old",
            (g.renamed_at > g.last_positive_at).fill_null(True),
        ],
        says=lambda g: [
            g.subject,
            " was renamed at ",
            g.renamed_at,
            " and the new name was never sent; the ",
            "target has '",
            g.target_name,
            "'.",
        ],
        cites=("renamed", "last_positive"),
    ),
    Rule(
        "unknown",
        when=lambda g: [is_("stale", g)],
        says=lambda g: [
            g.subject,
            " is '",
            g.target_name,
            "' in the target; when it was renamed is not known.",
        ],
        at_most="suspected",
    ),
    Rule(
        "held_by_delete_guard",
        when=lambda g: [is_("extra", g), g.signed, g.last_staged.notnull() | g.guard_holds],
        says=lambda g: ["The removal of ", g.subject, " is held back by the guard."],
        cites=("last_staged",),
        rests_on=("unwanted_certainty",),
    ),
    Rule(
        "deprovision_off",
        when=lambda g: [is_("extra", g), g.signed, g.deprovision_off],
        says=lambda g: ["Removal of groups is switched off; ", g.subject, " stays."],
        rests_on=("unwanted_certainty",),
    ),
    Rule(
        "orphaned_group",
        when=lambda g: [is_("extra", g), g.signed],
        says=lambda g: [
            g.subject,
            " is gone or no longer assigned at the source, and lives on in the target ",
            "with ",
            g.members,
            " members.",
        ],
        cites=("last_positive", "target_group_id"),
        rests_on=("unwanted_certainty",),
    ),
    Rule(
        "local_group",
        when=lambda g: [is_("extra", g)],
        says=lambda g: [g.subject, " is a group of the target's own."],
        cites=("target_group_id",),
        rests_on=("source_groups",),
    ),
    Rule(
        "stale_link",
        when=lambda g: [is_("linked", g), g.last_failure_family == "gone"],
        says=lambda g: [
            "The provider looks for ",
            g.subject,
            " under an id that is gone; the group lives under ",
            g.target_group_id,
            ".",
        ],
        cites=("last_failure", "target_group_id"),
        rests_on=MISSING,
    ),
    *family_rules("linked", ()),
    Rule(
        "unknown",
        when=lambda g: [is_("linked", g)],
        says=lambda g: ["The last attempt for ", g.subject, " at ", g.last_failure_at, " failed."],
        cites=("last_failure",),
        at_most="likely",
    ),
)
"""Why a group disagrees, in order: the first that fits is the cause."""


def discrepancies(
    groups: ir.Table, written: ir.Table, told_by_members: ir.Table | None, context: Context
) -> ir.Table:
    """One row per group and situation in which the three sides disagree.

    Parameters
    ----------
    groups
        The groups ledger.
    written
        The newest claim on each group's name: ``group_id``, ``written``, ``written_at``,
        ``written_value``.
    told_by_members
        ``group_id`` of groups whose failing attempts show in memberships that are missing; those
        are told there.
    context
        What holds for the whole evidence.
    """
    import ibis

    joined = groups.left_join(written, "group_id").drop("group_id_right")
    if context.provider == "okta":  # whose push names no attribute: it claims the name as well
        after = (joined.last_positive_at >= joined.renamed_at).fill_null(False)
        pushed = after & joined.written.isnull()
        joined = joined.mutate(
            written=ibis.ifelse(pushed, joined.last_positive, joined.written),
            written_at=ibis.ifelse(pushed, joined.last_positive_at, joined.written_at),
            written_value=ibis.ifelse(pushed, joined.source_name, joined.written_value),
        )
    reason = ibis.coalesce(joined.last_failure_reason, joined.last_failure_code)
    excluded = joined.last_excluded.notnull() & (
        joined.last_excluded_at >= joined.last_positive_at
    ).fill_null(True)
    refused = ibis.literal(False)
    for pattern in context.excluded_groups:
        refused = refused | joined.source_name.lower().like(pattern)
    if context.included_groups:
        taken = ibis.literal(False)
        for pattern in context.included_groups:
            taken = taken | joined.source_name.lower().like(pattern)
        refused = refused | ~taken
    seen = ibis.literal(context.moment.seen_at, "timestamp('UTC', 6)")
    ready = joined.mutate(
        entra=ibis.literal(context.provider == "entra"),
        mapping_off=ibis.literal(context.group_mapping_off),
        provider_behind=context.behind(joined.wanted_since),
        sent_later=context.after_look(joined.last_positive_at),
        guard_holds=ibis.literal(context.guard_holds),
        deprovision_off=ibis.literal(context.group_deprovision_off),
        refused_by_pattern=refused.fill_null(False),
        excluded=excluded.fill_null(False),
        out_why=ibis.cases(
            (joined.wanted == "off", "its push is switched off"),
            (refused.fill_null(False), "the target's group patterns leave it out"),
            else_="it was skipped as out of scope",
        ),
        failure_tail=ibis.ifelse(reason.isnull(), "", ibis.literal(" (") + reason + ")"),
        signed=joined.last_positive.notnull()
        | joined.target_external_id.notnull()
        | (joined.trace_state == "existed"),
        unwanted_certainty=ibis.ifelse(
            joined.source_state.isin(["none", "absent"]),
            context.cap("source_groups"),
            context.cap("source_assignments"),
        ),
        source_id=joined.group_id,
        target_id=joined.target_group_id,
        attribute=ibis.null("string"),
        since=ibis.coalesce(joined.trace_seen_at, joined.wanted_since),
        until=seen,
        heals_by=joined.last_failure_retry_at,
        listed_ids=ibis.ifelse(
            joined.blocker.isnull(), ibis.null("array<string>"), ibis.array([joined.blocker])
        ),
    )
    living = ready.source_state == "active"
    wanted = ready.wanted.isin(["yes", "off"]) & living
    present = ready.target_state == "present"
    missing = ready.filter(wanted, ~present)
    stale = ready.filter(
        ready.wanted == "yes",
        living,
        present,
        ready.name_key.notnull(),
        ready.target_name_key != ready.name_key,
    ).mutate(attribute=ibis.literal("display_name", "string"), since=lambda t: t.renamed_at)
    extra = ready.filter(present, (ready.source_state == "none") | ~living | (ready.wanted == "no"))
    failing = ready.filter(
        ready.wanted == "yes",
        living,
        present,
        ready.failing,
        ready.target_name_key == ready.name_key,
        ~ready.last_failure_family.isin(["reference_unresolved", "conflict"]),
    )
    if told_by_members is not None:
        failing = failing.anti_join(told_by_members, "group_id")
    parts = [
        part.mutate(situation=ibis.literal(name, "string"))
        for name, part in (
            ("missing", missing),
            ("stale", stale),
            ("extra", extra),
            ("linked", failing),
        )
    ]
    columns = sorted(parts[0].columns)
    return reduce(lambda one, other: one.union(other), [part.select(*columns) for part in parts])
