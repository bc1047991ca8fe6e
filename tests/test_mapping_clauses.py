"""Scoping filters evaluated on the directory, and mappings compared through their expressions."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import scimlytics as scim
from scimlytics.measures import measure, scoping
from scimlytics.reconcile.mapping import Records, clauses, failed_clauses
from scimlytics.tables import USERS
from tests.native import (
    assignments_page,
    attribute_mapping,
    graph_assignment,
    graph_user,
    sync_schema,
    users_page,
    write_evidence,
)
from tests.native_target import scim_list, scim_user

TOML = """
[source]
system = "entra"
taken_at = 2026-11-20T06:00:00Z
complete = ["users", "assignments"]
[target]
taken_at = 2026-11-20T06:10:00Z
complete = ["users"]
"""


def clause(
    attribute: str, operator: str, *operands: str, title: str = "Sales only"
) -> dict[str, Any]:
    """A row of SCOPE_FILTERS."""
    return {
        "object_type": "user",
        "filter_kind": "groups",
        "filter_name": title,
        "source_attribute": attribute,
        "operator": operator,
        "operands": list(operands),
    }


def kept_out(value: str | None, *rows: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The clauses that keep out one person of a department, and those that cannot be evaluated."""
    users = USERS.conform(pa.table({"id": ["1"], "department": pa.array([value], pa.string())}))
    failed, left_out = failed_clauses(clauses(rows), Records(users, frozenset({"department"})))
    return failed[0], [why for _, why in left_out]


@pytest.mark.parametrize(
    ("operator", "operand", "lets_in", "keeps_out"),
    [
        ("EQUALS", "Sales", "Sales", "sales"),
        ("NOT EQUALS", "Sales", "HR", "Sales"),
        ("INCLUDES", "ale", "Sales", "SALES"),
        ("ENDS_WITH", "les", "Sales", "Salesman"),
        ("REGEX MATCH", "^S.*s$", "Sales", "HR"),
        ("NOT REGEX MATCH", "^S.*s$", "HR", "Sales"),
        ("GREATER_THAN", "100", "101", "100"),
        ("Greater_Than_OR_EQUALS", "100", "100", "99"),
        ("&", "Sales and HR", "Sales", "Legal"),
        ("!&", "Sales and HR", "Legal", "Sales"),
    ],
)
def test_each_operator_lets_in_and_keeps_out(
    operator: str, operand: str, lets_in: str, keeps_out: str
) -> None:
    row = clause("department", operator, operand)

    assert kept_out(lets_in, row) == ([], [])
    assert kept_out(keeps_out, row) == ([f"Sales only.department {operator} '{operand}'"], [])
    assert kept_out(None, row)[0], "an empty value fails every clause that has an operand"


@pytest.mark.parametrize(
    ("operator", "lets_in", "keeps_out"),
    [
        ("IS NULL", None, "x"),
        ("IS NOT NULL", "x", None),
        ("IS TRUE", "True", "False"),
        ("IS FALSE", "false", None),
    ],
)
def test_operators_without_operands(
    operator: str, lets_in: str | None, keeps_out: str | None
) -> None:
    row = clause("department", operator)

    assert kept_out(lets_in, row)[0] == []
    assert kept_out(keeps_out, row)[0] == [f"Sales only.department {operator}"]


def test_clauses_of_a_filter_must_all_hold_and_one_filter_is_enough() -> None:
    sales = clause("department", "EQUALS", "Sales")
    never = clause("department", "EQUALS", "Moon")
    legal = clause("department", "EQUALS", "Legal", title="Or legal")

    assert kept_out("Sales", sales, never)[0] == ["Sales only.department EQUALS 'Moon'"]
    assert kept_out("Legal", sales, legal)[0] == []
    assert len(kept_out("HR", sales, legal)[0]) == 2


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (clause("department", "IsMemberOf", "x"), "operator IsMemberOf is not known"),
        (clause("costCenter", "EQUALS", "1"), "costCenter is not in the export"),
        (clause("department", "EQUALS"), "no value to compare with"),
        (clause("department", "REGEX MATCH", "("), "cannot be read"),
    ],
)
def test_a_clause_that_cannot_be_evaluated_keeps_nobody_out(row: dict[str, Any], why: str) -> None:
    failed, reasons = kept_out("HR", row)

    assert failed == []
    assert why in reasons[0]


