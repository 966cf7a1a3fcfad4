"""Exercise 6, solved in other ways: all of them right."""

from __future__ import annotations

import codecs
import io
import struct
from collections import deque
from itertools import chain

FORBIDDEN = {1004, 1005, 1006, *range(1015, 3000)}


def content(kind, data):
    return data.decode("utf-8") if kind == 1 else bytes(data)


class Assembler:
    def __init__(self):
        self.done, self.kind, self.parts = [], None, []

    def feed(self, fin, opcode, payload):
        if opcode >= 8:
            self.done.append((opcode, payload))
        elif opcode == 0:
            if self.kind is None:
                raise ValueError("nothing to continue")
            self.add(fin, payload)
        else:
            if self.kind is not None:
                raise ValueError("not finished yet")
            self.kind = opcode
            self.add(fin, payload)

    def add(self, fin, payload):
        self.parts.append(payload)
        if fin:
            self.done.append((self.kind, content(self.kind, b"".join(self.parts))))
            self.kind, self.parts = None, []


def reassemble_class(frames):
    assembler = Assembler()
    for frame in frames:
        assembler.feed(*frame)
    if assembler.kind is not None:
        raise ValueError("it ends in the middle")
    return assembler.done


def messages_in(frames):
    kind, buffer = 0, bytearray()
    for fin, opcode, payload in frames:
        if opcode & 8:
            yield opcode, payload
            continue
        if (kind == 0) == (opcode == 0):
            raise ValueError("order")
        kind = kind or opcode
        buffer += payload
        if fin:
            yield kind, content(kind, buffer)
            kind, buffer = 0, bytearray()
    if kind:
        raise ValueError("end")


def reassemble_generator(frames):
    return list(messages_in(frames))


def reassemble_decoder(frames):
    found, text, data = [], None, None
    for fin, opcode, payload in frames:
        if opcode in (8, 9, 10):
            found.append((opcode, payload))
            continue
        if opcode and (text or data is not None):
            raise ValueError("inside")
        if opcode == 1:
            text, so_far = codecs.getincrementaldecoder("utf-8")(), ""
        elif opcode == 2:
            data = b""
        elif not text and data is None:
            raise ValueError("nothing began")
        if text:
            so_far += text.decode(payload, fin)
            if fin:
                found.append((1, so_far))
                text = None
        else:
            data += payload
            if fin:
                found.append((2, data))
                data = None
    if text or data is not None:
        raise ValueError("not complete")
    return found


def reassemble_deque(frames):
    frames, found = deque(frames), []
    while frames:
        fin, opcode, payload = frames.popleft()
        if opcode >= 8:
            found.append((opcode, payload))
            continue
        if opcode == 0:
            raise ValueError("it continues nothing")
        while not fin:
            if not frames:
                raise ValueError("ends")
            fin_here, inner, more = frames.popleft()
            if inner >= 8:
                found.append((inner, more))
                continue
            if inner:
                raise ValueError("a message in a message")
            payload, fin = payload + more, fin_here
        found.append((opcode, content(opcode, payload)))
    return found


def reassemble_file(frames):
    out, file, kind = [], None, 0
    for fin, opcode, payload in frames:
        if opcode > 7:
            out += [(opcode, payload)]
        elif file is None and opcode:
            file, kind = io.BytesIO(payload), opcode
            file.seek(0, io.SEEK_END)
        elif file is not None and not opcode:
            file.write(payload)
        else:
            raise ValueError("broken order")
        if file is not None and fin and opcode < 8:
            out += [(kind, content(kind, file.getvalue()))]
            file = None
    if file is not None:
        raise ValueError("the rest is missing")
    return out


