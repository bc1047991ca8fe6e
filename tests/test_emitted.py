"""What the lab writes is what the products write: their own models and documented names take it.

Okta's SDK validates what is said to be Okta's, an independent SCIM implementation what is said to be a
SCIM server's, and the property names of Graph's resource types (learn.microsoft.com) what is Graph's.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import okta.models
import pytest
from scim2_models import Context, EnterpriseUser, Group, User

from scimlytics.lab import simulate

OKTA: dict[str, Any] = {
    "log/system_log_*.json*": okta.models.LogEvent,
    "source/users.json*": okta.models.User,
    "source/groups.json*": okta.models.Group,
    "source/app_users.json*": okta.models.AppUser,
    "source/app_groups.json*": okta.models.ApplicationGroupAssignment,
    "source/push_mappings.json*": okta.models.GroupPushMapping,
}
SCIM = {"target/users.json*": User[EnterpriseUser], "target/groups.json*": Group}
OPEN = "*"
"""Any name: an open type, or a value."""
SYSTEM = {"id": OPEN, "displayName": OPEN, "details": OPEN}
IDENTITY = {**SYSTEM, "identityType": OPEN}
ERROR = dict.fromkeys(
    ("errorCode", "reason", "additionalDetails", "errorCategory", "recommendedAction"), OPEN
)
GRAPH: dict[str, dict[str, Any]] = {
    "log/graph-*/page-*.json*": {
        **dict.fromkeys(
            (
                "id",
                "activityDateTime",
                "tenantId",
                "jobId",
                "cycleId",
                "changeId",
                "action",
                "provisioningAction",
                "durationInMilliseconds",
            ),
            OPEN,
        ),
        "servicePrincipal": {"id": OPEN, "displayName": OPEN},
        "sourceSystem": SYSTEM,
        "targetSystem": SYSTEM,
        "initiatedBy": {"id": OPEN, "displayName": OPEN, "initiatorType": OPEN},
        "sourceIdentity": IDENTITY,
        "targetIdentity": IDENTITY,
        "provisioningStatusInfo": {"status": OPEN, "errorInformation": ERROR},
        "statusInfo": OPEN,
        "provisioningSteps": dict.fromkeys(
            ("name", "provisioningStepType", "status", "description", "details"), OPEN
        ),
        "modifiedProperties": dict.fromkeys(("displayName", "oldValue", "newValue"), OPEN),
    },
    "source/directoryAudits.json*": {
        **dict.fromkeys(
            (
                "id",
                "category",
                "correlationId",
                "result",
                "resultReason",
                "activityDisplayName",
                "activityDateTime",
                "loggedByService",
                "operationType",
                "additionalDetails",
            ),
            OPEN,
        ),
        "initiatedBy": {"user": OPEN, "app": OPEN},
        "targetResources": {
            **dict.fromkeys(("id", "displayName", "type", "userPrincipalName", "groupType"), OPEN),
            "modifiedProperties": dict.fromkeys(("displayName", "oldValue", "newValue"), OPEN),
        },
    },
    "source/users.json*": dict.fromkeys(
        (
            "id",
            "accountEnabled",
            "companyName",
            "createdDateTime",
            "department",
            "displayName",
            "employeeId",
            "employeeType",
            "givenName",
            "jobTitle",
            "mail",
            "mailNickname",
            "officeLocation",
            "otherMails",
            "proxyAddresses",
            "surname",
            "userPrincipalName",
            "userType",
            "onPremisesImmutableId",
            "onPremisesSyncEnabled",
        ),
        OPEN,
    ),
    "source/groups.json*": dict.fromkeys(
        (
            "id",
            "createdDateTime",
            "displayName",
            "groupTypes",
            "mail",
            "mailEnabled",
            "mailNickname",
            "membershipRule",
            "membershipRuleProcessingState",
            "onPremisesSyncEnabled",
            "securityEnabled",
            "description",
        ),
        OPEN,
    ),
    "source/appRoleAssignedTo.json*": dict.fromkeys(
        (
            "id",
            "createdDateTime",
            "deletedDateTime",
            "appRoleId",
            "principalDisplayName",
            "principalId",
            "principalType",
            "resourceDisplayName",
            "resourceId",
        ),
        OPEN,
    ),
}


@pytest.fixture(scope="module")
def tenants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tenant of Entra whose log comes as Graph pages, and one of Okta; both with a SCIM target."""
    folder = tmp_path_factory.mktemp("emitted")
    simulate(folder / "entra", seed=3, users=120, target="scim")
    simulate(folder / "okta", seed=3, users=120, source="okta", target="scim")
    return folder


def rows(folder: Path, pattern: str) -> Iterator[Mapping[str, Any]]:
    """The objects of all files of a pattern, whatever envelope they came in."""
    for path in sorted(folder.glob(pattern)):
        data = path.read_bytes()
        content = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        for page in content if isinstance(content, list) else [content]:
            many = page if isinstance(page, list) else page.get("value", page.get("Resources"))
            yield from [page] if many is None else many


def strange(row: Mapping[str, Any], known: Mapping[str, Any], place: str = "") -> set[str]:
    """Names that the type has not."""
    found = set()
    for name, value in row.items():
        if name.startswith("@odata"):
            continue
        inner = known.get(name)
        if inner is None:
            found.add(f"{place}{name}")
        elif inner != OPEN:
            for one in value if isinstance(value, list) else [value]:
                found |= strange(one or {}, inner, f"{place}{name}.")
    return found


@pytest.mark.parametrize("pattern", OKTA)
def test_what_is_okta_s_is_taken_by_okta_s_own_models(tenants: Path, pattern: str) -> None:
    found = list(rows(tenants / "okta" / "evidence", pattern))

    assert found
    for row in found:
        OKTA[pattern].model_validate(row)


@pytest.mark.parametrize("source", ["entra", "okta"])
@pytest.mark.parametrize("pattern", SCIM)
def test_what_is_a_scim_server_s_is_taken_by_another_implementation(
    tenants: Path, pattern: str, source: str
) -> None:
    found = list(rows(tenants / source / "evidence", pattern))

    assert found
    for row in found:
        SCIM[pattern].model_validate(row, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


@pytest.mark.parametrize("pattern", GRAPH)
def test_what_is_graph_s_has_no_name_that_graph_has_not(tenants: Path, pattern: str) -> None:
    found = list(rows(tenants / "entra" / "evidence", pattern))

    assert found
    assert set().union(*(strange(row, GRAPH[pattern]) for row in found)) == set()
