"""``python -m scimlytics`` is the command line."""

from __future__ import annotations

from scimlytics.cli import main

if __name__ == "__main__":
    main()
