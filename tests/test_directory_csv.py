"""Delimited directory files: recognised by their headers, in several languages."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimlytics.loaders.delimited import read_csv_records
from scimlytics.loaders.directory_csv import load, table_of
from scimlytics.loaders.format import Page
from tests.loading import one, read, report, rows


def test_the_bulk_download_of_entra_loads(tmp_path: Path) -> None:
    text = (
        "id,userPrincipalName,displayName,surname,mail,givenName,userType,jobTitle,department,"
        "accountEnabled,usageLocation,createdDateTime\n"
        "8f1,ada@example.com,Ada Holt,Holt,ada@example.com,Ada,Member,Engineer,Finance,False,DE,"
        "2025-03-03T08:00:00Z\n"
    )

    loaded = read(tmp_path, {"source/exportUsers.csv": text})

    row = one(loaded, "source_users")
    wanted = ("id", "user_name", "display_name", "given_name", "family_name", "active", "title")
    assert [row[name] for name in wanted] == [
        "8f1",
        "ada@example.com",
        "Ada Holt",
        "Ada",
        "Holt",
        False,
        "Engineer",
    ]
    assert row["created"].year == 2025
    notes = report(loaded, "source/exportUsers.csv").notes
    assert any("usageLocation" in note for note in notes)


@pytest.mark.parametrize(
    "header",
    [
        "Objekt-ID;Benutzerprinzipalname;Anzeigename;Vorname;Nachname;Konto aktiviert",
        "ID d'objet;Nom d'utilisateur principal;Nom d’affichage;Prénom;Nom de famille;Compte activé",
        "Id. de objeto;Nombre principal de usuario;Nombre para mostrar;Nombre;Apellidos;"
        "Cuenta habilitada",
        "Object Id;User principal name;Display name;First name;Last name;Account enabled",
    ],
)
def test_portals_speak_several_languages(tmp_path: Path, header: str) -> None:
    files = {"source/users.csv": f"{header}\n8f1;ada@example.com;Ada Holt;Ada;Holt;true\n"}

    row = one(read(tmp_path, files), "source_users")

    wanted = ("id", "user_name", "display_name", "given_name", "family_name", "active")
    assert [row[name] for name in wanted] == [
        "8f1",
        "ada@example.com",
        "Ada Holt",
        "Ada",
        "Holt",
        True,
    ]


def test_a_blocked_credential_is_an_inactive_account(tmp_path: Path) -> None:
    text = (
        "Object Id,User principal name,Block credential,Proxy addresses\n"
        "1,ada@x,True,SMTP:ada@x+smtp:a.holt@x\n2,bo@x,False,\n"
    )

    loaded = read(tmp_path, {"source/users.csv": text})

    assert rows(loaded, "source_users", "active", "aliases") == [
        (False, ["ada@x", "a.holt@x"]),
        (True, []),
    ]


def test_a_state_is_read_where_its_word_is_known_and_refused_where_not(tmp_path: Path) -> None:
    head = "User Id,Login,Status\n"

    known = read(tmp_path / "a", {"source/u.csv": f"{head}1,ada,Active\n2,bo,Suspended\n"})
    unknown = read(tmp_path / "b", {"source/u.csv": f"{head}1,ada,Parked\n"})

    assert rows(known, "source_users", "active", "state") == [
        (True, "Active"),
        (False, "Suspended"),
    ]
    assert (
        "row 1: the state 'parked' may mean active or not" in report(unknown, "source/u.csv").error
    )


@pytest.mark.parametrize(
    ("headers", "table"),
    [
        ("id,displayName,groupType,membershipType", "groups"),
        ("groupId,memberId", "memberships"),
        ("Group ID,User ID,User name", "memberships"),
        ("principalId,principalType,appRoleId", "assignments"),
        ("user_id,application,granted", "assignments"),
        ("user_id,login", "users"),
        ("id,userPrincipalName,changeId", None),
        ("date,price", None),
    ],
)
def test_the_headers_say_what_a_file_holds(headers: str, table: str | None) -> None:
    assert table_of(headers.split(",")) == table


def test_groups_memberships_and_assignments_load(tmp_path: Path) -> None:
    files = {
        "source/groups.csv": "id,displayName,groupType,securityEnabled\n7,Design,Security,True\n",
        "source/edges.csv": "groupId,memberId,objectType\n7,1,#microsoft.graph.user\n7,,\n",
        "source/app.csv": "user_id,application\n1,Files.com\n",
        "source/members/8.csv": "id,userPrincipalName\n2,bo@x\n",
    }

    loaded = read(tmp_path, files)

    assert rows(loaded, "source_groups", "id", "security_enabled") == [("7", True)]
    assert sorted(rows(loaded, "source_memberships", "group_id", "member_id")) == [
        ("7", "1"),
        ("8", "2"),
    ]
    assert rows(loaded, "assignments", "principal_id") == ["1"]
    assert report(loaded, "source/edges.csv").aside == [(2, "has no member_id")]


def test_what_lacks_a_needed_column_names_the_headers_that_nobody_knows(tmp_path: Path) -> None:
    text = "WorkerID,UserID,FirstName,LastName,GenderPronoun\n1,EMP1,Ada,Holt,x\n"

    loaded = read(tmp_path, {"source/hr.csv": text})

    error = report(loaded, "source/hr.csv").error
    assert "no header says user_name" in error
    assert "WorkerID, GenderPronoun" in error
    assert "[[files]]" in error


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00\r\n", exclude_categories=["Cc", "Cs"]),
    min_size=1,
    max_size=12,
).filter(lambda cell: cell.strip())


@given(
    st.lists(st.tuples(cells, cells, st.booleans()), min_size=1, max_size=6),
    st.sampled_from(",;\t|"),
    st.sampled_from(["\n", "\r\n"]),
    st.permutations(["id", "userName", "accountEnabled"]),
)
def test_users_load_equal_from_every_delimited_form(
    people: list[tuple[str, str, bool]], delimiter: str, end: str, order: list[str]
) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, order, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    for identity, name, active in people:
        writer.writerow({"id": identity, "userName": name, "accountEnabled": str(active)})

    records = list(read_csv_records(text.getvalue().encode(), "users.csv"))
    found = load(Page("users.csv", records)).rows["users"]

    columns = zip(found["id"], found["user_name"], found["active"], strict=True)
    assert list(columns) == people
