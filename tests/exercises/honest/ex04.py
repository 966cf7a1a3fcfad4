"""Exercise 4, solved in other ways: all of them right."""

from __future__ import annotations

import enum
import io
import struct
from itertools import cycle
from operator import xor


class Opcode(enum.IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


def unmasked(data, key):
    return bytes(map(xor, data, cycle(key)))


def allowed(fin, opcode, size):
    Opcode(opcode)  # a ValueError if there is none
    if opcode & 8 and not (fin and size < 126):
        raise ValueError("no control frame")


def encode_frame_struct(opcode, payload, *, fin=True, mask=None):
    allowed(fin, opcode, len(payload))
    first, bit, size = fin << 7 | opcode, 128 if mask else 0, len(payload)
    if size < 126:
        header = struct.pack("!BB", first, bit | size)
    elif size < 65536:
        header = struct.pack("!BBH", first, bit | 126, size)
    else:
        header = struct.pack("!BBQ", first, bit | 127, size)
    return header + (mask + unmasked(payload, mask) if mask else payload)


def encode_frame_bytearray(opcode, payload, *, fin=True, mask=None):
    allowed(fin, opcode, len(payload))
    frame = bytearray([opcode])
    if fin:
        frame[0] |= 0x80
    n = len(payload)
    if n > 0xFFFF:
        frame.append(127)
        frame += n.to_bytes(8, "big")
    elif n > 125:
        frame.append(126)
        frame += n.to_bytes(2, "big")
    else:
        frame.append(n)
    if mask is None:
        frame += payload
        return bytes(frame)
    frame[1] |= 0x80
    frame += mask
    for i, byte in enumerate(payload):
        frame.append(byte ^ mask[i % 4])
    return bytes(frame)


def encode_frame_forms(opcode, payload, *, fin=True, mask=None):
    if opcode not in {0, 1, 2, 8, 9, 10}:
        raise ValueError(f"{opcode:#x} is reserved")
    if opcode > 7 and (not fin or len(payload) > 125):
        raise ValueError("too much for a control frame")
    forms = [(125, None, 0), (0xFFFF, 126, 2), (1 << 63, 127, 8)]
    size = len(payload)
    _, short, more = next(form for form in forms if size <= form[0])
    second = (size if short is None else short) + (128 if mask else 0)
    length = size.to_bytes(more, "big") if more else b""
    key = mask or b""
    body = unmasked(payload, key) if key else payload
    return b"".join([bytes([opcode + 128 * fin, second]), length, key, body])


def encode_frame_number(opcode, payload, *, fin=True, mask=None):
    allowed(fin, opcode, len(payload))
    number, size = int(fin), len(payload)
    for bits, value in ((3, 0), (4, opcode), (1, bool(mask))):
        number = number << bits | value
    if size <= 125:
        number, length = number << 7 | size, 2
    elif size < 1 << 16:
        number, length = number << 23 | 126 << 16 | size, 4
    else:
        number, length = number << 71 | 127 << 64 | size, 10
    header = number.to_bytes(length, "big")
    return header + mask + unmasked(payload, mask) if mask else header + payload


class Writer:
    def __init__(self):
        self.file = io.BytesIO()

    def put(self, form, *values):
        self.file.write(struct.pack(form, *values))

    def length(self, bit, size):
        if size <= 125:
            self.put("B", bit + size)
        elif size <= 65535:
            self.put(">BH", bit + 126, size)
        else:
            self.put(">BQ", bit + 127, size)

    def frame(self, fin, opcode, payload, mask):
        allowed(fin, opcode, len(payload))
        self.put("B", opcode | (0x80 if fin else 0x00))
        self.length(0x80 if mask else 0, len(payload))
        self.file.write(mask or b"")
        self.file.write(unmasked(payload, mask) if mask else payload)
        return self.file.getvalue()


def encode_frame_class(opcode, payload, *, fin=True, mask=None):
    return Writer().frame(fin, opcode, payload, mask)


def bytes_of(fin, opcode, payload, mask):
    size = len(payload)
    yield (0x80 if fin else 0) ^ opcode
    more = 0 if size < 126 else 2 if size < 65536 else 8
    yield (0x80 if mask else 0) ^ {0: size, 2: 126, 8: 127}[more]
    for shift in reversed(range(0, 8 * more, 8)):
        yield size >> shift & 0xFF
    yield from mask or b""
    turns = cycle(mask or b"\0")
    for byte in payload:
        yield byte ^ next(turns)


def encode_frame_generator(opcode, payload, *, fin=True, mask=None):
    allowed(fin, opcode, len(payload))
    return bytes(bytes_of(fin, opcode, payload, mask))


def encode_frame_match(opcode, payload, *, fin=True, mask=None):
    match opcode:
        case 0 | 1 | 2:
            pass
        case 8 | 9 | 10 if fin and len(payload) <= 125:
            pass
        case _:
            raise ValueError("may not be sent")
    size, bit = len(payload), (mask is not None) * 128
    header = [opcode | fin * 128]
    if size > 65535:
        header += [bit | 127, *struct.pack("!Q", size)]
    elif size > 125:
        header += [bit | 126, size // 256, size % 256]
    else:
        header += [bit | size]
    return bytes(header) + (payload if mask is None else mask + unmasked(payload, mask))


def take_header(data):
    """(fin, opcode, key or None, size, where the payload starts), or a ValueError."""
    if len(data) < 2:
        raise ValueError("short")
    first, second = data[:2]
    size, at = second & 127, 2
    if first & 0b0111_0000:
        raise ValueError("reserved")
    allowed(first >> 7, first & 15, size)
    if size > 125:
        at = 4 if size == 126 else 10
        least = 126 if size == 126 else 65536
        size = int.from_bytes(data[2:at], "big")
        if len(data) < at or size < least or size >> 63:
            raise ValueError("length")
    key = None
    if second >> 7:
        key, at = data[at : at + 4], at + 4
        if len(key) < 4:
            raise ValueError("key")
    return first >= 128, first & 15, key, size, at


def decode_frame_header_first(data):
    fin, opcode, key, size, at = take_header(data)
    if len(data) - at < size:
        raise ValueError("short")
    payload = data[at : at + size]
    return fin, opcode, unmasked(payload, key) if key else payload, data[at + size :]


def decode_frame_struct(data):
    try:
        first, second = struct.unpack_from("!BB", data)
        form = {126: "!H", 127: "!Q"}.get(second & 127)
        (size,) = struct.unpack_from(form, data, 2) if form else (second & 127,)
        start = 2 + (struct.calcsize(form) if form else 0)
        key = struct.unpack_from("!4s", data, start)[0] if second & 128 else b""
        start += len(key)
        (payload,) = struct.unpack_from(f"{size}s", data, start) if size < 1 << 62 else (b"",)
    except struct.error as error:
        raise ValueError("not complete") from error
    shortest = "!Q" if size > 65535 else "!H" if size > 125 else None
    if first & 0x70 or form != shortest or size >> 62:
        raise ValueError("malformed")
    allowed(first & 128, first & 15, size)
    return first > 127, first & 15, unmasked(payload, key) if key else payload, data[start + size :]


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        piece = self.data[self.at : self.at + n]
        if len(piece) < n:
            raise ValueError(f"{n - len(piece)} bytes are missing")
        self.at += n
        return piece

    def number(self, n):
        return int.from_bytes(self.take(n), "big")


def decode_frame_reader(data):
    reader = Reader(data)
    first, second = reader.number(1), reader.number(1)
    fin, reserved, opcode = bool(first & 0x80), first & 0x70, first & 0x0F
    masked, size = bool(second & 0x80), second & 0x7F
    if reserved:
        raise ValueError("no extension was agreed on")
    allowed(fin, opcode, size)
    if size == 126:
        size = reader.number(2)
        if size <= 125:
            raise ValueError("not the shortest form")
    elif size == 127:
        size = reader.number(8)
        if not 65535 < size < 2**63:
            raise ValueError("not the shortest form, or the top bit")
    key = reader.take(4) if masked else bytes(4)
    return fin, opcode, unmasked(reader.take(size), key), data[reader.at :]


def decode_frame_stream(data):
    file = io.BytesIO(data)
    try:
        fin, opcode, payload = read_frame(file.read)  # noqa: F821 - one of those below
    except EOFError:
        raise ValueError("the frame is not complete") from None
    return fin, opcode, payload, file.read()


def decode_frame_written_again(data):
    """Whatever encode_frame writes in the same way is well-formed, and nothing else is."""
    fin, opcode, key, size, at = take_header(data)
    body = data[at : at + size]
    payload = unmasked(body, key) if key else body
    whole = encode_frame(opcode, payload, fin=fin, mask=key)  # noqa: F821 - from above
    if len(body) != size or whole != data[: len(whole)]:
        raise ValueError("nobody would write this frame")
    return fin, opcode, payload, data[len(whole) :]


def decode_frame_view(data):
    view = memoryview(data)
    fin, opcode, key, size, at = take_header(bytes(view[:14]))
    view = view[at:]
    if len(view) < size:
        raise ValueError("too short")
    payload = bytearray(view[:size])
    for turn, byte in enumerate(key or b""):
        payload[turn::4] = payload[turn::4].translate(bytes(byte ^ i for i in range(256)))
    return fin, opcode, bytes(payload), bytes(view[size:])


def decode_frame_checks_last(data):
    if len(data) < 2:
        raise ValueError("too short")
    size, more = data[1] % 128, 0
    if size == 126:
        more, size = 2, (data[2] << 8 | data[3]) if len(data) > 3 else 1 << 70
    elif size == 127:
        more, size = 8, int(data[2:10].hex(), 16) if len(data) > 9 else 1 << 70
    start = 2 + more + (4 if data[1] > 127 else 0)
    problems = [
        len(data) < start + size,
        data[0] & 0x70 > 0,
        data[0] & 0xF in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15),
        more == 2 and size < 126,
        more == 8 and size < 65536,
        data[0] & 8 > 0 and (data[0] < 128 or size > 125),
    ]
    if any(problems):
        raise ValueError(f"{problems}")
    payload, rest = data[start : start + size], data[start + size :]
    if data[1] > 127:
        key = data[start - 4 : start]
        payload = bytes(byte ^ key[place & 3] for place, byte in enumerate(payload))
    return data[0] > 127, data[0] & 0xF, payload, rest


def some(recv, n):
    data = bytearray()
    while len(data) < n:
        more = recv(n - len(data))
        if not more:
            raise EOFError("the stream has ended")
        data += more
    return bytes(data)


def read_frame_plain(recv):
    first, second = some(recv, 2)
    size = second & 127
    allowed(first & 128, first & 15, size)
    if first & 0x70:
        raise ValueError("reserved")
    if size >= 126:
        more = 2 if size == 126 else 8
        size = int.from_bytes(some(recv, more), "big")
        if not (126, 65536)[more == 8] <= size < 1 << 63:
            raise ValueError("length")
    key = some(recv, 4) if second & 128 else None
    payload = some(recv, size)
    return first > 127, first & 15, unmasked(payload, key) if key else payload


def read_frame_decoded(recv):
    data = some(recv, 2)
    data += some(recv, {126: 2, 127: 8}.get(data[1] & 127, 0))
    size = int.from_bytes(data[2:], "big") if len(data) > 2 else data[1] & 127
    if size < 1 << 63:
        data += some(recv, size + data[1] // 128 * 4)
    fin, opcode, payload, _ = decode_frame(data)  # noqa: F821 - one of those above
    return fin, opcode, payload


def frame_parser():
    """It says how many bytes it wants next, and is given them."""
    data = yield 2
    if data[0] & 0x70:
        raise ValueError("reserved bits")
    fin, opcode, size = data[0] > 127, data[0] & 15, data[1] & 127
    allowed(fin, opcode, size)
    if size > 125:
        least = 126 if size == 126 else 65536
        size = int.from_bytes((yield 2 if size == 126 else 8), "big")
        if size < least or size >= 1 << 63:
            raise ValueError("length")
    key = (yield 4) if data[1] > 127 else bytes(4)
    payload = yield size
    return fin, opcode, unmasked(payload, key)


def read_frame_coroutine(recv):
    parser = frame_parser()
    wanted = next(parser)
    while True:
        try:
            wanted = parser.send(some(recv, wanted))
        except StopIteration as done:
            return done.value


class Stream:
    def __init__(self, recv):
        self.recv = recv

    def read(self, form):
        size = struct.calcsize(form)
        parts = []
        while size:
            part = self.recv(min(size, 1000))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return struct.unpack(form, b"".join(parts))

    def frame(self):
        first, second = self.read("!BB")
        form = {126: "!H", 127: "!Q"}.get(second & 127)
        (size,) = self.read(form) if form else (second & 127,)
        shortest = "!Q" if size > 65535 else "!H" if size > 125 else None
        if first & 0x70 or size >> 63 or form != shortest:
            raise ValueError("malformed")
        allowed(first >> 7, first & 15, size)
        (key,) = self.read("4s") if second >> 7 else (b"\0\0\0\0",)
        (payload,) = self.read(f"{size}s")
        return bool(first >> 7), first & 15, unmasked(payload, key)


def read_frame_class(recv):
    return Stream(recv).frame()


def read_frame_bytewise(recv):
    data = b""

    def at_least(n):
        nonlocal data
        while len(data) < n:
            byte = recv(1)
            if byte == b"":
                raise EOFError(f"{len(data)} of {n} bytes")
            data += byte

    at_least(2)
    more = {126: 2, 127: 8}.get(data[1] & 127, 0)
    at_least(2 + more + (4 if data[1] & 128 else 0))
    fin, opcode, key, size, at = take_header(data)
    at_least(at + size)
    return fin, opcode, unmasked(data[at:], key) if key else data[at:]
