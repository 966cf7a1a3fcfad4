"""One direction of a conversation: what one end sent, read as the other end reads it."""

from __future__ import annotations

import re
import sys
from collections import deque

from ..protocol import frames, http
from ..protocol.connection import AFTER_CLOSE, Connection
from ..protocol.errors import HandshakeError, ProtocolError
from ..protocol.events import Failed
from ..protocol.grammar import LINE, PARTLY, FieldType, OnField, Parser, Reader, Want
from ..protocol.handshake import accept, check_response, wants_upgrade
from ..protocol.message import PassingMessage
from ..protocol.refusal import stranger
from ..protocol.rfc import Opcode, Role, is_control
from . import deflate
from .fields import Field, Item, show
from .meaning import Read, explain_chunk, explain_frame, explain_head

TUNNEL = FieldType("inside a tunnel", "")
ANOTHER = FieldType("another protocol", "")

_LINES = {http.REQUEST_LINE, http.STATUS_LINE, http.HEADER_FIELD, http.TRAILER}
_OTHER = {
    http.BODY: "the body of an HTTP answer: no WebSocket was opened",
    AFTER_CLOSE: "comes after the Close frame, and is ignored",
    TUNNEL: "CONNECT opened a tunnel: what is inside concerns its two ends",
    ANOTHER: "the two agreed on another protocol than WebSocket",
}
"""Bytes that are passed over, and why."""
_PLAIN = "no WebSocket asked for"
_PAYLOADS = {frames.PAYLOAD, http.CHUNK}
_ITEM_STARTS = {http.REQUEST_LINE, http.STATUS_LINE, http.CHUNK_SIZE, frames.HEADER, *_OTHER}

# Where in a head the fault is that an error speaks of: in its first line, or in a header field.
_OF_FIRST_LINE = re.compile("the (method|HTTP version|request must name|server answered)")
_OF_FIELD = re.compile(r"Sec-WebSocket-[A-Z]\w+|Host|Connection|Upgrade")


class Talk:
    """What the two directions must know of each other: who asked, who answered, what was agreed."""

    def __init__(self) -> None:
        self.asked = self.answered = 0
        self.switched: http.Response | None = None
        """The 101. From there on nothing is HTTP."""
        self.tunnel = False
        """Whether a CONNECT was granted (RFC 9110 §9.3.6)."""
        self._unanswered: deque[http.Request] = deque()

    def ask(self, request: http.Request) -> None:
        """One more request; a recording may have the answer to it before."""
        self.asked += 1
        if self.asked > self.answered:
            self._unanswered.append(request)

    def answer(self) -> http.Request | None:
        """The request that the next final response answers: they come in order."""
        self.answered += 1
        return self._unanswered.popleft() if self._unanswered else None


class _Unit:
    """An item while it is read: its fields with their pieces, and what is to be said of them."""

    def __init__(self) -> None:
        self.pieces: list[tuple[FieldType, list[bytes]]] = []
        self.notes: dict[int, str] = {}
        self.verdict = ""

    def judge(self, verdict: str, at: int = -1) -> None:
        """Note a verdict on the field number ``at``; the first one is also the item's."""
        self.notes.setdefault(at % len(self.pieces), verdict)
        self.verdict = self.verdict or verdict

    def place(self, reason: str) -> int:
        """The number of the field that a handshake is refused for; the last if none is named."""
        if _OF_FIRST_LINE.match(reason):
            return 0
        named = _OF_FIELD.search(reason)
        names = [pieces[0].partition(b":")[0].strip().lower() for _, pieces in self.pieces]
        name = named[0].lower().encode() if named else b""
        return max((n for n, known in enumerate(names) if known == name), default=-1)


class Observer(Connection):
    """Reads what one end of somebody else's conversation receives, and keeps nothing of it.

    It begins after the opening handshake, and has no limits. It has no replies, and its messages
    are checked, but not whole.
    """

    _new_message = PassingMessage

    def __init__(self, role: Role, on_field: OnField) -> None:
        super().__init__(
            role, max_message=sys.maxsize, max_fragments=sys.maxsize, opened=True, on_field=on_field
        )

    def _reply(self, opcode: Opcode, payload: bytes) -> None:
        """An observer answers nothing."""


