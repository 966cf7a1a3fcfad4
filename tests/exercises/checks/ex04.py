"""Exercise 4: frames, written and read (RFC 6455 §5.2)."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.scripts import Recv
from wslab.grading.student import Student

from .. import reference
from ..vectors import cut, single

BORDERS = (0, 1, 2, 124, 125, 126, 127, 128, 255, 256, 258, 65535, 65536, 65538)
"""Lengths on both sides of each border between the three forms."""


def a_short_frame(random: Random) -> bytes:
    """A whole data frame of up to 125 bytes, masked or not."""
    mask = random.choice((None, random.randbytes(4)))
    payload = random.randbytes(random.randint(0, 125))
    fin, opcode = random.choice((True, False)), random.randrange(3)
    return reference.encode_frame(opcode, payload, fin=fin, mask=mask)


def a_frame(random: Random) -> bytes:
    """A whole data frame of any length that comes in a form of its own."""
    mask = random.choice((None, random.randbytes(4)))
    return reference.encode_frame(2, random.randbytes(random.choice(BORDERS[:-3])), mask=mask)


@check("ex04", points=2, title="A short frame, written", lesson="05", rfc="5.2")
def short_frame(student: Student) -> None:
    for _ in range(10):
        payload = student.random.randbytes(student.random.randint(0, 125))
        opcode, fin = student.random.randrange(3), student.random.choice((True, False))
        student.expect("encode_frame", opcode, payload, fin=fin, right=reference.encode_frame)


@check("ex04", points=2, title="The three forms of the length, written", lesson="05", rfc="5.2")
def three_lengths(student: Student) -> None:
    for size in BORDERS:
        student.expect("encode_frame", 2, bytes(size), right=reference.encode_frame)


@check("ex04", points=2, title="A masked frame, written", lesson="05", rfc="5.3",
       needs=["short_frame"])  # fmt: skip
def masked_frame(student: Student) -> None:
    for size in (0, 1, 2, 3, 4, 5, 9, 64, 100, 125):
        payload, key = student.random.randbytes(size), student.random.randbytes(4)
        student.expect("encode_frame", 1, payload, mask=key, right=reference.encode_frame)


@check("ex04", points=1, title="What may not be written", lesson="05", rfc="5.5",
       needs=["short_frame"])  # fmt: skip
def not_written(student: Student) -> None:
    for opcode in (3, 7, 11, 15):
        student.refuses("encode_frame", opcode, b"", because="this opcode is reserved")
    for opcode in (8, 9, 10):
        for size in (3, 125):
            student.expect("encode_frame", opcode, bytes(size), right=reference.encode_frame)
        student.refuses("encode_frame", opcode, bytes(126),
                        because="a control frame has at most 125 bytes of payload")  # fmt: skip
        student.refuses("encode_frame", opcode, b"", fin=False,
                        because="a control frame comes in one piece")  # fmt: skip


@check("ex04", points=2, title="A frame, read", lesson="05", rfc="5.2")
def read_short(student: Student) -> None:
    for frame in student.vectors(a_short_frame, 12):
        student.expect("decode_frame", frame, right=reference.decode_frame)


@check("ex04", points=2, title="The three forms of the length, read", lesson="05", rfc="5.2",
       needs=["read_short"])  # fmt: skip
def read_lengths(student: Student) -> None:
    for size in BORDERS:
        frame = reference.encode_frame(2, student.random.randbytes(size))
        student.expect("decode_frame", frame, right=reference.decode_frame)


@check("ex04", points=1, title="What stands behind the frame", lesson="05", rfc="5.2",
       needs=["read_short"])  # fmt: skip
def what_is_behind(student: Student) -> None:
    for behind in (b"\x89\x00", b"\x81", b"\x88\x02\x03\xe8", b"\xff" * 20) * 2:
        frame = reference.encode_frame(1, student.random.randbytes(student.random.randrange(9)))
        student.expect("decode_frame", frame + behind, right=reference.decode_frame)


@check("ex04", points=2, title="What is no frame", lesson="05", rfc="5.2",
       needs=["read_lengths"])  # fmt: skip
def no_frame(student: Student) -> None:
    def refuses(data: bytes, because: str) -> None:
        student.refuses("decode_frame", data, because=because)

    frame = reference.encode_frame(1, b"Hello" * 30, mask=b"mask")
    for end in (0, 1, 2, 3, 7, len(frame) - 1):
        refuses(frame[:end], "the frame is not complete")
    for bit in (0x40, 0x20, 0x10):
        refuses(bytes([0x81 | bit, 0]), "a reserved bit is set")
    for opcode in (3, 7, 11, 15):
        refuses(bytes([0x80 | opcode, 0]), "this opcode is reserved")
    refuses(b"\x82\x7e\x00\x7d" + bytes(125), "a length of 125 fits into the seven bits")
    refuses(b"\x82\x7f" + (65535).to_bytes(8, "big") + bytes(65535), "65535 fits into two bytes")
    refuses(b"\x82\x7f\xff" + bytes(7), "the top bit of an 8-byte length must be 0")
    refuses(b"\x89\x7e\x00\x7e" + bytes(126), "a control frame has at most 125 bytes")
    refuses(b"\x09\x00", "a control frame comes in one piece")


@check("ex04", points=3, title="A frame from a stream, however it arrives", lesson="05", rfc="5.2")
def from_a_stream(student: Student) -> None:
    for frame in student.vectors(a_frame, 10):
        behind = student.random.randbytes(3)
        stream = frame + behind
        # The header byte by byte, of whatever length; a long payload in fewer pieces.
        chunks = [*single(stream[:40]), *cut(student.random, stream[40:])]
        for script in (Recv(stream), Recv(*chunks)):
            student.expect("read_frame", script, right=reference.read_frame)


@check("ex04", points=1, title="A stream that ends in the middle", lesson="05", rfc="5.2",
       needs=["from_a_stream"])  # fmt: skip
def stream_ends(student: Student) -> None:
    frame = reference.encode_frame(1, b"Hello" * 30, mask=b"mask")
    for end in (0, 1, 2, 3, 5, 8, 20, len(frame) - 1):
        student.expect("read_frame", Recv(frame[:end]), right=reference.read_frame,
                       because="the stream ends before the frame is complete")  # fmt: skip
    for first in (0x80, 0xFF):  # as decode_frame does; to wait for so many bytes is no answer
        student.refuses("read_frame", Recv(bytes([0x82, 0x7F, first]) + bytes(7)),
                        because="the top bit of an 8-byte length must be 0")  # fmt: skip
