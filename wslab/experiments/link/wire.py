"""One direction of a line: bytes go in at one end, and come out at the other when it is time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator

from .clock import Clock
from .shape import Shape, Timetable

CAPACITY = 2**22
"""How many bytes may be on their way; then whoever puts more in has to wait."""


class Wire:
    """What is on its way. One thread puts in, one takes out."""

    def __init__(self, shape: Shape, clock: Clock) -> None:
        self._shape = shape
        self._clock = clock
        self._timetable = Timetable(shape)
        self._chunks: deque[tuple[float, bytes]] = deque()  # when it went in, and what
        self.size = 0
        """How many bytes are on their way."""
        self._change = threading.Condition()
        self._ended = False
        self._error: OSError | None = None
        self._cut = threading.Event()

    def put(self, data: bytes) -> None:
        """Let ``data`` in, as soon as there is room."""
        with self._change:
            self._change.wait_for(lambda: self.size < CAPACITY or self._cut.is_set())
            self._chunks.append((self._clock.now(), data))
            self.size += len(data)
            self._change.notify_all()

    def end(self, error: OSError | None = None) -> None:
        """Nothing more goes in; the other end hears of it when all is out."""
        with self._change:
            self._ended, self._error = True, error
            self._change.notify_all()

    def cut(self) -> None:
        """Whoever waits here, waits no longer."""
        self._cut.set()
        with self._change:
            self._change.notify_all()

    def pieces(self) -> Iterator[bytes]:
        """What comes out, each piece at its time, until the end. Raises OSError if it has one."""
        while chunk := self._take():
            at, data = chunk
            if self._shape.glue:
                at += self._shape.glue
                self._wait_until(at)
                data += self._take_the_rest()
            for piece in self._shape.pieces(data):
                self._wait_until(self._timetable.arrival(at, len(piece)))
                with self._change:
                    self.size -= len(piece)
                    self._change.notify_all()
                yield piece
        if self._error is not None:
            raise self._error

    def _wait_until(self, moment: float) -> None:
        if (left := moment - self._clock.now()) > 0 and not self._cut.is_set():
            self._clock.wait(self._cut, left)

    def _take(self) -> tuple[float, bytes] | None:
        """What went in first; None at the end."""
        with self._change:
            self._change.wait_for(lambda: self._chunks or self._ended or self._cut.is_set())
            if self._cut.is_set() or not self._chunks:
                return None
            return self._chunks.popleft()

    def _take_the_rest(self) -> bytes:
        """All that is in there now."""
        with self._change:
            data = b"".join(data for _, data in self._chunks)
            self._chunks.clear()
            return data
