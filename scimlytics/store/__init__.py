"""Snapshots and logs on disk, in a folder that a crash cannot make lie.

::

    STORE/
      store.json                 what this folder is, and in which version
      current                    names the manifest that counts; replaced by one rename
      manifests/<n>-<hash>.json  what a commit holds: systems, snapshots, completeness, coverage
      data/<hash>.parquet        the rows; any parquet reader opens them
      prepared/                  what was worked out of a commit, for the next who asks; derived
      lock                       who is writing

A commit writes data, then a manifest that names them by their hash, then the pointer: whoever reads
sees the commit before or the commit after, never something between. Names are hashes of contents,
so every flipped bit is found before a number is shown. What a later pull did not get whole is kept
beside the last good snapshot, never in its place.
"""

from scimlytics.store.care import Damage, export, listing, prune, verify
from scimlytics.store.lock import Lock
from scimlytics.store.manifest import PREPARED, is_store
from scimlytics.store.reader import Kept, read
from scimlytics.store.writer import LogBatch, Snapshot, Writer

__all__ = [
    "PREPARED",
    "Damage",
    "Kept",
    "Lock",
    "LogBatch",
    "Snapshot",
    "Writer",
    "export",
    "is_store",
    "listing",
    "prune",
    "read",
    "verify",
]
