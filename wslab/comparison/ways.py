"""The ways that are compared, as a list: add one of your own, and it is counted like the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import NamedTuple

from .. import tcp_echo, ws_echo
from ..environment import how_to_get
from ..observe.traffic import Meter
from ..tcp_server import Server
from . import http2, push, requests, sockets, streams
from .requests import MakeFields, as_browser, kept_alive, minimal, new_each_time
from .workload import Answers


class Way(NamedTuple):
    """How to serve, and a client that sends each message and gives back its echo.

    The client opens its connections with the meter, and asks for the next message only when it is
    done with the one before.
    """

    name: str
    serve: Callable[[], Server]
    talk: Callable[[Meter, Iterable[bytes]], Answers]


class Missing(NamedTuple):
    """A way that this machine cannot go, and why."""

    name: str
    reason: str


def all_ways() -> list[Way | Missing]:
    """All of them, in the order of the table."""
    http = requests.serve
    return [
        Way("TCP", tcp_echo.serve, streams.over_tcp),
        Way("TCP + 4-byte length", streams.serve_with_length, streams.over_tcp_with_length),
        Way("WebSocket", ws_echo.serve, sockets.over_websocket),
        _over_tls("WebSocket over TLS"),
        Way("HTTP kept alive", http, kept_alive(minimal)),
        Way("HTTP kept alive, browser", http, kept_alive(as_browser)),
        Way("HTTP new each time", http, new_each_time(minimal)),
        Way("HTTP new each, browser", http, new_each_time(as_browser)),
        _over_http2("HTTP/2", minimal),
        _over_http2("HTTP/2, browser", as_browser),
        Way("HTTP long polling", push.serve_long_polling, push.long_polling),
        Way("server-sent events", push.serve_events, push.server_sent_events),
    ]


def _over_tls(name: str) -> Way | Missing:
    try:
        tls = sockets.OverTLS()
    except ImportError:
        return Missing(name, f"trustme is not installed; {how_to_get('trustme')}")
    return Way(name, tls.serve, tls.talk)


def _over_http2(name: str, make: MakeFields) -> Way | Missing:
    if find_spec("h2") is None:
        return Missing(name, f"h2 is not installed; {how_to_get('h2')}")
    return Way(name, http2.serve, http2.over_http2(make))
