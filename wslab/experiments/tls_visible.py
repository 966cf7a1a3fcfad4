"""What TLS leaves visible to everybody on the way: who is called, how much is said, and when.

A stream of TLS is a row of records. The five bytes before each are not encrypted: its type, two
bytes of version, two bytes of length (RFC 8446 §5.1). Nor is the first message of the client, the
ClientHello, with the name of the server that it calls. Sizes are in bytes, times in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import NamedTuple

from ..observe.recording import Recording
from ..protocol.rfc import Role

HANDSHAKE, APPLICATION_DATA = 22, 23
"""Types of records. In TLS 1.3 all that is encrypted calls itself application data."""

SEAL = 1 + 16
"""What TLS 1.3 adds to a text: a byte for its real type, and 16 to detect any change."""

_CLIENT_HELLO = 1
_SERVER_NAME = 0
# How many bytes of length stand in a frame after its first two, for payloads from ... to (§5.2).
_LENGTH_FORMS = ((0, 0, 125), (2, 126, 0xFFFF), (8, 0x10000, 2**63 - 1))


class Record(NamedTuple):
    """A record as the eavesdropper sees it: when its last byte crossed, from whom, how large."""

    time: float
    sender: Role
    kind: int
    size: int


def records(recording: Recording) -> Iterator[Record]:
    """The records of both directions, in the order in which they were complete."""
    waiting = {role: b"" for role in Role}
    for event in recording:
        data = waiting[event.sender] + event.data
        while len(data) >= 5 and len(data) >= (end := 5 + int.from_bytes(data[3:5], "big")):
            yield Record(event.time, event.sender, data[0], end - 5)
            data = data[end:]
        waiting[event.sender] = data


def server_name(stream: bytes) -> str:
    """The name that a client calls, from its ClientHello (RFC 8446 §4.1.2, RFC 6066 §3).

    Empty if there is none: to an IP address nobody says a name.
    """
    hello = BytesIO(stream)

    def number(size: int) -> int:
        return int.from_bytes(hello.read(size), "big")

    if number(1) != HANDSHAKE:
        return ""
    hello.read(2 + 2)  # version and length of the record
    if number(1) != _CLIENT_HELLO:
        return ""
    hello.read(3 + 2 + 32)  # length of the message, version, random
    hello.read(number(1))  # session id
    hello.read(number(2))  # the ciphers that the client knows
    hello.read(number(1))  # the compressions
    hello.read(2)  # the length of all extensions
    while len(head := hello.read(4)) == 4:
        body = hello.read(int.from_bytes(head[2:], "big"))
        if int.from_bytes(head[:2], "big") == _SERVER_NAME:
            return body[5:].decode("ascii", "replace")  # after lengths, and "this is a host name"
    return ""


def talk(all_records: Iterable[Record]) -> Iterator[Record]:
    """The records that carry the conversation, if it is a WebSocket: a guess.

    The first encrypted record of the client ends the handshake of TLS, the second is the opening
    handshake of WebSocket. The client speaks with its third.
    """
    from_client = 0
    for record in all_records:
        if record.kind == APPLICATION_DATA:
            from_client += record.sender is Role.CLIENT
            if from_client > 2:
                yield record


def payload_size(record: Record) -> int | None:
    """The length of the message in a record, if it holds one frame: a guess from the size alone.

    None if no frame makes a record of that size.

    >>> payload_size(Record(0.0, Role.CLIENT, APPLICATION_DATA, 28))  # 17, and 11: a masked "Hello"
    5
    """
    frame = record.size - SEAL
    key = 4 if record.sender is Role.CLIENT else 0
    for extra, shortest, longest in _LENGTH_FORMS:
        size = frame - 2 - extra - key
        if shortest <= size <= longest:
            return size
    return None
