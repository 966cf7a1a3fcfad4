"""What came out, as plain data: what was measured, and what is only computed from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..observe.traffic import Traffic
from .workload import Workload


@dataclass(frozen=True)
class Row:
    """One way to talk, and what the workload cost on it. Times are in seconds."""

    name: str
    messages: int
    traffic: Traffic
    trips_to_first: int
    """Round trips until the first answer was there, that of opening the connection included."""
    trips: int
    """Round trips until the last answer was there."""
    first_answer: float
    """Time until the first answer was there, from before the connection was opened."""
    latencies: tuple[float, ...]
    """Time from handing a message over to having its answer, for each message in order."""
    cpu: float
    """Processor time of the whole process, client and server together."""

    @property
    def up(self) -> float:
        """Bytes at the client's socket per message, to the server."""
        return self.traffic.up / self.messages

    @property
    def down(self) -> float:
        """Bytes at the client's socket per message, from the server."""
        return self.traffic.down / self.messages

    @property
    def segments(self) -> float:
        """Segments per message, both directions."""
        return (self.traffic.segments_up + self.traffic.segments_down) / self.messages

    @property
    def wire(self) -> float:
        """Bytes per message with the heads of IP and TCP, both directions: computed."""
        return self.traffic.wire / self.messages

    @property
    def cpu_per_message(self) -> float:
        """Processor time per message, client and server together."""
        return self.cpu / self.messages

    def percentile(self, percent: float) -> float:
        """The latency that so many percent of the messages did not exceed (nearest rank)."""
        rank = math.ceil(len(self.latencies) * percent / 100)
        return sorted(self.latencies)[max(rank, 1) - 1]

    def modelled_first(self, rtt: float) -> float:
        """How long the first answer would take on a line with that round-trip time, at least."""
        return self.trips_to_first * rtt

    def modelled_all(self, rtt: float) -> float:
        """The same for the last answer: round trips × round-trip time, and nothing else."""
        return self.trips * rtt


@dataclass(frozen=True)
class Skipped:
    """A way that was not measured, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Idle:
    """What it costs to stay in touch while nothing happens: one exchange, measured."""

    name: str
    every: float
    """Seconds from one exchange to the next."""
    once: Traffic
    """What one exchange cost on a connection that was open already."""

    @property
    def hour(self) -> float:
        """Bytes on the wire in an hour: modelled from that one exchange."""
        return self.once.wire * 3600 / self.every


@dataclass(frozen=True)
class SmallWrites:
    """A message of a small head and a small body, and how it was handed to TCP."""

    name: str
    messages: int
    data_segments: int
    """Segments with bytes that the client sent, all messages together."""
    modelled: bool
    """Whether those are modelled, because the system does not count them."""
    latencies: tuple[float, ...]
    """Seconds from the first write to the answer, for each message."""


@dataclass(frozen=True)
class Comparison:
    """The whole comparison: shows itself as text, and in a notebook as tables."""

    workload: Workload
    rows: tuple[Row | Skipped, ...]
    idle: tuple[Idle, ...]
    small_writes: tuple[SmallWrites, ...]
    rtt: float | None
    """A round-trip time to compute with, in seconds; nothing was delayed by it."""

    @property
    def measured(self) -> list[Row]:
        """The rows of what was measured."""
        return [row for row in self.rows if isinstance(row, Row)]

    def __getitem__(self, name: str) -> Row:
        """The row of that name. Raises KeyError, also if it was skipped."""
        for row in self.measured:
            if row.name == name:
                return row
        raise KeyError(name)

    def __str__(self) -> str:
        from ..views.traffic import comparison_text  # only here: to measure is not to draw

        return comparison_text(self)

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        from ..views.traffic import comparison_markdown

        return comparison_markdown(self)
