"""A WebSocket over a plain socket: the protocol object between ``recv`` and ``sendall``.

Everything blocks, and nothing runs in the background: bytes are read by whoever waits for some, one
thread at a time, and it's there that a peer's Ping and its Close are answered. Several threads may
send on one WebSocket; each message goes out in one piece.
"""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from time import monotonic

from . import net
from .net import CHUNK, Stream
from .protocol.connection import Connection
from .protocol.errors import ConnectionClosed, HandshakeError, ProtocolError
from .protocol.events import Closed, Event, Failed, Lost, Opened, Ponged, Refused
from .protocol.frames import close_payload
from .protocol.http import Request, Response
from .protocol.rfc import Role, State
from .waiting import ready

HANDSHAKE_TIMEOUT = 10.0
"""How long the opening handshake may take, in seconds."""

REFUSAL_TIMEOUT = 1.0
"""How long a client waits for the text of a refusal, in seconds."""

MESSAGE_TIMEOUT = 30.0
"""How long one message may take from its first byte to its last, in seconds."""

CLOSE_TIMEOUT = 5.0
"""How long to wait for the peer's Close, and then for the end of its stream, in seconds."""

NEVER = math.inf
"""A deadline that does not come."""

INBOX_LIMIT = 2**20
"""How much may wait in the inbox while a Pong is awaited, in bytes (text: characters)."""