def reassemble_match(frames):
    found, opened = [], ()
    for frame in frames:
        match frame, opened:
            case (_, 8 | 9 | 10 as opcode, payload), _:
                found.append((opcode, payload))
            case (True, 1 | 2 as opcode, payload), ():
                found.append((opcode, content(opcode, payload)))
            case (False, 1 | 2 as opcode, payload), ():
                opened = opcode, payload
            case (True, 0, payload), (kind, data):
                found.append((kind, content(kind, data + payload)))
                opened = ()
            case (False, 0, payload), (kind, data):
                opened = kind, data + payload
            case _:
                raise ValueError("out of order")
    if opened:
        raise ValueError("unfinished")
    return found


def reassemble_recursive(frames):
    def go(rest, kind, data):
        if not rest:
            if kind:
                raise ValueError("unfinished")
            return []
        (fin, opcode, payload), *others = rest
        if opcode >= 8:
            return [(opcode, payload), *go(others, kind, data)]
        if bool(kind) != (opcode == 0):
            raise ValueError("order")
        kind, data = kind or opcode, data + payload
        if fin:
            return [(kind, content(kind, data)), *go(others, 0, b"")]
        return go(others, kind, data)

    return go(list(frames), 0, b"")


def reassemble_two_passes(frames):
    frames = list(frames)
    data = [frame for frame in frames if frame[1] < 8]
    expected_start = True
    for fin, opcode, _ in data:
        if expected_start != (opcode > 0):
            raise ValueError("order")
        expected_start = fin
    if not expected_start:
        raise ValueError("the last message has no end")
    found, parts, kind = [], [], 0
    for fin, opcode, payload in frames:
        if opcode >= 8:
            found.append((opcode, payload))
            continue
        kind = max(kind, opcode)
        parts.append(payload)
        if fin:
            found.append((kind, content(kind, b"".join(parts))))
            parts.clear()
            kind = 0
    return found


def reassemble_state(frames):
    state = {"kind": 0, "data": b"", "out": []}

    def control(fin, opcode, payload):
        state["out"].append((opcode, payload))

    def start(fin, opcode, payload):
        if state["kind"]:
            raise ValueError("still open")
        state["kind"] = opcode
        append(fin, opcode, payload)

    def go_on(fin, opcode, payload):
        if not state["kind"]:
            raise ValueError("not open")
        append(fin, opcode, payload)

    def append(fin, opcode, payload):
        state["data"] += payload
        if fin:
            state["out"].append((state["kind"], content(state["kind"], state["data"])))
            state.update(kind=0, data=b"")

    actions = {0: go_on, 1: start, 2: start, 8: control, 9: control, 10: control}
    for frame in frames:
        actions[frame[1]](*frame)
    if state["kind"]:
        raise ValueError("open at the end")
    return state["out"]


def reassemble_indices(frames):
    frames, found, first = list(frames), [], None
    for at, (fin, opcode, payload) in enumerate(frames):
        if opcode >= 8:
            found.append((opcode, payload))
            continue
        if opcode == 0 and first is None:
            raise ValueError(f"frame {at} continues nothing")
        if opcode != 0 and first is not None:
            raise ValueError(f"frame {at} begins in frame {first}")
        first = at if first is None else first
        if fin:
            mine = [data for _, kind, data in frames[first : at + 1] if kind < 8]
            data = bytes(chain.from_iterable(mine))
            found.append((frames[first][1], content(frames[first][1], data)))
            first = None
    if first is not None:
        raise ValueError(f"frame {first} has no end")
    return found


def may_stand(code):
    return 1000 <= code < 5000 and code not in FORBIDDEN


def encode_close_struct(code, reason=""):
    data = reason.encode("utf-8")
    if not may_stand(code) or len(data) > 123:
        raise ValueError("may not be sent")
    return struct.pack("!H", code) + data


def encode_close_one_struct(code, reason=""):
    data = bytes(reason, "utf-8")
    if code < 1000 or code > 4999 or code in FORBIDDEN:
        raise ValueError(code)
    if 2 + len(data) > 125:
        raise ValueError(reason)
    return struct.pack(f">H{len(data)}s", code, data)


def encode_close_divmod(code, reason=""):
    if not any(code in ok for ok in (range(1000, 1004), range(1007, 1015), range(3000, 5000))):
        raise ValueError("no code for the wire")
    payload = bytes(divmod(code, 256)) + reason.encode()
    if len(payload) > 125:
        raise ValueError("too long")
    return payload


