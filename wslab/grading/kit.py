"""Where the exercises, their checks and the catalogue of beliefs are: in the kit's own folder.

They are no part of the package: a student reads and changes the exercises, and may read the checks.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from ..errors import Error
from .beliefs import Belief, beliefs_in
from .check import Check, checks_in

FILES = {
    "ex01": "ex01_echo_over_tcp",
    "ex02": "ex02_messages_over_a_stream",
    "ex03": "ex03_opening_handshake",
    "ex04": "ex04_frames",
    "ex05": "ex05_masking",
    "ex06": "ex06_messages",
    "ex07": "ex07_websocket_echo",
    "ex08": "ex08_predict_the_traffic",
    "ex09": "ex09_chat",
}
"""The exercises, and the file of each, without ``.py``."""

LESSONS = {
    "00": "Start here",
    "01": "What a socket is",
    "02": "Echo over TCP: a stream, not messages",
    "03": "One API, many protocols",
    "04": "The opening handshake, byte by byte",
    "05": "Frames: how a stream gets its messages back",
    "06": "XOR masking: what it does and does not do",
    "07": "Why masking exists: poisoning a proxy",
    "08": "What is not protected",
    "09": "Long-lived, not unbreakable",
    "10": "Compare the traffic",
    "11": "In the wild",
}

PACKAGE = "wslab_exercises"
"""The name under which ``tests/exercises`` is loaded: "tests" may be somebody else's, too."""


class KitError(Error):
    """Something of the kit is not there; the text says what, and what to do."""


def root() -> Path:
    """The kit's folder. Raises KitError."""
    folder = Path(__file__).resolve().parent.parent.parent
    if not (folder / "tests" / "exercises" / "checks").is_dir():
        raise KitError(
            "The exercises and their checks are not installed with the package: "
            "run this from the kit's own folder (the one with start.py in it)."
        )
    return folder


def exercise(name: str | int) -> str:
    """The full key of an exercise: "ex03" for "ex03", "3", 3 or "ex03_opening_handshake.py".

    Raises KitError if there is none of that name; a near one is suggested.

    >>> exercise("3"), exercise("ex04_frames.py")
    ('ex03', 'ex04')
    """
    name = str(name)
    key = name.lower().replace("\\", "/").rpartition("/")[2].partition("_")[0].partition(".")[0]
    key = f"ex{int(key):02}" if key.isascii() and key.isdigit() and len(key) < 3 else key
    if key not in FILES:
        near = _near(name.lower())
        meant = f" Is it {near}?" if near else ""
        raise KitError(f"There is no exercise {name[:60]!a}: there are {', '.join(FILES)}.{meant}")
    return key


def _near(name: str) -> str:
    """The exercise that may have been meant, by its key or by a word of its topic."""
    words = {word: key for key, file in FILES.items() for word in file.split("_") if len(word) > 3}
    number = re.fullmatch(r"[ex_ -]*0*([1-9])\D*", name)
    found = [f"ex0{number[1]}"] if number else []
    found = found or difflib.get_close_matches(name.partition(".")[0], [*FILES, *words], 1, 0.6)
    return words.get(found[0], found[0]) if found else ""


def written() -> list[str]:
    """The exercises that have checks."""
    return [key for key in FILES if (root() / "tests/exercises/checks" / f"{key}.py").is_file()]


@cache
def checks(key: str) -> tuple[Check, ...]:
    """The checks of an exercise, those first that others need."""
    return tuple(_needed_first(checks_in(_load("checks", key))))


@cache
def beliefs(key: str) -> tuple[Belief, ...]:
    """The catalogued beliefs about an exercise; none, where nobody has written any."""
    if not (root() / "tests/exercises/beliefs" / f"{key}.py").is_file():
        return ()
    return beliefs_in(_load("beliefs", key))


def starter(key: str) -> str:
    """The file as it is before anybody has written in it.

    A copy of it lies beside the checks: ``exercises/`` has what the student wrote, and not every
    copy of the kit has a history. Raises KitError.
    """
    path = root() / "tests" / "exercises" / "starters" / f"{FILES[key]}.txt"
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise KitError(f"The starter of {key} cannot be read: {error.strerror}.") from None


GIVEN = ("pieces.py", "plumbing.py", "fallback.py")
"""What is given beside the starters: ex07 and ex09 are built on it."""
_LENT = {
    "ex07": "errors frames grammar handshake http masking message refusal rfc uri",
    "ex09": "connection events shortcut",
}
"""The modules of ``wslab.protocol`` that exercises/fallback.py needs from this exercise on.

ex07 gets no Connection: that is what a student is to write there.
"""


def companions(key: str) -> dict[str, str]:
    """What a program of ours needs beside it: the given files, and wslab to make up for a piece.

    The paths are those inside the folder it runs in. All of it is public, in every copy of the kit:
    the student's program can read what lies beside it. Raises KitError.
    """
    if key not in _LENT:
        return {}
    lent = " ".join(names for other, names in _LENT.items() if other <= key).split()
    found = {f"wslab/protocol/{name}.py": f"wslab/protocol/{name}.py" for name in lent}
    found |= {f"exercises/{name}": name for name in GIVEN}
    try:
        texts = {to: (root() / path).read_text("utf-8") for path, to in found.items()}
    except OSError as error:
        name = Path(error.filename).relative_to(root()).as_posix()
        raise KitError(
            f"{name} is missing, and {key} is built on it: put the one of a fresh copy of the kit "
            "there."
        ) from None
    # Not ours: it would load the server, and all that a student is to write.
    return {"wslab/__init__.py": "", "wslab/protocol/__init__.py": "", **texts}


def _load(kind: str, key: str) -> ModuleType:
    folder = root() / "tests" / "exercises"
    if not (folder / kind / f"{key}.py").is_file():
        raise KitError(f"{key} has no {kind} yet.")
    if PACKAGE not in sys.modules:
        package = ModuleType(PACKAGE)
        package.__path__ = [str(folder)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.{kind}.{key}")


def _needed_first(found: tuple[Check, ...]) -> list[Check]:
    """In their order, but none before what it needs. Raises KitError on a need that is not met."""
    ordered: list[Check] = []
    waiting = list(found)
    while waiting:
        done = {check.name for check in ordered}
        ready = [check for check in waiting if done.issuperset(check.needs)]
        if not ready:
            raise KitError(f"{waiting[0].id} needs a check that is not there, or waits for itself.")
        ordered.append(ready[0])
        waiting.remove(ready[0])
    return ordered