class WebSocket:
    """One end of an open WebSocket: a context manager, and an iterator over the messages.

    Made by :func:`wslab.connect` and :func:`wslab.serve`.
    """

    def __init__(
        self,
        sock: Stream,
        connection: Connection,
        *,
        message_timeout: float | None = MESSAGE_TIMEOUT,
        idle_timeout: float | None = None,
        close_timeout: float = CLOSE_TIMEOUT,
    ) -> None:
        self.request: Request | None = None
        """The client's opening handshake."""
        self.response: Response | None = None
        """The server's opening handshake."""
        self.subprotocol: str | None = None
        """The subprotocol in use (§1.9)."""
        self._sock = sock
        self._connection = connection
        self._message_timeout = NEVER if message_timeout is None else message_timeout
        self._idle_timeout = idle_timeout
        self._close_timeout = close_timeout
        self._inbox: deque[str | bytes] = deque()
        self._pings: dict[bytes, float] = {}  # those without an answer, and when it came
        self._message_deadline = NEVER
        self._in_message = False
        self._refused: Refused | None = None
        self._closing = False  # nothing more will come, but what is in the inbox may be answered
        self._ended = False
        self._reads = 0
        self._reading = threading.Lock()
        # §5.4: while a message goes out, a Pong must not end up in the middle of its frame.
        self._sending = threading.Lock()

    def open(self, timeout: float | None) -> bool:
        """Go through the opening handshake, in ``timeout`` seconds; False if a server refused.

        Raises HandshakeError on the client's side.
        """
        server = self._connection.role is Role.SERVER
        self._flush()
        deadline = NEVER if timeout is None else monotonic() + timeout
        refused = False
        try:
            while self._connection.state is State.CONNECTING:
                if self._connection.refused and not refused:
                    refused, deadline = True, min(deadline, monotonic() + REFUSAL_TIMEOUT)
                self._receive(self._reads, deadline, "no handshake")
        except TimeoutError:
            late = f"the opening handshake took longer than {timeout or 0:g} s"
            late += f": {self._connection.missing()}"
            if not server:
                net.reset(self._sock)  # who has not answered in time is not waited for
            self._take(self._connection.refuse(HandshakeError(408 * server, late, "4.1")))
        if self._refused is not None and self._refused.error is not None and not server:
            raise self._refused.error
        return self._refused is None

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

    # ------------------------------------------------------------ at the socket

    def _receive(self, reads: int, deadline: float, late: str) -> None:
        """Receive once, before ``deadline``: fill the inbox, answer what must be answered.

        ``reads`` is what ``_reads`` was before the caller looked for what it waits for: if another
        thread has received since, it must look again. Raises TimeoutError with the text ``late``,
        ConnectionClosed when all is over.
        """
        while not self._reading.acquire(False) and not self._reading.acquire(timeout=0.01):
            if self._reads != reads:
                return
            if monotonic() > deadline:
                raise TimeoutError(late)
        if self._reads != reads:
            self._reading.release()
            return
        connection = self._connection
        try:
            if self._closing and not self._ended:
                self._flush()
                connection.receive_eof()
                self._end()
            if self._ended:
                raise connection.closed_error()
            try:
                if deadline < NEVER or self._idle_timeout is not None or self._in_message:
                    self._wait(deadline)
                data = self._sock.recv(CHUNK)
            except TimeoutError:
                if deadline <= self._message_deadline and deadline < NEVER:
                    raise TimeoutError(late) from None
                self._take(self._overdue())
                return
            except OSError:
                data = b""  # a reset ends the stream too, only less politely
            if not data and self._inbox:
                self._closing = True  # a peer that only half-closed still gets its answers
                return
            self._take(connection.receive(data) if data else connection.receive_eof())
            if connection.between_messages is self._in_message:
                self._in_message = not self._in_message
                limit = self._message_timeout
                self._message_deadline = monotonic() + limit if self._in_message else NEVER
        finally:
            self._reads += 1
            self._reading.release()

    def _wait(self, deadline: float) -> None:
        """Wait for bytes until ``deadline``, the message's, or the idle time-out.

        Raises TimeoutError when that is over, also if the peer never pauses.
        """
        left = min(deadline, self._message_deadline) - monotonic()
        if self._idle_timeout is not None:
            left = min(left, self._idle_timeout)
        if left <= 0 or not net.readable(self._sock, None if left == NEVER else left):
            raise TimeoutError

    def _overdue(self) -> list[Event]:
        """The peer was too slow with a message, or silent for too long (§10.4)."""
        if self._message_deadline < NEVER:
            text = f"a message took longer than {self._message_timeout:g} s"
        else:
            text = f"silent for {self._idle_timeout:g} s"
        return self._connection.fail(ProtocolError(1008, text, "7.4.1"))

    def _take(self, events: list[Event]) -> None:
        """Put messages into the inbox, and do what the other events ask for."""
        others = []
        for event in events:
            if type(event) is str or type(event) is bytes:
                self._inbox.append(event)
            else:
                others.append(event)
        for event in others:
            # §6.2: what came whole before a Close or a fault is received, and may be answered. (Not
            # only the inbox counts: another thread may have taken the message out of it by now.)
            over = self._connection.close_received or self._connection.failure is not None
            self._closing = over and (bool(self._inbox) or len(others) < len(events))
            self._flush(with_close=not self._closing)
            self._act_on(event)

    def _act_on(self, event: Event) -> None:
        """Do what an event that is no message asks for, beside an answer."""
        if isinstance(event, Opened):
            self.request, self.response, self.subprotocol = event
        elif isinstance(event, Ponged):
            if event.payload in self._pings:
                self._pings[event.payload] = monotonic()
        elif isinstance(event, Refused):
            self._refused = event
            self._end()
        elif isinstance(event, (Closed, Failed, Lost)) and not self._closing:
            self._end()

    def _flush(self, with_close: bool = True) -> None:
        if self._connection.has_to_send:
            with self._sending, contextlib.suppress(ConnectionClosed):
                self._write(self._connection.to_send(with_close=with_close))

    def _write(self, data: bytes) -> None:
        """Send all of ``data`` in one call; a message that is torn off ends the connection."""
        try:
            self._sock.sendall(data)
        except (TimeoutError, BlockingIOError):
            net.reset(self._sock)
            text = "cannot send, the connection is given up: the peer does not read"
            raise ConnectionClosed(1006, "", text) from None
        except OSError as error:
            net.shutdown(self._sock)
            text = f"cannot send, the connection is lost: {error.strerror or error}"
            raise ConnectionClosed(1006, "", text) from None

    def _end(self) -> None:
        """End the TCP connection, the server first: so it keeps the TIME_WAIT state (§7.1.1)."""
        self._ended = True
        client = self._connection.role is Role.CLIENT
        wait = client and self._connection.close_received
        net.lingering_close(self._sock, self._close_timeout, wait_for_peer=wait)
