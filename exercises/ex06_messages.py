"""Exercise 6: messages, control frames, the end (lesson 05).

A message may come in several frames, with a ping in the middle. A character may be cut in two by
the end of a frame. And when it is time to go, both sides say so, with a code. Here frames become
messages.

Beliefs to get rid of: "a frame is a message" · "each frame can be decoded as text" · "a ping ends
the message that it interrupts" · "any close code may be sent".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex06   (in the folder of the course)
"""

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
    raise NotImplementedError(
        "reassemble: keep the parts of the message that is not finished; control frames pass "
        "it by; begin with FIN=1 frames"
    )


def encode_close(code: int, reason: str = "") -> bytes:
    r"""The payload of a Close frame: the code in 2 bytes, big-endian, and the reason in UTF-8.

    Raises ValueError for a code that may not be sent (all but 1000-1003, 1007-1014 and 3000-4999)
    and for a reason of more than 123 bytes, which no control frame can carry.

    >>> encode_close(1000, "bye")
    b'\x03\xe8bye'
    """
    raise NotImplementedError(
        "encode_close: refuse what may not be sent, then 2 bytes of code and the reason in UTF-8"
    )


def decode_close(payload: bytes) -> tuple[int, str]:
    r"""The code and the reason in the payload of a Close frame; ``(1005, "")`` if it is empty.

    Raises ValueError for a payload of one byte, for a code that encode_close refuses, and for a
    reason that is not UTF-8.

    >>> decode_close(b"\x03\xe8bye")
    (1000, 'bye')
    >>> decode_close(b"")
    (1005, '')
    """
    raise NotImplementedError("decode_close: three cases: no byte, one byte, two bytes or more")


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
    raise NotImplementedError("control_reply: three opcodes, three answers; one of them is None")
