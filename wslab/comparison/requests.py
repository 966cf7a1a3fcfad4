"""An HTTP request for each message: over one connection, or over a new one each time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from .. import net
from ..net import Stream
from ..observe.traffic import Meter
from ..tcp_server import Server
from .plain_http import Fields, Inbox, Message, request, response, serve_http
from .workload import Answers

MakeFields = Callable[[str, int], Fields]
"""Gives the header fields of a request to a host, with so many bytes of body."""


def minimal(host: str, length: int) -> Fields:
    """The least that HTTP/1.1 asks for: who is meant, and where the body ends."""
    return [("Host", host), ("Content-Length", str(length))]


def as_browser(host: str, length: int) -> Fields:
    """What a real browser sends with a POST from a page's script, see ``browser_headers.json``."""
    return [
        (name, value.replace("{host}", host).replace("{length}", str(length)))
        for name, value in captured()["fields"].items()
    ]


@cache
def captured() -> dict[str, Any]:
    """The capture: ``browser`` (its version), ``how``, and the ``fields`` by name, in order."""
    text = files(__package__).joinpath("browser_headers.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def serve() -> Server:
    """Each answer is the body of its request."""

    def answer(message: Message, sock: Stream) -> None:
        sock.sendall(response(200, "OK", body=message.body))

    return serve_http(answer)


def kept_alive(make: MakeFields) -> Callable[[Meter, Iterable[bytes]], Answers]:
    """All requests over one connection: the default of HTTP/1.1 (RFC 7230 §6.3)."""

    def talk(meter: Meter, messages: Iterable[bytes]) -> Answers:
        with meter.open() as sock:
            inbox = Inbox(sock)
            for message in messages:
                sock.sendall(_post(meter, make, message))
                yield inbox.message().body
            net.lingering_close(sock, 1.0)

    return talk


def new_each_time(make: MakeFields) -> Callable[[Meter, Iterable[bytes]], Answers]:
    """A connection for each request, which the server ends, as the web was until 1997."""

    def talk(meter: Meter, messages: Iterable[bytes]) -> Answers:
        for message in messages:
            with meter.open() as sock:
                sock.sendall(_post(meter, _closing(make), message))
                yield Inbox(sock).message().body
                net.lingering_close(sock, 1.0, wait_for_peer=True)

    return talk


def _closing(make: MakeFields) -> MakeFields:
    def fields(host: str, length: int) -> Fields:
        kept = [(name, value) for name, value in make(host, length) if name != "Connection"]
        return [*kept, ("Connection", "close")]

    return fields


def _post(meter: Meter, make: MakeFields, message: bytes) -> bytes:
    fields = make(f"{meter.host}:{meter.port}", len(message))
    return request("POST", "/echo", fields, message)
