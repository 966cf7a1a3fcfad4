"""A server of threads, for both echoes alike: who accepts a peer talks to it.

Before it does, it sees to it that another thread waits for the next peer; so each has a thread of
its own. Nothing in this file knows WebSocket. Times are in seconds.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from .net import Stream, listen, reset, set_options, shutdown

if TYPE_CHECKING:  # to load OpenSSL takes longer than all the rest: only who uses TLS does
    import ssl as tls

MAX_CONNECTIONS = 1000
"""How many peers a server talks to at the same time by default."""

MAX_WAITING = 2
"""How many threads wait for a peer. With two, short conversations one after the other need no new
thread: to start one, and to hand the peer over to it, takes longer than to talk to it."""


class Peer:
    """One connection of a server, and how to say goodbye on it when the server ends."""

    def __init__(self, sock: socket.socket, address: Any) -> None:
        self.sock: Stream = sock
        self.address = address
        self.goodbye: Callable[[], None] = lambda: reset(self.sock)


class Server:
    """Accepts connections; each has a thread of its own, which calls ``handle(peer)``.

    A context manager: at its end the listening socket is closed, every peer is told goodbye and
    given ``grace`` seconds, and then cut off; no thread and no socket stays behind. A peer that
    does not read is given up when a send to it makes no progress for ``send_timeout`` seconds.
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
        send_timeout: float | None = None,
        sorry: bytes = b"",
        grace: float = 1.0,
    ) -> None:
        self._handle = handle
        self._scheme = scheme
        self._ssl = ssl
        self._max_connections = max_connections
        self._handshake_timeout = handshake_timeout
        self._send_timeout = send_timeout
        self._sorry = sorry
        self._grace = grace
        self._peers: dict[threading.Thread, Peer] = {}
        self._waiting: set[threading.Thread] = set()
        self._changing = threading.Lock()  # for who moves between the two, or adds to them
        self._closing = threading.Event()
        self._listener = listen(host, port)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        """(host, port) that it listens on."""
        self._start_waiting()

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
        with self._changing:
            first = not self._closing.is_set()
            self._closing.set()
            waiting = set(self._waiting)
        if first:  # later, the port may be somebody else's
            shutdown(self._listener)
            with contextlib.suppress(OSError):
                for _ in waiting:
                    # Where shutdown() does not wake accept(), a visitor does.
                    socket.create_connection(self.address, timeout=0.2).close()
            self._listener.close()
        self._join(waiting, time.monotonic() + self._grace)
        deadline = time.monotonic() + self._grace
        peers = dict(self._peers)
        for peer in peers.values():
            if time.monotonic() < deadline:
                peer.goodbye()
        self._join(peers, deadline)
        for thread, peer in peers.items():
            if thread.is_alive():
                reset(peer.sock)
        self._join(peers, time.monotonic() + self._grace)

    def _join(self, threads: Iterable[threading.Thread], deadline: float) -> None:
        for thread in threads:
            if thread is not threading.current_thread():  # a handler may close its own server
                thread.join(max(0.0, deadline - time.monotonic()))

    def _start_waiting(self) -> None:
        """Let one more thread wait for a peer. Raises RuntimeError if the system gives none."""
        thread = threading.Thread(target=self._serve, name="peer", daemon=True)
        self._waiting.add(thread)
        try:
            thread.start()
        except RuntimeError:
            self._waiting.remove(thread)
            raise

    def _serve(self) -> None:
        """What each thread does: wait for a peer, talk to it, and wait for the next one."""
        while (peer := self._next_peer()) is not None:
            try:
                self._talk(peer)
            finally:
                del self._peers[threading.current_thread()]
            if not self._is_needed():
                return

    def _is_needed(self) -> bool:
        """Whether this thread, which has just finished with a peer, waits for another one."""
        with self._changing:
            needed = not self._closing.is_set() and len(self._waiting) < MAX_WAITING
            if needed:
                self._waiting.add(threading.current_thread())
            return needed

    def _next_peer(self) -> Peer | None:
        """Wait for a peer that there is room for; None when the server closes."""
        while not self._closing.is_set():
            try:
                sock, address = self._listener.accept()
            except OSError:
                # Closed, or (rarely) out of file descriptors: then wait for some to come back.
                time.sleep(0.0 if self._closing.is_set() else 0.05)
                continue
            peer = Peer(sock, address)
            if self._take(peer):
                return peer
            self._turn_away(sock)
        return None

    def _take(self, peer: Peer) -> bool:
        """Make this thread the one of ``peer``, if there is room, and another one can wait."""
        thread = threading.current_thread()
        with self._changing:
            if self._closing.is_set() or len(self._peers) >= self._max_connections:
                return False
            if len(self._waiting) == 1:
                try:
                    self._start_waiting()
                except RuntimeError:  # no more threads: that peer's loss, no other's
                    return False
            self._waiting.remove(thread)
            self._peers[thread] = peer
            return True

    def _turn_away(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            sock.setblocking(False)
            if self._ssl is None and not self._closing.is_set():
                sock.send(self._sorry)
            sock.shutdown(socket.SHUT_WR)

    def _talk(self, peer: Peer) -> None:
        sock: Any = peer.sock
        try:
            set_options(sock, self._send_timeout)
            if self._ssl is not None:
                from .secure import Secure

                # Here, not in accept(): a peer that is slow with TLS must not hold up the others.
                peer.sock = secure = Secure(sock, self._ssl, host=None)
                secure.handshake(self._handshake_timeout)
            self._handle(peer)
        except OSError:
            pass  # the peer is gone, or never spoke TLS: the end of this connection, of no other
        except Exception:
            import traceback

            traceback.print_exc()
        finally:
            peer.sock.close()
