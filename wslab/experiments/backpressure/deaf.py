"""Our echo servers and a client that sends and never reads: bounded memory, and an end."""

from __future__ import annotations

import contextlib
import queue
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ... import tcp_echo, ws_echo
from ...protocol.errors import ConnectionClosed
from ...server import serve
from ...tcp_server import Peer, Server
from ...websocket import WebSocket

MESSAGE = bytes(2**16)

LIMIT = 2**28
"""How many bytes a client tries to get rid of: far more than the systems keep for it."""

DEADLINE = 60.0
"""How long a server may take, in seconds; afterwards it counts as one that does not give up."""


@dataclass(frozen=True)
class Deaf:
    """What a server did with a client that sends and never reads."""

    name: str
    sent: int
    """For how many bytes the client's ``send`` returned."""
    memory: int
    """By how many bytes the memory of this program grew at most (Python's own: tracemalloc)."""
    seconds: float
    """How long the server took to give up, from the first byte on."""
    error: str
    """Why it gave up; empty if it did not."""
    connections: int
    """How many clients the server had afterwards."""


def raw_echo_to_the_deaf(
    send_timeout: float, *, echo: Callable[[Any], None] = tcp_echo.echo, limit: int = LIMIT
) -> Deaf:
    """Flood the echo over raw TCP, or another ``echo(sock)`` in its place."""
    ends: queue.SimpleQueue[str] = queue.SimpleQueue()

    def handle(peer: Peer) -> None:
        try:
            echo(peer.sock)
            ends.put("")
        except (BlockingIOError, TimeoutError) as error:
            ends.put(f"no room to send for {send_timeout:g} s ({type(error).__name__})")
        except OSError as error:
            ends.put(str(error))

    with (
        Server(handle, send_timeout=send_timeout) as server,
        tcp_echo.connect(server.url) as sock,
    ):
        return _flood("raw TCP", server, sock.sendall, ends, limit)


def websocket_echo_to_the_deaf(
    send_timeout: float, *, echo: Callable[[WebSocket], None] = ws_echo.echo, limit: int = LIMIT
) -> Deaf:
    """Flood the echo over WebSocket, or another ``echo(ws)`` in its place."""
    ends: queue.SimpleQueue[str] = queue.SimpleQueue()

    def handle(ws: WebSocket) -> None:
        try:
            echo(ws)
            ends.put("")
        except ConnectionClosed as error:
            ends.put(str(error))
            raise

    with (
        serve(handle, send_timeout=send_timeout, close_timeout=0.2) as server,
        ws_echo.connect(server.url, close_timeout=0.2) as ws,
    ):
        return _flood("WebSocket", server, ws.send, ends, limit)


def _flood(
    name: str,
    server: Server,
    send: Callable[[bytes], None],
    ends: queue.SimpleQueue[str],
    limit: int,
) -> Deaf:
    """Send up to ``limit`` bytes, or until the server has had enough."""
    sent, error = 0, ""
    with _growth() as growth:
        start = time.monotonic()
        with contextlib.suppress(OSError, ConnectionClosed):
            while sent < limit:
                send(MESSAGE)
                sent += len(MESSAGE)
        if sent < limit:
            error = ends.get(timeout=DEADLINE)
            while server.connections and time.monotonic() < start + DEADLINE:
                time.sleep(0.005)
        seconds = time.monotonic() - start
        return Deaf(name, sent, growth(), seconds, error, server.connections)


@contextlib.contextmanager
def _growth() -> Iterator[Callable[[], int]]:
    """Gives a function that tells by how much the memory has grown at most since now."""
    mine = not tracemalloc.is_tracing()
    if mine:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        yield lambda: tracemalloc.get_traced_memory()[1] - before
    finally:
        if mine:
            tracemalloc.stop()
