"""Bytes for the tests of the protocol: those of the RFC, and frames built by hand.

``frame`` knows nothing of wslab, so that a mistake there cannot hide here.
"""

from __future__ import annotations

import importlib
import os
import struct
from collections.abc import Iterable, Sequence
from itertools import count, pairwise

from wslab.protocol.connection import Connection
from wslab.protocol.events import Event
from wslab.protocol.grammar import FieldType
from wslab.protocol.handshake import make_request
from wslab.protocol.http import Headers, Request
from wslab.protocol.rfc import Role
from wslab.protocol.uri import Address

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

KEY = bytes.fromhex("37fa213d")  # the masking key of §5.7

# §1.3, word for word: the client's opening handshake, and the server's.
RFC_REQUEST = b"""\
GET /chat HTTP/1.1
Host: server.example.com
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
Origin: http://example.com
Sec-WebSocket-Protocol: chat, superchat
Sec-WebSocket-Version: 13

""".replace(b"\n", b"\r\n")

RFC_RESPONSE = b"""\
HTTP/1.1 101 Switching Protocols
Upgrade: websocket
Connection: Upgrade
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=

""".replace(b"\n", b"\r\n")

RFC_NONCE = b"the sample nonce"  # what dGhlIHNhbXBsZSBub25jZQ== is in base64


def frame(opcode: int, payload: bytes = b"", key: bytes = b"", fin: bool = True) -> bytes:
    """One frame as §5.2 draws it; masked if there is a key."""
    size = len(payload)
    first, mask_bit = fin << 7 | opcode, bool(key) << 7
    if size <= 125:
        header = struct.pack("!BB", first, mask_bit | size)
    elif size <= 0xFFFF:
        header = struct.pack("!BBH", first, mask_bit | 126, size)
    else:
        header = struct.pack("!BBQ", first, mask_bit | 127, size)
    if key:
        payload = bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))
    return header + key + payload


def close_frame(code: int, reason: bytes = b"", key: bytes = b"") -> bytes:
    """A Close frame with any code and any bytes behind it."""
    return frame(CLOSE, struct.pack("!H", code) + reason, key)


def key_for(role: Role) -> bytes:
    """The key that the peer of ``role`` masks with: a client masks, a server does not (§5.1)."""
    return KEY if role is Role.SERVER else b""


def code_sent(end: Connection) -> int | None:
    """The code in the one Close that a server has to send; None if it has nothing to send."""
    data = end.to_send()
    assert end.to_send() == b"", "what was fetched is gone"
    if not data:
        return None
    assert data[0] == 0x88, "a Close, and nothing else"
    assert data[1] == len(data) - 2
    return int.from_bytes(data[2:4], "big")


def peer_failed(end: Connection) -> None:
    end.receive(frame(3, b"", KEY))


def keys() -> object:
    """Masking keys that come in the same order in each run: 1, 2, 3, …"""
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(size, "big")


def rfc_request() -> Request:
    """The request of §1.3, as the client that sent it remembers it."""
    address = Address("ws", "server.example.com", 80, "/chat")
    return make_request(
        address, RFC_NONCE, origin="http://example.com", subprotocols=["chat", "superchat"]
    )


def open_end(role: Role, **options: object) -> Connection:
    """One end of a connection whose opening handshake is over."""
    return Connection(role, opened=True, random=keys(), **options)  # type: ignore[arg-type]


def new_end(role: Role, **options: object) -> Connection:
    """One end of a connection that begins with the handshake of §1.3."""
    request = rfc_request() if role is Role.CLIENT else None
    return Connection(role, request=request, random=keys(), **options)  # type: ignore[arg-type]


def cut(data: bytes, cuts: Iterable[int]) -> list[bytes]:
    """``data`` in pieces, cut at these positions; some may be empty."""
    places = sorted(min(place, len(data)) for place in cuts)
    return [data[start:end] for start, end in pairwise([0, *places, len(data)])]


def feed(end: Connection, pieces: Iterable[bytes]) -> tuple[list[object], bytes]:
    """Give ``end`` the pieces one by one: all its events, and all that it has to send."""
    events: list[object] = []
    sent = b""
    for piece in pieces:
        events += map(plain, end.receive(piece))
        sent += end.to_send()
    return events, sent


def plain(event: Event) -> object:
    """An event that can be compared: exceptions are equal if their type and their text are."""
    if isinstance(event, (str, bytes)):
        return event
    facts = (repr(each) if isinstance(each, Exception) else each for each in event)
    return (type(event).__name__, *facts)


def merge(fields: Sequence[tuple[FieldType, bytes]]) -> list[tuple[FieldType, bytes]]:
    """The same fields with neighbours of one name joined: a payload may come in many pieces."""
    merged: list[tuple[FieldType, bytes]] = []
    for field, data in fields:
        if merged and merged[-1][0] == field:
            merged[-1] = field, merged[-1][1] + data
        else:
            merged.append((field, data))
    return merged


def request_with(**changes: str | None) -> Request:
    """The request of §1.3 with other header fields: None leaves one out, "_" stands for "-"."""
    new = {name.replace("_", "-").lower(): value for name, value in changes.items()}
    fields = [(name, new.pop(name.lower(), value)) for name, value in rfc_request().headers]
    fields += [(name, value) for name, value in new.items()]
    kept = [(name, value) for name, value in fields if value is not None]
    return Request("GET", "/chat", (1, 1), Headers(kept))


def need(module: str) -> None:
    """A module that is not there: a reason to skip at home, a failure where CI promises it."""
    if os.environ.get("CI"):
        importlib.import_module(module)
    else:
        import pytest  # the fuzzer, which uses the rest of this file, runs without it

        pytest.importorskip(module)
