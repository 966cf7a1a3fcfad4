"""One end of a WebSocket without its socket.

Bytes that were received go into :meth:`~Connection.receive`, which gives events; what must be
answered to them (the handshake, pongs, the closing handshake) is fetched with
:meth:`~Connection.to_send`. A fault of the peer becomes an event, with the answer that the RFC asks
for; a fault of the caller raises. How the bytes are read stands in :mod:`.incoming`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from .errors import ConnectionClosed
from .frames import close_payload, encode_frame
from .grammar import OnField
from .handshake import accept
from .http import MAX_HEAD, Request
from .incoming import Answer, Incoming
from .rfc import MAX_CONTROL_PAYLOAD, Opcode, Role, State

MAX_MESSAGE = 2**20
"""The longest message that is taken by default, in bytes."""

MAX_FRAGMENTS = 2**14
"""The largest number of frames that one message may come in by default."""

# Looked up once: they stand in the path of every message.
_OPEN, _TEXT, _BINARY = State.OPEN, Opcode.TEXT, Opcode.BINARY


class Connection(Incoming):
    """One end of a WebSocket connection: bytes in, events out.

    ``request`` is the client's opening handshake, and sent first; a server's ``answer`` turns a
    request into the response. ``random(n)`` gives n unpredictable bytes, for the masking keys.
    With ``opened`` the handshake has happened elsewhere, and frames come at once.

    >>> server = Connection(Role.SERVER, opened=True)
    >>> server.receive(bytes.fromhex("818537fa213d7f9f4d5158"))
    ['Hello']
    >>> server.send("Hello").hex(" ")
    '81 05 48 65 6c 6c 6f'
    """

    def __init__(
        self,
        role: Role,
        *,
        request: Request | None = None,
        answer: Answer = accept,
        random: Callable[[int], bytes] = os.urandom,
        max_message: int = MAX_MESSAGE,
        max_fragments: int = MAX_FRAGMENTS,
        max_head: int = MAX_HEAD,
        opened: bool = False,
        on_field: OnField | None = None,
    ) -> None:
        super().__init__(
            role, request, answer, max_message, max_fragments, max_head, opened, on_field
        )
        self._replies: list[tuple[Opcode, bytes]] = []
        self.close_sent = False
        self._closed_here = False  # whether our Close was the first
        self._random = random
        self._masks = role is Role.CLIENT  # what we send (§5.1)
        if role is Role.CLIENT and request is not None and not opened:
            self._handshake = request.encode()

    @property
    def has_to_send(self) -> bool:
        """Whether ``to_send`` has something."""
        return bool(self._replies or self._handshake)

    def to_send(self, *, with_close: bool = True) -> bytes:
        """Fetch what the events of ``receive`` must be answered with.

        Without ``with_close`` the Close that answers a Close or a fault stays for the next time
        (§5.5.1 lets an endpoint delay it). Until it is fetched the connection is open, and what
        came before may be answered.
        """
        data, self._handshake = self._handshake, b""
        replies, self._replies = self._replies, []
        for opcode, payload in replies:
            if opcode is Opcode.CLOSE and not with_close:
                self._replies.append((opcode, payload))
            # §5.5.1: a Close is sent once. §5.5.2: a Pong is owed also after it, until the peer's.
            elif opcode is Opcode.PONG or not self.close_sent:
                data += self._encode(opcode, payload)
                if opcode is Opcode.CLOSE:
                    self.close_sent = True
                    self.state = State.CLOSING
        return data

    def send(self, message: str | bytes) -> bytes:
        """The bytes of one message in one frame: str as text, bytes as binary (§6.1).

        Raises ConnectionClosed if a Close was sent or received, TypeError for anything else.
        """
        if self.state is not _OPEN:
            raise self.closed_error()
        key = self._random(4) if self._masks else b""
        if isinstance(message, str):
            return encode_frame(_TEXT, message.encode(), key)
        if isinstance(message, (bytes, bytearray, memoryview)):
            return encode_frame(_BINARY, bytes(message), key)
        raise TypeError(f"a message is str or bytes, not {type(message).__name__}")

    def send_fragments(self, parts: Iterable[str | bytes]) -> bytes:
        """The bytes of one message, each of ``parts`` in a frame of its own (§5.4)."""
        parts = list(parts)
        if len({isinstance(part, str) for part in parts}) != 1:
            raise TypeError("the fragments of a message are all str or all bytes, at least one")
        if self.state is not State.OPEN:
            raise self.closed_error()
        frames = []
        opcode = Opcode.TEXT if isinstance(parts[0], str) else Opcode.BINARY
        for number, part in enumerate(parts, 1):
            payload = part.encode() if isinstance(part, str) else bytes(part)
            frames.append(self._encode(opcode, payload, fin=number == len(parts)))
            opcode = Opcode.CONTINUATION
        return b"".join(frames)

    def ping(self, payload: bytes = b"") -> bytes:
        """The bytes of a Ping; the answer is a :class:`Ponged` with the same payload (§5.5.2)."""
        if len(payload) > MAX_CONTROL_PAYLOAD:
            size = len(payload)
            raise ValueError(f"a Ping carries at most {MAX_CONTROL_PAYLOAD} bytes, not {size}")
        if self.close_sent or self.state not in (State.OPEN, State.CLOSING):
            raise self.closed_error()
        return self._encode(Opcode.PING, payload)

    def close(self, code: int | None = 1000, reason: str = "") -> bytes:
        """The bytes of our Close, once; nothing if it was sent before (§7.1.2).

        After a fault of the peer it has the code of the fault. Raises ValueError for a code that
        must not stand on the wire or a reason that is too long.
        """
        payload = close_payload(code, reason)
        if self.close_sent or self.state not in (State.OPEN, State.CLOSING):
            return b""
        if self.failure is not None:
            # §7.1.7: the Close has "an appropriate status code", also if the caller knows no fault.
            payload = close_payload(self.failure.code, self.failure.reason)
        self.close_sent = True
        self._closed_here = not self.close_received
        self.state = State.CLOSING
        return self._encode(Opcode.CLOSE, payload)

    def closed_error(self) -> ConnectionClosed:
        """The exception that tells how the conversation ended."""
        if self.failure is not None:
            hint = f"; {self.failure.hint}" if self.failure.hint else ""
            text = f"failed with {self.failure.code}: {self.failure}{hint}"
            error = ConnectionClosed(self.close_code, "", text)
            error.__cause__ = self.failure
            return error
        if self.close_received:
            answered = "this side closed, and the peer answered"
            who = answered if self._closed_here else "the peer closed"
            text = f"{who} with {self.close_code} {self.close_reason}".rstrip()
        elif self.close_sent:
            text = "the connection was closed from this side"
        else:
            text = "the connection is lost: the stream ended without a Close frame (code 1006)"
        return ConnectionClosed(self.close_code, self.close_reason, text)

    def _reply(self, opcode: Opcode, payload: bytes) -> None:
        self._replies.append((opcode, payload))

    def _encode(self, opcode: Opcode, payload: bytes, fin: bool = True) -> bytes:
        # §5.3: a client picks "a fresh masking key" for each frame; §5.1: a server masks no frame.
        key = self._random(4) if self._masks else b""
        return encode_frame(opcode, payload, key, fin)
