"""The echo over WebSocket. Read it side by side with :mod:`wslab.tcp_echo`.

The same socket, the same ``recv`` and ``sendall``; between them and the echo stands the protocol,
which turns the stream into messages: text or binary, whole, each with its own end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .client import connect as connect  # the client of this echo, as tcp_echo has its own
from .server import serve as serve_websocket
from .tcp_server import Server
from .websocket import WebSocket


def echo(ws: WebSocket) -> None:
    """Send back each message, until the peer has closed."""
    for message in ws:
        ws.send(message)


def serve(host: str = "127.0.0.1", port: int = 0, **options: Any) -> Server:
    """Serve the echo in background threads. Options: see :func:`wslab.serve`.

    >>> with serve() as server, connect(server.url) as ws:
    ...     list(say(ws, ["Hello", b"WebSocket"]))
    ['Hello', b'WebSocket']
    """
    return serve_websocket(echo, host, port, **options)


def say(ws: WebSocket, words: Iterable[str | bytes]) -> Iterator[str | bytes]:
    """Send each of ``words`` and give back its echo; where an answer ends, the protocol says."""
    for word in words:
        ws.send(word)
        yield ws.recv()
