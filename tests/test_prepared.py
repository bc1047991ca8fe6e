"""What was worked out of a store once is not worked out again; it counts for that commit alone."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import scimlytics as scim
from scimlytics import checks, store
from scimlytics.store import LogBatch, Snapshot, Writer
from tests.cli import call, small_tenant

PARTS = {
    "source": {"users": ["source_users"], "assignments": ["assignments"]},
    "target": {"users": ["target_users"]},
}


def stored(folder: Path) -> Path:
    """The small tenant in a store."""
    path = folder / "store"
    with scim.read(small_tenant(folder / "tenant")) as evidence:
        moment = evidence.as_of
        events = evidence.rows("events")
        tables = {
            name: evidence.rows(name)
            for units in PARTS.values()
            for names in units.values()
            for name in names
        }
    covers = {"events/entra": (moment - timedelta(days=30), moment)}
    with Writer(path) as writer:
        for role, units in PARTS.items():
            snapshots = [
                Snapshot(unit, moment, True, "all was read", {name: tables[name] for name in names})
                for unit, names in units.items()
            ]
            log = LogBatch({"events": events}, covers) if role == "source" else None
            writer.commit(role, {"source": "entra"}.get(role, "files.com"), role, snapshots, log)
    return path


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Any, ...]]:
    """A store that was asked once, and what it answered."""
    path = stored(tmp_path_factory.mktemp("asked"))
    return path, answers(path)


@pytest.fixture
def path(asked: tuple[Path, Any], tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(asked[0], tmp_path / "store"))


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Whoever works something out now, fails."""

    def refuse(*_: Any) -> Any:
        raise AssertionError("it was worked out again")

    monkeypatch.setattr("scimlytics.checks._findings", refuse)
    monkeypatch.setattr("scimlytics.reconcile._claims", refuse)
    return monkeypatch


def answers(path: Path) -> tuple[Any, ...]:
    """What a reader gets: findings, an explanation, a ledger."""
    with scim.read(path) as evidence:
        found = checks.run(evidence).findings
        bob = scim.explain(evidence, "bob@example.com")
        users = scim.ledger(evidence, "users").sort_values("source_id")
        return found.to_pylist(), bob, users.to_dict("records"), evidence.link_rate


def test_the_second_who_asks_gets_the_same_without_work(
    asked: tuple[Path, Any], path: Path, idle: Any
) -> None:
    again = answers(path)

    assert str(again) == str(asked[1])
    assert again[0]


def test_commands_ask_it_too(path: Path, capsys: pytest.CaptureFixture[str], idle: Any) -> None:
    checked = call(capsys, "check", path, "--format", "json")
    explained = call(capsys, "explain", path, "bob@example.com", "--format", "json")

    assert checked.code in (1, 3), checked.err
    assert explained.code == 0, explained.err
    assert '"bob@example.com"' in explained.out


def another_moment(path: Path) -> None:
    with scim.read(path) as evidence:
        checks.run(evidence.at(evidence.as_of + timedelta(days=40)))


def another_setting(path: Path) -> None:
    (path / "scimlytics.toml").write_text('[target]\nprovisioning = "jit"\n')
    answers(path)


def another_commit(path: Path) -> None:
    with scim.read(path) as evidence:
        rows, moment = evidence.rows("target_users"), evidence.as_of
    with Writer(path) as writer:
        newer = Snapshot("users", moment, True, "all was read", {"target_users": rows.slice(0, 0)})
        writer.commit("target", "files.com", "target", [newer])
    answers(path)


def another_program(path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scimlytics.evidence.prepared.program", lambda: "another")
        answers(path)


def cut_short(path: Path) -> None:
    file = next((path / "prepared").rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-9])
    answers(path)


def with_a_broken_bit(path: Path) -> None:
    file = sorted((path / "prepared").rglob("*.parquet"))[3]
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 4
    file.write_bytes(bytes(data))
    answers(path)


def with_another_note(path: Path) -> None:
    about = next((path / "prepared").rglob("about.json"))
    about.write_text(about.read_text().replace('"evaluated": []', '"evaluated": ["mail"]'))
    answers(path)


def without_a_file(path: Path) -> None:
    next((path / "prepared").rglob("*.parquet")).unlink()
    answers(path)


def with_nothing_noted(path: Path) -> None:
    next((path / "prepared").rglob("about.json")).write_text("{}")
    answers(path)


@pytest.mark.parametrize(
    "change",
    [
        another_moment,
        another_setting,
        another_commit,
        another_program,
        cut_short,
        with_a_broken_bit,
        with_another_note,
        without_a_file,
        with_nothing_noted,
    ],
)
def test_for_anything_else_everything_is_worked_out_anew(
    change: Callable[[Path], None], path: Path, idle: Any
) -> None:
    with pytest.raises(AssertionError, match="worked out again"):
        change(path)


def test_it_is_for_its_owner_alone_and_old_ones_are_cleared_away(path: Path) -> None:
    [old] = (path / "prepared").iterdir()
    os.utime(old, (0, 0))
    (path / "scimlytics.toml").write_text('name = "other"\n')
    before = os.umask(0)
    try:
        answers(path)
    finally:
        os.umask(before)
    kept = list((path / "prepared").rglob("*"))

    assert not old.exists()
    assert {stat.S_IMODE(one.stat().st_mode) for one in kept} == {0o600, 0o700}


def test_it_is_no_part_of_the_store_and_goes_when_that_is_pruned(path: Path) -> None:
    found = store.verify(path)
    store.prune(path, older_than=timedelta(days=1))

    assert (found.problems, found.leftovers) == ((), ())
    assert not (path / "prepared").exists()


def test_where_nothing_can_be_written_it_answers_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    shutil.rmtree(path / "prepared")
    monkeypatch.setattr(Path, "rename", full)

    assert answers(path)[0]
    assert list((path / "prepared").iterdir()) == []
