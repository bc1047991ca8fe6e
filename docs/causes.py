"""Write a page per cause: ``make docs``. A test fails when one is stale.

What a cause means and does comes from ``CAUSES`` and its rules, how it comes about and what only looks
like it from the lab that plants it, and the example is a finding of a simulated tenant.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import scimlytics as scim
from scimlytics.checks import run
from scimlytics.diagnose import RULES
from scimlytics.diagnose.findings import remedies as offered
from scimlytics.explanation.verdict import FALSIFIED_BY
from scimlytics.lab import simulate
from scimlytics.lab.faults import MIRRORS, PLANTERS
from scimlytics.vocabulary import CAPABILITIES, CAUSES, REMEDIES, TOGETHER

PLACE = Path(__file__).resolve().parent / "causes"
NOTE = "<!-- Written by docs/causes.py; change the code and run `make docs`. -->"
STANDING = {"target_deleted": 2, "orphaned_leaver": 2}
WORLDS: tuple[dict[str, Any], ...] = (
    {"users": 200},
    {"users": 200, "target": "scim"},
    {"users": 200, "source": "okta"},
    {"users": 80, "provisioning": "jit"},
    *(
        {"users": 60, "faults": {cause: 1, **STANDING}}
        for cause in ("quarantine", "paused", "silence", "credential_expiry")
    ),
    {"users": 60, "faults": {"escrows_pruned": 1}},
    {"users": 60, "faults": {"group_mapping_off": 1}},
    {"users": 80, "faults": {"deprovision_off": 3}},
)
"""Where examples are looked for, in this order."""
LOOKS_LIKE = {
    "case_split": "Two people whose names differ by a letter are two people.",
    "clock_skew": "An account made between the two exports; only one made after its own export counts.",
    "create_only_mapping": "An attribute that changed after the last cycle is on its way.",
    "credential_expiry": "One person refused for want of rights, while others go through.",
    "deprovision_off": "Somebody who left a moment ago, where deprovisioning is on.",
    "empty_snapshot": "A site that has no groups at all, on both sides.",
    "escrows_pruned": "Retries that are still waiting.",
    "external_id_rekeyed": "Two people with one mail address are two people.",
    "filtered_snapshot": "An id whose end the log, an audit or the deleted items show is no gap.",
    "group_key_missing": "A group with an unusual name that arrives all the same.",
    "group_mapping_off": "One group that does not arrive while others do.",
    "group_out_of_scope": "A group that the pattern lets in and that is missing for another reason.",
    "local_group": "A group that the provider made and that is wanted no more: `orphaned_group`.",
    "log_gap": "A log without events that says what it covers.",
    "log_retention_edge": "Something that happened inside the log and is absent there.",
    "mapping_changed": "An export of the mapping that lists the same in another order.",
    "member_not_assigned": "A member who is assigned and was added after the last push.",
    "member_not_provisioned": "A membership that is missing though both ends are there.",
    "name_taken_elsewhere": "A record in this very target that holds the name: `blocked_by_existing`.",
    "not_yet": "Another recent change of the same person explains nothing about this one.",
    "partial_snapshot": "A list that ends with a page shorter than asked for, and no next link.",
    "paused": "A job without changes writes no events, and is not paused.",
    "push_assign_race": "A group that is pushed, and assigned by another group.",
    "residual_account": "The active account of somebody gone: `orphaned_leaver`.",
    "restored_without_memberships": "Somebody restored who was in no group that is pushed.",
    "retry_artefact": "A conflict that no throttling or timeout of the same object comes before.",
    "second_writer": "A second job in the log that never touched this object.",
    "shrunken_snapshot": "A smaller list whose missing people the log says were removed.",
    "silence": "A job without changes writes nothing; its own status tells.",
    "stale_link": "An object that is gone and has no namesake: `target_deleted`.",
    "stale_snapshot": "A log that ends some minutes after the target was exported, without a claim.",
    "suspended_at_source": "Somebody deactivated in Okta, whose account has to follow.",
    "target_renamed": "An account that kept its name while its person was renamed: `rename_lag`.",
    "target_requires_group": "A refusal for want of rights that names no group: `unauthorised`.",
    "throttled": "Somebody who was refused for too many requests, and went through later.",
    "throttling_gap": "One refusal that was sent again within seconds.",
    "unknown": "Something that the evidence does explain, once it is exported whole.",
    "unproven_snapshot": "A list that says how many it holds, and holds as many.",
}
"""What only looks like it, for causes whose look-alike the lab does not plant by that name."""


def pages() -> dict[str, str]:
    """Every page: file name and text."""
    found = examples()
    causes = sorted({cause for *_, cause in CAUSES})
    made = {f"{cause}.md": f"{NOTE}\n\n{_page(cause, found.get(cause))}\n" for cause in causes}
    lines = [
        "# Causes",
        "",
        "A page per cause: what it means, how it comes about, what it rests on, what only looks like"
        " it, and what to do. [Checks and causes](../reference/checks.md) has them all in one table.",
        "",
        *(f"- [{cause}]({cause}.md): {_meanings(cause)[0]}" for cause in causes),
    ]
    return {"index.md": NOTE + "\n\n" + "\n".join(lines) + "\n", **made}


def examples() -> dict[str, dict[str, Any]]:
    """A finding for each cause that comes about in a simulated tenant."""
    found: dict[str, dict[str, Any]] = {}
    for world in WORLDS:
        with tempfile.TemporaryDirectory() as folder:
            simulate(Path(folder) / "made", **{"seed": 1, **world})
            with scim.read(Path(folder) / "made" / "evidence") as evidence:
                for row in run(evidence).findings.to_pylist():
                    found.setdefault(row["cause"], row)
    return found


def _page(cause: str, example: dict[str, Any] | None) -> str:
    parts = [f"# {cause}", *_meanings(cause), _consequences(cause)]
    ways = [_said(one.plant) for one in PLANTERS if one.cause == cause]
    if ways:
        parts.append("## How it comes about\n\n" + _bullets(ways))
    rules = list(_rules(cause))
    if rules:
        parts.append("## What the finding says\n\n" + _bullets(rules))
    doubts = list(_doubts(cause))
    if doubts:
        parts.append("## It would be wrong if\n\n" + _bullets(doubts))
    mirrors = [_said(one.plant) for one in MIRRORS if one.cause == cause]
    alike = mirrors or [LOOKS_LIKE[cause]]
    parts.append("## What only looks like it\n\n" + _bullets(alike))
    parts.append("## What to do\n\n" + _remedies(cause))
    if example is not None:
        parts.append("## An example\n\n" + _example(example))
    return "\n\n".join(parts)


def _meanings(cause: str) -> list[str]:
    return list(dict.fromkeys(one.meaning for key, one in CAUSES.items() if key[2] == cause))


def _consequences(cause: str) -> str:
    lines = [
        "| Object | Situation | Check | Severity | Heals by itself |",
        "| --- | --- | --- | --- | --- |",
    ]
    for (kind, situation, name), one in CAUSES.items():
        if name == cause:
            heals = {"yes": "yes", "no": "never", "after_fix": "after the fix"}[one.heals]
            lines.append(
                f"| {kind} | {situation or ''} | `{one.check}` | {one.severity} | {heals} |"
            )
    return "\n".join(lines)


class _Row:
    """Stands for a ledger row: each column is its own name in angle brackets."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def __getattr__(self, name: str) -> _Row:
        return _Row(self.name or name)

    def __call__(self, *_: Any, **__: Any) -> _Row:
        return self

    def __str__(self) -> str:
        return f"<{self.name.replace('_', ' ')}>"


