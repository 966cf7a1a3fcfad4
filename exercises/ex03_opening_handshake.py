"""Exercise 3: the opening handshake (lesson 04).

A WebSocket begins with one HTTP request and one answer. The client sends a random key; the server
shows with the accept value that it read this very request and knows WebSocket. It proves no more:
it is no password, and nobody is authenticated by it.

Beliefs to get rid of: "the accept value is the key in hex, or the decoded key" · "Connection is
exactly Upgrade" · "Host and host are different headers" · "headers arrive whole, with nothing
behind them".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex03   (in the folder of the course)
"""

from __future__ import annotations

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # §1.3: the same for every server in the world


def parse_request(raw: bytes) -> tuple[str, dict[str, str]]:
    r"""Take a client's request apart: its path, and its header fields.

    Header names come out in lower case, values without the spaces around them; the values of a
    repeated header are joined with ``", "`` in their order. What stands behind the blank line
    is no part of the request and is not looked at.

    Raises ValueError if the request is malformed: no blank line (``\r\n\r\n``) yet; a first line
    that is not ``GET``, a path that begins with ``/``, and ``HTTP/1.1`` or higher, with one space
    between them (§4.2.1, item 1); a header line without a colon, or with an empty name, or with a
    space or a tab in or around its name.

    >>> parse_request(b"GET /chat?room=1 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    ('/chat?room=1', {'host': 'example.org'})
    """
    raise NotImplementedError(
        "parse_request: find the blank line first; then the first line; then one header after "
        "the other"
    )


def is_upgrade(headers: dict[str, str]) -> bool:
    """Whether the header fields (as parse_request gives them) ask for a WebSocket as §4.2.1 says.

    That is: a Host; an Upgrade that lists ``websocket`` and a Connection that lists ``upgrade``,
    both in any mixture of upper and lower case; a Sec-WebSocket-Key that is the base64 of 16
    bytes; Sec-WebSocket-Version 13.

    >>> is_upgrade({"host": "example.org"})
    False
    >>> is_upgrade({"host": "example.org", "upgrade": "websocket",
    ...     "connection": "keep-alive, Upgrade", "sec-websocket-version": "13",
    ...     "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    True
    """
    raise NotImplementedError(
        "is_upgrade: check the five headers of the docstring one by one; commas make a list "
        "of a value"
    )


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2, step 5.4).

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    raise NotImplementedError(
        "accept_key: key + GUID, then SHA-1 (hashlib), then base64 of the digest's bytes"
    )


def build_response(key: str) -> bytes:
    r"""The whole answer to a request with this key: the 101, its three headers, the blank line.

    The headers are Upgrade, Connection and Sec-WebSocket-Accept; each line ends with ``\r\n``.

    >>> build_response("dGhlIHNhbXBsZSBub25jZQ==").split(b"\r\n")[0]
    b'HTTP/1.1 101 Switching Protocols'
    """
    raise NotImplementedError(
        "build_response: the status line, three headers, a blank line; which ending has each line?"
    )
