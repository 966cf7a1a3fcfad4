"""A WebSocket over a plain socket: the protocol object between ``recv`` and ``sendall``.

This is what a program has in its hands; what happens at the socket stands in :mod:`.exchange`.
Several threads may send on one WebSocket; each message goes out in one piece.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from time import monotonic

from . import net
from .exchange import NEVER, Exchange
from .protocol.errors import ConnectionClosed
from .protocol.frames import close_payload
from .waiting import ready

INBOX_LIMIT = 2**20
"""How much may wait in the inbox while a Pong is awaited, in bytes (text: characters)."""


class WebSocket(Exchange):
    """One end of an open WebSocket: a context manager, and an iterator over the messages.

    Made by :func:`wslab.connect` and :func:`wslab.serve`.
    """

    # ------------------------------------------------------------ messages

    def recv(self, timeout: float | None = None) -> str | bytes:
        """Wait for the next message: text is a str, binary is bytes.

        Raises TimeoutError when none comes within ``timeout`` seconds (nothing is lost: it may
        still come later), ConnectionClosed at the end of the conversation.
        """
        # A time-out of 0 looks, at least, whether something is there.
        return self._next(NEVER if timeout is None else monotonic() + max(timeout, 0.001))

    def send(self, message: str | bytes) -> None:
        """Send a str as text or bytes as binary. Raises ConnectionClosed after the end."""
        with self._sending:
            self._write(self._connection.send(message))

    def send_fragments(self, parts: Iterable[str | bytes]) -> None:
        """Send one message, each of ``parts`` in a frame of its own (§5.4)."""
        with self._sending:
            self._write(self._connection.send_fragments(parts))

    def __iter__(self) -> Iterator[str | bytes]:
        """The messages up to the Close. Raises ConnectionClosed if there was none, or a fault."""
        try:
            while True:
                yield self._next(NEVER)
        except ConnectionClosed:
            if not self._connection.close_received:
                raise

    def _next(self, deadline: float) -> str | bytes:
        inbox = self._inbox
        while True:
            reads = self._reads
            try:
                if inbox:
                    return inbox.popleft()
            except IndexError:
                continue  # another thread was faster
            self._receive(reads, deadline, "no message in time")

    # ------------------------------------------------------------ control

    def ping(self, payload: bytes | None = None, timeout: float = 10.0) -> float:
        """Send a Ping and wait for its Pong: the round trip in seconds (§5.5.2).

        Messages that come before the Pong wait for :meth:`recv`. Raises TimeoutError if there is no
        Pong in time, or if so many messages come that they have to be received first.
        """
        payload = os.urandom(4) if payload is None else payload
        try:
            with self._sending:
                start = monotonic()
                self._pings[payload] = 0.0
                self._write(self._connection.ping(payload))
            while True:
                reads = self._reads
                if answered := self._pings.get(payload):
                    return answered - start
                if self._closing:  # no Pong will come, but the inbox is still to be read
                    raise self._connection.closed_error()
                if sum(map(len, self._inbox)) + len(self._inbox) > INBOX_LIMIT:
                    raise TimeoutError("no Pong yet, and messages are waiting: call recv() first")
                self._receive(reads, start + timeout, f"no Pong within {timeout:g} s")
        finally:
            self._pings.pop(payload, None)

    def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Say goodbye, wait for the peer's goodbye, end the connection (§7.1.2).

        Messages that arrive in between are dropped. Raises ValueError for a code that must not be
        sent or a reason over 123 bytes. To close what is closed does nothing.
        """
        deadline = monotonic() + self._close_timeout
        self.say_goodbye(code, reason, self._close_timeout)
        with contextlib.suppress(ConnectionClosed, TimeoutError):
            while not self._ended:
                self._receive(self._reads, deadline, "no Close")
                self._inbox.clear()
        if not self._ended:
            # No more politeness: what the peer still sends gets a reset, now that nobody reads it.
            net.reset(self._sock)  # another thread may be waiting in recv()
            self._ended = True
            self._sock.close()

    def say_goodbye(self, code: int | None, reason: str, timeout: float) -> None:
        """Only send the Close; whoever receives sees the answer, and ends the connection.

        A peer that is gone needs none. One that does not read gets none, after ``timeout`` seconds.
        """
        close_payload(code, reason)  # refuses what must not be sent, also after the end
        if not self._ended and self._sending.acquire(timeout=timeout):
            with contextlib.suppress(ConnectionClosed, OSError):
                if ready(self._sock, timeout, writing=True):
                    self._write(self._connection.close(code, reason))
            self._sending.release()

    @property
    def close_code(self) -> int | None:
        """The peer's close code; 1005 if its Close had none, 1006 if no Close came (§7.1.5).

        None while the connection is open.
        """
        return self._connection.close_code if self._ended else None

    @property
    def close_reason(self) -> str:
        """The peer's close reason; empty if there is none."""
        return self._connection.close_reason

    def __enter__(self) -> WebSocket:
        return self

    def __exit__(self, kind: type[BaseException] | None, *exc: object) -> None:
        self.close(1000 if kind is None else 1001)
