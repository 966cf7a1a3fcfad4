"""The head of an HTTP message: the one place where WebSocket resembles HTTP (§1.7).

A start line, header fields, a blank line. RFC 6455 leaves the format to HTTP; "RFC 7230" below is
its specification. A head is read strictly, for what two readers take differently is where attacks
begin.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple, NoReturn

from .errors import HandshakeError
from .grammar import LINE, PARTLY, FieldType, Parser, Want
from .refusal import stranger

REQUEST_LINE = FieldType("request line", "4.1")
STATUS_LINE = FieldType("status line", "4.2.2")
HEADER_FIELD = FieldType("header field", "4.1")
BODY = FieldType("HTTP body", "4.1")
# RFC 9112 §7.1: a body in chunks, each with its size; RFC 6455 has none.
CHUNK_SIZE = FieldType("chunk size", "")
CHUNK = FieldType("chunk data", "")
CHUNK_END = FieldType("end of chunk", "")
TRAILER = FieldType("trailer field", "")

MAX_HEAD = 16 * 1024
"""The longest head that is read, in bytes: request line and all header fields."""

Pardon = Callable[[HandshakeError], None]
"""Is told of a fault in a head. If it returns, the head is read on: we only look at it."""

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


def _refuse(error: HandshakeError) -> NoReturn:
    raise error


def read_request(max_head: int = MAX_HEAD, pardon: Pardon = _refuse) -> Parser[Request]:
    """Read the head of a request. Raises HandshakeError: 400, or 431 if it is too large.

    With ``pardon`` only for a line that is no HTTP at all.
    """
    while True:
        line = yield REQUEST_LINE, max_head, LINE
        if match := _REQUEST_LINE.fullmatch(line.decode("latin-1")):
            break
        match = _REQUEST_LINE.fullmatch(_with_crlf(line))
        hint = "" if match else _request_line_fault(_text(line))
        why = f"{_show(line)} is not a request line: METHOD /path HTTP/1.1{hint and '; '}{hint}"
        error = HandshakeError(_status(line), _fault(line) or why, "4.2.1")
        (pardon if hint or match else _refuse)(error)
        if _text(line):
            break
    method, target, *_ = [*_text(line).split(), "", ""]
    version = (int(match[3]), int(match[4])) if match else (1, 1)
    headers = yield from _read_fields(max_head - len(line), 400, pardon)
    return Request(method, target, version, headers)


def read_response(max_head: int = MAX_HEAD, pardon: Pardon = _refuse) -> Parser[Response]:
    """Read the head of a response. Raises HandshakeError with status 0: it is not HTTP."""
    line = yield STATUS_LINE, max_head, LINE
    match = _STATUS_LINE.fullmatch(_with_crlf(line))
    why = _fault(line)
    if not match:
        ours = _REQUEST_LINE.fullmatch(_with_crlf(line))  # a raw echo gives our own request back
        what = "an answer, but a request: is that an echo?" if ours else "HTTP"
        why = why or f"the answer begins with {_show(line)}, which is not {what}"
        known = stranger(line)
        raise HandshakeError(0, f"{why}; {known}" if known else why, "4.1")
    if why:
        pardon(HandshakeError(0, why, "4.1"))
    headers = yield from _read_fields(max_head - len(line), 0, pardon)
    return Response(int(match[1]), match[2] or "", headers)


def has_no_body(response: Response, request: Request | None) -> bool:
    """Whether a response ends with its head, whatever its header fields say (RFC 9112 §6.3)."""
    method = request.method if request else ""
    tunnel = method == "CONNECT" and 200 <= response.status < 300
    return method == "HEAD" or response.status < 200 or response.status in (204, 304) or tunnel


def read_body(
    headers: Headers, to_end: bool, keep: Callable[[bytes], None] = lambda piece: None
) -> Parser[None]:
    """Read the body of a message that has one, and give its pieces to ``keep`` (RFC 9112 §6.3).

    ``to_end`` says that without a size it goes on to the end of the stream: so does a response's.
    Raises HandshakeError if a chunk has no size.
    """
    if codings := headers.members("Transfer-Encoding"):
        # RFC 9112 §6.3, item 4: if chunked isn't the last one, only the stream ends the body.
        if codings[-1].lower() == "chunked":
            yield from _read_chunks(keep)
            return
    elif (sizes := set(headers.members("Content-Length"))) or not to_end:
        size = sizes.pop() if len(sizes) == 1 else "" if sizes else "0"
        if re.fullmatch("[0-9]{1,18}", size):
            yield from _read_piecewise(BODY, int(size), keep)
            return
    while True:
        keep((yield BODY, 2**62, PARTLY))


def _read_piecewise(field: FieldType, size: int, keep: Callable[[bytes], None]) -> Parser[None]:
    while size:
        piece = yield field, size, PARTLY
        size -= len(piece)
        keep(piece)


def _read_chunks(keep: Callable[[bytes], None]) -> Parser[None]:
    """Chunks up to the one of size 0, and the trailer fields after it (RFC 9112 §7.1)."""
    size = -1
    while size:
        line = yield CHUNK_SIZE, MAX_HEAD, LINE
        match = re.fullmatch(r"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?", _text(line))
        if not match:
            raise HandshakeError(400, f"{_show(line)} is not the size of a chunk", "4.1")
        size = int(match[1], 16)
        yield from _read_piecewise(CHUNK, size, keep)
        if size:
            yield CHUNK_END, 2, LINE
    while (yield TRAILER, MAX_HEAD, LINE) not in (b"\r\n", b"\n"):
        pass


def skip_body() -> Parser[None]:
    """Take what follows the head of a message that ends the handshake; it is not WebSocket."""
    want: Want = (BODY, 65536, PARTLY)
    while True:
        yield want


def _read_fields(longest: int, status: int, pardon: Pardon) -> Parser[Headers]:
    """Header fields up to the blank line. ``longest`` is what is left of the head, in bytes."""
    fields: list[tuple[str, str]] = []
    while True:
        line = yield HEADER_FIELD, max(longest, 1), LINE
        longest -= len(line)
        # RFC 7230 §3: read as a superset of ASCII; nothing in the opening handshake is UTF-8.
        if match := _FIELD.fullmatch(line.decode("latin-1")):
            name, value = match.groups()
        elif line == b"\r\n":
            return Headers(fields)
        else:
            text = _text(line)
            why = f"{_show(line)} is not a header field: {_field_fault(text)}" if text else ""
            pardon(HandshakeError(status and _status(line), _fault(line) or why, "4.1"))
            if not text:
                return Headers(fields)
            name, _, value = text.partition(":")
        fields.append((name.strip(" \t"), value.strip(" \t")))


def _text(line: bytes) -> str:
    return line.rstrip(b"\r\n").decode("latin-1")


def _with_crlf(line: bytes) -> str:
    """The line as it should end, for who pardons a line feed alone."""
    return f"{_text(line)}\r\n"


def _fault(line: bytes) -> str:
    """What is wrong with a line of the head; nothing if it can be a line at all."""
    if not line.endswith(b"\n"):
        return "the head of the message is too large"
    if not line.endswith(b"\r\n"):
        return f"a line ends with LF alone; HTTP wants CR LF: {_show(line)}"
    control = re.search(f"[{_CONTROL}]", line[:-2].decode("latin-1"))
    if not control:
        return ""
    what = {"\r": "CR without LF", "\0": "NUL"}.get(control[0], f"{ord(control[0]):02x}")
    return f"{_show(line)} has a control character in it: {what}"


def _request_line_fault(text: str) -> str:
    """What keeps this from being a request line; nothing if it does not even look like one."""
    method, *rest = text.split(" ")
    if not text:
        return "it is blank, and the request line must come first"
    if text.startswith("HTTP/") or not (method.isupper() or "HTTP/" in text.upper()):
        return ""
    if "" in rest:
        return "there is a space too many"
    if len(rest) < 2:
        return "the path or the version is missing"
    if len(rest) > 2:
        return "a space inside the path is written %20"
    if not TOKEN.fullmatch(method):
        return f"{_first_wrong(method)} cannot be in a method"
    if not re.fullmatch("[!-~]+", rest[0]):
        return "what is not ASCII in the path is percent-encoded"
    return "the version is not written like HTTP/1.1"


def _field_fault(text: str) -> str:
    """What keeps this line from being a header field."""
    name, colon, _ = text.partition(":")
    if text[0] in " \t":
        return "it begins with a space, as if the line above went on (obs-fold, RFC 9112 §5.2)"
    if not colon:
        return "it has no colon"
    if not name:
        return "it has no name before its colon"
    if TOKEN.fullmatch(name.rstrip(" \t")):
        return "there is a space before its colon (RFC 9112 §5.1)"
    return f"{_first_wrong(name)} cannot be in a name (RFC 9110 §5.1)"


def _first_wrong(word: str) -> str:
    """The first character that cannot be in a token."""
    return next((ascii(c) for c in word if not TOKEN.fullmatch(c)), "nothing")


def _status(line: bytes) -> int:
    """RFC 6585 §5: 431 Request Header Fields Too Large; for what is wrong otherwise, 400."""
    return 400 if line.endswith(b"\n") else 431


def _show(line: bytes) -> str:
    return shorten(_text(line))


def shorten(text: str) -> str:
    """As much of the peer's text as fits an error message, with everything strange escaped."""
    return ascii(text if len(text) <= 40 else text[:37] + "...")
