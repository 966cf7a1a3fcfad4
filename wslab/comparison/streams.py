"""Raw TCP, twice: as it is, and with the least that makes messages of a stream."""

from __future__ import annotations

from collections.abc import Iterable

from .. import net, tcp_echo
from ..net import Stream
from ..observe.traffic import Meter
from ..tcp_echo import recv_exactly
from ..tcp_server import Peer, Server
from .workload import Answers

LENGTH = 4
"""How many bytes of length come before each message."""


def over_tcp(meter: Meter, messages: Iterable[bytes]) -> Answers:
    """Both sides happen to know how long a message is: TCP does not say it."""
    with meter.open() as sock:
        yield from tcp_echo.say(sock, messages)
        net.lingering_close(sock, 1.0)


def over_tcp_with_length(meter: Meter, messages: Iterable[bytes]) -> Answers:
    """The length, then the message; in one write, see :mod:`.small_writes`."""
    with meter.open() as sock:
        for message in messages:
            sock.sendall(with_length(message))
            yield recv_with_length(sock)
        net.lingering_close(sock, 1.0)


def with_length(message: bytes) -> bytes:
    """``message`` behind its length.

    >>> with_length(b"Hello").hex(" ")
    '00 00 00 05 48 65 6c 6c 6f'
    """
    return len(message).to_bytes(LENGTH, "big") + message


def recv_with_length(sock: Stream) -> bytes:
    """The next message. Raises EOFError at the end of the stream."""
    return recv_exactly(sock, int.from_bytes(recv_exactly(sock, LENGTH), "big"))


def serve_with_length() -> Server:
    """The echo of messages with a length."""

    def handle(peer: Peer) -> None:
        try:
            while True:
                peer.sock.sendall(with_length(recv_with_length(peer.sock)))
        except EOFError:
            net.lingering_close(peer.sock, 1.0)

    return Server(handle)
