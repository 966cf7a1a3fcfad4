"""How far a run has come: tqdm's bar where it is installed and somebody looks, else plain lines."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, TextIO

EVERY = 10.0
"""Seconds between plain lines."""


class Progress:
    """Counts up to ``total`` on ``stream``, with the time left. A context manager."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self.total, self.count = total, 0
        self._stream = stream or sys.stderr
        self._begin = self._last = time.monotonic()
        self._at_begin: int | None = None
        self._bar = _bar(total, self._stream)

    def step(self, fresh: bool = True) -> None:
        """One more is done; not ``fresh`` if an earlier run did it, which took no time now."""
        self.count += 1
        if fresh and self._at_begin is None:
            self._at_begin = self.count - 1
        if self._bar is not None:
            if not fresh:  # or the bar would believe that all go so fast
                self._bar.initial = self.count
            self._bar.update()
            return
        now = time.monotonic()
        if self.count == self.total or now > self._last + EVERY:
            self._last = now
            print(f"{self.count} of {self.total} graded{self._left(now)}", file=self._stream)

    def _left(self, now: float) -> str:
        done = self.count - (self._at_begin or 0)
        if self.count == self.total or self._at_begin is None:
            return ""
        seconds = (now - self._begin) / done * (self.total - self.count)
        return f", about {seconds / 60:.0f} min left" if seconds > 90 else f", {seconds:.0f} s left"

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def _bar(total: int, stream: TextIO) -> Any:
    if not stream.isatty():
        return None
    try:
        from tqdm import tqdm
    except ImportError:
        return None
    return tqdm(total=total, file=stream, unit=" submissions", dynamic_ncols=True, smoothing=0.1)
