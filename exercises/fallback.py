"""Given: the pieces that step in where yours are missing. Nothing to change here.

They keep the promises of exercises 1 to 7, and all their work is done by ``wslab``, the library of
this course. ``pieces`` takes a function from here when it doesn't find yours.
"""

from __future__ import annotations

import math
import struct
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

from plumbing import Failure, Stream

from wslab.protocol import frames
from wslab.protocol.errors import HandshakeError, ProtocolError
from wslab.protocol.frames import close_payload as encode_close
from wslab.protocol.grammar import EXACTLY, FieldType, Parser, Reader
from wslab.protocol.handshake import accept
from wslab.protocol.http import Headers, Request, Response, read_request
from wslab.protocol.masking import mask as apply_mask
from wslab.protocol.message import Message
from wslab.protocol.rfc import Opcode, Role, is_control

MAX_HEAD = 16 * 1024  # bytes of the opening handshake
HANDSHAKE_SECONDS = 10.0
MESSAGE_SECONDS = 30.0


def read(parser: Parser[Any], data: bytes) -> tuple[Any, bytes]:
    """What ``parser`` reads at the start of ``data``, and the bytes after it. Raises ValueError."""
    found: list[Any] = []
    sizes: list[int] = []

    def all_of_it() -> Parser[None]:
        found.append((yield from parser))

    try:
        Reader(all_of_it(), lambda _, piece: sizes.append(len(piece))).feed(data)
    except (HandshakeError, ProtocolError) as error:
        raise ValueError(str(error)) from None
    if not found:
        raise ValueError("this isn't complete")
    return found[0], data[sum(sizes) :]


# ---------------------------------------------------------------- exercise 1


def send_all(send: Callable[[bytes], int], data: bytes) -> None:
    """Hand all of ``data`` to ``send``."""
    sent = 0
    while sent < len(data):
        sent += send(data[sent:])


def recv_exactly(recv: Callable[[int], bytes], n: int) -> bytes:
    """Exactly ``n`` bytes. Raises EOFError if the stream ends before."""
    found: list[bytes] = []

    def wanted() -> Parser[None]:
        found.append((yield FieldType("bytes", ""), n, EXACTLY))

    reader = Reader(wanted())
    reader.feed(b"")  # to want nothing is to have it
    while reader.want:
        if not (some := recv(min(1 << 16, n - reader.held))):
            raise EOFError(f"{n - reader.held} of {n} bytes are missing")
        reader.feed(some)
    return found[0]


# ---------------------------------------------------------------- exercise 3


def parse_request(raw: bytes) -> tuple[str, dict[str, str]]:
    """The path and the header fields. Raises ValueError."""
    request, _ = read(read_request(len(raw)), raw)
    if request.method != "GET" or request.version < (1, 1) or request.target[0] != "/":
        raise ValueError("this isn't GET /path HTTP/1.1")
    return request.target, {
        name.lower(): ", ".join(request.headers.all(name)) for name, _ in request.headers
    }


def answer(headers: dict[str, str]) -> Response:
    """The 101 to a request with these header fields. Raises HandshakeError."""
    asked = ("host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version")
    fields = Headers((name, headers[name]) for name in asked if name in headers)
    return accept(Request("GET", "/", (1, 1), fields))


def is_upgrade(headers: dict[str, str]) -> bool:
    """Whether these header fields ask for a WebSocket."""
    try:
        return answer(headers).status == 101
    except HandshakeError:
        return False


def build_response(key: str) -> bytes:
    """The whole 101 to a request with this key."""
    plain = {"host": "-", "upgrade": "websocket", "connection": "upgrade"}
    return answer(
        {**plain, "sec-websocket-key": key, "sec-websocket-version": "13"},
    ).encode()


# ---------------------------------------------------------------- exercises 4 and 5 (apply_mask)


def encode_frame(
    opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None
) -> bytes:
    """The bytes of one frame. Raises ValueError for what no frame may be."""
    frame = frames.encode_frame(opcode, payload, mask or b"", fin)
    read(frames.read_header(None), frame)  # what a reader refuses isn't written either
    return frame


def decode_frame(data: bytes) -> tuple[bool, int, bytes, bytes]:
    """The first frame: (fin, opcode, unmasked payload, the bytes after it). Raises ValueError."""
    header, rest = read(frames.read_header(None), data)
    if header.length > len(rest):
        raise ValueError("the payload isn't complete")
    payload, rest = rest[: header.length], rest[header.length :]
    if header.key:
        payload = apply_mask(payload, header.key)
    return header.fin, int(header.opcode), payload, rest


