"""What is measured on a server: round trips, pipelining, connections, many of them at once.

All results are seconds for one (round trip, message, connection). The servers take turns, block
by block (A B C, B C A, ...), so that whatever else the machine does meets all of them alike; a
ratio is taken within one turn, and the median of these ratios is what counts. After some turns all
of them are started anew.
"""

from __future__ import annotations

import os
import socket
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import raw
from .peers import Running, running

Samples = dict[str, list[float]]  # by name, one for each turn


class Effort(NamedTuple):
    turns: int
    block: float  # seconds
    crowd: int  # connections at once
    rounds: int  # how often all servers are started anew; the turns are shared out among them
    sizes: tuple[int, ...] = (16, 125, 1024, 65536, 2**20)
    small: tuple[int, ...] = (16, 125, 1024)  # for what is about many messages
    few: int = 5  # turns of what takes long
    stream: int = 100 * 2**20  # bytes
    frames: int = 10_000  # in a recording


FULL = Effort(30, 0.015, 200, 5)
QUICK = Effort(4, 0.003, 200, 1, few=2, stream=2**24)
SMOKE = Effort(1, 0.0, 10, 1, (16, 65536), (16,), 1, 2**20, 100)

WINDOW = 128  # messages on the way


def take_turns(runs: Mapping[str, Callable[[], float]], turns: int) -> Samples:
    names = list(runs)
    samples: Samples = {name: [] for name in names}
    for turn in range(turns):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            try:
                samples[name].append(runs[name]())
            except OSError as error:
                raise raw.WrongEcho(f"{name}: {error}") from error
    return samples


Measure = Callable[[Running, int, float, int], float]


def afresh(
    measure: Measure, names: Sequence[str], sizes: Sequence[int], effort: Effort, opcode: int
) -> dict[str, Samples]:
    """Samples by size, over servers that are started anew in each round.

    One process of a program may be a quarter faster than the next: it depends on where the system
    puts its code and data. The median over several processes does not.
    """
    results: dict[str, Samples] = {str(size): {name: [] for name in names} for size in sizes}
    for _ in range(effort.rounds):
        with ExitStack() as stack:
            servers = {name: stack.enter_context(running(name)) for name in names}
            for size in sizes:
                runs = {
                    name: partial(measure, server, size, effort.block, opcode)
                    for name, server in servers.items()
                }
                samples = take_turns(runs, max(1, effort.turns // effort.rounds))
                for name, taken in samples.items():
                    results[str(size)][name] += taken
    return results


def typical(once: Callable[[], object], seconds: float) -> float:
    """The median of single runs, as many as fit into ``seconds``, after one to warm up.

    A median, because on one busy core any run may be the one that has to wait for another program.
    """
    once()
    clock = time.perf_counter
    times: list[float] = []
    end = clock() + seconds
    while (start := clock()) < end or len(times) < 3:
        once()
        times.append(clock() - start)
    return statistics.median(times)


def round_trip(server: Running, size: int, seconds: float, opcode: int = 2) -> float:
    load = raw.load(server.wire, size, 1, opcode)
    with raw.connect(server) as sock:
        one = typical(lambda: raw.round_trip(sock, server, load), seconds)
        raw.finish(sock, server)
    return one


def pipelined(server: Running, size: int, seconds: float, opcode: int = 2) -> float:
    load = raw.load(server.wire, size, WINDOW, opcode)
    with raw.connect(server) as sock:
        one = typical(lambda: raw.pump(sock, server, load, 2 * WINDOW), 2 * seconds)
        raw.finish(sock, server)
    return one / (2 * WINDOW)


def connection(server: Running, size: int, seconds: float, opcode: int = 2) -> float:
    """Connect, shake hands, one echo, and end it in good order on both sides."""
    load = raw.load(server.wire, size, 1, opcode)

    def connect() -> None:
        with raw.connect(server) as sock:
            raw.round_trip(sock, server, load)
            raw.finish(sock, server)

    return typical(connect, seconds)


def stream(server: Running, size: int) -> float:
    """Seconds for each MiB of a stream, until who takes it has told that all of it is there."""
    piece = raw.payload(2**18)
    with raw.connect(server) as sock:
        start = time.perf_counter()
        for at in range(0, size, len(piece)):
            sock.sendall(piece[: size - at])
        sock.shutdown(socket.SHUT_WR)
        total = int.from_bytes(sock.recv(8), "big")
        seconds = time.perf_counter() - start
    if total != size:
        raise raw.WrongEcho(f"{server.label}: {total} bytes arrived, and not {size}")
    return seconds * 2**20 / size


def streams(effort: Effort) -> Samples:
    with running("direct") as direct, running("relay", str(direct.port)) as middle:
        for server in (direct, middle):
            stream(server, 2**20)  # what is needed once is no part of the speed
        runs = {
            "direct": lambda: stream(direct, effort.stream),
            "relay": lambda: stream(middle, effort.stream),
        }
        return take_turns(runs, effort.few)


class Crowd(NamedTuple):
    """What one connection of many that are open together costs."""

    seconds: float
    memory: float  # bytes in the server; 0 where the system does not tell
    threads: float


def crowd(server: Running, size: int) -> Crowd:
    """Open many connections, an echo on each, and look at the server's process."""
    load = raw.load(server.wire, 16)
    connection(server, 16, 0.0)  # what is needed once is not the cost of each
    time.sleep(0.05)  # ... and its threads are gone
    before = _memory(server.pid), _threads(server.pid)
    with ExitStack() as stack:
        start = time.perf_counter()
        socks = []
        for _ in range(size):
            socks.append(stack.enter_context(raw.connect(server)))
            raw.round_trip(socks[-1], server, load)
        seconds = time.perf_counter() - start
        after = _memory(server.pid), _threads(server.pid)
        for sock in socks:
            raw.finish(sock, server)
    memory, threads = (max(0.0, b - a) / size for a, b in zip(before, after, strict=True))
    return Crowd(seconds / size, memory, threads)


def _memory(pid: int) -> int:
    """Resident bytes of a process, as Linux counts them page by page."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Rss:"))


def _threads(pid: int) -> int:
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def crowds(names: Sequence[str], effort: Effort) -> dict[str, list[Crowd]]:
    taken: dict[str, list[Crowd]] = {name: [] for name in names}
    for _ in range(effort.rounds):
        for name in names:
            with running(name) as server:  # memory that it had before would hide the growth
                taken[name].append(crowd(server, effort.crowd))
    return taken


def pin(core: int | None = None) -> int | None:
    """Stay on one core, with all the children to come; None where the system has no such thing.

    Client and server take turns anyway. On one core their turns cost the same each time, on two it
    depends on where the system puts them and on what sleeps there.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    cores: Sequence[int] = sorted(os.sched_getaffinity(0))
    chosen = cores[-1] if core is None else core
    os.sched_setaffinity(0, {chosen})
    return chosen
