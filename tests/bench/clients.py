"""How fast the clients of the libraries are, with one and the same server."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from . import raw
from .measure import typical
from .peers import BIG, Running
from .worlds import Candidate, no_c, no_numpy

# How to say something and get the answer, and how to end.
Talk = tuple[Callable[[bytes], object], Callable[[], object]]


def raw_client(server: Running) -> Talk:
    """What is left of a client when all is prepared: the measure for the others."""
    sock = raw.connect(server)

    def say(data: bytes) -> bytes:
        raw.round_trip(sock, server, raw.load("ws", len(data)))
        return data

    return say, lambda: raw.finish(sock, server)


def our_client(server: Running) -> Talk:
    import wslab

    ws = wslab.connect(f"ws://127.0.0.1:{server.port}/", max_message=BIG)
    return partial(_say, ws.send, ws.recv), ws.close


def our_client_numpy(server: Running) -> Talk:
    importlib.import_module("numpy")
    return our_client(server)


def websockets_client(server: Running) -> Talk:
    from websockets.sync.client import connect

    options: dict[str, Any] = {"compression": None, "max_size": BIG}
    for name in ("ping_interval", "proxy"):  # since websockets 15
        if name in inspect.signature(connect).parameters:
            options[name] = None
    stack = contextlib.ExitStack()
    ws = stack.enter_context(connect(f"ws://127.0.0.1:{server.port}/", **options))
    return partial(_say, ws.send, ws.recv), stack.close


def websocket_client(server: Running) -> Talk:
    import websocket

    ws = websocket.create_connection(f"ws://127.0.0.1:{server.port}/", timeout=raw.DEADLINE)
    return partial(_say, ws.send_binary, ws.recv), ws.close


def _say(send: Callable[[bytes], object], recv: Callable[[], object], data: bytes) -> object:
    send(data)
    return recv()


CLIENTS = {
    "raw": Candidate("prepared bytes", raw_client),
    "ours": Candidate("wslab.connect", our_client, world=no_numpy),
    "numpy": Candidate("wslab.connect, numpy", our_client_numpy, "numpy"),
    "websockets": Candidate("websockets, Python", websockets_client, "websockets", no_c),
    "websockets_c": Candidate("websockets, C", websockets_client, "websockets.speedups"),
    "websocket_client": Candidate("websocket-client", websocket_client, "websocket"),
}


def client_round_trip(candidate: Candidate, server: Running, size: int, seconds: float) -> float:
    data = raw.payload(size)
    with candidate.world():
        say, end = candidate.make(server)

        def once() -> None:
            if say(data) != data:
                raise raw.WrongEcho(f"{candidate.label}: the echo is not what was sent")

        one = typical(once, seconds)
        end()
        return one
