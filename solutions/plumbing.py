"""Given: the part of ex07 and ex09 that is not about WebSocket. Nothing to change here.

A server with a thread for each connection; a Stream: a socket whose calls never wait for ever.
"""

from __future__ import annotations

import contextlib
import math
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable

NAP = 0.2  # seconds after which a waiting call looks up: is the time over, was it interrupted?
SEND_SECONDS = 10.0  # how long a peer may take no byte at all of what we send
LINGER_SECONDS = 1.0  # how long we listen to a peer that we have said goodbye to
MAX_CONNECTIONS = 200


class Failure(Exception):
    """The connection must end, and the close code and the reason say why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


class Stream:
    """A connected socket: the same ``recv`` and ``send``, with a deadline.

    ``early`` holds bytes that were read too early; ``recv`` gives them first. ``heard`` is the
    moment (time.monotonic) when something arrived last.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.settimeout(NAP)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self.early = b""
        self.heard = time.monotonic()
        self._deadline = math.inf
        self._failure: Failure | None = None

    def allow(self, seconds: float) -> None:
        """Let ``recv`` raise Failure(1008) when this time is over; math.inf: never."""
        self._deadline = time.monotonic() + seconds

    def interrupt(self, failure: Failure) -> None:
        """Let ``recv`` raise ``failure``, now or when it is called next. For any thread."""
        self._failure = failure

    def recv(self, n: int) -> bytes:
        """1 to n bytes, or ``b""`` when the peer has finished."""
        while True:
            if self._failure:
                raise self._failure
            if time.monotonic() > self._deadline:
                raise Failure(1008, "too slow")
            if self.early:
                data, self.early = self.early[:n], self.early[n:]
                return data
            with contextlib.suppress(TimeoutError):
                data = self.sock.recv(n)
                self.heard = time.monotonic()
                return data

    def send(self, data: bytes) -> int:
        """Give the system some of ``data``; how many bytes it took. Raises TimeoutError."""
        deadline = time.monotonic() + SEND_SECONDS
        while True:
            try:
                return self.sock.send(data)
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise

    def finish(self) -> None:
        """End the stream so that the peer can still read what we sent last (RFC 6455 §7.1.1).

        To close a socket with unread bytes resets the connection; so we read what still comes.
        """
        deadline = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError), self.sock:
            self.sock.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline:
                with contextlib.suppress(TimeoutError):
                    if not self.sock.recv(65536):
                        break


def run(talk: Callable[[Stream], None], port: int) -> None:
    """Call ``talk(stream)`` in a thread for each connection to 127.0.0.1:port, until Ctrl-C.

    Then every ``recv`` raises Failure(1001), and the threads have some seconds to say goodbye.
    """
    threads: dict[threading.Thread, Stream] = {}

    def handle(stream: Stream) -> None:
        try:
            talk(stream)
        except (EOFError, OSError, Failure):
            pass  # the peer is gone: the end of this connection, of no other
        except NotImplementedError as error:
            print(f"not written yet: {error}", file=sys.stderr)
        except Exception:
            traceback.print_exc()  # a mistake in the program: to be seen, and the others go on
        finally:
            stream.finish()
            del threads[threading.current_thread()]

    try:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
    except OSError as error:
        sys.exit(f"{error.strerror}. Take another port, or 0 for any free one.")
    with listener:
        listener.settimeout(NAP)  # so that Ctrl-C gets through on Windows too
        print(f"ws://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                try:
                    sock, _address = listener.accept()
                except OSError:  # most often the time-out; rarely a visitor who has left already
                    continue
                if len(threads) >= MAX_CONNECTIONS:
                    sock.close()
                    continue
                stream = Stream(sock)
                thread = threading.Thread(target=handle, args=(stream,), daemon=True)
                threads[thread] = stream
                thread.start()
    for stream in list(threads.values()):
        stream.interrupt(Failure(1001, "the server is going away"))
    deadline = time.monotonic() + 3
    for thread in list(threads):
        thread.join(max(0.0, deadline - time.monotonic()))


def port_asked_for() -> int:
    """The port on the command line; 0 (any that is free) if there is none."""
    asked = sys.argv[1] if len(sys.argv) > 1 else "0"
    if not asked.isdecimal() or int(asked) > 65535:
        sys.exit(f"{asked!a} is not a port: write a number from 0 (any free one) to 65535.")
    return int(asked)
