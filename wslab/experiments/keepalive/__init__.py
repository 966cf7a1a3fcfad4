"""Who notices that a line is dead, and when? Nobody, unless somebody asks: Ping and Pong (§5.5.2).

A line can die without a word: a cable, a lift, a router that forgets who is silent. Then there is
neither FIN nor RST, each end believes in the connection, and it is "half open". The keep-alive of
TCP itself (SO_KEEPALIVE) asks only as far as the next proxy, after two hours by default; a Ping
goes through it, to the WebSocket library or the browser at the other end.

Sockets are real; a clock that is passed in skips the idle hours.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..link import Clock, FastForward
from .half_open import HalfOpen, half_open_server
from .idle import Idle, idle_client
from .ping import Watch, keep_alive

__all__ = [
    "HalfOpen",
    "Idle",
    "KeepAlive",
    "Watch",
    "half_open_server",
    "idle_client",
    "keep_alive",
    "run",
]


@dataclass(frozen=True)
class KeepAlive:
    """What became of each connection."""

    half_open: tuple[HalfOpen, ...]
    idle: tuple[Idle, ...]

    def __str__(self) -> str:
        lines = ["The client vanishes; it still sends, and is told nothing. The server:", ""]
        lines.append(f"{'Ping every':>12}{'waited':>12}{'noticed after':>16}{'connections':>13}")
        for half in self.half_open:
            lines.append(
                f"{_seconds(half.ping_every):>12}{_seconds(half.waited):>12}"
                f"{_seconds(half.noticed_after, 1):>16}{half.connections:>13}"
            )
        limit = _seconds(self.idle[0].idle_timeout)
        lines += ["", f"A router forgets who is silent for more than {limit}. The client:", ""]
        lines.append(f"{'Ping every':>12}{'Pings':>12}{'noticed after':>16}{'alive at last':>15}")
        for idle in self.idle:
            lines.append(
                f"{_seconds(idle.ping_every):>12}{idle.pings:>12}"
                f"{_seconds(idle.noticed_after, 1):>16}{'yes' if idle.alive else 'no':>15}"
            )
        return "\n".join(lines)


def _seconds(value: float | None, decimals: int = 0) -> str:
    return "never" if value is None else f"{value:.{decimals}f} s"


def run(
    *,
    hour: float = 3600.0,
    ping_every: float = 20.0,
    idle_timeout: float = 60.0,
    pong_timeout: float = 0.5,
    clock: Clock | None = None,
) -> KeepAlive:
    """Lose a client with and without keep-alive, and be idle behind a forgetful router.

    ``pong_timeout`` is in real seconds, the others are skipped by default. Takes about 2 seconds.
    """
    clock = clock or FastForward()
    half_open = tuple(
        half_open_server(every, hour=hour, pong_timeout=pong_timeout, clock=clock)
        for every in (None, ping_every)
    )
    idle = tuple(
        idle_client(
            every, idle_timeout=idle_timeout, hour=hour, pong_timeout=pong_timeout, clock=clock
        )
        for every in (None, 1.5 * idle_timeout, ping_every)
    )
    return KeepAlive(half_open, idle)
