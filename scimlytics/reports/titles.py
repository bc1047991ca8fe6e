"""What columns are called on a page, and which of them unfold."""

from __future__ import annotations

TITLES = {
    "source_id": "Source id",
    "target_id": "Target id",
    "user_name": "User name",
    "since": "Not before",
    "until": "Not after",
    "heals": "Heals by itself",
    "detail": "What is wrong",
    "remedy": "First act",
    "says": "What to do",
    "never_heal": "Never heal without it",
    "look_again": "Look again",
    "object_type": "Kind",
    "auth_method": "Signs in by",
    "privileged": "Administrator",
    "covered": "Percent there",
    "accepted_at": "Got through at",
    "delay_minutes": "Minutes waited",
    "why": "Why",
    "act": "What to do",
    "look_again_at": "Look again",
    "affects": "Touches",
    "wont_fix": "Does not repair",
    "finding_ids": "Findings",
    "former_cause": "Cause before",
    "first_seen": "First found",
}


FINDINGS = {
    "severity": "Severity",
    "subject": "Subject",
    "cause": "Cause",
    "detail": "What is wrong",
    "since": "Not before",
    "until": "Not after",
    "remedy": "First act",
    "heals": "Heals by itself",
    "status": "Since last run",
}
FINDINGS_DETAILS = {
    "certainty": "Certainty",
    "evidence": "Rests on",
    "alternatives": "False if it was",
    "remedies": "What to do, in order",
    "heals_by": "Heals by",
    "check": "Check",
    "situation": "Situation",
    "source_id": "Source id",
    "target_id": "Target id",
    "group_source_id": "Group's source id",
    "group_target_id": "Group's target id",
    "other_ids": "Other ids",
    "attribute": "Attribute",
    "first_seen": "First found",
    "former_cause": "Cause before",
    "finding_id": "Finding",
}
INCIDENTS = {
    "severity": "Severity",
    "findings": "Findings",
    "cause": "Cause",
    "object_type": "Kind",
    "fits_from": "One event fits: from",
    "fits_to": "to",
    "actor": "By",
    "subjects": "From … to",
}
FINDINGS_NOTE = (
    'Times are UTC. Ids under "rests on" are those of the provider\'s log and of the snapshots:'
    " paste one into the log's filter to see the event itself."
)
