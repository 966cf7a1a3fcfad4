"""Whose machine it is: another user, a folder that is open to all, and one that is closed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.shell import ROOT
from tests.support.visit import missing

USER = "nobody"
ROOTLIKE = hasattr(os, "geteuid") and os.geteuid() == 0

only_root = pytest.mark.skipif(not ROOTLIKE, reason="only root may change users")


def ordinary() -> dict[str, Any]:
    """What makes ``subprocess`` start a program as an ordinary user: nothing, if you are one."""
    return {"user": USER, "extra_groups": []} if ROOTLIKE else {}


@contextmanager
def open_kit() -> Iterator[Path]:
    """A folder that every user may enter, with a copy of the kit in ``kit``: ours may be closed."""
    with tempfile.TemporaryDirectory(prefix="wslab open ") as name:
        kit = Path(name, "kit")
        for part in ("wslab", "exercises", "solutions", "tests/exercises"):
            ignore = shutil.ignore_patterns("__pycache__")  # perhaps of another Python
            shutil.copytree(ROOT / part, kit / part, ignore=ignore)
        (kit / "tests/support").mkdir()
        for file in ("start.py", "tests/support/pythons.py"):
            shutil.copy(ROOT / file, kit / file)
        subprocess.run(["chmod", "-R", "go+rX", name], check=True)
        if not starts("test", "-r", str(kit / "start.py")):
            pytest.skip(
                f"another user can't enter {tempfile.gettempdir()}: TMPDIR names a closed folder"
            )
        yield kit


def open_python() -> str:
    """A Python that an ordinary user may start: the one that runs this may be closed to others."""
    ours = sys.executable, os.path.realpath(sys.executable), "/usr/bin/python3"
    new_enough = "import sys; sys.exit(sys.version_info < (3, 10))"
    found = next((one for one in ours if starts(one, "-c", new_enough)), None)
    return found or missing(f"no Python that the user {USER} may start")


def starts(*words: str) -> bool:
    """Whether an ordinary user may start this program, and it ends well."""
    try:
        null = subprocess.DEVNULL
        return not subprocess.run(words, cwd="/", stderr=null, check=False, **ordinary()).returncode
    except OSError:
        return False
