"""The two doors of the package: :func:`connect` and :func:`serve` for WebSocket."""

from __future__ import annotations

import contextlib
import os
import ssl as tls
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from . import net
from .net import Peer, Server, Stream
from .observe.tap import Recording, Tap
from .protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE, Connection
from .protocol.errors import ConnectionClosed, HandshakeError
from .protocol.handshake import accept, make_request, make_response, refuse, wants_upgrade
from .protocol.http import Request, Response
from .protocol.rfc import Role
from .protocol.uri import URLError, parse_url
from .websocket import CLOSE_TIMEOUT, MESSAGE_TIMEOUT, WebSocket

HANDSHAKE_TIMEOUT = 10.0
"""How long the opening handshake may take, in seconds."""


# §4.1, step 2: "There MUST be no more than one connection in a CONNECTING state". One lock for all,
# since two names may well mean the same host.
_connecting = threading.Lock()


def connect(
    url: str,
    *,
    tap: Recording | None = None,
    ssl: tls.SSLContext | None = None,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
    headers: Sequence[tuple[str, str]] = (),
    timeout: float | None = HANDSHAKE_TIMEOUT,
    message_timeout: float | None = MESSAGE_TIMEOUT,
    close_timeout: float = CLOSE_TIMEOUT,
    max_message: int = MAX_MESSAGE,
    max_fragments: int = MAX_FRAGMENTS,
    random: Callable[[int], bytes] = os.urandom,
) -> WebSocket:
    """Connect to ``ws://`` or ``wss://`` and return the open WebSocket.

    With ``tap`` all that crosses the socket is recorded. ``ssl`` is for ``wss://``; without it the
    system decides which certificates to trust. ``random(n)`` gives the key and the masks: pass your
    own only for a picture that must not change. Times are in seconds, sizes in bytes.

    Raises URLError, net.Trouble (no connection), HandshakeError (no WebSocket there).

    >>> with serve(lambda ws: ws.send("Welcome")) as server, connect(server.url) as ws:
    ...     ws.recv()
    'Welcome'
    """
    address = parse_url(url)
    if ssl is not None and not address.secure:
        raise URLError(f"{url!r} is without TLS; write wss:// to use the ssl context.")
    if address.secure and ssl is None:
        ssl = tls.create_default_context()
    nonce = random(16)
    request = make_request(
        address, nonce, origin=origin, subprotocols=subprotocols, headers=headers
    )
    connection = Connection(
        Role.CLIENT,
        request=request,
        random=random,
        max_message=max_message,
        max_fragments=max_fragments,
    )
    with _turn_to_connect(timeout):
        sock: Stream = net.connect(address.host, address.port, timeout=timeout, ssl=ssl)
        if tap is not None:
            sock = Tap(sock, tap, Role.CLIENT)
        ws = WebSocket(
            sock, connection, message_timeout=message_timeout, close_timeout=close_timeout
        )
        try:
            ws.open(timeout)
        except BaseException:
            sock.close()
            raise
    return ws


@contextlib.contextmanager
def _turn_to_connect(timeout: float | None) -> Iterator[None]:
    """Wait until no other thread is opening a connection."""
    if not _connecting.acquire(timeout=-1 if timeout is None else timeout):
        text = "Another thread of this program is still opening a connection"
        raise net.Trouble(f"{text}; they take turns (RFC 6455 §4.1).")
    try:
        yield
    finally:
        _connecting.release()


def page() -> bytes:
    """The page that a browser gets: a WebSocket client of a few lines, in HTML."""
    return (Path(__file__).parent / "page.html").read_bytes()


def serve(
    handler: Callable[[WebSocket], None],
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    ssl: tls.SSLContext | None = None,
    tap: Callable[[Any], Recording] | None = None,
    origins: Sequence[str | None] | None = None,
    subprotocols: Sequence[str] = (),
    with_page: bool = True,
    handshake_timeout: float | None = HANDSHAKE_TIMEOUT,
    message_timeout: float | None = MESSAGE_TIMEOUT,
    idle_timeout: float | None = None,
    close_timeout: float = CLOSE_TIMEOUT,
    max_connections: int = net.MAX_CONNECTIONS,
    max_message: int = MAX_MESSAGE,
    max_fragments: int = MAX_FRAGMENTS,
) -> Server:
    """Serve WebSocket in background threads; ``handler(ws)`` runs in one of its own for each peer.

    When the handler returns, the connection is closed with 1000; when it raises, with 1011, and the
    traceback goes to standard error. ``origins`` are the only ones let in, if given (None among
    them stands for programs, which send no Origin). ``tap(address)`` gives a recording for each
    peer. Times are in seconds, sizes in bytes. Raises net.Trouble when it cannot listen.
    """

    def answer(request: Request) -> Response:
        if with_page and request.method == "GET" and not wants_upgrade(request):
            return make_response(200, page())
        return accept(request, subprotocols=subprotocols, origins=origins)

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
        sorry=busy.encode(),
    )


def _run(handler: Callable[[WebSocket], None], ws: WebSocket) -> None:
    """Run the handler, and end its connection whatever it does."""
    try:
        handler(ws)
    except ConnectionClosed:
        pass  # the peer went away while the handler was busy
    except BaseException:
        # Here, for to the server below an OSError only means that the peer is gone.
        traceback.print_exc()
        ws.close(1011, "the handler failed")
    finally:
        ws.close()
