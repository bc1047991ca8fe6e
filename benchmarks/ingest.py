"""How fast a provisioning log loads, and in how much memory, against ``pandas.json_normalize``.

Makes its own Graph log of a given size, loads it as ``scimlytics`` does (events, steps, changes
and unresolved references, in tables) and, in a process of its own, with ``json.load`` and
``pandas.json_normalize`` into the same events, steps and changes. Prints a JSON line per figure.
``events_alone`` is the time until ``json_normalize`` has the events, whose steps and changes are
then still lists in cells. ``peak`` counts the helpers, as many as there can be.

    python benchmarks/ingest.py [--megabytes 500]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from figures import measured, show

FASTER = 5
PEAK_MB = 1500

OURS = """
import resource, sys, time
from pathlib import Path
from scimlytics.loaders import read_folder
from scimlytics.loaders.crew import MOST
from scimlytics.settings import Settings
begin = time.perf_counter()
loaded = read_folder(Path(sys.argv[1]), Settings())
took = time.perf_counter() - begin
assert not any(report.error for report in loaded.files), loaded.files
helpers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * MOST
peak = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + helpers) / 1024
print(took, peak, loaded.tables["events"].num_rows, took)
"""
THEIRS = """
import json, resource, sys, time
from pathlib import Path
import pandas
begin = time.perf_counter()
with next(Path(sys.argv[1]).rglob("*.json")).open(encoding="utf-8") as stream:
    records = json.load(stream)["value"]
events = pandas.json_normalize(records)
alone = time.perf_counter() - begin
steps = pandas.json_normalize(records, "provisioningSteps", ["id"], record_prefix="step.")
changes = pandas.json_normalize(records, "modifiedProperties", ["id"], record_prefix="change.")
took = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(took, peak, len(events), alone)
"""


def event(number: int) -> dict[str, object]:
    """One event of about 2.5 kB, as Graph gives it; no two are alike."""
    who = f"person{number % 20_000}@example.com"
    user = f"{number % 20_000:08x}-1111-4111-8111-111111111111"
    details = {
        "objectId": user,
        "accountEnabled": "True",
        "displayName": f"Person {number % 20_000}",
        "givenName": "Person",
        "surname": str(number % 20_000),
        "mailNickname": f"person{number % 20_000}",
        "userPrincipalName": who,
        "IsSoftDeleted": "False",
        "department": f"Department {number % 40}",
        "mail": who,
    }
    scope = {
        "Active in the source system": "True",
        "Assigned to the application": "True",
        "User has the required role": "True",
        "Scoping filter evaluation passed": "True",
        "ScopeEvaluationResult": "{}",
    }
    sent = {"userName": who, "namegivenName": "Person", "active": "True", "externalId": user}
    steps = [
        ("EntryImportAdd", "import", "Received a user from the directory", details),
        ("EntrySynchronizationScoping", "scoping", "Scope was determined", scope),
        ("EntrySynchronizationAdd", "matching", "No matching user was found", {}),
        ("EntryExportAdd", "export", f"User '{who}' was created", sent),
    ]
    names = ("userName", "name.givenName", "name.familyName", "displayName", "active", "title")
    return {
        "id": f"{number:08x}-2222-4222-8222-222222222222",
        "activityDateTime": f"2026-11-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:07.1234567Z",
        "tenantId": "11111111-1111-4111-8111-111111111111",
        "jobId": "scim.11111111111141118111111111111111.22222222-2222-4222-8222-222222222222",
        "cycleId": f"{number // 500:08x}-3333-4333-8333-333333333333",
        "changeId": f"{number:08x}-4444-4444-8444-444444444444",
        "provisioningAction": "create",
        "durationInMilliseconds": number % 900,
        "servicePrincipal": {"id": "app", "displayName": "Files.com"},
        "sourceSystem": {"id": "s", "displayName": "Azure Active Directory", "details": {}},
        "targetSystem": {"id": "t", "displayName": "Files.com", "details": {}},
        "initiatedBy": {"id": "", "displayName": "Provisioning", "initiatorType": "system"},
        "sourceIdentity": {
            "id": user,
            "displayName": details["displayName"],
            "identityType": "User",
            "details": {"id": user, "UserPrincipalName": who},
        },
        "targetIdentity": {
            "id": str(70_000 + number % 20_000),
            "displayName": "",
            "identityType": "urn:ietf:params:scim:schemas:core:2.0:User",
            "details": {},
        },
        "provisioningStatusInfo": {"status": "success", "errorInformation": None},
        "provisioningSteps": [
            {
                "name": name,
                "provisioningStepType": kind,
                "status": "success",
                "description": description,
                "details": known,
            }
            for name, kind, description, known in steps
        ],
        "modifiedProperties": [
            {"displayName": name, "oldValue": None, "newValue": f"{name} {number}"}
            for name in names
        ],
    }


def write_log(folder: Path, megabytes: float) -> Path:
    """Write a log of one page on one line, as a script that joined all pages leaves it."""
    path = folder / "log" / "provisioning.json"
    path.parent.mkdir()
    size = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write('{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#')
        stream.write('auditLogs/provisioning","value":[')
        number = 0
        while size < megabytes * 1e6:
            text = json.dumps(event(number), separators=(",", ":"))
            size += stream.write(("," if number else "") + text)
            number += 1
        stream.write("]}")
    return path


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--megabytes", type=float, default=50)
    size = parser.parse_args().megabytes
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_log(folder, size)
        ours, peak, rows, _ = measured(OURS, folder)
        theirs, their_peak, their_rows, alone = measured(THEIRS, folder)
    same = rows == their_rows
    dimensions = {"size": f"{size:g} MB", "events": rows}
    show("ingest", "seconds", ours, "s", None, holds=same, **dimensions)
    show("ingest", "events_per_second", rows / ours, "1/s", None, holds=same, **dimensions)
    show("ingest", "peak", peak, "MB", PEAK_MB, holds=peak < PEAK_MB, **dimensions)
    show("ingest", "json_normalize_seconds", theirs, "s", None, holds=same, **dimensions)
    show("ingest", "json_normalize_events_alone", alone, "s", None, holds=same, **dimensions)
    show("ingest", "json_normalize_peak", their_peak, "MB", None, holds=same, **dimensions)
    ratio = theirs / ours
    show("ingest", "times_faster", ratio, "×", FASTER, holds=ratio >= FASTER and same, **dimensions)


if __name__ == "__main__":
    main()
