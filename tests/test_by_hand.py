"""What no loader knows, described in ``scimlytics.toml``: nothing is guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scimlytics.errors import InputError
from tests.loading import one, read, report, rows

PAGE = Path(__file__).parents[1] / "docs" / "formats-by-hand.md"
EVENTS = """
[source]
system = "acme"

[[files]]
path = "log/*.csv"
table = "events"
columns = {{ at = "Date", action = "Event", status = "Ok", object_type = "Type", source_id = "Uid" }}
values.action = {{ create = ["Provisioned"], disable = ["Suspended"] }}
values.status = {{ success = ["true"], failure = ["false"] }}
{zone}
"""
WITH_ZONE = EVENTS.format(zone='timezone = "Europe/Berlin"')
HEAD = "Date,Event,Ok,Type,Uid\n"


def example(name: str) -> tuple[str, dict[str, object]]:
    """The settings and the file that a section of the page shows."""
    section = PAGE.read_text(encoding="utf-8").split(f"## {name}")[1].split("\n## ")[0]
    toml = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)[0]
    files = re.findall(r"```(?:json|text) (\S+)\n(.*?)```", section, re.DOTALL)
    return toml, dict(files)


def test_the_example_of_jumpcloud_loads_as_the_page_shows_it(tmp_path: Path) -> None:
    toml, files = example("JumpCloud Directory Insights")

    loaded = read(tmp_path, files, toml)

    wanted = ("event_id", "product", "action", "status", "object_type", "source_name", "target_id")
    assert rows(loaded, "events", *wanted) == [
        ("6a1f", "jumpcloud", "create", "success", "user", "kiran", "90011"),
        ("6a20", "jumpcloud", "disable", "failure", "user", "lumi", None),
    ]
    assert rows(loaded, "events", "written") == [True, False]


def test_the_example_of_onelogin_loads_as_the_page_shows_it(tmp_path: Path) -> None:
    toml, files = example("OneLogin events")

    loaded = read(tmp_path, files, toml)

    wanted = ("event_id", "action", "status", "object_type", "source_id", "reason")
    assert rows(loaded, "events", *wanted) == [
        ("1001", "create", "success", "user", "70", None),
        ("1002", "create", "failure", "user", "71", "The connection timed out"),
        ("1003", "other", "success", "other", "71", None),
    ]


def test_the_example_of_pingfederate_loads_as_the_page_shows_it(tmp_path: Path) -> None:
    toml, files = example("PingFederate provisioner-audit.log")

    loaded = read(tmp_path, files, toml)

    wanted = ("at", "cycle_id", "action", "status", "source_id", "target_id", "reason")
    assert rows(loaded, "events", *wanted) == [
        (
            datetime(2026, 11, 10, 9, 2, 11, 384000, UTC),
            "c-17",
            "create",
            "success",
            "uid=ada,ou=people",
            "u-1001",
            None,
        ),
        (
            datetime(2026, 11, 10, 9, 2, 12, 1000, UTC),
            "c-17",
            "update",
            "failure",
            "uid=bo,ou=people",
            "u-1002",
            "404 Not Found",
        ),
    ]


def test_words_that_nobody_explained_are_listed_and_refused(tmp_path: Path) -> None:
    text = HEAD + "2026-11-10,Provisioned,true,user,1\n2026-11-10,Moved,maybe,user,1\n"

    loaded = read(tmp_path, {"log/a.csv": text}, WITH_ZONE)

    error = report(loaded, "log/a.csv").error
    assert "values.action of [[files]] does not cover 'Moved' (row 2)" in error
    assert loaded.tables["events"].num_rows == 0


def test_our_own_words_need_no_explanation_where_none_was_given(tmp_path: Path) -> None:
    text = HEAD + "2026-11-10,Provisioned,true,group,1\n2026-11-10,Suspended,true,printer,1\n"

    loaded = read(tmp_path, {"log/a.csv": text}, WITH_ZONE)

    assert "does not cover 'printer' (row 2)" in report(loaded, "log/a.csv").error


def test_times_without_a_zone_are_refused_unless_the_zone_is_given(tmp_path: Path) -> None:
    files = {"log/a.csv": HEAD + "2026-11-10 09:00:00,Provisioned,true,user,1\n"}

    silent = read(tmp_path / "silent", files, EVENTS.format(zone=""))
    told = read(tmp_path / "told", files, WITH_ZONE)

    assert "row 1: at is a time without a zone" in report(silent, "log/a.csv").error
    assert rows(told, "events", "at") == [datetime(2026, 11, 10, 8, 0, tzinfo=UTC)]


def test_dates_with_two_meanings_are_refused_unless_their_column_tells(tmp_path: Path) -> None:
    row = "Provisioned,true,user,1\n"

    unclear = read(tmp_path / "a", {"log/a.csv": f"{HEAD}01/02/2026,{row}"}, WITH_ZONE)
    told = read(tmp_path / "b", {"log/a.csv": f"{HEAD}01/02/2026,{row}13/02/2026,{row}"}, WITH_ZONE)

    assert "can be read in two ways" in report(unclear, "log/a.csv").error
    assert [at.month for at in rows(told, "events", "at")] == [1, 2]


def test_a_column_the_file_has_not_is_named_with_those_it_has(tmp_path: Path) -> None:
    loaded = read(
        tmp_path, {"log/a.csv": "Date,Event,Ok,Kind,Uid\n2026-11-10,x,y,z,1\n"}, WITH_ZONE
    )

    error = report(loaded, "log/a.csv").error
    assert "has no column 'Type' (columns.object_type of [[files]])" in error
    assert "Date, Event, Ok, Kind, Uid" in error


def test_rows_that_lack_what_they_cannot_be_without_are_put_aside(tmp_path: Path) -> None:
    text = HEAD + ",Provisioned,true,user,1\n2026-11-10,Provisioned,true,user,\n"

    loaded = read(tmp_path, {"log/a.csv": text}, WITH_ZONE)

    assert report(loaded, "log/a.csv").aside == [
        (1, "has no at"),
        (2, "has no source_id or source_name or target_id"),
    ]


@pytest.mark.parametrize(
    ("table", "columns", "lacks"),
    [
        ("users", 'id = "x"', "user_name"),
        ("groups", 'display_name = "x"', "id"),
        ("memberships", 'group_id = "x"', "member_id"),
        ("events", 'at = "x", action = "x", status = "x", object_type = "x"', "one of source_id"),
        ("target_audit", 'at = "x", action = "x", object_type = "x"', "one of target_id"),
        ("scim_requests", 'at = "x", method = "x", path = "x"', "status"),
    ],
)
def test_an_entry_without_a_needed_column_is_refused(
    tmp_path: Path, table: str, columns: str, lacks: str
) -> None:
    toml = f'[[files]]\npath = "x"\ntable = "{table}"\ncolumns = {{ {columns} }}\n'

    with pytest.raises(InputError, match=lacks):
        read(tmp_path, {"log/a.csv": "x\n1\n"}, toml)


def test_users_keep_their_words_and_leading_zeros(tmp_path: Path) -> None:
    toml = """
