"""Exercise 9: the chat room, met from outside by several visitors."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from wslab.grading.answers import Complaint
from wslab.grading.check import check
from wslab.grading.server import Server
from wslab.grading.student import Student

from .. import reference
from ..reference import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, encode_close
from ..vectors import sentence
from ..visitor import END, NOTHING, Heard, Visitor

SIZE = 512 * 1024
ENOUGH = 24
"""So many messages of SIZE are more than the system's buffers and some megabytes."""
SILENCE = (0.2, 1.0)
"""Seconds between pings: the longer ones only if our own machine is too slow for the others."""

NOT_TO_ONESELF = "A client that says something does not hear it"
TRIMMED = "The spaces around a message get lost"
PAST = "A client that enters hears what was said before"
ORDER = "Two visitors hear the same messages in another order"
BINARY_TOLD = "A binary message is told to the room"
GOSSIP = "When a client leaves, the others are told"
DEAF = "Since a client has vanished, the others do not hear all that is said"
BLOCKED = "A client does not read, and so nobody in the room hears anything"
ENDLESS = "A client that does not read for long gets all in the end, so all was kept"
NEVER_PINGED = "Nobody gets a ping"
IMMORTAL = "A client that sends nothing at all, no pong either, is still in the room"
MUST_TALK = "A client that answers each ping, and says nothing else, is put out"
JUST_ENDS = "The answer to our Close is the end of TCP, and no Close"
DROPPED = "At Ctrl-C, a connection ends without a Close"
LEFT_OPEN = "After Ctrl-C"


def words(random: Random) -> bytes:
    return f"{sentence(random)} é回👋 {random.randint(1000, 9999)}".encode()


@contextmanager
def room(server: Server, count: int) -> Iterator[list[Visitor]]:
    """So many visitors, all of them in the room."""
    with contextlib.ExitStack() as stack:
        visitors = [stack.enter_context(Visitor(server)).enter() for _ in range(count)]
        server.settle()
        yield visitors


@check("ex09", points=3, title="All hear all, from the moment they enter", lesson="09", rfc="5")
def everybody(student: Student) -> None:
    random = student.random
    with student.serving() as server, room(server, 3) as visitors:
        for speaker in visitors:
            data = b"  " + words(random) + b" "
            cut = random.randrange(1, len(data))
            # In one piece, on every machine: who takes a piece for a frame must not get by by luck.
            speaker.say(
                speaker.frame(TEXT, data[:cut], fin=False)
                + speaker.frame(PING, b"here?")
                + speaker.frame(CONTINUATION, data[cut:])
            )
            changed = {Heard(TEXT, data.strip()): f"{TRIMMED}."}
            for visitor in visitors:
                if visitor is not speaker:
                    visitor.due(TEXT, data, "What another one says", changed)
            speaker.due(PONG, b"here?", "The answer to a ping")
            speaker.due(
                TEXT, data, "What one has said oneself", {NOTHING: f"{NOT_TO_ONESELF}."} | changed
            )
        with Visitor(server) as late:
            late.enter().say(late.frame(PING, b"here?"))
            got = late.hear()
            if got.opcode == TEXT:
                raise Complaint(f"{PAST}: {got}.")
            if got != Heard(PONG, b"here?"):
                raise Complaint(f"The answer to a ping is due, and {got} comes.")
            visitors[0].say(visitors[0].frame(TEXT, b"Welcome"))
            late.due(TEXT, b"Welcome", "What is said after one's 101")
        student.claim(True, "")


@check("ex09", points=2, title="All hear all in the same order", lesson="09",
       needs=["everybody"])  # fmt: skip
def one_order(student: Student) -> None:
    with student.serving() as server, room(server, 4) as visitors:
        said = []
        for turn in range(12):
            for number, visitor in enumerate(visitors):
                said.append(f"{number}: {turn}".encode())
                visitor.say(visitor.frame(TEXT, said[-1]))
        heard: list[list[Heard]] = []
        for visitor in visitors:
            heard.append(texts(visitor, len(said)))
            if sorted(heard[-1], key=str) != sorted((Heard(TEXT, data) for data in said), key=str):
                raise Complaint(f"Of {len(said)} messages at a time, some come changed, or twice.")
            if heard[-1] != heard[0]:
                raise Complaint(f"{ORDER}.")
        student.claim(True, "")


