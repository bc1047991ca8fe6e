"""Groups and memberships: what a simulated tenant does not bring about, one small tenant per rule."""

from pathlib import Path
from typing import Any

import scimlytics as scim
from tests.native import (
    attribute_mapping,
    audit_target,
    change,
    directory_audit,
    graph_member,
    graph_user,
    sync_schema,
)
from tests.native_target import (
    filescom_group,
    filescom_history,
    filescom_strategy,
    filescom_user,
    okta_app_group,
    okta_app_user,
    okta_event,
    okta_group,
    okta_push_mapping,
    okta_user,
)
from tests.scene import EARLY, FRESH, LATE, OLD, Scene

LATER = "2026-11-15T09:00:00Z"
BEFORE = "target/previous/2026-11-01T00:00:00Z"


def audit(activity: str, at: str, *, person: str | None = None, group: str, **more: Any) -> Any:
    """A directory audit of a group, or of a member of it."""
    about = audit_target(f"g-{group}", "Group", *more.get("changes", ()), name=group)
    targets = [about]
    if person is not None:
        moved = change("Group.ObjectID", None, f"g-{group}")
        if activity.startswith("Remove"):
            moved = change("Group.ObjectID", f"g-{group}", None)
        targets = [audit_target(f"p-{person}", "User", moved, name=f"{person}@example.com"), about]
    key = f"audit-{activity}-{person}-{group}-{at}"
    return directory_audit(activity, *targets, at=at, audit_id=key, category="GroupManagement")


