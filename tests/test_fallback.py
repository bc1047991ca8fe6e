"""Memberships as the users name them: only where no export of groups speaks."""

from pathlib import Path

from tests.loading import read, rows
from tests.native_target import filescom_group, filescom_user


def test_memberships_that_users_name_count_where_no_export_of_groups_speaks(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"target/users.json": [filescom_user("ada", id=1, groups=[7, 8])]})

    assert rows(loaded, "target_memberships", "group_id", "member_id") == [("7", "1"), ("8", "1")]
    assert "target_memberships" in loaded.present
    assert {pull.collection for pull in loaded.pulls} == {"users", "memberships"}


def test_memberships_that_users_name_do_not_add_to_those_of_the_groups(tmp_path: Path) -> None:
    ada = filescom_user("ada", id=1, groups=[7, 8])

    loaded = read(
        tmp_path,
        {"target/users.json": [ada], "target/groups.json": [filescom_group("Design", [ada], id=7)]},
    )

    assert rows(loaded, "target_memberships", "group_id", "member_id") == [("7", "1")]
    assert all(not file.repeated and not file.differing for file in loaded.files)


def test_older_snapshots_have_the_memberships_their_users_name(tmp_path: Path) -> None:
    ada = filescom_user("ada", id=1, groups=[7])
    files = {
        "target/users.json": [ada],
        "target/groups.json": [filescom_group("Design", [ada], id=7)],
        "target/previous/2026-11-01T00:00:00Z/users.json": [ada],
    }

    [tables] = read(tmp_path, files).previous.values()

    assert tables["memberships"].num_rows == 1
