"""The same requests over HTTP/2, with a library: h2 (RFC 9113, and RFC 7541 for the header fields).

HTTP/2 sends a header field that it has sent before as a number in a table: one byte. Browsers
speak HTTP/2 over TLS only. Here it runs without TLS, like the other ways it's compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from .. import net
from ..net import CHUNK, Stream
from ..observe.traffic import Meter
from ..tcp_server import Peer, Server
from .plain_http import Fields
from .requests import MakeFields
from .workload import Answers


class Endpoint:
    """One end of an HTTP/2 connection. ``messages`` holds the bodies that have arrived whole.

    Raises ImportError where h2 isn't installed.
    """

    def __init__(self, sock: Stream, *, client: bool) -> None:
        from h2.config import H2Configuration
        from h2.connection import H2Connection

        self.sock = sock
        self.messages: dict[int, bytes] = {}
        self._bodies: defaultdict[int, bytes] = defaultdict(bytes)
        self._h2: Any = H2Connection(H2Configuration(client_side=client))
        self._h2.initiate_connection()

    def request(self, fields: Fields, body: bytes = b"") -> bytes:
        """Send a request on a stream of its own, and return the body of its response."""
        number: int = self._h2.get_next_available_stream_id()
        self.send(number, fields, body)
        while number not in self.messages:
            self.receive()
            self.flush()  # it acknowledges SETTINGS (RFC 9113 §6.5.3), and widens the window
        return self.messages.pop(number)

    def send(self, number: int, fields: Fields, body: bytes) -> None:
        """Send header fields and a body, as the other side's window allows (RFC 9113 §5.2)."""
        self._h2.send_headers(number, fields, end_stream=not body)
        while body:
            room = min(self._h2.local_flow_control_window(number), self._h2.max_outbound_frame_size)
            if room:
                part, body = body[:room], body[room:]
                self._h2.send_data(number, part, end_stream=not body)
            else:
                self.flush()
                self.receive()
        self.flush()

    def receive(self) -> None:
        """Wait for bytes, and note what they complete. Raises EOFError at the end of the stream."""
        data = self.sock.recv(CHUNK)
        if not data:
            raise EOFError("the HTTP/2 connection has ended")
        for event in self._h2.receive_data(data):
            number = getattr(event, "stream_id", None)
            if number and hasattr(event, "flow_controlled_length"):  # DataReceived
                self._bodies[number] += event.data
                self._h2.acknowledge_received_data(event.flow_controlled_length, number)
            elif type(event).__name__ == "StreamEnded" and number:
                self.messages[number] = self._bodies.pop(number, b"")

    def flush(self) -> None:
        """Send what h2 has ready: our frames, and its own answers to SETTINGS."""
        if data := self._h2.data_to_send():
            self.sock.sendall(data)

    def close(self) -> None:
        """Say that no more streams follow (GOAWAY, RFC 9113 §6.8), then end the connection."""
        self._h2.close_connection()
        self.flush()
        net.lingering_close(self.sock, 1.0)


def serve() -> Server:
    """Each answer is the body of its request; without a body it's 204 (No Content)."""

    def handle(peer: Peer) -> None:
        end = Endpoint(peer.sock, client=False)
        try:
            while True:
                end.receive()
                for number in list(end.messages):
                    body = end.messages.pop(number)
                    length = [("content-length", str(len(body)))] if body else []
                    end.send(number, [(":status", "200" if body else "204"), *length], body)
                end.flush()  # only now: our SETTINGS leave together with the first response
        except EOFError:
            net.lingering_close(peer.sock, 1.0)

    return Server(handle, scheme="http")


def over_http2(make: MakeFields) -> Callable[[Meter, Iterable[bytes]], Answers]:
    """All requests over one connection, a stream for each (RFC 9113 §5)."""

    def talk(meter: Meter, messages: Iterable[bytes]) -> Answers:
        with meter.open() as sock:
            end = Endpoint(sock, client=True)
            for message in messages:
                yield end.request(packed("POST", "/echo", meter, make, len(message)), message)
            end.close()

    return talk


def packed(method: str, path: str, meter: Meter, make: MakeFields, length: int) -> Fields:
    """The fields of HTTP/1.1 as HTTP/2 wants them (RFC 9113 §8.3).

    Names are in lower case. Method, scheme, host and path become fields of their own, and
    Connection goes.
    """
    host = f"{meter.host}:{meter.port}"
    kept = [
        (name.lower(), value)
        for name, value in make(host, length)
        if name not in ("Host", "Connection")
    ]
    start = [(":method", method), (":scheme", "http"), (":authority", host), (":path", path)]
    return [*start, *kept]
