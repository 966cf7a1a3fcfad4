"""What a conversation costs: bytes at the socket, segments, and round trips that it waited for.

A :class:`Meter` opens the connections of a client. Every byte goes through a tap, so that each way
to talk is counted in the same place: between the program and the kernel.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import Any

from .. import net
from ..protocol.rfc import Role
from .recording import Event, Recording
from .segments import SegmentModel, final_count, kernel_count
from .tap import Tap

IP_AND_TCP = 40
"""The least that comes before the bytes of a segment: 20 bytes of IPv4 and 20 of TCP."""

TIMESTAMPS = 12
"""What the time stamps of RFC 7323 add to each segment, padding included."""

SYN_OPTIONS = 12
"""What a SYN says beside: the largest segment (MSS), SACK, window scale; padding included.

Where there are time stamps it has 4 bytes less, for two of them share their padding.
"""


@dataclass(frozen=True)
class Traffic:
    """What crossed the connections of one client. Up is from the client, down is to it."""

    connections: int
    """How many were opened."""
    up: int
    """Bytes that the program gave to its sockets."""
    down: int
    """Bytes that the program took from its sockets."""
    segments_up: int
    segments_down: int
    data_segments_up: int
    """How many of ``segments_up`` carried bytes; the others open, acknowledge or end."""
    modelled: bool
    """Whether the segments are from :class:`.segments.SegmentModel`, not from the kernel."""
    timestamps: bool
    """Whether each segment carries the time stamps of RFC 7323."""

    @property
    def wire(self) -> int:
        """Bytes up and down with the heads of IP and TCP: computed, from bytes and segments."""
        head = IP_AND_TCP + TIMESTAMPS * self.timestamps
        segments = self.segments_up + self.segments_down
        syn = SYN_OPTIONS - 4 * self.timestamps
        return self.up + self.down + head * segments + 2 * syn * self.connections

    def __sub__(self, earlier: Traffic) -> Traffic:
        """What was added since an earlier count of the same meter."""
        return Traffic(
            self.connections - earlier.connections,
            self.up - earlier.up,
            self.down - earlier.down,
            self.segments_up - earlier.segments_up,
            self.segments_down - earlier.segments_down,
            self.data_segments_up - earlier.data_segments_up,
            self.modelled,
            self.timestamps,
        )


class Meter:
    """Opens connections to one server, and counts what crosses them, seen from the client.

    A context manager, which closes what is still open. For one thread.

    >>> from wslab import tcp_echo
    >>> with tcp_echo.serve() as server, Meter(server.address) as meter, meter.open() as sock:
    ...     answers = list(tcp_echo.say(sock, [b"Hello", b"TCP"]))
    ...     meter.traffic().up, meter.traffic().down, meter.round_trips
    (8, 8, 3)
    """

    def __init__(self, address: tuple[str, int]) -> None:
        self.host, self.port = address
        self.round_trips = 0
        """How often the client had to wait for the other side until now.

        Once for each TCP connection (connections that are opened one after the other count once:
        a program may open them at the same time), and once each time that bytes come after bytes
        were sent.
        """
        self._last = ""
        self._sockets: list[CountedSocket] = []

    def open(self) -> CountedSocket:
        """A new connection to the server. Raises Error."""
        self._mark("open")
        sock = CountedSocket(net.connect(self.host, self.port), self)
        self._sockets.append(sock)
        return sock

    def traffic(self) -> Traffic:
        """The count of all connections, up to now."""
        each = [sock.traffic() for sock in self._sockets]
        return Traffic(
            len(each),
            sum(one.up for one in each),
            sum(one.down for one in each),
            sum(one.segments_up for one in each),
            sum(one.segments_down for one in each),
            sum(one.data_segments_up for one in each),
            any(one.modelled for one in each),
            any(one.timestamps for one in each),
        )

    def note(self, event: Event) -> None:
        """See an event of any of the connections."""
        if event.size:
            self._mark("sent" if event.sender is Role.CLIENT else "received")

    def _mark(self, what: str) -> None:
        if what == "open":
            self.round_trips += self._last != "open"
        elif what == "received":
            self.round_trips += self._last == "sent"
        self._last = what

    def __enter__(self) -> Meter:
        return self

    def __exit__(self, *exc: object) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.close()


class CountedSocket(Tap):
    """A tapped socket of a client that keeps its counts beyond its end."""

    def __init__(self, sock: Any, meter: Meter) -> None:
        # Nothing is kept: what counts is how much it was.
        recording = Recording(max_total=0, on_event=self._count)
        super().__init__(sock, recording, Role.CLIENT)
        self._meter = meter
        self._model = SegmentModel()
        self._closed = False
        self._kernel = kernel_count(sock)

    def traffic(self) -> Traffic:
        """The count of this connection, up to now."""
        if not self._closed:
            self._kernel = kernel_count(self.tapped)
        segments = self._kernel.segments if self._kernel else self._model.segments
        return Traffic(
            connections=1,
            up=self.recording.size(Role.CLIENT),
            down=self.recording.size(Role.SERVER),
            segments_up=segments.sent,
            segments_down=segments.received,
            data_segments_up=segments.data_sent,
            modelled=self._kernel is None,
            timestamps=self._kernel.timestamps if self._kernel else sys.platform != "win32",
        )

    def close(self) -> None:
        """Like ``socket.close``, after a last look at the kernel's counters."""
        if not self._closed:
            self._closed = True
            self._model.end()
            self._kernel = final_count(self.tapped)
            super().close()

    def _count(self, event: Event) -> None:
        if event.size:
            (self._model.write if event.sender is Role.CLIENT else self._model.read)(event.size)
        self._meter.note(event)
