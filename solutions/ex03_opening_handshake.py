"""Exercise 3, solved: the server's side of the opening handshake (RFC 6455 §4.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

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
    head, blank_line, _rest = raw.partition(b"\r\n\r\n")
    if not blank_line:
        raise ValueError("the request is not complete: there is no blank line")
    first, *lines = head.decode("latin-1").split("\r\n")
    match = re.fullmatch(r"GET (/[^ ]*) (HTTP/\d\.\d)", first)
    if not match or match[2] < "HTTP/1.1":
        raise ValueError(f"{first!r} does not read as GET /path HTTP/1.1")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[^ \t]+", name):
            raise ValueError(f"{line!r} does not read as Name: value")
        name, value = name.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return match[1], headers


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
    try:
        nonce = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return (
        "host" in headers
        and "websocket" in words(headers.get("upgrade", ""))
        and "upgrade" in words(headers.get("connection", ""))
        and len(nonce) == 16
        and headers.get("sec-websocket-version") == "13"
    )


def words(value: str) -> list[str]:
    """The members of a header value that is a list with commas, in lower case."""
    return [word.strip(" \t").lower() for word in value.split(",")]


def accept_key(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2, step 5.4).

    >>> accept_key("dGhlIHNhbXBsZSBub25jZQ==")
    's3pPLMBiTxaQ9kYGzzhZRbK+xOo='
    """
    # The key goes in as the text that stood in the header: it is not decoded.
    return base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()


def build_response(key: str) -> bytes:
    r"""The whole answer to a request with this key: the 101, its three headers, the blank line.

    The headers are Upgrade, Connection and Sec-WebSocket-Accept; each line ends with ``\r\n``.

    >>> build_response("dGhlIHNhbXBsZSBub25jZQ==").split(b"\r\n")[0]
    b'HTTP/1.1 101 Switching Protocols'
    """
    return (
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {accept_key(key)}\r\n"
        "\r\n"
    ).encode()
