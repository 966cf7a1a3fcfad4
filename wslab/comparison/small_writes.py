"""The famous trap: a message that is handed to TCP in two small writes.

Nagle's algorithm (RFC 896) holds the second write back until the first is acknowledged; the other
side delays its acknowledgement (RFC 1122 §4.2.3.2) in the hope of an answer to carry it, and has no
answer to give before it has the second write. Both wait, until a timer ends it: 40 ms on Linux, 200
on other systems. TCP_NODELAY switches Nagle's algorithm off; one write for the whole message does
without.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from .. import net
from ..observe.tap import Tap
from ..observe.traffic import Meter
from .result import SmallWrites
from .streams import LENGTH, recv_with_length, serve_with_length, with_length

MESSAGES, SIZE = 10, 16
"""Few, for each may wait."""

Clock = Callable[[], float]


def small_writes(
    messages: int = MESSAGES, *, clock: Clock = time.perf_counter
) -> tuple[SmallWrites, ...]:
    """Each message as two writes, as two without Nagle's algorithm, and as one."""
    plans = (
        ("two writes", False, _in_two),
        ("two writes, TCP_NODELAY", True, _in_two),
        ("one write", False, Tap.sendall),
    )
    return tuple(_measure(name, no_delay, send, messages, clock) for name, no_delay, send in plans)


def _in_two(sock: Tap, data: bytes) -> None:
    sock.sendall(data[:LENGTH])
    sock.sendall(data[LENGTH:])


def _measure(
    name: str,
    no_delay: bool,
    send: Callable[[Tap, bytes], None],
    messages: int,
    clock: Clock,
) -> SmallWrites:
    latencies = []
    with serve_with_length() as server, Meter(server.address) as meter:
        with meter.open() as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, no_delay)
            for _ in range(messages):
                start = clock()
                send(sock, with_length(bytes(SIZE)))
                recv_with_length(sock)
                latencies.append(clock() - start)
            net.lingering_close(sock, 1.0)
        traffic = meter.traffic()
    return SmallWrites(name, messages, traffic.data_segments_up, traffic.modelled, tuple(latencies))
