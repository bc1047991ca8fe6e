"""People: what a simulated tenant does not bring about, one small tenant per rule and look-alike."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

import scimlytics as scim
from tests.native import (
    attribute_mapping,
    audit_target,
    change,
    connections_page,
    directory_audit,
    graph_assignment,
    graph_user,
    sync_schema,
)
from tests.native_target import (
    filescom_history,
    filescom_user,
    okta_app_user,
    okta_event,
    okta_user,
    scim_list,
    scim_user,
)
from tests.scene import EARLY, FRESH, LATE, OLD, Scene

LATER = "2026-11-15T09:00:00Z"


def renamed(name: str, old: str, new: str, at: str) -> dict[str, Any]:
    """A directory audit of a new user name."""
    target = audit_target(f"p-{name}", "User", change("UserPrincipalName", old, new), name=new)
    return directory_audit("Update user", target, at=at, audit_id=f"audit-{name}-{at}")


def test_missing_since_the_provider_deleted_the_account_and_given_back(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.event("ada", EARLY, target_id="a-ada")
    made.event("ada", LATE, action="delete", target_id="a-ada")
    made.expect("idp_deprovisioned", "user", "ada", "missing")
    made.person("bea", account=False)  # made again after the deletion, and gone since
    made.event("bea", EARLY, action="delete", target_id="a-bea")
    made.event("bea", LATE, target_id="a-bea")
    made.expect("target_deleted", "user", "bea", "missing")

    assert made.found(tmp_path) == made.expected


def test_fresh_assignments_and_accounts_that_are_not_active_yet(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False, assigned=FRESH)
    made.expect("not_yet", "user", "ada", "missing")
    made.person("bea", account=False, assigned=FRESH)
    made.account("bea", active=False)
    made.expect("not_yet", "user", "bea", "inactive")
    made.person("cleo", account=False)
    made.account("cleo", active=False)
    made.expect("unknown", "user", "cleo", "inactive")
    made.person("dora", account=False)
    made.account("dora", active=False)
    made.event("dora", EARLY, target_id="a-dora", action="other")
    made.expect("target_disabled", "user", "dora", "inactive")

    assert made.found(tmp_path) == made.expected


def test_a_new_name_that_is_refused_names_the_record_that_holds_it_or_nobody(
    tmp_path: Path,
) -> None:
    made = Scene()
    for name in ("held", "elsewhere", "before"):
        made.person(name, account=False)
        made.account(name, more={"userName": f"old-{name}@example.com"})
        made.audits.append(
            renamed(name, f"old-{name}@example.com", f"{name}@example.com", "2026-11-01T09:00:00Z")
        )
        refused = {"status": "failure", "code": "EntryConflict", "target_id": f"a-{name}"}
        made.event(name, EARLY, action="update", target_id=f"a-{name}")
        at = "2026-10-26T09:00:00Z" if name == "before" else LATE
        made.event(name, at, action="update", **refused)
    made.accounts["holder"] = scim_user("held", id="a-holder", created=OLD)
    made.expect("blocked_by_existing", "user", "held", "stale")
    made.expect("name_taken_elsewhere", "user", "elsewhere", "stale")
    made.expect("rename_lag", "user", "before", "stale")

    assert made.found(tmp_path) == made.expected
    with scim.read(tmp_path) as evidence:
        found = scim.check(evidence)
    [blocked] = found[found["cause"] == "blocked_by_existing"].to_dict("records")
    assert list(blocked["other_ids"]) == ["a-holder"]
    assert blocked["detail"].startswith("The target refused the new name of held@example.com at ")


def test_a_name_that_differs_since_nobody_knows_when(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.account("ada", more={"userName": "a.lund@example.com"})
    made.expect("rename_lag", "user", "ada", "stale")
    made.person("bea", account=False)
    made.account("bea", more={"userName": "BEA@Example.com"})

    assert made.found(tmp_path) == made.expected


def test_a_guest_renamed_in_the_target_is_known_by_the_address_that_is_sent(tmp_path: Path) -> None:
    made = Scene()
    made.people["ada"] = graph_user(
        "p-ada",
        "ada_fabrikam.example#EXT#@contoso.onmicrosoft.com",
        mail="ada@fabrikam.example",
        userType="Guest",
    )
    made.assigned.append(graph_assignment("p-ada", created=OLD))
    made.account("ada", more={"userName": "a.lund@example.com"}, email="ada@fabrikam.example")
    earlier = scim_user("ada@fabrikam.example", id="a-ada", created=OLD, external_id="p-ada")
    made.files["target/previous/20261110T000000Z/users.json"] = scim_list(earlier)
    made.expect("target_renamed", "user", "ada", "stale")

    assert made.found(tmp_path) == made.expected


def test_two_accounts_that_nothing_explains(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.account("ada2", owner="", email="ada@example.com")
    made.expect("unknown", "user", "ada", "duplicated")
    made.person("bea")
    made.account("bea2", owner="", active=False, email="bea@example.com")

    assert made.found(tmp_path) == made.expected


def test_the_clause_that_keeps_somebody_out_by_the_directory_alone(tmp_path: Path) -> None:
    made = Scene()
    made.files["source/schema.json"] = sync_schema(
        attribute_mapping("userName", "userPrincipalName", matching=1),
        scope={"Sales only": [("department", "EQUALS", "Sales")]},
    )
    made.person("ada", account=False, department="HR")
    made.expect("out_of_scope", "user", "ada", "missing")
    made.person("bea", department="Sales")

    assert made.found(tmp_path) == made.expected


def test_a_failed_sign_in_tells_nothing_where_names_agree(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.audits.append(renamed("ada", "old@example.com", "ada@example.com", EARLY))

    assert made.found(tmp_path) == set()


def test_suspended_in_okta_and_active_in_the_target(tmp_path: Path) -> None:
    made = Scene(source="okta")
    okta = {
        "source/users.json": [
            okta_user("ada", status="SUSPENDED"),
            okta_user("bea"),
        ],
        "source/app_users.json": [
            okta_app_user("ada", external_id="1"),
            okta_app_user("bea", external_id="2"),
        ],
        "target/users.json": [filescom_user("ada", id=1), filescom_user("bea", id=2)],
        "log/system.json": [okta_event("user.session.start", LATE, user="bea")],
    }
    made.files = okta

    causes = {(situation, cause) for _, _, situation, cause in made.found(tmp_path)}

    assert causes == {("orphaned", "suspended_at_source")}


def test_the_target_disables_whoever_is_idle_and_deletes_later(tmp_path: Path) -> None:
    made = Scene()
    rule = {
        "id": 1,
        "authentication_method": "sso",
        "inactivity_days": 90,
        "include_folder_admins": False,
        "include_site_admins": False,
        "action": "delete",
        "user_state": "inactive",
        "site_id": 1,
        "name": "delete after 90 days",
    }
    idle = {"last_login": "2026-07-01T08:00:00Z", "created": OLD}
    busy = {"last_login": "2026-11-01T08:00:00Z", "created": OLD}
    made.person("ada", account=False)
    made.person("bea", account=False)
    made.person("cleo", account=False)
    before = [filescom_user("ada", id=1, **idle), filescom_user("bea", id=2, **busy)]
    healthy = filescom_user("cleo", id=3, **busy)
    made.files = {
        "target/users.json": [healthy],
        "target/user_lifecycle_rules.json": [rule],
        "target/previous/2026-11-01T00:00:00Z/users.json": [*before, healthy],
    }
    made.expect("target_lifecycle_rule", "user", "ada", "missing")
    made.expect("target_deleted", "user", "bea", "missing")

    assert made.found(tmp_path) == made.expected


def test_somebody_wanted_of_whom_nothing_is_known(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.expect("unknown", "user", "ada", "missing")
    made.person("bea")

    assert made.found(tmp_path) == made.expected


def test_the_log_says_that_the_filter_keeps_somebody_out(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False, assigned=EARLY)
    made.event(
        "ada",
        LATE,
        action="other",
        status="skipped",
        skip_reason="NotEffectivelyEntitled",
        scope={"passed": False, "evaluation": {"Sales only.department EQUALS 'Sales'": False}},
    )
    made.expect("out_of_scope", "user", "ada", "missing")

    assert made.found(tmp_path) == made.expected


def test_whoever_removed_an_account_is_named(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.person("bea", account=False)
    told = {"interface": "web", "actor": "root@example.com"}
    ada, bea = filescom_user("ada", id=1), filescom_user("bea", id=2, disabled=True)
    made.files = {
        "target/users.json": [bea],
        "target/history.json": [filescom_history("user_destroy", LATE, target=ada, **told)],
        "target/settings_changes.json": [
            {
                "changes": ["Disabled for user `bea@example.com` changed from `false` to `true`."],
                "created_at": LATE,
                "user_id": 9,
                "api_key_id": None,
                "user_is_files_support": False,
                "user_is_from_parent_site": False,
                "username": "root@example.com",
            }
        ],
    }
    made.expect("target_deleted", "user", "ada", "missing")
    made.expect("target_disabled", "user", "bea", "inactive")

    assert made.found(tmp_path) == made.expected
    with scim.read(tmp_path) as evidence:
        found = scim.check(evidence)
    details = set(found[found["object_type"] == "user"]["detail"])
    assert all(detail.startswith("root@example.com ") for detail in details)


def test_the_inactive_account_of_somebody_gone_is_left_in_peace(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.account("zoe", active=False)
    made.event("zoe", EARLY, action="create", target_id="a-zoe")
    made.event("zoe", LATE, action="disable", target_id="a-zoe")
    made.expected = {("user", "p-zoe", "local", "residual_account")}

    assert made.found(tmp_path) == made.expected


def looked_at(folder: Path, source: str, target: str, log: str) -> None:
    """Say when the sides were exported, and how far the log reaches."""
    path = folder / "scimlytics.toml"
    text = path.read_text()
    for old, new in (
        ("2026-11-20T06:00:00Z]", f"{log}]"),
        ("taken_at = 2026-11-20T06:00:00Z", f"taken_at = {source}"),
        ("taken_at = 2026-11-20T06:10:00Z", f"taken_at = {target}"),
    ):
        text = text.replace(old, new)
    path.write_text(text)


def test_an_older_look_at_the_target_contradicts_no_later_claim(tmp_path: Path) -> None:
    noon, later = "2026-11-20T12:00:00Z", "2026-11-20T09:00:00Z"
    made = Scene()
    made.person("ada")
    made.person("new", account=False)
    made.event("new", later, action="create", target_id="a-new")
    made.person("off", enabled=False)
    made.event("off", later, action="disable", target_id="a-off")
    made.person("gone", account=False)
    made.event("gone", EARLY, action="create", target_id="a-gone")
    made.group("Here", "ada")
    made.group("Sent", "ada", there=False)
    made.event("Sent", later, group=True, action="create", target_id="t-Sent")
    made.group("Choir", "ada", "off", inside=("off",))
    added = change("members", None, "p-ada")
    made.event("Choir", later, group=True, action="update", target_id="t-Choir", changes=[added])
    folder = made.write(tmp_path / "evidence")
    looked_at(folder, noon, "2026-11-20T06:10:00Z", noon)

    with scim.read(folder) as evidence:
        found = scim.check(evidence)
    by_subject = found.set_index("subject")

    for name in ("new@example.com", "off@example.com", "Sent", "ada@example.com → Choir"):
        row = by_subject.loc[name]
        assert (row["cause"], row["certainty"]) == ("not_yet", "suspected"), name
    assert by_subject.loc["gone@example.com", "certainty"] == "confirmed"
    assert by_subject.loc["target.users", "cause"] == "stale_snapshot"
    assert "4 claims" in by_subject.loc["target.users", "detail"]


def test_snapshots_far_apart_and_clocks_that_differ_are_said(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.account("ada", created="2026-11-20T07:00:00Z")
    folder = made.write(tmp_path / "evidence")
    near = set(scim.check(scim.read(folder))["cause"])
    looked_at(folder, "2026-11-22T06:00:00Z", "2026-11-20T08:00:00Z", "2026-11-22T06:00:00Z")
    far = set(scim.check(scim.read(folder))["cause"])

    assert near == {"clock_skew"}
    assert far == {"stale_snapshot"}


def test_changed_settings_are_a_marker_and_entries_of_cycles_are_none(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    settings = {"category": "ProvisioningManagement", "actor": "root@example.com"}
    cycle = directory_audit("Export", at=LATE, audit_id="cycle", **settings)
    made.audits = [cycle]
    with scim.read(made.write(tmp_path / "quiet")) as evidence:
        quiet = scim.check(evidence)
    for turn, at in enumerate((EARLY, LATE)):
        name = "Update provisioning setting or credentials"
        made.audits.append(directory_audit(name, at=at, audit_id=f"set-{turn}", **settings))
    with scim.read(made.write(tmp_path / "changed")) as evidence:
        [row] = scim.check(evidence).to_dict("records")

    assert quiet.empty
    assert (row["cause"], row["severity"], row["since"].isoformat()[:10]) == (
        "mapping_changed",
        "info",
        LATE[:10],
    )
    assert "2 times, last at 2026-11-10 09:00 UTC by root@example.com" in row["detail"]
    assert [one["id"] for one in row["evidence"]] == ["set-0", "set-1"]


def test_what_came_into_scope_where_a_part_of_the_log_is_missing_is_not_blamed_on_it(
    tmp_path: Path,
) -> None:
    made = Scene(covers=None)
    made.person("ada", account=False, assigned="2026-11-06T09:00:00Z")
    made.person("bea", account=False, assigned="2026-11-12T09:00:00Z")
    for day in (1, 2, 3):
        made.person(f"early{day}")
        made.event(f"early{day}", f"2026-11-0{day}T09:00:00Z", target_id=f"a-early{day}")
    for day in (10, 12, 14, 16, 18, 19):
        made.person(f"late{day}")
        made.event(f"late{day}", f"2026-11-{day}T09:00:00Z", target_id=f"a-late{day}")
    folder = made.write(tmp_path)
    page = json.loads((folder / "log/provisioning.json").read_text(encoding="utf-8"))
    for name, part in (("one", page["value"][:3]), ("two", page["value"][3:])):
        (folder / f"log/{name}.json").write_text(json.dumps({**page, "value": part}))
    (folder / "log/provisioning.json").unlink()

    with scim.read(folder) as evidence:
        found = scim.check(evidence).set_index("subject")

    assert found.loc["bea@example.com", "cause"] == "incremental_blind_spot"
    assert found.loc["ada@example.com", "cause"] == "unknown"
    assert found.loc["log.events", "cause"] == "log_gap"
    assert "2026-11-03 09:00 UTC and 2026-11-10 09:00 UTC" in found.loc["log.events", "detail"]


def test_what_the_service_remembers_is_a_trace_of_the_account(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.person("bea", account=False)
    made.group("Finance", "cy", there=False)
    made.person("cy")
    made.files = {
        "source/connections.json": connections_page(
            ("p-ada", "a-ada", "User"), ("g-Finance", "t-Finance", "Group")
        )
    }
    made.expect("target_deleted", "user", "ada", "missing")
    made.expect("unknown", "user", "bea", "missing")
    made.expect("target_group_deleted", "group", "Finance", "missing")

    found = made.found(tmp_path)

    assert made.expected <= found
    with scim.read(tmp_path) as evidence:
        rows = scim.check(evidence)
    ada = rows[rows["source_id"] == "p-ada"].iloc[0]
    assert any(one["kind"] == "record" and one["id"] == "a-ada" for one in ada["evidence"])
    assert "still holds the id" in ada["detail"]
    assert ada["since"] == pd.Timestamp(OLD)  # when she came into scope: nobody saw the account


def test_a_record_of_the_provider_does_not_date_what_a_claim_dates(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.event("ada", LATE, target_id="a-ada")
    made.files = {"source/connections.json": connections_page(("p-ada", "a-ada", "User"))}
    made.write(tmp_path)

    with scim.read(tmp_path) as evidence:
        rows = scim.check(evidence)

    ada = rows[rows["source_id"] == "p-ada"].iloc[0]
    assert (ada["cause"], ada["since"]) == ("target_deleted", pd.Timestamp(LATE))
    assert "was last seen at" in ada["detail"]


def test_an_inactive_account_that_only_a_record_names_was_disabled_in_the_target(
    tmp_path: Path,
) -> None:
    made = Scene()
    made.person("ada", account=False)
    made.account("ada", active=False)
    made.files = {"source/connections.json": connections_page(("p-ada", "a-ada", "User"))}
    made.write(tmp_path)

    with scim.read(tmp_path) as evidence:
        rows = scim.check(evidence)

    ada = rows[rows["source_id"] == "p-ada"].iloc[0]
    assert ada["cause"] == "target_disabled"
    assert "the provider holds its id (a-ada) and logged no disable" in ada["detail"]
