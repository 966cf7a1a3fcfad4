"""What each field means, in words: from the bytes that the parser took to a line for the reader."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from ..protocol import frames, http
from ..protocol.grammar import FieldType
from ..protocol.masking import mask
from ..protocol.rfc import LENGTH_16, LENGTH_64, Opcode, close_code_meaning, is_control
from .deflate import COMPRESSED, Inflater
from .fields import Bits, Field, show

Read = tuple[FieldType, bytes]
"""A field of the grammar with the bytes that the parser took for it."""


class _Context:
    """What the fields of one frame need to know of each other."""

    def __init__(self, message: int, inflater: Inflater | None) -> None:
        self.message = message  # the opcode that the message began with
        self.inflater = inflater  # if the message is compressed
        self.fin = True
        self.opcode = 0
        self.length = 0
        self.key = b""


def explain_head(read: list[Read], start: int) -> tuple[str, list[Field]]:
    """The head of a request or a response: (summary, fields)."""
    fields = []
    for field, raw in read:
        fields.append(_explain_line(start, field, raw))
        start += len(raw)
    return fields[0].value, fields


def _explain_line(start: int, field: FieldType, raw: bytes) -> Field:
    text = raw.rstrip(b"\r\n").decode("latin-1")
    if not text:
        ends = {http.HEADER_FIELD: "the end of the head", http.TRAILER: "the end of the body"}
        value = "CR LF" if raw == b"\r\n" else raw.hex(" ")
        meaning, section = ends.get(field, "before the head"), field.section
        return Field(start, raw, "blank line", value, meaning, section)
    if field is http.REQUEST_LINE:
        meaning = "method, resource name and HTTP version: this much is HTTP"
        return Field(start, raw, field.label, text, meaning, field.section)
    if field is http.STATUS_LINE:
        status = text[9:12]
        interim = status[:1] == "1" and status != "101"
        meaning = _INTERIM if interim else _STATUS[status == "101"]
        return Field(start, raw, field.label, text, meaning, field.section)
    name, colon, value = text.partition(":")
    if not colon or text[0] in " \t":
        return Field(start, raw, field.label, text.strip(), "goes with the line above", "")
    name = name.strip() or field.label
    key = name.lower()
    if key == "connection" and "upgrade" not in value.lower():
        key = "connection alone"
    meaning, section = _HEADERS.get(key, ("not used by WebSocket itself", ""))
    return Field(start, raw, name, value.strip(), meaning, section)


_STATUS = {
    True: "agreed: with this head HTTP ends, and WebSocket begins",
    False: "only 101 opens a WebSocket; this is another answer",
}
_INTERIM = "an interim answer: the final one is still to come (RFC 9110 §15.2)"
_HEADERS = {
    "host": ("which server is meant: one address may serve many names", "4.1"),
    "upgrade": ("asks for, or agrees to, another protocol than HTTP", "4.1"),
    "connection": ("Upgrade concerns this hop, not the whole way", "4.1"),
    "connection alone": ("what this says concerns this hop, not the whole way", ""),
    "sec-websocket-key": ("16 random bytes in base64; no secret, no password", "4.1"),
    "sec-websocket-version": ("the version of the protocol: 13 is the only one in use", "4.1"),
    "sec-websocket-accept": ("base64(SHA-1(key + GUID)): proves the request was read", "4.2.2"),
    "sec-websocket-protocol": ("subprotocols: what the messages will be about", "1.9"),
    "sec-websocket-extensions": ("extensions that change the framing, as compression", "9.1"),
    "origin": ("which page's script asks; browsers set it, programs may lie", "10.2"),
    "cookie": ("the browser adds it, maybe also for a foreign page", "10.5"),
    # HTTP's own: RFC 6455 lets them stand there, and says nothing of them.
    "content-length": ("how many bytes of body follow", ""),
    "content-type": ("what kind of body follows", ""),
    "transfer-encoding": ("the body comes in chunks, each with its size", ""),
    "expect": ("asks for a 100 before the body is sent", ""),
    "location": ("where to ask instead", ""),
    "authorization": ("who asks: a name and a password, or a token", ""),
    "www-authenticate": ("how to say who asks", ""),
    "user-agent": ("which program asks", ""),
}


def explain_chunk(read: list[Read], start: int) -> tuple[str, list[Field]]:
    """A chunk of an HTTP body (RFC 9112 §7.1); after the last one come trailer fields."""
    fields = []
    size = re.match("[0-9A-Fa-f]*", read[0][1].decode("latin-1"))[0]  # type: ignore[index]
    bytes_ = int(size or "0", 16)
    for field, raw in read:
        label = field.label
        if field is http.TRAILER:
            fields.append(_explain_line(start, field, raw))
        elif field is http.CHUNK_SIZE:
            meaning = (
                "bytes in this chunk, in hexadecimal" if bytes_ else "no bytes: the last chunk"
            )
            fields.append(Field(start, raw, label, str(bytes_), meaning, ""))
        elif field is http.CHUNK:
            fields.append(Field(start, raw, label, show(raw, True), "a part of the body", ""))
        else:
            fields.append(Field(start, raw, label, "CR LF", "the next size follows", ""))
        start += len(raw)
    return f"HTTP body, chunk of {bytes_} bytes" if bytes_ else "HTTP body, last chunk", fields


def explain_frame(
    read: list[Read], start: int, message: int, inflater: Inflater | None = None
) -> tuple[str, list[Field]]:
    """A frame, whole or broken off, of a message that began with that opcode: (summary, fields).

    A frame of a compressed message comes with an ``inflater``.
    """
    context = _Context(message, inflater)
    fields, said = [], []
    for field, raw in read:
        if inflater is not None and field is frames.PAYLOAD:
            field = COMPRESSED
        value, meaning, bits = _FRAME_FIELDS[field](raw, context)
        label, section = field
        fields.append(Field(start, raw, label, value, meaning, section, bits))
        start += len(raw)
        if label in _SAID:
            said.append(value)
    if inflater is not None and context.fin and not context.length:
        inflater.inflate(b"", last=True)  # a message may end with a frame without payload
    return _summary(context, " ".join(said)), fields


Explained = tuple[str, str, tuple[Bits, ...]]


def _header(raw: bytes, context: _Context) -> Explained:
    first, second = raw
    context.fin, context.opcode = bool(first & 0x80), first & 0x0F
    context.length = second & 0x7F
    return _two_bytes(first, second)


@lru_cache(maxsize=1024)  # a conversation has few different headers, and many frames
def _two_bytes(first: int, second: int) -> Explained:
    opcode, length = first & 0x0F, second & 0x7F
    bits = (
        Bits(0, 1, "FIN", first >> 7, _FIN[first >> 7]),
        Bits(1, 1, "RSV1", first >> 6 & 1, _rsv(first >> 6 & 1)),
        Bits(2, 1, "RSV2", first >> 5 & 1, _rsv(first >> 5 & 1)),
        Bits(3, 1, "RSV3", first >> 4 & 1, _rsv(first >> 4 & 1)),
        Bits(4, 4, "opcode", opcode, opcode_name(opcode)),
        Bits(8, 1, "MASK", second >> 7, _MASK[second >> 7]),
        Bits(9, 7, "length", length, _length(length)),
    )
    masked = "masked" if second & 0x80 else "not masked"
    return f"{first:08b} {second:08b}", f"{opcode_name(opcode)}, {masked}", bits


_FIN = {1: "the last frame of its message", 0: "more frames of this message follow"}
_MASK = {1: "masked: only a client may", 0: "not masked: only a server may"}


def _rsv(bit: int) -> str:
    return "needs an extension that was agreed on" if bit else "no extension"


def _length(length: int) -> str:
    if length == LENGTH_16:
        return "the length follows in 2 bytes"
    return "the length follows in 8 bytes" if length == LENGTH_64 else "bytes of payload"


def opcode_name(opcode: int) -> str:
    """An opcode in words.

    >>> opcode_name(1), opcode_name(7)
    ('text', 'reserved')
    """
    return _OPCODES.get(opcode, "reserved")


_OPCODES = {int(opcode): opcode.name.lower() for opcode in Opcode}


def _extended_length(raw: bytes, context: _Context) -> Explained:
    context.length = int.from_bytes(raw, "big")
    return str(context.length), f"bytes of payload, in {8 * len(raw)} bits, big-endian", ()


def _masking_key(raw: bytes, context: _Context) -> Explained:
    context.key = raw
    return raw.hex(" "), "XORed over the payload; new and random for each frame", ()


def _payload(raw: bytes, context: _Context) -> Explained:
    data = mask(raw, context.key) if context.key else raw
    opcode = context.opcode or context.message
    what = _PAYLOADS.get(context.opcode, "payload") + _undone(context)
    if len(raw) < context.length:
        what += f"; only {len(raw)} of its {context.length} bytes were read"
    return show(data, text=opcode != Opcode.BINARY), what, ()


def _undone(context: _Context) -> str:
    """That the value is not what the bytes beside it say, if they are masked."""
    return ", XOR with the key undone" if context.key else ""


def _compressed(raw: bytes, context: _Context) -> Explained:
    data = mask(raw, context.key) if context.key else raw
    whole = len(raw) == context.length
    inflater = context.inflater
    inflated = inflater.inflate(data, context.fin and whole) if inflater else None
    what = f"{len(raw)} bytes, compressed"
    if not whole:
        what += f"; only so many of its {context.length} bytes were read"
    if inflated is None:
        return show(data, text=False), f"{what}; they cannot be inflated", ()
    value = show(inflated, text=context.message == Opcode.TEXT)
    return value, f"{what}; inflated they are {len(inflated)} (RFC 7692)", ()


_PAYLOADS: dict[int, str] = {
    Opcode.CONTINUATION: "the next part of a message",
    Opcode.TEXT: "text in UTF-8",
    Opcode.BINARY: "binary data",
    Opcode.PING: "to come back in the Pong",
    Opcode.PONG: "the same as in the Ping",
}


def _close_code(raw: bytes, context: _Context) -> Explained:
    data = mask(raw, context.key) if context.key else raw
    code = int.from_bytes(data, "big")
    written = f"in hexadecimal {data.hex(' ')}{_undone(context)}"
    return str(code), f"{close_code_meaning(code)}; {written}", ()


def _close_reason(raw: bytes, context: _Context) -> Explained:
    data = mask(raw, context.key, start=2) if context.key else raw
    return show(data, text=True), f"for whoever reads the logs{_undone(context)}", ()


_FRAME_FIELDS: dict[FieldType, Callable[[bytes, _Context], Explained]] = {
    frames.HEADER: _header,
    frames.EXTENDED_LENGTH: _extended_length,
    frames.MASKING_KEY: _masking_key,
    frames.PAYLOAD: _payload,
    COMPRESSED: _compressed,
    frames.CLOSE_CODE: _close_code,
    frames.CLOSE_REASON: _close_reason,
}


def _summary(context: _Context, said: str) -> str:
    """A frame in one line."""
    name = opcode_name(context.opcode)
    if context.inflater is not None:
        name += ", compressed"
    if not is_control(context.opcode) and not context.fin:
        name += ", not the last of its message"
    if said:
        return f"{name} {said}"
    return f"{name}, payload not read" if context.length else f"{name}, no payload"


_SAID = {frames.PAYLOAD.label, COMPRESSED.label, frames.CLOSE_CODE.label, frames.CLOSE_REASON.label}
