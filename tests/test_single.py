"""One loader alone, and the classifier: a file in, a DataFrame out."""

import gzip
import json
from pathlib import Path

import pytest

import scimlytics as scim
from scimlytics.errors import InputError
from scimlytics.tables import EVENTS, USERS
from tests.native import graph_event, graph_user, log_page, users_page
from tests.native_target import filescom_user, okta_event, scim_list, scim_user

CSV = "userPrincipalName,id,mail\nada@example.com,1,ada@example.com\n"


@pytest.mark.parametrize(
    ("name", "content", "user"),
    [
        ("graph.json", json.dumps(users_page(graph_user())), "ada@example.com"),
        ("scim.json", json.dumps(scim_list(scim_user("ada"))), "ada@example.com"),
        ("files.json", json.dumps([filescom_user("ada", id=1)]), "ada@example.com"),
        ("people.csv", CSV, "ada@example.com"),
    ],
)
def test_people_of_any_product_are_one_table(
    tmp_path: Path, name: str, content: str, user: str
) -> None:
    (tmp_path / name).write_text(content)
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content.encode()))

    people = scim.read_users(tmp_path / name)

    assert list(people["user_name"]) == [user]
    assert list(people.columns) == list(USERS.columns)
    assert list(scim.read_users(tmp_path / f"{name}.gz")["user_name"]) == [user]


def test_a_log_is_read_and_classified(tmp_path: Path) -> None:
    (tmp_path / "entra.json").write_text(
        json.dumps(
            log_page(
                graph_event("one", status="failure", code="TooManyRequests"),
                graph_event("two"),
                graph_event("three", status="failure", code="Zorp"),
            )
        )
    )
    (tmp_path / "okta.json").write_text(
        json.dumps(
            [okta_event("application.provision.user.push", "2026-11-10T09:00:00Z", user="ada")]
        )
    )

    events = scim.read_events(tmp_path / "entra.json")
    families = scim.classify(events).set_index("event_id")["family"]

    assert list(events.columns) == list(EVENTS.columns)
    assert families["one"] == "throttled"
    assert families["three"] == "unknown"
    assert families.isna()["two"]
    assert len(scim.read_events(tmp_path)) == 4
    assert len(scim.read_table(tmp_path / "entra.json", "steps")) > 4


@pytest.mark.parametrize(
    ("ask", "why"),
    [
        (lambda folder: scim.read_users(folder / "none.json"), "there is no such file"),
        (lambda folder: scim.read_users(folder / "entra.json"), "holds no users; it holds"),
        (lambda folder: scim.read_table(folder / "entra.json", "evnts"), "Did you mean 'events'"),
        (lambda folder: scim.read_events(folder / "half.json"), "half.json"),
    ],
)
def test_what_cannot_be_read_is_one_line(tmp_path: Path, ask: object, why: str) -> None:
    (tmp_path / "entra.json").write_text(json.dumps(log_page(graph_event())))
    (tmp_path / "half.json").write_text(json.dumps(log_page(graph_event()))[:-30])

    with pytest.raises(InputError, match=why) as refused:
        ask(tmp_path)  # type: ignore[operator]
    assert "\n" not in str(refused.value)
