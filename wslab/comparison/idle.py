"""What it costs to stay in touch while nothing happens: to ask, to be told "still here", to ping.

One exchange of each is measured, on a connection that is open; an hour is that, so many times.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec

from .. import net, ws_echo
from ..net import Stream
from ..observe.traffic import Meter
from ..protocol.http import Response
from ..protocol.uri import Address
from ..tcp_server import Peer, Server
from . import http2
from .plain_http import Fields, Inbox, Message, request, response, serve_http
from .push import STREAM
from .requests import MakeFields, as_browser
from .result import Idle
from .sockets import open_websocket

POLL_EVERY, PING_EVERY = 1.0, 20.0
"""Seconds from one to the next by default."""

WARM_UP = 20
"""How many exchanges come before the one that is measured.

A connection that has just begun acknowledges more eagerly than one that has run for a while.
"""

QUIET = 0.3
"""How long to wait until a delayed acknowledgement has come too, in seconds (Linux: 0.2)."""

HOLD = 0.06
"""How long a long poll is held, in seconds: longer than Linux delays an acknowledgement (0.04)."""

Exchange = Callable[[], object]
Plan = tuple[str, float, Server, Callable[[Meter], AbstractContextManager[Exchange]]]


def idle_costs(poll_every: float = POLL_EVERY, ping_every: float = PING_EVERY) -> tuple[Idle, ...]:
    """One exchange of each way to stay in touch, in seconds from one to the next.

    To poll is to ask for news, so its interval says how late the news is. In the other ways the
    server tells its news at once, and an exchange only shows that the connection still works.
    """
    with ExitStack() as stack:
        running = [
            (name, every, stack.enter_context(Meter(stack.enter_context(server).address)), talk)
            for name, every, server, talk in _plans(poll_every, ping_every)
        ]
        exchanges = [stack.enter_context(talk(meter)) for _, _, meter, talk in running]
        for exchange in exchanges:
            for _ in range(WARM_UP):
                exchange()
        time.sleep(QUIET)
        before = [meter.traffic() for _, _, meter, _ in running]
        for exchange in exchanges:
            exchange()
        time.sleep(QUIET)
        return tuple(
            Idle(name, every, meter.traffic() - earlier)
            for (name, every, meter, _), earlier in zip(running, before, strict=True)
        )


def _plans(poll_every: float, ping_every: float) -> Iterator[Plan]:
    yield "HTTP polling", poll_every, _serve_nothing(), _polling(_least)
    yield "HTTP polling, browser", poll_every, _serve_nothing(), _polling(_browser)
    if find_spec("h2"):
        yield "HTTP/2 polling, browser", poll_every, http2.serve(), _polling_over_http2
    held = _serve_nothing(HOLD)
    yield "long polling, browser", ping_every, held, _polling(_browser)
    events, server = _serve_comments()
    yield "server-sent events", ping_every, server, _listening(events)
    yield "WebSocket ping, pong", ping_every, ws_echo.serve(), _pinging


def _serve_nothing(hold: float = 0.0) -> Server:
    def answer(message: Message, sock: Stream) -> None:
        time.sleep(hold)
        sock.sendall(response(204, "No Content"))

    return serve_http(answer)


def _least(host: str, length: int = 0) -> Fields:
    return [("Host", host)]


def _browser(host: str, length: int = 0) -> Fields:
    """A browser's GET has no body, and names no type of it and no origin."""
    only_post = ("Content-Length", "Content-Type", "Origin")
    return [(name, value) for name, value in as_browser(host, length) if name not in only_post]


def _polling(make: MakeFields) -> Callable[[Meter], AbstractContextManager[Exchange]]:
    """Is there anything new? No. A long poll is the same question, answered later."""

    @contextmanager
    def talk(meter: Meter) -> Iterator[Exchange]:
        with meter.open() as sock:
            inbox = Inbox(sock)
            question = request("GET", "/news", make(f"{meter.host}:{meter.port}", 0))

            def exchange() -> None:
                sock.sendall(question)
                inbox.message()

            yield exchange
            net.lingering_close(sock, 1.0)

    return talk


@contextmanager
def _polling_over_http2(meter: Meter) -> Iterator[Exchange]:
    with meter.open() as sock:
        end = http2.Endpoint(sock, client=True)
        fields = http2.packed("GET", "/news", meter, _browser, 0)
        yield lambda: end.request(fields)
        end.close()


def _serve_comments() -> tuple[queue.Queue[bytes], Server]:
    """A stream of events without an event: each thing in the queue goes down as a comment."""
    due: queue.Queue[bytes] = queue.Queue()

    def handle(peer: Peer) -> None:
        Inbox(peer.sock).head()
        peer.sock.sendall(Response(200, "OK", STREAM).encode())
        while comment := due.get():
            peer.sock.sendall(comment)
        net.lingering_close(peer.sock, 1.0)

    return due, Server(handle, scheme="http")


def _listening(due: queue.Queue[bytes]) -> Callable[[Meter], AbstractContextManager[Exchange]]:
    """Still here. A line that begins with a colon says nothing to the page (WHATWG HTML §9.2)."""

    @contextmanager
    def talk(meter: Meter) -> Iterator[Exchange]:
        with meter.open() as sock:
            inbox = Inbox(sock)
            sock.sendall(request("GET", "/events", _browser(f"{meter.host}:{meter.port}")))
            inbox.head()

            def exchange() -> None:
                due.put(b":\n\n")
                inbox.until(b"\n\n")

            yield exchange
            due.put(b"")
            net.lingering_close(sock, 1.0)

    return talk


@contextmanager
def _pinging(meter: Meter) -> Iterator[Exchange]:
    """Are you there? Yes (§5.5.2)."""
    with open_websocket(meter.open(), Address("ws", meter.host, meter.port)) as ws:
        yield ws.ping
