"""When to come back after a connection is lost: later each time, and not all together (§7.2.3).

Pure computation: :func:`delays` says how long to wait, :func:`run` what happens to a server when a
whole herd of clients has lost its connection at the same moment, and comes back. Times in seconds.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

BASE = 5.0
"""The longest first delay: "between 0 and 5 seconds is a reasonable initial delay" (§7.2.3)."""

CAP = 60.0
"""No delay is longer."""


def delays(
    *,
    base: float = BASE,
    cap: float = CAP,
    jitter: bool = True,
    random: Callable[[], float] = random.random,
) -> Iterator[float]:
    """How long to wait before each attempt to connect again, without end.

    The limit doubles from ``base`` to ``cap``: truncated binary exponential back-off. With
    ``jitter`` each delay is anything between 0 and the limit; ``random()`` is from 0 to 1. "The
    first reconnect attempt SHOULD be delayed by a random amount of time" (§7.2.3).

    >>> from itertools import islice
    >>> list(islice(delays(base=1, cap=10, jitter=False), 6))
    [1, 2, 4, 8, 10, 10]
    """
    if not 0 < base <= cap:
        raise ValueError("base is more than 0 seconds, and at most cap")
    limit = base
    while True:
        yield limit * random() if jitter else limit
        limit = min(cap, limit * 2)


@dataclass(frozen=True)
class Herd:
    """How a herd came back."""

    jitter: bool
    clients: int
    attempts: int
    """How often all of them together have tried."""
    per_second: tuple[int, ...]
    """How many attempts reached the server in each second, from the loss on."""
    back_after: float
    """When the last client was connected again."""

    @property
    def peak(self) -> int:
        """The most attempts in one second."""
        return max(self.per_second)


@dataclass(frozen=True)
class Herds:
    """The same outage twice: with jitter, and without."""

    outage: float
    capacity: int
    without: Herd
    with_jitter: Herd

    def __str__(self) -> str:
        lines = [
            f"{self.without.clients} clients lose their server for {self.outage:g} s; "
            f"it can take {self.capacity} a second.",
            "",
            f"{'':<16}{'attempts':>10}{'most in 1 s':>13}{'all are back after':>20}",
        ]
        for name, herd in (("without jitter", self.without), ("with jitter", self.with_jitter)):
            lines.append(f"{name:<16}{herd.attempts:>10}{herd.peak:>13}{herd.back_after:>18.0f} s")
        return "\n".join(lines)


def run(
    *, clients: int = 1000, outage: float = 30.0, capacity: int = 100, seed: int | None = None
) -> Herds:
    """Let ``clients`` come back after an ``outage``, without jitter and with it.

    The server takes ``capacity`` of them a second; who comes when it is full has to try again.
    ``seed`` makes chance repeat itself. Raises ValueError for numbers that make no sense.
    """
    if clients < 1 or capacity < 1 or outage < 0:
        raise ValueError("it takes 1 client or more, a capacity of 1 or more, an outage of 0 s")
    chance = random.Random(seed).random

    def herd(jitter: bool) -> Herd:
        return come_back(
            lambda: delays(jitter=jitter, random=chance), jitter, clients, outage, capacity
        )

    return Herds(outage, capacity, without=herd(False), with_jitter=herd(True))


def come_back(
    new_delays: Callable[[], Iterator[float]],
    jitter: bool,
    clients: int,
    outage: float,
    capacity: int,
) -> Herd:
    """Count who knocks at the server in which second, until all are in.

    ``new_delays()`` gives each client delays of its own.
    """
    of_client = [new_delays() for _ in range(clients)]
    knocks = [(next(delay), number) for number, delay in enumerate(of_client)]
    heapq.heapify(knocks)
    seen: Counter[int] = Counter()
    let_in: Counter[int] = Counter()
    now = 0.0
    while knocks:
        now, number = heapq.heappop(knocks)
        second = int(now)
        seen[second] += 1
        if now >= outage and let_in[second] < capacity:
            let_in[second] += 1
        else:
            heapq.heappush(knocks, (now + next(of_client[number]), number))
    per_second = tuple(seen[second] for second in range(max(seen) + 1))
    return Herd(jitter, clients, seen.total(), per_second, now)
