"""One direction of a conversation: what one end sent, read as the other end reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from ..protocol import frames, http
from ..protocol.connection import Connection
from ..protocol.errors import HandshakeError, ProtocolError
from ..protocol.events import Event, Failed, Opened, Refused
from ..protocol.grammar import LINE, Field
from ..protocol.handshake import accept, make_response, wants_upgrade
from ..protocol.incoming import AFTER_CLOSE
from ..protocol.rfc import Opcode, Role, State, is_control
from . import deflate
from .fields import Labelled, Unit, show
from .meaning import Read, explain_frame, explain_head

_HEAD_FIELDS = {http.REQUEST_LINE, http.STATUS_LINE, http.HEADER_FIELD}
_OTHER = {
    http.BODY: "the body of an HTTP answer: no WebSocket was opened",
    AFTER_CLOSE: "comes after the Close frame, and is ignored",
}
"""Bytes that the parser passes over, and why."""
_PLAIN = "no WebSocket asked for"
_UNIT_STARTS = {http.REQUEST_LINE, http.STATUS_LINE, frames.HEADER, *_OTHER}


class Direction:
    """Runs the parser of the endpoint that received the bytes, and keeps what it took them for."""

    def __init__(self, sender: Role, opened: bool) -> None:
        self.sender = sender
        self.connection = Connection(
            sender.peer,
            opened=opened,
            answer=_answer,
            max_message=sys.maxsize,
            max_fragments=sys.maxsize,
            max_head=sys.maxsize,
            on_field=self._on_field,
        )
        self._units: list[Unit] = []
        self.failure = ""
        """Why the parser gave up; empty if it did not."""
        self.plain = False
        """Whether the client asked for no WebSocket: then an answer other than 101 refuses none."""
        self.position = 0
        """Where in the stream the next unit begins."""
        self._stopped = ""  # why the parser is not given any more
        # The fields of each unit; the last may still grow, and a payload may come in many pieces.
        self._reads: list[list[tuple[Field, list[bytes]]]] = []
        self._message = 0  # the opcode of the last message that began
        self._compressed = False  # whether that message is
        self._inflater: deflate.Inflater | None = None
        self._pending = bytearray()  # what was fed and has not become a field
        self._since = self._time = 0.0

    def feed(self, data: bytes, time: float) -> list[Opened]:
        """Read more bytes, that crossed at ``time``: :meth:`take` gives the units they complete."""
        if self.between_units:
            self._since = time
        self._time = time
        self._pending += data
        opened, verdict = [], ""
        events: Iterable[Event] = ()
        if self._reading:
            opening = self.connection.state is State.CONNECTING
            events = (self._line_by_line if opening else self.connection.receive)(data)
        for event in events:
            if isinstance(event, Opened):
                opened.append(event)
                self.agree(event.response)
            elif isinstance(event, Refused) and self._is_plain(event):
                verdict = self._end_of_plain_request()
            elif isinstance(event, (Failed, Refused)) and event.error is not None:
                self.failure = self._reason(event.error)
                verdict = f"refused, {self.failure}"
        if not self._reading:
            self._finish(verdict)
        elif self.connection.wanted in _UNIT_STARTS:
            self._build(len(self._reads), verdict)
        else:
            self._build(len(self._reads) - 1, verdict)
        return opened

    def agree(self, response: http.Response) -> None:
        """Learn from the server's answer how frames are read from here on (RFC 6455 §9.1)."""
        parameters = deflate.agreed(response)
        if parameters is not None:
            self.connection.extended.update(deflate.FIRST_BYTES)
            alone = f"{self.sender.value}_no_context_takeover" in parameters
            self._inflater = deflate.Inflater(takeover=not alone)

    def end(self) -> None:
        """No more bytes will come: what is left is a unit that broke off."""
        self._finish()
        self._stopped = "comes after the end of the stream"

    def skip(self, size: int) -> None:
        """So many bytes crossed here and were not kept: what follows cannot be read any more."""
        self._stopped = "bytes are missing: the recording was cut"
        self._finish()
        self._add("gap", f"{size} bytes crossed here and were not kept", [])
        self.position += size

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

    def _line_by_line(self, data: bytes) -> Iterator[Event]:
        """Read a handshake, and what follows: its last line may change how that is to be read."""
        at = 0
        while self._reading and at < len(data):
            opening = self.connection.state is State.CONNECTING
            size = self.bite(data, at) if opening else len(data) - at
            yield from self.connection.receive(data[at : at + size])
            at += size

    @property
    def _reading(self) -> bool:
        """Whether the parser goes on."""
        return self.connection.want is not None and not self._stopped

    # ------------------------------------------------------------ from fields to units

    def _on_field(self, field: Field, raw: bytes) -> None:
        del self._pending[: len(raw)]
        if field in _UNIT_STARTS:
            self._reads.append([(field, [raw])])
        elif self._reads[-1][-1][0] is field and field not in _HEAD_FIELDS:
            self._reads[-1][-1][1].append(raw)
        else:
            self._reads[-1].append((field, [raw]))

    def _is_plain(self, event: Refused) -> bool:
        """Whether this is HTTP, and neither asks for a WebSocket nor refuses one."""
        return event.response is not None and (self.plain or event.error is None)

    def _end_of_plain_request(self) -> str:
        """What to say of a request that any web server may get, or of the answer to it."""
        if self.sender is Role.SERVER:
            return ""
        self.plain = True
        self._stopped = f"comes after a request with {_PLAIN}"
        return _PLAIN

    def _finish(self, verdict: str = "") -> None:
        """Make units of all that is there, read or not."""
        self._build(len(self._reads), verdict)
        if self._pending:
            raw, why = bytes(self._pending), self._why()
            self._pending.clear()
            field = Labelled(self.position, raw, "unparsed", show(raw, True), why, "")
            self._add("unparsed", f"unparsed: {why}", [field])

    def _build(self, count: int, verdict: str) -> None:
        """Make units of the first so many that were read; the ``verdict`` is on the last."""
        reads, self._reads = self._reads[:count], self._reads[count:]
        # A handshake that failed may have a body behind it, which is passed over.
        judged = count - 1 - (count > 1 and reads[-1][0][0] in _OTHER) if verdict else None
        for number, pieces in enumerate(reads):
            kind, summary, fields = self._explain([(f, b"".join(each)) for f, each in pieces])
            if number == judged:
                last = fields[-1]
                fields[-1] = last._replace(meaning=f"{last.meaning}; {verdict}")
                summary += f"; {verdict}"
            self._add(kind, summary, fields)

    def _reason(self, error: ProtocolError | HandshakeError) -> str:
        """Why the parser gives up, with the close code or the status that the peer is told."""
        code = error.code if isinstance(error, ProtocolError) else error.status
        told = isinstance(error, ProtocolError) or self.sender is Role.CLIENT
        return f"{code}: {error}" if told else str(error)

    def _why(self) -> str:
        """Why bytes are left unread."""
        wanted = self.connection.wanted
        if self._stopped or wanted is None:
            return self._stopped or self.failure
        return f"the stream breaks off inside: {wanted.label} (RFC 6455 §{wanted.section})"

    def _explain(self, read: list[Read]) -> tuple[str, str, list[Labelled]]:
        """(kind, summary, fields) of one unit."""
        first, raw = read[0]
        if first in _OTHER:
            meaning = _OTHER[first]
            field = Labelled(
                self.position, raw, first.label, show(raw, True), meaning, first.section
            )
            return "other", first.label, [field]
        if first is frames.HEADER:
            opcode = raw[0] & 0x0F
            if opcode in (Opcode.TEXT, Opcode.BINARY):
                self._message, self._compressed = opcode, bool(raw[0] & deflate.RSV1)
            of_compressed = self._compressed and not is_control(opcode)
            inflater = self._inflater if of_compressed else None
            return "frame", *explain_frame(read, self.position, self._message, inflater)
        return "handshake", *explain_head(read, self.position)

    def _add(self, kind: str, summary: str, fields: list[Labelled]) -> None:
        if fields:
            self.position = fields[-1].start + len(fields[-1].raw)
        self._units.append(Unit(self.sender, self._since, kind, summary, tuple(fields)))
        self._since = self._time


def _answer(request: http.Request) -> http.Response:
    """What a server says: to who asks for no WebSocket something else, and that is no refusal."""
    return accept(request) if wants_upgrade(request) else make_response(200)
