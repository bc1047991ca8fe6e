"""How findings are written: the same bytes for the same findings, and nothing a name could break."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pyarrow.parquet as pq
import pytest

from scimlytics.cli import findings, findings_table, formats, verdict
from scimlytics.errors import InputError
from scimlytics.tables import FINDINGS

ABOUT = {"name": "small", "as_of": "2026-11-20T06:10:00Z"}


def finding(name: str = "f1", **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "finding_id": name,
        "check": "missing_users",
        "severity": "high",
        "certainty": "confirmed",
        "situation": "missing",
        "cause": "incremental_blind_spot",
        "object_type": "user",
        "subject": "ada@example.com",
        "detail": "Nothing was ever sent.",
        "evidence": [],
        "alternatives": [],
        "remedy": "provision_on_demand",
        "remedies": ["provision_on_demand", "restart_job"],
        "heals": "no",
    }
    return row | more


def table(*rows: dict[str, object]) -> object:
    names = {name for row in rows for name in row}
    return FINDINGS.conform({name: [row.get(name) for row in rows] for name in names})


def plain(*rows: dict[str, object]) -> list[dict[str, object]]:
    return findings.plain(table(*rows))


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_findings_are_sorted_by_severity_check_subject_and_id_by_code_point() -> None:
    rows = [
        finding("6", subject="b"),
        finding("5", subject="a"),
        finding("4", subject="Z"),
        finding("3", subject=None),
        finding("7", severity="info"),
        finding("2", check="login_failures"),
        finding("1", severity="critical", check="orphaned_accounts"),
        finding("51", subject="a"),
    ]

    assert [one["finding_id"] for one in plain(*rows)] == ["1", "2", "3", "4", "5", "51", "6", "7"]


def test_the_order_of_the_rows_changes_no_byte_of_the_json() -> None:
    rows = [finding("1"), finding("2", subject="b"), finding("3", severity="low")]

    assert findings.document(ABOUT, plain(*rows)) == findings.document(ABOUT, plain(*rows[::-1]))


def test_json_is_one_object_with_version_evidence_and_findings() -> None:
    read = json.loads(findings.document(ABOUT, plain(finding())))

    assert list(read) == ["version", "evidence", "findings"]
    assert (read["version"], read["evidence"]) == (1, ABOUT)
    assert list(read["findings"][0]) == list(FINDINGS.columns)


def test_json_times_end_in_z_and_what_is_absent_is_null() -> None:
    at = datetime(2026, 11, 1, 9, 0, 0, 250_000, tzinfo=UTC)
    cited = [{"kind": "event", "id": "e1", "at": at, "says": "created"}]

    row = plain(finding(since=at, evidence=cited))[0]

    assert row["since"] == "2026-11-01T09:00:00.250000Z"
    assert row["evidence"] == [cited[0] | {"at": "2026-11-01T09:00:00.250000Z"}]
    assert row["until"] is None
    assert row["other_ids"] is None


def test_a_data_frame_and_an_arrow_table_give_the_same_json() -> None:
    from scimlytics.evidence import to_frame

    rows = table(finding(since=datetime(2026, 11, 1, tzinfo=UTC)), finding("f2"))

    assert findings.plain(to_frame(rows)) == findings.plain(rows)


def test_json_escapes_what_turns_the_direction_of_writing() -> None:
    text = findings.document(ABOUT, plain(finding(subject="ada\u202egnp.exe")))

    assert "\u202e" not in text
    assert json.loads(text)["findings"][0]["subject"] == "ada\u202egnp.exe"


@pytest.mark.parametrize(
    "name",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\rx", "\nx", " =1", "'=1", '"=1', ";=1", "\uff1d1"],
)
def test_csv_cells_cannot_become_formulas(name: str) -> None:
    row = read_csv(formats.as_csv(plain(finding(subject=name))))[0]

    assert row["subject"] == f"'{name}"


def test_csv_holds_lists_as_json_text_and_leaves_plain_names_alone() -> None:
    row = read_csv(formats.as_csv(plain(finding(subject="o'hara-smith@example.com"))))[0]

    assert json.loads(row["remedies"]) == ["provision_on_demand", "restart_job"]
    assert row["subject"] == "o'hara-smith@example.com"
    assert row["other_ids"] == ""


def test_parquet_gives_the_table_back(tmp_path) -> None:
    at = datetime(2026, 11, 1, 9, tzinfo=UTC)
    given = table(finding(since=at, evidence=[{"kind": "event", "id": "1", "at": at, "says": "x"}]))
    path = tmp_path / "findings.parquet"

    path.write_bytes(formats.as_parquet(findings.plain(given), ABOUT))

    read = pq.read_table(path)
    assert read.to_pylist() == given.to_pylist()
    assert read.schema.types == FINDINGS.schema.types
    assert json.loads(read.schema.metadata[b"scimlytics"])["evidence"] == ABOUT


def test_parquet_of_no_findings_has_all_columns(tmp_path) -> None:
    path = tmp_path / "findings.parquet"

    path.write_bytes(formats.as_parquet([], ABOUT))

    assert pq.read_table(path).schema.names == list(FINDINGS.columns)


def test_junit_fails_what_reaches_the_limit_and_passes_the_rest() -> None:
    rows = plain(finding("1"), finding("2", severity="low"))

    text = formats.as_junit(
        rows, {"cycle_health": "no log"}, ["deletion_drift"], verdict.fail_on("high")
    )

    suites = {one.get("name"): one for one in ET.fromstring(text)}
    assert set(suites) == {"missing_users", "cycle_health", "deletion_drift"}
    assert suites["missing_users"].attrib | {"name": ""} == {
        "name": "",
        "tests": "2",
        "failures": "1",
        "skipped": "0",
    }
    assert suites["cycle_health"].find("testcase/skipped").get("message") == "no log"
    assert suites["deletion_drift"].get("failures") == "0"


def test_junit_stays_xml_whatever_a_name_holds() -> None:
    rows = plain(finding(subject="<&\"'\x00\x1b]]>\ufffe", detail="\x0b"))

    top = ET.fromstring(formats.as_junit(rows, {}, [], verdict.fail_on("high")))

    assert len(top.findall("testsuite/testcase/failure")) == 1


def test_a_name_cannot_start_a_second_workflow_command() -> None:
    rows = plain(finding(subject="x\n::error::owned", detail="100 %\r\n::stop-commands::x"))

    text = formats.as_github(rows)

    assert text.count("\n") == 1
    assert text.startswith("::error title=missing_users%3A x\\u000a%3A%3Aerror%3A%3Aowned")
    assert "100 %25" in text


@pytest.mark.parametrize(
    ("severity", "level"),
    [
        ("critical", "error"),
        ("high", "error"),
        ("medium", "warning"),
        ("low", "notice"),
        ("info", "notice"),
    ],
)
def test_the_severity_decides_the_level_of_an_annotation(severity: str, level: str) -> None:
    assert formats.as_github(plain(finding(severity=severity))).startswith(f"::{level} ")


@pytest.mark.parametrize("columns", ["1", "40", "80", "140"])
def test_the_table_fits_any_terminal(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    text = findings_table.findings_table(plain(finding(), finding("f2", severity="info")))

    assert max(len(line) for line in text.splitlines()) <= max(40, int(columns))
    assert "high" in text


def test_in_a_pipe_no_name_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    name = f"{'long' * 30}@example.com → Finance and Controlling"

    assert name in findings_table.findings_table(plain(finding(subject=name)))


def test_the_table_shows_control_characters_and_markup_as_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)

    text = findings_table.findings_table(plain(finding(subject="[red]\x1b[2J\u202e:smile:\nx")))

    assert "[red]\\u001b[2J\\u202e:smile:\\u000ax" in text


def test_a_very_long_table_says_what_it_leaves_out() -> None:
    one = plain(finding())[0]

    text = findings_table.findings_table([one] * 1200)

    assert text.endswith(
        "The first 1,000 of 1,200 findings; --format csv or json writes them all.\n"
    )
    assert text.count("ada@example.com") == 1000


def test_a_severity_is_a_word_and_a_glyph_never_a_colour_alone() -> None:
    text = findings_table.findings_table(
        plain(*(finding(word, severity=word) for word in findings_table.LOOKS))
    )

    for word, (glyph, _) in findings_table.LOOKS.items():
        assert f"{glyph} {word}" in text


def test_the_summary_counts_by_severity() -> None:
    rows = plain(finding(), finding("f2"), finding("f3", severity="info"))

    said = findings_table.summed_up(rows, ABOUT)

    assert said == "3 findings: 2 high, 1 info. small, as of 2026-11-20T06:10:00Z."


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], 0),
        ([finding(severity="medium")], 0),
        ([finding()], 1),
        ([finding(severity="critical")], 1),
        ([finding(severity="medium", certainty="suspected")], 3),
        ([finding(severity="medium", certainty="undecidable", cause="unknown")], 3),
        ([finding(severity="low", certainty="suspected", cause="out_of_scope")], 0),
        ([finding(severity="info", certainty="suspected", cause="not_yet")], 0),
        ([finding("1"), finding("2", severity="medium", certainty="suspected")], 1),
        ([finding(status="suppressed")], 0),
    ],
)
def test_the_exit_code_follows_from_the_findings(rows: list[dict[str, object]], code: int) -> None:
    assert verdict.exit_code(plain(*rows) if rows else [], verdict.fail_on("high")) == code


def test_a_check_that_was_asked_for_and_lacks_its_input_leaves_it_undecided() -> None:
    assert verdict.exit_code([], verdict.fail_on("high"), ["throttling_gaps"]) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hihg", "Did you mean 'high'?"),
        ("old:high", "There are: new."),
        ("new:high", "--history"),
        ("new:hihg", "Did you mean 'high'?"),
        ("", "There are: critical, high, medium, low, info."),
    ],
)
def test_fail_on_refuses_what_it_does_not_know(text: str, says: str) -> None:
    with pytest.raises(InputError) as raised:
        verdict.fail_on(text)

    assert says in str(raised.value)
