from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scimlytics.errors import InputError, ScimlyticsError
from scimlytics.loaders.delimited import read_csv_records
from scimlytics.loaders.framing import pieces
from scimlytics.loaders.opening import Content, contents

RECORDS = [
    {"id": str(n), "name": 'a},{"id":"\\', "in": [{"id": 1}, {"id": "\u2028 Ä"}]} for n in range(40)
]


def read(data: bytes, *, chunk: int = 1 << 20, **sizes: int) -> list[Any]:
    parts = iter([data[at : at + chunk] for at in range(0, len(data), chunk)])
    found = pieces(Content("x.json", parts), **sizes)
    return [record for piece in found for record in piece.records]


def read_file(path: Path) -> list[Any]:
    return [
        record
        for content in contents(path, path.name)
        for piece in pieces(content)
        for record in piece.records
    ]


def as_lines(records: list[Any]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in records)


FORMS = {
    "bare list": json.dumps(RECORDS).encode(),
    "pretty list": json.dumps(RECORDS, indent=2).encode(),
    "Graph page": json.dumps({"@odata.context": "c", "value": RECORDS, "after": 1}).encode(),
    "Event Hub": json.dumps({"records": RECORDS}).encode(),
    "SCIM list": json.dumps({"totalResults": 40, "Resources": RECORDS}).encode(),
    "lines": as_lines(RECORDS),
    "lines with blank ones and CRLF": as_lines(RECORDS).replace(b"\n", b"\r\n\r\n"),
    "concatenated": b"".join(json.dumps(one).encode() for one in RECORDS),
    "concatenated pretty": b"".join(json.dumps(one, indent=1).encode() for one in RECORDS),
    "list of pages": json.dumps([{"value": RECORDS[:9]}, {"value": RECORDS[9:]}]).encode(),
    "concatenated lists": json.dumps(RECORDS[:9]).encode()
    + b"\n"
    + json.dumps(RECORDS[9:]).encode(),
    "tables": json.dumps(
        {
            "tables": [
                {
                    "name": "t",
                    "columns": [{"name": key} for key in RECORDS[0]],
                    "rows": [list(one.values()) for one in RECORDS],
                }
            ]
        }
    ).encode(),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("whole", [7, 1 << 22])
def test_every_framing_gives_the_same_records(form: bytes, whole: int) -> None:
    assert read(form, chunk=11, whole=whole, batch=300) == RECORDS


def test_the_envelope_is_whole_in_the_last_piece_of_a_page() -> None:
    page = json.dumps({"value": RECORDS, "@odata.nextLink": "next"}).encode()

    parts = iter([page[at : at + 90] for at in range(0, len(page), 90)])
    found = list(pieces(Content("x", parts), whole=9, batch=500))

    assert len(found) > 2
    assert [piece.last for piece in found] == [False] * (len(found) - 1) + [True]
    assert found[-1].envelope == {"@odata.nextLink": "next"}


def test_rows_are_counted_over_pages() -> None:
    found = list(pieces(Content("x", iter([FORMS["list of pages"]]))))

    assert [(piece.first_row, piece.document) for piece in found] == [(1, 1), (10, 2)]


def test_a_list_may_mix_what_it_holds() -> None:
    mixed = [{"id": "1"}, None, 7, "x", [1], {"id": "2"}, {"id": "3"}]

    assert read(json.dumps(mixed).encode(), chunk=3, whole=5, batch=10) == mixed


def test_an_empty_key_is_tolerated() -> None:
    assert read(b'[{"":"","id":"1"}]') == [{"": "", "id": "1"}]


def test_keys_given_twice_are_counted_and_the_last_one_counts() -> None:
    found = list(pieces(Content("x", iter([b'[{"id":"1","id":"2","in":{"a":1,"a":2}}]']))))

    assert [(piece.records, piece.doubled) for piece in found] == [
        ([{"id": "2", "in": {"a": 2}}], 2)
    ]


def test_a_lone_surrogate_becomes_the_replacement_character() -> None:
    assert read(rb'[{"id":"\ud800"}]') == [{"id": "\ufffd"}]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'[\n{"a":1},\n{"a":2,}\n]', "line 3: no JSON (trailing comma"),
        (b'{"value":[{"a":1},]}', "line 1: no JSON (a comma without anything after it)"),
        (b'{"a":1}\n{"a":\n', "line 3: the file ends in the middle"),
        (b'[{"a":1}', "the file ends in the middle of a list"),
        (b'{"a":NaN}', "no JSON"),
        (b'{"a":Infinity}', "no JSON"),
        (b'{"a":1e400}', "no JSON"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deep"),
        (b'{"a":"\xff"}', "no JSON"),
        (b'{"a" 1}', "a colon is expected"),
        (b'{"a": "x"\n"b": 1}', "line 2: no JSON (a comma is expected"),
        (b"[1 2]", "a comma is expected"),
        (b"{} garbage", "no JSON"),
        (b'{"@odata.context":"c","value":{}}', "'value' should be a list"),
        (b'{"totalResults":1,"Resources":"x"}', "'Resources' should be a list"),
    ],
)
def test_what_is_no_json_is_named_with_its_line(data: bytes, reason: str) -> None:
    for whole in (3, 1 << 22):
        with pytest.raises(InputError) as error:
            read(data, whole=whole)
        assert reason in str(error.value)
        assert "\n" not in str(error.value)


