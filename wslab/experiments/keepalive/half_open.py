"""A server whose client has vanished without a word: half of the connection is still open."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ... import ws_echo
from ...protocol.errors import ConnectionClosed
from ...protocol.rfc import Role
from ...server import serve
from ...tcp_server import Server
from ...websocket import WebSocket
from ..link import Clock, Link
from .ping import CLOSE_TIMEOUT, Watch, keep_alive


@dataclass(frozen=True)
class HalfOpen:
    """A server whose client has vanished."""

    ping_every: float | None
    """How often the server asked, in seconds; None for never."""
    send_said: str
    """What ``send`` said at the client when the line was dead; empty if it did not mind."""
    lost: int
    """How many bytes of the client vanished."""
    waited: float
    """For how long the server had the chance to notice, in seconds."""
    noticed_after: float | None
    """When it noticed, in seconds after the loss, to 0.1; None if it did not."""
    connections: int
    """How many clients the server then believed to have."""


def half_open_server(
    ping_every: float | None,
    *,
    hour: float = 3600.0,
    pong_timeout: float = 0.5,
    lose: bool = True,
    clock: Clock,
) -> HalfOpen:
    """Pull the cable of a client (unless told not to), and wait for its server to notice."""
    watches: queue.SimpleQueue[Watch] = queue.SimpleQueue()
    begin, counted = threading.Event(), threading.Event()

    def handler(ws: WebSocket) -> None:
        begin.wait(10.0)
        if ping_every is not None:
            until = clock.now() + hour
            limits = {"every": ping_every, "until": until, "timeout": pong_timeout}
            watch = keep_alive(ws, **limits, clock=clock)
            watches.put(watch)
            if watch.noticed_at is None:
                counted.wait(10.0)  # the server still believes in this client
        else:
            with contextlib.suppress(ConnectionClosed):
                for _ in ws:  # waits for a message; there is no clock in here
                    pass
            watches.put(Watch(0, clock.now()))

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve(handler, close_timeout=CLOSE_TIMEOUT))
        link = stack.enter_context(Link(server.address, clock=clock))
        stack.callback(begin.set)  # also when interrupted: no handler stays behind
        stack.callback(counted.set)
        client = stack.enter_context(ws_echo.connect(link.ws_url, close_timeout=CLOSE_TIMEOUT))
        stack.enter_context(_answering(client))
        start = clock.now()
        if lose:
            link.lose()
        begin.set()
        said = _say(client, "Is anyone there?")
        watch = _wait_for(watches, hour, ping_every, pong_timeout, clock)
        waited = clock.now() - start
        noticed = watch.noticed_at
        if noticed is not None:
            _gone(server)
        return HalfOpen(
            ping_every,
            send_said=said,
            lost=link.vanished[Role.CLIENT],
            waited=waited,
            noticed_after=None if noticed is None else round(noticed - start, 1),
            connections=server.connections,
        )


def _wait_for(
    watches: queue.SimpleQueue[Watch],
    hour: float,
    ping_every: float | None,
    patience: float,
    clock: Clock,
) -> Watch:
    """What the server has noticed in that hour."""
    if ping_every is not None:
        return watches.get(timeout=60.0 + hour / ping_every * patience)
    clock.sleep(hour)
    try:
        return watches.get(timeout=patience)
    except queue.Empty:
        return Watch(0)


def _say(client: WebSocket, message: str) -> str:
    try:
        client.send(message)
    except ConnectionClosed as error:
        return str(error)
    return ""


def _gone(server: Server) -> None:
    """Wait until the server has put its side of the connection away."""
    deadline = time.monotonic() + 10.0
    while server.connections and time.monotonic() < deadline:
        time.sleep(0.005)


@contextlib.contextmanager
def _answering(ws: WebSocket) -> Iterator[None]:
    """Receive in the background: a Ping is answered by whoever receives."""

    def receive() -> None:
        with contextlib.suppress(ConnectionClosed):
            for _ in ws:
                pass

    thread = threading.Thread(target=receive, name="answering", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ws.close()
        thread.join()