def texts(visitor: Visitor, count: int) -> list[Heard]:
    """The next texts; all of them are due."""
    heard: list[Heard] = []
    while len(heard) < count:
        got = visitor.hear()
        if got.opcode != TEXT:
            raise Complaint(
                f"Of {count} messages at a time, {len(heard)} come, and then {got}. "
                "Does your room still hold clients that have left before?"
            )
        heard.append(got)
    return heard


@check("ex09", points=1, title="A binary message gets 1003, and nobody hears it", lesson="09",
       rfc="7.4.1")  # fmt: skip
def text_only(student: Student) -> None:
    with student.serving() as server, room(server, 3) as (one, other, third):
        one.say(one.frame(BINARY, student.random.randbytes(9)) + one.frame(PING, b"next"))
        got = one.hear()
        if got.opcode == BINARY:
            raise Complaint(f"{BINARY_TOLD}.")
        if got.code != 1003:
            raise Complaint(f"After a binary message, a Close with 1003 is due, and {got} comes.")
        server.settle()  # whatever the others are told about it comes before what is said now
        other.say(other.frame(TEXT, b"Hello"))
        third.due(TEXT, b"Hello", "After somebody else's binary message")
        student.claim(True, "")


@check("ex09", points=3, title="Somebody leaves, or vanishes; the others stay", lesson="09",
       rfc="7.1", needs=["everybody"])  # fmt: skip
def leaving(student: Student) -> None:
    random = student.random
    with student.serving() as server, room(server, 2) as others:
        for turn in range(4):
            with Visitor(server) as guest:
                guest.enter().say(guest.frame(TEXT, b"Hello"))
                for visitor in (guest, *others):
                    visitor.due(TEXT, b"Hello", "What a new visitor says", {END: f"{DEAF}."})
                if turn % 2:
                    guest.say(guest.frame(TEXT, bytes(9000))[: random.randrange(1, 9000)])
                    guest.line.vanish()
                else:
                    goodbye(guest, 1000 if turn else 3000 + random.randrange(2000))
            data = words(random)
            others[0].say(others[0].frame(TEXT, data))
            for visitor in others:
                got = visitor.hear()
                if got.opcode == TEXT and got.payload != data:
                    raise Complaint(f"{GOSSIP}: {got}.")
                if got.opcode != TEXT:
                    raise Complaint(f"{DEAF}.")
        student.claim(True, "")


def goodbye(guest: Visitor, code: int) -> None:
    """Close, and get one's Close back, and then the end of TCP."""
    guest.say(guest.frame(CLOSE, encode_close(code)))
    got = guest.hear()
    if got == END:
        raise Complaint(f"{JUST_ENDS}.")
    if got.code != code:
        raise Complaint(f"The answer to our Close ({code}): {got} comes.")
    if (got := guest.hear()) != END:
        raise Complaint(f"Both sides have said Close, and now {got} comes.")


@check("ex09", points=4, title="A slow reader goes, and holds up nobody", lesson="09", rfc="10.4",
       needs=["everybody"])  # fmt: skip
