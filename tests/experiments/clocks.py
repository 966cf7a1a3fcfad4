"""A clock that stands still until somebody turns its hands."""

from __future__ import annotations

import threading

from tests.support.peers import DEADLINE
from wslab.experiments.link import Clock


class HandClock(Clock):
    """Whoever waits, waits until the hands are there; the test turns them."""

    def __init__(self) -> None:
        self._now = 0.0
        self._turned = threading.Condition()

    def now(self) -> float:
        return self._now

    def wait(self, event: threading.Event, seconds: float) -> bool:
        until = self._now + seconds
        with self._turned:
            for _ in range(round(DEADLINE / 0.01)):
                if event.is_set() or self._now >= until:
                    break
                self._turned.wait(0.01)
            else:
                raise AssertionError("nobody turns the clock")
        return event.is_set()

    def turn(self, seconds: float) -> None:
        with self._turned:
            self._now += seconds
            self._turned.notify_all()
