"""TLS for several threads: one receives while another sends.

OpenSSL lets only one thread at a time into a connection. So no thread may wait in there: the socket
does not block, each call into OpenSSL is short and holds a lock, and to wait is left to ``ready``.
"""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import ssl as tls
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

RECORD = 2**14
"""The most that one TLS record carries, in bytes (RFC 8446 §5.1)."""

T = TypeVar("T")


def ready(sock: Any, seconds: float | None, *, writing: bool = False) -> bool:
    """Wait for bytes (or the end) to be there, or for room to write; False if not within ``seconds``.

    This waits in one direction only: ``settimeout`` would count for a send in another thread, too.
    """
    descriptor = sock.fileno()
    if descriptor < 0:
        raise OSError(errno.EBADF, "the socket is closed")
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(descriptor, select.POLLOUT if writing else select.POLLIN)
        return bool(poll.poll(None if seconds is None else max(seconds, 0) * 1000))
    # Windows. Elsewhere, select() knows no descriptor above 1023.
    wanted = ([], [descriptor]) if writing else ([descriptor], [])
    return any(select.select(*wanted, [], None if seconds is None else max(seconds, 0)))


class Secure:
    """A TLS connection with the methods of a socket. Times are in seconds.

    ``settimeout`` is for receiving; a send may make no progress for ``send_timeout``.
    """

    def __init__(self, sock: tls.SSLSocket, send_timeout: float) -> None:
        sock.setblocking(False)
        self._tls = sock
        self._send_timeout = send_timeout
        self._timeout: float | None = None
        self._ahead: bytes | None = None  # what readable() found
        self._lock = threading.Lock()

    def handshake(self, seconds: float | None) -> None:
        """Go through the TLS handshake. Raises ssl.SSLError, TimeoutError."""
        self._attempt(self._tls.do_handshake, seconds)

    def readable(self, seconds: float | None) -> bool:
        """Whether ``recv`` has something to return within ``seconds``.

        That bytes have come says nothing yet: they may be a part of a TLS record.
        """
        if self._ahead is None:
            with contextlib.suppress(TimeoutError):
                self._ahead = self._attempt(partial(self._tls.recv, RECORD), seconds)
        return self._ahead is not None

    def recv(self, size: int) -> bytes:
        """Like ``socket.recv``."""
        ahead, self._ahead = self._ahead, None
        if ahead is None:
            return self._attempt(partial(self._tls.recv, size), self._timeout)
        if len(ahead) > size:
            self._ahead = ahead[size:]
        return ahead[:size]

    def sendall(self, data: bytes) -> None:
        """Like ``socket.sendall``."""
        view = memoryview(data)
        while view:
            sent = self._attempt(partial(self._tls.send, view[:RECORD]), self._send_timeout)
            view = view[sent:]

    def settimeout(self, seconds: float | None) -> None:
        """How long ``recv`` may wait; None for as long as it takes."""
        self._timeout = seconds

    def shutdown(self, how: int) -> None:
        """Like ``socket.shutdown``; before the half-close TLS says its own goodbye (close_notify)."""
        if how == socket.SHUT_WR:
            # It waits for the peer's close_notify by wanting to read; we go on without.
            with self._lock, contextlib.suppress(OSError, ValueError):
                self._tls.unwrap()
        # The method of the plain class: that of an SSLSocket would take TLS from a thread that waits.
        socket.socket.shutdown(self._tls, how)

    def close(self) -> None:
        """Like ``socket.close``."""
        self._tls.close()

    def fileno(self) -> int:
        """Like ``socket.fileno``."""
        return self._tls.fileno()

    def __enter__(self) -> Secure:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _attempt(self, call: Callable[[], T], seconds: float | None) -> T:
        """Try until OpenSSL is content; in between, wait for what it wants."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                with self._lock:
                    return call()
            except tls.SSLWantReadError:
                writing = False
            except tls.SSLWantWriteError:
                writing = True
            left = None if deadline is None else deadline - time.monotonic()
            if not ready(self._tls, left, writing=writing):
                raise TimeoutError("timed out")