def test_errors_show_no_value_of_the_file() -> None:
    with pytest.raises(InputError) as error:
        read(b'[{"scim_oauth_access_token":"s3cr3t",}]')

    assert "s3cr3t" not in str(error.value)


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_texts_of_powershell_and_windows_are_read(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(json.dumps(RECORDS, ensure_ascii=False).encode(coding))

    assert read_file(path) == RECORDS


def test_gzip_is_known_by_its_content_and_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    lines = as_lines(RECORDS)
    path.write_bytes(gzip.compress(lines[:100]) + gzip.compress(lines[100:]))

    assert read_file(path) == RECORDS


def zipped(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def test_members_of_a_zip_are_read_without_extracting(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    half = json.dumps(RECORDS[:5]).encode()
    path.write_bytes(zipped(("a.json", half), ("b/c.json", half), ("__MACOSX/a.json", b"?")))

    assert [content.name for content in contents(path, "x.zip")] == [
        "x.zip!a.json",
        "x.zip!b/c.json",
    ]
    assert read_file(path) == RECORDS[:5] * 2


BAD_FILES = {
    "a PDF": (b"%PDF-1.7 ...", "a PDF"),
    "a pickle": (b"\x80\x04\x95", "pickle"),
    "parquet": (b"PAR1....", "parquet"),
    "a DuckDB file": (b"\x00" * 8 + b"DUCK" + b"\x00" * 9, "database"),
    "a web page": (b"<!DOCTYPE html><html>", "web page"),
    "XML": (b"<?xml version='1.0'?>", "XML"),
    "an empty file": (b"", "empty"),
    "half a gzip": (gzip.compress(b"[]" * 5000)[:-9], "too soon"),
    "a gzip header": (gzip.compress(b"[]" * 50)[:5], "too soon"),
    "gzip and more": (gzip.compress(b"[]") + b"more", "follows the packed data"),
    "damaged gzip": (gzip.compress(b"[]" * 50)[:10] + b"\x07" * 30, "damaged"),
    "gzip in gzip": (gzip.compress(gzip.compress(b"[]")), "packed twice"),
    "a bomb": (gzip.compress(b" " * (80 << 20)), "which no export does"),
    "half a zip": (zipped(("a.json", b"[]"))[:20], "damaged"),
    "zip in zip": (zipped(("a.zip", zipped(("a.json", b"[]")))), "archive in an archive"),
    "zip slip": (zipped(("../evil.json", b"[]")), "outside the archive"),
    "an absolute member": (zipped(("/etc/evil.json", b"[]")), "outside the archive"),
    "a workbook": (zipped(("[Content_Types].xml", b"<x/>")), "save the sheet as CSV"),
}


@pytest.mark.parametrize(("data", "reason"), BAD_FILES.values(), ids=BAD_FILES)
def test_what_is_no_export_is_refused_in_one_line(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(data)

    with pytest.raises(InputError) as error:
        read_file(path)

    assert str(error.value).startswith("x.json")
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_links_that_lead_nowhere_and_folders_are_refused(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    for name in ("gone", "loop", "."):
        with pytest.raises(InputError):
            read_file(tmp_path / name)


def test_cells_stay_texts_whatever_they_look_like() -> None:
    data = b'id,name\r\n00123,NA\n1e5,null\r\nTRUE,"a\nb"\n-,None\n'

    found = list(read_csv_records(data, "x.csv"))

    assert [tuple(one.values()) for one in found] == [
        ("00123", "NA"),
        ("1e5", "null"),
        ("TRUE", "a\nb"),
        ("-", "None"),
    ]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_header_tells_what_parts_the_cells(sign: str) -> None:
    data = f"id{sign}name{sign}mail\n1{sign}Ada{sign}a@example.com\n".encode()

    assert list(read_csv_records(data, "x.csv")) == [
        {"id": "1", "name": "Ada", "mail": "a@example.com"}
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'id,name\n1,"open\n', "a quote is never closed"),
        (b"id,name\n1,2,3\n", "line 2: 3 cells"),
        (b"id,id\n1,2\n", "two columns of one name"),
        (b"id,name\n1,\xff\n", "line 2: not in UTF-8"),
    ],
)
def test_a_damaged_table_is_named_with_its_line(data: bytes, reason: str) -> None:
    with pytest.raises(InputError, match=r"^x\.csv") as error:
        list(read_csv_records(data, "x.csv"))
    assert reason in str(error.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
records_of_any_kind = st.lists(
    st.dictionaries(st.text(min_size=1, max_size=8), json_values, min_size=1, max_size=5),
    min_size=1,
).filter(
    lambda records: (
        not any(
            key.casefold()
            in (
                "value",
                "resources",
                "records",
                "tables",
                "results",
                "items",
                "data",
                "totalresults",
                "columns",
            )
            for one in records
            for key in one
        )
    )
)


@given(records_of_any_kind, st.integers(1, 50), st.sampled_from([None, 1]), st.booleans())
def test_cutting_a_list_anywhere_changes_nothing(
    records: list[Any], chunk: int, indent: int | None, ascii_only: bool
) -> None:
    data = json.dumps(records, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "replace")

    assert read(data, chunk=chunk, whole=5, batch=40) == read(data)


@given(st.binary(max_size=200), st.integers(1, 9))
def test_arbitrary_bytes_give_only_our_own_errors(data: bytes, whole: int) -> None:
    for size in (whole, 1 << 20):
        try:
            read(data, chunk=3, whole=size, batch=20)
        except ScimlyticsError:
            continue


@given(st.text(alphabet='{}[]",:\\ 1ae\n', max_size=60))
def test_texts_that_are_almost_json_give_only_our_own_errors(text: str) -> None:
    for size in (4, 1 << 20):
        try:
            read(text.encode(), chunk=2, whole=size, batch=20)
        except ScimlyticsError:
            continue
