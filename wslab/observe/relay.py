"""A relay: a man in the middle who passes every byte on, and records it.

It listens on loopback, and for each client it connects to the real server. So it sees the traffic
of programs that are not ours: point a browser at the relay instead of at its server. What is inside
TLS stays closed to it: it has no key, and records the ciphertext.

    client  <- socket ->  relay  <- socket ->  server
                            |
                        recording

Nothing in this file knows WebSocket. Times are in seconds.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import Error
from ..net import RESET_AT_CLOSE, connect, lingering_close, shutdown
from ..protocol.rfc import Role
from ..tcp_server import MAX_CONNECTIONS, Peer, Server
from .recording import Recording

CHUNK = 2**18
"""How many bytes the relay takes at once. Each piece costs the same work, so few large ones."""

CONNECT_TIMEOUT = 1.5
"""How long the target may take to answer; short, for a relay that ends must not wait for it."""

MAX_RECORDING = 2**22
"""How many bytes of one connection are kept, if the caller brings no recordings."""

MAX_RECORDINGS = 64
"""How many connections are kept then: the newest ones. So all of it is at most 256 MiB."""


class Relay(Server):
    """Passes connections on to ``to`` (host, port), in background threads; a context manager.

    ``record(address)`` gives the recording for a client; by default ``recordings`` keeps the newest
    ones. ``report(sentence)`` is told what stands in the way of one connection while the others go
    on; by default it is printed on standard error. Raises Error if it cannot listen there.

    >>> from wslab import tcp_echo
    >>> with tcp_echo.serve() as server, relay(server.address) as middle:
    ...     with tcp_echo.connect(middle.url) as sock:
    ...         answers = list(tcp_echo.say(sock, [b"Hello"]))
    >>> middle.recordings[0].stream(Role.SERVER)
    b'Hello'
    """

    def __init__(
        self,
        to: tuple[str, int],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        record: Callable[[Any], Recording] | None = None,
        report: Callable[[str], None] | None = None,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        _check(to, host, port)
        self.to = to
        """(host, port) that it passes connections on to."""
        self.recordings: deque[Recording] = deque(maxlen=MAX_RECORDINGS)
        """The newest connections, oldest first, unless the caller brings recordings."""
        self._record = record or self._new_recording
        self._report = report or _say
        super().__init__(self._pass_on, host, port, max_connections=max_connections)

    def __enter__(self) -> Relay:
        return self

    def _new_recording(self, address: Any) -> Recording:
        recording = Recording(max_total=MAX_RECORDING)
        self.recordings.append(recording)
        return recording

    def _between(self, client: Any, server: Any, recording: Recording) -> Between:
        return Between(client, server, recording, self._report)

    def _pass_on(self, peer: Peer) -> None:
        """One connection, from its first byte to its last, in both directions at the same time."""
        try:
            server = connect(*self.to, timeout=CONNECT_TIMEOUT)
        except Error as error:
            self._report(f"{error} The client was sent away; the relay goes on.")
            lingering_close(peer.sock, timeout=1.0)
            return
        with server:
            between = self._between(peer.sock, server, self._record(peer.address))
            peer.goodbye = between.cut
            if self._closing.is_set():  # since before there was this goodbye
                return
            back = threading.Thread(target=between.pump, args=(Role.SERVER,), daemon=True)
            back.start()
            try:
                between.pump(Role.CLIENT)
            finally:
                back.join()


relay = Relay


def _check(to: tuple[str, int], host: str, port: int) -> None:
    if not _is_loopback(host):
        text = "the relay shows what others send, so it serves this machine only: use 127.0.0.1"
        raise Error(f"Cannot listen on {host}: {text}.")
    if not 1 <= to[1] <= 65535:
        raise Error(f"{to[1]} is not a port to connect to: use 1 to 65535.")
    if port == to[1] and to[0] in (host, "localhost"):
        raise Error(f"Port {port} is both ends: the relay would talk to itself; choose another.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):  # nobody reads it: no reason to end a connection
        print(f"relay: {sentence}", file=sys.stderr, flush=True)


class Between:
    """The middle of one connection: each direction has a thread that pumps."""

    def __init__(
        self, client: Any, server: Any, recording: Recording, report: Callable[[str], None]
    ) -> None:
        self._ends = {Role.CLIENT: client, Role.SERVER: server}
        self._recording = recording
        self._report = report
        self._first = b""
        self._lock = threading.Lock()

    def pump(self, sender: Role) -> None:
        """Pass on what ``sender`` sends, until it has finished or one of the two is gone."""
        target = self._ends[sender.peer]
        finished = False
        try:
            with contextlib.suppress(OSError):
                for data in self._chunks(sender):
                    # First noted, then sent: a question stands before the answer to it.
                    self._note(sender, data)
                    _send_all(target, data)
                finished = True
            self._note(sender, b"")
        finally:
            if finished:
                with contextlib.suppress(OSError):  # a half-close: the other direction goes on
                    target.shutdown(socket.SHUT_WR)
            else:
                self.cut()

    def _chunks(self, sender: Role) -> Iterator[bytes]:
        """What ``sender`` sends, as it comes, until it has finished. Raises OSError."""
        source = self._ends[sender]
        while data := source.recv(CHUNK):
            yield data

    def cut(self) -> None:
        """End both directions, now, and with a reset, so that it is noticed at once.

        Who sends and sends learns nothing from an end of the other direction; and if our buffer was
        full, the system would let him wait for room in it for another minute.
        """
        for sock in self._ends.values():
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            shutdown(sock)

    def _note(self, sender: Role, data: bytes) -> None:
        with self._lock:  # two threads, one recording
            if sender is Role.CLIENT and len(self._first) < 2:
                self._look_for_tls(data)
            self._recording.add(sender, data)

    def _look_for_tls(self, data: bytes) -> None:
        """A record of TLS begins with its type, 22 for a handshake, and a 3 (RFC 8446 §5.1)."""
        self._first += data[: 2 - len(self._first)]
        if data and self._first == b"\x16\x03":
            self._report("The client speaks TLS: what is recorded is ciphertext, not to be read.")


def _send_all(sock: Any, data: bytes) -> None:
    """Like ``sendall``, with endless patience: a peer may rest, and the relay must not be noticed.

    Our sockets give up after ``net.SEND_TIMEOUT``, and ``sendall`` does not tell how far it came.
    """
    left = memoryview(data)
    while left:
        with contextlib.suppress(BlockingIOError, TimeoutError):
            left = left[sock.send(left) :]
