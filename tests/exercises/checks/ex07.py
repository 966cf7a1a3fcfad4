"""Exercise 7: a WebSocket echo server, met from outside (RFC 6455 as a whole).

To wait is slow, so we do not wait for what must not come: behind each frame that must be refused
stands a ping, and whoever goes on as if nothing had happened answers that.
"""

from __future__ import annotations

import contextlib
import struct
import time
from functools import partial

from wslab.grading.answers import Complaint
from wslab.grading.check import check
from wslab.grading.delivery import Delivery
from wslab.grading.student import Student

from .. import echo_visits as signs
from .. import reference
from ..echo_visits import (
    MAX_MESSAGE,
    NEVER_SENT,
    PAUSE,
    closes,
    cut_in_two,
    flood,
    over,
    refusal,
    words,
)
from ..reference import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT
from ..vectors import mixed_case
from ..visitor import END, NOTHING, Heard, Visitor, masked


@check("ex07", points=2, title="The opening handshake", lesson="04", rfc="4.2")
def opened(student: Student) -> None:
    random = student.random
    lines = {
        "A plain opening handshake": {},
        signs.LISTED: {"Connection": "keep-alive, Upgrade"},
        "Names of headers in mixed case": {
            "Sec-WebSocket-Version": None, mixed_case(random, "Sec-WebSocket-Version"): "13"},
        signs.VALUES: {
            "Upgrade": mixed_case(random, "websocket"),
            "Connection": mixed_case(random, "upgrade")},
    }  # fmt: skip
    with student.serving() as server:
        for what, changes in lines.items():
            with Visitor(server) as visitor:
                visitor.say(visitor.request(**changes))
                visitor.welcome(what)
                visitor.say(visitor.frame(PING, b"here?"))
                visitor.due(PONG, b"here?", "After the 101 and a ping of ours")
        student.claim(True, "")


@check("ex07", points=2, title="Opening handshakes that are refused", lesson="04", rfc="4.2.1")
def refused(student: Student) -> None:
    long = {f"X-{n}": "x" * 100 for n in range(170)}
    cases = {
        signs.OTHER_VERSION: (426, {"Sec_WebSocket_Version": "8"}),
        "No version": (426, {"Sec_WebSocket_Version": None}),
        "No key": (400, {"Sec_WebSocket_Key": None}),
        "A key of 3 bytes": (400, {"Sec_WebSocket_Key": "YWJj"}),
        "No Upgrade": (400, {"Upgrade": None}),
        "No Host": (400, {"Host": None}),
        "A head of 17 KiB": (431, long),
    }
    with student.serving() as server:
        for what, (code, changes) in cases.items():
            changes = {name.replace("_", "-"): value for name, value in changes.items()}  # type: ignore[attr-defined]
            with Visitor(server) as visitor:
                visitor.say(visitor.request("GET / HTTP/1.1", **changes))
                refusal(visitor, what, code)
        with Visitor(server) as visitor:
            visitor.say(b"Hello, I am no HTTP\r\n\r\n")
            refusal(visitor, "What is no HTTP request", 400)
        student.claim(True, "")


@check("ex07", points=2, title="The opening handshake, however it arrives", lesson="04",
       rfc="4.2.2", needs=["opened"])  # fmt: skip
def in_pieces(student: Student) -> None:
    with student.serving() as server:
        for delivery in (Delivery.BYTES, Delivery.RANDOM):
            with Visitor(server, delivery) as visitor:
                with contextlib.suppress(Complaint):  # hung up: the answer says why
                    visitor.say(visitor.request())
                visitor.welcome(signs.HEAD_CUT)
        for part in (0.1, 0.5, 0.99):
            with Visitor(server) as visitor:
                request = visitor.request()
                place = int(len(request) * part)
                visitor.say(request[:place])
                time.sleep(PAUSE)
                with contextlib.suppress(Complaint):
                    visitor.say(request[place:])
                visitor.welcome(signs.HEAD_CUT)
        student.claim(True, "")


@check("ex07", points=3, title="Each message comes back, in any pieces", lesson="05", rfc="5",
       needs=["opened"])  # fmt: skip
