from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from scimlytics.errors import InputError
from scimlytics.settings import Settings, read_settings

WHOLE = """
name = "contoso"
[source]
system = "entra"
taken_at = 2026-11-20T06:00:00Z
complete = ["users", "groups", "memberships", "assignments"]
scope = "assigned"
[target]
system = "files.com"
taken_at = 2026-11-20T07:10:00+01:00
complete = ["users"]
members_readable = false
provisioning = "jit"
[log]
covers = [2026-10-21T06:00:00Z, 2026-11-20T06:00:00Z]
[provider]
cycle_minutes = 0
retries = "6h,12h,24h,daily:28d"
capabilities = ["restart", "unassign"]
[matching]
users = ["external_id=id", "user_name"]
groups = "display_name"
[thresholds]
grace_minutes = 80
max_drop_percent = 25
[[files]]
path = "log/*.csv"
table = "events"
columns = { at = "Date", action = "Event", status = "Result", object_type = "Type", source_id = "Uid" }
values.action = { create = ["Provisioned"], disable = "Suspended" }
timezone = "Europe/Berlin"
"""


def settings(folder: Path, text: str) -> Settings:
    (folder / "scimlytics.toml").write_text(text, encoding="utf-8")
    return read_settings(folder)


def test_without_a_file_nothing_is_said(tmp_path: Path) -> None:
    assert read_settings(tmp_path) == Settings()


def test_every_key_of_the_design_is_read(tmp_path: Path) -> None:
    read = settings(tmp_path, WHOLE)

    assert read.target.taken_at == datetime(2026, 11, 20, 6, 10, tzinfo=UTC)
    assert read.target.members_readable is False
    assert read.log.covers is not None
    assert read.provider.cycle_minutes == 0
    assert read.matching.groups == ("display_name",)
    assert read.thresholds.max_drop_percent == 25
    assert read.files[0].values["action"]["disable"] == ("Suspended",)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nmae = 'x'", "no key 'nmae'. Did you mean 'name'?"),
        ("[source]\nsytem = 'x'", "[source]: there is no key 'sytem'. Did you mean 'system'?"),
        ("[[files]]\npath = 'a'\ntable = 'users'\ncolums = {}", "Did you mean 'columns'?"),
        ("[[files]]\npath = 'a'\ntable = 'users'\ncolumns = {idd = 'x'}", "no column 'idd'"),
        ("[[files]]\npath = 'a'\ntable = 'usrs'\ncolumns = {}", "files[1].table"),
        (
            "[[files]]\npath='a'\ntable='events'\ncolumns={at='x'}\nvalues.status={succes=['1']}",
            "no word 'succes'. Did you mean 'success'?",
        ),
        (
            "[[files]]\npath='a'\ntable='events'\ncolumns={at='x'}\ntimezone='Mars/Phobos'",
            "no time zone of this name",
        ),
        ("[source]\ntaken_at = 2026-11-20T06:00:00", "needs its zone"),
        ("[source]\ncomplete = ['user']", "source.complete[1]"),
        ("[log]\ncovers = [2026-11-20T06:00:00Z, 2026-11-19T06:00:00Z]", "ends before it begins"),
        ("[thresholds]\ngrace_minutes = -1", "thresholds.grace_minutes"),
        ("[target]\nprovisioning = 'magic'", "target.provisioning"),
        ("target = 5", "target"),
        ("name = ", "no TOML"),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(InputError) as error:
        settings(tmp_path, text)

    assert str(error.value).startswith("scimlytics.toml")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_a_byte_order_mark_is_tolerated_and_another_encoding_is_not(tmp_path: Path) -> None:
    (tmp_path / "scimlytics.toml").write_bytes("name = 'Zoë'".encode("utf-8-sig"))
    assert read_settings(tmp_path).name == "Zoë"

    (tmp_path / "scimlytics.toml").write_bytes("name = 'Zoë'".encode("latin-1"))
    with pytest.raises(InputError, match="UTF-8"):
        read_settings(tmp_path)