class Direction:
    """Reads as the endpoint does that received the bytes, and keeps what it took them for.

    HTTP is read message by message, with the grammar of the handshake; frames by a connection.
    A fault in a head is noted, and the head is read on. Of a frame or a chunk no more than
    ``max_item`` bytes are kept; a head that is longer isn't read on.
    """

    def __init__(self, sender: Role, opened: bool, talk: Talk, max_item: int = sys.maxsize) -> None:
        self.sender = sender
        self.failure = ""
        """Why nothing more is read; empty if it is."""
        self.position = 0
        """Where in the stream the next item begins."""
        self._connection = Observer(sender.peer, self._on_field)
        self._talk = talk
        self._http = None if opened else self._reader(self._message())
        self._asked: http.Request | None = None  # the last request of this direction
        self._items: list[Item] = []
        self._stopped = ""  # why the parser is not given any more
        # The last may still grow, and a payload may come in many pieces.
        self._reads: list[_Unit] = []
        self._max_item = max_item
        self._size = 0  # of the last item
        self._left_out = 0  # how many bytes of it were not kept
        self._opcode = 0  # of the last message that began
        self._compressed = False  # whether that message is
        self._inflater: deflate.Inflater | None = None
        self._pending = bytearray()  # what was fed and has not become a field
        self._ahead = b""  # the end of it, which no parser has got yet
        self._since = self._time = 0.0

    def feed(self, data: bytes, time: float) -> None:
        """Read more bytes, that crossed at ``time``: :meth:`take` gives the items they complete."""
        if self.between_items:
            self._since = time
        self._time = time
        self._pending += data
        data, at = self._ahead + data, 0
        while at < len(data) and self._reading and self.expect(data, at):
            # HTTP line by line: the last line of a message may change how the rest is to be read.
            size = len(data) if self._http is None else self.bite(data, at)
            self._read(data[at : at + size])
            at += size
        self._ahead = data[at:]
        self._check_head()
        if not self._reading:
            self._finish()
        elif self.wanted is None or self.wanted in _ITEM_STARTS:
            self._build(len(self._reads))
        else:
            self._build(len(self._reads) - 1)

    def agree(self, response: http.Response) -> None:
        """Learn from the server's answer how frames are read from here on (RFC 6455 §9.1)."""
        parameters = deflate.agreed(response)
        if parameters is not None:
            self._connection.extended.update(deflate.FIRST_BYTES)
            alone = f"{self.sender.value}_no_context_takeover" in parameters
            self._inflater = deflate.Inflater(takeover=not alone)

    def end(self) -> None:
        """No more bytes will come: what is left is an item that broke off."""
        self._finish()
        self._stopped = "comes after the end of the stream"

    def skip(self, size: int) -> None:
        """So many bytes crossed here and were not kept: what follows cannot be read any more."""
        self._stopped = "bytes are missing: the recording was cut"
        self._finish()
        self._add("gap", f"{size} bytes crossed here and were not kept", [])
        self.position += size

    def take(self) -> list[Item]:
        """The items that have become complete since the last time."""
        items, self._items = self._items, []
        return items

    @property
    def between_items(self) -> bool:
        """Whether no item has begun that is not complete."""
        return not self._reads and not self._pending

    @property
    def between_messages(self) -> bool:
        """The same, and no message of HTTP has begun whose body may follow."""
        starts = (None, http.REQUEST_LINE, http.STATUS_LINE)
        return self.between_items and (self._http is None or self.wanted in starts)

    @property
    def waits(self) -> bool:
        """Whether a request waits for a 100 before its body is sent (RFC 9110 §10.1.1)."""
        asked, body = self._asked, (http.BODY, http.CHUNK_SIZE)
        expects = asked is not None and asked.headers.has_token("Expect", "100-continue")
        return expects and self.between_items and self._http is not None and self.wanted in body

    @property
    def wanted(self) -> FieldType | None:
        """What is read next; None if that is open."""
        want = self._want
        return want[0] if want else None

    @property
    def _want(self) -> Want | None:
        return self._connection.want if self._http is None else self._http.want

    @property
    def _reading(self) -> bool:
        """Whether the parser goes on."""
        return not self._stopped and not self.failure

    def bite(self, data: bytes, at: int) -> int:
        """How many of the bytes from ``at`` on certainly go on with the item that is being read."""
        rest, want = len(data) - at, self._want
        if want is None or want[0] is AFTER_CLOSE:
            return rest
        _, size, how = want
        return (data.find(b"\n", at) + 1 or len(data)) - at if how == LINE else min(size, rest)

    # ------------------------------------------------------------ which parser reads what

    def expect(self, data: bytes, at: int) -> bool:
        """Where a message of HTTP has ended, choose how to read on; False if two bytes are needed.

        No frame begins with two capital letters: the second byte has the MASK bit or a length, and
        an unmasked frame of a client begins with no letter that is allowed (RFC 6455 §5.2).
        """
        if self._http is None or self._http.want is not None:
            return True
        talk, asked = self._talk, self._asked
        waits = asked is not None and talk.answered < talk.asked
        if asked is not None and asked.method == "PRI":  # RFC 9113 §3.4: the preface of HTTP/2
            self._http = self._reader(_pass_over(ANOTHER))
        elif talk.switched is not None and not waits:
            upgrade = talk.switched.headers.get("Upgrade") or "websocket"
            other = upgrade.lower() != "websocket"
            self._http = self._reader(_pass_over(ANOTHER)) if other else None
        elif talk.tunnel or (waits and asked is not None and _leaves_http(asked)):
            start = data[at : at + 2]
            if len(start) < 2 and start.isalpha():
                return False
            # RFC 9110 §7.8: only the 101 ends HTTP. Who cannot wait for it sends frames before.
            http_follows = start.isalpha() and start.isupper()
            early = _pass_over(TUNNEL) if asked is None or not wants_upgrade(asked) else None
            parser = self._message() if http_follows else early
            self._http = self._reader(parser) if parser else None
        else:
            self._http = self._reader(self._message())
        return True

    def _reader(self, parser: Parser[None]) -> Reader:
        return Reader(parser, self._on_field)

    def _message(self) -> Parser[None]:
        return self._request() if self.sender is Role.CLIENT else self._response()

    def _read(self, data: bytes) -> None:
        """Give bytes to the parser; note why it gives up, if it does."""
        error: ProtocolError | HandshakeError | None = None
        if self._http is None:
            for event in self._connection.receive(data):
                error = event.error if isinstance(event, Failed) else error
        else:
            try:
                self._http.feed(data)
            except HandshakeError as fault:
                error = fault
        if error is not None:
            self.failure = self._reason(error)
            for item in self._reads[-1:]:  # none is left of a frame that was too large
                item.judge(f"refused, {self.failure}")

    def _request(self) -> Parser[None]:
        """One request with its body."""
        self._asked = request = yield from http.read_request(sys.maxsize, self._pardon)
        self._talk.ask(request)
        if wants_upgrade(request):
            try:
                accept(request)
            except HandshakeError as error:
                self._refuse(error)
        else:
            self._reads[-1].judge(_PLAIN)
        yield from http.read_body(request.headers, to_end=False)

    def _response(self) -> Parser[None]:
        """One response with its body; an interim one (RFC 9110 §15.2) has none."""
        response = yield from http.read_response(sys.maxsize, self._pardon)
        if response.status // 100 == 1 and response.status != 101:
            return
        request = self._talk.answer()
        if response.status == 101 or request is None or wants_upgrade(request):
            try:
                check_response(request, response)
            except HandshakeError as error:
                self._refuse(error)
        if response.status == 101:
            self._talk.switched = response
            self.agree(response)
        elif not http.has_no_body(response, request):
            yield from http.read_body(response.headers, to_end=True)
        elif request is not None and request.method == "CONNECT":
            self._talk.tunnel = True

    def _pardon(self, error: HandshakeError) -> None:
        """Note the fault of the line that was just read, and read on."""
        self._reads[-1].judge(f"refused, {self._reason(error)}")

    def _refuse(self, error: HandshakeError) -> None:
        """Note where in the head that was just read the fault is."""
        item = self._reads[-1]
        item.judge(f"refused, {self._reason(error)}", item.place(error.reason))

    # ------------------------------------------------------------ from fields to items

    def _on_field(self, field: FieldType, raw: bytes) -> None:
        del self._pending[: len(raw)]
        self._size += len(raw)
        if field in _ITEM_STARTS:
            if self._left_out:
                self._note_left_out()
            self._size = len(raw)
            self._reads.append(_Unit())
        elif self._left_out or (self._size > self._max_item and field in _PAYLOADS):
            self._leave_out(len(raw))
            return
        pieces = self._reads[-1].pieces
        if pieces and pieces[-1][0] is field and field not in _LINES:
            pieces[-1][1].append(raw)
        else:
            pieces.append((field, [raw]))

    def _leave_out(self, size: int) -> None:
        """Explain what is kept of an item that is too large, and only count the rest."""
        self._build(len(self._reads))
        self._left_out += size
        if self._compressed and self._inflater is not None:
            self._inflater.give_up()

    def _note_left_out(self) -> None:
        self._add("gap", f"{self._left_out} bytes crossed here and were not kept", [])
        self.position += self._left_out
        self._left_out = 0

    def _check_head(self) -> None:
        """Stop at a head that goes on and on: no server would read it either."""
        if self._http is None:
            return
        begun = 0 if self.wanted in _ITEM_STARTS else self._size
        if self.wanted in _LINES and begun + len(self._pending) > self._max_item:
            self._stopped = f"a head of more than {self._max_item} bytes is not read on"

    def _finish(self) -> None:
        """Make items of all that is there, read or not."""
        self._build(len(self._reads))
        if self._left_out:
            self._note_left_out()
        self._ahead = b""
        if self._pending:
            raw = bytes(self._pending)
            why = self._why(raw)
            self._pending.clear()
            field = Field(self.position, raw, "unparsed", show(raw, True), why, "")
            self._add("unparsed", f"unparsed: {why}", [field])

    def _build(self, count: int) -> None:
        """Make items of the first ``count`` that were read."""
        reads, self._reads = self._reads[:count], self._reads[count:]
        for item in reads:
            read = [(field, b"".join(pieces)) for field, pieces in item.pieces]
            kind, summary, fields = self._explain(read)
            for number, note in item.notes.items():
                noted = fields[number]
                fields[number] = noted._replace(meaning=f"{noted.meaning}; {note}")
            self._add(kind, f"{summary}; {item.verdict}" if item.verdict else summary, fields)

    def _reason(self, error: ProtocolError | HandshakeError) -> str:
        """Why the parser gives up, with the close code or the status that the peer is told."""
        code = error.code if isinstance(error, ProtocolError) else error.status
        told = isinstance(error, ProtocolError) or self.sender is Role.CLIENT
        return f"{code}: {error}" if told else str(error)

    def _why(self, raw: bytes) -> str:
        """Why bytes are left unread."""
        if not self._reading:
            return self._stopped or self.failure
        wanted = self.wanted
        if wanted is None:
            return "the stream breaks off where a request or a frame would begin"
        if wanted is http.STATUS_LINE and (known := stranger(raw)):
            return known
        section = f" (RFC 6455 §{wanted.section})" if wanted.section else ""
        return f"the stream breaks off inside: {wanted.label}{section}"

    def _explain(self, read: list[Read]) -> tuple[str, str, list[Field]]:
        """(kind, summary, fields) of one item."""
        first, raw = read[0]
        if first in _OTHER:
            meaning = _OTHER[first]
            if first is http.BODY and self.sender is Role.CLIENT:
                meaning = "the body of an HTTP request"
            field = Field(self.position, raw, first.label, show(raw, True), meaning, first.section)
            return "other", first.label, [field]
        if first is http.CHUNK_SIZE:
            return "other", *explain_chunk(read, self.position)
        if first is frames.HEADER:
            opcode = raw[0] & 0x0F
            if opcode in (Opcode.TEXT, Opcode.BINARY):
                self._opcode, self._compressed = opcode, bool(raw[0] & deflate.RSV1)
            of_compressed = self._compressed and not is_control(opcode)
            inflater = self._inflater if of_compressed else None
            return "frame", *explain_frame(read, self.position, self._opcode, inflater)
        return "handshake", *explain_head(read, self.position)

    def _add(self, kind: str, summary: str, fields: list[Field]) -> None:
        if fields:
            self.position = fields[-1].start + len(fields[-1].raw)
        self._items.append(Item(self.sender, self._since, kind, summary, tuple(fields)))
        self._since = self._time


def _leaves_http(request: http.Request) -> bool:
    """Whether something else than HTTP may follow, if the server agrees."""
    return request.method == "CONNECT" or wants_upgrade(request)


def _pass_over(field: FieldType) -> Parser[None]:
    want: Want = (field, sys.maxsize, PARTLY)
    while True:
        yield want
