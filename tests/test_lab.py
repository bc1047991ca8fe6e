"""The lab: the same seed makes the same bytes, nothing gives the answer away, and partial exports."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import scimlytics as scim
from scimlytics import shipped
from scimlytics.checks import run
from scimlytics.errors import InputError
from scimlytics.evidence import Evidence
from scimlytics.lab import read_faults, score, simulate, summary, what_if
from scimlytics.lab.big import FAULTS, Size, big
from scimlytics.lab.faults import PLANTERS
from scimlytics.lab.mix import RARE
from scimlytics.lab.score import meets, pair
from scimlytics.lab.world import AS_OF
from scimlytics.settings import Settings
from scimlytics.vocabulary import CAUSES
from tests.cli import call

SURE = ("confirmed", "likely")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def made(folder: Path, **arguments: Any) -> Path:
    """A small tenant."""
    simulate(folder, **{"users": 60, "seed": 1, "faults": {"target_deleted": 2}, **arguments})
    return folder


def test_the_same_seed_makes_the_same_bytes_and_another_does_not(tmp_path: Path) -> None:
    first, again = made(tmp_path / "1"), made(tmp_path / "2")
    other = made(tmp_path / "3", seed=2)

    assert files(first) == files(again)
    assert files(first) != files(other)


def test_the_sample_is_what_the_lab_makes(tmp_path: Path) -> None:
    simulate(tmp_path / "made", users=200, days=30, seed=1)

    assert files(tmp_path / "made") == {
        name: content
        for name, content in files(shipped.sample()).items()
        if name.startswith("evidence") or name == "truth.json"
    }, "stale: run `make sample`"


KINDS = [(source, target) for source in ("entra", "okta") for target in ("filescom", "scim")]


@pytest.mark.parametrize(("source", "target"), KINDS)
def test_no_file_gives_a_cause_away(tmp_path: Path, source: str, target: str) -> None:
    simulate(tmp_path / "made", users=200, source=source, target=target)
    words = {cause for *_, cause in CAUSES if "_" in cause}

    for name, content in files(tmp_path / "made" / "evidence").items():
        text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
        assert not {word for word in words if word in text or word in name}, name


def test_what_okta_exports_is_read_whole(tmp_path: Path) -> None:
    folder = made(tmp_path, source="okta", faults=None, users=120) / "evidence"

    with scim.read(folder) as evidence:
        files = evidence.files
        events = evidence.events
        assert (files["aside"] == 0).all()
        assert evidence.has("push_mappings")
        assert set(evidence.source.users["id"].str[:3]) == {"00u"}
    assert {"create", "update", "disable"} <= set(events["action"])
    assert {"success", "failure"} <= set(events["status"])


def test_a_log_comes_in_one_of_three_serialisations(tmp_path: Path) -> None:
    names = set()
    for seed in (3, 4, 5):
        folder = made(tmp_path / str(seed), seed=seed) / "evidence" / "log"
        names.add(next(path.name for path in sorted(folder.iterdir())))

    assert len(names) == 3


def test_what_was_planted_is_in_the_truth_as_often_as_asked(tmp_path: Path) -> None:
    asked = {"target_deleted": 3, "jit_twin": 2, "suspended_at_source": 1}
    truth = json.loads(
        (made(tmp_path / "made", faults=asked, users=100) / "truth.json").read_text()
    )
    causes = [one["cause"] for one in truth["faults"]]

    assert {cause: causes.count(cause) for cause in asked} == {
        "target_deleted": 3,
        "jit_twin": 2,
        "suspended_at_source": 0,
    }
    assert list(truth["not_planted"]) == ["suspended_at_source"]


@pytest.mark.parametrize(("source", "target"), KINDS)
def test_the_default_mix_holds_every_cause_that_fits(
    tmp_path: Path, source: str, target: str
) -> None:
    folder = made(tmp_path, users=200, source=source, target=target, faults=None)
    truth = json.loads((folder / "truth.json").read_text())
    fitting = {one.cause for one in PLANTERS if one.fits(source, target, "scim")} - set(RARE)
    planted = {one["cause"] for one in truth["faults"]}

    assert planted == fitting - set(truth["not_planted"])
    assert len(truth["not_planted"]) <= 1


@pytest.mark.parametrize("cause", RARE)
def test_what_changes_a_whole_tenant_is_planted_when_asked(tmp_path: Path, cause: str) -> None:
    truth = json.loads((made(tmp_path, faults={cause: 1}) / "truth.json").read_text())

    assert {one["cause"] for one in truth["faults"]} == {cause}


@pytest.mark.parametrize("target", ["filescom", "scim"])
def test_a_small_tenant_leaves_the_rarer_causes_out(tmp_path: Path, target: str) -> None:
    truth = json.loads(
        (made(tmp_path, users=30, target=target, faults=None) / "truth.json").read_text()
    )
    planted = {one["cause"] for one in truth["faults"]}

    assert {"target_deleted", "incremental_blind_spot", "claim_contradicted"} <= planted
    assert truth["not_planted"]["second_writer"] == "too few people"


def test_nine_of_ten_accounts_are_older_than_the_log_and_have_no_event(tmp_path: Path) -> None:
    folder = made(tmp_path, users=2000, faults={}) / "evidence"

    with scim.read(folder) as evidence:
        accounts, events = evidence.target.users, evidence.events
    known = set(events["target_id"].dropna())
    assert (accounts["created"] < pd.Timestamp("2026-10-21T06:00:00Z")).mean() > 0.9
    assert (~accounts["id"].isin(known)).mean() > 0.9


def test_an_empty_mix_plants_nothing_and_keeps_the_look_alikes(tmp_path: Path) -> None:
    truth = json.loads((made(tmp_path / "made", faults={}) / "truth.json").read_text())

    assert truth["faults"] == []
    assert truth["near_misses"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("target_delted = 1", "did you mean 'target_deleted'"),
        ("target_deleted = -1", "a whole number from 0"),
        ("target_deleted = true", "a whole number from 0"),
        ("target_deleted", "no TOML"),
    ],
)
def test_a_faults_file_is_refused_in_one_line(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "faults.toml"
    path.write_text(text)

    with pytest.raises(InputError) as refused:
        read_faults(path)
    assert why.lower() in str(refused.value).lower()
    assert "\n" not in str(refused.value)


def test_a_tenant_is_made_in_a_new_folder_with_enough_people(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()

    with pytest.raises(InputError, match="not empty"):
        made(tmp_path / "full")
    with pytest.raises(InputError, match="give --users a larger number"):
        made(tmp_path / "many", users=20, faults={"target_deleted": 90})


def without_the_last_page(folder: Path) -> None:
    """Cut the target's users: of a list in pages the last one is lost."""
    packed = folder / "target" / "users.json.gz"
    pages = json.loads(gzip.decompress(packed.read_bytes()))
    packed.write_bytes(gzip.compress(json.dumps(pages[:-1]).encode()))


