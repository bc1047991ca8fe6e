"""Write docs/troubleshooting.md: ``make docs``. Each section is a simulated incident that is really run.

What stands below a command is what it printed. A test runs all of them again and compares.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from scimlytics.cli.app import run

PAGE = Path(__file__).resolve().parent / "troubleshooting.md"
NOTE = "<!-- Written by docs/incidents.py; change the code and run `make docs`. -->"
WIDTH = "96"
LAST = 24
"""So many lines of the end of an explanation are shown: what happened last, and the verdict."""


@dataclass(frozen=True)
class Incident:
    """One complaint, the tenant in which it comes about, and what is told to whoever complains."""

    title: str
    said: str
    cause: str
    check: str
    told: str
    kind: str = "user"
    count: int = 1
    options: tuple[str, ...] = ()
    alike: tuple[str, ...] = field(default=())


INCIDENTS = (
    Incident(
        "The e-mail address or user name changed and sign-in fails",
        "I married, my new address works everywhere else, and the application does not know me.",
        "rename_lag",
        "rename_lag",
        "The directory has the new name, the target the old one, and no cycle ever sent it. It does"
        " not heal by itself. A change of the last cycles is `not_yet`: wait for that one.",
    ),
    Incident(
        "A second account was made at the first login",
        "All my files are gone: I signed in and everything is empty.",
        "jit_rename_twin",
        "duplicate_users",
        "No provisioning here: the sign-in makes accounts. After a rename the new name matched nobody,"
        " so a second account was made; the files are in the first.",
        options=("--provisioning", "jit"),
    ),
    Incident(
        "Sign-in fails after a rename and no account is made",
        "It says that there is no such user.",
        "login_unmatched",
        "login_failures",
        "The same rename, where a first login makes no account: the failed sign-ins name the new name,"
        " the target holds only the former one.",
        options=("--provisioning", "jit"),
    ),
    Incident(
        "An account was deleted by hand and the log says success",
        "We deleted his account to start afresh. It never came back, and the log is all green.",
        "target_deleted",
        "deletion_drift",
        "The provider stores a link to the account that is gone and never looks again. Group tools and"
        " a restart that keeps links do not help: take the assignment away, wait, give it again.",
    ),
    Incident(
        "A group never arrives because of its type",
        "The group is assigned, its members are there, the group is not.",
        "group_type_unsupported",
        "missing_groups",
        "Only security enabled groups are provisioned.",
        kind="group",
        alike=("group_out_of_scope", "group_key_missing", "group_mapping_off"),
    ),
    Incident(
        "A group was deleted in the target and is not made again",
        "Somebody tidied up. Now the whole team has no folder.",
        "target_group_deleted",
        "deletion_drift",
        "As with accounts: the link stays, nothing is sent. Made again, the group has a new id and none"
        " of its grants.",
        kind="group",
    ),
    Incident(
        "A membership is missing after an incremental cycle",
        "She is in the group in the directory since last week, and not in the application.",
        "incremental_blind_spot",
        "missing_memberships",
        "Incremental cycles send what changed. A change they did not see is never sent later.",
        kind="membership",
        count=6,
    ),
    Incident(
        "Throttling delays work or loses it",
        "We assigned a department at once, and some of them still have no account.",
        "throttled",
        "missing_users",
        "The target refused requests as too many. The provider tries again for a while: the finding"
        " says until when. `throttling_gaps` shows the window itself.",
        alike=("throttling_gap",),
    ),
    Incident(
        "A payload lacks what the target requires",
        "Everybody of the new office fails.",
        "bad_payload",
        "incomplete_payloads",
        "An attribute is empty in the directory that the target requires. It heals when it is filled.",
        alike=("no_match_key",),
    ),
    Incident(
        "A scope filter excludes people nobody meant to exclude",
        "He is assigned, and the log says that he is not in scope.",
        "out_of_scope",
        "scope_surprises",
        "A clause of the filter keeps him out; an empty value never passes. The clause is a finding of"
        " its own, with the number of people behind it.",
        alike=("nested_group",),
    ),
    Incident(
        "A mapping is wrong",
        "A field is empty, or wrong, for everybody.",
        "mapping_misconfigured",
        "mapping_errors",
        "One finding on the mapping, with the people counted, not one per person.",
        kind="mapping",
        count=2,
        alike=("create_only_mapping",),
    ),
    Incident(
        "A record is out of date",
        "Her department is still the old one.",
        "attribute_drift",
        "attribute_drift",
        "The change was never sent, and nothing explains it better.",
        options=("--target", "scim"),
        alike=("null_never_sent", "claim_contradicted"),
    ),
    Incident(
        "An entry that was taken away is not processed again",
        "He left the project and came back; his account stays locked.",
        "idp_deprovisioned",
        "deletion_drift",
        "The provider itself disabled the account, and did not notice that the person is wanted again.",
        count=2,
    ),
    Incident(
        "The provider has no provisioning on demand",
        "The guide says to press a button that we do not have.",
        "incremental_blind_spot",
        "missing_users",
        "The remedies are those that this provider has: Okta has no such button, so a mapped attribute"
        " is changed and changed back.",
        count=4,
        options=("--source", "okta"),
    ),
)


def page() -> str:
    """The whole page."""
    parts = [
        NOTE,
        "# Troubleshooting",
        "By complaint. Each example is a small simulated tenant in which this happened: run the"
        " commands and you get what is printed here. With your own exports, leave the first two"
        " commands out and name your folder.",
        "\n".join(f"- [{one.title}](#{_anchor(one.title)})" for one in INCIDENTS),
        *(_section(one) for one in INCIDENTS),
    ]
    return "\n\n".join(parts) + "\n"


def _section(one: Incident) -> str:
    with tempfile.TemporaryDirectory() as folder, _inside(Path(folder)):
        Path("faults.toml").write_text(f"{one.cause} = {one.count}\n", encoding="utf-8")
        simulate = ["lab", "simulate", "--out", "lab", "--users", "60", "--faults", "faults.toml"]
        _printed([*simulate, *one.options])
        truth = json.loads(Path("lab/truth.json").read_text(encoding="utf-8"))
        fault = next(
            row
            for row in truth["faults"]
            if row["cause"] == one.cause and row["object_type"] == one.kind
        )
        check = ["check", "lab/evidence", "--only", one.check]
        shown = [
            _shell(f"echo '{one.cause} = {one.count}' > faults.toml"),
            _shell(_line([*simulate, *one.options])),
        ]
        shown += [_shell(_line(check)), _printed(check)]
        if one.kind in ("user", "group", "membership"):
            explain = ["explain", "lab/evidence", fault["subject"]]
            shown += [_shell(_line(explain)), _cut(_printed(explain))]
    causes = ", ".join(f"[{cause}](causes/{cause}.md)" for cause in (one.cause, *one.alike))
    text = "\n".join(line.rstrip() for part in shown for line in part.splitlines())
    return f"## {one.title}\n\n*{one.said}*\n\n{one.told}\n\nCauses: {causes}.\n\n```console\n{text}\n```"


def _shell(line: str) -> str:
    return f"$ {line}"


def _line(arguments: list[str]) -> str:
    quoted = (f"'{one}'" if set(one) & set(" →'#") else one for one in arguments)
    return " ".join(["scimlytics", *quoted])


def _printed(arguments: list[str]) -> str:
    """What a command prints on stdout; stderr is left out, as its lines are about the run."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        run(arguments)
    return out.getvalue()


def _cut(text: str) -> str:
    lines = text.splitlines()
    return "\n".join(lines if len(lines) <= LAST else [lines[0], "…", *lines[-LAST:]])


@contextlib.contextmanager
def _inside(folder: Path):  # type: ignore[no-untyped-def]
    """Work in a folder, at a fixed width, without colour."""
    before, width = Path.cwd(), os.environ.get("COLUMNS")
    os.chdir(folder)
    os.environ["COLUMNS"] = WIDTH
    try:
        yield
    finally:
        os.chdir(before)
        if width is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = width


def _anchor(title: str) -> str:
    kept = "".join(letter for letter in title.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")


if __name__ == "__main__":
    main()
