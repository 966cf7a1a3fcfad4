"""Exercise 1: the two loops of every network program, and an echo: as functions, as a program."""

from __future__ import annotations

from random import Random

from wslab.grading.answers import Complaint
from wslab.grading.check import check
from wslab.grading.delivery import Delivery
from wslab.grading.line import Line
from wslab.grading.scripts import Recv, Send, Socket
from wslab.grading.student import Student

from .. import reference
from ..vectors import cut, sentence, single, some_bytes

SILENT = "Nothing comes back as long as we have more to say"
CROWDED = "While another client is connected, we get no echo"
FINISHED = "When we have finished, and have heard all"
VANISHED = "Since another client has broken off its connection, we get no echo"

ONE_REST = (3, 1 << 16)
"""A socket that takes 3 bytes, and then all. More is asked of `send_all` alone."""


def speech(random: Random) -> bytes:
    """Words with letters of two, three and four bytes, so that a cut may hit one."""
    return f"{sentence(random)} é回👋 {random.randint(10, 99)}".encode()


@check("ex01", points=2, title="All is sent, however little send() takes", lesson="02")
def all_of_it_sent(student: Student) -> None:
    for data in student.vectors(speech, 10):
        takes = [student.random.randint(1, 5) for _ in range(3)]
        student.expect("send_all", Send(*takes), data, right=reference.send_all)
    for data in (b"", b"a", bytes(300)):
        student.expect("send_all", Send(1 << 16), data, right=reference.send_all)


@check("ex01", points=3, title="n bytes from a stream, and not one more", lesson="02")
def exactly_n(student: Student) -> None:
    for data in student.vectors(some_bytes(2, 40), 10):
        for chunks in ([data], single(data), cut(student.random, data)):
            n = student.random.randrange(len(data))
            student.expect("recv_exactly", Recv(*chunks), n, right=reference.recv_exactly)


@check("ex01", points=1, title="A stream that ends too early", lesson="02", needs=["exactly_n"])
def early_end(student: Student) -> None:
    for data in student.vectors(some_bytes(1, 20), 8):
        n = len(data) + student.random.randint(1, 9)
        chunks = cut(student.random, data)
        student.expect("recv_exactly", Recv(*chunks), n, right=reference.recv_exactly,
                       because=f"the stream ends after {len(data)} bytes")  # fmt: skip
    for n in (1, 5):
        student.expect("recv_exactly", Recv(), n, right=reference.recv_exactly,
                       because="the stream ends before the first byte")  # fmt: skip


@check("ex01", points=1, title="An echo of all that comes", lesson="02",
       needs=["all_of_it_sent"])  # fmt: skip
def echoed(student: Student) -> None:
    for data in student.vectors(speech, 5):
        for chunks in ([data], single(data), cut(student.random, data)):
            student.expect("echo", Socket(tuple(chunks), ONE_REST), right=reference.echo)
    student.expect("echo", Socket(()), right=reference.echo)


@check("ex01", points=1, title="The echo leaves the socket open", lesson="02", needs=["echoed"])
def left_open(student: Student) -> None:
    for data in student.vectors(speech, 3):
        student.expect("echo", Socket((data,), ONE_REST, shows_close=True), right=reference.echo,
                       because="echo's caller opened the socket, and closes it")  # fmt: skip


@check("ex01", points=2, title="A question, and its whole echo", lesson="02",
       needs=["all_of_it_sent", "exactly_n"])  # fmt: skip
def asked(student: Student) -> None:
    for data in student.vectors(speech, 5):
        for chunks in ([data], single(data), [*cut(student.random, data), b"and more"]):
            student.expect("ask", Socket(tuple(chunks), ONE_REST), data, right=reference.ask)


@check("ex01", points=1, title="An echo that breaks off", lesson="02",
       needs=["asked", "early_end"])  # fmt: skip
def asked_in_vain(student: Student) -> None:
    for data in student.vectors(speech, 8):
        half = data[: student.random.randrange(1, len(data))]
        script = Socket(tuple(cut(student.random, half)))
        why = f"the stream ends after {len(half)} of {len(data)} bytes"
        student.expect("ask", script, data, right=reference.ask, because=why)


def hear_echo(line: Line, words: list[bytes], nothing: str) -> None:
    """What was said must come back; ``nothing`` is what to complain if not a single byte does."""
    before = len(line.heard)
    try:
        line.hear(b"".join(words), "The echo")
    except Complaint:
        if len(line.heard) > before:
            raise
        raise Complaint(f"{nothing}.") from None


@check("ex01", points=2, title="The program: an echo at once, in any pieces", lesson="02",
       needs=["echoed"])  # fmt: skip
def served(student: Student) -> None:
    with student.serving() as server:
        for delivery in Delivery:
            with server.connect(delivery) as line:
                for _ in range(2):
                    words = list(student.vectors(speech, 3))
                    line.say(*words)
                    hear_echo(line, words, SILENT)
        student.claim(True, "")


@check("ex01", points=2, title="The program: several clients at a time", lesson="02",
       needs=["echoed"])  # fmt: skip
def many_clients(student: Student) -> None:
    # Each finishes before it listens: an echo that waits for that has cost its points above.
    with student.serving() as server, server.connect(), server.connect() as early:
        early.say(b"I came first, ")
        for _ in range(3):
            with server.connect(Delivery.RANDOM) as line:
                words = list(student.vectors(speech, 3))
                line.say(*words)
                line.finish()
                hear_echo(line, words, CROWDED)
        early.say(b"and I go last.")
        early.finish()
        early.hear(b"I came first, and I go last.", "The echo for the client that came first")
        student.claim(True, "")


@check("ex01", points=1, title="The program: clients that finish or vanish", lesson="02",
       needs=["echoed"])  # fmt: skip
def hangs_up(student: Student) -> None:
    with student.serving() as server:
        with server.connect(Delivery.GLUED) as line:
            words = [student.random.randbytes(30_000), *student.vectors(speech, 3)]
            line.say(*words)
            line.finish()
            line.hear(b"".join(words), "The echo, when we have finished sending")
            line.hear_end(FINISHED)
        with server.connect() as lost:
            lost.say(*words)
            lost.vanish()
        with server.connect() as line:
            line.say(*words)
            line.finish()
            hear_echo(line, words, VANISHED)
        student.claim(True, "")
