"""Run the workload on every way, one after the other, over loopback."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

from ..errors import Error
from ..observe.traffic import Meter
from ..tcp_server import Server
from .idle import PING_EVERY, POLL_EVERY, idle_costs
from .result import Comparison, Row, Skipped
from .small_writes import small_writes
from .ways import Missing, Way, all_ways
from .workload import Workload, check_seconds

Clock = Callable[[], float]

MAX_RTT = 60.0
"""The longest round-trip time to compute with, in seconds."""


def compare(
    messages: int = 100,
    size: int = 16,
    *,
    pace: float = 0.0,
    rtt: float | None = None,
    poll_every: float = POLL_EVERY,
    ping_every: float = PING_EVERY,
    ways: Sequence[str] | None = None,
    extras: bool = True,
) -> Comparison:
    """Echo ``messages`` messages of ``size`` bytes over TCP, WebSocket and HTTP, and count.

    Each way runs for real, over sockets of this machine. ``pace`` is the time from one message to
    the next at least, ``rtt`` a round-trip time to compute with: it delays nothing, and what is
    computed from it says so. ``poll_every`` and ``ping_every`` are for the cost of being idle. All
    times are in seconds. ``ways`` are the names of those to run, of the list in :mod:`.ways`;
    without ``extras`` there is no look at idling and at small writes, which saves a second. Raises
    Error, a ValueError, for what makes no sense.

    >>> result = compare(2, 5, ways=["TCP", "WebSocket"], extras=False)
    >>> result["TCP"].traffic.up, result["TCP"].trips_to_first, result["WebSocket"].trips_to_first
    (10, 2, 3)
    """
    workload = Workload(messages, size, pace)
    if rtt is not None:
        check_seconds("rtt", rtt, MAX_RTT)
    for name, value in (("poll_every", poll_every), ("ping_every", ping_every)):
        check_seconds(name, value, 3600.0, positive=True)
    rows = tuple(_row(way, workload) for way in _chosen(ways))
    idle = idle_costs(poll_every, ping_every) if extras else ()
    return Comparison(workload, rows, idle, small_writes() if extras else (), rtt)


def _chosen(names: Sequence[str] | None) -> list[Way | Missing]:
    known = {way.name: way for way in all_ways()}
    if names is None:
        return list(known.values())
    for name in names:
        if name not in known:
            raise Error(f"there is no way {name!r}; there are: {', '.join(known)}.")
    return [known[name] for name in names]


def _row(way: Way | Missing, workload: Workload) -> Row | Skipped:
    if isinstance(way, Missing):
        return Skipped(way.name, way.reason)
    measure(way, Workload(1, workload.size))  # what Python loads when it is first used counts not
    return measure(way, workload)


def measure(
    way: Way,
    workload: Workload,
    *,
    clock: Clock = time.perf_counter,
    cpu: Clock = time.process_time,
    sleep: Callable[[float], Any] = time.sleep,
) -> Row:
    """Serve one way, and run the workload on it."""
    with way.serve() as server:
        return measure_at(server, way, workload, clock=clock, cpu=cpu, sleep=sleep)


def measure_at(
    server: Server,
    way: Way,
    workload: Workload,
    *,
    clock: Clock = time.perf_counter,
    cpu: Clock = time.process_time,
    sleep: Callable[[float], Any] = time.sleep,
) -> Row:
    """The same with a server that runs already. Raises ValueError if an answer is wrong."""
    sent: list[float] = []
    latencies: list[float] = []

    def clocked() -> Iterator[bytes]:
        for message in workload:
            if sent and workload.pace:
                sleep(max(0.0, sent[-1] + workload.pace - clock()))
            sent.append(clock())
            yield message

    with Meter(server.address) as meter:
        cpu_before, start = cpu(), clock()
        first_answer, trips_to_first = 0.0, 0
        with closing(way.talk(meter, clocked())) as answers:
            for message, answer in zip(workload, answers, strict=True):
                latencies.append(clock() - sent[-1])
                if not first_answer:
                    first_answer, trips_to_first = clock() - start, meter.round_trips
                trips = meter.round_trips
                if answer != message:
                    raise ValueError(f"{way.name}: {message!r} came back as {answer!r}")
        used = cpu() - cpu_before
    return Row(
        way.name, workload.messages, meter.traffic(), trips_to_first, trips,
        first_answer, tuple(latencies), used,
    )  # fmt: skip
