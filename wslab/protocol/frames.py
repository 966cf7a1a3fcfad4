"""One frame: its header as fields and bits, read and written (§5.2).

Lengths are in bytes. What is not allowed in any frame is refused here; what depends on the frames
before (fragments, closing) is the business of :mod:`.connection`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .errors import ProtocolError
from .grammar import EXACTLY, FieldType, Parser, Want
from .masking import mask
from .rfc import (
    LENGTH_16,
    LENGTH_64,
    MAX_CLOSE_REASON,
    MAX_CONTROL_PAYLOAD,
    Opcode,
    is_control,
    may_be_sent,
)

HEADER = FieldType("frame header", "5.2")
EXTENDED_LENGTH = FieldType("extended payload length", "5.2")
MASKING_KEY = FieldType("masking key", "5.3")
PAYLOAD = FieldType("payload", "5.2")
CLOSE_CODE = FieldType("close code", "5.5.1")
CLOSE_REASON = FieldType("close reason", "5.5.1")

# The wants that never change are made once: a frame costs one generator step a field, nothing more.
WANT_HEADER: Want = (HEADER, 2, EXACTLY)
_WANT_LENGTH_16: Want = (EXTENDED_LENGTH, 2, EXACTLY)
_WANT_LENGTH_64: Want = (EXTENDED_LENGTH, 8, EXACTLY)
_WANT_KEY: Want = (MASKING_KEY, 4, EXACTLY)

# All first bytes that are allowed: FIN and opcode, no reserved bit, no fragmented control frame.
_FIRST_BYTES = {
    fin << 7 | opcode: (bool(fin), opcode)
    for fin in (0, 1)
    for opcode in Opcode
    if fin or not is_control(opcode)
}


class Header(NamedTuple):
    """The header of a frame. ``key`` is the masking key of 4 bytes, or empty when MASK is 0."""

    fin: bool
    opcode: Opcode
    length: int
    key: bytes


def read_header(
    masked: bool | None, extended: Mapping[int, tuple[bool, Opcode]] = {}
) -> Parser[Header]:
    """Read a frame up to its payload. ``masked`` says what MASK must be; None takes either.

    ``extended`` has the first bytes that an extension allows beside those of the RFC, with the FIN
    and the opcode to read them as.

    Raises ProtocolError (1002) for everything that §5.2 and §5.5 forbid in a header.
    """
    first, second = yield WANT_HEADER
    allowed = _FIRST_BYTES.get(first) or extended.get(first)
    if allowed is None:
        error = _refuse_first_byte(first)
        if first in b"\r\n" or 0x20 <= first < 0x7F:
            error.hint = f"the byte is {chr(first)!r}: was text sent where a frame must begin?"
        raise error
    fin, opcode = allowed
    length = second & 0x7F
    # §5.1: a client masks every frame, a server none; to find it otherwise ends the connection.
    if masked is not None and masked is not (second >= 0x80):
        raise ProtocolError(1002, _WRONG_MASK[masked], "5.1")
    # §5.5: "All control frames MUST have a payload length of 125 bytes or less".
    if length > MAX_CONTROL_PAYLOAD:
        if is_control(opcode):
            raise ProtocolError(1002, "a control frame carries at most 125 bytes", "5.5")
        length = yield from _read_extended_length(length)
    key = (yield _WANT_KEY) if second >= 0x80 else b""
    return Header(fin, opcode, length, key)


_WRONG_MASK = {
    True: "the frame is not masked, but a client masks every frame",
    False: "the frame is masked, but a server masks no frame",
}


def _refuse_first_byte(byte: int) -> ProtocolError:
    """Say which rule of §5.2 the first byte of a frame breaks."""
    # §5.2: "MUST be 0 unless an extension is negotiated that defines meanings for non-zero values."
    if byte & 0x70:
        bits = " and ".join(f"RSV{n}" for n in (1, 2, 3) if byte & (0x80 >> n))
        return ProtocolError(1002, f"{bits} is set, but no extension was negotiated", "5.2")
    if byte & 0x0F not in set(Opcode):
        return ProtocolError(1002, f"opcode {byte & 0x0F} is reserved", "5.2")
    # §5.5: "All control frames ... MUST NOT be fragmented."
    return ProtocolError(1002, "a control frame must not be fragmented (FIN is 0)", "5.5")


def _read_extended_length(length: int) -> Parser[int]:
    """The 16 or 64 bits that follow when the 7-bit length is 126 or 127 (§5.2)."""
    if length == LENGTH_16:
        length = int.from_bytes((yield _WANT_LENGTH_16), "big")
        shortest = length >= LENGTH_16
    else:
        length = int.from_bytes((yield _WANT_LENGTH_64), "big")
        # §5.2: "the most significant bit MUST be 0".
        if length >> 63:
            raise ProtocolError(1002, "the top bit of the 64-bit length is set", "5.2")
        shortest = length > 0xFFFF
    # §5.2: "the minimal number of bytes MUST be used to encode the length".
    if not shortest:
        raise ProtocolError(1002, f"length {length} is not in its shortest form", "5.2")
    return length


def encode_frame(opcode: int, payload: bytes, key: bytes = b"", fin: bool = True) -> bytes:
    """The bytes of one frame; masked if ``key`` is given (4 bytes).

    >>> encode_frame(Opcode.TEXT, b"Hello").hex(" ")
    '81 05 48 65 6c 6c 6f'
    >>> encode_frame(Opcode.TEXT, b"Hello", key=bytes.fromhex("37fa213d")).hex(" ")
    '81 85 37 fa 21 3d 7f 9f 4d 51 58'
    """
    first = 0x80 | opcode if fin else opcode
    second = 0x80 if key else 0
    length = len(payload)
    if length < LENGTH_16:
        header = bytes((first, second | length))
    elif length <= 0xFFFF:
        header = bytes((first, second | LENGTH_16)) + length.to_bytes(2, "big")
    else:
        header = bytes((first, second | LENGTH_64)) + length.to_bytes(8, "big")
    return header + key + mask(payload, key) if key else header + payload


def close_payload(code: int | None, reason: str = "") -> bytes:
    """The body of a Close frame; None for a Close without a body (§5.5.1).

    >>> close_payload(1000, "bye").hex(" ")
    '03 e8 62 79 65'
    """
    if code is None:
        if reason:
            raise ValueError("a close reason needs a close code before it")
        return b""
    if not may_be_sent(code):
        raise ValueError(f"close code {code} must not stand on the wire; use 1000 or 3000-4999")
    text = reason.encode()
    if len(text) > MAX_CLOSE_REASON:
        size = len(text)
        raise ValueError(f"a close reason has at most {MAX_CLOSE_REASON} bytes, this one {size}")
    return code.to_bytes(2, "big") + text
