"""From a recording to labelled fields: every byte of both directions, explained once.

The dissector has no grammar of its own. For each direction it runs the very parser of the endpoint
that received those bytes, and notes which field each byte was taken for. Where that parser stops,
the rest is labelled "unparsed", with the parser's own reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Literal

from ..protocol import frames, http
from ..protocol.connection import Connection, Failed, Opened, Refused
from ..protocol.errors import HandshakeError, ProtocolError
from ..protocol.grammar import Field
from ..protocol.http import Request
from ..protocol.rfc import Opcode, Role
from .fields import OTHER, RAW_MEANING, Labelled, Read, Unit, explain_frame, explain_head, show
from .tap import Event, Recording

Protocol = Literal["auto", "tcp", "websocket"]

_HEAD_FIELDS = {http.REQUEST_LINE, http.STATUS_LINE, http.HEADER_FIELD}
_UNIT_STARTS = {http.REQUEST_LINE, http.STATUS_LINE, frames.HEADER, *OTHER}


class _Direction:
    """The bytes that one end sent, read as the other end reads them."""

    def __init__(self, sender: Role, opened: bool) -> None:
        self.sender = sender
        self.units: list[Unit] = []
        self.failure: ProtocolError | HandshakeError | None = None
        self.connection = Connection(
            sender.peer,
            opened=opened,
            max_message=sys.maxsize,
            max_fragments=sys.maxsize,
            max_head=sys.maxsize,
            on_field=self._on_field,
        )
        # The fields of the unit that is being read; a payload may come in many pieces.
        self._read: list[tuple[Field, list[bytes]]] = []
        self._message = 0  # the opcode of the last message that began
        self._position = 0  # how many bytes are in units or in self._read
        self._pending = bytearray()  # what was fed and has not become a field
        self._since = self._time = 0.0

    def feed(self, data: bytes, time: float) -> list[Opened]:
        """Read more bytes, that crossed at ``time``; complete units collect in ``units``."""
        if not self._read and not self._pending:
            self._since = time
        self._time = time
        self._pending += data
        opened = []
        if self.failure is None:
            for event in self.connection.receive(data):
                if isinstance(event, Opened):
                    opened.append(event)
                elif isinstance(event, (Failed, Refused)):
                    self.failure = event.error
        if self.failure is not None:
            self.end()
        elif self._complete():
            self._finish_unit()
        return opened

    def end(self) -> None:
        """No more bytes will come: what is left is a unit that broke off."""
        self._finish_unit()
        if self._pending:
            raw = bytes(self._pending)
            self._pending.clear()
            field = Labelled(self._position, raw, "unparsed", show(raw, True), self._why(), "")
            self._position += len(raw)
            self._add("unparsed", f"unparsed: {self._why()}", [field])

    def _why(self) -> str:
        if self.failure is not None:
            code = getattr(self.failure, "code", None) or getattr(self.failure, "status", None)
            return f"{code}: {self.failure}" if code else str(self.failure)
        wanted = self.connection.wanted
        if wanted is None:
            return "nothing more is read here"
        return f"the stream breaks off inside: {wanted.label} (RFC 6455 §{wanted.section})"

    def _on_field(self, field: Field, raw: bytes) -> None:
        if field in _UNIT_STARTS:
            self._finish_unit()
        del self._pending[: len(raw)]
        if self._read and self._read[-1][0] is field and field not in _HEAD_FIELDS:
            self._read[-1][1].append(raw)
        else:
            self._read.append((field, [raw]))

    def _complete(self) -> bool:
        """Whether the unit being read can get no more fields."""
        wanted = self.connection.wanted
        return bool(self._read) and (wanted in _UNIT_STARTS)

    def _finish_unit(self) -> None:
        read: list[Read] = [(field, b"".join(pieces)) for field, pieces in self._read]
        self._read.clear()
        if not read:
            return
        start, first = self._position, read[0][0]
        self._position += sum(len(raw) for _, raw in read)
        if first in OTHER:
            raw = read[0][1]
            meaning = OTHER[first]
            field = Labelled(start, raw, first.label, show(raw, True), meaning, first.section)
            self._add("other", first.label, [field])
        elif first is frames.HEADER:
            opcode = read[0][1][0] & 0x0F
            self._message = opcode if opcode in (Opcode.TEXT, Opcode.BINARY) else self._message
            self._add("frame", *explain_frame(read, start, self._message))
        else:
            self._add("handshake", *explain_head(read, start))

    def _add(self, kind: str, summary: str, fields: list[Labelled]) -> None:
        self.units.append(Unit(self.sender, self._since, kind, summary, tuple(fields)))
        self._since = self._time


class Dissector:
    """Explains a conversation while it goes on: feed it events, get the units that they complete."""

    def __init__(self, protocol: Protocol = "auto", *, opened: bool = False) -> None:
        self._protocol = protocol
        self._opened = opened
        self._directions: dict[Role, _Direction] = {}
        self._positions = {Role.CLIENT: 0, Role.SERVER: 0}

    def feed(self, event: Event) -> list[Unit]:
        """The units that are complete with this event, in order."""
        if not event.data:
            return []
        if self._protocol == "auto":
            self._protocol = "websocket" if self._opened or _is_http(event.data) else "tcp"
        if self._protocol == "tcp":
            return [self._raw(event)]
        direction = self._directions.get(event.sender)
        if direction is None:
            direction = _Direction(event.sender, self._opened)
            self._directions[event.sender] = direction
        for opened in direction.feed(event.data, event.time):
            self._tell_client(opened.request)
        return self._take(direction)

    def end(self) -> list[Unit]:
        """What is left when the conversation is over: units that broke off."""
        units = []
        for direction in self._directions.values():
            direction.end()
            units += self._take(direction)
        return units

    def _tell_client(self, request: Request | None) -> None:
        """The accept value can only be checked by someone who has seen the request."""
        if request is not None and Role.SERVER not in self._directions:
            direction = _Direction(Role.SERVER, self._opened)
            direction.connection.request = request
            self._directions[Role.SERVER] = direction

    def _take(self, direction: _Direction) -> list[Unit]:
        units, direction.units = direction.units, []
        return units

    def _raw(self, event: Event) -> Unit:
        start = self._positions[event.sender]
        self._positions[event.sender] += len(event.data)
        value = show(event.data, True)
        field = Labelled(start, event.data, "bytes", value, RAW_MEANING, "")
        return Unit(event.sender, event.time, "bytes", value, (field,))


class Dissection:
    """The units of a conversation, in the order in which they were complete."""

    def __init__(self, units: list[Unit]) -> None:
        self.units = units

    @property
    def fields(self) -> list[Labelled]:
        """All fields of all units."""
        return [field for unit in self.units for field in unit.fields]

    def __iter__(self) -> Iterator[Unit]:
        return iter(self.units)

    def __len__(self) -> int:
        return len(self.units)

    def __str__(self) -> str:
        from ..views.text import explain  # only here: to look is not to draw

        return explain(self.units)

    __repr__ = __str__


def dissect(
    what: Recording | bytes, protocol: Protocol = "auto", sender: Role | None = None
) -> Dissection:
    """Explain a recording (both directions), or the bytes of one direction.

    Of bytes the ``sender`` is guessed if it is not given: a request or a masked frame comes from
    the client. ``protocol`` "auto" takes a conversation that begins with HTTP for WebSocket, and
    bytes that do not for frames.

    >>> hello = dissect(bytes.fromhex("8105 48656c6c6f"))
    >>> [(field.start, field.label, field.value) for field in hello.fields]
    [(0, 'frame header', '10000001 00000101'), (2, 'payload', "'Hello'")]
    """
    if isinstance(what, Recording):
        dissector = Dissector(protocol)
        units = [unit for event in what for unit in dissector.feed(event)]
        return Dissection(units + dissector.end())
    if protocol == "tcp":
        event = Event(0.0, sender or Role.CLIENT, what, len(what))
        return Dissection(Dissector("tcp").feed(event))
    return Dissection(_dissect_bytes(what, sender))


def _dissect_bytes(data: bytes, sender: Role | None) -> list[Unit]:
    """One stream; frames of both directions may follow each other if no sender is given."""
    units: list[Unit] = []
    start = 0
    while start < len(data):
        opened = not _is_http(data[start:])
        direction = _Direction(sender or _guess_sender(data[start:]), opened)
        direction.feed(data[start:], 0.0)
        direction.end()
        found = direction.units
        mixed = sender is None and getattr(direction.failure, "section", "") == "5.1"
        if mixed and len(found) > 1:
            # The MASK bit changes: here the other end begins to speak. Its header was read already.
            found = _until_failure(found)
        units += [_shift(unit, start) for unit in found]
        start += sum(len(unit.raw) for unit in found)
    return units


def _until_failure(units: list[Unit]) -> list[Unit]:
    """The units before the frame whose MASK bit was refused."""
    frames_before = [unit for unit in units if unit.kind != "unparsed"]
    return frames_before[:-1] or units


def _shift(unit: Unit, by: int) -> Unit:
    if not by:
        return unit
    return unit._replace(fields=tuple(f._replace(start=f.start + by) for f in unit.fields))


def _is_http(data: bytes) -> bool:
    first_line = data.split(b"\r\n", 1)[0]
    return first_line.startswith(b"HTTP/") or b" HTTP/" in first_line


def _guess_sender(data: bytes) -> Role:
    if _is_http(data):
        return Role.SERVER if data.startswith(b"HTTP/") else Role.CLIENT
    masked = len(data) > 1 and data[1] & 0x80
    return Role.CLIENT if masked else Role.SERVER
