"""Exercise 6, solved: from frames to messages, and how a conversation ends (RFC 6455 §5.4, §7)."""

from __future__ import annotations

from collections.abc import Iterable

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def reassemble(frames: Iterable[tuple[bool, int, bytes]]) -> list[tuple[int, str | bytes]]:
    """Put messages together from ``frames``, each (fin, opcode, unmasked payload).

    Gives (opcode, payload) for each message when it is complete: ``str`` for text (opcode 1),
    ``bytes`` for binary (opcode 2). Control frames (opcode 8 and up) keep their place and their
    bytes: a ping between two fragments comes out before the message.

    Raises ValueError on a broken order: a continuation without a beginning, a new message inside
    an unfinished one, frames that end inside a message; and for a text that is not UTF-8.

    >>> reassemble([(False, 1, b"Hel"), (True, 9, b"?"), (True, 0, b"lo")])
    [(9, b'?'), (1, 'Hello')]
    """
    messages: list[tuple[int, str | bytes]] = []
    kind, data = (
        CONTINUATION,
        bytearray(),
    )  # of the message that is not finished; CONTINUATION: none is
    for fin, opcode, payload in frames:
        if opcode >= CLOSE:
            messages.append((opcode, payload))
            continue
        if (opcode == CONTINUATION) != (kind != CONTINUATION):
            raise ValueError("a message goes on that never began, or begins inside another one")
        kind = opcode or kind
        data += payload
        if fin:
            # Decoded as a whole: a fragment may end in the middle of a character.
            messages.append((kind, data.decode() if kind == TEXT else bytes(data)))
            kind, data = CONTINUATION, bytearray()
    if kind != CONTINUATION:
        raise ValueError("the frames end inside a message")
    return messages


def may_be_sent(code: int) -> bool:
    """Whether a close code may stand on the wire (§7.4): 1005, 1006 and 1015 never do."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def encode_close(code: int, reason: str = "") -> bytes:
    r"""The payload of a Close frame: the code in 2 bytes, big-endian, and the reason in UTF-8.

    Raises ValueError for a code that may not be sent (all but 1000-1003, 1007-1014 and 3000-4999)
    and for a reason of more than 123 bytes, which no control frame can carry.

    >>> encode_close(1000, "bye")
    b'\x03\xe8bye'
    """
    text = reason.encode()
    if not may_be_sent(code):
        raise ValueError(f"close code {code} may not be sent")
    if len(text) > 123:
        raise ValueError(f"the reason has {len(text)} bytes, and 123 is the most")
    return code.to_bytes(2, "big") + text


def decode_close(payload: bytes) -> tuple[int, str]:
    r"""The code and the reason in the payload of a Close frame; ``(1005, "")`` if it is empty.

    Raises ValueError for a payload of one byte, for a code that encode_close refuses, and for a
    reason that is not UTF-8.

    >>> decode_close(b"\x03\xe8bye")
    (1000, 'bye')
    >>> decode_close(b"")
    (1005, '')
    """
    if not payload:
        return 1005, ""  # "no code was there": said between programs, never on the wire
    code = int.from_bytes(payload[:2], "big")
    if len(payload) == 1 or not may_be_sent(code):
        raise ValueError(f"a Close with the payload {payload[:2].hex(' ')} is not allowed")
    return code, payload[2:].decode()


def control_reply(opcode: int, payload: bytes) -> bytes | None:
    r"""The frame with which a server answers a control frame of a client, or None if none is due.

    A ping is answered by a pong with the same payload (§5.5.3), a pong by nothing, a Close by a
    Close with the same code and no reason; if there was no code, by an empty one (§5.5.1).
    Raises ValueError for a Close that decode_close refuses.

    >>> control_reply(PING, b"are you there?")
    b'\x8a\x0eare you there?'
    >>> control_reply(CLOSE, b"\x03\xe8bye")
    b'\x88\x02\x03\xe8'
    """
    if opcode == PONG:
        return None
    if opcode == CLOSE:
        decode_close(payload)
        payload = payload[:2]
    # A server masks nothing, and a control frame is always short: two bytes of header.
    return bytes([0x80 | (PONG if opcode == PING else CLOSE), len(payload)]) + payload
