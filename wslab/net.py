"""Plain sockets, for both echoes alike: listen, connect, TLS, finish, and a server of threads.

Nothing in this file knows WebSocket. Times are in seconds.
"""

from __future__ import annotations

import contextlib
import socket
import ssl as tls
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from .secure import Secure, ready

CHUNK = 65536 + 64
"""How many bytes one ``recv`` asks for at most."""

MAX_CONNECTIONS = 1000
"""How many peers a server talks to at the same time by default."""

SEND_TIMEOUT = 30.0
"""How long a ``sendall`` may make no progress, because the peer does not read. In seconds."""


class Stream(Protocol):
    """What an echo needs of a socket. ``socket.socket`` has it, so has ``Secure``, so has a tap."""

    def recv(self, size: int, /) -> bytes:
        """Wait for bytes, and return what is there; no bytes mean the end of the stream."""

    def sendall(self, data: bytes, /) -> None:
        """Send all of ``data``."""

    def settimeout(self, seconds: float | None, /) -> None:
        """How long the calls above may wait; None for as long as it takes."""

    def shutdown(self, how: int, /) -> None:
        """Half-close: say that we have finished, and still read."""

    def close(self) -> None:
        """Give the socket back to the system."""

    def fileno(self) -> int:
        """The system's number for the socket; -1 after the end."""

    def __enter__(self) -> Any: ...
    def __exit__(self, *exc: object) -> None: ...


class Trouble(OSError):
    """Something outside the program is in the way; the text says what, and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 lets the system pick a free one. Raises Trouble.

    >>> with listen("127.0.0.1", 0) as listener:
    ...     listener.getsockname()[0]
    '127.0.0.1'
    """
    if not 0 <= port <= 65535:
        raise Trouble(f"{port} is not a port: use 0 (any free port) or 1 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except (OSError, UnicodeError) as error:
        raise Trouble(f"Cannot listen on {host} port {port}: {_why(error)}.") from None


def connect(
    host: str, port: int, *, timeout: float | None = 10.0, ssl: tls.SSLContext | None = None
) -> Stream:
    """A connected TCP socket, inside TLS if a context is given. Raises Trouble.

    ``timeout`` counts for connecting and for the TLS handshake, each; afterwards the socket waits
    as long as it takes.
    """
    if not 1 <= port <= 65535:  # the system would take 65537 for 1
        raise Trouble(f"{port} is not a port: use 1 to 65535.")
    try:
        sock = socket.create_connection((host, port), timeout=timeout)
    except (OSError, UnicodeError) as error:
        raise Trouble(f"Cannot connect to {host} port {port}: {_why(error)}.") from None
    sock.settimeout(None)
    prepare(sock)
    if ssl is None:
        return sock
    try:
        secure = Secure(sock, ssl, host)
        secure.handshake(timeout)
    except (OSError, ValueError) as error:
        sock.close()
        raise Trouble(f"No TLS with {host} port {port}: {_why(error)}.") from None
    return secure


def prepare(sock: socket.socket) -> None:
    """Make a connected socket ready for a conversation of small messages."""
    with contextlib.suppress(OSError):  # a socketpair is no TCP
        # Send each message at once, instead of waiting for company (Nagle's algorithm, RFC 896).
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(OSError):
        # The kernel's own clock for a peer that does not read: settimeout() would count for
        # receiving too, and cost an additional system call before each recv and each send.
        milliseconds = round(SEND_TIMEOUT * 1000)
        timeval = struct.pack("@ll", milliseconds // 1000, milliseconds % 1000 * 1000)
        windows = sys.platform == "win32"
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, milliseconds if windows else timeval)


def readable(sock: Stream, seconds: float | None) -> bool:
    """Whether ``recv`` has something to return, bytes or the end, within ``seconds``."""
    inside = plain(sock)
    return inside.readable(seconds) if isinstance(inside, Secure) else ready(inside, seconds)


def finish(sock: Stream, timeout: float, *, wait_for_peer: bool = False) -> None:
    """End a conversation so that all we sent arrives: half-close, read to the end, close.

    To close a socket that holds unread bytes makes the system send a reset, which can destroy on
    the peer's side what it has not read yet. A peer that goes on for more than ``timeout`` seconds
    gets it all the same. With ``wait_for_peer`` the peer is left to end first (RFC 6455 §7.1.1).
    """
    deadline = time.monotonic() + timeout
    with contextlib.suppress(OSError):
        if wait_for_peer:
            _drain(sock, deadline)
        sock.shutdown(socket.SHUT_WR)
        _drain(sock, deadline)
    sock.close()


def _drain(sock: Stream, deadline: float) -> None:
    while (left := deadline - time.monotonic()) > 0:
        sock.settimeout(left)
        if not sock.recv(CHUNK):
            return


def abort(sock: Any) -> None:
    """End a connection from any thread, now: ``recv`` or ``send`` that wait elsewhere return."""
    with contextlib.suppress(OSError):
        plain(sock).shutdown(socket.SHUT_RDWR)


def plain(sock: Any) -> Any:
    """The socket inside a tap."""
    return getattr(sock, "tapped", sock)


def _why(error: Exception) -> str:
    """An operating system's error, for someone who meets it for the first time."""
    if isinstance(error, tls.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, tls.SSLError):
        reason = str(error.reason or error).partition(" (_ssl.c:")[0]
        return f"the TLS handshake failed ({reason}); perhaps it speaks no TLS"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused); start the server, or check the port"
    if isinstance(error, ConnectionResetError):
        return "the other side hung up (connection reset)"
    if isinstance(error, TimeoutError):
        return "no answer in time; the address may be wrong, or a firewall in between"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return "there is no such host name"
    if isinstance(error, PermissionError):
        return "the system does not allow it; ports below 1024 are often reserved: try another"
    if isinstance(error, OSError) and error.errno in _IN_USE:
        return "the port is in use; choose another, or 0 for any free one"
    return str(getattr(error, "strerror", None) or error)


