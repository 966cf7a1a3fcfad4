"""A connection to a student's server: what we say on it, what must come back, and until when.

Each step has a deadline, in seconds. What the server does wrong is a `Complaint`.
"""

from __future__ import annotations

import contextlib
import errno
import math
import random
import socket
import struct
import time

from .answers import Complaint
from .delivery import Delivery, pieces


class Line:
    """A connection to the student's program. A context manager."""

    def __init__(
        self,
        sock: socket.socket,
        delivery: Delivery,
        step: float,
        randomness: random.Random,
        last: float = math.inf,
    ) -> None:
        self.sock, self.delivery, self.step, self.random = sock, delivery, step, randomness
        self.last = last
        self.heard = bytearray()
        """All that came back so far."""

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def say(self, *messages: bytes) -> None:
        """Send the messages, cut or glued as this line's delivery says."""
        try:
            for piece in pieces(messages, self.delivery, self.random):
                self.sock.settimeout(max(0.001, self._deadline() - time.monotonic()))
                self.sock.sendall(piece)
        except TimeoutError:
            raise Complaint("It does not read what we send.") from None
        except OSError as error:
            raise Complaint(f"It has hung up while we were speaking ({error.strerror}).") from None

    def hear(self, expected: bytes, what: str) -> None:
        """Exactly these bytes must come next; ``what`` they are, in words."""
        got = self.hear_some(len(expected))
        if got == expected:
            return
        if expected.startswith(got):
            problem = f"came {len(got)} of {len(expected)} bytes, and no more"
        else:
            at = next(i for i, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b)
            problem = (
                f"byte {at} of {len(expected)} is {got[at]:02x} and should be {expected[at]:02x}"
            )
        raise Complaint(f"{what}, {self.delivery.value}: {problem}.")

    def hear_some(self, size: int) -> bytes:
        """The next bytes, ``size`` of them; fewer if it hangs up or falls silent."""
        data = bytearray()
        deadline = self._deadline()
        while len(data) < size and (chunk := self._receive(size - len(data), deadline)):
            data += chunk
        self.heard += data
        return bytes(data)

    def hear_head(self, most: int) -> bytes:
        """All up to the first blank line, as in HTTP, and not a byte more; fewer as `hear_some`."""
        head = bytearray()
        deadline = self._deadline()
        while len(head) < most and (chunk := self._receive(most, deadline, socket.MSG_PEEK)):
            before, blank_line, _ = (bytes(head) + chunk).partition(b"\r\n\r\n")
            size = len(before + blank_line) - len(head)
            head += self._receive(size, deadline) or b""
            if blank_line:
                break
        self.heard += head
        return bytes(head)

    def hear_end(self, what: str) -> None:
        """Nothing more, and then the end of the stream: it must hang up, and cleanly."""
        chunk = self._receive(1, self._deadline())
        if chunk is None:
            raise Complaint(f"{what}: it should end the connection, and keeps it open.")
        if chunk:
            raise Complaint(f"{what}: the byte {chunk.hex()} comes, where nothing more is due.")

    def finish(self) -> None:
        """We have finished speaking, and still listen."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def vanish(self) -> None:
        """Break the connection off, as a program does that is killed."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def _deadline(self) -> float:
        """Of the step that begins now. A server that drips or floods has no more than its time."""
        now = time.monotonic()
        if now >= self.last:
            raise Complaint("The time for the whole submission is used up.")
        return min(now + self.step, self.last)

    def _receive(self, size: int, deadline: float, flags: int = 0) -> bytes | None:
        """Some bytes; none at the end; None if nothing came in time."""
        try:
            self.sock.settimeout(max(0.001, deadline - time.monotonic()))
            return self.sock.recv(size, flags)
        except TimeoutError:
            return None
        except OSError as error:
            if error.errno == errno.ECONNRESET or isinstance(error, ConnectionError):
                return b""
            raise
