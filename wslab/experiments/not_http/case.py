"""One case: bytes are sent to someone who may not expect them, and what comes back is kept."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from textwrap import fill

from ... import net
from ...net import CHUNK
from ...observe.recording import Recording
from ...observe.tap import Tap
from ...protocol.connection import Connection
from ...protocol.errors import HandshakeError, ProtocolError
from ...protocol.events import Closed, Event, Failed
from ...protocol.handshake import make_request
from ...protocol.rfc import Role, State
from ...protocol.uri import parse_url

TIMEOUT = 10.0
"""How long to wait for an answer, in seconds."""

KEY = bytes.fromhex("37fa213d")
"""The masking key of the RFC's examples (§5.7): what is sent here shall look alike each time."""


@dataclass(frozen=True)
class Case:
    """What was ``sent`` to whom, and what came of it.

    ``answer`` is all that came back; ``code`` its HTTP status or close code, or the close code with
    which a WebSocket client ends the connection because of it. ``recording`` has all that crossed,
    also the opening handshake that went before, if there was one.
    """

    name: str
    sent: bytes
    answer: bytes
    code: int
    verdict: str
    recording: Recording

    def __str__(self) -> str:
        verdict = fill(self.verdict, 80, initial_indent=" " * 8, subsequent_indent=" " * 8)
        return f"{self.name}\n  sent  {_show(self.sent)}\n  back  {_show(self.answer)}\n{verdict}"


def _show(data: bytes) -> str:
    """The beginning of it in one line: as text if that is text, otherwise in hex."""
    text = data[:60].isascii() and data[:1].isalpha()
    shown = repr(data[:60].decode("ascii"))[1:-1] if text else data[:22].hex(" ")
    return f"{shown[:65]} ..." if len(shown) > 65 or len(data) > (60 if text else 22) else shown


def dial(address: tuple[str, int], recording: Recording) -> Tap:
    """A plain connected socket; what crosses it is recorded."""
    sock = Tap(net.connect(*address, timeout=TIMEOUT), recording, Role.CLIENT)
    sock.settimeout(TIMEOUT)
    return sock


def dial_websocket(address: tuple[str, int], recording: Recording) -> Tap:
    """The same behind an opening handshake: the next byte is one of WebSocket.

    Raises HandshakeError if the server does not agree.
    """
    url = parse_url(f"ws://{address[0]}:{address[1]}/")
    client = Connection(Role.CLIENT, request=make_request(url, b"the sample nonce"))
    sock = dial(address, recording)
    try:
        sock.sendall(client.to_send())
        while client.state is State.CONNECTING:
            data = sock.recv(CHUNK)
            client.receive(data) if data else client.receive_eof()
        if client.state is not State.OPEN:
            raise HandshakeError(0, "the server does not speak WebSocket", "4.1")
    except BaseException:
        sock.close()
        raise
    return sock


def read_to_end(sock: Tap) -> bytes:
    """All that comes until the peer has finished; a reset is an end too."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while chunk := sock.recv(CHUNK):
            data += chunk
    return data


def what_a_client_makes_of(data: bytes) -> tuple[int, str]:
    """How the WebSocket ends for a client that gets these frames: a close code, and why."""
    events: list[Event] = Connection(Role.CLIENT, opened=True).receive(data)
    for event in events:
        if isinstance(event, Failed):
            return fault(event.error)
        if isinstance(event, Closed):
            return event.code, f"Close {event.code} {event.reason}".rstrip()
    return 1006, "no Close came"


def fault(error: ProtocolError) -> tuple[int, str]:
    """The close code for a peer's fault, and what a client says about it."""
    return error.code, f"a WebSocket client fails with {error.code}: {error.reason}"


def http_status(answer: bytes) -> tuple[int, str]:
    """The status of an HTTP answer, and its first line."""
    line = answer.partition(b"\r\n")[0].decode("latin-1")
    return int(line.split(" ")[1]), line
