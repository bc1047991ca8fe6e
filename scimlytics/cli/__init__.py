"""The command line: the one place that prints, and that sets exit codes.

A command is one module in ``commands`` and one word in ``app.COMMANDS``. Data goes to stdout,
everything else to stderr, progress to a terminal only. Errors a person can mend are one line.
"""

from __future__ import annotations


def main() -> None:
    """Run ``scimlytics`` with the arguments of this process, and leave with its exit code."""
    import sys

    from scimlytics.cli.app import run

    sys.exit(run())
