"""Exercise 4: frames (lesson 05).

After the handshake nothing resembles HTTP: both sides send frames. Two bytes of header, sometimes
2 or 8 more for a long payload, and from a client 4 for the mask. Draw the first two bytes, bit by
bit, before you write any code: RFC 6455 §5.2 has the picture.

Beliefs to get rid of: "seven bits hold every length" · "the order of the length's bytes does not
matter" · "any form of the length will do" · "a ping may be long, or come in pieces".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex04   (in the folder of the course)
"""

from __future__ import annotations

from collections.abc import Callable

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA


def encode_frame(
    opcode: int, payload: bytes, *, fin: bool = True, mask: bytes | None = None
) -> bytes:
    r"""The bytes of one frame, its length in the shortest form; masked if ``mask`` has 4 bytes.

    Raises ValueError for a reserved opcode, and for a control frame (opcode 8 and up) that is not
    one whole frame (``fin=False``) or has more than 125 bytes of payload (§5.5).

    >>> encode_frame(TEXT, b"Hello")
    b'\x81\x05Hello'
    >>> encode_frame(TEXT, b"Hello", mask=bytes.fromhex("37fa213d")).hex(" ")
    '81 85 37 fa 21 3d 7f 9f 4d 51 58'
    """
    raise NotImplementedError(
        "encode_frame: first byte FIN and opcode, second byte MASK and length; begin with a "
        "short frame without mask"
    )


def decode_frame(data: bytes) -> tuple[bool, int, bytes, bytes]:
    r"""Read the first frame in ``data``: (fin, opcode, unmasked payload, the bytes behind it).

    A frame may be masked or not: the MASK bit says which. Raises ValueError if data is too short
    for a whole frame, or the frame is malformed: a reserved bit or opcode (§5.2), a length that is
    not in its shortest form or has its top bit set, a control frame that encode_frame refuses.

    >>> decode_frame(b"\x81\x05Hello\x89\x00")
    (True, 1, b'Hello', b'\x89\x00')
    """
    raise NotImplementedError(
        "decode_frame: read the first two bytes; they say how many bytes the header has, and "
        "where all is"
    )


def read_frame(recv: Callable[[int], bytes]) -> tuple[bool, int, bytes]:
    r"""Read one frame from a stream: (fin, opcode, unmasked payload), and not one byte more.

    ``recv(k)`` gives 1 to k bytes, and ``b""`` once the stream has ended. Raises EOFError if it
    ends before the frame is complete, and ValueError as decode_frame does.

    >>> import io
    >>> read_frame(io.BytesIO(b"\x81\x05Hello\x89\x00").read)
    (True, 1, b'Hello')
    """
    raise NotImplementedError(
        "read_frame: two bytes first; they say how many more to ask for, and never ask for too many"
    )
