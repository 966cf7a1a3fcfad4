"""The head of an HTTP message: the one place where WebSocket resembles HTTP (§1.7).

A start line, header fields, a blank line. RFC 6455 leaves the format to HTTP; "RFC 7230" below is
its specification. A head is read strictly, for what two readers take differently is where attacks
begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from .errors import HandshakeError
from .grammar import LINE, PARTLY, Field, Parser, Want

REQUEST_LINE = Field("request line", "4.1")
STATUS_LINE = Field("status line", "4.2.2")
HEADER_FIELD = Field("header field", "4.1")
BODY = Field("HTTP body", "4.1")

MAX_HEAD = 16 * 1024
"""The longest head that is read, in bytes: request line and all header fields."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 7230 §3.2.6: the characters of a method, a header field's name, a subprotocol's name."""

_CONTROL = r"\x00-\x08\x0a-\x1f\x7f"
_REQUEST_LINE = re.compile(rf"({TOKEN.pattern}) ([!-~]+) HTTP/([0-9])\.([0-9])\r\n")
_STATUS_LINE = re.compile(rf"HTTP/[0-9]\.[0-9] ([0-9]{{3}})(?: ([^{_CONTROL}]*))?\r\n")
_FIELD = re.compile(rf"({TOKEN.pattern}):([^{_CONTROL}]*)\r\n")
# A comma inside quotes divides nothing. Quotes that never end reach to the end of the line: to give
# up there, and to try again from each of them, would take seconds for one hostile line.
_LIST_MEMBER = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.?)*(?:"|$))+')


class Headers(tuple[tuple[str, str], ...]):
    """The header fields, in order, as pairs of name and value. Names ignore case (RFC 7230 §3.2).

    >>> headers = Headers([("Connection", "keep-alive, Upgrade"), ("Host", "a")])
    >>> headers.get("host"), headers.has_token("connection", "upgrade")
    ('a', True)
    """

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in self:
            self._values.setdefault(name.lower(), []).append(value)

    def all(self, name: str) -> list[str]:
        """The values of every field of that name."""
        return self._values.get(name.lower(), [])

    def get(self, name: str) -> str | None:
        """The value of that name, or None; several fields are one list (RFC 7230 §3.2.2)."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def members(self, name: str) -> list[str]:
        """The members of a comma-separated list, over all fields of that name."""
        value = self.get(name) or ""
        members = _LIST_MEMBER.findall(value) if '"' in value else value.split(",")
        return [member.strip(" \t") for member in members if member.strip(" \t")]

    def has_token(self, name: str, token: str) -> bool:
        """Whether that list has ``token`` among its members, whatever the case."""
        return token.lower() in map(str.lower, self.members(name))


class Request(NamedTuple):
    """The head of an HTTP request."""

    method: str
    target: str
    version: tuple[int, int]
    headers: Headers

    def encode(self) -> bytes:
        """The bytes on the wire."""
        start = f"{self.method} {self.target} HTTP/{self.version[0]}.{self.version[1]}"
        return _encode_head(start, self.headers)


class Response(NamedTuple):
    """An HTTP response; ``body`` is sent after the head, and empty with a 101."""

    status: int
    phrase: str
    headers: Headers
    body: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the wire."""
        return _encode_head(f"HTTP/1.1 {self.status} {self.phrase}", self.headers) + self.body


def _encode_head(start: str, headers: Headers) -> bytes:
    lines = [start, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def read_request(max_head: int = MAX_HEAD) -> Parser[Request]:
    """Read the head of a request. Raises HandshakeError: 400, or 431 if it is too large."""
    line = yield REQUEST_LINE, max_head, LINE
    match = _REQUEST_LINE.fullmatch(line.decode("latin-1"))
    if not match:
        why = _bad_line(line) or f"{_show(line)} is not a request line: METHOD /path HTTP/1.1"
        raise HandshakeError(_status(line), why, "4.2.1")
    method, target, major, minor = match.groups()
    headers = yield from _read_fields(max_head - len(line), 400)
    return Request(method, target, (int(major), int(minor)), headers)


def read_response(max_head: int = MAX_HEAD) -> Parser[Response]:
    """Read the head of a response. Raises HandshakeError with status 0: it is not HTTP."""
    line = yield STATUS_LINE, max_head, LINE
    text = line.decode("latin-1")
    match = _STATUS_LINE.fullmatch(text)
    if not match:
        ours = _REQUEST_LINE.fullmatch(text)  # a raw echo gives our own request back
        what = "an answer, but a request: is that an echo?" if ours else "HTTP"
        why = f"the answer begins with {_show(line)}, which is not {what}"
        raise HandshakeError(0, _bad_line(line) or why, "4.1")
    headers = yield from _read_fields(max_head - len(line), 0)
    return Response(int(match[1]), match[2] or "", headers)


def skip_body() -> Parser[None]:
    """Take what follows the head of a message that ends the handshake; it is not WebSocket."""
    want: Want = (BODY, 65536, PARTLY)
    while True:
        yield want


def _read_fields(longest: int, status: int) -> Parser[Headers]:
    """Header fields up to the blank line. ``longest`` is what is left of the head, in bytes."""
    fields = []
    while (line := (yield HEADER_FIELD, max(longest, 1), LINE)) != b"\r\n":
        longest -= len(line)
        # RFC 7230 §3: read as a superset of ASCII; nothing in the opening handshake is UTF-8.
        match = _FIELD.fullmatch(line.decode("latin-1"))
        if not match:
            why = _bad_line(line) or f"{_show(line)} is not a header field: Name: value"
            raise HandshakeError(status and _status(line), why, "4.1")
        name, value = match.groups()
        fields.append((name, value.strip(" \t")))
    return Headers(fields)


def _bad_line(line: bytes) -> str:
    """What is wrong with a line of the head; nothing if it can be a line at all."""
    if not line.endswith(b"\n"):
        return "the head of the message is too large"
    if not line.endswith(b"\r\n"):
        return "a line ends with LF alone; HTTP wants CR LF"
    control = re.search(f"[{_CONTROL}]", line[:-2].decode("latin-1"))
    return f"{_show(line)} has a control character in it" if control else ""


def _status(line: bytes) -> int:
    """RFC 6585 §5: 431 Request Header Fields Too Large; for what is wrong otherwise, 400."""
    return 400 if line.endswith(b"\n") else 431


def _show(line: bytes) -> str:
    return shorten(line.rstrip(b"\r\n").decode("latin-1"))


def shorten(text: str) -> str:
    """As much of the peer's text as fits an error message, with everything strange escaped."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")
