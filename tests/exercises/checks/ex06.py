"""Exercise 6: messages, control frames, and the end of a conversation (RFC 6455 §5.4, §5.5, §7)."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference
from ..reference import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from ..vectors import cut, sentence

Frame = tuple[bool, int, bytes]

NEVER_SENT = (0, 999, 1004, 1005, 1006, 1015, 1016, 1500, 2999, 5000, 65535)
SENT = (1000, 1001, 1003, 1007, 1009, 1011, 1014, 3000, 3999, 4000, 4999)


def text(random: Random) -> str:
    """Text whose characters have one to four bytes each in UTF-8."""
    return f"{sentence(random)} é€👋 {random.randint(10, 99)}"


def control(random: Random) -> Frame:
    """A ping or a pong; what stands in a pong looks like text, and is none."""
    return True, random.choice((PING, PONG)), random.randbytes(random.randint(0, 9))


def parts(random: Random, kind: int, data: bytes, count: int) -> list[Frame]:
    """A message in so many frames, or one more or less, cut anywhere; an empty one may be there."""
    pieces = [b"", *cut(random, data, count)] if random.random() < 0.3 else cut(random, data, count)
    last = len(pieces) - 1
    return [(n == last, CONTINUATION if n else kind, piece) for n, piece in enumerate(pieces)]


def cut_in_characters(random: Random) -> list[Frame]:
    """A text in two or more frames, one of them cut inside a character."""
    data = text(random).encode()
    at = data.index("€".encode()) + random.randint(1, 2)
    first, second = data[:at], data[at:]
    end = random.randrange(1, len(second))
    return [(False, TEXT, first), (False, CONTINUATION, second[:end]),
            (True, CONTINUATION, second[end:])]  # fmt: skip


@check("ex06", points=2, title="Messages of one frame", lesson="05", rfc="5.6")
def whole_messages(student: Student) -> None:
    random = student.random
    for _ in range(10):
        frames = [
            (True, TEXT, text(random).encode()),
            (True, BINARY, random.randbytes(random.randint(1, 20))),
            control(random),
            (True, TEXT, b""),
            (True, BINARY, b""),
        ]
        student.expect("reassemble", random.sample(frames, 5), right=reference.reassemble)
    for some in ([], *([frame] for frame in frames)):
        student.expect("reassemble", some, right=reference.reassemble)


@check("ex06", points=3, title="Messages of several frames", lesson="05", rfc="5.4",
       needs=["whole_messages"])  # fmt: skip
def fragments(student: Student) -> None:
    random = student.random
    for _ in range(10):
        binary = parts(random, BINARY, random.randbytes(random.randint(5, 30)), 4)
        behind = True, TEXT, text(random).encode()
        for frames in ([*cut_in_characters(random), behind], [*binary, behind]):
            student.expect("reassemble", frames, right=reference.reassemble)
    # Short ones, which are shown if they go wrong.
    for kind, data in ((TEXT, b"Hi"), (TEXT, "é".encode()), (BINARY, random.randbytes(2))):
        frames = [(False, kind, data[:1]), (True, CONTINUATION, data[1:])]
        student.expect("reassemble", frames, right=reference.reassemble)


@check("ex06", points=2, title="Control frames in the middle of a message", lesson="05", rfc="5.4",
       needs=["fragments"])  # fmt: skip
def control_between(student: Student) -> None:
    random = student.random
    for _ in range(10):
        frames: list[Frame] = []
        for frame in parts(random, BINARY, random.randbytes(random.randint(5, 30)), 4)[:-1]:
            frames += [frame, *(control(random) for _ in range(random.randint(0, 2)))]
        frames = frames or [(False, BINARY, b"ab")]
        frames += [(True, PING, random.randbytes(3)), (True, CONTINUATION, random.randbytes(3))]
        student.expect("reassemble", frames, right=reference.reassemble)
    for between in ((True, PING, b""), (True, PONG, b"ok")):
        short = [(False, TEXT, b"H"), between, (True, CONTINUATION, b"i")]
        student.expect("reassemble", short, right=reference.reassemble)


@check("ex06", points=2, title="Frames in a broken order", lesson="05", rfc="5.4",
       needs=["fragments"])  # fmt: skip
def broken_order(student: Student) -> None:
    random = student.random

    def refuses(because: str, *frames: Frame) -> None:
        student.refuses("reassemble", list(frames), because=because)

    def some() -> bytes:
        return b"%d" % random.randint(10, 99)

    for fin in (True, False):
        nothing_open = "nothing is there that could be continued"
        refuses(nothing_open, (fin, CONTINUATION, some()))
        refuses(nothing_open, (True, TEXT, some()), (fin, CONTINUATION, some()))
        refuses(nothing_open, (True, PING, some()), (fin, CONTINUATION, some()))
        inside = "a message begins inside another one"
        for kind in (TEXT, BINARY):
            refuses(inside, (False, TEXT, some()), (fin, kind, some()))
            refuses(inside, (False, BINARY, some()), (True, PONG, b""), (fin, kind, some()))
    ends = "the frames end inside a message"
    refuses(ends, (False, TEXT, some()))
    refuses(ends, (False, BINARY, some()), (False, CONTINUATION, some()))
    refuses(ends, (True, BINARY, some()), (False, BINARY, some()), (True, PING, some()))


@check("ex06", points=1, title="A text that is none", lesson="05", rfc="8.1",
       needs=["whole_messages"])  # fmt: skip
def no_text(student: Student) -> None:
    why = "these bytes are not UTF-8"
    for bad in (b"\xff", b"\xc3", b"\xe2\x82", b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80"):
        start = text(student.random).encode()
        student.refuses("reassemble", [(True, TEXT, start + bad)], because=why)
        student.refuses("reassemble", [(True, TEXT, bad + start)], because=why)


@check("ex06", points=2, title="A close code and its reason, written", lesson="05", rfc="5.5.1")
def close_written(student: Student) -> None:
    for code in SENT:
        student.expect("encode_close", code, text(student.random)[:30],
                       right=reference.encode_close)  # fmt: skip
        student.expect("encode_close", code, right=reference.encode_close)
    for reason in ("x" * 123, "é" * 61):
        student.expect("encode_close", 1000, reason, right=reference.encode_close)


@check("ex06", points=2, title="What no Close frame may say", lesson="05", rfc="7.4",
       needs=["close_written"])  # fmt: skip
def close_not_written(student: Student) -> None:
    for code in NEVER_SENT:
        student.refuses("encode_close", code, because=f"the code {code} is never sent")
        student.refuses("encode_close", code, "bye", because=f"the code {code} is never sent")
    for reason in ("x" * 124, "y" * 200, "é" * 62, "€" * 42, "👋" * 31):
        student.refuses("encode_close", 1000, reason,
                        because=f"the reason has {len(reason.encode())} bytes")  # fmt: skip


@check("ex06", points=2, title="A close code and its reason, read", lesson="05", rfc="5.5.1")
def close_read(student: Student) -> None:
    for code in SENT:
        for reason in ("", text(student.random)[:30]):
            payload = reference.encode_close(code, reason)
            student.expect("decode_close", payload, right=reference.decode_close)
    for _ in range(2):
        student.expect("decode_close", b"", right=reference.decode_close)


@check("ex06", points=2, title="A Close that is none", lesson="05", rfc="7.4",
       needs=["close_read"])  # fmt: skip
def close_refused(student: Student) -> None:
    for first in (b"\x03", b"\x00", b"x"):
        student.refuses("decode_close", first, because="half a code is no code")
    for code in NEVER_SENT:
        student.refuses("decode_close", code.to_bytes(2, "big"), because=f"{code} is never sent")
    for bad in (b"\xff", b"\xc3", b"bye \xe2\x82", b"\xed\xa0\x80"):
        student.refuses("decode_close", b"\x03\xe8" + bad, because="the reason is not UTF-8")


def some_control(random: Random) -> tuple[int, bytes]:
    """A control frame of a client that wants an answer, or none."""
    payload = random.randbytes(random.randint(1, 125))
    reason = text(random)[:30]
    return random.choice([
        (PING, payload),
        (PONG, payload),
        (CLOSE, reference.encode_close(random.choice(SENT), reason)),
    ])  # fmt: skip


@check("ex06", points=3, title="What a server answers", lesson="05", rfc="5.5")
def replies(student: Student) -> None:
    code = reference.encode_close(student.random.choice(SENT))
    fixed = [(PING, b""), (PING, bytes(125)), (PONG, b""), (CLOSE, b""), (CLOSE, code)]
    fixed += [(PING, b"Hello"), (PONG, b"Hello"), (CLOSE, code + b"bye")]
    for opcode, payload in [*fixed, *student.vectors(some_control, 12)]:
        student.satisfies("control_reply", opcode, payload, fault=fault_of)


def fault_of(reply: object, opcode: int, payload: bytes) -> str:
    """What is wrong with an answer to a control frame, as a sentence."""
    if opcode == PONG:
        return "" if reply is None else "a pong is the answer itself: nobody waits for another"
    if type(reply) is not bytes or len(reply) < 2:
        return "bytes are due: a whole frame, header and payload"
    first, second, rest = reply[0], reply[1], reply[2:]
    if first & 0x0F != (PONG if opcode == PING else CLOSE):
        return f"a frame with the opcode {first & 0x0F} is no answer to the opcode {opcode}"
    if second & 0x80:
        return "the MASK bit is set, and this is what a server sends"
    if not first & 0x80:
        return f"FIN is 0 in the first byte, {first:02x}, as if more of it were to come"
    if first & 0x70:
        return f"the reserved bits of the first byte, {first:02x}, have to be 0"
    if second != len(rest):
        return f"the header {first:02x} {second:02x} does not fit: {len(rest)} bytes stand behind"
    if rest != (payload if opcode == PING else payload[:2]):
        return f"its payload, {rest[:12].hex(' ') or 'no bytes'}, is not the one that is due"
    return ""


@check("ex06", points=1, title="A Close that gets no answer", lesson="05", rfc="7.4",
       needs=["replies", "close_refused"])  # fmt: skip
def no_reply(student: Student) -> None:
    for code in NEVER_SENT:
        payload = code.to_bytes(2, "big") + b"bye"
        student.refuses("control_reply", CLOSE, payload, because=f"{code} is never sent")
    student.refuses("control_reply", CLOSE, b"\x03", because="half a code is no code")
