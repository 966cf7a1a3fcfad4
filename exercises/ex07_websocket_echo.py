"""Exercise 7: a WebSocket echo server of your own (lesson 11 lets a browser talk to it).

All that you wrote in exercises 1 to 6 comes together: a handshake, then frames, then messages, over
a plain socket. ``pieces`` gives you your own functions from this folder; where one is not there
yet, wslab's steps in and says so on stderr. ``plumbing`` gives you run (a thread for each
client), Stream (a socket with a deadline: recv, send, early, allow) and Failure (the connection
must end with this close code). Read both files: they are short.

Beliefs to get rid of: all of them at once. Your server will get one byte at a time, and everything
at once; clients that do not mask, announce gigabytes, stop in the middle, or vanish.

What to do: replace each ``raise NotImplementedError`` by your code; add functions as you like.
Keep the names and the parameters (exercise 9 uses them), and all below the line "given".
Check yourself:  python3 -m wslab check ex07   (in the folder of the course)
Then meet it:    python3 exercises/ex07_websocket_echo.py 15000   (Ctrl-C ends it)
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # where pieces.py and plumbing.py are

from pieces import (  # noqa: F401 - take what you need
    build_response,
    control_reply,
    decode_frame,
    encode_close,
    encode_frame,
    is_upgrade,
    parse_request,
    reassemble,
    recv_exactly,
    send_all,
)
from plumbing import Failure, Stream, port_asked_for, run  # noqa: F401

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

MAX_HEAD = 16 * 1024  # bytes of the opening handshake
MAX_MESSAGE = 1024 * 1024  # bytes, all fragments together
MAX_FRAGMENTS = 16 * 1024
HANDSHAKE_SECONDS = 10.0
MESSAGE_SECONDS = 30.0  # from the first byte of a message to its last


def shake_hands(stream: Stream, reply: Callable[[bytes], None]) -> bool:
    r"""Read the client's opening handshake and ``reply`` to it; whether a WebSocket is open now.

    The answer is the 101; or 426 for a version that is missing or not 13, 431 for a head of more
    than MAX_HEAD bytes, 400 for everything else. The head must be here within HANDSHAKE_SECONDS.
    Bytes after its blank line go back into stream.early. (A client that keeps to the RFC waits for
    the 101 before its first frame, §4.1, so there are none; losing bytes is a bad habit, though.)
    Raises EOFError if the client ends before the blank line.

    >>> import socket
    >>> with socket.socket() as sock:
    ...     stream = Stream(sock)
    ...     stream.early = b"GET / HTTP/1.1\r\nHost: me\r\nSec-WebSocket-Version: 13\r\n\r\nrest"
    ...     shake_hands(stream, lambda answer: print(answer[:12])), stream.early
    b'HTTP/1.1 400'
    (False, b'rest')
    """
    raise NotImplementedError(
        "shake_hands: read until the blank line is there, keep what is behind it, then parse, "
        "check and reply"
    )


def next_message(stream: Stream, reply: Callable[[bytes], None]) -> str | bytes | None:
    r"""The next whole message of the client: text as str, binary as bytes; None when it has closed.

    Control frames are answered on the way, with ``reply``; a Close too, before None is given.
    Raises Failure with the close code that is due: 1002 for what breaks the protocol, 1007 for
    a text (or a close reason) that is not UTF-8, 1009 for a message that is too long, 1008 for
    one that is not complete within MESSAGE_SECONDS. Raises EOFError if the client just ends.

    >>> import socket
    >>> with socket.socket() as sock:
    ...     stream = Stream(sock)
    ...     stream.early = b"\x89\x80mask" + b"\x81\x82\x00\x00\x00\x00Hi"
    ...     next_message(stream, print)
    b'\x8a\x00'
    'Hi'
    """
    raise NotImplementedError(
        "next_message: read one frame of the client, look at its header before its payload; "
        "control frame? part of a message? the last part?"
    )


def talk(stream: Stream) -> None:
    """One client, from its first byte to the end: send back each message with its type."""
    raise NotImplementedError(
        "talk: shake hands, then send back each message as text or binary; at a Failure send "
        "a Close with its code"
    )


# ------------------------------------ given: how the program starts. Nothing to change from here on

if __name__ == "__main__":
    run(talk, port_asked_for())
