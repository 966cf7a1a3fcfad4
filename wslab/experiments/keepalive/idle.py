"""A client with nothing to say, behind a router that forgets who is silent."""

from __future__ import annotations

from dataclasses import dataclass

from ... import ws_echo
from ...protocol.errors import ConnectionClosed
from ...websocket import WebSocket
from ..link import Clock, Link
from .ping import CLOSE_TIMEOUT, Watch, keep_alive

LIMITS = "a Ping every 1 second or more, or None; the router forgets after 1 second or more"


@dataclass(frozen=True)
class Idle:
    """A connection through a router that forgets those who are silent for ``idle_timeout``."""

    idle_timeout: float
    ping_every: float | None
    pings: int
    noticed_after: float | None
    """When a Ping got no Pong, in seconds, to 0.1; None if each got one, or none was sent."""
    alive: bool
    """Whether a message came back in the end."""


def idle_client(
    ping_every: float | None,
    *,
    idle_timeout: float = 60.0,
    hour: float = 3600.0,
    pong_timeout: float = 0.5,
    clock: Clock,
) -> Idle:
    """Say nothing for an hour, through a router that forgets who is silent.

    Raises ValueError if a Ping every so often, or so forgetful a router, cannot be tried.
    """
    if not (ping_every is None or _is_long(ping_every)) or not _is_long(idle_timeout):
        raise ValueError(LIMITS)
    with (
        ws_echo.serve(close_timeout=CLOSE_TIMEOUT) as server,
        Link(server.address, idle_timeout=idle_timeout, clock=clock) as link,
        ws_echo.connect(link.ws_url, close_timeout=CLOSE_TIMEOUT) as client,
    ):
        start = clock.now()
        watch = Watch(0)
        if ping_every is not None:
            limits = {"every": ping_every, "until": start + hour, "timeout": pong_timeout}
            watch = keep_alive(client, **limits, clock=clock)
        if watch.noticed_at is None:  # the rest of the hour, in which no further Ping is due
            clock.sleep(max(0.0, start + hour - clock.now()))
        alive = watch.noticed_at is None and _echoes(client, pong_timeout)
        noticed = None if watch.noticed_at is None else round(watch.noticed_at - start, 1)
        return Idle(idle_timeout, ping_every, watch.pings, noticed, alive)


def _is_long(seconds: object) -> bool:
    """Whether it is a number, of 1 second or more (a NaN is not)."""
    return isinstance(seconds, (int, float)) and seconds >= 1


def _echoes(client: WebSocket, patience: float) -> bool:
    try:
        client.send("still there?")
        return client.recv(timeout=patience) == "still there?"
    except (TimeoutError, ConnectionClosed):
        return False
