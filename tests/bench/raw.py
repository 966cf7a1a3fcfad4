"""The client that all servers get: a blocking socket, prepared bytes, every answer compared.

It knows of WebSocket only what the measurement needs, so that all servers cost it the same.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import select
import socket
import struct
import sys

from .peers import Running

DEADLINE = 20.0  # seconds; a server that is silent for longer is broken
BLOCKING = 65536  # up to here a message is sent in one go; larger ones could fill both buffers
CHUNK = 65536
CLOSE = b"\x88\x82\0\0\0\0\x03\xe8", b"\x88\x02\x03\xe8"  # a Close with 1000, masked; its answer


class WrongEcho(Exception):
    """A server sent back something else than it got."""


@functools.lru_cache(maxsize=8)
def payload(size: int) -> bytes:
    """ASCII, so that it may go as text or binary; not the same in any two places nearby."""
    return (b"".join(b"%x." % (number * 2654435761) for number in range(size // 8 + 2)))[:size]


def request(wire: str, data: bytes, opcode: int = 2) -> bytes:
    """The bytes that carry ``data`` to a server."""
    if wire == "ws":
        key = os.urandom(4)
        return _header(len(data), opcode, 0x80) + key + mask(data, key)
    return answer(wire, data)


def mask(data: bytes, key: bytes) -> bytes:
    """On its own feet: what is measured must not also be the judge."""
    repeated = (key * (len(data) // 4 + 1))[: len(data)]
    both = int.from_bytes(data, "little") ^ int.from_bytes(repeated, "little")
    return both.to_bytes(len(data), "little")


def answer(wire: str, data: bytes, opcode: int = 2) -> bytes:
    """The bytes that an honest server sends back."""
    if wire == "ws":
        return _header(len(data), opcode, 0) + data
    return struct.pack("!I", len(data)) + data if wire == "length" else data


def _header(size: int, opcode: int, mask: int) -> bytes:
    if size < 126:
        return bytes((0x80 | opcode, mask | size))
    if size <= 0xFFFF:
        return struct.pack("!BBH", 0x80 | opcode, mask | 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, mask | 127, size)


def connect(server: Running) -> socket.socket:
    """An open connection; for WebSocket the handshake is done."""
    sock = socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE)
    try:
        if sys.platform != "win32":
            # The kernel's clock: Python's own costs a system call before each recv and send.
            sock.settimeout(None)
            timeval = struct.pack("@ll", int(DEADLINE), int(DEADLINE % 1 * 1e6))
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.wire == "ws":
            _handshake(sock, server)
    except BaseException:
        sock.close()
        raise
    return sock


@functools.lru_cache(maxsize=64)
def opening(port: int) -> tuple[bytes, bytes]:
    """A client's opening handshake, and the value that a server must answer to it."""
    key = base64.b64encode(os.urandom(16))
    digest = hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return (
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % (port, key)
    ), base64.b64encode(digest)


def _handshake(sock: socket.socket, server: Running) -> None:
    request, accept_value = opening(server.port)
    sock.sendall(request)
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        if not (data := sock.recv(CHUNK)):
            raise WrongEcho(f"{server.label}: ended within the handshake")
        head += data
    if not head.startswith(b"HTTP/1.1 101 ") or accept_value not in head:
        raise WrongEcho(f"{server.label}: refused the handshake: {head[:80]!r}")


def finish(sock: socket.socket, server: Running) -> None:
    """End in good order, and wait until the server has finished too."""
    if server.wire == "ws":
        exchange(sock, server, *CLOSE)
    else:
        sock.shutdown(socket.SHUT_WR)
    if rest := sock.recv(CHUNK):
        raise WrongEcho(f"{server.label}: {rest[:20]!r} after the end")
    sock.close()


class Load:
    """A message, ready to be sent again and again, and the answer that must come."""

    def __init__(self, wire: str, size: int, window: int = 1, opcode: int = 2) -> None:
        data = payload(size)
        self.out = request(wire, data, opcode)
        self.expected = answer(wire, data, opcode)
        self.window = window
        self.outgoing = memoryview(self.out * (2 * window))
        self.incoming = self.expected * (window + CHUNK // len(self.expected) + 1)


@functools.lru_cache(maxsize=64)
def load(wire: str, size: int, window: int = 1, opcode: int = 2) -> Load:
    return Load(wire, size, window, opcode)


def round_trip(sock: socket.socket, server: Running, load: Load) -> None:
    """Send, wait for the whole answer, compare."""
    if len(load.out) > 2 * BLOCKING:
        pump(sock, server, load, 1)
    else:
        exchange(sock, server, load.out, load.expected)


def exchange(sock: socket.socket, server: Running, out: bytes, expected: bytes) -> None:
    size = len(expected)
    try:
        sock.sendall(out)
        data = sock.recv(size)
        while len(data) < size:
            if not (more := sock.recv(size - len(data))):
                raise WrongEcho(f"{server.label}: ended after {len(data)} of {size} bytes")
            data += more
    except (BlockingIOError, TimeoutError):
        raise WrongEcho(f"{server.label}: no whole answer in {DEADLINE:g} seconds") from None
    if data != expected:
        raise WrongEcho(f"{server.label}: not what was sent, but {data[:20]!r}")


def pump(sock: socket.socket, server: Running, load: Load, count: int) -> None:
    """Messages without waiting for answers, up to ``load.window`` of them on the way at a time.

    They go out by half windows, so that the client is not busy with sending one at a time.
    """
    out_size, in_size = len(load.out), len(load.expected)
    out_cycle, in_cycle = out_size * load.window, in_size * load.window
    half = max(1, load.window // 2)
    total = in_size * count
    sent = got = 0
    before = sock.gettimeout()
    sock.setblocking(False)
    while got < total:
        halves = got // (in_size * half)
        allowed = min(halves * half + load.window, count) * out_size
        writers = [sock] if sent < allowed else []
        readable, writable, _ = select.select([sock], writers, [], DEADLINE)
        if not readable and not writable:
            raise WrongEcho(f"{server.label}: silent after {got} bytes")
        if writable:
            place = sent % out_cycle
            sent += sock.send(load.outgoing[place : place + allowed - sent])
        if readable:
            data = sock.recv(CHUNK)
            if not data or not load.incoming.startswith(data, got % in_cycle):
                raise WrongEcho(f"{server.label}: wrong after {got} bytes: {data[:20]!r}")
            got += len(data)
    sock.settimeout(before)
