"""Exercise 4, solved: frames, written and read (RFC 6455 §5.2)."""

from __future__ import annotations

from collections.abc import Callable

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG)


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
    check(fin, opcode, len(payload))
    length, mask_bit = len(payload), 0x80 if mask else 0
    header = bytes([(0x80 if fin else 0) | opcode])
    if length <= 125:
        header += bytes([mask_bit | length])
    elif length <= 0xFFFF:
        header += bytes([mask_bit | 126]) + length.to_bytes(2, "big")
    else:
        header += bytes([mask_bit | 127]) + length.to_bytes(8, "big")
    return header + mask + xor(payload, mask) if mask else header + payload


def decode_frame(data: bytes) -> tuple[bool, int, bytes, bytes]:
    r"""Read the first frame in ``data``: (fin, opcode, unmasked payload, the bytes behind it).

    A frame may be masked or not: the MASK bit says which. Raises ValueError if data is too short
    for a whole frame, or the frame is malformed: a reserved bit or opcode (§5.2), a length that is
    not in its shortest form or has its top bit set, a control frame that encode_frame refuses.

    >>> decode_frame(b"\x81\x05Hello\x89\x00")
    (True, 1, b'Hello', b'\x89\x00')
    """
    if len(data) < 2:
        raise ValueError("a frame has at least 2 bytes")
    fin, opcode = bool(data[0] & 0x80), data[0] & 0x0F
    masked, short = bool(data[1] & 0x80), data[1] & 0x7F
    if data[0] & 0x70:
        raise ValueError("a reserved bit is set, and no extension was agreed on")
    check(fin, opcode, short)
    size = header_size(data)
    if len(data) < size:
        raise ValueError("the header is not complete")
    length = short if short <= 125 else int.from_bytes(data[2 : 4 if short == 126 else 10], "big")
    if (short == 126 and length <= 125) or (short == 127 and not 0xFFFF < length < 1 << 63):
        raise ValueError(f"length {length} may not be written like this")
    payload, rest = data[size : size + length], data[size + length :]
    if len(payload) < length:
        raise ValueError(f"{length - len(payload)} bytes of the payload are missing")
    return fin, opcode, xor(payload, data[size - 4 : size]) if masked else payload, rest


def read_frame(recv: Callable[[int], bytes]) -> tuple[bool, int, bytes]:
    r"""Read one frame from a stream: (fin, opcode, unmasked payload), and not one byte more.

    ``recv(k)`` gives 1 to k bytes, and ``b""`` once the stream has ended. Raises EOFError if it
    ends before the frame is complete, and ValueError as decode_frame does.

    >>> import io
    >>> read_frame(io.BytesIO(b"\x81\x05Hello\x89\x00").read)
    (True, 1, b'Hello')
    """
    data = exactly(recv, 2)
    data += exactly(recv, header_size(data) - 2)
    short = data[1] & 0x7F
    length = short if short <= 125 else int.from_bytes(data[2 : 4 if short == 126 else 10], "big")
    if length >= 1 << 63:
        raise ValueError("the top bit of a length must be 0")
    data += exactly(recv, length)
    return decode_frame(data)[:3]


def check(fin: bool, opcode: int, length: int) -> None:
    """Refuse what no frame may say, whatever its payload (§5.2, §5.5)."""
    if opcode not in OPCODES:
        raise ValueError(f"opcode {opcode} is reserved")
    if opcode >= CLOSE and (not fin or length > 125):
        raise ValueError("a control frame is one frame, with at most 125 bytes of payload")


def header_size(data: bytes) -> int:
    """How many bytes stand before the payload; the first two bytes of a frame tell."""
    return 2 + {126: 2, 127: 8}.get(data[1] & 0x7F, 0) + (4 if data[1] & 0x80 else 0)


def exactly(recv: Callable[[int], bytes], n: int) -> bytes:
    """Exactly n bytes, as in exercise 1."""
    chunks = []
    while n:
        chunk = recv(min(n, 65536))
        if not chunk:
            raise EOFError(f"the stream ended {n} bytes too early")
        chunks.append(chunk)
        n -= len(chunk)
    return b"".join(chunks)


def xor(data: bytes, key: bytes) -> bytes:
    """Mask or unmask, as in exercise 5; here as one big number, which is much faster."""
    keys = (key * (len(data) // 4 + 1))[: len(data)]
    number = int.from_bytes(data, "big") ^ int.from_bytes(keys, "big")
    return number.to_bytes(len(data), "big")
