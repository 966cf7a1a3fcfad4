"""Exercise 1, solved: an echo over TCP. Run it: python ex01_echo_over_tcp.py PORT."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator

CHUNK = 65536  # bytes to ask for at once: a peer that announces gigabytes gets no such buffer


def send_all(send: Callable[[bytes], int], data: bytes) -> None:
    """Hand all of ``data`` to ``send``, which says after each call how many bytes it took.

    >>> taken = []
    >>> send_all(lambda data: taken.append(data[:3]) or 3, b"abcdef")
    >>> taken
    [b'abc', b'def']
    """
    while data:
        taken = send(data)
        data = data[taken:]


def recv_exactly(recv: Callable[[int], bytes], n: int) -> bytes:
    """Exactly ``n`` bytes. ``recv(k)`` gives 1 to k bytes, and ``b""`` once the stream has ended.

    It never asks for more than is missing: what comes behind belongs to somebody else.
    Raises EOFError if the stream ends before the n bytes are complete.

    >>> chunks = [b"He", b"l", b"lo"]
    >>> recv_exactly(lambda k: chunks.pop(0), 5)
    b'Hello'
    """
    chunks = []
    while n:
        chunk = recv(min(n, CHUNK))
        if not chunk:
            raise EOFError(f"the stream ended {n} bytes too early")
        chunks.append(chunk)
        n -= len(chunk)
    return b"".join(chunks)


def echo(sock: socket.socket) -> None:
    """Send back all that comes on ``sock``, in order, until the peer has finished sending.

    It needs ``sock.recv`` and ``sock.send`` only, and leaves it to the caller to close the socket.

    >>> here, there = socket.socketpair()
    >>> here.sendall(b"Hello"), here.shutdown(socket.SHUT_WR)
    (None, None)
    >>> echo(there), here.recv(100)
    (None, b'Hello')
    >>> here.close(), there.close()
    (None, None)
    """
    while chunk := sock.recv(CHUNK):
        send_all(sock.send, chunk)


def ask(sock: socket.socket, message: bytes) -> bytes:
    """The client's side: send ``message`` on a connected socket, give back its whole echo.

    Raises EOFError if the server ends the stream before the echo is complete.

    >>> here, there = socket.socketpair()
    >>> there.sendall(b"Hello")  # an echo that knows the question already
    >>> ask(here, b"Hello")
    b'Hello'
    >>> here.close(), there.close()
    (None, None)
    """
    send_all(sock.send, message)
    return recv_exactly(sock.recv, len(message))


def serve(listener: socket.socket) -> None:
    """Echo for every client that connects, for several of them at the same time, for ever.

    A client that vanishes ends its own connection, and nobody else's.
    """
    for sock in connections(listener):
        threading.Thread(target=handle, args=(sock,), daemon=True).start()


def handle(sock: socket.socket) -> None:
    """One client, from the first byte to the end."""
    with sock, contextlib.suppress(OSError):  # a reset: nobody is left to talk to
        echo(sock)


# ------------------------------------ given: how the program starts. Nothing to change from here on


def connections(listener: socket.socket) -> Iterator[socket.socket]:
    """Each connection as it comes. The short time-out lets Ctrl-C through on Windows too."""
    listener.settimeout(0.5)
    while True:
        try:
            sock, _address = listener.accept()
        except TimeoutError:
            continue
        sock.settimeout(None)
        yield sock


def main() -> None:
    """Serve on 127.0.0.1, on the port that was asked for (0: any), until Ctrl-C."""
    asked = sys.argv[1] if len(sys.argv) > 1 else "0"
    if not asked.isdecimal() or int(asked) > 65535:
        sys.exit(f"{asked!a} is not a port: write a number from 0 (any free one) to 65535.")
    try:
        listener = socket.create_server(("127.0.0.1", int(asked)))
    except OSError as error:
        sys.exit(f"{error.strerror}. Take another port, or 0 for any free one.")
    with listener:
        print(f"tcp://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            serve(listener)
    sys.stdout.flush()
    os._exit(0)  # now: a thread that still talks to a client doesn't keep us


if __name__ == "__main__":
    main()
