"""One end of a WebSocket without its socket.

Bytes that were received go into :meth:`~Connection.receive`, which gives events; what must be
answered to them (the handshake, pongs, the closing handshake) is fetched with
:meth:`~Connection.to_send`. A fault of the peer becomes an event, with the answer that the RFC asks
for; a fault of the caller raises. One parser reads the whole stream of the peer, from its first
byte on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from .errors import ConnectionClosed, HandshakeError, ProtocolError
from .events import Closed, Event, Failed, Lost, Opened, Pinged, Ponged, Refused
from .frames import (
    CLOSE_CODE,
    CLOSE_REASON,
    PAYLOAD,
    WANT_HEADER,
    Header,
    close_payload,
    encode_frame,
    read_header,
)
from .grammar import EXACTLY, PARTLY, FieldType, OnField, Parser, Reader, Want
from .handshake import accept, check_response, refuse
from .http import (
    MAX_HEAD,
    REQUEST_LINE,
    STATUS_LINE,
    Request,
    Response,
    has_no_body,
    read_body,
    read_request,
    read_response,
    shorten,
    skip_body,
)
from .masking import mask
from .message import Message
from .refusal import MAX_BODY, stranger, text_of
from .rfc import MAX_CONTROL_PAYLOAD, Opcode, Role, State, may_be_sent
from .shortcut import whole_messages

AFTER_CLOSE = FieldType("after the Close frame", "5.5.1")

MAX_INTERIM = 10
"""How many interim answers (1xx) may come before the final one."""

MAX_MESSAGE = 2**20
"""The longest message that is taken by default, in bytes."""

MAX_FRAGMENTS = 2**14
"""The largest number of frames that one message may come in by default."""

Answer = Callable[[Request], Response]
"""What a server answers to a request: a 101 to accept it, any other status to end it."""

# Looked up once: they stand in the path of every message.
_OPEN, _TEXT, _BINARY = State.OPEN, Opcode.TEXT, Opcode.BINARY


class Connection:
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

    _new_message = Message

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
        self.role = role
        self.state = State.OPEN if opened else State.CONNECTING
        self.close_code = 1006
        """The code of the peer's Close; 1005 if it had none, 1006 while none has come (§7.1.5)."""
        self.close_reason = ""
        self.close_received = False
        self.failure: ProtocolError | None = None
        self.request = request
        self.refused: tuple[HandshakeError, Response] | None = None
        """What a client got in place of a 101, as long as its body is still read."""
        self.between_messages = opened
        """Whether nothing has begun that the peer owes us the end of."""
        self.extended: dict[int, tuple[bool, Opcode]] = {}
        """First bytes of frames that an extension allows. We decline all of them, so there is none;
        but who looks on while others talk may learn that they agreed on one (§9.1)."""
        self._answer = answer
        self._max_message = max_message
        self._max_fragments = max_fragments
        self._max_head = max_head
        self._message: Message | None = None
        self._events: list[Event] = []
        self._handshake = b""
        if role is Role.CLIENT and request is not None and not opened:
            self._handshake = request.encode()
        self._replies: list[tuple[Opcode, bytes]] = []
        self.close_sent = False
        self._closed_here = False  # whether our Close was the first
        self._random = random
        self._masks = role is Role.CLIENT  # what we send (§5.1)
        self._masked = role is Role.SERVER  # what we receive (§5.1)
        # Whoever wants to see the fields gets them from the grammar, one by one.
        self._shortcut = on_field is None
        self._pause_at = WANT_HEADER if self._shortcut else None
        self._reader = Reader(self._parse(), on_field)

    # ------------------------------------------------------------ what we send

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
        """Something the peer must be answered with; an observer answers nothing."""
        self._replies.append((opcode, payload))

    def _encode(self, opcode: Opcode, payload: bytes, fin: bool = True) -> bytes:
        # §5.3: a client picks "a fresh masking key" for each frame; §5.1: a server masks no frame.
        key = self._random(4) if self._masks else b""
        return encode_frame(opcode, payload, key, fin)

    # ------------------------------------------------------------ what we receive

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes as they come from the stream, in any pieces, and report what they complete."""
        start, end = 0, len(data)
        try:
            while start < end:
                if self.between_messages and self._shortcut:
                    start = whole_messages(
                        data, start, self._masked, self._max_message, self._events
                    )
                    if start == end:
                        break
                start = self._reader.feed(data, start, self._pause_at)
                begun = self._message is not None or self._reader.held > 0
                self.between_messages = self.want is WANT_HEADER and not begun
        except ProtocolError as error:
            return self.fail(error)
        except HandshakeError as error:
            return self.refuse(error)
        return self._take_events()

    def receive_eof(self) -> list[Event]:
        """The stream has ended; without a Close before, that is an abnormal closure (§7.1.5)."""
        if self.state is State.CONNECTING:
            status = 400 if self.role is Role.SERVER else 0
            text = f"the stream ended inside the opening handshake: {self.missing()}"
            return self.refuse(HandshakeError(status, text, "4.1"))
        if not self.close_received and self.failure is None and self.state is not State.CLOSED:
            self._events.append(Lost())
        self.state = State.CLOSED
        return self._take_events()

    @property
    def want(self) -> Want | None:
        """The field that is read next, with its size in bytes; None when nothing more is read."""
        return self._reader.want

    def fail(self, error: ProtocolError) -> list[Event]:
        """Fail the WebSocket connection (§7.1.7): a Close says why, and nothing more is read.

        What came whole before the fault is still reported, and may be answered until the Close is
        fetched.
        """
        self._reader.want = None
        self.between_messages = False
        self.failure = error
        self._reply(Opcode.CLOSE, close_payload(error.code, error.reason))
        self._events.append(Failed(error))
        return self._take_events()

    def missing(self) -> str:
        """Why the opening handshake goes no further: what of it has not come, and what has."""
        rest = self._reader.rest
        if self.want is not None and self.want[0] in (REQUEST_LINE, STATUS_LINE):
            if not rest:
                return "not one byte came: is the peer no WebSocket? If it wants TLS, try wss://"
            return stranger(rest) or f"{shorten(rest.decode('latin-1'))} is all that came"
        return "the blank line that ends the header fields is missing"

    def refuse(self, error: HandshakeError) -> list[Event]:
        """End the opening handshake: a server says why in HTTP, a client just ends (§4.2.1)."""
        self._reader.want = None
        response = None
        if self.refused is not None:
            error, response = self.refused
            kind, coding = map(response.headers.get, ("Content-Type", "Content-Encoding"))
            whole = len(response.body) < MAX_BODY
            said = text_of(kind or "", coding or "", response.body, whole)
            error = HandshakeError(error.status, error.reason, error.section, said=said)
        if self.role is Role.SERVER:
            response = refuse(error)
            self._handshake = response.encode()
        self.state = State.CLOSED
        self._events.append(Refused(error, response))
        return self._take_events()

    def _take_events(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    # ------------------------------------------------------------ the parser, from byte 0 on

    def _parse(self) -> Parser[None]:
        """One generator for the whole stream: a frame glued to the handshake is no special case."""
        if self.state is State.CONNECTING:
            if self.role is Role.SERVER:
                yield from self._read_request()
            else:
                yield from self._read_response()
        while not self.close_received:
            header = yield from read_header(self._masked, self.extended)
            if header.opcode >= Opcode.CLOSE:
                yield from self._read_control(header)
            else:
                yield from self._read_data(header)
        # §5.5.1, §1.4: what comes after the Close is discarded.
        while True:
            yield AFTER_CLOSE, 65536, PARTLY

    def _read_request(self) -> Parser[None]:
        request = yield from read_request(self._max_head)
        response = self._answer(request)
        self._handshake = response.encode()
        if response.status != 101:
            self.state = State.CLOSED
            self._events.append(Refused(None, response))
            yield from skip_body()
        self._open(request, response, response.headers.get("Sec-WebSocket-Protocol"))

    def _read_response(self) -> Parser[None]:
        response = yield from read_response(self._max_head)
        for _ in range(MAX_INTERIM):
            if response.status // 100 != 1 or response.status == 101:
                break
            # RFC 9110 §15.2: "A client MUST be able to parse one or more 1xx responses received
            # prior to a final response"; here it is no use to us.
            response = yield from read_response(self._max_head)
        try:
            subprotocol = check_response(self.request, response)
        except HandshakeError as error:
            self.refused = error, response
            if not has_no_body(response, self.request):
                yield from read_body(response.headers, True, self._keep)
            raise
        self._open(self.request, response, subprotocol)

    def _keep(self, piece: bytes) -> None:
        """Keep the start of a refusal's body, which may say why. The rest isn't waited for."""
        assert self.refused is not None  # it has just been refused
        error, response = self.refused
        response = response._replace(body=(response.body + piece)[:MAX_BODY])
        self.refused = error, response
        if len(response.body) == MAX_BODY:
            raise error

    def _open(self, request: Request | None, response: Response, subprotocol: str | None) -> None:
        self.state = State.OPEN
        self._events.append(Opened(request, response, subprotocol))

    def _read_data(self, header: Header) -> Parser[None]:
        """The payload of a text, binary or continuation frame (§5.4, §5.6)."""
        fin, opcode, length, key = header
        message = self._message
        if message is None:
            if opcode is Opcode.CONTINUATION:
                raise ProtocolError(1002, "a continuation frame, and no message to continue", "5.4")
            message = self._message = self._new_message(opcode)
        elif opcode is not Opcode.CONTINUATION:
            raise ProtocolError(1002, "a new message begins inside a fragmented one", "5.4")
        # §10.4: limits are checked on the announced length, before any of it is stored.
        message.announce(length, self._max_message, self._max_fragments)
        left = length
        while left:
            piece = yield PAYLOAD, left, PARTLY
            if key:
                # §5.3: the index runs on over the pieces in which one payload arrives.
                piece = mask(piece, key, length - left)
            left -= len(piece)
            message.add(piece, last=fin and not left)
        if fin:
            self._message = None
            self._events.append(message.finish())

    def _read_control(self, header: Header) -> Parser[None]:
        """A Close, Ping or Pong; it may come between the fragments of a message (§5.5)."""
        _, opcode, length, key = header
        if opcode is Opcode.CLOSE:
            yield from self._read_close(length, key)
            return
        payload = (yield PAYLOAD, length, EXACTLY) if length else b""
        payload = mask(payload, key) if key else payload
        if opcode is Opcode.PING:
            # §5.5.3: the Pong has "identical Application data".
            self._reply(Opcode.PONG, payload)
            self._events.append(Pinged(payload))
        else:
            self._events.append(Ponged(payload))

    def _read_close(self, length: int, key: bytes) -> Parser[None]:
        """A Close frame: two bytes of code and a reason in UTF-8, or nothing (§5.5.1)."""
        code, reason = 1005, ""
        if length:
            if length == 1:
                raise ProtocolError(1002, "a Close has 2 bytes of code or no body", "5.5.1")
            raw = yield CLOSE_CODE, 2, EXACTLY
            code = int.from_bytes(mask(raw, key) if key else raw, "big")
            if not may_be_sent(code):
                raise ProtocolError(1002, f"close code {code} must not stand on the wire", "7.4")
        if length > 2:
            raw = yield CLOSE_REASON, length - 2, EXACTLY
            try:
                reason = str(mask(raw, key, start=2) if key else raw, "utf-8")
            except UnicodeDecodeError:
                raise ProtocolError(1007, "the close reason is not UTF-8", "8.1") from None
        self.close_received = True
        self.close_code, self.close_reason = code, reason
        # §5.5.1: the answer to a Close is a Close, and "typically echos the status code".
        self._reply(Opcode.CLOSE, close_payload(None if code == 1005 else code))
        self._events.append(Closed(code, reason))
