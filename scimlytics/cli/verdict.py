"""What the findings mean for the exit code: nothing wrong, something wrong, or no telling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scimlytics.cli.findings import RANK, Finding
from scimlytics.errors import InputError, unknown
from scimlytics.vocabulary import CAUSES, SEVERITIES

FINE, FOUND, UNDECIDED = 0, 1, 3
UNSURE = ("suspected", "undecidable")


@dataclass(frozen=True)
class FailOn:
    """From which severity on a finding fails the command, and whether only what is new does."""

    severity: str
    only_new: bool = False

    def reached_by(self, severity: str) -> bool:
        """Whether a severity is at or above this one."""
        return RANK[severity] <= RANK[self.severity]


def fail_on(text: str, *, has_history: bool = False) -> FailOn:
    """Read ``[new:]SEVERITY``.

    Raises
    ------
    InputError
        A severity nobody knows, or ``new:`` where no history says what is new.
    """
    head, colon, tail = text.partition(":")
    only_new = bool(colon)
    severity = tail if colon else head
    if colon and head != "new":
        raise unknown("condition", head, ["new"], "--fail-on")
    if severity not in SEVERITIES:
        raise unknown("severity", severity, list(SEVERITIES), "--fail-on")
    if only_new and not has_history:
        raise InputError(
            f"--fail-on {text}: only a history (--history DIR) knows what is new;"
            f" without one use --fail-on {severity}."
        )
    return FailOn(severity, only_new)


def failing(findings: Iterable[Finding], limit: FailOn) -> list[Finding]:
    """The findings that fail the command; what is marked as accepted does not."""
    return [
        one
        for one in findings
        if limit.reached_by(one["severity"])
        and one["status"] != "suppressed"
        and (one["status"] == "new" or not limit.only_new)
    ]


def undecided(findings: Iterable[Finding], limit: FailOn) -> list[Finding]:
    """The findings that would fail the command were their cause certain."""
    return [
        one
        for one in findings
        if one["certainty"] in UNSURE
        and one["status"] != "suppressed"
        and (one["status"] == "new" or not limit.only_new)
        and limit.reached_by(severity_if_certain(one))
    ]


def severity_if_certain(finding: Finding) -> str:
    """How bad the finding would be if its cause were certain.

    Doubt lowers a severity to ``medium`` and no further: any other word stands as it is.
    """
    cause = CAUSES.get((finding["object_type"], finding["situation"], finding["cause"]))
    if finding["severity"] != "medium" or cause is None:
        return str(finding["severity"])
    return min(cause.severity, "medium", key=RANK.__getitem__)


def exit_code(findings: Sequence[Finding], limit: FailOn, lacking: Sequence[str] = ()) -> int:
    """1 when a finding fails, else 3 when the evidence is too incomplete to decide, else 0.

    Parameters
    ----------
    findings
        All findings.
    limit
        From which severity on a finding fails.
    lacking
        Checks that were asked for by name and lack their input.
    """
    if failing(findings, limit):
        return FOUND
    if undecided(findings, limit) or lacking:
        return UNDECIDED
    return FINE
