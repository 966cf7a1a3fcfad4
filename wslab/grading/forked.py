"""The judge's side of a `nursery`, and of the workers that come out of it."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
from collections.abc import Mapping, Sequence

from . import orphans

PATIENCE = 10.0
"""A nursery that has not answered for so many seconds never will."""


class Forked:
    """A worker that the nursery has forked, with its pipes. Used like a ``Popen``."""

    def __init__(self, pid: int, stdin: int, stdout: int, stderr: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = os.pidfd_open(pid)  # first: if this fails, the pipes are still the caller's
        self.stdin = open(stdin, "wb", 0)  # noqa: SIM115
        self.stdout = open(stdout, "rb", 0)  # noqa: SIM115
        self.stderr = open(stderr, "rb", 0)  # noqa: SIM115

    def wait(self, timeout: float) -> int:
        """How it has ended. Raises TimeoutExpired if it has not, after so many seconds."""
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._ended, select.POLLIN)
            if not poll.poll(1000 * timeout):
                raise subprocess.TimeoutExpired("a worker", timeout)
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            os.close(self._ended)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Does nothing if it has ended."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._ended, number)

    def kill(self) -> None:
        """The same, for good."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """Forks workers. Only for a process that adopts orphans: they become its children."""

    def __init__(self, python: Sequence[str], environment: Mapping[str, str]) -> None:
        # One message at a time, as a datagram, and yet it has an end.
        self._judge, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        self._judge.settimeout(PATIENCE)
        with theirs:
            self._process = subprocess.Popen(
                python, stdin=theirs.fileno(), env=dict(environment), start_new_session=True
            )
        orphans.known.add(self._process.pid)

    def fork(self, folder: str, environment: Mapping[str, str]) -> Forked:
        """A new worker. Raises OSError."""
        stdin, ours_in = os.pipe()
        ours_out, stdout = os.pipe()
        ours_error, stderr = os.pipe()
        theirs, ours = [stdin, stdout, stderr], [ours_in, ours_out, ours_error]
        try:
            request = json.dumps([folder, dict(environment)]).encode()
            socket.send_fds(self._judge, [request], theirs)
            (pid,) = struct.unpack("!I", self._judge.recv(4))
            if not self._judge.recv(100):  # from now on, it is our child
                raise EOFError
            return Forked(pid, *ours)
        except (OSError, EOFError, struct.error) as error:
            for fd in ours:
                os.close(fd)
            raise OSError(0, "the nursery does not answer") from error
        finally:
            for fd in theirs:
                os.close(fd)

    def end(self) -> None:
        """End it. Its workers live on."""
        self._judge.close()
        with contextlib.suppress(OSError):
            self._process.kill()
        self._process.wait()
        orphans.known.discard(self._process.pid)
