"""Masking: XOR with a key of four bytes that travels in the frame itself (§5.3).

The rule is one line: byte *i* of the result is byte *i* of the data XOR byte *i* mod 4 of the key.
The same line masks and unmasks. Written as a loop it manages some 10 MB a second in Python, so here
stand three faster ways to the same bytes, by size; a test holds each of them against the loop.
"""

from __future__ import annotations

import sys

SHORT = 320
"""Up to so many bytes one XOR of two big integers is the fastest way; above, four lanes are."""

LARGE = 2048
"""From so many bytes on, numpy pays, if the program has imported it."""

_from_bytes = int.from_bytes  # looked up once: it is called for every short frame
_EVERY_BYTE = _from_bytes(bytes(range(256)), "little")
_ONES = _from_bytes(b"\x01" * 256, "little")


def mask(data: bytes | bytearray, key: bytes, start: int = 0) -> bytes:
    """XOR ``data`` with the 4-byte ``key``; masking twice gives the data back.

    ``start`` is the number of payload bytes that went before: the index runs on over the pieces
    of one frame, and begins again with each frame (§5.3).

    >>> mask(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    >>> mask(mask(b"Hello", b"key!"), b"key!")
    b'Hello'
    >>> mask(b"Hel", b"key!") + mask(b"lo", b"key!", start=3) == mask(b"Hello", b"key!")
    True
    """
    if start & 3:
        key = key[start & 3 :] + key[: start & 3]
    size = len(data)
    if size <= SHORT:
        # All bytes at once: two integers of that size, one XOR. Little-endian is the faster order.
        repeated = _from_bytes((key * ((size >> 2) + 1))[:size], "little")
        return (_from_bytes(data, "little") ^ repeated).to_bytes(size, "little")
    # Only if the program uses numpy already: to import it would hold up the first message.
    if size >= LARGE and sys.modules.get("numpy"):  # None there says: must not be imported
        return mask_numpy(data, key)
    return mask_lanes(data, key)


def mask_loop(data: bytes | bytearray, key: bytes) -> bytes:
    """§5.3 word for word: the reference for the others, and the one to read.

    >>> mask_loop(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    """
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(data))


_XOR_TABLES = [(_EVERY_BYTE ^ _ONES * key).to_bytes(256, "little") for key in range(256)]
"""For each key byte a table for ``bytes.translate``: entry *b* is *b* XOR key."""


_FIRST, _SECOND, _THIRD, _FOURTH = (slice(lane, None, 4) for lane in range(4))


def mask_lanes(data: bytes | bytearray, key: bytes) -> bytes:
    """Every fourth byte meets the same key byte: four lanes, each looked up in a table in C."""
    first, second, third, fourth = key
    masked = bytearray(data)
    masked[_FIRST] = masked[_FIRST].translate(_XOR_TABLES[first])
    masked[_SECOND] = masked[_SECOND].translate(_XOR_TABLES[second])
    masked[_THIRD] = masked[_THIRD].translate(_XOR_TABLES[third])
    masked[_FOURTH] = masked[_FOURTH].translate(_XOR_TABLES[fourth])
    return bytes(masked)


def mask_numpy(data: bytes | bytearray, key: bytes) -> bytes:
    """Four bytes a step with numpy, which the notebooks have anyway because of matplotlib."""
    import numpy  # the caller has seen that it is there already

    whole = len(data) & ~3
    words = numpy.frombuffer(data, dtype="<u4", count=whole >> 2)
    masked: bytes = (words ^ numpy.frombuffer(key, dtype="<u4")[0]).tobytes()
    return masked + mask(data[whole:], key)
