"""Headers under which spreadsheets and portals name what our tables hold.

Compared without case, blanks and signs, accents kept. English first: it is what Entra's bulk
downloads, Microsoft's and Okta's admin pages write; German, French and Spanish as the admin centre
shows them. Earlier names win where a file has several.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_USER_NAME = (
    "userprincipalname upn username login userlogin signinname benutzerprinzipalname"
    " prinzipalnamedesbenutzers benutzername anmeldename nomdutilisateurprincipal nomdutilisateur"
    " identifiant nombreprincipaldeusuario nombredeusuario"
)
_SHOWN = (
    "displayname fullname anzeigename nomdaffichage nomcomplet nombreparamostrar nombrecompleto"
)
_GROUP_ID = "groupid groupobjectid gruppenid idgroupe iddegrupo"
USERS = {
    "id": "id objectid userid useruuid objektid benutzerid iddobjet iddeobjeto idutilisateur",
    "external_id": "externalid scimexternalid",
    "user_name": _USER_NAME,
    "email": "mail email emailaddress primaryemail emailadresse adressedemessagerie adresseemail"
    " correoelectrónico direccióndecorreoelectrónico",
    "aliases": "proxyaddresses aliases othermails aliase",
    "display_name": _SHOWN,
    "given_name": "givenname firstname vorname prénom nombre",
    "family_name": "surname familyname lastname nachname nomdefamille apellidos",
    "active": "accountenabled active enabled activated isactive kontoaktiviert aktiviert aktiv"
    " compteactivé activé cuentahabilitada habilitado",
    "inactive": "blockcredential blockcredentials disabled accountdisabled isdisabled blocked"
    " anmeldunggesperrt deaktiviert gesperrt bloqué désactivé bloqueado deshabilitado",
    "state": "status state userstatus accountstatus zustand kontostatus statut état estado",
    "user_type": "usertype benutzertyp typedutilisateur tipodeusuario",
    "employee_number": "employeeid employeenumber personalnummer matricule númerodeempleado",
    "department": "department abteilung service département departamento",
    "title": "jobtitle title position fonction cargo puesto",
    "company": "companyname company organization firma unternehmen société empresa",
    "manager_id": "managerid",
    "created": "createddatetime created createdat whencreated erstelltam créé creado",
    "modified": "modified lastupdated lastmodified updatedat",
    "last_login": "lastlogin lastsignin lastloginat",
}
GROUPS = {
    "id": f"id objectid {_GROUP_ID} objektid iddobjet iddeobjeto",
    "external_id": "externalid",
    "display_name": f"{_SHOWN} groupname name gruppenname nomdugroupe nombredelgrupo",
    "mail": "mail email",
    "security_enabled": "securityenabled sicherheitaktiviert",
    "created": "createddatetime created createdat",
}
MEMBERSHIPS = {
    "group_id": _GROUP_ID,
    "member_id": "memberid memberobjectid userid userobjectid principalid mitgliedsid mitgliedid"
    " benutzerid idmembre idutilisateur iddemiembro",
    "member_type": "membertype objecttype",
    "member_name": f"membername {_USER_NAME}",
}
ASSIGNMENTS = {
    "app_id": "appid applicationid resourceid serviceprincipalid anwendungsid",
    "principal_id": "principalid userid assigneeid benutzerid",
    "principal_type": "principaltype assigneetype",
    "principal_name": f"principaldisplayname principalname {_USER_NAME} {_SHOWN}",
    "role_id": "approleid roleid",
    "created": "createddatetime created granted assignedat",
    "application": "application appname app resourcedisplayname anwendung",
}
"""``application`` only tells that a file is about assignments; ``inactive`` is ``active`` denied."""

ACTIVE_STATES = {"active", "enabled", "aktiv", "aktiviert", "actif", "activé", "activo"}
INACTIVE_STATES = {
    "inactive",
    "disabled",
    "suspended",
    "deprovisioned",
    "blocked",
    "deleted",
    "inaktiv",
    "deaktiviert",
    "gesperrt",
    "inactif",
    "désactivé",
    "inactivo",
    "deshabilitado",
}
GROUP_MARKS = ("grouptype", "membershiptype", "securityenabled", "mailenabled", "groupname")
NO_DIRECTORY = {
    "changeid",
    "cycleid",
    "jobid",
    "timegenerated",
    "timegeneratedutc",
    "provisioningaction",
    "eventtype",
    "action",
    "method",
}
"""Headers of logs: such a file is no directory, whatever else it names."""


def plain(header: str) -> str:
    """Reduce a header to what is compared: letters and digits, without case."""
    return re.sub(r"[\W_]+", "", header.casefold())


def matched(headers: Iterable[str], words: Mapping[str, str]) -> dict[str, str]:
    """Find the header of each column by its names; the earlier name wins."""
    known: dict[str, str] = {}
    for header in headers:
        known.setdefault(plain(str(header)), str(header))
    found: dict[str, str] = {}
    for column, names in words.items():
        for name in names.split():
            if name in known and known[name] not in found.values():
                found[column] = known[name]
                break
    return found