def echoed(student: Student) -> None:
    random = student.random
    with student.serving() as server:
        with Visitor(server) as visitor:
            visitor.enter()
            for opcode, other in ((TEXT, BINARY), (BINARY, TEXT)):
                for data in (words(random), b"", b"x" * 125, b"y" * 126, words(random)):
                    visitor.say(visitor.frame(opcode, data))
                    known = {Heard(other, data): f"{signs.TYPE}: {Heard(opcode, data)} is due."}
                    if not data:
                        known[END] = known[NOTHING] = f"{signs.EMPTY}."
                    visitor.due(opcode, data, "The echo", known)
        with Visitor(server, Delivery.GLUED) as visitor:
            visitor.enter()
            data = [words(random) for _ in range(3)]
            visitor.say(*(visitor.frame(TEXT, one) for one in data))
            visitor.due(TEXT, data[0], "The first of three frames in one piece")
            visitor.say(visitor.frame(PING, b"next"))
            visitor.due(
                TEXT,
                data[1],
                "The second of three frames in one piece",
                dict.fromkeys([NOTHING, END, Heard(PONG, b"next")], f"{signs.SECOND}."),
            )
            visitor.due(TEXT, data[2], "The third of three frames in one piece")
        cut_in_two(server, random)
        for delivery in (Delivery.BYTES, Delivery.RANDOM):
            with Visitor(server, delivery) as visitor:
                visitor.enter()
                for size in (70_000, 65_536) if delivery is Delivery.RANDOM else (0, 300):
                    data = [words(random), random.randbytes(size)]
                    visitor.say(visitor.frame(TEXT, data[0]), visitor.frame(BINARY, data[1]))
                    visitor.due(TEXT, data[0], f"A text, {delivery.value}")
                    visitor.due(BINARY, data[1], f"A binary message, {delivery.value}")
        student.claim(True, "")


@check("ex07", points=3, title="Fragments, with control frames between them", lesson="05",
       rfc="5.4", needs=["echoed"])  # fmt: skip
def fragments(student: Student) -> None:
    random = student.random
    with student.serving() as server:
        for delivery in (Delivery.GLUED, Delivery.BYTES):
            with Visitor(server, delivery) as visitor:
                visitor.enter()
                data = words(random)
                at = data.index("回".encode()) + 1
                first, last, asked = data[:at], data[at:], random.randbytes(5)
                between = visitor.frame(PONG, b"none"), visitor.frame(PING, asked)
                end = visitor.frame(CONTINUATION, last)
                visitor.say(visitor.frame(BINARY, first, fin=False), *between, end)
                visitor.due(PONG, asked, "A ping between two fragments", {
                    Heard(BINARY, first): f"{signs.PART}.",
                    Heard(BINARY, data): f"{signs.PONG_LATE}.",
                    Heard(BINARY, first + b"none" + asked + last): f"{signs.PING_MIXED}.",
                })  # fmt: skip
                mixed = {Heard(BINARY, first + asked + last): f"{signs.PING_MIXED}."}
                visitor.due(BINARY, data, "The message around a ping", mixed)
                # Now with a cut inside a character, and an empty fragment.
                start = visitor.frame(TEXT, first, fin=False)
                empty = visitor.frame(CONTINUATION, b"", fin=False)
                end = visitor.frame(CONTINUATION, last)
                visitor.say(start, empty, end, visitor.frame(TEXT, b"next"))
                visitor.due(TEXT, data, "A text in three fragments")
                visitor.due(TEXT, b"next", "The message after a fragmented one")
        student.claim(True, "")


@check("ex07", points=2, title="Closing: a Close for a Close, then the end of TCP", lesson="09",
       rfc="7.1", needs=["opened"])  # fmt: skip
def closing(student: Student) -> None:
    random = student.random
    empty, bye = b"", reference.encode_close(1000, "bye")
    own = reference.encode_close(random.randint(3000, 4999))
    with student.serving() as server:
        for payload in (bye, empty, own):
            with Visitor(server) as visitor:
                visitor.enter()
                visitor.say(visitor.frame(CLOSE, payload) + visitor.frame(PING, b"too late"))
                got = visitor.hear()
                if got.opcode == PONG or got == NOTHING:
                    raise Complaint(f"{signs.IGNORED}.")
                if got == END:
                    raise Complaint(f"{signs.JUST_ENDS}.")
                due = Heard(CLOSE, payload)
                if got.opcode != CLOSE or got.code != due.code:
                    raise Complaint(f"The answer to {due}: {got} comes.")
                over(visitor, f"{signs.STAYS}")
        student.claim(True, "")


@check("ex07", points=3, title="Frames that break the rules get 1002", lesson="05", rfc="5",
       needs=["echoed"])  # fmt: skip