def _rules(cause: str) -> Iterator[str]:
    told = set()
    for rules in RULES.values():
        for rule in rules:
            if rule.cause != cause:
                continue
            try:
                pieces = rule.says(_Row())  # type: ignore[arg-type]
            except TypeError:
                continue
            text = "".join(str(piece) for piece in pieces)
            text = text.replace("<subject>", "*whom*").replace("<", "*").replace(">", "*")
            if text not in told:
                told.add(text)
                yield f"{text} At most `{rule.at_most}`." if rule.at_most != "confirmed" else text


def _doubts(cause: str) -> Iterator[str]:
    names = {
        name: None
        for rules in RULES.values()
        for rule in rules
        if rule.cause == cause
        for name in rule.rests_on
    }
    yield from dict.fromkeys(f"{FALSIFIED_BY[name]}," for name in names)


def _remedies(cause: str) -> str:
    lines = ["| Object | Situation | Entra | Okta |", "| --- | --- | --- | --- |"]
    for (kind, situation, name), one in CAUSES.items():
        if name != cause:
            continue
        both = (situation, cause) in TOGETHER
        cells = []
        for provider in ("entra", "okta"):
            capabilities = frozenset(CAPABILITIES[provider])
            acts = [REMEDIES[act][1] for act in offered(one.remedies, kind, capabilities)]
            between = " Then: " if both else " Or, if that does not help: "
            cells.append(between.join(acts[:2]) + "".join(f" Else: {act}" for act in acts[2:]))
        lines.append(f"| {kind} | {situation or ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _example(row: dict[str, Any]) -> str:
    facts = {
        "subject": row["subject"],
        "severity": row["severity"],
        "certainty": row["certainty"],
        "situation": row["situation"] or "",
        "since": _moment(row["since"]),
        "until": _moment(row["until"]),
        "detail": row["detail"],
        "alternatives": ", ".join(row["alternatives"] or ()),
        "remedy": row["remedy"],
        "heals": row["heals"],
    }
    lines = [f"{name:<13} {value}" for name, value in facts.items() if value]
    lines += [f"{'rests on':<13} {one['kind']}: {one['says']}" for one in row["evidence"] or ()]
    return "```text\n" + "\n".join(lines) + "\n```"


def _moment(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if value is not None else ""


def _said(function: Any) -> str:
    text = (function.__doc__ or "").strip().partition("\n\n")[0]
    return " ".join(text.split())


def _bullets(texts: Iterable[str]) -> str:
    listed = list(dict.fromkeys(texts))
    if listed and listed[-1].endswith(","):
        listed[-1] = f"{listed[-1][:-1]}."
    return "\n".join(f"- {text}" for text in listed)


def main() -> None:
    """Write the pages, and take away those that are no longer made."""
    PLACE.mkdir(exist_ok=True)
    texts = pages()
    for path in PLACE.glob("*.md"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (PLACE / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(texts)} pages written to {PLACE.name}/\n")


if __name__ == "__main__":
    main()
