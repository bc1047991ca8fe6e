"""People's attributes by the names that mappings and filters use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from scimlytics.reconcile.mapping.functions import UnevaluableError, Value
from scimlytics.reconcile.people import SOURCE_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

NESTED = ("onpremisesextensionattributes.", "profile.", "name.")
"""Where products keep an attribute that mappings name without this."""
OF_SCOPE = {"issoftdeleted"}
"""What the provider works out from assignment and state."""


class Records:
    """The attributes of people, column by column.

    Parameters
    ----------
    users
        USERS of the source.
    collected
        The columns that the export asked for; in the others an empty cell says nothing.
    """

    def __init__(self, users: pa.Table, collected: frozenset[str]) -> None:
        self.ids: list[str] = users.column("id").to_pylist()
        self._users = users
        self._collected = collected
        self._known: dict[str, list[Value]] = {}
        self._all: list[dict[str, str]] | None = None
        self._names: dict[str, str] = {}

    def column(self, name: str) -> list[Value]:
        """The values of an attribute, one per person.

        Raises
        ------
        UnevaluableError
            The export does not show it for anybody.
        """
        key = name.casefold()
        if key not in self._known:
            self._known[key] = self._read(name, key)
        return self._known[key]

    def _read(self, name: str, key: str) -> list[Value]:
        if key in OF_SCOPE:
            raise UnevaluableError(f"{name} is worked out by the provider")
        own = SOURCE_COLUMNS.get(key)
        if own is not None and own in self._collected:
            return list(self._users.column(own).to_pylist())
        shown = self._attributes()
        spelt = next((one for one in ("", *NESTED) if one + key in self._names), None)
        if spelt is None:
            raise UnevaluableError(f"{name} is not in the export of the source's users")
        path = self._names[spelt + key]
        return [_value(record.get(path)) for record in shown]

    def _attributes(self) -> list[dict[str, str]]:
        if self._all is None:
            raw = self._users.column("attributes").to_pylist()
            self._all = [orjson.loads(one) if one else {} for one in raw]
            self._names = {path.casefold(): path for record in self._all for path in record}
        return self._all


def _value(shown: str | None) -> Value:
    """An attribute as exported: several values stand there as a JSON list."""
    if shown is None or not shown.startswith("["):
        return shown
    try:
        listed = orjson.loads(shown)
    except orjson.JSONDecodeError:
        return shown
    return [str(one) for one in listed] if isinstance(listed, list) else shown
