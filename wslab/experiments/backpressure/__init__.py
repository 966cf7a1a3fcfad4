"""A reader that does not read: what ``send`` means, and what happens to a server that goes on.

``send`` returns when the operating system has *taken* the bytes. It keeps them in two buffers, one
at each end (SO_SNDBUF and SO_RCVBUF), until the program at the other end receives them. When both
are full, ``send`` waits: that is back-pressure. Sent is not received.

Sizes are in bytes, times in seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from .buffers import Taken, fill
from .deaf import Deaf, raw_echo_to_the_deaf, websocket_echo_to_the_deaf

__all__ = [
    "BackPressure",
    "Deaf",
    "Taken",
    "fill",
    "raw_echo_to_the_deaf",
    "run",
    "websocket_echo_to_the_deaf",
]


@dataclass(frozen=True)
class BackPressure:
    """What a reader that does not read does to a sender, and to our two echo servers."""

    automatic: Taken
    small: Taken
    servers: tuple[Deaf, ...]
    send_timeout: float
    """How long a send of our servers may make no progress."""

    def __str__(self) -> str:
        lines = ["Raw TCP, and the reader does not read:", ""]
        lines.append(f"{'buffers':<26}{'as they come':>16}{'set to be small':>18}")
        for name, attribute in [
            ("SO_SNDBUF at the start", "send_buffer"),
            ("SO_RCVBUF at the start", "receive_buffer"),
            ("send returned for", "sent"),
            ("received by the program", "received"),
            ("room again after reading", "after_reading"),
            ("lost when the reader left", "lost"),
        ]:
            values = [getattr(taken, attribute) for taken in (self.automatic, self.small)]
            lines.append(f"{name:<26}{values[0]:>14,} B{values[1]:>16,} B")
        lines += ["", "Our echo servers, and a client that sends and never reads;"]
        lines += [f"they give up when a send makes no progress for {self.send_timeout:g} s:", ""]
        lines.append(f"{'server':<12}{'took':>16}{'memory grew by':>18}{'gave up after':>16}")
        for deaf in self.servers:
            lines.append(
                f"{deaf.name:<12}{deaf.sent:>14,} B{deaf.memory:>16,} B{deaf.seconds:>14.1f} s"
            )
        lines += ["", *(f"{deaf.name}: {deaf.error}" for deaf in self.servers)]
        return "\n".join(lines)


def run(*, small: int = 2**13, patience: float = 0.2, send_timeout: float = 0.5) -> BackPressure:
    """Fill the buffers of the system, as they come and with ``small`` ones; then meet our servers.

    A sender counts as stuck if there is no room for ``patience`` seconds. The servers give up when
    a send makes no progress for ``send_timeout`` seconds; usually that is half a minute.
    """
    return BackPressure(
        automatic=fill(None, patience),
        small=fill(small, patience),
        servers=(
            raw_echo_to_the_deaf(send_timeout),
            websocket_echo_to_the_deaf(send_timeout),
        ),
        send_timeout=send_timeout,
    )
