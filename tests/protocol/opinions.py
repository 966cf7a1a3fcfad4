"""Three opinions on a stream of frames: our parser, that of websockets, and that of wsproto."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.protocol.streams import (
    need,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Closed, Failed, Pinged, Ponged
from wslab.protocol.rfc import Role

need("websockets")
need("wsproto")
import websockets.frames  # noqa: E402
import websockets.protocol  # noqa: E402
import wsproto.connection  # noqa: E402
import wsproto.events  # noqa: E402

LIMIT = 3000  # the longest message, in bytes, for those who have a limit
NO_LIMIT = 2**64


class Outcome(NamedTuple):
    """What a parser made of a stream: messages, Pings and Pongs in order; how it ended; why.

    ``end`` is "open", "closed CODE REASON" or "failed CODE"; ``read`` how many bytes it took.
    """

    messages: list[object]
    end: str
    why: str = ""
    read: int = 0


def ours(role: Role, data: bytes, limit: int) -> Outcome:
    shown: list[int] = []
    outcomes = []
    for on_field in (None, lambda _, piece: shown.append(len(piece))):
        end = Connection(
            role, opened=True, max_message=limit, max_fragments=10**9, on_field=on_field
        )
        messages: list[object] = []
        outcome = Outcome(messages, "open")
        for event in end.receive(data):
            if isinstance(event, Failed):
                outcome = Outcome(messages, f"failed {event.error.code}", event.error.reason)
            elif isinstance(event, Closed):
                outcome = Outcome(messages, f"closed {event.code} {event.reason}")
            elif isinstance(event, (Pinged, Ponged)):
                messages.append((type(event).__name__, event.payload))
            else:
                messages.append(event)
        if outcome.end == "open" and end.want is not None:
            outcome = outcome._replace(why=f"waits for {end.want[0].label}")
        outcomes.append(outcome)
    assert outcomes[0] == outcomes[1], "the shortcut and the grammar do not agree"
    return outcomes[0]._replace(read=sum(shown))


def theirs_websockets(role: Role, data: bytes, limit: int) -> Outcome:
    side = websockets.protocol.SERVER if role is Role.SERVER else websockets.protocol.CLIENT
    parser = websockets.protocol.Protocol(side, max_size=limit)
    parser.receive_data(data)
    opcodes = websockets.frames.Opcode
    messages: list[object] = []
    pieces: list[str | bytes] = []
    decoder: codecs.IncrementalDecoder | None = None
    for item in parser.events_received():
        assert isinstance(item, websockets.frames.Frame)
        payload = bytes(item.data)
        if item.opcode is opcodes.CLOSE:
            assert parser.close_rcvd is not None
            close = parser.close_rcvd
            return Outcome(messages, f"closed {int(close.code)} {close.reason}")
        if item.opcode in (opcodes.PING, opcodes.PONG):
            messages.append(("Pinged" if item.opcode is opcodes.PING else "Ponged", payload))
            continue
        if item.opcode is not opcodes.CONT:
            is_text = item.opcode is opcodes.TEXT
            decoder = codecs.getincrementaldecoder("utf-8")() if is_text else None
            pieces = []
        try:  # UTF-8 is not checked by this parser but by those who use it; so we do what they do
            pieces.append(decoder.decode(payload, item.fin) if decoder else payload)
        except UnicodeDecodeError as error:
            return Outcome(messages, "failed 1007", str(error))
        if item.fin:
            messages.append(("" if decoder else b"").join(pieces))  # type: ignore[arg-type]
    if parser.parser_exc is not None:
        assert parser.close_sent is not None
        return Outcome(messages, f"failed {int(parser.close_sent.code)}", str(parser.parser_exc))
    return Outcome(messages, "open")


def theirs_wsproto(role: Role, data: bytes, limit: int) -> Outcome:
    kinds = wsproto.connection.ConnectionType
    parser = wsproto.connection.Connection(
        kinds.SERVER if role is Role.SERVER else kinds.CLIENT, trailing_data=data
    )
    messages: list[object] = []
    pieces: list[Any] = []
    for event in parser.events():
        if isinstance(event, wsproto.events.Message):
            pieces.append(event.data)
            if event.message_finished:
                messages.append(pieces[0][:0].join(pieces))
                pieces = []
        elif isinstance(event, wsproto.events.Ping):
            messages.append(("Pinged", bytes(event.payload)))
        elif isinstance(event, wsproto.events.Pong):
            messages.append(("Ponged", bytes(event.payload)))
        elif isinstance(event, wsproto.events.CloseConnection):
            # A fault and the peer's Close are one event; only the state tells them apart.
            if parser.state is wsproto.connection.ConnectionState.REMOTE_CLOSING:
                return Outcome(messages, f"closed {int(event.code)} {event.reason or ''}")
            return Outcome(messages, f"failed {int(event.code)}", event.reason or "")
    return Outcome(messages, "open")


PEERS: dict[str, tuple[Callable[[Role, bytes, int], Outcome], int]] = {
    "websockets": (theirs_websockets, LIMIT),
    "wsproto": (theirs_wsproto, NO_LIMIT),  # it has none
}
