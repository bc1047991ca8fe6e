"""Explain: who is meant, the whole chain in order of time, and what would make the verdict wrong."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import scimlytics as scim
from scimlytics.diagnose import RULES
from scimlytics.errors import InputError
from scimlytics.explanation.verdict import FALSIFIED_BY
from tests.cli import call

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample"
TRUTH = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
KEYS = {
    "version", "subject", "sides", "timeline", "findings", "would_be_false_if", "look_again_at",
}  # fmt: skip


@pytest.fixture(scope="module")
def evidence() -> Any:
    with scim.read(SAMPLE / "evidence") as read:
        yield read


def fault(cause: str, kind: str = "user") -> dict[str, Any]:
    """A fault that was planted in the sample."""
    found = [one for one in TRUTH["faults"] if (one["cause"], one["object_type"]) == (cause, kind)]
    return dict(found[0])


def known_ids() -> str:
    """Everything in the files of the sample, as one text."""
    parts = []
    for path in sorted((SAMPLE / "evidence").rglob("*")):
        if path.suffix == ".gz":
            parts.append(gzip.decompress(path.read_bytes()).decode())
        elif path.is_file():
            parts.append(path.read_text(encoding="utf-8"))
    return "\n".join(parts)


def test_every_word_a_rule_rests_on_can_be_turned_round() -> None:
    words = {word for rules in RULES.values() for rule in rules for word in rule.rests_on}

    assert words <= set(FALSIFIED_BY)


@pytest.mark.parametrize("cause", ["target_deleted", "jit_twin", "orphaned_leaver", "rename_lag"])
def test_the_cause_is_among_the_findings_with_its_doubts(evidence: Any, cause: str) -> None:
    planted = fault(cause)

    explained = scim.explain(evidence, planted["source_id"])

    assert cause in {one["cause"] for one in explained.findings}
    assert explained.would_be_false_if
    assert explained.look_again_at is not None
    assert explained.sides["source"]["source_id"] == planted["source_id"]


def test_a_person_is_found_by_name_address_and_either_id(evidence: Any) -> None:
    planted = fault("target_disabled")
    by_id = scim.explain(evidence, planted["source_id"]).subject

    for text in (planted["target_id"], planted["subject"], planted["subject"].upper()):
        assert scim.explain(evidence, text).subject == by_id


def test_a_former_name_finds_the_person(evidence: Any) -> None:
    planted = fault("rename_lag")
    named = scim.explain(evidence, planted["source_id"]).sides["source"]["former_names"]

    assert scim.explain(evidence, named[0]).subject.person_id == planted["source_id"]


def test_a_membership_is_asked_for_in_two_ways(evidence: Any) -> None:
    planted = fault("incremental_blind_spot", "membership")
    person, group = planted["subject"].split(" → ")

    by_arrow = scim.explain(evidence, f"{person} -> {group}")
    by_option = scim.explain(evidence, person, group)

    assert by_arrow == by_option
    assert [one["cause"] for one in by_arrow.findings] == ["incremental_blind_spot"]
    assert "member" in by_arrow.sides["source"]


def test_the_timeline_is_in_order_and_its_ids_can_be_looked_up(evidence: Any) -> None:
    files = known_ids()
    for cause in ("bad_payload", "transient_error", "blocked_by_existing"):
        lines = scim.explain(evidence, fault(cause)["source_id"]).timeline

        assert [one["at"] for one in lines] == sorted(one["at"] for one in lines)
        assert {one["kind"] for one in lines} >= {"directory", "event"}
        assert all(one["id"] in files for one in lines)


def test_somebody_in_order_has_a_chain_and_no_findings(evidence: Any) -> None:
    spoken_for = set(scim.check(evidence)["source_id"].dropna())
    users = scim.ledger(evidence, "users")
    healthy = users[
        (users["wanted"] == "yes")
        & (users["target_state"] == "active")
        & users["last_positive"].notna()
    ]
    person = next(one for one in healthy["source_id"] if one not in spoken_for)

    explained = scim.explain(evidence, person)

    assert explained.findings == []
    assert explained.would_be_false_if is None
    assert explained.look_again_at is None
    assert explained.sides["target"]["target_state"] == "active"
    assert explained.timeline


def test_nobody_of_that_name_gets_the_nearest(evidence: Any) -> None:
    name = fault("target_deleted")["subject"]

    with pytest.raises(InputError, match=f"Did you mean .*{name[:5]}"):
        scim.explain(evidence, name.replace("@", "x@"))


def test_two_of_one_name_are_listed(evidence: Any) -> None:
    namesakes = [one for one in TRUTH["near_misses"] if one["note"] == "two people of one name"]
    users = evidence.source.users
    shown = users[users["id"] == namesakes[0]["source_id"]]["display_name"].iloc[0]

    with pytest.raises(InputError, match="is several; name one by its id") as refused:
        scim.explain(evidence, shown)
    assert all(one["source_id"] in str(refused.value) for one in namesakes)


def test_the_command_prints_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    planted = fault("target_deleted")
    folder = str(SAMPLE / "evidence")

    done = call(capsys, "explain", folder, planted["subject"], "--format", "json")

    assert done.code == 0
    document = json.loads(done.out)
    assert set(document) == KEYS
    assert set(document["sides"]) == {"source", "target", "log"}
    assert all(set(line) == {"at", "kind", "id", "says"} for line in document["timeline"])
    assert document["findings"][0]["cause"] == "target_deleted"
    read = call(capsys, "explain", folder, planted["subject"])
    assert read.code == 0
    assert "It would be false if" in read.out
    assert "Look again at" in read.out


def test_the_command_refuses_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "explain", str(SAMPLE / "evidence"), "nobody-at-all-42")

    assert done.code == 2
    assert done.err.count("\n") == 1