def encode_close_bytearray(code, reason=""):
    match code:
        case 1000 | 1001 | 1002 | 1003:
            pass
        case n if 1007 <= n <= 1014 or 3000 <= n <= 4999:
            pass
        case _:
            raise ValueError("never sent")
    out = bytearray(code.to_bytes(2, "big"))
    out.extend(reason.encode())
    if len(out) > 125:
        raise ValueError("does not fit")
    return bytes(out)


def encode_close_hex(code, reason=""):
    if code // 1000 not in (1, 3, 4) or code in FORBIDDEN:
        raise ValueError(f"{code}")
    text = codecs.encode(reason, "utf-8")
    if len(text) >= 124:
        raise ValueError("at most 123 bytes")
    return bytes.fromhex(f"{code:04x}") + text


def decode_close_struct(payload):
    if payload == b"":
        return 1005, ""
    try:
        code, reason = struct.unpack(f"!H{len(payload) - 2}s", payload)
    except struct.error:
        raise ValueError("one byte") from None
    if not may_stand(code):
        raise ValueError("never sent")
    return code, reason.decode("utf-8")


def decode_close_match(payload):
    match list(payload):
        case []:
            return (1005, "")
        case [_]:
            raise ValueError("half a code")
        case [high, low, *reason]:
            code = high << 8 | low
            if not may_stand(code):
                raise ValueError("this code never comes")
            return (code, bytes(reason).decode())


def decode_close_file(payload):
    file = io.BytesIO(payload)
    head = file.read(2)
    if not head:
        return 1005, ""
    if len(head) < 2 or not may_stand(int.from_bytes(head, "big")):
        raise ValueError("no code")
    return int.from_bytes(head, "big"), str(file.read(), "utf-8")


def decode_close_again(payload):
    """What encode_close would not write is not read either."""
    if len(payload) == 0:
        return 1005, ""
    code, reason = payload[0] * 256 + payload[-1 if len(payload) < 2 else 1], payload[2:].decode()
    if encode_close(code, reason) != payload:  # noqa: F821 - one of those above
        raise ValueError("nobody would send this")
    return code, reason


def decode_close_returns(payload):
    size = len(payload)
    if size == 1:
        raise ValueError("one byte is no code")
    if size >= 2:
        code = int(payload[:2].hex(), 16)
        if code < 1000 or code >= 5000 or code in FORBIDDEN:
            raise ValueError("forbidden")
        return code, codecs.decode(payload[2:], "utf-8")
    return 1005, ""


def control_reply_ifs(opcode, payload):
    if opcode == 0x9:
        return b"\x8a" + bytes([len(payload)]) + payload
    if opcode == 0x8:
        if payload:
            code, _ = decode_close(payload)  # noqa: F821 - one of those above
            return b"\x88\x02" + struct.pack("!H", code)
        return b"\x88\x00"
    return None


def control_reply_match(opcode, payload):
    match opcode:
        case 8:
            decode_close(payload)  # noqa: F821 - one of those above
            return struct.pack("BB", 0x88, len(payload[:2])) + payload[:2]
        case 9:
            return struct.pack("BB", 0x8A, len(payload)) + payload
        case 10:
            return None


def frame(opcode, payload):
    return bytes([128 + opcode, len(payload), *payload])


def control_reply_dict(opcode, payload):
    def close():
        code, _reason = decode_close(payload)  # noqa: F821 - one of those above
        return frame(8, b"" if code == 1005 else encode_close(code))  # noqa: F821

    return {8: close, 9: lambda: frame(10, payload), 10: lambda: None}[opcode]()


def control_reply_only_pongs_first(opcode, payload):
    if opcode == 10:
        return
    if opcode == 8 and payload:
        payload = encode_close(decode_close(payload)[0])  # noqa: F821 - from above
    return frame({8: 8, 9: 10}[opcode], payload)
