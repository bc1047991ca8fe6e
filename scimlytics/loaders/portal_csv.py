"""Downloads of Entra's portal: the names of Graph, with every value as text.

They carry Graph's property names, so they have to be told from Graph's own answers before those
are asked: Graph never writes a flag as a text, a download always does (trap 3 of formats.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scimlytics.loaders.directory_csv import TABLES, is_directory, load
from scimlytics.loaders.format import Format, Record
from scimlytics.loaders.records import fields

RANK = -1
"""Asked before Graph, whose names these are."""
FLAGS = {"accountenabled", "securityenabled", "mailenabled", "isuser", "isgroup", "isguest"}


def _is_download(envelope: Record, record: Any) -> bool:
    if not isinstance(record, Mapping) or not is_directory(envelope, record):
        return False
    return bool(FLAGS & set(fields(record)))


FORMATS = (Format("Entra portal download", "entra", TABLES, _is_download, load, "source"),)
