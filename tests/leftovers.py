"""What a lesson leaves behind: threads, sockets, processes and files that were not there before.

A kernel runs this file (see :mod:`tests.notebooks`), so it needs nothing but Python.
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
        return wait_for_none(self._now)

    def _now(self) -> Iterator[str]:
        for thread in set(threading.enumerate()) - self.threads:
            if not thread.name.startswith("asyncio_"):  # those end with the loop of the kernel
                yield f"left behind: thread {thread.name}"
        for sock in _open_sockets():
            if id(sock) not in self.sockets:
                yield f"left behind: socket {sock.family.name}"
        for children in Path("/proc/self/task").glob("*/children"):  # where the system tells
            yield from (f"left behind: process {pid}" for pid in children.read_text().split())


def _open_sockets() -> list[socket.socket]:
    gc.collect()
    return [it for it in gc.get_objects() if isinstance(it, socket.socket) and it.fileno() >= 0]


def processes(mark: str) -> Iterator[str]:
    """What still runs with this mark, even if whoever started it is gone (Linux tells)."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                yield f"left running: {command[:70]}"
        except OSError:
            pass  # it has ended meanwhile, or belongs to somebody else


def files(folders: Iterable[str | Path]) -> set[str]:
    """What lies in these folders."""
    return {os.path.join(folder, name) for folder in folders for name in os.listdir(folder)}


def wait_for_none(look: Any) -> list[str]:
    """Look until nothing is found, or patience ends; what was found last."""
    patience = time.monotonic() + PATIENCE
    while (found := list(look())) and time.monotonic() < patience:
        time.sleep(0.02)
    return found
