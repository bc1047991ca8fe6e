"""A second job that provisions the same application: it reads and writes the same accounts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from scimlytics.lab.bodies import PATHS
from scimlytics.lab.entra import read_user
from scimlytics.lab.provider import Claim
from scimlytics.lab.world import Person, World


@dataclass
class SecondJob:
    """Its id and its log."""

    world: World
    id: str
    claims: list[Claim] = field(default_factory=list)

    def read(self, person: Person, at: datetime, account_id: str) -> None:
        """Find an account equal."""
        claim = self._claim(person, at, account_id)
        claim.status, claim.skip = "skipped", "RedundantExport"

    def wrote(self, person: Person, at: datetime, account_id: str, values: dict[str, str]) -> None:
        """Write some attributes of an account."""
        claim = self._claim(person, at, account_id)
        claim.action, claim.written = "update", True
        claim.changes = [(PATHS[key], None, value) for key, value in values.items()]

    def _claim(self, person: Person, at: datetime, account_id: str) -> Claim:
        claim = Claim(
            self.world.uuid("event"), at, "user", "other", "success", person.id, person.display
        )
        claim.login, claim.target_id, claim.read = person.user_name, account_id, read_user(person)
        claim.flags = {"active": True, "assigned": True, "role": True, "filter": True}
        claim.found = {"id": account_id, "userName": person.login, "active": "True"}
        claim.job, claim.cycle = self.id, self.world.uuid("cycle", f"second {at.isoformat()}")
        claim.change = self.world.uuid("change")
        self.claims.append(claim)
        return claim
