"""When bytes come out of a line, and in which pieces: arithmetic, without a clock or a socket."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a line does to the bytes of each direction; 0 and None leave them as they are."""

    delay: float = 0.0
    """How long a byte is on its way, in seconds."""
    bandwidth: float | None = None
    """How many bytes per second fit through."""
    split: int | None = None
    """The longest piece that leaves the line in one go, in bytes."""
    glue: float = 0.0
    """How long the line collects, in seconds; what comes in that time leaves as one piece."""

    def __post_init__(self) -> None:
        if self.delay < 0 or self.glue < 0:
            raise ValueError("a delay is 0 seconds or more")
        if self.bandwidth is not None and self.bandwidth <= 0:
            raise ValueError("a bandwidth is more than 0 bytes per second; None for no limit")
        if self.split is not None and self.split < 1:
            raise ValueError("a piece has 1 byte or more; split=None leaves the pieces whole")

    def pieces(self, data: bytes) -> list[bytes]:
        """Take ``data`` apart.

        >>> Shape(split=2).pieces(b"Hello")
        [b'He', b'll', b'o']
        """
        size = self.split or max(1, len(data))
        return [data[at : at + size] for at in range(0, len(data), size)]


class Timetable:
    """When each piece of one direction arrives.

    >>> line = Timetable(Shape(delay=0.5, bandwidth=1000))
    >>> line.arrival(0.0, 1000), line.arrival(0.0, 1000)  # the second has to queue
    (1.5, 2.5)
    """

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._free = float("-inf")  # when the line has room for the next byte

    def arrival(self, now: float, size: int) -> float:
        """When ``size`` bytes that enter the line ``now`` are all there."""
        start = max(now, self._free)
        self._free = start + size / self._shape.bandwidth if self._shape.bandwidth else start
        return self._free + self._shape.delay
