from __future__ import annotations

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scimlytics.errors import InputError
from scimlytics.loaders import Pull, read_folder
from scimlytics.settings import Settings
from scimlytics.tables import TABLES
from tests.loading import read, report, rows
from tests.native import (
    assignments_page,
    attribute_mapping,
    audit_target,
    change,
    diagnostic,
    directory_audit,
    graph_assignment,
    graph_event,
    graph_group,
    graph_job,
    graph_page,
    graph_user,
    groups_page,
    log_analytics,
    log_page,
    sync_schema,
    users_page,
)


def scim_list(*users: str, total: int | None = None, start: int = 1) -> dict[str, Any]:
    resources = [
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": name, "userName": name}
        for name in users
    ]
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": len(users) if total is None else total,
        "startIndex": start,
        "itemsPerPage": len(users),
        "Resources": resources,
    }


def pull(loaded: Any, side: str, collection: str) -> Pull:
    return next(one for one in loaded.pulls if (one.side, one.collection) == (side, collection))


def test_a_folder_that_is_not_there_or_empty_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")

    for name, reason in (("none", "no such folder"), ("empty", "is empty"), ("file", "is a file")):
        with pytest.raises(InputError, match=reason):
            read_folder(tmp_path / name, Settings())


def test_all_tables_are_there_also_the_empty_ones(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"source/u.json": users_page(graph_user())})

    sided = {f"{side}_{one}" for side in ("source", "target") for one in ("users", "groups")}
    assert sided | set(TABLES) - {"users", "groups", "memberships"} <= set(loaded.tables) | {
        "findings"
    }
    assert loaded.present == {"source_users"}


def test_groups_without_members_say_nothing_about_memberships(tmp_path: Path) -> None:
    silent = read(tmp_path / "1", {"source/g.json": groups_page(graph_group())})
    shown = read(tmp_path / "2", {"source/g.json": groups_page(graph_group(members=[]))})

    assert "source_memberships" not in silent.present
    assert "source_memberships" in shown.present


def test_what_is_no_evidence_is_left_alone(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "source/u.json": users_page(graph_user()),
        ".hidden/x.json": "?",
        "source/.x": "?",
        "case.md": "# ?",
        "truth.json": "?",
    }

    assert [file.path for file in read(tmp_path, files).files] == ["source/u.json"]


def test_one_unreadable_file_does_not_stop_the_others(tmp_path: Path) -> None:
    broken = json.dumps(users_page(graph_user("2")))[:-4]

    loaded = read(tmp_path, {"source/a.json": broken, "source/b.json": users_page(graph_user("1"))})

    assert rows(loaded, "source_users", "id") == ["1"]
    assert "source/a.json, line 1" in (report(loaded, "source/a.json").error or "")
    assert report(loaded, "source/a.json").used is False


def test_the_folder_gives_the_role_and_else_the_product(tmp_path: Path) -> None:
    flat = read(tmp_path / "1", {"a.json": users_page(graph_user()), "b.json": scim_list("x")})
    told = read(tmp_path / "2", {"target/a.json": users_page(graph_user())})
    said = read(tmp_path / "3", {"a.json": scim_list("x")}, "[source]\nsystem = 'scim'")

    assert (flat.tables["source_users"].num_rows, flat.tables["target_users"].num_rows) == (1, 1)
    assert flat.systems == {"source": "entra", "target": "scim"}
    assert told.tables["target_users"].num_rows == 1
    assert said.tables["source_users"].num_rows == 1


def test_people_in_the_log_folder_are_refused(tmp_path: Path) -> None:
    loaded = read(tmp_path, {"log/u.json": users_page(graph_user())})

    assert "move it to source/ or target/" in (report(loaded, "log/u.json").error or "")
    assert loaded.tables["source_users"].num_rows == 0


def test_older_snapshots_are_kept_apart_by_their_time(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "target/u.json": scim_list("now"),
        "target/previous/2026-11-06T06:00:00Z/u.json": scim_list("then"),
        "target/previous/20261013T060000Z/u.json": scim_list("earlier"),
        "target/previous/someday/u.json": scim_list("never"),
    }

    loaded = read(tmp_path, files)

    moments = {
        ("target", datetime(2026, month, day, 6, tzinfo=UTC)) for month, day in ((11, 6), (10, 13))
    }
    assert set(loaded.previous) == moments
    assert rows(loaded, "target_users", "id") == ["now"]
    assert "should be a time" in (report(loaded, "target/previous/someday/u.json").error or "")