def checked(folder: Path, schema: object, people: dict[str, dict[str, Any]], *accounts: Any) -> Any:
    """The findings of a directory, a schema and accounts, as rows."""
    users = [graph_user(name, f"{name}@example.com", **more) for name, more in people.items()]
    files = {
        "source/users.json": users_page(*users),
        "source/assignments.json": assignments_page(
            *[graph_assignment(name, created="2026-01-05T08:00:00Z") for name in people]
        ),
        "source/schema.json": schema,
        "target/users.json": scim_list(*accounts),
    }
    with scim.read(write_evidence(folder, files, TOML)) as evidence:
        return scim.check(evidence).to_dict("records")


def test_somebody_assigned_whom_the_filter_excludes_is_out_of_scope(tmp_path: Path) -> None:
    schema = sync_schema(
        attribute_mapping("userName", "userPrincipalName", matching=1),
        scope={"Sales only": [("department", "EQUALS", "Sales")]},
    )
    people = {"ada": {"department": "Sales"}, "bea": {"department": "HR"}}

    found = checked(tmp_path, schema, people, scim_user("ada", external_id="ada"))

    [person] = [row for row in found if row["object_type"] == "user"]
    assert (person["source_id"], person["cause"], person["certainty"]) == (
        "bea",
        "out_of_scope",
        "likely",
    )
    assert "Sales only.department EQUALS 'Sales'" in person["detail"]
    [scope] = [row for row in found if row["object_type"] == "scope"]
    assert (scope["subject"], scope["cause"]) == (
        "Sales only.department EQUALS 'Sales'",
        "out_of_scope",
    )


def test_names_made_by_an_expression_match_and_differ_through_it(tmp_path: Path) -> None:
    schema = sync_schema(
        attribute_mapping(
            "userName", 'Join("@", [mailNickname], "app.example")', kind="Function", matching=1
        ),
        attribute_mapping("displayName", 'Join(", ", [surname], [givenName])', kind="Function"),
    )
    people = {
        "ada": {"mailNickname": "ada.l", "surname": "Lund", "givenName": "Ada"},
        "bea": {"mailNickname": "bea.m", "surname": "Moor", "givenName": "Bea"},
    }
    equal = scim_user("ada", more={"userName": "ada.l@app.example", "displayName": "Lund, Ada"})
    other = scim_user("bea", more={"userName": "bea.m@app.example", "displayName": "Moore, Bea"})

    found = [row for row in checked(tmp_path, schema, people, equal, other) if row["source_id"]]

    assert [(row["source_id"], row["situation"]) for row in found] == [("bea", "stale")]
    assert "Moor, Bea" in found[0]["detail"]


def test_what_an_unknown_function_makes_is_left_out_and_named(tmp_path: Path) -> None:
    schema = sync_schema(
        attribute_mapping("userName", "userPrincipalName", matching=1),
        attribute_mapping("title", "Frobnicate([jobTitle])", kind="Function"),
    )
    account = scim_user("ada", external_id="ada", more={"title": "else"})
    files = {
        "source/users.json": users_page(graph_user("ada", "ada@example.com", jobTitle="one")),
        "source/schema.json": schema,
        "target/users.json": scim_list(account),
    }

    with scim.read(write_evidence(tmp_path, files, TOML)) as evidence:
        found = scim.check(evidence)
        assert not len(found[found["situation"] == "stale"])
        [left] = measure(scoping.not_evaluated, evidence).to_dict("records")
    assert (left["attribute"], left["why"]) == ("title", "the function Frobnicate is not known")
    assert left["written"] == "Frobnicate([jobTitle])"
