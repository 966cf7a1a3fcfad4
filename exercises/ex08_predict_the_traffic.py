"""Exercise 8: predict the traffic, then measure it (lesson 10).

What does a message cost on the wire: over TCP with a length in front, over WebSocket, over HTTP?
Write it down as functions, from what you know about the bytes. Then measure, and see whether you
were right:  python -m wslab compare

What counts is the stream: the bytes that one program hands to its socket and the other one gets.
TCP and IP add headers of their own below; they are not counted here.

Beliefs to get rid of: "a WebSocket message costs nothing beside its text" · "both directions cost
the same" · "the handshake makes WebSocket expensive" (for one message? for a thousand?).

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex08   (in the folder of the course)
"""

from __future__ import annotations


def frame_header(size: int, *, masked: bool) -> int:
    """How many bytes of header a frame with ``size`` bytes of payload has (§5.2).

    >>> frame_header(16, masked=True), frame_header(16, masked=False)
    (6, 2)
    """
    raise NotImplementedError(
        "frame_header: two bytes always; more for a long payload (where are the steps?), more "
        "for a mask"
    )


def websocket_bytes(messages: int, size: int) -> tuple[int, int]:
    """An echo over WebSocket: the bytes (client to server, server to client).

    The client sends ``messages`` messages of ``size`` bytes, each in one frame; the server sends
    each back in one frame. The opening handshake and the two Close frames are not counted.

    >>> websocket_bytes(100, 16)
    (2200, 1800)
    """
    raise NotImplementedError(
        "websocket_bytes: header and payload of each frame; which direction is masked?"
    )


def length_prefix_bytes(messages: int, size: int) -> tuple[int, int]:
    """The same echo over TCP, with the 4 bytes of length of exercise 2 in front of each message.

    >>> length_prefix_bytes(100, 16)
    (2000, 2000)
    """
    raise NotImplementedError("length_prefix_bytes: 4 bytes and the message, there and back")


def http_bytes(messages: int, size: int, request_head: int, response_head: int) -> tuple[int, int]:
    """The same echo over HTTP: one request and one response for each message, which is their body.

    ``request_head`` and ``response_head`` are the bytes before the body, blank line included.

    >>> http_bytes(100, 16, 120, 90)
    (13600, 10600)
    """
    raise NotImplementedError("http_bytes: a head and a body for each message, there and back")


def break_even(size: int, handshake: int, request_head: int, response_head: int) -> int | None:
    """From how many messages on WebSocket is cheaper than HTTP, its opening handshake included.

    ``handshake`` is the bytes of the handshake, both directions together. Cheaper means: fewer
    bytes in total, both directions together (Close frames not counted). The smallest such number
    of messages, at least 1; None if WebSocket never is.

    >>> break_even(16, 300, 120, 90)
    2
    """
    raise NotImplementedError(
        "break_even: what does one message save? After how many has that paid for the handshake?"
    )
