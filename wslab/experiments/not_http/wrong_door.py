"""Bytes that knock at the wrong door: HTTP at WebSocket, WebSocket at HTTP, and either at raw TCP.

Each function is one case, or a few of a kind; all run on loopback, and end what they began.
"""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

from ... import tcp_echo, ws_echo
from ...client import connect
from ...observe.dissect import dissect
from ...observe.fields import Bits
from ...observe.recording import Recording
from ...protocol.errors import HandshakeError
from ...protocol.frames import encode_frame
from ...protocol.handshake import accept_value
from ...protocol.rfc import Opcode, Role
from ...tcp_server import Peer, Server
from .case import (
    KEY,
    TIMEOUT,
    Case,
    dial,
    dial_websocket,
    http_status,
    read_to_end,
    what_a_client_makes_of,
)

HTTP_REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


# ------------------------------------------------------------ HTTP into an open WebSocket


def http_into_websocket(address: tuple[str, int] | None = None) -> Case:
    """Send a request of HTTP where frames are expected: to our echo, or to the server there.

    The port and the connection are those that spoke HTTP a moment ago. ``G`` is 0x47: it reads as
    FIN=0, RSV1=1, opcode 7, which nobody has agreed on, so the server must fail (§5.2).
    """
    if address is None:
        with ws_echo.serve() as server:
            return http_into_websocket(server.address)
    recording = Recording()
    with dial_websocket(address, recording) as sock:
        sock.sendall(HTTP_REQUEST)
        answer = read_to_end(sock)
    code, verdict = what_a_client_makes_of(answer)
    name = "An HTTP request into an open WebSocket"
    return Case(name, HTTP_REQUEST, answer, code, verdict, recording)


def bits_of_the_first_letter(case: Case) -> tuple[Bits, ...]:
    """What the first byte behind the opening handshake means to a WebSocket server, bit by bit."""
    frames = (item for item in dissect(case.recording) if item.kind == "frame")
    header = next(item.fields[0] for item in frames if item.sender is Role.CLIENT)
    return tuple(bits for bits in header.bits if bits.offset < 8)


# ------------------------------------------------------------ an upgrade to plain HTTP


class PlainPage(BaseHTTPRequestHandler):
    """A web server from the standard library; it has a page, and knows no WebSocket."""

    name = "An upgrade to WebSocket, to a plain HTTP server"
    timeout = TIMEOUT

    def do_GET(self) -> None:
        """Whatever the header fields ask for: here is the page."""
        self.send_response(200)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"a page")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on standard error."""


class Parrot(PlainPage):
    """The most obliging one: it agrees to everything, and repeats every header field."""

    name = "The same, to a server that agrees to all, and repeats what it hears"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """101, and what it was sent: that is a key, but no accept value."""
        self.send_response_only(101)
        for name, value in self.headers.items():
            self.send_header(name.replace("-Key", "-Accept"), value)
        self.end_headers()


def upgrade_to_http(page: type[PlainPage] = PlainPage) -> Case:
    """A WebSocket client meets a plain HTTP server; what the client says about it is the verdict.

    The server would have to answer SHA-1 over the key and a GUID that only WebSocket has (§4.2.2).
    """

    def handle(peer: Peer) -> None:
        page(peer.sock, peer.address, None)  # type: ignore[arg-type]  # it needs no server

    with Server(handle, scheme="ws") as server:
        return _try_to_connect(page.name, server.url)


def _try_to_connect(name: str, url: str) -> Case:
    recording = Recording()
    code, verdict = 0, "the WebSocket is open"
    try:
        with connect(url, tap=recording, timeout=TIMEOUT):
            pass
    except HandshakeError as error:
        code, verdict = error.status, error.reason
    sent, answer = recording.stream(Role.CLIENT), recording.stream(Role.SERVER)
    return Case(name, sent, answer, code, verdict, recording)


def expected_accept(case: Case) -> str:
    """The value that the server would have had to compute from the key in the request."""
    for line in case.sent.decode("latin-1").split("\r\n"):
        name, _, value = line.partition(": ")
        if name == "Sec-WebSocket-Key":
            return accept_value(value)
    raise ValueError(f"no key was sent: {case.name}")


# ------------------------------------------------------------ WebSocket to the TCP echo


def frame_into_tcp_echo() -> Case:
    """A client's frame comes back as it went, still masked: to a client that is a fault (§5.1)."""
    frame = encode_frame(Opcode.TEXT, b"Hello", KEY)
    recording = Recording()
    with tcp_echo.serve() as server, dial(server.address, recording) as sock:
        sock.sendall(frame)
        answer = tcp_echo.recv_exactly(sock, len(frame))
    code, verdict = what_a_client_makes_of(answer)
    return Case("A frame to the TCP echo", frame, answer, code, verdict, recording)


def upgrade_to_tcp_echo() -> Case:
    """A whole client does not come so far: the answer to its handshake is its own request."""
    with tcp_echo.serve() as server:
        url = server.url.replace("tcp://", "ws://")
        return _try_to_connect("A WebSocket client to the TCP echo", url)


# ------------------------------------------------------------ raw bytes to the WebSocket echo


def bytes_into_websocket_echo(data: bytes, name: str, patience: float = TIMEOUT) -> Case:
    """Raw bytes to a server that waits for a handshake, for at most ``patience`` seconds (§4.2)."""
    recording = Recording()
    with (
        ws_echo.serve(handshake_timeout=patience) as server,
        dial(server.address, recording) as sock,
    ):
        sock.sendall(data)
        answer = read_to_end(sock)
    return Case(name, data, answer, *http_status(answer), recording)
