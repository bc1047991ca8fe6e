"""The questions that no ledger row answers, one function each: the rows they decide."""

from scimlytics.checks.evidence_quality import quality
from scimlytics.checks.jobs import jobs, standstill
from scimlytics.checks.mappings import mappings
from scimlytics.checks.scope import scope
from scimlytics.checks.throttling import throttling

__all__ = ["jobs", "mappings", "quality", "scope", "standstill", "throttling"]
