"""Failure families: whatever is missing, inactive, unequal or in order, its last attempt failed."""

from pathlib import Path

import pytest

from tests.native_target import scim_list, scim_user
from tests.scene import EARLY, LATE, OLD, Scene

FAMILIES = {
    "throttled": {"code": "TooManyRequests"},
    "transient_error": {"code": "InternalServerError"},
    "unauthorised": {"code": "InsufficientRights"},
    "no_licence": {"code": "LicenseLimitExceeded"},
    "bad_payload": {"code": "AttributeValidationFailed"},
    "no_match_key": {"status": "skipped", "skip_reason": "EntryJoiningPropertyValueIsMissing"},
    "mapping_misconfigured": {"code": "SchemaAttributeNotFound"},
    "target_incompatible": {"code": "SystemForCrossDomainIdentityManagementServiceIncompatible"},
    "target_requires_group": {
        "code": "InsufficientRights",
        "reason": "User is not in any group required for provisioning (provision_group_required).",
    },
}


def scene(kind: str, *, recovered: bool = False) -> Scene:
    """One object of a kind per family and situation; each attempt failed late, or went through then."""
    made = Scene()
    made.person("healthy")
    for family, told in FAMILIES.items():
        word = family.replace("_", "")
        failed = {"action": "update", "status": "failure", **told}
        for situation in ("missing", "inactive", "stale", "linked", "extra"):
            name = f"{word}-{situation}"
            if kind == "user" and situation != "extra":
                made.person(name, account=False)
                if situation != "missing":
                    more = {"active": False} if situation == "inactive" else {}
                    if situation == "stale":
                        more = {"email": f"former-{name}@example.com"}
                    made.account(name, **more)
                made.event(name, LATE, **failed)
                made.expect(family, "user", name, situation)
            elif kind == "group" and situation in ("missing", "stale", "linked"):
                made.group(name, "healthy", there=False)
                if situation != "missing":
                    shown = f"former {name}" if situation == "stale" else name
                    made.group_there(name, "healthy", shown=shown)
                made.event(name, LATE, group=True, **failed)
                made.expect(family, "group", name, situation)
                if situation == "missing":
                    made.expect("member_not_provisioned", "membership", f"healthy>{name}")
            elif kind == "membership" and situation in ("missing", "extra"):
                who = ("healthy",)
                made.group(
                    name,
                    *(who if situation == "missing" else ()),
                    inside=() if situation == "missing" else who,
                )
                made.event(name, LATE, group=True, **failed)
                made.expect(family, "membership", f"healthy>{name}")
    # The job itself works: somebody else is accepted after all of them.
    made.event("healthy", "2026-11-10T10:00:00Z", target_id="a-healthy")
    if recovered:
        for event in list(made.events):
            if event["provisioningStatusInfo"]["status"] != "success":
                name = event["sourceIdentity"]["id"].partition("-")[2]
                target = {"target_id": f"a-{name}" if kind == "user" else f"t-{name}"}
                made.event(
                    name, "2026-11-10T11:00:00Z", group=kind != "user", action="update", **target
                )
    return made


@pytest.mark.parametrize("kind", ["user", "group", "membership"])
def test_the_last_attempt_tells_why(tmp_path: Path, kind: str) -> None:
    tenant = scene(kind)
    if kind == "group":
        # Groups are matched by name: an empty key has a cause of its own.
        tenant.expected = {
            (what, key, situation, "group_key_missing")
            if (situation, cause) == ("missing", "no_match_key")
            else (what, key, situation, cause)
            for what, key, situation, cause in tenant.expected
        }

    assert tenant.found(tmp_path) == tenant.expected


@pytest.mark.parametrize("kind", ["user", "group", "membership"])
def test_an_attempt_that_went_through_later_tells_nothing(tmp_path: Path, kind: str) -> None:
    causes = {cause for *_, cause in scene(kind, recovered=True).found(tmp_path)}

    assert not causes & {*FAMILIES, "group_key_missing"}


def test_a_conflict_names_the_record_that_holds_the_name_or_nobody(tmp_path: Path) -> None:
    made = Scene()
    for name in ("held", "elsewhere"):
        made.person(name, account=False, assigned=EARLY)
        made.event(name, LATE, status="failure", code="EntryConflict")
        made.group(f"group {name}", there=False, assigned=EARLY)
        made.event(f"group {name}", LATE, group=True, status="failure", code="EntryConflict")
    made.account("held", owner="")
    made.expect("blocked_by_existing", "user", "held", "missing")
    made.expect("name_taken_elsewhere", "user", "elsewhere", "missing")
    made.expect("name_taken_elsewhere", "group", "group elsewhere", "missing")
    made.expect("name_taken_elsewhere", "group", "group held", "missing")

    assert made.found(tmp_path) == made.expected


def test_a_record_of_old_that_holds_the_name_is_no_trace_of_an_account_that_is_gone(
    tmp_path: Path,
) -> None:
    made = Scene()
    for name in ("held", "gone"):
        made.person(name, account=False, assigned=EARLY)
        made.event(name, LATE, status="failure", code="EntryConflict")
    made.account("held", owner="", active=False)
    earlier = [
        scim_user(name, id=f"a-{name}", created=OLD, external_id=None) for name in ("held", "gone")
    ]
    made.files["target/previous/20261101T000000Z/users.json"] = scim_list(*earlier)
    made.expect("blocked_by_existing", "user", "held", "missing")
    made.expect("target_deleted", "user", "gone", "missing")

    assert made.found(tmp_path) == made.expected


def test_a_conflict_after_the_account_was_made_is_an_artefact(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.event("ada", EARLY, target_id="a-ada")
    made.event("ada", LATE, status="failure", code="EntryConflict")
    made.expect("retry_artefact", "user", "ada", "linked")

    assert made.found(tmp_path) == made.expected


def test_a_code_that_nobody_knows_is_said_to_be_unknown(tmp_path: Path) -> None:
    made = Scene()
    made.person("ada")
    made.group("Choir", "ada")
    for name, group in (("ada", False), ("Choir", True)):
        made.event(name, LATE, group=group, action="update", status="failure", code="Zorp")
    made.expect("unknown", "user", "ada", "linked")
    made.expect("unknown", "group", "Choir", "linked")

    assert made.found(tmp_path) == made.expected
