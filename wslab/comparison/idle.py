"""What it costs to stay in touch while nothing happens: to ask again and again, or to ping.

One exchange of each is measured, on a connection that is open; an hour is that, so many times.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from .. import net, ws_echo
from ..net import Stream
from ..observe.traffic import Meter
from ..protocol.uri import Address
from ..tcp_server import Server
from .plain_http import Fields, Inbox, Message, request, response, serve_http
from .requests import as_browser
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

Exchange = Callable[[], object]


def idle_costs(poll_every: float = POLL_EVERY, ping_every: float = PING_EVERY) -> tuple[Idle, ...]:
    """One exchange each of polling, least headers and a browser's, and of ping and pong."""
    with ExitStack() as stack:
        http, websocket = (
            stack.enter_context(_serve_nothing()),
            stack.enter_context(ws_echo.serve()),
        )
        plain, browser, pinged = (
            stack.enter_context(Meter(server.address)) for server in (http, http, websocket)
        )
        plans: list[tuple[str, float, Meter, Exchange]] = [
            ("HTTP polling", poll_every, plain, stack.enter_context(_polling(plain, _least))),
            (
                "HTTP polling, browser",
                poll_every,
                browser,
                stack.enter_context(_polling(browser, _browser)),
            ),
            ("WebSocket ping, pong", ping_every, pinged, stack.enter_context(_pinging(pinged))),
        ]
        for _, _, _, exchange in plans:
            for _ in range(WARM_UP):
                exchange()
        time.sleep(QUIET)
        before = [meter.traffic() for _, _, meter, _ in plans]
        for _, _, _, exchange in plans:
            exchange()
        time.sleep(QUIET)
        return tuple(
            Idle(name, every, meter.traffic() - earlier)
            for (name, every, meter, _), earlier in zip(plans, before, strict=True)
        )


def _serve_nothing() -> Server:
    def answer(message: Message, sock: Stream) -> None:
        sock.sendall(response(204, "No Content"))

    return serve_http(answer)


def _least(host: str) -> Fields:
    return [("Host", host)]


def _browser(host: str) -> Fields:
    """A browser's GET has no body, and names no type of it and no origin."""
    only_post = ("Content-Length", "Content-Type", "Origin")
    return [(name, value) for name, value in as_browser(host, 0) if name not in only_post]


@contextmanager
def _polling(meter: Meter, make: Callable[[str], Fields]) -> Iterator[Exchange]:
    """Is there anything new? No."""
    with meter.open() as sock:
        inbox = Inbox(sock)
        question = request("GET", "/news", make(f"{meter.host}:{meter.port}"))

        def exchange() -> None:
            sock.sendall(question)
            inbox.message()

        yield exchange
        net.finish(sock, 1.0)


@contextmanager
def _pinging(meter: Meter) -> Iterator[Exchange]:
    """Are you there? Yes (§5.5.2)."""
    with open_websocket(meter.open(), Address("ws", meter.host, meter.port)) as ws:
        yield ws.ping
