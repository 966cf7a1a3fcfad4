"""TLS for several threads: one receives while another sends.

OpenSSL lets only one thread at a time into a connection. So no thread may wait in there: OpenSSL
works in memory, under a lock, and the plain socket below does the waiting.
"""

from __future__ import annotations

import contextlib
import socket
import ssl as tls
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from .waiting import ready

RECORD = 2**14
"""The most that one TLS record carries, in bytes (RFC 8446 §5.1)."""

T = TypeVar("T")


class Secure:
    """TLS over a connected socket, with the methods of a socket. Times are in seconds.

    A client gives the ``host`` that the certificate must name. The socket must block; a time limit
    that it has for sending (see ``net.set_options``) counts. ``settimeout`` is for receiving only.
    """

    def __init__(self, sock: socket.socket, context: tls.SSLContext, host: str | None) -> None:
        self.below = self._sock = sock
        """The socket below TLS."""
        self._received = tls.MemoryBIO()
        self._to_send = tls.MemoryBIO()
        self._tls = context.wrap_bio(
            self._received, self._to_send, server_side=host is None, server_hostname=host
        )
        self._lock = threading.Lock()  # for OpenSSL and what is below
        self._ahead = b""  # plain text that recv() has not asked for yet
        self._ended = False
        self._sending = threading.Lock()  # so that records leave in the order of their numbers
        self._timeout: float | None = None

    def handshake(self, seconds: float | None) -> None:
        """Go through the TLS handshake. Raises ssl.SSLError, TimeoutError."""
        self._attempt(self._tls.do_handshake, seconds)

    def readable(self, seconds: float | None) -> bool:
        """Whether ``recv`` has something to return within ``seconds``.

        That bytes have come says nothing yet: they may be a part of a TLS record.
        """
        try:
            self._attempt(self._read, seconds)
        except TimeoutError:
            return False
        return True

    def recv(self, size: int) -> bytes:
        """Like ``socket.recv``."""
        return self._attempt(partial(self._take, size), self._timeout)

    def sendall(self, data: bytes) -> None:
        """Like ``socket.sendall``."""
        if data:
            with self._sending:
                with self._lock:
                    self._tls.write(data)
                    records = self._to_send.read()
                self._sock.sendall(records)

    def settimeout(self, seconds: float | None) -> None:
        """How long ``recv`` may wait; None for as long as it takes."""
        self._timeout = seconds

    def shutdown(self, how: int) -> None:
        """Like ``socket.shutdown``; before a half-close TLS says its own goodbye (close_notify)."""
        if how == socket.SHUT_WR:
            with self._lock:
                # OpenSSL looks for the peer's goodbye at once, and must not meet data there.
                with contextlib.suppress(tls.SSLError):
                    while self._read_more():
                        pass
                with contextlib.suppress(tls.SSLError):
                    self._tls.unwrap()
            self._flush()
        self._sock.shutdown(how)

    def close(self) -> None:
        """Like ``socket.close``."""
        self._sock.close()

    def fileno(self) -> int:
        """Like ``socket.fileno``."""
        return self._sock.fileno()

    def __enter__(self) -> Secure:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _attempt(self, call: Callable[[], T], seconds: float | None) -> T:
        """Try until OpenSSL has received what it needs for that."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                with self._lock:
                    return call()
            except tls.SSLWantReadError:
                pass
            finally:
                self._flush()
            left = None if deadline is None else deadline - time.monotonic()
            if not ready(self._sock, left):
                raise TimeoutError("timed out")
            data = self._sock.recv(4 * RECORD)
            with self._lock:
                if data:
                    self._received.write(data)
                else:
                    self._received.write_eof()

    def _take(self, size: int) -> bytes:
        self._read()
        data, self._ahead = self._ahead[:size], self._ahead[size:]
        return data

    def _read(self) -> None:
        if not self._ahead:
            self._read_more()

    def _read_more(self) -> bool:
        """Decrypt a record; False at the end, whether TLS has announced it or not."""
        data = b""
        if not self._ended:
            with contextlib.suppress(tls.SSLZeroReturnError, tls.SSLEOFError):
                data = self._tls.read(RECORD)
            self._ahead += data
            self._ended = not data
        return not self._ended

    def _flush(self) -> None:
        """Send what TLS itself has to say; if a thread is sending, the next message takes it."""
        if self._to_send.pending and self._sending.acquire(blocking=False):
            # A connection that is lost shows when we receive.
            with contextlib.suppress(OSError):
                self._sock.sendall(self._to_send.read())
            self._sending.release()
