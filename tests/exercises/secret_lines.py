"""The lines that only solutions and answers have: no submission may read one of them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from wslab.grading import kit

SHORTEST = 16
"""A shorter line, as ``return False``, tells nobody anything."""
SECRET = ("solutions", "tests/exercises/beliefs", "tests/exercises/honest")
SECRET_FILES = ("tests/exercises/reference.py",)


def lines_of(text: str) -> set[str]:
    """The lines that say something, without the spaces around them."""
    return {line.strip() for line in text.splitlines() if len(line.strip()) >= SHORTEST}


@cache
def secret_lines() -> frozenset[str]:
    """Of the solutions, the reference, the honest variants, the beliefs; not what is public."""
    root = kit.root()
    secret = [path for name in SECRET for path in (root / name).glob("*.py")]
    public = [
        *(root / "wslab").rglob("*.py"),
        *(root / "exercises").glob("*.py"),
        *(root / "tests/exercises/starters").glob("*.txt"),
        *(p for p in Path(os.__file__).parent.rglob("*.py") if "site-packages" not in p.parts),
    ]
    found = _all_lines([*secret, *(root / name for name in SECRET_FILES)])
    for path in public:
        found -= _all_lines([path])
    return frozenset(found)


def _all_lines(paths: Iterable[Path]) -> set[str]:
    return set().union(*(lines_of(path.read_text("utf-8", "replace")) for path in paths))
