"""Send the same few words over one line after another, and look what comes out."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from ... import tcp_echo
from ...errors import Error
from ...protocol.rfc import Role
from ...tcp_server import Peer, Server
from .clock import Clock
from .line import Link

WORDS = [b"one ", b"two ", b"three ", b"four"]

PAUSE = 0.03
"""How long to rest after each word, in seconds: so that a good line leaves them apart."""

DEADLINE = 10.0
"""How long, in real seconds, this may take for one line."""


@dataclass(frozen=True)
class Effect:
    """What one line did to the words that were sent over it."""

    name: str
    sent: tuple[bytes, ...]
    arrived: tuple[bytes, ...]
    """The pieces that came out of the line."""
    seconds: float | None
    """From the first byte in to the last one out, by the link's clock; None if none came out."""
    vanished: int
    """How many bytes were sent and never came out."""
    told: bool
    """Whether the receiver was told that the sender has finished."""


@dataclass(frozen=True)
class Effects:
    """Each bad habit of a line beside a good one."""

    rows: tuple[Effect, ...]

    def __getitem__(self, name: str) -> Effect:
        return next(row for row in self.rows if row.name == name)

    def __str__(self) -> str:
        sent = self.rows[0].sent
        lines = [
            f"Sent: {len(b''.join(sent))} bytes in {len(sent)} calls, and a goodbye.",
            "",
            f"{'line':<12}{'came out':>9}{'pieces':>8}{'after':>9}{'vanished':>10}  goodbye heard",
        ]
        for row in self.rows:
            after = "never" if row.seconds is None else f"{row.seconds:.2f} s"
            lines.append(
                f"{row.name:<12}{len(b''.join(row.arrived)):>7} B{len(row.arrived):>8}{after:>9}"
                f"{row.vanished:>8} B  {'yes' if row.told else 'no'}"
            )
        return "\n".join(lines)


def run(*, clock: Clock | None = None) -> Effects:
    """Send WORDS over a good line, and over one of each bad kind. Takes about two seconds.

    Raises Error if the machine does not let us.
    """
    size = sum(map(len, WORDS))
    kinds: dict[str, dict[str, Any]] = {
        "good": {},
        "delay": {"delay": 0.2},
        "bandwidth": {"bandwidth": size / 0.4},
        "split": {"split": 3},
        "glue": {"glue": 0.3},
        "lost": {},
    }
    return Effects(tuple(_send_over(name, clock or Clock(), how) for name, how in kinds.items()))


def _send_over(name: str, clock: Clock, how: dict[str, Any]) -> Effect:
    told = threading.Event()

    def read_to_the_end(peer: Peer) -> None:
        while peer.sock.recv(1000):
            pass
        told.set()

    expected = sum(map(len, WORDS))
    with (
        Server(read_to_the_end) as server,
        Link(server.address, clock=clock, **how) as link,
        tcp_echo.connect(link.url) as sock,
    ):
        _wait_for(lambda: len(link.recordings) == 1 and server.connections == 1)
        if name == "lost":
            link.lose()
        start = clock.now()
        for word in WORDS:
            sock.sendall(word)
            clock.sleep(PAUSE)
        sock.shutdown(socket.SHUT_WR)
        _wait_for(lambda: told.is_set() or link.vanished[Role.CLIENT] == expected)
        was_told = told.is_set()
        recording = link.recordings[0]
    out = [event for event in recording if event.sender is Role.CLIENT and event.data]
    last = recording.start + out[-1].time - start if out else None
    arrived = tuple(event.data for event in out)
    return Effect(name, tuple(WORDS), arrived, last, link.vanished[Role.CLIENT], was_told)


def _wait_for(condition: Any) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > deadline:
            raise Error(f"This machine is too busy: nothing moved for {DEADLINE:g} s.")
        time.sleep(0.002)