def test_pages_of_files_lists_and_lines_are_one_collection(tmp_path: Path) -> None:
    first = users_page(graph_user("1"), next_link="users?$skiptoken=a")
    last = users_page(graph_user("2"))

    for name, files in {
        "files": {"source/1.json": first, "source/2.json": last},
        "list": {"source/1.json": [first, last]},
        "lines": {"source/1.json": json.dumps(first) + "\n" + json.dumps(last)},
    }.items():
        found = pull(read(tmp_path / name, files), "source", "users")
        assert (found.rows, found.pages, found.open_next, found.terminal) == (2, 2, False, True)


def test_an_open_next_link_is_told(tmp_path: Path) -> None:
    page = users_page(graph_user("1"), next_link="users?$skiptoken=a")

    found = pull(
        read(tmp_path, {"source/1.json": page, "source/copy.json": page}), "source", "users"
    )

    assert (found.open_next, found.terminal, found.pages, found.repeated) == (True, False, 1, 1)


def test_totals_of_scim_are_held_against_the_rows(tmp_path: Path) -> None:
    whole = read(
        tmp_path / "1",
        {
            "target/1.json": scim_list("a", "b", total=3),
            "target/2.json": scim_list("c", total=3, start=3),
        },
    )
    short = read(tmp_path / "2", {"target/1.json": scim_list("a", "b", total=3)})

    assert pull(whole, "target", "users").terminal is True
    found = pull(short, "target", "users")
    assert (found.terminal, found.declared_total, found.rows) == (False, 3, 2)


def test_a_bare_list_of_a_pages_length_is_capped(tmp_path: Path) -> None:
    users = [graph_user(str(number), f"u{number}@example.com") for number in range(100)]

    capped = read(tmp_path / "1", {"source/u.json": users})
    other = read(tmp_path / "2", {"source/u.json": users[:99]})

    assert pull(capped, "source", "users").capped is True
    assert pull(other, "source", "users").capped is False
    assert pull(other, "source", "users").terminal is False


def test_a_row_listed_twice_is_dropped_and_counted(tmp_path: Path) -> None:
    ada = graph_user("1", "ada@example.com")
    changed = {**ada, "displayName": "Ada the second"}

    loaded = read(tmp_path, {"source/u.json": users_page(ada, ada, changed)})

    assert rows(loaded, "source_users", "display_name") == ["Ada the second"]
    found = pull(loaded, "source", "users")
    assert (found.rows, found.repeated, found.differing) == (1, 1, 1)
    assert (
        report(loaded, "source/u.json").repeated,
        report(loaded, "source/u.json").differing,
    ) == (1, 1)


def test_the_last_of_two_versions_of_an_event_wins_with_its_steps(tmp_path: Path) -> None:
    early = graph_event("e", status="failure", code="Timeout")
    late = graph_event("e", status="success")

    one_file = read(tmp_path / "1", {"log/x.json": log_page(early, late)})
    two_files = read(tmp_path / "2", {"log/1.json": log_page(early), "log/2.json": log_page(late)})

    for loaded in (one_file, two_files):
        assert rows(loaded, "events", "status") == ["success"]
        assert rows(loaded, "steps", "status") == ["success"] * 4


def test_rows_without_an_id_are_put_aside_and_listed(tmp_path: Path) -> None:
    page = users_page(graph_user("1"), {"displayName": "Nobody"}, {"id": " "}, {"id": None})

    found = report(read(tmp_path, {"source/u.json": page}), "source/u.json")

    assert found.aside == [(2, "has no id"), (3, "has no id"), (4, "has no id")]
    assert found.put_aside == 3


def test_an_empty_answer_is_of_what_its_folder_lacks(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "source/users.json": users_page(graph_user()),
        "target/groups.json": scim_list("a"),
        "target/x.json": [],
        "log/x.json": {"value": []},
    }

    loaded = read(tmp_path, files)

    assert [file.error for file in loaded.files] == [None] * 4
    assert {"target_users", "target_groups", "events"} <= loaded.present | {"target_groups"}
    assert "target_groups" in loaded.present


