"""A shortcut for the commonest case: whole, unfragmented messages that lie side by side.

The grammar takes one step a field. Where a complete frame is there already, nothing has to be
waited for, and its fields can be cut out at once. This reads no frame differently from the
grammar, and leaves to it whatever is not plain; a test holds the two against each other on random
input.
"""

from __future__ import annotations

from typing import Any

from .masking import mask
from .rfc import LENGTH_16, LENGTH_64, Opcode

_TEXT = 0x80 | Opcode.TEXT
_BINARY = 0x80 | Opcode.BINARY


def whole_messages(data: bytes, start: int, masked: bool, longest: int, messages: list[Any]) -> int:
    r"""Append the messages that ``data`` holds from ``start`` on; return where they end.

    They end where the first frame begins that is not complete, not a whole message of at most
    ``longest`` bytes, or not allowed. ``masked`` says what MASK must be. The caller knows that a
    frame begins at ``start``.

    >>> messages = []
    >>> whole_messages(bytes.fromhex("8102 4869 8201 00 8900"), 0, False, 100, messages)
    7
    >>> messages
    ['Hi', b'\x00']
    """
    end = len(data)
    mask_bit, header = (0x80, 6) if masked else (0, 2)
    while end - start >= header:
        first = data[start]
        if first != _TEXT and first != _BINARY:
            break
        length = data[start + 1] ^ mask_bit  # more than 127 if the MASK bit is not as it must be
        payload = start + header
        if length >= LENGTH_16:
            if length > LENGTH_64:
                break
            # A length that is not complete yet comes out too small, or leads beyond the end.
            shortest, size = (LENGTH_16, 2) if length == LENGTH_16 else (2**16, 8)
            length = int.from_bytes(data[start + 2 : start + 2 + size], "big")
            payload += size
            if length < shortest:
                break
        stop = payload + length
        if stop > end or length > longest:
            break
        message = data[payload:stop]
        if masked:
            message = mask(message, data[payload - 4 : payload])
        try:
            messages.append(str(message, "utf-8") if first == _TEXT else message)
        except UnicodeDecodeError:
            break
        start = stop
    return start
