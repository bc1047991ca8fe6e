"""The questions that no ledger row answers, one function each: the rows they decide."""

from scimlytics.checks.evidence_quality import quality
from scimlytics.checks.jobs import blocked_jobs, jobs
from scimlytics.checks.mappings import mappings
from scimlytics.checks.scope import scope
from scimlytics.checks.throttling import throttling

__all__ = ["blocked_jobs", "jobs", "mappings", "quality", "scope", "throttling"]
