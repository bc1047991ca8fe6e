"""Findings for machines: CSV, parquet, JUnit XML and annotations of GitHub workflows."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from scimlytics.cli.findings import VERSION, Finding, dumps
from scimlytics.cli.streams import visible
from scimlytics.cli.verdict import FailOn
from scimlytics.tables import CITATIONS, FINDINGS, TEXTS, TIME
from scimlytics.vocabulary import REMEDIES

FORMULA = re.compile("^(?:[\\s'\";,|]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n])")
"""What a spreadsheet may take for a formula, also behind blanks, quotes and separators."""
NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
LEVELS = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "notice",
    "info": "notice",
}


def as_csv(findings: Sequence[Finding]) -> str:
    """Findings as CSV; lists are JSON text, and no cell can become a formula.

    A text that a spreadsheet might compute gets an apostrophe in front, as OWASP advises. Ids and
    names that begin so are rare; JSON and parquet hold them unchanged.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # lines end as RFC 4180 wants it; then lone CR and LF are quoted
    writer.writerow(FINDINGS.columns)
    for one in findings:
        writer.writerow(_cell(name, one[name]) for name in FINDINGS.columns)
    return text.getvalue()


def guarded(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if FINDINGS.columns[name].type in (TEXTS, CITATIONS):
        return json.dumps(value, ensure_ascii=False)
    return guarded(str(value))


def as_parquet(findings: Sequence[Finding], evidence: Mapping[str, Any]) -> bytes:
    """Findings as a parquet file, typed; what the evidence is stands in its metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        name: pa.array(
            [_typed(one[name], column.type) for one in findings], FINDINGS.schema.field(name).type
        )
        for name, column in FINDINGS.columns.items()
    }
    about = dumps({"version": VERSION, "evidence": evidence}).encode()
    table = pa.table(columns).replace_schema_metadata({b"scimlytics": about})
    sink = io.BytesIO()
    pq.write_table(table, sink, coerce_timestamps="us")
    return sink.getvalue()


def _typed(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == TIME:
        return datetime.fromisoformat(value)
    if kind == CITATIONS:
        return [{**one, "at": _typed(one["at"], TIME)} for one in value]
    return value


def as_junit(
    findings: Sequence[Finding], skipped: Mapping[str, str], checks: Iterable[str], limit: FailOn
) -> str:
    """Findings as JUnit XML: a suite per check, a failed case per finding that fails the command.

    What lies below ``--fail-on`` is a case that passes and says what it found. A check that found
    nothing is a case that passes, one that was skipped says why.
    """
    top = ET.Element("testsuites", name="scimlytics")
    for check in sorted({*checks, *skipped, *(one["check"] for one in findings)}):
        own = [one for one in findings if one["check"] == check]
        suite = ET.SubElement(top, "testsuite", name=check)
        failures = 0
        for one in own:
            case = ET.SubElement(suite, "testcase", classname=check, name=_xml(_title(one)))
            text = _xml(f"{one['detail'] or ''}\n{_act(one)}\n{one['finding_id']}")
            if limit.reached_by(one["severity"]) and one["status"] != "suppressed":
                failures += 1
                said = _xml(one["detail"] or one["cause"] or "")
                ET.SubElement(case, "failure", type=one["severity"], message=said).text = text
            else:
                ET.SubElement(case, "system-out").text = text
        if not own:
            case = ET.SubElement(suite, "testcase", classname=check, name=check)
            if check in skipped:
                ET.SubElement(case, "skipped", message=_xml(skipped[check]))
        suite.set("tests", str(max(1, len(own))))
        suite.set("failures", str(failures))
        suite.set("skipped", str(int(not own and check in skipped)))
    ET.indent(top)
    text = ET.tostring(top, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def as_github(findings: Sequence[Finding]) -> str:
    """Findings as annotations of a GitHub workflow, a line each."""
    return "".join(
        f"::{LEVELS[one['severity']]} title={_property(visible(_title(one)))}::"
        f"{_message(visible(' '.join(part for part in (one['detail'], _act(one)) if part)))}\n"
        for one in findings
    )


def _title(finding: Finding) -> str:
    subject = finding["subject"] or finding["finding_id"]
    return f"{finding['check']}: {subject} ({finding['cause']}, {finding['certainty']})"


def _act(finding: Finding) -> str:
    return REMEDIES[finding["remedy"]][1] if finding["remedy"] else ""


def _xml(text: str) -> str:
    return NO_XML.sub("\ufffd", text)


def _message(text: str) -> str:
    """Escape as the workflow commands of GitHub want it; control characters are shown before."""
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
