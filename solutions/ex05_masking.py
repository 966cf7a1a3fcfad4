"""Exercise 5, solved: masking, which is no encryption (RFC 6455 §5.3)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle


def apply_mask(data: bytes, key: bytes) -> bytes:
    """XOR each byte of ``data`` with the byte of ``key`` (4 bytes) whose turn it is.

    >>> apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    >>> apply_mask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    return bytes(byte ^ turn for byte, turn in zip(data, cycle(key)))


def unmask_stream(chunks: Iterable[bytes], key: bytes) -> bytes:
    """Unmask ONE payload that arrives in ``chunks``, wherever those were cut.

    >>> unmask_stream([b"\\x7f\\x9f", b"", b"\\x4d\\x51\\x58"], bytes.fromhex("37fa213d"))
    b'Hello'
    """
    turns = cycle(key)  # one for the whole payload: a new chunk does not start the key again
    return bytes(byte ^ next(turns) for chunk in chunks for byte in chunk)


def eavesdrop(frame: bytes) -> bytes:
    """The payload of a masked ``frame`` (one whole frame), read by somebody who has no secret.

    The payload may have any length, so the header may have any of its three forms.
    Raises ValueError if the frame is not masked.

    >>> eavesdrop(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    b'Hello'
    """
    if not frame[1] & 0x80:
        raise ValueError("this frame is not masked: there is nothing to take off")
    start = 2 + {126: 2, 127: 8}.get(frame[1] & 0x7F, 0)
    return apply_mask(frame[start + 4 :], frame[start : start + 4])
