"""A student's server as a black box: their program in a process of its own, and us on loopback.

    with student.serving() as server:
        for delivery in Delivery:
            with server.connect(delivery) as line:
                line.say(b"Hello", b"Bye")
                line.hear(b"HelloBye", "the echo of what was said")

Every step has a deadline. What the program does wrong is a `Complaint`: it ends the check, and the
student reads it. Nothing that a client can meet in the real world is an error of ours.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import select
import socket
from collections.abc import Mapping
from types import TracebackType

from .allowance import Allowance
from .answers import Complaint
from .delivery import Delivery
from .limits import Limits
from .line import Line
from .process import Child, Ended
from .wire import WireError

HOST = "127.0.0.1"
LENT = "pieces: "
"""So begins what the given part of an exercise says about a piece that steps in for a student's."""


class Server:
    """The program while it runs, listening on a port of ours. A context manager."""

    def __init__(
        self,
        sources: Mapping[str, str],
        file: str,
        companions: Mapping[str, str],
        limits: Limits,
        randomness: random.Random,
        words: tuple[str, ...] = (),
        left: float | None = None,
    ) -> None:
        self._what = sources, file, companions
        self._left = left if left is not None else limits.total
        self.limits, self.random, self.words = limits, randomness, words
        self.port = 0
        self.life = Allowance(0, 0.0)
        """What is left of the time of the submission, once it runs."""
        self.printed = ""
        self.interrupted = False
        self.noted: str | None = None
        """What it had printed when the first thing went wrong: see `note`."""
        self.layers: tuple[str, ...] = ()
        """What keeps the program apart from the rest of the machine; known once it has begun."""
        self._child: Child | None = None

    def __enter__(self) -> Server:
        # The port may be gone between our look at it and the program's: that is not their fault.
        for last_try in (False, True):
            self.port = _free_port()
            sources, file, companions = self._what
            self._child = Child(
                sources, file, self.limits,
                files=companions, program=[str(self.port), *self.words],
                ports=[self.port],
            )  # fmt: skip
            try:
                self.life = self._child.allow(self._left)
                self._child.begin(self._child.allow(self.limits.load))
                self.layers = self._child.layers
                self._wait_until_ready(self._child)
                return self
            except Complaint:
                self.stop()
                if last_try or "ddress already in use" not in self.printed:
                    raise
            except (TimeoutError, Ended, WireError, OSError):
                self.stop()
                raise Complaint(self._with_output("The program could not be started.")) from None
            except BaseException:
                self.stop()
                raise
        raise AssertionError("not reached")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = self._child.exit_status(0) if self._child else None
        self.stop()
        if kind is None and ended is not None and not self.interrupted:
            raise Complaint(self._with_output("The program ended while it was being used."))
        if kind is None and _listens(self.port):
            raise Complaint("Something still listens on its port after the program's end.")

    def ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._child is None or self._child.exit_status(0) is not None

    def output(self) -> str:
        """The beginning of what it has printed so far."""
        return self._child.output() if self._child else self.printed

    def settle(self) -> None:
        """Wait, but not long, until the program waits for something, too."""
        if self._child:
            self._child.settle()

    def note(self) -> str:
        """Something has gone wrong: keep what was printed up to now, for it may say why.

        Before we hang up: what a program says about that is no cause of anything.
        """
        if self.noted is None:
            self.settle()
            self.noted = self.output()
        return self.noted

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self._child
        self.interrupted = True
        self._child.interrupt()

    def exit_status(self, seconds: float) -> int | None:
        """How it ended, as ``subprocess`` says it; None if it has not in this time."""
        assert self._child
        allowance = self._child.allow(seconds)
        while (status := self._child.exit_status(allowance.slice())) is None:
            if not allowance.lasts():
                break
        return status

    @property
    def url(self) -> str:
        """For a WebSocket client."""
        return f"ws://{HOST}:{self.port}/"

    def connect(self, delivery: Delivery = Delivery.WHOLE) -> Line:
        """A connection. Raises Complaint if the program takes none."""
        assert self._child
        try:
            sock = _connected(self.port, self._child.allow(self.limits.step))
        except OSError as error:
            why = "no answer" if isinstance(error, TimeoutError) else str(error.strerror)
            raise Complaint(self._with_output(f"Nobody takes the connection: {why}.")) from None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Line(sock, delivery, self.limits.step, self.random, self.life)

    def _wait_until_ready(self, child: Child) -> None:
        """Ready is when a connection succeeds: what it prints, or when, is its own affair."""
        allowance = child.allow(self.limits.load)
        ended = "The program ended before it took a connection."
        hint = ' Is its last part still there, if __name__ == "__main__": and what follows?'
        while allowance.lasts():
            if _listens(self.port):
                child.settle()
                if not self.ended():
                    return
                ended = "The program took a connection, and ended: more clients will come."
                hint = ""
            if (status := child.exit_status(0.01)) is not None:
                raise Complaint(self._with_output(ended + hint * (status == 0)))
        # Without the port's number: it is another one each time, and the feedback must not be.
        raise Complaint(self._with_output("The program takes no connection on 127.0.0.1:PORT."))

    def stop(self) -> None:
        """End it and all that it started. Does not raise."""
        if self._child:
            self._child.end()
            self.printed = self._child.output()
            self._child = None

    def _with_output(self, sentence: str) -> str:
        """The last line that the program printed often says why."""
        if self._child:
            self._child.exit_status(0.2)  # its last words may be on their way
            self.printed = self._child.output()
        lines = [line for line in self.printed.split("\n") if line.strip()]
        # Its address is no news, and another one each time.
        news = [line for line in lines if not line.startswith(LENT) and str(self.port) not in line]
        if not news:
            return sentence
        line = re.findall(r"^  File .*, line (\d+)", self.printed, re.MULTILINE)
        where = f" (line {line[-1]})" if line else ""
        return f"{sentence}\nIts last words{where}: {news[-1][:200]}"


def _connected(port: int, allowance: Allowance) -> socket.socket:
    """A connection. Raises OSError, TimeoutError: the queue is full, and the server takes none."""
    sock = socket.socket()
    try:
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect((HOST, port))
        # Windows reports a refused connection in the last list.
        while not any(select.select([], [sock], [sock], allowance.slice())):
            allowance.look()
        if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, os.strerror(number))
    except BaseException:
        sock.close()
        raise
    return sock


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), 1.0).close()
    except OSError:
        return False
    return True
