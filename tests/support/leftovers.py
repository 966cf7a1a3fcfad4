"""What a lesson leaves behind: threads, sockets, processes and files that were not there before.

A kernel runs this file (see :mod:`tests.support.notebooks`), so it needs nothing but Python.
"""

from __future__ import annotations

import gc
import os
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PATIENCE = 5.0
"""So many seconds has what was told to end."""

MARK = "WSLAB_NOTEBOOK"
"""A variable of the environment: each process that a lesson starts inherits it."""


class Leftovers:
    """Inside the kernel: what is there now, and later what has come and stayed."""

    def __init__(self) -> None:
        self.threads = set(threading.enumerate())
        self.sockets = {id(sock) for sock in _open_sockets()}

    def found(self, lesson: Any) -> list[str]:
        """One line for each. The servers that the lesson has kept end first, as with the kernel."""
        if lesson is not None:
            lesson.end()
        patience = time.monotonic() + PATIENCE
        while (found := list(self._now())) and time.monotonic() < patience:
            time.sleep(0.02)
        return found

    def _now(self) -> Iterator[str]:
        for thread in set(threading.enumerate()) - self.threads:
            # The kernel's own: its loop has helpers, and a large picture leaves by ZeroMQ's.
            of_zmq = type(thread).__module__.startswith("zmq.")
            if not of_zmq and not thread.name.startswith("asyncio_"):
                yield f"left behind: thread {thread.name}"
        for sock in _open_sockets():
            if id(sock) not in self.sockets:
                yield f"left behind: socket {sock.family.name}"
        # A kernel that ends ends its children, too; a learner's goes on for hours.
        yield from (f"left behind: process {line}" for line in _other_processes())


def _open_sockets() -> list[socket.socket]:
    gc.collect()
    return [it for it in gc.get_objects() if isinstance(it, socket.socket) and it.fileno() >= 0]


def _other_processes() -> Iterator[str]:
    """What runs with our mark, even if whoever started it is gone, where the system tells."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark in (process / "environ").read_bytes().split(b"\0")
            if marked and process.name != str(os.getpid()):
                yield (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:70]
        except OSError:
            pass  # it has ended meanwhile, or belongs to somebody else


def files(folders: Iterable[str | Path]) -> set[str]:
    """What lies in these folders."""
    return {os.path.join(folder, name) for folder in folders for name in os.listdir(folder)}
