"""A line between two sockets that is worse than loopback: slow, choppy, forgetful, or dead.

    client  <- socket ->  link: delay, loss …  <- socket ->  server

Nothing in this file knows WebSocket. Times are in seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from ...net import reset
from ...observe.recording import Recording
from ...observe.relay import MAX_RECORDING, Between, Relay
from ...protocol.rfc import Role
from ...tcp_server import Peer
from .clock import Clock
from .shape import Shape
from .wire import Wire


class Link(Relay):
    """A relay to ``to`` (host, port) that behaves like a bad line; a context manager.

    ``delay``, ``bandwidth``, ``split`` and ``glue`` hold for each direction, see :class:`.Shape`.
    A connection that is silent for more than ``idle_timeout`` seconds is forgotten, as a NAT router
    does it: what is sent afterwards vanishes, and nobody is told. ``clock`` is what all that time
    is measured with. The recordings show what came out of the line, when, and in which pieces.
    Raises Error as Relay does, ValueError for a shape that makes no sense.

    >>> from wslab import ws_echo
    >>> with ws_echo.serve() as server, Link(server.address, split=1) as link:
    ...     with ws_echo.connect(link.ws_url) as ws:
    ...         words = list(ws_echo.say(ws, ["byte by byte"]))
    >>> words, max(event.size for event in link.recordings[0])
    (['byte by byte'], 1)
    """

    def __init__(
        self,
        to: tuple[str, int],
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        delay: float = 0.0,
        bandwidth: float | None = None,
        split: int | None = None,
        glue: float = 0.0,
        idle_timeout: float | None = None,
        clock: Clock | None = None,
        record: Callable[[Any], Recording] | None = None,
    ) -> None:
        self.shape = Shape(delay, bandwidth, split, glue)
        self.idle_timeout = idle_timeout
        self.clock = clock or Clock()
        self.refusing = False
        """While this is True, who connects is sent away at once."""
        self.vanished = {Role.CLIENT: 0, Role.SERVER: 0}
        """How many bytes each end has sent into nothing."""
        self._lines: set[_Line] = set()
        self._counting = threading.Lock()
        super().__init__(to, host, port, record=record)

    def __enter__(self) -> Link:
        return self

    @property
    def ws_url(self) -> str:
        """Where a WebSocket client connects to."""
        return self.url.replace("tcp", "ws", 1) + "/"

    @property
    def in_flight(self) -> int:
        """How many bytes have gone in and not come out yet, on all connections together."""
        return sum(wire.size for line in list(self._lines) for wire in line.wires.values())

    def lose(self) -> None:
        """Pull the cable of all connections that are open now: their bytes vanish from here on.

        Neither end is told: no FIN, no RST. Who connects afterwards gets a new line, which works.
        """
        for line in list(self._lines):
            line.lost = True

    def _new_recording(self, address: Any) -> Recording:
        recording = Recording(max_total=MAX_RECORDING, clock=self.clock.now)
        self.recordings.append(recording)
        return recording

    def _pass_on(self, peer: Peer) -> None:
        if self.refusing:
            reset(peer.sock)
        else:
            super()._pass_on(peer)

    def _between(self, client: Any, server: Any, recording: Recording) -> Between:
        line = _Line(self, client, server, recording)
        self._lines.add(line)
        return line

    def note_vanished(self, sender: Role, size: int) -> None:
        """Count what is lost on the way."""
        with self._counting:
            self.vanished[sender] += size

    def note_over(self, line: _Line) -> None:
        """That connection has ended."""
        self._lines.discard(line)


class _Line(Between):
    """One connection: in each direction a thread puts bytes in, and another takes them out."""

    def __init__(self, link: Link, client: Any, server: Any, recording: Recording) -> None:
        super().__init__(client, server, recording, report=lambda sentence: None)
        self.lost = False
        """Whether all that is sent vanishes; it stays so, for a stream cannot have a hole."""
        self._link = link
        self.wires = {role: Wire(link.shape, link.clock) for role in Role}
        self._last = link.clock.now()  # when there was something to carry
        self._both_ended = threading.Event()
        self._ended: set[Role] = set()

    def pump(self, sender: Role) -> None:
        """Pass on what ``sender`` sends, when and as far as it comes out of the line."""
        reader = threading.Thread(target=self._fill, args=(sender,), name="link", daemon=True)
        reader.start()
        try:
            super().pump(sender)
        finally:
            reader.join()
            if sender is Role.CLIENT:
                self._link.note_over(self)

    def _fill(self, sender: Role) -> None:
        """Put what ``sender`` sends into the wire."""
        wire = self.wires[sender]
        error = None
        try:
            for data in super()._chunks(sender):
                self._look_at_the_clock()
                wire.put(data)
        except OSError as gone:
            error = gone
        wire.end(error)
        self._ended.add(sender)
        if len(self._ended) == len(Role):
            self._both_ended.set()

    def _look_at_the_clock(self) -> None:
        """A router that has forgotten the connection throws away what belongs to it."""
        now, limit = self._link.clock.now(), self._link.idle_timeout
        if limit is not None and now - self._last > limit:
            self.lost = True
        self._last = now

    def _chunks(self, sender: Role) -> Iterator[bytes]:
        """What comes out at the other end, at its time. Raises OSError if ``sender`` is gone."""
        try:
            for piece in self.wires[sender].pieces():
                if self.lost:
                    self._link.note_vanished(sender, len(piece))
                else:
                    yield piece
        except OSError:
            if not self.lost:
                raise
        if self.lost:  # the end of the stream vanishes as well
            self._both_ended.wait()

    def cut(self) -> None:
        """End both directions, now."""
        for wire in self.wires.values():
            wire.cut()
        self._both_ended.set()
        super().cut()
