"""File names from students' names: good on every system, and never two the same."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable

MOST = 60
"""Characters; with a suffix, a hash and a long folder it stays within what Windows takes."""

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*")
_DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"}
_DEVICES |= {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}


def file_names(ids: Iterable[str]) -> dict[str, str]:
    """A file name, without its ending, for each id: the id itself, where that is a good name.

    Else it says what can be said of the id, and ends with a hash of it. So do ids that differ in
    upper and lower case only, which many file systems take for one. The same ids give the same
    names.

    >>> file_names(["anna-1", "CON", "../x"])
    {'anna-1': 'anna-1', 'CON': 'CON-a3dbc4b6', '../x': 'x-d6b96a97'}
    """
    names = {one: one if is_safe(one) else _marked(one) for one in ids}
    count = Counter(name.lower() for name in names.values())
    return {one: name if count[name.lower()] == 1 else _marked(one) for one, name in names.items()}


def is_safe(name: str) -> bool:
    """Whether every system takes it for a plain name of a file, and no shell for an option."""
    device = name.partition(".")[0].lower() in _DEVICES
    return len(name) <= MOST and not device and _SAFE.fullmatch(name) is not None


def _marked(student_id: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9]+", "-", student_id)[: MOST - 9].strip("-") or "student"
    # A file name may hold halves of surrogate pairs: bytes that are no text in any encoding.
    digest = hashlib.sha256(student_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{readable}-{digest}"
