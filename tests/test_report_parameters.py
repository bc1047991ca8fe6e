"""Parameters of reports: only what a notebook declares, and only as plain data."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import nbformat
import numpy as np
import pytest

from scimlytics.errors import InputError, ReportError
from scimlytics.reports.parameters import Declared, declared, plain, settle

KNOWN = {
    one.name: one
    for one in (
        Declared("top", 20, "so many"),
        Declared("share", 0.5, "a share"),
        Declared("title", "x", "a title"),
        Declared("deep", False, "look deeper"),
        Declared("groups", ["a"], "some groups"),
        Declared("as_of", None, "now"),
    )
}


def test_declared_reads_names_defaults_and_help_from_the_tagged_cell() -> None:
    notebook = nbformat.v4.new_notebook()
    cell = nbformat.v4.new_code_cell('top = 20  # so many\nas_of = None  # "now"')
    cell.metadata["tags"] = ["parameters"]
    notebook.cells.append(cell)

    found = declared(notebook)

    assert found == {
        "top": Declared("top", 20, "so many"),
        "as_of": Declared("as_of", None, '"now"'),
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Path("a/b'c"), "a/b'c"),
        (date(2026, 11, 20), "2026-11-20"),
        (datetime(2026, 11, 20, 6, tzinfo=UTC), "2026-11-20T06:00:00Z"),
        ({"b", "a"}, ["a", "b"]),
        (("a", 1), ["a", 1]),
        ({"k": {"n": (1, 2)}}, {"k": {"n": [1, 2]}}),
        (np.int64(3), 3),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        ('"); import os; print("', '"); import os; print("'),
        (None, None),
    ],
)
def test_a_value_becomes_plain_json(value: object, expected: object) -> None:
    assert plain(value, "p") == expected
    assert type(plain(value, "p")) is type(expected)


@pytest.mark.parametrize(
    "value", [object(), b"bytes", float("nan"), float("inf"), datetime(2026, 11, 20), "\ud800"]
)
def test_a_value_that_is_no_plain_data_is_refused(value: object) -> None:
    with pytest.raises(ReportError, match="'p'"):
        plain(value, "p")


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no parameter 'tpo'.*Did you mean 'top'.*as_of, deep"):
        settle(KNOWN, {"tpo": 1}, "n")


@pytest.mark.parametrize("name", ["token", "api_token", "SECRET", "password", "graph_key", "keys"])
def test_a_name_that_would_carry_a_secret_is_refused(name: str) -> None:
    with pytest.raises(ReportError, match="secret"):
        settle({name: Declared(name, "", "")}, {name: "x"}, "n")


@pytest.mark.parametrize("name", ["x'] = 1; import os #", "a b", "", "top\n"])
def test_a_name_that_is_no_identifier_is_unknown(name: str) -> None:
    with pytest.raises(InputError, match="no parameter"):
        settle(KNOWN, {name: 1}, "n")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("top", "5", 5),
        ("share", "1", 1),
        ("share", "0.25", 0.25),
        ("title", "5", "5"),
        ("deep", "yes", True),
        ("deep", "False", False),
        ("groups", "a, b", ["a", "b"]),
        ("groups", '["a,b"]', ["a,b"]),
        ("as_of", "2026-11-20T06:00:00Z", "2026-11-20T06:00:00Z"),
    ],
)
def test_text_is_read_by_the_type_of_the_default(name: str, text: str, expected: object) -> None:
    assert settle(KNOWN, {name: text}, "n") == {name: expected}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("top", "many"),
        ("top", 1.5),
        ("top", True),
        ("title", 5),
        ("deep", "perhaps"),
        ("groups", 3),
    ],
)
def test_a_value_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(ReportError, match=f"'{name}' takes"):
        settle(KNOWN, {name: value}, "n")
