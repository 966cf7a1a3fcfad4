"""How much the system takes for a reader that does not read, and what becomes of it: raw TCP."""

from __future__ import annotations

import contextlib
import socket
from dataclasses import dataclass

from ...waiting import ready

CHUNK = bytes(2**16)

SYSTEM_LIMIT = 2**30
"""More than any system keeps for one connection."""

DEADLINE = 10.0
"""How long to wait for what must come, in seconds."""


@dataclass(frozen=True)
class Taken:
    """What the system took for a reader that did not read, over raw TCP."""

    send_buffer: int
    """SO_SNDBUF of the sender, before the first byte. (Linux says twice what it was told.)"""
    receive_buffer: int
    """SO_RCVBUF of the receiver, before the first byte."""
    sent: int
    """For how many bytes ``send`` returned."""
    received: int
    """How many of them the other program had received by then."""
    after_reading: int
    """How many more the system took, after the reader had received them all."""
    lost: int
    """How many bytes were sent and never received: the reader left without reading them."""
    farewell: str
    """What the sender's next call said then."""


def fill(buffers: int | None, patience: float) -> Taken:
    """Send to somebody who does not read, until there is no room; then he reads; then he leaves."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        sender = stack.enter_context(socket.socket())
        if buffers is not None:
            # Before the connection: the receiver's buffer is announced in the TCP handshake.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffers)
            sender.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffers)
        sender.connect(listener.getsockname())
        reader = stack.enter_context(listener.accept()[0])
        sizes = (
            sender.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF),
            reader.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF),
        )
        sender.setblocking(False)
        sent = send_until_stuck(sender, patience)
        received = 0  # so far, nobody has called recv
        read_exactly(reader, sent)
        again = send_until_stuck(sender, patience)
        reader.close()  # with unread bytes: the system sends a reset
        return Taken(*sizes, sent, received, again, again, _farewell(sender))


def send_until_stuck(sock: socket.socket, patience: float) -> int:
    """How many bytes the system takes until there is no room for ``patience`` seconds."""
    sent = 0
    while ready(sock, patience, writing=True):
        with contextlib.suppress(BlockingIOError):
            sent += sock.send(CHUNK)
        if sent > SYSTEM_LIMIT:
            raise AssertionError("there is always room: somebody does read")
    return sent


def read_exactly(sock: socket.socket, size: int) -> None:
    """Receive all ``size`` bytes that were sent."""
    sock.settimeout(DEADLINE)
    while size:
        size -= len(sock.recv(min(size, 2**18)))


def _farewell(sock: socket.socket) -> str:
    if not ready(sock, DEADLINE):
        return ""
    try:
        sock.recv(1)
    except OSError as error:
        return f"{type(error).__name__}: {error.strerror}"
    return ""
