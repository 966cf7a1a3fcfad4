"""The commands: a file for each, with ``add`` (its words) and ``run`` (what it does).

`wslab.cli` loads a file only if its command was typed: nobody waits for what is not used.
"""

from __future__ import annotations

NAMES = (
    "demo",
    "serve",
    "connect",
    "explain",
    "record",
    "relay",
    "compare",
    "check",
    "hint",
    "watch",
    "progress",
    "solution",
    "reset",
    "grade",
    "release",
)
"""In the order of the help text."""
