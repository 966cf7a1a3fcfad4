"""As much HTTP/1.1 as the comparison needs: a head, a body of known length, again and again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .. import net
from ..net import CHUNK, Stream
from ..protocol.http import Headers, Request, Response
from ..tcp_server import Peer, Server

Fields = Sequence[tuple[str, str]]


class Message(NamedTuple):
    """A request or a response, as it was read. ``start`` is its first line."""

    start: str
    headers: Headers
    body: bytes


class Inbox:
    """Bytes from a socket, taken up to a mark or by number; what came too much waits."""

    def __init__(self, sock: Stream) -> None:
        self._sock = sock
        self._held = b""

    def until(self, mark: bytes) -> bytes:
        """All up to ``mark``, which is taken too. Raises EOFError at the end of the stream."""
        while mark not in self._held:
            self._more()
        found, _, self._held = self._held.partition(mark)
        return found

    def exactly(self, size: int) -> bytes:
        """So many bytes. Raises EOFError at the end of the stream."""
        while len(self._held) < size:
            self._more()
        found, self._held = self._held[:size], self._held[size:]
        return found

    def head(self) -> Message:
        """The start line and the header fields; the body is still to come. Raises EOFError."""
        start, *lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return Message(start, Headers([(name, value.strip()) for name, _, value in pairs]), b"")

    def message(self) -> Message:
        """A whole message; without Content-Length it has no body. Raises EOFError."""
        head = self.head()
        return head._replace(body=self.exactly(int(head.headers.get("Content-Length") or 0)))

    def _more(self) -> None:
        data = self._sock.recv(CHUNK)
        if not data:
            raise EOFError("the stream ended in the middle of a message")
        self._held += data


def request(method: str, target: str, fields: Fields, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    return Request(method, target, (1, 1), Headers(fields)).encode() + body


def response(status: int, phrase: str, fields: Fields = (), body: bytes = b"") -> bytes:
    """The bytes of a response with a body of known length; 204 (No Content) never has one."""
    if status != 204:
        fields = [*fields, ("Content-Length", str(len(body)))]
    return Response(status, phrase, Headers(fields), body).encode()


def serve_http(answer: Callable[[Message, Stream], None]) -> Server:
    """Serve HTTP: ``answer`` is called with each request, and the socket to write to."""

    def handle(peer: Peer) -> None:
        inbox = Inbox(peer.sock)
        try:
            while True:
                message = inbox.message()
                answer(message, peer.sock)
                if message.headers.has_token("Connection", "close"):
                    break
        except EOFError:
            pass  # the client has finished
        net.lingering_close(peer.sock, 1.0)

    return Server(handle, scheme="http")