def slow_reader(student: Student) -> None:
    with student.serving() as server, room(server, 2) as (one, other), Visitor(server) as slow:
        slow.line.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        slow.enter()
        data = student.random.randbytes(SIZE // 2).hex().encode()
        frame = one.frame(TEXT, data)
        for _ in range(ENOUGH):
            with contextlib.suppress(Complaint):  # nobody takes it: then nothing comes back, too
                one.say(frame)
            for visitor in (one, other):
                got = visitor.hear()
                if got.opcode == TEXT and got.payload != data:
                    got = visitor.hear()  # what else is told is no matter of this check
                if got == NOTHING:
                    raise Complaint(f"{BLOCKED}.")
                if got != Heard(TEXT, data):
                    raise Complaint(f"A message for everybody is due, and {got} comes.")
        for _ in range(ENOUGH):
            try:
                got = slow.hear()
            except Complaint:  # cut in the middle of a frame: it did not read even that
                break
            if got.opcode == TEXT:
                continue
            # Whether a Close still gets through is a matter of luck: its code counts for nothing.
            if got == NOTHING:
                raise Complaint("A client that reads too slowly has to go, and is still there.")
            break
        else:
            raise Complaint(f"{ENDLESS}: {ENOUGH * SIZE >> 20} MiB. The limit must be in bytes.")
        student.claim(True, "")


@check("ex09", points=2, title="Ctrl-C: 1001 for everybody, and a good end", lesson="09",
       rfc="7.4.1")  # fmt: skip
def ctrl_c(student: Student) -> None:
    with student.serving() as server, room(server, 3) as visitors:
        for visitor in visitors:
            visitor.say(visitor.frame(PING, b"here?"))
            visitor.due(PONG, b"here?", "The answer to a ping")
        server.interrupt()
        for visitor in visitors:
            got = visitor.hear()
            if got == END:
                raise Complaint(f"{DROPPED}.")
            if got.code != 1001:
                raise Complaint(f"{LEFT_OPEN}, a Close with 1001 is due, and {got} comes.")
            visitor.say(visitor.frame(CLOSE, encode_close(1001)))
            visitor.line.sock.close()
        status = server.exit_status(5.0)
        if status is None:
            raise Complaint(f"{LEFT_OPEN}, the program still runs five seconds later.")
        if status != 0:
            raise Complaint(f"{LEFT_OPEN}, the exit code is {status}, and should be 0.")
        student.claim(True, "")


@check("ex09", points=4, title="Keep-alive: who is silent goes, who answers stays", lesson="09",
       rfc="5.5.2", needs=["everybody"])  # fmt: skip
def keep_alive(student: Student) -> None:
    for seconds in SILENCE:
        with student.serving(str(seconds)) as server, room(server, 2) as (silent, alive):
            try:
                watch(silent, alive, seconds)
            except TooSlow as complaint:
                # Did we take too long to answer? Then ask once more, and slowly.
                if seconds == SILENCE[-1]:
                    raise Complaint(str(complaint)) from None
                continue
        break
    student.claim(True, "")


class TooSlow(Exception):
    """Somebody who is alive was put out; it may have been our own fault."""


def watch(silent: Visitor, alive: Visitor, seconds: float) -> None:
    """Four times ``seconds`` of silence on one line, and of pongs on the other."""
    start = time.monotonic()
    heard = bytearray()
    gone = False
    while time.monotonic() < start + 4 * seconds + (0 if gone else silent.line.step):
        left = [alive.line.sock] if gone else [alive.line.sock, silent.line.sock]
        ready = select.select(left, [], [], seconds / 4)[0]
        if alive.line.sock in ready:
            answer_ping(alive)
        if silent.line.sock in ready:
            data = b""
            with contextlib.suppress(ConnectionError):  # a reset is an end, too
                data = silent.line.sock.recv(4096)
            heard += data
            gone = not data
    if not alive.pings:
        raise Complaint(f"{NEVER_PINGED}, and four times {seconds} seconds are over.")
    if not gone:
        raise Complaint(f"{IMMORTAL} after four times {seconds} seconds.")
    code = last_code(bytes(heard))
    if code not in (0, 1008):
        raise Complaint(
            f"A client that is silent gets a Close with {code}; "
            "1008 is due, or just the end of the connection."
        )
    alive.say(alive.frame(TEXT, b"I am here"))
    alive.due(TEXT, b"I am here", "What is said by somebody who answers each ping")


def last_code(heard: bytes) -> int:
    """The code of the Close among these frames; 0 if there is none."""
    code = 0
    with contextlib.suppress(IndexError, KeyError):  # a frame that breaks off
        while heard:
            _, opcode, payload, heard = reference.decode_frame(heard)
            code = Heard(opcode, payload).code
    return code


def answer_ping(alive: Visitor) -> None:
    """Whatever comes must be a ping; a pong goes back."""
    head = alive.line.hear_some(2)
    payload = alive.line.hear_some(head[1] & 0x7F) if len(head) > 1 else b""
    if len(head) < 2 or head[0] == 0x80 | CLOSE:
        raise TooSlow(f"{MUST_TALK}.")
    if head[0] != 0x80 | PING:
        raise Complaint(f"A ping is due to somebody who says nothing, and {head.hex(' ')} comes.")
    alive.pings += 1
    alive.say(alive.frame(PONG, payload))