_IN_USE = {48, 98, 10048}  # EADDRINUSE on macOS, Linux, Windows


class Peer:
    """One connection of a server, and how to say goodbye on it when the server ends."""

    def __init__(self, sock: socket.socket, address: Any) -> None:
        self.sock: Stream = sock
        self.address = address
        self.goodbye: Callable[[], None] = lambda: abort(self.sock)


class Server:
    """Accepts connections and gives each a thread of its own, which calls ``handle(peer)``.

    A context manager: at its end the listening socket is closed, every peer is told goodbye and
    given ``grace`` seconds, and then cut off; no thread and no socket stays behind.
    """

    def __init__(
        self,
        handle: Callable[[Peer], None],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        scheme: str = "tcp",
        ssl: tls.SSLContext | None = None,
        max_connections: int = MAX_CONNECTIONS,
        handshake_timeout: float | None = 10.0,
        sorry: bytes = b"",
        grace: float = 1.0,
    ) -> None:
        self._handle = handle
        self._scheme = scheme
        self._ssl = ssl
        self._max_connections = max_connections
        self._handshake_timeout = handshake_timeout
        self._sorry = sorry
        self._grace = grace
        self._peers: dict[threading.Thread, Peer] = {}
        self._closing = threading.Event()
        self._listener = listen(host, port)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        """(host, port) that it listens on."""
        self._acceptor = threading.Thread(target=self._accept, name="accept", daemon=True)
        self._acceptor.start()

    @property
    def url(self) -> str:
        """Where to connect to: ``tcp://127.0.0.1:PORT`` or ``ws://127.0.0.1:PORT/``."""
        host, port = self.address
        host = f"[{host}]" if ":" in host else host
        return f"{self._scheme}://{host}:{port}" + ("" if self._scheme == "tcp" else "/")

    @property
    def connections(self) -> int:
        """How many peers are connected now."""
        return len(self._peers)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop accepting, say goodbye, end every connection. May be called more than once."""
        if not self._closing.is_set():
            self._closing.set()
            abort(self._listener)
            with contextlib.suppress(OSError):
                # Where shutdown() does not wake accept(), a visitor does.
                socket.create_connection(self.address, timeout=0.2).close()
            self._listener.close()
        self._acceptor.join(self._grace)
        deadline = time.monotonic() + self._grace
        peers = dict(self._peers)
        for peer in peers.values():
            if time.monotonic() < deadline:
                peer.goodbye()
        self._join(peers, deadline)
        for thread, peer in peers.items():
            if thread.is_alive():
                abort(peer.sock)
        self._join(peers, time.monotonic() + self._grace)

    def _join(self, threads: Iterable[threading.Thread], deadline: float) -> None:
        for thread in threads:
            if thread is not threading.current_thread():  # a handler may close its own server
                thread.join(max(0.0, deadline - time.monotonic()))

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, address = self._listener.accept()
            except OSError:
                # Closed, or (rarely) out of file descriptors: then wait for some to come back.
                time.sleep(0.0 if self._closing.is_set() else 0.05)
                continue
            if self._closing.is_set() or len(self._peers) >= self._max_connections:
                self._turn_away(sock)
                continue
            peer = Peer(sock, address)
            thread = threading.Thread(target=self._run, args=(sock, peer), name="peer", daemon=True)
            self._peers[thread] = peer
            try:
                thread.start()
            except RuntimeError:  # the system gives no more threads: that peer's loss, no other's
                del self._peers[thread]
                self._turn_away(sock)

    def _turn_away(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.setblocking(False)
            if self._ssl is None and not self._closing.is_set():
                sock.send(self._sorry)
            sock.shutdown(socket.SHUT_WR)

    def _run(self, sock: socket.socket, peer: Peer) -> None:
        try:
            prepare(sock)
            if self._ssl is not None:
                # Here, not in accept(): a peer that is slow with TLS must not hold up the others.
                peer.sock = secure = Secure(sock, self._ssl, host=None)
                secure.handshake(self._handshake_timeout)
            self._handle(peer)
        except OSError:
            pass  # the peer is gone, or never spoke TLS: the end of this connection, of no other
        except Exception:
            traceback.print_exc()
        finally:
            peer.sock.close()
            del self._peers[threading.current_thread()]
