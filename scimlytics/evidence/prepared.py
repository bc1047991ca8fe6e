"""What was worked out of a store, kept beside it: the next question need not work it out again.

All that a check computes is written as parquet once: the tables of the engine and the findings. Whoever
asks later, in another process, views those files, of which only the rows that matter are read. A
preparation belongs to one commit of the store, to settings and moment, and to this very program; for
anything else everything is worked out anew. It is derived: when it is damaged or away, nothing is lost.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from scimlytics.evidence.engine import Engine

ABOUT = "about.json"
FINDINGS = "findings.parquet"
UNUSED = 7 * 86400
"""Seconds after which a preparation that nobody used is cleared away."""
HALF = 3600
"""Seconds after which one that is not whole belongs to a run that was killed."""


class Prepared:
    """The place of preparations, and which of them fits.

    Parameters
    ----------
    folder
        Where they lie.
    about
        What it is about: the store's commit, the settings.
    """

    def __init__(self, folder: Path, about: str) -> None:
        self.folder, self._about = folder, about

    def place(self, moment: object) -> Path:
        """Where the preparation for a moment lies; None is the evidence's own."""
        text = json.dumps([self._about, str(moment), program()])
        return self.folder / sha256(text.encode()).hexdigest()[:32]

    def recall(self, moment: object, engine: Engine) -> tuple[dict[str, Any], pa.Table] | None:
        """Put the tables of a preparation into an engine; gives what was noted, and the findings."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        place = self.place(moment)
        if not engine.is_duckdb:
            return None
        try:
            noted = json.loads((place / ABOUT).read_bytes())
            if noted.pop("seal") != _seal(noted) or noted["files"] != _digests(place):
                return None
            findings = pq.read_table(place / FINDINGS)
            os.utime(place)
        except (OSError, ValueError, KeyError, pa.ArrowInvalid):
            return None
        for name, file in noted["tables"].items():
            engine.view(name, place / file)
        return noted, findings

    def remember(
        self,
        moment: object,
        engine: Engine,
        kept: Mapping[str, Any],
        findings: pa.Table,
        noted: Mapping[str, Any],
    ) -> None:
        """Keep what was worked out; where nothing can be written, nothing is."""
        import pyarrow.parquet as pq

        place = self.place(moment)
        if not engine.is_duckdb or place.exists():
            return
        part = place.with_name(f".{place.name}.{os.getpid()}")
        with suppress(OSError):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._clear()
            part.mkdir(mode=0o700)
            try:
                tables = engine.write(part, kept)
                pq.write_table(findings, part / FINDINGS)
                about = {**noted, "kept": sorted(kept), "tables": tables, "files": _digests(part)}
                sealed = {**about, "seal": _seal(about)}
                (part / ABOUT).write_text(json.dumps(sealed), encoding="utf-8")
                for one in part.iterdir():
                    one.chmod(0o600)
                part.rename(place)
            finally:
                shutil.rmtree(part, ignore_errors=True)

    def _clear(self) -> None:
        now = time.time()
        for one in self.folder.iterdir():
            longest = HALF if one.name.startswith(".") else UNUSED
            if now - one.stat().st_mtime > longest:
                shutil.rmtree(one, ignore_errors=True)


def _digests(place: Path) -> dict[str, str]:
    """What each file of a preparation holds: a broken bit makes it another one."""
    found = {}
    for one in sorted(place.iterdir()):
        if one.name != ABOUT:
            with one.open("rb") as file:
                found[one.name] = file_digest(file, "sha256").hexdigest()
    return found


def _seal(about: Mapping[str, Any]) -> str:
    return sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


@cache
def program() -> str:
    """Which program this is: its files, by size and time of change."""
    root = Path(__file__).parent.parent
    files = sorted(
        (str(one.relative_to(root)), one.stat().st_size, one.stat().st_mtime_ns)
        for one in root.rglob("*.py")
    )
    return sha256(json.dumps(files).encode()).hexdigest()
