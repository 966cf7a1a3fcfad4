"""Who must mask, and who must not: both directions, with and without a mask (§5.1).

A client that does not mask could poison a proxy (see ``caching_proxy``), so its server must not
put up with it. A server has nothing to gain from a mask, for it may put any bytes on the wire
anyway; that a client ends the connection all the same keeps the rule a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from ... import ws_echo
from ...client import connect
from ...net import CHUNK
from ...observe.recording import Recording
from ...protocol.connection import Connection
from ...protocol.errors import ConnectionClosed, ProtocolError
from ...protocol.events import Closed, Lost, Opened
from ...protocol.frames import close_payload, encode_frame
from ...protocol.rfc import Opcode, Role
from ...tcp_server import Peer, Server
from .case import KEY, TIMEOUT, Case, dial_websocket, fault, read_to_end, what_a_client_makes_of


@dataclass(frozen=True)
class Matrix:
    """Four cases: who sends a frame, and whether it is masked. Code 1000 is a good end."""

    client_masked: Case
    client_unmasked: Case
    server_masked: Case
    server_unmasked: Case

    def __str__(self) -> str:
        def cell(case: Case) -> str:
            return "taken" if case.code == 1000 else f"refused with {case.code}"

        rows = [
            ("one frame from", "masked", "not masked"),
            ("client to server", cell(self.client_masked), cell(self.client_unmasked)),
            ("server to client", cell(self.server_masked), cell(self.server_unmasked)),
        ]
        return "\n".join(f"{a:<18}{b:<20}{c}" for a, b, c in rows)


def run_matrix() -> Matrix:
    """Try all four, each on a connection of its own."""
    return Matrix(
        client_masked=_from_client(KEY),
        client_unmasked=_from_client(b""),
        server_masked=_from_server(KEY),
        server_unmasked=_from_server(b""),
    )


def _name(sender: str, key: bytes) -> str:
    return f"A {'masked' if key else 'not masked'} frame from a {sender}"


def _from_client(key: bytes) -> Case:
    """A raw client, for wslab's own masks always; then a Close, masked as it should be."""
    recording = Recording()
    frame = encode_frame(Opcode.TEXT, b"Hello", key)
    with ws_echo.serve() as server, dial_websocket(server.address, recording) as sock:
        sock.sendall(frame + encode_frame(Opcode.CLOSE, close_payload(1000), KEY))
        answer = read_to_end(sock)
    code, verdict = what_a_client_makes_of(answer)
    return Case(_name("client", key), frame, answer, code, verdict, recording)


def _from_server(key: bytes) -> Case:
    """A raw server, for wslab's own masks never; and wslab's client, which must notice."""
    recording = Recording()
    frame = encode_frame(Opcode.TEXT, b"Hello", key)

    def handle(peer: Peer) -> None:
        peer.sock.settimeout(TIMEOUT)
        server = Connection(Role.SERVER)
        events: list[object] = []
        while not any(isinstance(event, (Closed, Lost)) for event in events):
            data = peer.sock.recv(CHUNK)
            events = [*(server.receive(data) if data else server.receive_eof())]
            opened = any(isinstance(event, Opened) for event in events)
            peer.sock.sendall(server.to_send() + (frame if opened else b""))

    with Server(handle, scheme="ws") as raw:
        code, verdict = _listen(raw.url, recording)
    answer = recording.stream(Role.CLIENT).partition(b"\r\n\r\n")[2]
    return Case(_name("server", key), frame, answer, code, verdict, recording)


def _listen(url: str, recording: Recording) -> tuple[int, str]:
    with connect(url, tap=recording, timeout=TIMEOUT) as ws:
        try:
            ws.recv(TIMEOUT)
        except ConnectionClosed as closed:
            if isinstance(closed.__cause__, ProtocolError):
                return fault(closed.__cause__)
            raise
    return ws.close_code or 1006, f"Close {ws.close_code}"
