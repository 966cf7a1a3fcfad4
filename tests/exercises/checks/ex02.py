"""Exercise 2: messages over a stream, by a delimiter and by a length."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference
from ..vectors import cut, single, some_bytes


def some_lines(random: Random) -> bytes:
    """Lines, some of them empty, some with bytes that look like the end of a line."""
    words = (b"", b"one", b"t\rwo", b"\x0bthree", b"fo ur \r")
    return b"".join(random.choice(words) + b"\n" for _ in range(5))


def lines_and_more(random: Random) -> bytes:
    """Lines, and behind them the beginning of another."""
    return b"\n".join(random.choices((b"", b"one", b"two", b"three"), k=4)) + b"\nand"


def some_messages(random: Random) -> list[bytes]:
    return [
        random.randbytes(random.choice((0, 1, 5, 255, 258))) for _ in range(random.randint(2, 5))
    ]


@check("ex02", points=2, title="Lines, wherever the chunks were cut", lesson="02")
def lines_in_any_chunks(student: Student) -> None:
    for text in student.vectors(some_lines, 12):
        for chunks in ([text], single(text), cut(student.random, text)):
            student.expect("split_lines", chunks, right=reference.split_lines)


@check("ex02", points=1, title="The line that is not complete yet", lesson="02",
       needs=["lines_in_any_chunks"])  # fmt: skip
def unfinished_line(student: Student) -> None:
    for text in ([], [b""], [b"a"], [b"a\nb"], [b"a\nb", b"c"], [b"a", b"\nb"], [b"\n\n", b"c"]):
        student.expect("split_lines", text, right=reference.split_lines)
    for text in student.vectors(lines_and_more, 8):
        student.expect("split_lines", cut(student.random, text), right=reference.split_lines)


@check("ex02", points=2, title="A length in front of a message", lesson="02")
def packed(student: Student) -> None:
    for message in student.vectors(some_bytes(0, 300), 10):
        student.expect("pack", message, right=reference.pack)
    for size in (0, 255, 256, 258, 65536):
        student.expect("pack", bytes(size), right=reference.pack)


@check("ex02", points=3, title="All messages of a buffer", lesson="02")
def every_message(student: Student) -> None:
    # The first one has a length that is the same in any order of its bytes.
    for messages in ([b"", b"one"], *student.vectors(some_messages, 12)):
        student.expect("unpack", b"".join(map(reference.pack, messages)), right=reference.unpack)


@check("ex02", points=2, title="The message that is not complete yet", lesson="02",
       needs=["every_message"])  # fmt: skip
def unfinished_message(student: Student) -> None:
    stream = reference.pack(b"Hello, you")
    for end in range(len(stream)):
        student.expect("unpack", stream[:end], right=reference.unpack)
