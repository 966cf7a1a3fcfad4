"""WebSocket, without TLS and with it. The TLS goes above the tap: what counts is ciphertext."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

from .. import ws_echo
from ..net import Stream
from ..observe.traffic import Meter
from ..protocol.connection import Connection
from ..protocol.handshake import make_request
from ..protocol.rfc import Role
from ..protocol.uri import Address
from ..tcp_server import Server
from ..websocket import HANDSHAKE_TIMEOUT, WebSocket
from .workload import Answers

if TYPE_CHECKING:
    from ..experiments.certificates import Certificates


def over_websocket(meter: Meter, messages: Iterable[bytes]) -> Answers:
    """A handshake once, then frames."""
    with open_websocket(meter.open(), Address("ws", meter.host, meter.port)) as ws:
        yield from _echoes(ws, messages)


def open_websocket(sock: Stream, address: Address) -> WebSocket:
    """The opening handshake on a socket that is connected already. Raises HandshakeError."""
    request = make_request(address, os.urandom(16))
    ws = WebSocket(sock, Connection(Role.CLIENT, request=request))
    ws.open(HANDSHAKE_TIMEOUT)
    return ws


def _echoes(ws: WebSocket, messages: Iterable[bytes]) -> Answers:
    for echo in ws_echo.say(ws, messages):
        assert isinstance(echo, bytes), "bytes come back as bytes"
        yield echo


class OverTLS:
    """WebSocket over TLS, with a certificate that is made on the spot.

    Raises ImportError where trustme, which makes it, is not installed.
    """

    def __init__(self) -> None:
        import trustme  # noqa: F401 (is it there?)

    @cached_property
    def _contexts(self) -> Certificates:
        """The server's and the client's, made when this way is gone: it takes its time."""
        from ..experiments.certificates import certificates

        return certificates("127.0.0.1")

    def serve(self) -> Server:
        """The echo behind TLS."""
        return ws_echo.serve(ssl=self._contexts.server)

    def talk(self, meter: Meter, messages: Iterable[bytes]) -> Answers:
        """TLS's handshake, then WebSocket's, then frames, all in TLS records."""
        from ..secure import Secure

        secure = Secure(meter.open(), self._contexts.client, meter.host)  # type: ignore[arg-type]
        secure.handshake(HANDSHAKE_TIMEOUT)
        with open_websocket(secure, Address("wss", meter.host, meter.port)) as ws:
            yield from _echoes(ws, messages)
