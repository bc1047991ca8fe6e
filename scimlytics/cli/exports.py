"""What to export, from where, with which rights: the one source of ``init`` and of its page.

Only reading rights are named. A product is one entry of ``SOURCES`` or ``TARGETS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Export:
    """One export: which question it answers, how to get it, and what shows that it is whole."""

    what: str
    place: str
    """The folder of the evidence it goes to."""
    how: str
    right: str
    whole: str
    needed: bool = False
    """Without it nothing can be compared."""


@dataclass(frozen=True)
class Product:
    """A system that exports are known of."""

    name: str
    title: str
    role: str
    exports: tuple[Export, ...]
    notes: tuple[str, ...] = ()


LAST_PAGE = "The last page has no `@odata.nextLink`. Keep all pages."
ENTRA = Product(
    "entra",
    "Microsoft Entra ID",
    "source",
    (
        Export(
            "Users",
            "source/",
            "`GET /v1.0/users?$select=id,userPrincipalName,mail,accountEnabled,displayName,givenName,surname,"
            "userType,mailNickname,proxyAddresses,employeeId,department,jobTitle,companyName,"
            "onPremisesImmutableId,createdDateTime&$top=999`. Without `$select` Graph leaves out"
            " `accountEnabled`, and nobody can be told to have left.",
            "`User.Read.All`",
            LAST_PAGE,
            needed=True,
        ),
        Export(
            "Groups",
            "source/",
            "`GET /v1.0/groups?$select=id,displayName,mail,mailNickname,mailEnabled,securityEnabled,"
            "groupTypes,membershipRule,createdDateTime&$top=999`",
            "`GroupMember.Read.All`",
            LAST_PAGE,
        ),
        Export(
            "Members of each assigned group",
            "source/members/<group id>.json",
            "`GET /v1.0/groups/{id}/members?$select=id,userPrincipalName,accountEnabled&$top=999`",
            "`GroupMember.Read.All`",
            LAST_PAGE + " Groups with hidden members need `Member.Read.Hidden`.",
        ),
        Export(
            "Assignments to the application",
            "source/",
            "`GET /v1.0/servicePrincipals/{id}/appRoleAssignedTo?$top=999`",
            "`Application.Read.All`",
            LAST_PAGE,
        ),
        Export(
            "Deleted users",
            "source/",
            "`GET /v1.0/directory/deletedItems/microsoft.graph.user`",
            "`User.Read.All`",
            "Entra keeps them for 30 days.",
        ),
        Export(
            "Provisioning log",
            "log/",
            "`GET /v1.0/auditLogs/provisioning?$filter=activityDateTime gt 2026-10-21T06:00:00Z`; or in"
            " the portal: Enterprise applications, the application, Provisioning logs, Download; or a"
            " diagnostic setting (storage, Event Hub, Log Analytics).",
            "`ProvisioningLog.Read.All`, or the role Reports Reader",
            "Entra keeps 30 days (7 without a premium licence). Export at least once in that time.",
        ),
        Export(
            "Jobs and their schema",
            "log/",
            "`GET /v1.0/servicePrincipals/{id}/synchronization/jobs` and"
            " `…/synchronization/jobs/{jobId}/schema`",
            "`Synchronization.Read.All`",
            "One answer.",
        ),
        Export(
            "Directory audits",
            "source/",
            "`GET /v1.0/auditLogs/directoryAudits?$filter=activityDateTime gt 2026-10-21T06:00:00Z`",
            "`AuditLog.Read.All`",
            LAST_PAGE,
        ),
    ),
    ("Logs are throttled at five requests in ten seconds: wait between pages.",),
)
LINK = 'The last answer has no `Link` header with `rel="next"`. Keep all pages.'
OKTA = Product(
    "okta",
    "Okta",
    "source",
    (
        Export(
            "Users",
            "source/",
            "`GET /api/v1/users?limit=200`, and once more with"
            ' `search=status eq "DEPROVISIONED"`: without it Okta leaves these people out.',
            "`okta.users.read`",
            LINK,
            needed=True,
        ),
        Export("Groups", "source/", "`GET /api/v1/groups?limit=200`", "`okta.groups.read`", LINK),
        Export(
            "Members of each pushed group",
            "source/members/<group id>.json",
            "`GET /api/v1/groups/{id}/users?limit=200`",
            "`okta.groups.read`",
            LINK,
        ),
        Export(
            "Users of the application",
            "source/",
            "`GET /api/v1/apps/{id}/users?limit=500`. `externalId` there is the account's id in the target.",
            "`okta.apps.read`",
            LINK,
        ),
        Export(
            "Groups of the application",
            "source/",
            "`GET /api/v1/apps/{id}/groups?limit=200`",
            "`okta.apps.read`",
            LINK,
        ),
        Export(
            "Push mappings",
            "source/",
            "`GET /api/v1/apps/{id}/group-push/mappings?limit=1000`",
            "`okta.apps.read`",
            LINK,
        ),
        Export(
            "System Log",
            "log/",
            "`GET /api/v1/logs?since=2026-10-21T06:00:00Z&until=2026-11-20T06:00:00Z&limit=1000`",
            "`okta.logs.read`",
            "Okta keeps 90 days. An answer with `until` ends without a next link.",
        ),
    ),
)
BARE = (
    "The answer's header `X-Files-Cursor-Next` is empty on the last page. It is not in the file: say"
    " `complete` in `scimlytics.toml` when you saw it."
)
FILES_COM = Product(
    "files.com",
    "Files.com",
    "target",
    (
        Export(
            "Users",
            "target/",
            "`GET /api/rest/v1/users?per_page=1000`",
            "an API key of a read-only site administrator",
            BARE,
            needed=True,
        ),
        Export(
            "Groups, with their members",
            "target/",
            "`GET /api/rest/v1/groups?per_page=1000`. `user_ids` holds the members.",
            "the same key",
            BARE,
        ),
        Export(
            "SCIM log",
            "log/",
            "`GET /api/rest/v1/scim_logs?per_page=1000&sort_by[created_at]=desc`: what arrived from the"
            " provider",
            "the same key",
            "Page back until the time you want; say it in `log.covers`.",
        ),
        Export(
            "History",
            "target/",
            "`GET /api/rest/v1/history?per_page=1000`: who changed accounts and groups",
            "the same key",
            BARE,
        ),
        Export(
            "Sign-on settings",
            "target/",
            "`GET /api/rest/v1/sso_strategies` and `GET /api/rest/v1/user_lifecycle_rules`. Secrets in"
            " them are dropped when they are read; better take them out before.",
            "the same key",
            "One answer each.",
        ),
    ),
    ("Save each answer as it is, a file per page.",),
)
SCIM = Product(
    "scim",
    "Any SCIM 2.0 application",
    "target",
    (
        Export(
            "Users",
            "target/",
            "`GET /Users?startIndex=1&count=100`, then `startIndex` plus the rows received",
            "a token that may read",
            "The rows of all pages add up to `totalResults`, and the pages agree on it.",
            needed=True,
        ),
        Export(
            "Groups, with their members",
            "target/",
            "`GET /Groups?startIndex=1&count=100`",
            "the same token",
            "As for users. Where the server never shows members, set `members_readable = false`.",
        ),
        Export(
            "Request log of the server or gateway",
            "log/",
            "what arrived: time, method, path, status, and the body where it is kept",
            "access to the log",
            "Say in `log.covers` what time it speaks about.",
        ),
    ),
)
SOURCES = {product.name: product for product in (ENTRA, OKTA)}
TARGETS = {product.name: product for product in (FILES_COM, SCIM)}


def guide(products: Sequence[Product], *, level: int = 2) -> str:
    """What to export of these products, as Markdown.

    Parameters
    ----------
    products
        The products, in order.
    level
        The level of their headings.
    """
    return "\n\n".join(_product(one, "#" * level) for one in products)


def _product(product: Product, mark: str) -> str:
    parts = [f"{mark} {product.title}"]
    parts += [f"{mark}# {_title(one)}\n\n{_lines(one)}" for one in product.exports]
    parts += list(product.notes)
    return "\n\n".join(parts)


def _title(export: Export) -> str:
    return f"{export.what}{' (needed)' if export.needed else ''}"


def _lines(export: Export) -> str:
    facts: Iterable[tuple[str, str]] = (
        ("Goes to", f"`{export.place}`"),
        ("Get it", export.how),
        ("Least right", export.right),
        ("It is whole when", export.whole),
    )
    return "\n".join(f"- {name}: {text}" for name, text in facts)
