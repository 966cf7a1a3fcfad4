"""Read a WebSocket off the wire, with nothing but the bytes of the wire.

All of it stands here, on purpose: no secret goes in, and nothing of the rest of wslab. A masked
frame carries the key that it was masked with (§5.3), so whoever sees the frame can unmask it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_HANDSHAKE = re.compile(rb"GET [!-~]+ HTTP/1\.1\r\n|HTTP/1\.1 101 ")
_KEY = re.compile(rb"^Sec-WebSocket-(?:Key|Accept): *([!-~]+)", re.IGNORECASE | re.MULTILINE)


class Overheard(NamedTuple):
    """A frame: FIN, opcode, and what it carries, unmasked if it was masked."""

    fin: bool
    opcode: int
    payload: bytes


def frames(stream: bytes) -> Iterator[Overheard]:
    """The frames of one direction (§5.2), without the opening handshake before them.

    What has crossed only in part is left out.

    >>> list(frames(bytes.fromhex("81 85 37fa213d 7f9f4d5158")))
    [Overheard(fin=True, opcode=1, payload=b'Hello')]
    """
    at = 0
    while at + 2 <= len(stream):
        first, second = stream[at : at + 2]
        at += 2
        size = second & 0x7F
        if size > 125:
            more = 2 if size == 126 else 8
            size = int.from_bytes(stream[at : at + more], "big")
            at += more
        key = bytes(4)  # XOR with zeros changes nothing
        if second & 0x80:
            key = stream[at : at + 4]
            at += 4
        payload = stream[at : at + size]
        at += size
        if at > len(stream):
            return
        unmasked = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
        yield Overheard(bool(first & 0x80), first & 0x0F, unmasked)


def messages(stream: bytes) -> tuple[str | bytes, ...]:
    """The messages of one direction; none if it does not begin with an opening handshake."""
    if not _HANDSHAKE.match(stream):
        return ()
    found: list[str | bytes] = []
    kind, whole = 0, b""
    for frame in frames(stream.partition(b"\r\n\r\n")[2]):
        if frame.opcode >= 8:
            continue  # Ping, Pong, Close: they may stand between the fragments of a message (§5.4)
        kind = frame.opcode or kind  # 0 goes on with the message before
        whole += frame.payload
        if frame.fin:
            found.append(whole.decode("utf-8", "replace") if kind == 1 else whole)
            whole = b""
    return tuple(found)


def handshake_value(stream: bytes) -> str:
    """Sec-WebSocket-Key of a request, or Sec-WebSocket-Accept of an answer; empty without."""
    match = _KEY.search(stream.partition(b"\r\n\r\n")[0])
    return match[1].decode("ascii") if match else ""