def test_groups_that_came_or_changed_a_moment_ago(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("New", "ada", there=False, assigned=FRESH)
    made.expect("not_yet", "group", "New", "missing")
    made.expect("member_not_provisioned", "membership", "ada>New")
    made.group("Renamed", "ada", there=False)
    made.group_there("Renamed", "ada", shown="Old name")
    named = change("DisplayName", "Old name", "Renamed")
    made.audits.append(audit("Update group", FRESH, group="Renamed", changes=(named,)))
    made.expect("not_yet", "group", "Renamed", "stale")

    assert made.found(tmp_path) == made.expected


def test_groups_that_are_missing_or_differ_and_nothing_says_why(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Lost", "ada", there=False)
    made.expect("unknown", "group", "Lost", "missing")
    made.expect("member_not_provisioned", "membership", "ada>Lost")
    made.group("Other", "ada", there=False)
    made.group_there("Other", "ada", shown="Else")
    made.expect("unknown", "group", "Other", "stale")
    made.group("Same", "ada", there=False)
    made.group_there("Same", "ada", shown="SAME")

    assert made.found(tmp_path) == made.expected


def test_a_group_renamed_in_the_target(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Choir", "ada", there=False)
    made.group_there("Choir", "ada", shown="Choir (old)")
    made.files[f"{BEFORE}/groups.json"] = [
        {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": "t-Choir",
         "displayName": "Choir", "members": [{"value": "a-ada"}]}
    ]  # fmt: skip
    made.expect("target_renamed", "group", "Choir", "stale")

    assert made.found(tmp_path) == made.expected


def test_groups_left_over_by_the_guard_and_by_a_setting(tmp_path: Path) -> None:
    held = Scene()
    held.person("ada")
    held.group("Gone", "ada", assigned=None)
    held.event(
        "Gone", LATE, group=True, action="stagedDelete", status="skipped", target_id="t-Gone"
    )
    held.expect("held_by_delete_guard", "group", "Gone", "extra")
    held.expected = {(kind, "g-Gone", "extra", cause) for kind, _, _, cause in held.expected}

    assert held.found(tmp_path / "held") == held.expected

    off = Scene()
    off.person("ada")
    off.group("Gone", "ada", assigned=None)
    off.files["source/schema.json"] = sync_schema(
        attribute_mapping("displayName", "displayName"), kind="Group", flow_types="Add, Update"
    )
    off.expected = {("group", "g-Gone", "extra", "deprovision_off")}

    assert off.found(tmp_path / "off") == off.expected


def test_a_member_who_is_not_assigned_or_came_after_the_group_was_sent(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.person("bea")
    made.group("Choir", "ada", "bea", inside=("ada",))
    made.event("Choir", EARLY, group=True, target_id="t-Choir")
    made.audits.append(audit("Add member to group", LATE, person="bea", group="Choir"))
    made.expect("incremental_blind_spot", "membership", "bea>Choir")
    made.group("Band", "ada", inside=("ada", "bea"))
    made.event("Band", EARLY, group=True, target_id="t-Band")
    made.audits.append(audit("Remove member from group", LATE, person="bea", group="Band"))
    made.expect("incremental_blind_spot", "membership", "bea>Band")
    made.group("Club", "ada", "bea", inside=("ada",))
    made.event("Club", EARLY, group=True, target_id="t-Club")
    made.expect("incremental_blind_spot", "membership", "bea>Club")

    assert made.found(tmp_path) == made.expected


def test_edges_that_nothing_explains(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.person("bea")
    made.group("Band", "ada", inside=("ada", "bea"))
    made.expect("unknown", "membership", "bea>Band")
    made.group("Choir", "ada", "bea", inside=("ada",))
    added = change("members", None, "p-bea")
    made.event("Choir", LATE, group=True, action="update", target_id="t-Choir", changes=[added])
    made.audits.append(audit("Add member to group", LATER, person="bea", group="Choir"))
    made.event("Choir", "2026-11-16T09:00:00Z", group=True, action="update", target_id="t-Choir")
    made.expect("unknown", "membership", "bea>Choir")

    assert made.found(tmp_path) == made.expected


def test_the_target_adds_everybody_to_a_group_of_its_own(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.person("bea")
    made.group("Everyone", "ada", there=False)
    people = [filescom_user("ada", id=1, groups=[7]), filescom_user("bea", id=2, groups=[7])]
    made.files = {
        "target/users.json": people,
        "target/groups.json": [filescom_group("Everyone", people, id=7)],
        "target/sso_strategies.json": [
            filescom_strategy(more={"provision_group_default": "Everyone"})
        ],
    }
    made.expect("target_default", "membership", "bea>Everyone")

    assert made.found(tmp_path) == made.expected


def test_a_group_that_an_administrator_deleted_is_told_with_his_name(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Press", "ada", there=False)
    made.files = {
        "target/users.json": [filescom_user("ada", id=1)],
        "target/groups.json": [],
        "target/history.json": [
            filescom_history(
                "group_destroy", LATE, target={"id": 7, "name": "Press"}, actor="root@example.com"
            )
        ],
    }
    made.expect("target_group_deleted", "group", "Press", "missing")

    assert made.found(tmp_path) == made.expected
    with scim.read(tmp_path) as evidence:
        found = scim.check(evidence)
    [told] = found[found["object_type"] == "group"]["detail"]
    assert told.startswith("root@example.com deleted Press")


OKTA_USERS = [okta_user("ada"), okta_user("bea")]


def okta(
    tmp_path: Path, *, group: Any, pushed: Any, app_users: Any, log: Any, app_groups: Any = ()
) -> set[Any]:
    """A tenant of Okta: Ada and Bea in one group, of whom the target's group has Ada."""
    made = Scene(source="okta")
    members = [filescom_user("ada", id=1), filescom_user("bea", id=2)]
    made.files = {
        "source/users.json": OKTA_USERS,
        "source/groups.json": [group],
        f"source/members/{group['id']}.json": OKTA_USERS,
        "source/app_users.json": app_users,
        "source/push_mappings.json": pushed,
        **({"source/app_groups.json": app_groups} if app_groups else {}),
        "target/users.json": members,
        "target/groups.json": [filescom_group("Design", members[:1], id=7)],
        "log/system.json": log,
    }
    return {(kind, cause) for kind, *_, cause in made.found(tmp_path)}


def test_okta_leaves_out_members_who_are_not_assigned(tmp_path: Path) -> None:
    group = okta_group("Design")
    found = okta(
        tmp_path,
        group=group,
        pushed=[okta_push_mapping("Design")],
        app_users=[okta_app_user("ada", external_id="1")],
        log=[okta_event("application.provision.group_push.mapping.created", OLD, group="Design")],
    )

    assert ("membership", "member_not_assigned") in found


def test_a_group_that_came_with_the_graph_of_nobody(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.people["ghost"] = graph_user("p-ghost", "ghost@example.com", enabled=False)
    made.group("Choir", "ada")
    made.members["Choir"].append(graph_member("p-ghost"))

    assert made.found(tmp_path) == set()


def test_a_group_waits_with_everybody_else_when_the_provider_is_behind(tmp_path: Path) -> None:
    made = Scene()
    for name in ("ada", "bea", "cid"):
        made.person(name, assigned="2026-11-19T20:00:00Z")
        made.event(name, "2026-11-20T02:00:00Z", action="create", target_id=f"a-{name}")
    made.group("Here", "ada")
    made.group("Late", "ada", there=False, assigned="2026-11-19T21:00:00Z")
    made.group("Lost", "ada", there=False, assigned=LATE)
    made.expect("provider_delay", "group", "Late", "missing")
    made.expect("incremental_blind_spot", "group", "Lost", "missing")
    for name in ("Late", "Lost"):
        made.expect("member_not_provisioned", "membership", f"ada>{name}")

    assert made.found(tmp_path) == made.expected


def test_a_group_of_the_target_s_own_is_nobody_s_fault(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Choir", "ada")
    made.group_there("Own", external_id=None)

    assert made.found(tmp_path) == {("group", None, "t-Own", "local_group")}


def test_a_group_that_assigns_and_is_pushed_loses_whoever_had_no_account_yet(
    tmp_path: Path,
) -> None:
    group = okta_group("Design")
    parts = {
        "group": group,
        "pushed": [okta_push_mapping("Design")],
        "app_users": [
            okta_app_user("ada", external_id="1", scope="GROUP"),
            okta_app_user("bea", external_id="2", scope="GROUP"),
        ],
        "log": [
            okta_event("application.provision.group_push.mapping.created", OLD, group="Design")
        ],
    }

    both = okta(tmp_path / "both", app_groups=[okta_app_group("Design")], **parts)
    apart = okta(tmp_path / "apart", app_groups=[okta_app_group("Staff")], **parts)

    assert ("membership", "push_assign_race") in both
    assert ("membership", "push_assign_race") not in apart


def test_a_built_in_group_of_okta_is_never_pushed(tmp_path: Path) -> None:
    found = okta(
        tmp_path,
        group=okta_group("Everyone", kind="BUILT_IN"),
        pushed=[okta_push_mapping("Everyone", last_push=None)],
        app_users=[okta_app_user("ada", external_id="1"), okta_app_user("bea", external_id="2")],
        log=[okta_event("user.session.start", LATE, user="bea")],
    )

    assert ("group", "group_type_unsupported") in found


def test_a_group_of_the_same_name_stands_in_the_way(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Choir", "ada")
    made.group("Press", "ada", there=False)
    made.group_there("Press", external_id=None)
    made.group("Taken", "ada", there=False)
    for name in ("Press", "Taken"):
        made.event(name, LATE, group=True, status="failure", code="EntryConflict")
        made.expect("member_not_provisioned", "membership", f"ada>{name}")
    made.expect("blocked_by_existing", "group", "Press", "missing")
    made.expect("name_taken_elsewhere", "group", "Taken", "missing")

    assert made.found(tmp_path) == made.expected
    with scim.read(tmp_path) as evidence:
        found = scim.check(evidence)
    [blocked] = found[found["cause"] == "blocked_by_existing"].to_dict("records")
    assert list(blocked["other_ids"]) == ["t-Press"]
    assert blocked["target_id"] is None or blocked["target_id"] != blocked["target_id"]


def test_a_new_name_that_another_group_holds_is_refused(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    for name in ("Held", "Elsewhere"):
        made.group(name, "ada", there=False)
        made.group_there(name, "ada", shown=f"Old {name}")
        made.event(name, EARLY, group=True, action="update", target_id=f"t-{name}")
        made.event(name, LATE, group=True, action="update", status="failure", code="EntryConflict")
    made.group_there("Holder", shown="Held", external_id=None)
    made.expect("blocked_by_existing", "group", "Held", "stale")
    made.expect("name_taken_elsewhere", "group", "Elsewhere", "stale")

    assert made.found(tmp_path) == made.expected
    with scim.read(tmp_path) as evidence:
        found = scim.check(evidence)
    [blocked] = found[found["cause"] == "blocked_by_existing"].to_dict("records")
    assert list(blocked["other_ids"]) == ["t-Holder"]


def test_a_group_is_known_by_the_name_it_had(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Choir", "ada")
    made.group("New name", "ada", there=False)
    made.group_there("New name", "ada", shown="Old name", external_id=None)
    named = change("DisplayName", "Old name", "New name")
    made.audits.append(audit("Update group", LATE, group="New name", changes=(named,)))
    made.expect("rename_lag", "group", "New name", "stale")

    assert made.found(tmp_path) == made.expected


def test_the_first_event_of_old_accounts_does_not_make_a_provider_late(tmp_path: Path) -> None:
    made = Scene()
    for name in ("ada", "bea", "cid"):
        made.person(name)
        made.event(name, "2026-11-20T02:00:00Z", action="update", target_id=f"a-{name}")
    made.person("new", assigned=LATE, account=False)
    made.expect("incremental_blind_spot", "user", "new", "missing")

    assert made.found(tmp_path) == made.expected
