"""One direction of a conversation: the bytes that one end sent, read as the other end reads them."""

from __future__ import annotations

import sys

from ..protocol import frames, http
from ..protocol.connection import AFTER_CLOSE, Connection, Failed, Opened, Refused
from ..protocol.errors import HandshakeError, ProtocolError
from ..protocol.grammar import LINE, Field
from ..protocol.rfc import Opcode, Role
from .fields import Labelled, Unit, show
from .meaning import Read, explain_frame, explain_head

_HEAD_FIELDS = {http.REQUEST_LINE, http.STATUS_LINE, http.HEADER_FIELD}
_OTHER = {
    http.BODY: "the body of an HTTP answer: no WebSocket was opened",
    AFTER_CLOSE: "comes after the Close frame, and is ignored",
}
"""Bytes that the parser passes over, and why."""
_UNIT_STARTS = {http.REQUEST_LINE, http.STATUS_LINE, frames.HEADER, *_OTHER}


class Direction:
    """Runs the parser of the endpoint that received the bytes, and keeps what it took them for."""

    def __init__(self, sender: Role, opened: bool) -> None:
        self.sender = sender
        self.connection = Connection(
            sender.peer,
            opened=opened,
            max_message=sys.maxsize,
            max_fragments=sys.maxsize,
            max_head=sys.maxsize,
            on_field=self._on_field,
        )
        self._units: list[Unit] = []
        self._failure: ProtocolError | HandshakeError | None = None
        self._gap = False
        # The fields of each unit; the last one may still grow, and a payload may come in many pieces.
        self._reads: list[list[tuple[Field, list[bytes]]]] = []
        self._message = 0  # the opcode of the last message that began
        self._position = 0  # where in the stream the next unit begins
        self._pending = bytearray()  # what was fed and has not become a field
        self._since = self._time = 0.0

    def feed(self, data: bytes, time: float) -> list[Opened]:
        """Read more bytes, that crossed at ``time``: :meth:`take` gives the units they complete."""
        if self.between_units:
            self._since = time
        self._time = time
        self._pending += data
        opened, failing = [], False
        if self.connection.want is not None and not self._gap:
            for event in self.connection.receive(data):
                if isinstance(event, Opened):
                    opened.append(event)
                elif isinstance(event, (Failed, Refused)):
                    self._failure, failing = event.error, True
        if self.connection.want is None or self._gap:
            self._finish(failing)
        else:
            # The last unit is complete if the parser wants another one to begin.
            unfinished = [] if self.connection.wanted in _UNIT_STARTS else self._reads[-1:]
            del self._reads[len(self._reads) - len(unfinished) :]
            self._build(failing)
            self._reads = unfinished
        return opened

    def end(self) -> None:
        """No more bytes will come: what is left is a unit that broke off."""
        self._finish(failing=False)

    def skip(self, size: int) -> None:
        """So many bytes crossed here and were not kept: what follows cannot be read any more."""
        self._gap = True
        self._finish(failing=False)
        self._add("gap", f"{size} bytes crossed here and were not kept", [])
        self._position += size

    def take(self) -> list[Unit]:
        """The units that have become complete since the last time."""
        units, self._units = self._units, []
        return units

    @property
    def between_units(self) -> bool:
        """Whether no unit has begun that is not complete."""
        return not self._reads and not self._pending

    def bite(self, data: bytes, at: int) -> int:
        """How many of the bytes from ``at`` on certainly go on with the unit that is being read."""
        rest = len(data) - at
        want = self.connection.want
        if want is None or want[0] in _OTHER:
            return rest
        _, size, how = want
        return (data.find(b"\n", at) + 1 or len(data)) - at if how == LINE else min(size, rest)

    # ------------------------------------------------------------ from fields to units

    def _on_field(self, field: Field, raw: bytes) -> None:
        del self._pending[: len(raw)]
        if field in _UNIT_STARTS:
            self._reads.append([(field, [raw])])
        elif self._reads[-1][-1][0] is field and field not in _HEAD_FIELDS:
            self._reads[-1][-1][1].append(raw)
        else:
            self._reads[-1].append((field, [raw]))

    def _finish(self, failing: bool) -> None:
        """Make units of all that is there, read or not."""
        self._build(failing)
        if self._pending:
            raw = bytes(self._pending)
            self._pending.clear()
            why = self._why()
            field = Labelled(self._position, raw, "unparsed", show(raw, True), why, "")
            self._add("unparsed", f"unparsed: {why}", [field])

    def _why(self) -> str:
        """Why the parser did not read on."""
        if self._gap:
            return "bytes are missing: the recording was cut"
        if self._failure is not None:
            return f"{self._code()}: {self._failure}"
        wanted = self.connection.wanted
        assert wanted is not None, "a parser ends only with a failure"
        return f"the stream breaks off inside: {wanted.label} (RFC 6455 §{wanted.section})"

    def _build(self, failing: bool) -> None:
        """Make units of what was read; the last that was not passed over is the one that failed."""
        reads, self._reads = self._reads, []
        units = [[(field, b"".join(pieces)) for field, pieces in read] for read in reads]
        failed = max((n for n, read in enumerate(units) if read[0][0] not in _OTHER), default=-1)
        for number, read in enumerate(units):
            kind, summary, fields = self._explain(read)
            if failing and number == failed:
                last = fields[-1]
                fields[-1] = last._replace(meaning=f"{last.meaning}; refused, {self._why()}")
                summary += f"; refused{self._code()}"
            self._add(kind, summary, fields)

    def _explain(self, read: list[Read]) -> tuple[str, str, list[Labelled]]:
        """(kind, summary, fields) of one unit."""
        first, raw = read[0]
        if first in _OTHER:
            meaning = _OTHER[first]
            field = Labelled(
                self._position, raw, first.label, show(raw, True), meaning, first.section
            )
            return "other", first.label, [field]
        if first is frames.HEADER:
            opcode = raw[0] & 0x0F
            self._message = opcode if opcode in (Opcode.TEXT, Opcode.BINARY) else self._message
            return "frame", *explain_frame(read, self._position, self._message)
        return "handshake", *explain_head(read, self._position)

    def _add(self, kind: str, summary: str, fields: list[Labelled]) -> None:
        self._position += sum(len(field.raw) for field in fields)
        self._units.append(Unit(self.sender, self._since, kind, summary, tuple(fields)))
        self._since = self._time
