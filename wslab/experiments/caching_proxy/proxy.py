"""A naive transparent caching proxy. It knows HTTP, and has never heard of WebSocket.

*Transparent* means that nobody asked for it: it takes the connections that were meant for a server,
and connects there itself. It reads along, and does four things that look reasonable, one by one:

- It reads one request after the other. If a request has a body, Content-Length tells where the body
  ends, and the proxy passes it on unread.
- What it doesn't understand it passes on, and looks further for a request.
- It files the responses, so that the next client gets them faster. It takes the name from the
  request: the path, and the site from the Host header field.
- It connects to the address that the client had dialled.

Together they are a trap: the client names the site, and whoever it has dialled gives the response.
A page's POST doesn't trigger it, because a body has an end that the proxy knows. A WebSocket does:
for a proxy that ignores Upgrade, the GET of the handshake has no body, so a new request comes next.

Nothing in this file may import ``wslab.protocol``, and a test sees to it: the proxies out there did
not know WebSocket either. Positions are in bytes, times in seconds.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from ... import net
from ...net import CHUNK, Stream
from ...tcp_server import Peer, Server

_METHOD = rb"[!#-'*+.^_`|~0-9A-Za-z-]+"
_FIELDS = rb"((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n"
_REST = rb" ([!-~]+) HTTP/1\.[01]\r\n" + _FIELDS
_REQUEST = re.compile(rb"(" + _METHOD + rb")" + _REST)
# Searched for, not expected at the start: such a proxy skips what it cannot read (§10.3 says that
# nobody can find out how all of them behave).
_GET = re.compile(rb"GET" + _REST)
_BEGINNING = re.compile(_METHOD + rb"(?: |\Z)")
_RESPONSE = re.compile(rb"HTTP/1\.1 ([0-9]{3})[^\r\n]*\r\n" + _FIELDS)
_HOST = re.compile(rb"^Host: *([!-~]+)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^Content-Length:[ \t]*([^\r\n]*?)[ \t]*\r", re.IGNORECASE | re.MULTILINE)
_CODING = re.compile(rb"^Transfer-Encoding:", re.IGNORECASE | re.MULTILINE)

PATIENCE = 16 * 1024
"""How many bytes it reads on in the hope that they become a request, or the response to one."""

REFUSAL = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""The response to a request whose end the proxy can't find; the connection ends there."""


class Taken(NamedTuple):
    """What the proxy took for a request: bytes ``start`` to ``stop`` of the client's stream.

    ``raw`` is the start line with the header fields; a body isn't part of it.
    """

    start: int
    stop: int
    site: str
    path: str
    raw: bytes
    from_cache: bool


def find_request(data: bytes) -> re.Match[bytes] | None:
    r"""The first thing in ``data`` that looks like a request; None if nothing does.

    >>> find_request(b"\x82\x1f??? GET /a HTTP/1.1\r\nHost: b\r\n\r\n").span()
    (6, 34)
    """
    return _GET.search(data)


def body_length(fields: bytes) -> int | None:
    r"""How many bytes of body follow these header fields; None if nobody can be sure.

    A proxy that guesses wrong takes the rest of a body for the next request (RFC 9112 §6.3, §11.2).

    >>> body_length(b"Host: a\r\nContent-Length: 47\r\n")
    47
    """
    lengths = {*_LENGTH.findall(fields)}
    if _CODING.search(fields) or len(lengths) > 1:
        return None
    length = lengths.pop() if lengths else b"0"
    return int(length) if re.fullmatch(rb"[0-9]{1,15}", length) else None


class NaiveProxy:
    """The proxy; a context manager. All its doors share one cache.

    With ``knows_upgrade`` it does what RFC 9110 §7.8 asks for: after a response with status 101 the
    bytes aren't HTTP, and it reads nothing into them.
    """

    def __init__(self, *, knows_upgrade: bool = False) -> None:
        self.knows_upgrade = knows_upgrade
        self.cache: dict[tuple[str, str], bytes] = {}
        """(site, path) and the whole answer: its head and its body."""
        self.taken: list[Taken] = []
        """Every request that it saw, or thought that it saw, in order."""
        self._doors = contextlib.ExitStack()

    def in_front_of(self, server: tuple[str, int]) -> tuple[str, int]:
        """Stand in the way to ``server``: a client that dials the address we return meets us.

        A real one needs no such address: the network hands it the packets on their way.
        """

        def handle(peer: Peer) -> None:
            with net.connect(*server) as upstream:
                _Between(self, peer.sock, upstream).run(peer)

        return self._doors.enter_context(Server(handle)).address

    def __enter__(self) -> NaiveProxy:
        return self

    def __exit__(self, *exc: object) -> None:
        self._doors.close()