def with_an_open_cursor(folder: Path) -> None:
    """Cut the target's users where a server pages by cursor: the next one is never answered."""
    packed = folder / "target" / "users.json.gz"
    pages = json.loads(gzip.decompress(packed.read_bytes()))[:-1]
    for number, page in enumerate(pages, 1):
        del page["startIndex"]
        page["nextCursor"] = f"page-{number}"
    packed.write_bytes(gzip.compress(json.dumps(pages).encode()))


def without_the_last_rows(folder: Path) -> None:
    """Cut the target's users: of a bare list the last rows, and nobody calls it complete."""
    plain = folder / "target" / "users.json"
    plain.write_text(json.dumps(json.loads(plain.read_text())[:-40]))
    toml = folder / "scimlytics.toml"
    head, mark, tail = toml.read_text().partition("[target]")
    toml.write_text(head + mark + tail.replace('"users", ', "", 1))


@pytest.mark.parametrize(
    ("target", "cut"),
    [
        ("filescom", without_the_last_rows),
        ("scim", without_the_last_page),
        ("scim", with_an_open_cursor),
    ],
)
def test_a_cut_export_proves_nobody_absent(
    tmp_path: Path,
    target: str,
    cut: Callable[[Path], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = made(tmp_path / "made", target=target, users=200, faults={}) / "evidence"
    cut(folder)

    ran = call(capsys, "check", folder, "--format", "json")
    absent = [
        one
        for one in json.loads(ran.out)["findings"]
        if one["situation"] == "missing" and one["severity"] != "info"
    ]

    assert absent
    assert not {one["certainty"] for one in absent} & set(SURE)
    assert ran.code == 3


def finding(cause: str, **more: Any) -> dict[str, Any]:
    """A finding that counts."""
    return {
        "cause": cause, "object_type": "user", "severity": "high", "certainty": "confirmed",
        "situation": "missing", "source_id": None, "target_id": None, "group_source_id": None,
        "group_target_id": None, "other_ids": [], "subject": None, **more,
    }  # fmt: skip


def test_a_score_counts_pairs_once_and_equal_causes_first() -> None:
    truth = {
        "faults": [
            finding("rename_lag", source_id="1"),
            finding("target_deleted", source_id="1"),
            finding("jit_twin", source_id="2"),
        ],
        "near_misses": [finding("nested_group", source_id="9")],
    }
    found = [
        finding("target_deleted", source_id="1"),
        finding("unknown", source_id="1"),
        finding("case_split", source_id="9"),
        finding("jit_twin", source_id="2", certainty="suspected"),
    ]

    scored = score(found, truth)

    assert scored["recall"] == pytest.approx(2 / 3)
    assert scored["precision"] == pytest.approx(2 / 3)
    assert scored["cause_accuracy"] == pytest.approx(1 / 2)
    assert scored["near_miss_violations"] == 1
    assert scored["per_cause"]["jit_twin"] == {"planted": 1, "found": 0, "cause_right": 0}
    assert [one["cause"] for one in scored["missed"]] == ["jit_twin"]
    assert len(pair(found[:2], truth["faults"])) == 2


def test_the_score_of_nothing_is_perfect() -> None:
    scored = score([], {"faults": []})

    assert (scored["recall"], scored["precision"], scored["cause_accuracy"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("found", "planted", "met"),
    [
        ({"source_id": "1", "target_id": "9"}, {"source_id": "1"}, True),
        ({"source_id": "1", "target_id": "9"}, {"source_id": "1", "target_id": "8"}, False),
        ({"target_id": "9"}, {"source_id": "1"}, False),
        ({"source_id": "1"}, {"source_id": "1", "object_type": "group"}, False),
        (
            {"situation": "duplicated", "target_id": "8", "other_ids": ["9"]},
            {"cause": "jit_twin", "target_id": "9", "other_ids": ["8"]},
            True,
        ),
        (
            {"situation": "duplicated", "target_id": "8", "other_ids": ["7"], "source_id": "1"},
            {"cause": "jit_twin", "target_id": "8", "other_ids": ["9"], "source_id": "1"},
            False,
        ),
        (
            {"situation": "shared", "source_id": "2", "other_ids": ["1"]},
            {"cause": "shared_key", "source_id": "1", "other_ids": ["2"]},
            True,
        ),
        (
            {"object_type": "membership", "source_id": "1", "group_target_id": "g"},
            {"object_type": "membership", "source_id": "1", "group_target_id": "g"},
            True,
        ),
        (
            {"object_type": "membership", "source_id": "1"},
            {"object_type": "membership", "source_id": "1", "group_target_id": "g"},
            False,
        ),
        (
            {"object_type": "scope", "subject": "staff.a"},
            {"object_type": "scope", "subject": "staff.a"},
            True,
        ),
        (
            {"object_type": "scope", "subject": "staff.a"},
            {"object_type": "scope", "subject": "staff.b"},
            False,
        ),
        (
            {
                "object_type": "cycle",
                "since": "2026-11-02T00:00:00Z",
                "until": "2026-11-03T00:00:00Z",
            },
            {"object_type": "cycle", "at": "2026-11-01T00:00:00Z", "until": "2026-11-02T12:00:00Z"},
            True,
        ),
        (
            {
                "object_type": "cycle",
                "since": "2026-11-02T00:00:00Z",
                "until": "2026-11-03T00:00:00Z",
            },
            {"object_type": "cycle", "at": "2026-11-01T00:00:00Z", "until": "2026-11-01T12:00:00Z"},
            False,
        ),
    ],
)
def test_what_a_finding_meets(found: dict[str, Any], planted: dict[str, Any], met: bool) -> None:
    assert meets(finding("unknown", **found), finding("unknown") | planted) is met


@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_seeds_that_nobody_tuned_to_score_perfect(tmp_path: Path, seed: int) -> None:
    target = ("filescom", "scim")[seed % 2]
    made(tmp_path, users=120, seed=seed, target=target, faults=None)

    with scim.read(tmp_path / "evidence") as evidence:
        found = run(evidence).findings.to_pylist()
    scored = score(found, json.loads((tmp_path / "truth.json").read_text()))

    assert [scored[key] for key in ("missed", "wrong_cause", "false")] == [[], [], []]
    assert scored["near_miss_violations"] == 0


def test_a_small_limit_takes_longer_and_without_retries_loses_people() -> None:
    curves = what_if(60, rate_limits=(5, 60))
    ended = summary(curves).set_index("rate_limit")
    given_up = summary(what_if(60, rate_limits=(5,), retries=()))

    assert ended.loc[60, "waiting"] == 0
    assert not ended.loc[5, "done_after_hours"] <= ended.loc[60, "done_after_hours"]
    assert given_up["waiting"].item() > ended.loc[5, "waiting"]
    assert (curves.groupby("rate_limit")["waiting"].first() == 60).all()
    assert curves.equals(what_if(60, rate_limits=(5, 60)))


def test_a_big_tenant_is_made_of_the_canonical_tables_and_its_faults_are_found(
    tmp_path: Path,
) -> None:
    rows = big(tmp_path / "made", Size(2_000, 10_000, 4_000))
    truth = json.loads((tmp_path / "made" / "truth.json").read_text(encoding="utf-8"))
    tables = {path.stem: pq.read_table(path) for path in (tmp_path / "made").glob("*.parquet")}
    whole = ["users", "groups", "memberships"]
    settings = Settings.model_validate(
        {
            "source": {"system": "entra", "taken_at": AS_OF, "complete": [*whole, "assignments"]},
            "target": {"system": "scim", "taken_at": AS_OF, "complete": whole},
        }
    )
    scored = score(run(Evidence(tables, settings=settings, name="big")).findings.to_pylist(), truth)

    assert rows == sum(table.num_rows for table in tables.values())
    assert {one["cause"] for one in truth["faults"]} == set(FAULTS)
    assert (scored["recall"], scored["precision"], scored["cause_accuracy"]) == (1.0, 1.0, 1.0)


def test_a_big_tenant_follows_its_seed_and_goes_into_a_new_folder(tmp_path: Path) -> None:
    size = Size(1_000, 4_000, 2_000)
    for name, seed in (("1", 1), ("2", 1), ("3", 2)):
        big(tmp_path / name, size, seed)

    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert files(tmp_path / "1") != files(tmp_path / "3")
    with pytest.raises(InputError, match="is not empty"):
        big(tmp_path / "1", size)
    with pytest.raises(InputError, match="at least"):
        big(tmp_path / "4", Size(10, 10, 10))


@pytest.mark.parametrize("people", [0, 5001])
def test_what_if_refuses_what_is_no_bulk_change(people: int) -> None:
    with pytest.raises(InputError, match="from 1 to 5,000"):
        what_if(people)


def test_whom_a_limit_of_the_target_keeps_out_is_in_the_truth(tmp_path: Path) -> None:
    folder = made(tmp_path, users=200, faults={}, rate_limit=1, retries=())
    truth = json.loads((folder / "truth.json").read_text())

    assert {one["cause"] for one in truth["faults"]} <= {"throttled", "throttling_gap"}
    with scim.read(folder / "evidence") as evidence:
        assert evidence.events["error_code"].eq("TooManyRequests").any()


def test_cycles_come_as_far_apart_as_asked(tmp_path: Path) -> None:
    folder = made(tmp_path, cycle_minutes=120)

    with scim.read(folder / "evidence") as evidence:
        assert evidence.frame("jobs")["interval_s"].eq(7200).any()