def test_coverage_is_from_first_to_last_event_unless_declared(tmp_path: Path) -> None:
    events = [
        graph_event("1", at="2026-11-01T00:00:00Z"),
        graph_event("2", at="2026-11-09T00:00:00Z"),
    ]
    toml = "[log]\ncovers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]"

    plain = read(tmp_path / "1", {"log/x.json": log_page(*events)})
    declared = read(tmp_path / "2", {"log/x.json": log_page(*events)}, toml)

    assert [row["from"].day for row in plain.tables["coverage"].to_pylist()] == [1]
    assert rows(declared, "coverage", "events", "declared") == [(2, True)]
    assert declared.tables["coverage"].to_pylist()[0]["from"].day == 21


def test_a_gap_between_two_exports_of_a_log_ends_what_is_covered_before_it(tmp_path: Path) -> None:
    def part(*days: int) -> dict[str, Any]:
        times = [f"2026-11-{day:02d}T08:00:00Z" for day in days]
        return log_page(*(graph_event(f"e{at}", at=at) for at in times))

    apart = read(tmp_path / "1", {"log/a.json": part(1, 2, 3), "log/b.json": part(9, 10, 11)})
    weekend = read(tmp_path / "2", {"log/a.json": part(1, 2, 3), "log/b.json": part(6, 7)})
    quiet = read(tmp_path / "3", {"log/a.json": part(1, 8), "log/b.json": part(14, 15)})
    overlap = read(tmp_path / "4", {"log/a.json": part(1, 2, 11), "log/b.json": part(9, 10)})

    def begin(loaded: Any) -> list[int]:
        return [row["from"].day for row in loaded.tables["coverage"].to_pylist()]

    assert begin(apart) == [9]
    assert begin(weekend) == begin(quiet) == begin(overlap) == [1]


def test_the_newest_time_in_the_data_dates_a_side(tmp_path: Path) -> None:
    files: dict[str, object] = {
        "source/u.json": users_page(graph_user()),
        "source/a.json": assignments_page(graph_assignment(created="2026-11-01T00:00:00Z")),
        "target/u.json": scim_list("a"),
    }

    loaded = read(tmp_path, files)

    assert loaded.newest["source"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert loaded.dated_by_file == {"target"}


def test_documents_that_no_question_needs_are_recognised_and_not_used(tmp_path: Path) -> None:
    apps = graph_page(
        "servicePrincipals(id,appId,displayName)", [{"id": "1", "appId": "2", "displayName": "x"}]
    )

    found = report(read(tmp_path, {"source/apps.json": apps}), "source/apps.json")

    assert (found.error, found.used, found.tables) == (None, False, {})
    assert found.format is not None


def test_records_nobody_knows_are_named_by_their_keys_only(tmp_path: Path) -> None:
    found = report(read(tmp_path, {"log/x.json": [{"colour": "s3cr3t-blue"}]}), "log/x.json")

    assert "(colour)" in (found.error or "")
    assert "s3cr3t" not in (found.error or "")


def test_a_log_mixed_of_two_formats_line_by_line_is_read(tmp_path: Path) -> None:
    lines = "\n".join(
        json.dumps(one) for one in (graph_event(), graph_user(), graph_event("event-2"))
    )

    loaded = read(tmp_path, {"x.ndjson": lines})

    assert loaded.tables["events"].num_rows == 2
    assert loaded.tables["source_users"].num_rows == 1


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from(["source/x", "log/x", "x", "source/members/g.json"])
)
def test_arbitrary_files_give_only_our_own_errors(data: bytes, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        loaded = read(Path(folder), {name: data})

    assert len(loaded.files) in (1, 2)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_events_and_objects_with_anything_in_any_field_give_only_our_own_errors(
    data: st.DataObject,
) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                graph_event(),
                graph_user(proxyAddresses=["SMTP:a@example.com"], manager={"id": "b"}),
                graph_group(),
                graph_assignment(),
                graph_job(),
                sync_schema(attribute_mapping("userName", "mail")),
                directory_audit("Update user", audit_target("u", "User", change("Mail", "a", "b"))),
                diagnostic(graph_event()),
                log_analytics(graph_event()),
            ]
        )
    )
    record = dict(whole)
    for key in data.draw(st.lists(st.sampled_from(sorted(record)), max_size=4, unique=True)):
        record[key] = data.draw(json_values)

    with tempfile.TemporaryDirectory() as folder:
        loaded = read(Path(folder), {"x.json": [whole, record], "y.json": [record]})

    assert len(loaded.files) in (1, 2)