class _Between:
    """One connection: two threads pass bytes on, and read along."""

    def __init__(self, proxy: NaiveProxy, client: Stream, server: Stream) -> None:
        self.proxy, self.client, self.server = proxy, client, server
        self.asked: deque[Taken] = deque()  # requests that wait for their response
        self.body = 0  # how many bytes of the request's body are still to come
        self.lost = False  # the last bytes were no HTTP: it looks for a GET among the next
        self.tunnel = False  # only ever true for a proxy that knows Upgrade

    def run(self, peer: Peer) -> None:
        """Until both ends have finished, or one of them is gone."""
        peer.goodbye = self.cut
        back = threading.Thread(target=self._guard, args=(self._from_server,), daemon=True)
        back.start()
        self._guard(self._from_client)
        back.join()

    def cut(self) -> None:
        net.shutdown(self.client)
        net.shutdown(self.server)

    def _guard(self, pump: Callable[[], None]) -> None:
        try:
            pump()
        except OSError:
            self.cut()

    # ------------------------------------------------------------ client to server

    def _from_client(self) -> None:
        waiting, position = b"", 0
        while data := self.client.recv(CHUNK):
            waiting += data
            while waiting and (size := self._read(waiting, position)) > 0:
                waiting = waiting[size:]
                position += size
            if size < 0:
                self.client.sendall(REFUSAL)
                break
        else:
            self.server.sendall(waiting)
        self.server.shutdown(socket.SHUT_WR)

    def _read(self, waiting: bytes, position: int) -> int:
        """Deal with the first bytes of ``waiting``: how many; 0 to wait for more, -1 to refuse."""
        if self.tunnel:
            return self._pass_on(waiting)
        if self.body:  # whatever is in there: it isn't a request
            size = self._pass_on(waiting[: self.body])
            self.body -= size
            return size
        self.lost = self.lost or not _BEGINNING.match(waiting)
        start = waiting.find(b"GET ") if self.lost else 0
        if start:
            return self._pass_on(waiting[:start] if start > 0 else waiting)
        if b"\r\n\r\n" not in waiting[:PATIENCE] and len(waiting) < PATIENCE:
            return 0
        found = _REQUEST.match(waiting[:PATIENCE])
        length = body_length(found[3]) if found else None
        if found and length is not None:
            self._take(found, position, length)
            return found.end()
        return self._pass_on(waiting[:4]) if self.lost else -1

    def _pass_on(self, data: bytes) -> int:
        self.server.sendall(data)
        return len(data)

    def _take(self, found: re.Match[bytes], position: int, length: int) -> None:
        """Answer a request from the cache, or pass it on and remember what the response is for."""
        self.lost, self.body = False, length
        host = _HOST.search(found[3])
        key = (host[1].decode() if host else "", found[2].decode())
        kept = self.proxy.cache.get(key) if _may_be_filed(found[0]) else None
        taken = Taken(position, position + found.end(), *key, found[0], kept is not None)
        self.proxy.taken.append(taken)
        if kept is not None:
            self.client.sendall(kept)
        else:
            self.asked.append(taken)  # before it is sent: the response may be fast
            self.server.sendall(found[0])

    # ------------------------------------------------------------ server to client

    def _from_server(self) -> None:
        seen = b""
        while data := self.server.recv(CHUNK):
            seen = self._learn(seen + data) if self.asked else b""
            self.client.sendall(data)
        self.client.shutdown(socket.SHUT_WR)

    def _learn(self, seen: bytes) -> bytes:
        """File the responses in ``seen``; what may be the beginning of another is given back."""
        while self.asked and (found := _RESPONSE.search(seen)):
            asked, status = self.asked[0], int(found[1])
            # No body, whatever the fields say (RFC 9112 §6.3).
            bare = asked.raw.startswith(b"HEAD ") or status < 200 or status in (204, 304)
            stop = found.end() + (0 if bare else body_length(found[2]) or 0)
            if len(seen) < stop:
                break
            if status == 101 or status >= 200:  # the others come before the response itself
                self.asked.popleft()
            if status == 200 and _LENGTH.search(found[2]) and _may_be_filed(asked.raw):
                self.proxy.cache[asked.site, asked.path] = seen[found.start() : stop]
            self.tunnel = self.proxy.knows_upgrade and status == 101
            seen = seen[stop:]
        return seen[-PATIENCE:]


def _may_be_filed(request: bytes) -> bool:
    """Whether the response may go to others: of a GET without a body (RFC 9110 §9.3.1)."""
    return request.startswith(b"GET ") and not _LENGTH.search(request)
