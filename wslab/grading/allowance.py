"""How much time a student's program has had. What else the machine does meanwhile costs it nothing.

A limit bounds two things, each on its own: processor time, and the time a program only waits (it
sleeps, it is in a deadlock, nothing comes). A program that waits for a core does neither of them.
Linux counts this for each thread: proc_pid_schedstat(5), and proc_pid_stat(5) for its state.

Elsewhere the wall clock decides, and a graded run asks again alone before that costs a point.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

LOOK = 0.05
"""Seconds between two looks. An answer that comes before the first one costs no look at all."""
SLOWEST = 30
"""When a limit of 1 s isn't used up after so many seconds, the machine doesn't work for us."""

on_look: list[Callable[[], None]] = []
"""What else to do at each look: a judge tells its coordinator that it's alive."""


class TimedOut(TimeoutError):
    """The allowance is used up."""

    def __init__(self, computed: bool) -> None:
        super().__init__()
        self.computed = computed
        """Whether the program was at work; otherwise it waited."""


class Starved(Exception):
    """The program got hardly any processor time, so nothing can be said about it."""

    def __init__(self) -> None:
        super().__init__("this machine is too busy: the program hardly got any processor time")


class Budget:
    """How much of its time a submission has left, in seconds."""

    def __init__(self, left: float) -> None:
        self.left = left


class Allowance:
    """A program may compute for so many ``seconds``, and wait for as many, from now on."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.pid, self.seconds = pid, seconds
        self.used = 0.0
        """Of processor time or of waiting, whichever is more; as of the last look."""
        self._start = time.monotonic()
        self._next = self._start + LOOK
        self._usage: _Usage | None = None
        self._over: TimedOut | None = None

    def slice(self) -> float:
        """Seconds until the next look."""
        return max(0.0, self._next - time.monotonic())

    def lasts(self) -> bool:
        """As `look`: False when it's used up."""
        try:
            self.look()
        except TimedOut:
            return False
        return True

    def look(self) -> None:
        """Raises TimedOut when it's used up, and Starved. Looks only every `LOOK` seconds."""
        if self._over:
            raise self._over
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + LOOK
        for call in on_look:
            call()
        if MEASURES and not self._usage:
            self._usage = _Usage(self.pid)
        if not self._usage or self._usage.lost():
            self.used = now - self._start
            if self.used > self.seconds:
                self._end(computed=False)
            return
        computed, waited = self._usage.times()
        self.used = max(computed, waited)
        # A wait for a core that still goes on is in no count yet, so then we look once more.
        if computed > self.seconds or (waited > self.seconds and rests(self.pid)):
            self._end(computed=computed > self.seconds / 2)
        if now - self._start > SLOWEST * self.seconds:
            raise Starved

    def _end(self, computed: bool) -> None:
        self._over = TimedOut(computed)
        raise self._over


class _Usage:
    """What a process has done since a moment, as the kernel counts it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._clock = ~pid << 3 | 2  # what clock_getcpuclockid(3) returns on Linux
        self._start = time.monotonic()
        self._queued = _queued(pid)
        self._delay = 0
        self._cpu = self._processor_time()

    def lost(self) -> bool:
        """Whether it has ended, and can't be asked any longer."""
        return self._cpu < 0 or self._processor_time() < 0

    def times(self) -> tuple[float, float]:
        """Seconds in which it computed, and in which it waited, for anything but a core."""
        now = _queued(self.pid)
        # Threads come and go: what an old one has waited stays counted.
        self._delay += sum(ns - self._queued.get(thread, 0) for thread, ns in now.items())
        self._queued |= now
        computed = self._processor_time() - self._cpu
        return computed, time.monotonic() - self._start - computed - self._delay / 1e9

    def _processor_time(self) -> float:
        """Of all its threads, also those that have ended; -1 if there's no such process."""
        try:
            return time.clock_gettime(self._clock)
        except OSError:
            return -1.0


def _queued(pid: int) -> dict[str, int]:
    """For each thread, the program's and ours: how long it has waited for a core, in ns.

    Ours too: as long as we wait, nobody answers the program.
    """
    found = {}
    for who in (str(pid), "self"):
        for thread in threads(who):
            try:
                found[thread.name] = int((thread / "schedstat").read_bytes().split()[1])
            except (OSError, ValueError, IndexError):
                continue
    return found


def threads(pid: int | str) -> list[Path]:
    """The folders of its threads; none if it has ended, or where the system doesn't tell."""
    try:
        return [Path(f"/proc/{pid}/task", name) for name in os.listdir(f"/proc/{pid}/task")]
    except OSError:
        return []


def rests(pid: int) -> bool:
    """Whether all its threads wait for something; True where the system doesn't tell."""
    try:
        states = [
            (one / "stat").read_bytes().rpartition(b")")[2].split()[0] for one in threads(pid)
        ]
    except OSError:  # one of them has just ended, so there was something to do
        return False
    return b"R" not in states  # it runs, or would if a core were free


def _measures() -> bool:
    """Whether this system counts all that; some kernels and some containers don't."""
    try:
        ran, _, _ = Path("/proc/self/schedstat").read_bytes().split()
        return (
            sys.platform == "linux"
            and int(ran) > 0
            and time.clock_gettime(~os.getpid() << 3 | 2) > 0
        )
    except (OSError, ValueError):
        return False


MEASURES = _measures()
