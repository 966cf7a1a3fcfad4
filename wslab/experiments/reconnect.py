"""A client that comes back by itself: real sockets, and a clock that skips the hours in between."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import shorten
from typing import TypeVar

from .. import ws_echo
from ..protocol.errors import HandshakeError
from ..websocket import WebSocket
from .backoff import CAP, delays
from .link import Clock, FastForward, Link

T = TypeVar("T")


@dataclass(frozen=True)
class Attempt:
    """One attempt to connect again. Times are in seconds on the clock, since the loss."""

    time: float
    waited: float
    error: str
    """Why it failed; empty if it did not."""


def reconnect(
    connect: Callable[[], T], waits: Iterator[float], clock: Clock
) -> tuple[T, list[Attempt]]:
    """Call ``connect()`` until it succeeds, each time after the next of ``waits``.

    Only what may be over the next time is tried again: no connection, or no WebSocket there. Gives
    what ``connect`` gave, and all attempts. When ``waits`` end, the last error stands.
    """
    start = clock.now()
    attempts: list[Attempt] = []
    last: Exception = ValueError("no attempt: waits is empty")
    for wait in waits:
        clock.sleep(wait)
        now = clock.now() - start
        try:
            connection = connect()
        except (OSError, HandshakeError) as error:
            last = error
            attempts.append(Attempt(now, wait, str(error)))
        else:
            return connection, [*attempts, Attempt(now, wait, "")]
    raise last


@dataclass(frozen=True)
class Return:
    """How a client found back."""

    outage: float
    attempts: tuple[Attempt, ...]
    answer: str | bytes
    """What the echo said on the new connection."""

    @property
    def back_after(self) -> float:
        """When the client was connected again, in seconds since the loss."""
        return self.attempts[-1].time

    def __str__(self) -> str:
        rows = [
            f"{number:>9}{attempt.waited:>9.1f} s{attempt.time:>11.1f} s  "
            f"{'failed' if attempt.error else 'connected'}"
            for number, attempt in enumerate(self.attempts, 1)
        ]
        if len(rows) > 12:
            rows[7:-3] = [f"{'…':>9}"]
        head = f"The server is away for {self.outage:g} s; why an attempt fails:"
        errors = (attempt.error for attempt in self.attempts if attempt.error)
        why = shorten(next(errors, "none did"), 76, placeholder=" …")
        table = [f"{'attempt':>9}{'waited':>11}{'at':>13}", *rows]
        return "\n".join([head, f"  {why}", "", *table, "", f"The echo says: {self.answer!r}"])


def run(
    *,
    outage: float = 3600.0,
    cap: float = CAP,
    jitter: bool = True,
    seed: int | None = None,
    clock: Clock | None = None,
) -> Return:
    """Lose a server for ``outage`` seconds, and come back with back-off.

    By default the hour takes a moment. Attempts are made with real sockets, at a link whose server
    cannot be reached. ``seed`` makes chance repeat itself.
    """
    clock = clock or FastForward()
    waits = delays(cap=cap, jitter=jitter, random=random.Random(seed).random)
    with ws_echo.serve(close_timeout=0.2) as server, Link(server.address, clock=clock) as link:

        def connect() -> WebSocket:
            link.refusing = clock.now() - start < outage
            return ws_echo.connect(link.ws_url, close_timeout=0.2)

        with ws_echo.connect(link.ws_url, close_timeout=0.2):
            link.lose()
        start = clock.now()
        ws, attempts = reconnect(connect, waits, clock)
        with ws:
            ws.send("I am back")
            answer = ws.recv(timeout=10.0)
    return Return(outage, tuple(attempts), answer)
