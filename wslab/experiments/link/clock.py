"""Clocks that are passed in: the real one, and one that makes an idle hour pass in a moment."""

from __future__ import annotations

import threading
import time


class Clock:
    """The real clock, in seconds from some moment in the past."""

    def now(self) -> float:
        """What the clock says."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait for ``event`` at most so long; whether it has come."""
        return event.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        self.wait(threading.Event(), seconds)


class FastForward(Clock):
    """A clock that skips whatever is slept, and counts it: what really takes time, counts as well.

    Sockets stay real. Only where a program would lie idle, the time is over at once.

    >>> clock = FastForward()
    >>> before = clock.now()
    >>> clock.sleep(3600)
    >>> round((clock.now() - before) / 3600)
    1
    """

    def __init__(self) -> None:
        self._skipped = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        """What the clock says."""
        return time.monotonic() + self._skipped

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """As if so many seconds had passed, or as if ``event`` had come, if it has."""
        if not event.is_set():
            with self._lock:
                self._skipped += max(0.0, seconds)
        return event.is_set()
