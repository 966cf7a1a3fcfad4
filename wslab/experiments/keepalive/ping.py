"""A keep-alive: a Ping from time to time, and somebody who waits for its Pong (§5.5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from ...protocol.errors import ConnectionClosed
from ...websocket import WebSocket
from ..link import Clock

CLOSE_TIMEOUT = 0.2
"""Who is dead does not answer a Close: no reason to wait for long, in seconds."""


@dataclass(frozen=True)
class Watch:
    """What came of a keep-alive: how many Pings were sent, and when one got no Pong, if ever."""

    pings: int
    noticed_at: float | None = None


def keep_alive(ws: WebSocket, *, every: float, until: float, timeout: float, clock: Clock) -> Watch:
    """Send a Ping every so many seconds, until the peer turns out to be gone.

    ``until`` is a time on the ``clock``. ``timeout`` is how long a Pong may take: in real seconds,
    for it comes through a real socket.
    """
    pings = 0
    while clock.now() + every <= until:
        clock.sleep(every)
        pings += 1
        try:
            ws.ping(timeout=timeout)
        except (TimeoutError, ConnectionClosed):
            return Watch(pings, clock.now())
    return Watch(pings)
