"""The Pythons of this machine that may be started by whoever runs the tests."""

from __future__ import annotations

import functools
import glob
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# A bare Python: no site-packages, no settings of the user.
BARE = ("-s", "-S")
ASK = "import platform; print(platform.python_version() + ' ' + platform.python_implementation())"


@functools.cache
def pythons() -> dict[str, str]:
    """One interpreter for each version from 3.10 on, as {"3.12.1": executable}; ours is first."""
    return {version: path for version, path in _installed().items() if _minor(version) >= (3, 10)}


@functools.cache
def old_pythons() -> dict[str, str]:
    """The same for those that are too old for wslab."""
    return {version: path for version, path in _installed().items() if _minor(version) < (3, 10)}


def _minor(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)


@functools.cache
def _installed() -> dict[str, str]:
    found: dict[tuple[int, int], tuple[str, str]] = {}
    for candidate in _candidates():
        try:
            answer = subprocess.run(
                [candidate, *BARE, "-c", ASK], capture_output=True, encoding="utf-8", check=False
            )
        except OSError:  # what may not be started isn't there
            continue
        version, _, implementation = answer.stdout.strip().partition(" ")
        if answer.returncode == 0 and implementation == "CPython":
            found.setdefault(_minor(version), (version, candidate))
    return dict(found.values())


def _candidates() -> Iterator[str]:
    yield sys.executable
    pyenv = os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv"))
    # Not Path.glob: before Python 3.13 it raises where a folder may not be entered.
    yield from sorted(glob.glob(glob.escape(pyenv) + "/versions/[23].*/bin/python"))
    names = ["python2.7", *(f"python3.{minor}" for minor in range(6, 20))]
    yield from filter(None, map(shutil.which, names))
    if shutil.which("py"):  # Windows: lines such as " -V:3.12 *   C:\...\python.exe"
        listing = subprocess.run(["py", "-0p"], capture_output=True, encoding="utf-8", check=False)
        yield from (line.split(maxsplit=2)[-1].lstrip("* ") for line in listing.stdout.splitlines())
