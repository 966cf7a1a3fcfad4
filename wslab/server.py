"""Serve WebSocket: a handler for each connection, and a page for browsers on the same port."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .net import Stream
from .observe.recording import Recording
from .observe.tap import Tap
from .protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE, Connection
from .protocol.errors import ConnectionClosed, HandshakeError
from .protocol.handshake import accept, make_response, refuse, wants_upgrade
from .protocol.http import Request, Response
from .protocol.rfc import Role
from .tcp_server import MAX_CONNECTIONS, Peer, Server
from .websocket import CLOSE_TIMEOUT, HANDSHAKE_TIMEOUT, MESSAGE_TIMEOUT, WebSocket

if TYPE_CHECKING:  # to load OpenSSL takes longer than all the rest: only who uses TLS does
    import ssl as tls


def page() -> bytes:
    """The page that a browser gets: a WebSocket client of a few lines, in HTML."""
    with open(os.path.join(os.path.dirname(__file__), "page.html"), "rb") as file:
        return file.read()


def serve(
    handler: Callable[[WebSocket], None],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ssl: tls.SSLContext | None = None,
    tap: Callable[[Any], Recording] | None = None,
    origins: Sequence[str | None] | None = None,
    subprotocols: Sequence[str] = (),
    with_page: bool | Callable[[Request], Response] = True,
    handshake_timeout: float | None = HANDSHAKE_TIMEOUT,
    message_timeout: float | None = MESSAGE_TIMEOUT,
    idle_timeout: float | None = None,
    send_timeout: float | None = None,
    close_timeout: float = CLOSE_TIMEOUT,
    max_connections: int = MAX_CONNECTIONS,
    max_message: int = MAX_MESSAGE,
    max_fragments: int = MAX_FRAGMENTS,
) -> Server:
    """Serve WebSocket in background threads; ``handler(ws)`` runs in one of its own for each peer.

    When the handler returns, the connection is closed with 1000; when it raises, with 1011, and the
    traceback goes to standard error. ``origins`` are the only ones let in, if given (None among
    them stands for programs, which send no Origin). ``tap(address)`` gives a recording for each
    peer. A browser that asks for a page gets ours, or what ``with_page(request)`` answers. Times
    are in seconds, sizes in bytes. Raises Error when it cannot listen.
    """
    if isinstance(origins, str):  # "in" would look for any part of it
        raise TypeError(f"origins is a list of strings, as [{origins!r}], and not one string")

    def answer(request: Request) -> Response:
        try:
            return accept(request, subprotocols=subprotocols, origins=origins)
        except HandshakeError:
            if not with_page or request.method != "GET" or wants_upgrade(request):
                raise
            return make_response(200, page()) if with_page is True else with_page(request)

    def handle(peer: Peer) -> None:
        sock: Stream = peer.sock
        if tap is not None:
            sock = Tap(peer.sock, tap(peer.address), Role.SERVER)
        connection = Connection(
            Role.SERVER, answer=answer, max_message=max_message, max_fragments=max_fragments
        )
        ws = WebSocket(
            sock,
            connection,
            message_timeout=message_timeout,
            idle_timeout=idle_timeout,
            close_timeout=close_timeout,
        )
        if ws.open(handshake_timeout):
            peer.goodbye = lambda: ws.say_goodbye(1001, "the server is closing", timeout=0.1)
            _run(handler, ws)

    busy = refuse(HandshakeError(503, "too many connections, come back later", "10.4"))
    return Server(
        handle,
        host,
        port,
        scheme="wss" if ssl is not None else "ws",
        ssl=ssl,
        max_connections=max_connections,
        handshake_timeout=handshake_timeout,
        send_timeout=send_timeout,
        sorry=busy.encode(),
    )


def _run(handler: Callable[[WebSocket], None], ws: WebSocket) -> None:
    """Run the handler, and end its connection whatever it does."""
    try:
        handler(ws)
    except ConnectionClosed:
        pass  # the peer went away while the handler was busy
    except BaseException:
        import traceback

        # Here, for to the server below an OSError only means that the peer is gone.
        traceback.print_exc()
        ws.close(1011, "the handler failed")
    finally:
        ws.close()
