"""Which names a fact of a provisioning event has, over all serialisations, the best one first.

Sources: formats.md sections 1.1 to 1.4.
"""

from __future__ import annotations

from typing import Any

from scimlytics.loaders.shapes import shaped

EVENT = shaped(
    {
        "id": "id",
        "at": "activitydatetime timegenerated",
        "tenant": "tenantid",
        "job": "jobid",
        "cycle": "cycleid",
        "change": "changeid correlationid",
        "action": "provisioningaction action",
        "duration": "durationinmilliseconds durationms",
        "principal": "serviceprincipal",
        "source_system": "sourcesystem",
        "target_system": "targetsystem",
        "initiator": "initiatedby",
        "source": "sourceidentity",
        "target": "targetidentity",
        "info": "provisioningstatusinfo",
        "old_info": "statusinfo",
        "steps": "provisioningsteps",
        "changes": "modifiedproperties",
        "result": "resulttype status",
        "signature": "resultsignature",
        "description": "resultdescription",
    }
)
ENVELOPE = shaped(
    {
        "id": "identity",
        "at": "time",
        "tenant": "tenantid",
        "resource": "resourceid",
        "change": "correlationid",
        "duration": "durationms",
        "result": "resulttype",
        "signature": "resultsignature",
        "description": "resultdescription",
    }
)
"""What stands around the event in the diagnostic export, for what the event leaves out."""
NO_ENVELOPE: tuple[Any, ...] = (None,) * 9
INFO = shaped(
    {
        "status": "status",
        "error": "errorinformation errorinfo",
        "code": "errorcode",
        "reason": "reason",
        "more": "additionaldetails",
    }
)
IDENTITY = shaped(
    {
        "id": "id",
        "name": "displayname name",
        "kind": "identitytype type",
        "details": "details",
    },
    "id displayName identityType details",
)
NAMED = shaped(
    {
        "id": "id",
        "name": "displayname name",
    },
    "id displayName",
)
NAMES = shaped(
    {
        "user_name": "userprincipalname",
        "display_name": "displayname",
    }
)
INITIATOR = shaped(
    {
        "kind": "initiatortype initiatingtype type",
    }
)
CHANGE = shaped(
    {
        "name": "displayname name",
        "old": "oldvalue",
        "new": "newvalue",
    },
    "displayName oldValue newValue",
)
