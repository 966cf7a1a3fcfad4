"""Exercise 1: an echo over TCP (lesson 02).

You say three words, and the echo says them back. But TCP does not know words: it carries bytes.
Three sends may arrive in one recv, and one send in three. Here you write the two loops that every
network program has inside, and the echo on top of them.

Beliefs to get rid of: "one send is one recv" · "recv(n) returns n bytes" · "send sends it all" ·
"no bytes means: nothing yet".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters, and all below the line "given".
Check yourself:  python3 -m wslab check ex01   (in the folder of the course)
Then meet it:    python3 exercises/ex01_echo_over_tcp.py 15000   (Ctrl-C ends it)
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Callable, Iterator


def send_all(send: Callable[[bytes], int], data: bytes) -> None:
    """Hand all of ``data`` to ``send``, which says after each call how many bytes it took.

    >>> taken = []
    >>> send_all(lambda data: taken.append(data[:3]) or 3, b"abcdef")
    >>> taken
    [b'abc', b'def']
    """
    raise NotImplementedError(
        "send_all: call send until it has taken all of data, each time with the bytes that are left"
    )


def recv_exactly(recv: Callable[[int], bytes], n: int) -> bytes:
    """Exactly ``n`` bytes. ``recv(k)`` gives 1 to k bytes, and ``b""`` once the stream has ended.

    It never asks for more than is missing: what comes behind belongs to somebody else.
    Raises EOFError if the stream ends before the n bytes are complete.

    >>> chunks = [b"He", b"l", b"lo"]
    >>> recv_exactly(lambda k: chunks.pop(0), 5)
    b'Hello'
    """
    raise NotImplementedError(
        "recv_exactly: collect what recv gives until you have n bytes; decide what no bytes means"
    )


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
    raise NotImplementedError(
        "echo: receive, send back, again, until the peer has finished; send_all is your tool"
    )


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
    raise NotImplementedError(
        "ask: send the message, then read its echo; how many bytes will that be?"
    )


def serve(listener: socket.socket) -> None:
    """Echo for every client that connects, for several of them at the same time, for ever.

    A client that vanishes ends its own connection, and nobody else's.
    """
    raise NotImplementedError(
        "serve: for each socket that connections(listener) gives, echo in a thread of its "
        "own, then close it"
    )


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
