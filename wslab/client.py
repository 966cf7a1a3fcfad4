"""Connect to a WebSocket server."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from . import net
from .errors import Error
from .net import Stream
from .observe.recording import Recording
from .observe.tap import Tap
from .protocol.connection import MAX_FRAGMENTS, MAX_MESSAGE, Connection
from .protocol.handshake import make_request
from .protocol.rfc import Role
from .protocol.uri import Address, URLError, parse_url
from .websocket import CLOSE_TIMEOUT, HANDSHAKE_TIMEOUT, MESSAGE_TIMEOUT, WebSocket

if TYPE_CHECKING:  # to load OpenSSL takes longer than all the rest: only who uses TLS does
    import ssl as tls

# §4.1, step 2: for an IP address and port there is "no more than one connection in a CONNECTING
# state", whatever the name. A lock exists as long as a thread has it, or waits for it.
_turns: WeakValueDictionary[tuple[str, int], threading.Lock] = WeakValueDictionary()
_looking_up = threading.Lock()


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

    Raises URLError, Error (no connection), HandshakeError (no WebSocket there).

    >>> from wslab import serve
    >>> with serve(lambda ws: ws.send("Welcome")) as server, connect(server.url) as ws:
    ...     ws.recv()
    'Welcome'
    """
    address = parse_url(url)
    if ssl is not None and not address.secure:
        raise URLError(f"{url!r} is without TLS; write wss:// to use the ssl context.")
    if address.secure and ssl is None:
        import ssl as tls

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
    with _dial(address, timeout, ssl) as sock:
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
def _dial(address: Address, timeout: float | None, ssl: tls.SSLContext | None) -> Iterator[Stream]:
    """A connected socket; until the block ends, no other thread connects to its IP address."""
    host, port = address.host, address.port
    left = net.resolve(host, port)
    while left:
        ip = left.pop(0)
        with _turn_to_connect(ip, port, timeout):
            try:
                sock = net.connect(host, port, ip=ip, timeout=timeout, ssl=ssl)
            except net.Unreachable:
                if not left:
                    raise
            except net.NoTLS as error:
                # With its port: that of wss:// isn't the one that ws:// means by default.
                plain = address._replace(scheme="ws").host_and_port + address.resource
                raise Error(f"{error} Without TLS the URL is ws://{plain}") from None
            else:
                yield sock
                return


@contextlib.contextmanager
def _turn_to_connect(ip: str, port: int, timeout: float | None) -> Iterator[None]:
    """Wait until no other thread is opening a connection to that address."""
    with _looking_up:
        # An IPv4 address has a second form, inside IPv6 (RFC 4291 §2.5.5.2).
        turn = _turns.setdefault((ip.removeprefix("::ffff:"), port), threading.Lock())
    if not turn.acquire(timeout=-1 if timeout is None else timeout):
        text = f"Another thread of this program is still opening a connection to {ip} port {port}"
        raise Error(f"{text}; they take turns (RFC 6455 §4.1).")
    try:
        yield
    finally:
        turn.release()
