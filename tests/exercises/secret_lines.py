"""The lines that only solutions and answers have: no submission may read one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wslab.grading import kit

SHORTEST = 16
"""A shorter line, as ``return False``, tells nobody anything."""
SECRET = ("solutions/*.py", "tests/exercises/beliefs/*.py", "tests/exercises/honest/*.py",
          "tests/exercises/reference.py")  # fmt: skip


def lines_of(text: str) -> set[str]:
    """The lines that say something, without the spaces around them."""
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST}


def secret_files() -> list[str]:
    """Solutions, the reference, the honest variants, the beliefs: their paths in the kit."""
    root = kit.root()
    paths = [path for pattern in SECRET for path in sorted(root.glob(pattern))]
    return [path.relative_to(root).as_posix() for path in paths]


@cache
def secret_lines() -> frozenset[str]:
    """The lines of those files, without what is public, here or in Python's own library."""
    root = kit.root()
    public = [
        *(root / "wslab").rglob("*.py"),
        *(root / "exercises").glob("*.py"),
        *(root / "tests/exercises/starters").glob("*.txt"),
        *(p for p in Path(os.__file__).parent.rglob("*.py") if "site-packages" not in p.parts),
    ]
    found = _all_lines(root / name for name in secret_files())
    for path in public:
        found -= _all_lines([path])
    return frozenset(found)


def _all_lines(paths: Iterable[Path]) -> set[str]:
    return set().union(*(lines_of(path.read_text("utf-8", "replace")) for path in paths))
