"""What a worker leaves behind: a process that left its group finds a new parent, and that is us.

Linux only (PR_SET_CHILD_SUBREAPER), and only where `adopt` was called: in a process that does
nothing but judge. Elsewhere, a child that we do not know may be somebody else's.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator

known: set[int] = set()
"""Children that we started ourselves, and that are not to be ended here."""

_SUBREAPER = 36  # for prctl
_state = {"adopting": False}


def adopt() -> bool:
    """From now on, every orphan among our descendants becomes our child. False: not here."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    known.update(_children())
    _state["adopting"] = ctypes.CDLL(None).prctl(_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0) == 0
    return _state["adopting"]


def layers() -> tuple[str, ...]:
    """The name of this layer for the report, where it is there."""
    return ("orphans are ended",) if _state["adopting"] else ()


def end(patience: float = 2.0) -> None:
    """End every child that nobody started: its parent, a worker, is gone."""
    if not _state["adopting"]:
        return
    deadline = time.monotonic() + patience
    # Again and again: the children of an orphan become ours only when it has ended.
    while strangers := set(_children()) - known:
        for pid in strangers:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(pid, os.WNOHANG)
        if time.monotonic() > deadline:
            return
        time.sleep(0.002)


def _children() -> Iterator[int]:
    """Our children, from the second word behind the name in /proc/PID/stat."""
    ours = os.getpid()
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    words = file.read().rpartition(b")")[2].split()
                if int(words[1]) == ours:
                    yield int(name)