def broken(student: Student) -> None:
    random = student.random

    frame = partial(masked, random)
    hello = frame(TEXT, b"Hello")
    bare = reference.encode_frame(TEXT, words(random))
    begun = frame(TEXT, b"Hel", fin=False)
    with student.serving() as server:
        closes(server, 1002, "A frame without a mask", bare, taken=signs.UNMASKED)
        for bit in (0x40, 0x20, 0x10):
            reserved = bytes([hello[0] | bit]) + hello[1:]
            closes(server, 1002, "A reserved bit", reserved, taken=signs.RESERVED)
        for what, bad in {
            "An opcode that nobody has defined": frame(random.choice((3, 7, 11, 15)), b"a"),
            "A ping that is fragmented": frame(PING, b"a", fin=False),
            "A ping of 126 bytes": frame(PING, bytes(126)),
            "A length in a longer form than it needs": b"\x82\xfe\x00\x05" + bytes(9),
            "A length with its top bit set": b"\x82\xff\x80" + bytes(20),
            "A continuation of nothing": frame(CONTINUATION, b"lo"),
            "A message that begins inside another one": begun + hello,
            "A Close with half a code": frame(CLOSE, b"\x03"),
        }.items():
            closes(server, 1002, what, bad)
        for code in NEVER_SENT:
            closes(server, 1002, f"A Close with {code}", frame(CLOSE, struct.pack("!H", code)),
                   taken=signs.ANY_CODE)  # fmt: skip
        student.claim(True, "")


@check("ex07", points=1, title="A text that is no UTF-8 gets 1007", lesson="05", rfc="8.1",
       needs=["fragments"])  # fmt: skip
def no_text(student: Student) -> None:
    random = student.random
    with student.serving() as server:
        for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", "€".encode()[:2]):
            frame = masked(random, TEXT, words(random) + bad)
            closes(server, 1007, "A text that is no UTF-8", frame, taken=signs.NO_TEXT)
        parts = masked(random, TEXT, b"a\xe2", fin=False), masked(random, CONTINUATION, b"b")
        reason = masked(random, CLOSE, b"\x03\xe8bye\xff")
        closes(
            server, 1007, "A text in two fragments that is no UTF-8", *parts, taken=signs.NO_TEXT
        )
        closes(server, 1007, "A Close with a reason that is no UTF-8", reason)
        student.claim(True, "")


@check("ex07", points=2, title="A message that is too long gets 1009", lesson="08", rfc="10.4",
       needs=["fragments"])  # fmt: skip
def too_long(student: Student) -> None:
    random = student.random
    with student.serving() as server:
        with Visitor(server) as visitor:
            visitor.enter()
            visitor.echo(BINARY, bytes(MAX_MESSAGE), "A message of 1 MiB, the longest there may be")
        half = bytes(MAX_MESSAGE // 2 + 1)
        parts = masked(random, BINARY, half, fin=False), masked(random, CONTINUATION, half)
        longer = masked(random, BINARY, bytes(MAX_MESSAGE + 1))
        closes(server, 1009, "A message with one byte too many", longer, taken=signs.ANNOUNCED)
        for size in (1 << 62, 1 << 40):
            head = bytes([0x80 | random.choice((TEXT, BINARY)), 0xFF]) + struct.pack("!Q", size)
            with Visitor(server) as visitor:
                visitor.enter().say(head + random.randbytes(9))
                got = visitor.hear()
            if got.code != 1009:
                raise Complaint(f"{signs.ANNOUNCED}: {size} bytes are announced, and {got} comes.")
        closes(server, 1009, "Fragments that are too long together", *parts, taken=signs.TOGETHER)
        student.claim(True, "")


@check("ex07", points=3, title="Several clients, some of them silent, broken or gone", lesson="09",
       rfc="10.4", needs=["echoed"])  # fmt: skip
def several(student: Student) -> None:
    random = student.random
    with student.serving() as server, contextlib.ExitStack() as stack:

        def enter() -> Visitor:
            return stack.enter_context(Visitor(server)).enter()

        def served(meanwhile: str) -> None:
            try:
                with Visitor(server) as honest:
                    honest.enter().echo(BINARY, words(random), "The echo")
            except Complaint as complaint:
                raise Complaint(
                    f"{signs.ALONE} {meanwhile}, nobody else is served: {complaint}"
                ) from None

        silent = stack.enter_context(Visitor(server))
        served("and says nothing")
        silent.say(silent.request()[:40])
        served("in the middle of its opening handshake")
        stuck = enter()
        stuck.say(stuck.frame(TEXT, b"Hello")[:-2])
        served("in the middle of a frame")
        flood(enter())
        served("and talks without listening")
        lost = enter()
        lost.say(lost.frame(TEXT, bytes(50_000)))
        lost.line.vanish()
        served("and has broken off")
        ring = [(enter(), words(random)) for _ in range(8)]
        for visitor, data in ring:
            visitor.say(visitor.frame(BINARY, data[:3], fin=False))
        server.settle()  # now the first halves have all been read
        for visitor, data in ring:
            with contextlib.suppress(Complaint):  # hung up: what comes says why
                visitor.say(visitor.frame(CONTINUATION, data[3:]))
        # Whose message suffers is a matter of luck, so nobody's is named.
        for visitor, data in ring:
            got = visitor.hear()
            if got != Heard(BINARY, data):
                raise Complaint(f"{signs.PART if got.payload == data[:3] else signs.SHARED}.")
        student.claim(True, "")
