"""What the web did before WebSocket to let a server speak first: long polling, and events.

Both need two connections: messages go up with a POST on one, and come down on the other.
"""

from __future__ import annotations

import queue
from collections.abc import Iterable

from .. import net
from ..net import Stream
from ..observe.traffic import Meter
from ..protocol.http import Headers, Response
from ..tcp_server import Server
from .plain_http import Inbox, Message, request, response, serve_http
from .requests import minimal
from .workload import Answers

PATIENCE = 5.0
"""How long a POST waits for the other connection of its client to be ready, in seconds."""

STREAM = Headers([("Content-Type", "text/event-stream"), ("Connection", "close")])
"""An event stream has no length: it ends with its connection."""


def serve_long_polling() -> Server:
    """GET hangs until there is a message; POST brings one, and is answered with nothing."""
    hanging: queue.Queue[Stream] = queue.Queue()

    def answer(message: Message, sock: Stream) -> None:
        if message.start.startswith("GET "):
            hanging.put(sock)  # the answer comes with the next POST
        else:
            sock.sendall(response(204, "No Content"))
            hanging.get(timeout=PATIENCE).sendall(response(200, "OK", body=message.body))

    return serve_http(answer)


def long_polling(meter: Meter, messages: Iterable[bytes]) -> Answers:
    """A request hangs at the server until it has something to say; then the next one hangs.

    A page would let the next one hang at once. Here it goes out just before the message that it
    will carry back: the same bytes, and none is left hanging at the end.
    """
    host = f"{meter.host}:{meter.port}"
    poll = request("GET", "/next", [("Host", host)])
    with meter.open() as down, meter.open() as up:
        answers, receipts = Inbox(down), Inbox(up)
        for message in messages:
            down.sendall(poll)
            up.sendall(request("POST", "/say", minimal(host, len(message)), message))
            receipts.message()
            yield answers.message().body
        net.lingering_close(up, 1.0)
        net.lingering_close(down, 1.0)


def serve_events() -> Server:
    """GET opens the stream of events; POST brings a message, which goes down that stream."""
    listening: queue.Queue[Stream] = queue.Queue()

    def answer(message: Message, sock: Stream) -> None:
        if message.start.startswith("GET "):
            sock.sendall(Response(200, "OK", STREAM).encode())
            listening.put(sock)
        else:
            sock.sendall(response(204, "No Content"))
            listener = listening.get(timeout=PATIENCE)
            listener.sendall(b"data: " + message.body + b"\n\n")
            listening.put(listener)  # for the next message

    return serve_http(answer)


def server_sent_events(meter: Meter, messages: Iterable[bytes]) -> Answers:
    """One answer that never ends: each event is a line of text in it, and an empty line."""
    host = f"{meter.host}:{meter.port}"
    with meter.open() as down, meter.open() as up:
        events, receipts = Inbox(down), Inbox(up)
        down.sendall(request("GET", "/events", [("Host", host), ("Accept", "text/event-stream")]))
        events.head()
        for message in messages:
            up.sendall(request("POST", "/say", minimal(host, len(message)), message))
            receipts.message()
            yield events.until(b"\n\n").removeprefix(b"data: ")
        net.lingering_close(up, 1.0)
        net.lingering_close(down, 1.0)
