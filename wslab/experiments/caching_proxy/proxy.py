"""A naive transparent caching proxy. It knows a little HTTP, and has never heard of WebSocket.

*Transparent* means that nobody asked for it: it stands in the way, takes the connections that were
meant for a server, and connects there itself. It reads along, and does three things that look
reasonable, one by one:

- It looks for requests in what the client sends. What it does not understand it passes on.
- It files the answers, so that the next client gets them faster. Who asked for what it takes from
  the request: the path, and the site from its Host header field.
- It connects to the address that the client had dialled.

Together they are a trap: the client names the site, and whoever it has dialled gives the answer.

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

# Searched for, not expected at the start: such a proxy skips what it cannot read (§10.3 says that
# nobody can find out how all of them behave).
_FIELDS = rb"((?:[!-9;-~]+:[^\r\n]*\r\n)*)\r\n"
_REQUEST = re.compile(rb"GET ([!-~]+) HTTP/1\.1\r\n" + _FIELDS)
_RESPONSE = re.compile(rb"HTTP/1\.1 ([0-9]{3})[^\r\n]*\r\n" + _FIELDS)
_HOST = re.compile(rb"^Host: *([!-~]+)", re.IGNORECASE | re.MULTILINE)
_LENGTH = re.compile(rb"^Content-Length: *([0-9]+)", re.IGNORECASE | re.MULTILINE)

PATIENCE = 16 * 1024
"""How many bytes it reads on in the hope that they become a request, or the answer to one."""


class Taken(NamedTuple):
    """What the proxy took for a request: bytes ``start`` to ``stop`` of the client's stream."""

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
    return _REQUEST.search(data)


class NaiveProxy:
    """The proxy; a context manager. All its doors share one cache.

    With ``knows_upgrade`` it does what RFC 7230 §6.7 asks for: after an answer with status 101 the
    bytes are no HTTP any more, and it reads nothing into them.
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
        self.asked: deque[tuple[str, str]] = deque()  # requests that wait for their answer
        self.tunnel = False  # only ever true for a proxy that knows Upgrade

    def run(self, peer: Peer) -> None:
        """Until both ends have finished, or one of them is gone."""
        peer.goodbye = self.cut
        back = threading.Thread(target=self._guard, args=(self._from_server,), daemon=True)
        back.start()
        self._guard(self._from_client)
        back.join()

    def cut(self) -> None:
        net.abort(self.client)
        net.abort(self.server)

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
            while waiting and (self.tunnel or not _may_become_a_request(waiting)):
                found = None if self.tunnel else find_request(waiting)
                stop = found.end() if found else len(waiting)
                if found:
                    self.server.sendall(waiting[: found.start()])  # whatever that may be
                    self._take(found, position)
                else:
                    self.server.sendall(waiting)
                waiting = waiting[stop:]
                position += stop
        self.server.sendall(waiting)
        self.server.shutdown(socket.SHUT_WR)

    def _take(self, found: re.Match[bytes], position: int) -> None:
        """Answer a request from the cache, or pass it on and remember what the answer is for."""
        host = _HOST.search(found[2])
        key = (host[1].decode() if host else "", found[1].decode())
        kept = self.proxy.cache.get(key)
        start, stop = position + found.start(), position + found.end()
        self.proxy.taken.append(Taken(start, stop, *key, found[0], kept is not None))
        if kept is not None:
            self.client.sendall(kept)
        else:
            self.asked.append(key)  # before it is sent: the answer may be fast
            self.server.sendall(found[0])

    # ------------------------------------------------------------ server to client

    def _from_server(self) -> None:
        seen = b""
        while data := self.server.recv(CHUNK):
            seen = self._learn(seen + data) if self.asked else b""
            self.client.sendall(data)
        self.client.shutdown(socket.SHUT_WR)

    def _learn(self, seen: bytes) -> bytes:
        """File the answers in ``seen``; what may be the beginning of another is given back."""
        while self.asked and (found := _RESPONSE.search(seen)):
            status, length = int(found[1]), _LENGTH.search(found[2])
            stop = found.end() + (int(length[1]) if length else 0)
            if len(seen) < stop:
                break
            key = self.asked.popleft()
            if status == 200 and length:
                self.proxy.cache[key] = seen[found.start() : stop]
            self.tunnel = self.proxy.knows_upgrade and status == 101
            seen = seen[stop:]
        return seen[-PATIENCE:]


def _may_become_a_request(waiting: bytes) -> bool:
    """Whether to wait for more: it began like a request, and its blank line has not come yet."""
    start = waiting.find(b"GET ")
    return start >= 0 and b"\r\n\r\n" not in waiting[start:] and len(waiting) <= PATIENCE
