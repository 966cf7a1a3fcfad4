"""What comes in: handshake, messages and fragments, control frames, closing, UTF-8, limits.

One parser reads the whole stream of the peer, from its first byte on, and turns it into events.
What the RFC wants answered (a Ping, a Close, a fault) goes to ``_reply``: :mod:`.connection` sends
it, an observer doesn't. A fault of the peer becomes an event.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from .errors import HandshakeError, ProtocolError
from .events import Closed, Event, Failed, Lost, Opened, Pinged, Ponged, Refused
from .frames import (
    CLOSE_CODE,
    CLOSE_REASON,
    PAYLOAD,
    WANT_HEADER,
    Header,
    close_payload,
    read_header,
)
from .grammar import EXACTLY, PARTLY, FieldType, OnField, Parser, Reader, Want
from .handshake import accept, check_response, refuse
from .http import (
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
from .message import Message, PassingMessage
from .refusal import MAX_BODY, stranger, text_of
from .rfc import Opcode, Role, State, may_be_sent
from .shortcut import whole_messages

AFTER_CLOSE = FieldType("after the Close frame", "5.5.1")

MAX_INTERIM = 10
"""How many interim answers (1xx) may come before the final one."""

Answer = Callable[[Request], Response]
"""What a server answers to a request: a 101 to accept it, any other status to end it."""


class Incoming:
    """The receiving half of a :class:`~wslab.protocol.connection.Connection`."""

    _new_message = Message

    def __init__(
        self,
        role: Role,
        request: Request | None,
        answer: Answer,
        max_message: int,
        max_fragments: int,
        max_head: int,
        opened: bool,
        on_field: OnField | None,
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
        self._masked = role is Role.SERVER  # what we receive (§5.1)
        # Whoever wants to see the fields gets them from the grammar, one by one.
        self._shortcut = on_field is None
        self._pause_at = WANT_HEADER if self._shortcut else None
        self._reader = Reader(self._parse(), on_field)

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
                self._note_progress()
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
    def wanted(self) -> FieldType | None:
        """The field that is read next; None when the connection reads no more."""
        want = self.want
        return want[0] if want else None

    @property
    def want(self) -> Want | None:
        """The same with its size in bytes, and whether it takes exactly so many."""
        return self._reader.want

    def _note_progress(self) -> None:
        reader = self._reader
        begun = self._message is not None or reader.held > 0
        self.between_messages = reader.want is WANT_HEADER and not begun

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
        field, rest = self.wanted, self._reader.rest
        if field in (REQUEST_LINE, STATUS_LINE):
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

    def _reply(self, opcode: Opcode, payload: bytes) -> None:
        """Something that the peer must be answered; whoever only looks on answers nothing."""

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


class Observer(Incoming):
    """Reads what one end of somebody else's conversation receives, and keeps nothing of it.

    It begins after the opening handshake, and has no limits. Its fields go to ``on_field``. It has
    no replies, and its messages are checked, but not whole.
    """

    _new_message = PassingMessage

    def __init__(self, role: Role, on_field: OnField) -> None:
        super().__init__(role, None, accept, sys.maxsize, sys.maxsize, 0, True, on_field)
