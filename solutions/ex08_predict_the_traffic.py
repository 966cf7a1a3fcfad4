"""Exercise 8, solved: how many bytes does it cost? First on paper, then measured."""

from __future__ import annotations


def frame_header(size: int, *, masked: bool) -> int:
    """How many bytes of header a frame with ``size`` bytes of payload has (§5.2).

    >>> frame_header(16, masked=True), frame_header(16, masked=False)
    (6, 2)
    """
    extended = 0 if size <= 125 else 2 if size <= 0xFFFF else 8
    return 2 + extended + (4 if masked else 0)


def websocket_bytes(messages: int, size: int) -> tuple[int, int]:
    """An echo over WebSocket: the bytes (client to server, server to client).

    The client sends ``messages`` messages of ``size`` bytes, each in one frame; the server sends
    each back in one frame. The opening handshake and the two Close frames are not counted.

    >>> websocket_bytes(100, 16)
    (2200, 1800)
    """
    up = messages * (frame_header(size, masked=True) + size)
    down = messages * (frame_header(size, masked=False) + size)
    return up, down


def length_prefix_bytes(messages: int, size: int) -> tuple[int, int]:
    """The same echo over TCP, with the 4 bytes of length of exercise 2 in front of each message.

    >>> length_prefix_bytes(100, 16)
    (2000, 2000)
    """
    return messages * (4 + size), messages * (4 + size)


def http_bytes(messages: int, size: int, request_head: int, response_head: int) -> tuple[int, int]:
    """The same echo over HTTP: one request and one response for each message, which is their body.

    ``request_head`` and ``response_head`` are the bytes before the body, blank line included.

    >>> http_bytes(100, 16, 120, 90)
    (13600, 10600)
    """
    return messages * (request_head + size), messages * (response_head + size)


def break_even(size: int, handshake: int, request_head: int, response_head: int) -> int | None:
    """From how many messages on WebSocket is cheaper than HTTP, its opening handshake included.

    ``handshake`` is the bytes of the handshake, both directions together. Cheaper means: fewer
    bytes in total, both directions together (Close frames not counted). The smallest such number
    of messages, at least 1; None if WebSocket never is.

    >>> break_even(16, 300, 120, 90)
    2
    """
    # The payloads cost the same both ways, so only what stands around them counts.
    frames = frame_header(size, masked=True) + frame_header(size, masked=False)
    saved = request_head + response_head - frames  # by each message
    return handshake // saved + 1 if saved > 0 else None