[[files]]
path = "source/people.csv"
table = "users"
columns = { id = "Nr", user_name = "Login", active = "State", created = "Since" }
values.active = { true = ["an"], false = ["aus"] }
timezone = "UTC"
"""
    text = "Nr;Login;State;Since\n00123;NA;an;31.12.2025\n124;null;aus;\n"

    loaded = read(tmp_path, {"source/people.csv": text}, toml)

    assert rows(loaded, "source_users", "id", "user_name", "active") == [
        ("00123", "NA", True),
        ("124", "null", False),
    ]
    assert rows(loaded, "source_users", "created")[0] == datetime(2025, 12, 31, tzinfo=UTC)


def test_requests_by_hand_know_their_object_by_the_path(tmp_path: Path) -> None:
    toml = """
[[files]]
path = "log/gateway.csv"
table = "scim_requests"
columns = { at = "t", method = "verb", path = "route", status = "code" }
timezone = "UTC"
"""
    files: dict[str, object] = {
        "log/gateway.csv": "t,verb,route,code\n2026-11-10T09:00:00Z,patch,/v2/Users/u-1?x=1,404\n"
    }

    row = one(read(tmp_path, files, toml), "scim_requests")

    wanted = ("method", "path", "status", "object_type", "target_id")
    assert [row[name] for name in wanted] == ["PATCH", "/v2/Users/u-1", 404, "user", "u-1"]
