"""A connection to a student's server: what we say on it, what must come back, and until when.

Each step has a deadline, in seconds. What the server does wrong is a `Complaint`.
"""

from __future__ import annotations

import contextlib
import errno
import random
import socket
import struct

from .allowance import Allowance
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
        life: Allowance,
    ) -> None:
        self.sock, self.delivery, self.step, self.random = sock, delivery, step, randomness
        self.life = life
        """What is left of the time of the submission: no connection lives longer."""
        self.heard = bytearray()
        """All that came back so far."""

    def __enter__(self) -> Line:
        return self

    def __exit__(self, *exc: object) -> None:
        self.sock.close()

    def say(self, *messages: bytes) -> None:
        """Send the messages, cut or glued as this line's delivery says."""
        for piece in pieces(messages, self.delivery, self.random):
            allowance = self.allow(self.step)
            while piece:
                self.sock.settimeout(max(0.001, allowance.slice()))
                try:
                    piece = piece[self.sock.send(piece) :]
                except TimeoutError:
                    if not allowance.lasts():
                        raise Complaint("It does not read what we send.") from None
                except OSError as error:
                    why = error.strerror
                    raise Complaint(f"It has hung up while we were speaking ({why}).") from None

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
        allowance = self.allow(self.step)
        while len(data) < size and (chunk := self._receive(size - len(data), allowance)):
            data += chunk
        self.heard += data
        return bytes(data)

    def hear_head(self, most: int) -> bytes:
        """All up to the first blank line, as in HTTP, and not a byte more; fewer as `hear_some`."""
        head = bytearray()
        allowance = self.allow(self.step)
        while len(head) < most and (chunk := self._receive(most, allowance, socket.MSG_PEEK)):
            before, blank_line, _ = (bytes(head) + chunk).partition(b"\r\n\r\n")
            size = len(before + blank_line) - len(head)
            head += self._receive(size, allowance) or b""
            if blank_line:
                break
        self.heard += head
        return bytes(head)

    def hear_end(self, what: str) -> None:
        """Nothing more, and then the end of the stream: it must hang up, and cleanly."""
        chunk = self._receive(1, self.allow(self.step))
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

    def allow(self, seconds: float) -> Allowance:
        """For what begins now. A server that drips or floods has no more than its time."""
        if not self.life.lasts():
            raise Complaint("The time for the whole submission is used up.")
        return Allowance(self.life.pid, seconds)

    def _receive(self, size: int, allowance: Allowance, flags: int = 0) -> bytes | None:
        """Some bytes; none at the end; None if nothing came in time."""
        while True:
            self.sock.settimeout(max(0.001, allowance.slice()))
            try:
                return self.sock.recv(size, flags)
            except TimeoutError:
                if not allowance.lasts():
                    return None
            except OSError as error:
                if error.errno == errno.ECONNRESET or isinstance(error, ConnectionError):
                    return b""
                raise
