"""A tap: wraps a connected socket, is used like one, and records all that crosses it."""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..protocol.rfc import Role
from .event import Event as Event

if TYPE_CHECKING:
    from .files import AnyPath

MAX_EVENT = 2**20
"""How many bytes of one send or receive are kept by default."""

MAX_TOTAL = 2**26
"""How many bytes of a whole recording are kept by default."""


EVENT_COST = 64
"""How many bytes an event counts in a recording beside those that it carries."""


_new_event = tuple.__new__  # half the price of Event(...), in the path of every message


class Recording:
    """What crossed one connection: events in order, bounded, with a note of what was cut.

    ``on_event`` is called with each event as it is recorded, cut or not.

    >>> recording = Recording(clock=lambda: 0.0)
    >>> recording.add(Role.CLIENT, b"Hello"); recording.add(Role.SERVER, b"Hello")
    >>> recording
    <Recording: 5 bytes from the client, 5 from the server, 2 events>
    """

    def __init__(
        self,
        *,
        max_event: int = MAX_EVENT,
        max_total: int = MAX_TOTAL,
        clock: Callable[[], float] = time.perf_counter,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.cut = 0
        """How many bytes crossed and were not kept; 0 in a complete recording."""
        self._max_event = max_event
        self._left = max_total
        self.dropped = {Role.CLIENT: 0, Role.SERVER: 0}
        """How many bytes each end sent after the recording was full: they have no event."""
        self._clock = clock
        self.start = clock()
        """What the clock said when the recording began, in seconds."""
        self._on_event = on_event

    def add(self, sender: Role, data: bytes) -> None:
        """Record ``data`` as sent by ``sender``; no data for the end of that direction."""
        size = len(data)
        # What an event costs beside its bytes counts too, or many tiny ones would fill the memory.
        left = self._left = self._left - size - EVENT_COST
        kept = data if left >= 0 and size <= self._max_event else self._shorten(sender, data)
        event = _new_event(Event, (self._clock() - self.start, sender, kept, size))
        if self._left > -EVENT_COST:
            self.events.append(event)
        if self._on_event is not None:
            self._on_event(event._replace(data=data))

    def _shorten(self, sender: Role, data: bytes) -> bytes:
        """What may be kept of ``data``, and a note of what is not."""
        size = len(data)
        room = min(size, self._max_event, max(0, self._left + size))
        self._left += size - room
        self.cut += size - room
        if self._left <= -EVENT_COST:
            self.dropped[sender] += size
            self._left = -EVENT_COST
        return data[:room]

    def stream(self, sender: Role) -> bytes:
        """All bytes of one direction in one piece, as far as they were kept without a gap."""
        pieces = []
        for event in self.events:
            if event.sender is sender:
                pieces.append(event.data)
                if len(event.data) < event.size:
                    break
        return b"".join(pieces)

    def size(self, sender: Role) -> int:
        """How many bytes that end sent, kept or not."""
        kept = sum(event.size for event in self.events if event.sender is sender)
        return kept + self.dropped[sender]

    def to_pcapng(self, path: AnyPath, *, port: int | None = None) -> None:
        """Write a capture file for Wireshark, see :func:`.pcapng.write_pcapng`. Raises Error."""
        from .pcapng import write_pcapng  # only here: to record is not to write files

        write_pcapng(path, [self], port=port)

    def save(self, path: AnyPath) -> None:
        """Write a file of JSON, in the format of :mod:`.store`. Raises Error."""
        from .store import save

        save(path, self)

    @classmethod
    def load(cls, path: AnyPath) -> Recording:
        """Read what :meth:`save` wrote. Raises Error and :class:`.store.Error`."""
        from .store import load

        recording = cls()
        recording.start, recording.dropped, recording.events = load(path)
        recording.cut = sum(event.size - len(event.data) for event in recording.events)
        recording.cut += sum(recording.dropped.values())
        return recording

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        client, server = self.size(Role.CLIENT), self.size(Role.SERVER)
        text = f"{client} bytes from the client, {server} from the server, {len(self)} events"
        return f"<Recording: {text}{f', {self.cut} bytes not kept' if self.cut else ''}>"

    def _repr_html_(self) -> str:
        from ..views import draw  # only here: to look is not to draw

        return draw("recording_html", self)


@functools.cache  # once for all: a second time it would cost the memory that it is about
def _keep_memory() -> None:
    """Let the C library hold on to memory, now that what is received is kept.

    glibc gives the end of its heap back to the system after each large message, and must ask for it
    again for the next: for 64 KiB that takes longer than the echo. How much it holds on to, it
    learns from the largest block that was ever freed (mallopt(3), M_TRIM_THRESHOLD). So free a
    large one; nothing is written to it, so it costs nothing. Other C libraries do not mind.
    """
    bytes(2**24)


def _passed_on(name: str) -> Any:
    """What the socket inside has under that name."""
    return property(lambda tap: getattr(tap.tapped, name))


def _refused(name: str) -> Any:
    """What would move bytes, or give the socket away, without a trace in the recording."""

    def refuse(tap: Tap) -> None:
        raise AttributeError(f"a tap has no {name}(): it would pass the recording by")

    return property(refuse)


class Tap:
    """A socket around a socket: what is sent and received through it goes into a recording.

    ``role`` is the end that holds this socket. Do not give a tap to ``SSLContext.wrap_socket``: TLS
    takes the file descriptor and passes the tap by. Put the tap around the TLS socket instead; it
    then records plain text.

    >>> import socket
    >>> left, right = socket.socketpair()
    >>> recording = Recording()
    >>> with left, Tap(right, recording, Role.SERVER) as tap:
    ...     left.sendall(b"ping")
    ...     data = tap.recv(100)
    ...     tap.sendall(data.upper())
    >>> [(event.sender.value, event.data) for event in recording]
    [('client', b'ping'), ('server', b'PING'), ('server', b'')]
    """

    def __init__(self, sock: Any, recording: Recording, role: Role) -> None:
        self.tapped = sock
        """The socket inside."""
        self.recording = recording
        self._role = role
        self._peer = role.peer
        # Looked up once: they stand in the path of every message.
        self._recv, self._sendall, self._record = sock.recv, sock.sendall, recording.add
        _keep_memory()
        self._unfinished = set(Role)

    def recv(self, size: int, flags: int = 0) -> bytes:
        """Like ``socket.recv``."""
        data: bytes = self._recv(size, flags) if flags else self._recv(size)
        if data:
            self._record(self._peer, data)
        elif size:
            self._finish(self._peer)
        return data

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        """Like ``socket.recv_into``."""
        size: int = self.tapped.recv_into(buffer, nbytes, flags)
        if size:
            self._record(self._peer, bytes(memoryview(buffer).cast("B")[:size]))
        else:
            self._finish(self._peer)
        return size

    def send(self, data: bytes, flags: int = 0) -> int:
        """Like ``socket.send``: the system may take fewer bytes than it was given."""
        size: int = self.tapped.send(data, flags) if flags else self.tapped.send(data)
        if size:
            self._record(self._role, bytes(data[:size]))
        return size

    def sendall(self, data: bytes, flags: int = 0) -> None:
        """Like ``socket.sendall``. Recorded before it is sent, so before the answer to it."""
        if data:
            self._record(self._role, data if type(data) is bytes else bytes(data))
        self._sendall(data, flags) if flags else self._sendall(data)

    def shutdown(self, how: int) -> None:
        """Like ``socket.shutdown``; the end of what we send is an event, before its answer."""
        if how != socket.SHUT_RD:
            self._finish(self._role)
        self.tapped.shutdown(how)

    def close(self) -> None:
        """Like ``socket.close``."""
        self.tapped.close()
        self._finish(self._role)

    def _finish(self, sender: Role) -> None:
        try:
            # In one step: two threads may be here at the same time, and only one is to tell.
            self._unfinished.remove(sender)
        except KeyError:
            return
        self._record(sender, b"")

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # One by one, since __getattr__ would cost time at every attribute, for each message.
    family, type, proto = map(_passed_on, ("family", "type", "proto"))
    fileno = _passed_on("fileno")
    settimeout, gettimeout = map(_passed_on, ("settimeout", "gettimeout"))
    setblocking, getblocking = map(_passed_on, ("setblocking", "getblocking"))
    setsockopt, getsockopt = map(_passed_on, ("setsockopt", "getsockopt"))
    getsockname, getpeername = map(_passed_on, ("getsockname", "getpeername"))

    makefile, read, write = map(_refused, ("makefile", "read", "write"))
    recvfrom, recvfrom_into = map(_refused, ("recvfrom", "recvfrom_into"))
    recvmsg, recvmsg_into = map(_refused, ("recvmsg", "recvmsg_into"))
    sendto, sendmsg, sendfile = map(_refused, ("sendto", "sendmsg", "sendfile"))
    detach, dup = map(_refused, ("detach", "dup"))
