"""The echo over a raw TCP socket. Read it side by side with :mod:`wslab.ws_echo`.

A TCP connection is a stream of bytes in each direction, and nothing else: no messages, no types, no
goodbye with a reason. The echo sends back each chunk as it comes; where a chunk ends means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from . import net
from .net import CHUNK, Stream
from .observe.recording import Recording
from .observe.tap import Tap
from .protocol.rfc import Role
from .protocol.uri import parse_url
from .tcp_server import Peer, Server


def echo(sock: Stream) -> None:
    """Send back all that comes, until the peer has finished (``recv`` gives no bytes)."""
    while chunk := sock.recv(CHUNK):
        sock.sendall(chunk)


def serve(
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tap: Callable[[Any], Recording] | None = None,
    idle_timeout: float | None = None,
    **options: Any,
) -> Server:
    """Serve the echo in background threads; ``tap(address)`` gives a recording for each peer.

    A peer that is silent for more than ``idle_timeout`` seconds is cut off. Other options: see
    :class:`wslab.tcp_server.Server`.

    >>> with serve() as server, connect(server.url) as sock:
    ...     list(say(sock, [b"Hello", b"TCP"]))
    [b'Hello', b'TCP']
    """

    def handle(peer: Peer) -> None:
        sock = Tap(peer.sock, tap(peer.address), Role.SERVER) if tap else peer.sock
        sock.settimeout(idle_timeout)
        echo(sock)
        net.lingering_close(sock, timeout=1.0)

    return Server(handle, host, port, scheme="tcp", **options)


def connect(url: str, *, tap: Recording | None = None, timeout: float | None = 10.0) -> Stream:
    """A plain socket, connected to ``tcp://HOST:PORT``; with ``tap`` what crosses is recorded."""
    address = parse_url(url, schemes=("tcp",))
    sock = net.connect(address.host, address.port, timeout=timeout)
    return Tap(sock, tap, Role.CLIENT) if tap is not None else sock


def say(sock: Stream, words: Iterable[bytes]) -> Iterator[bytes]:
    """Send each of ``words`` and give back its echo.

    The stream does not say where an answer ends: we know only because we know how long it must be.
    """
    for word in words:
        sock.sendall(word)
        yield recv_exactly(sock, len(word))


def recv_exactly(sock: Stream, size: int) -> bytes:
    """Exactly ``size`` bytes, in as many ``recv`` calls as it takes. Raises EOFError at the end."""
    chunks = []
    while size:
        chunk = sock.recv(size)
        if not chunk:
            raise EOFError(f"the stream ended {size} bytes too early")
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)
