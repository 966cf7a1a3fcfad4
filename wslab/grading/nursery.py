"""A process that has loaded all that a worker needs, and forks one whenever the judge asks.

To start Python and to load its library takes longer than most of what a worker is asked. The worker
is the same as one that was started: no line of a student's and no right answer ever gets in here.
Linux only, beside a judge that adopts orphans: see `forked`.
"""

from __future__ import annotations

# What students' files import: it is found loaded, and still has to be imported to be seen.
# ruff: noqa: F401
import collections
import dataclasses
import enum
import gc
import hashlib
import json
import os
import pathlib
import random
import selectors
import socket
import struct
import sys

from . import worker


def main() -> None:
    """Run as the nursery, and, in each child, as a worker."""
    folder, environment = _forked(socket.socket(fileno=os.dup(0)))
    os.setsid()
    os.chdir(folder)
    os.environ.update(environment)  # the same names as our own, with its folder in them
    worker.main()


def _forked(judge: socket.socket) -> tuple[str, dict[str, str]]:
    """Fork, again and again. Returns only in the children, with where they belong."""
    gc.freeze()  # what is here stays as it is, so that the children can share its memory
    while True:
        request, pipes, _, _ = socket.recv_fds(judge, 1 << 16, 3)
        if not request:  # the judge has ended
            os._exit(0)
        between = os.fork()
        if not between:
            if pid := os.fork():  # when we end, our child becomes an orphan: the judge's own child
                judge.sendall(struct.pack("!I", pid))
                os._exit(0)
            judge.close()
            for fd, pipe in enumerate(pipes):
                os.dup2(pipe, fd)
                os.close(pipe)
            folder, environment = json.loads(request)
            return folder, environment
        for pipe in pipes:
            os.close(pipe)
        os.waitpid(between, 0)
        judge.sendall(b"It is yours.")
