"""Exercise 7, solved: a whole WebSocket echo server on plain sockets.

Run it: python ex07_websocket_echo.py PORT. What it is built from is in pieces.py and plumbing.py.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where pieces.py and plumbing.py are

from pieces import (
    build_response,
    control_reply,
    decode_frame,
    encode_close,
    encode_frame,
    is_upgrade,
    parse_request,
    reassemble,
    recv_exactly,
    send_all,
)
from plumbing import Failure, Stream, port_asked_for, run

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

MAX_HEAD = 16 * 1024  # bytes of the opening handshake
MAX_MESSAGE = 1024 * 1024  # bytes, all fragments together
MAX_FRAGMENTS = 16 * 1024
HANDSHAKE_SECONDS = 10.0
MESSAGE_SECONDS = 30.0  # from the first byte of a message to its last


def shake_hands(stream: Stream, reply: Callable[[bytes], None]) -> bool:
    r"""Read the client's opening handshake and ``reply`` to it; whether a WebSocket is open now.

    The answer is the 101; or 426 for a version that is missing or not 13, 431 for a head of more
    than MAX_HEAD bytes, 400 for everything else. The head must be here within HANDSHAKE_SECONDS.
    Bytes after its blank line go back into stream.early. (A client that keeps to the RFC waits for
    the 101 before its first frame, §4.1, so there are none; losing bytes is a bad habit, though.)
    Raises EOFError if the client ends before the blank line.

    >>> import socket
    >>> with socket.socket() as sock:
    ...     stream = Stream(sock)
    ...     stream.early = b"GET / HTTP/1.1\r\nHost: me\r\nSec-WebSocket-Version: 13\r\n\r\nrest"
    ...     shake_hands(stream, lambda answer: print(answer[:12])), stream.early
    b'HTTP/1.1 400'
    (False, b'rest')
    """
    stream.allow(HANDSHAKE_SECONDS)
    raw = b""
    while b"\r\n\r\n" not in raw:
        chunk = stream.recv(4096)
        if not chunk:
            raise EOFError("the client ended inside its opening handshake")
        raw += chunk
        if len(raw) > MAX_HEAD:
            reply(refusal("431 Request Header Fields Too Large"))
            return False
    end = raw.index(b"\r\n\r\n") + 4
    stream.early = raw[end:]
    try:
        _path, headers = parse_request(raw[:end])
    except ValueError:
        reply(refusal("400 Bad Request"))
        return False
    if is_upgrade(headers):
        reply(build_response(headers["sec-websocket-key"]))
        return True
    if headers.get("sec-websocket-version") != "13":  # §4.4: say which version we speak
        reply(refusal("426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"))
    else:
        reply(refusal("400 Bad Request"))
    return False


def refusal(status: str) -> bytes:
    """An HTTP answer without a body, after which the connection ends."""
    return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def read_client_frame(stream: Stream, first: bytes, room: int) -> tuple[bool, int, bytes]:
    """The rest of a frame whose ``first`` byte was read already: (fin, opcode, payload).

    Raises Failure: 1002 for what §5 forbids, masks and reserved bits included; 1009 for a payload
    of more than ``room`` bytes, before it is read: no memory for what a stranger announces.
    """
    head = first + recv_exactly(stream.recv, 1)
    short, control = head[1] & 0x7F, bool(head[0] & 0x08)
    if not head[1] & 0x80:
        raise Failure(1002, "a client must mask its frames")
    # decode_frame sees these too, but only when the whole frame is here.
    if head[0] & 0x70 or head[0] & 0x07 > 2 or (control and (short > 125 or not head[0] & 0x80)):
        raise Failure(1002, "a reserved bit or opcode, or a control frame that is long or cut")
    length = short
    if short > 125:
        head += recv_exactly(stream.recv, 2 if short == 126 else 8)
        length = int.from_bytes(head[2:], "big")
    if length >> 63:
        raise Failure(1002, "the top bit of a length must be 0")
    if length > room and not control:
        raise Failure(1009, f"a message may have {MAX_MESSAGE} bytes")
    try:
        fin, opcode, payload, _ = decode_frame(head + recv_exactly(stream.recv, 4 + length))
    except ValueError as error:
        raise Failure(1002, "this frame is malformed") from error
    return fin, opcode, payload


def next_message(stream: Stream, reply: Callable[[bytes], None]) -> str | bytes | None:
    r"""The next whole message of the client: text as str, binary as bytes; None when it has closed.

    Control frames are answered on the way, with ``reply``; a Close too, before None is given.
    Raises Failure with the close code that is due: 1002 for what breaks the protocol, 1007 for
    a text (or a close reason) that is not UTF-8, 1009 for a message that is too long, 1008 for
    one that is not complete within MESSAGE_SECONDS. Raises EOFError if the client just ends.

    >>> import socket
    >>> with socket.socket() as sock:
    ...     stream = Stream(sock)
    ...     stream.early = b"\x89\x80mask" + b"\x81\x82\x00\x00\x00\x00Hi"
    ...     next_message(stream, print)
    b'\x8a\x00'
    'Hi'
    """
    frames: list[tuple[bool, int, bytes]] = []
    room = MAX_MESSAGE
    while True:
        if not frames:
            stream.allow(math.inf)  # between messages a client may be silent as long as it likes
        first = recv_exactly(stream.recv, 1)
        if not frames:
            stream.allow(MESSAGE_SECONDS)
        fin, opcode, payload = read_client_frame(stream, first, room)
        if opcode >= CLOSE:
            answer_control(opcode, payload, reply)
            if opcode == CLOSE:
                return None
            continue
        if (opcode == CONTINUATION) != bool(frames):
            raise Failure(1002, "a message goes on that never began, or begins inside another")
        frames.append((fin, opcode, payload))
        room -= len(payload)
        if len(frames) > MAX_FRAGMENTS:
            raise Failure(1009, f"a message may have {MAX_FRAGMENTS} fragments")
        if fin:
            try:
                [(_opcode, message)] = reassemble(frames)
            except ValueError as error:  # their order was right: what is left is the UTF-8
                raise Failure(1007, "this text is not UTF-8") from error
            return message  # type: ignore[no-any-return]


def answer_control(opcode: int, payload: bytes, reply: Callable[[bytes], None]) -> None:
    """Reply to a ping or a Close, if a reply is due."""
    try:
        answer = control_reply(opcode, payload)
    except ValueError as error:
        code = 1007 if isinstance(error, UnicodeDecodeError) else 1002
        raise Failure(code, "a Close with a payload that is not allowed") from error
    if answer is not None:
        reply(answer)


def talk(stream: Stream) -> None:
    """One client, from its first byte to the end: send back each message with its type."""

    def reply(data: bytes) -> None:
        send_all(stream.send, data)

    if not shake_hands(stream, reply):
        return
    try:
        while (message := next_message(stream, reply)) is not None:
            if isinstance(message, str):
                reply(encode_frame(TEXT, message.encode()))
            else:
                reply(encode_frame(BINARY, message))
    except Failure as failure:
        reply(encode_frame(CLOSE, encode_close(failure.code, failure.reason)))


# ------------------------------------ given: how the program starts. Nothing to change from here on

if __name__ == "__main__":
    run(talk, port_asked_for())