# ---------------------------------------------------------------- exercise 6 (also encode_close)


def reassemble(frames: Iterable[tuple[bool, int, bytes]]) -> list[tuple[int, str | bytes]]:
    """The messages and control frames in ``frames``, in order. Raises ValueError."""
    found: list[tuple[int, str | bytes]] = []
    message: Message | None = None
    for fin, opcode, payload in frames:
        if is_control(opcode):
            found.append((opcode, payload))
            continue
        if (message is None) is (opcode == Opcode.CONTINUATION):
            raise ValueError("a fragment that belongs to no message")
        message = message or Message(Opcode(opcode))
        try:
            message.add(payload, last=fin)
            if fin:
                found.append((int(message.opcode), message.finish()))
                message = None
        except ProtocolError as error:
            raise ValueError(str(error)) from None
    if message:
        raise ValueError("the last message isn't complete")
    return found


def decode_close(payload: bytes) -> tuple[int, str]:
    """The code and the reason in a Close frame. Raises ValueError."""
    if not payload:
        return 1005, ""
    if len(payload) < 2:
        raise ValueError("half a close code")
    (code,) = struct.unpack_from("!H", payload)
    encode_close(code)  # refuses a code that is never sent
    return code, str(payload[2:], "utf-8")


def control_reply(opcode: int, payload: bytes) -> bytes | None:
    """The frame that a server answers to a control frame, if one is due. Raises ValueError."""
    if opcode == Opcode.PING:
        return frames.encode_frame(Opcode.PONG, payload)
    if opcode == Opcode.CLOSE:
        decode_close(payload)
        return frames.encode_frame(Opcode.CLOSE, payload[:2])
    return None


# ---------------------------------------------------------------- exercise 7


def shake_hands(stream: Stream, reply: Callable[[bytes], None]) -> bool:
    """Answer the client's opening handshake; whether a WebSocket is open. Raises EOFError."""
    from wslab.protocol.connection import Connection  # beside exercise 7 it isn't there: write it
    from wslab.protocol.events import Opened

    def answered(request: Request) -> Response:
        try:
            return accept(request)
        except HandshakeError as error:
            known = request.headers.get("Sec-WebSocket-Version") == "13"
            raise HandshakeError(400 if known else 426, str(error), error.section) from None

    stream.allow(HANDSHAKE_SECONDS)
    connection = Connection(Role.SERVER, answer=answered, max_head=MAX_HEAD)
    while byte := stream.recv(1):  # byte by byte: what follows the blank line stays in the stream
        if events := connection.receive(byte):
            reply(connection.to_send())
            return isinstance(events[0], Opened)
    raise EOFError("the client ended inside its opening handshake")


CONVERSATIONS: WeakKeyDictionary[Stream, tuple[Any, deque[Any]]] = WeakKeyDictionary()
"""For each stream its Connection, and the events nobody has asked for yet."""


def next_message(stream: Stream, reply: Callable[[bytes], None]) -> str | bytes | None:
    """The next message; None when the client has closed. Raises Failure, EOFError."""
    from wslab.protocol.connection import Connection
    from wslab.protocol.events import Closed, Failed, Pinged

    if stream not in CONVERSATIONS:
        CONVERSATIONS[stream] = Connection(Role.SERVER, opened=True), deque()
    connection, events = CONVERSATIONS[stream]
    begun = False
    while True:
        while events:
            event = events.popleft()
            if isinstance(event, (str, bytes)):
                return event
            if isinstance(event, Pinged):
                reply(frames.encode_frame(Opcode.PONG, event.payload))
            if isinstance(event, Closed):
                code = None if event.code == 1005 else event.code
                reply(frames.encode_frame(Opcode.CLOSE, encode_close(code)))
                return None
            if isinstance(event, Failed):
                raise Failure(event.error.code, event.error.reason)
        if connection.between_messages or not begun:
            stream.allow(math.inf if connection.between_messages else MESSAGE_SECONDS)
        begun = not connection.between_messages
        if not (data := stream.recv(1 << 16)):
            raise EOFError("the client ended without a Close")
        events += connection.receive(data)
        connection.to_send()  # its answers, too; ours go out event by event, in their order
