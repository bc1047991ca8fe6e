"""Rows on their way into a table, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimlytics.tables import TABLES


class Columns:
    """The columns of a table as lists; only columns that some row names are collected."""

    def __init__(self, table: str) -> None:
        made = TABLES[table]
        self.names = [name for name in made.columns if name not in made.keys]
        self.found: list[dict[str, Any]] = []
        self.named: set[str] = set()

    def add(self, row: Mapping[str, Any]) -> None:
        """Take a row; what it leaves out is null."""
        self.named |= row.keys()
        self.found.append(dict(row))

    def rows(self) -> dict[str, list[Any]]:
        """The columns, all of them equally long."""
        named = [name for name in self.names if name in self.named]
        return {name: [row.get(name) for row in self.found] for name in named}
