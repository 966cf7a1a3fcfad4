"""Exercise 2, solved: two ways to find messages in a stream, a delimiter and a length."""

from __future__ import annotations

from collections.abc import Iterable

HEADER = 4  # bytes of the length in front of each message


def split_lines(chunks: Iterable[bytes]) -> tuple[list[bytes], bytes]:
    r"""Find the lines in a stream that arrives in ``chunks``, wherever those were cut.

    Gives the complete lines without their ``\n``, and the leftover: the bytes behind the last
    ``\n``, which are the beginning of a line that has not arrived yet. Only ``\n`` ends a line.

    >>> split_lines([b"one\ntw", b"o\nthr"])
    ([b'one', b'two'], b'thr')
    >>> split_lines([b"\n"])
    ([b''], b'')
    """
    *lines, leftover = b"".join(chunks).split(b"\n")
    return lines, leftover


def pack(message: bytes) -> bytes:
    r"""Put the length of ``message`` in front of it: 4 bytes, big-endian.

    >>> pack(b"Hello")
    b'\x00\x00\x00\x05Hello'
    """
    return len(message).to_bytes(HEADER, "big") + message


def unpack(buffer: bytes) -> tuple[list[bytes], bytes]:
    r"""Find the messages in ``buffer``: all that arrived so far of a stream of packed messages.

    Gives the complete messages, and the leftover: the bytes behind the last complete message
    (length bytes included), to be put in front of what arrives next.

    >>> unpack(b"\x00\x00\x00\x02Hi\x00\x00\x00\x05Hel")
    ([b'Hi'], b'\x00\x00\x00\x05Hel')
    >>> unpack(b"\x00\x00")
    ([], b'\x00\x00')
    """
    messages = []
    while len(buffer) >= HEADER:
        end = HEADER + int.from_bytes(buffer[:HEADER], "big")
        if len(buffer) < end:
            break
        messages.append(buffer[HEADER:end])
        buffer = buffer[end:]
    return messages, buffer
