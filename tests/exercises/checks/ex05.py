"""Exercise 5: masking, which is no encryption (RFC 6455 §5.3)."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference
from ..vectors import cut, single


def data_and_key(random: Random) -> tuple[bytes, bytes]:
    return random.randbytes(random.randint(5, 60)), random.randbytes(4)


def a_masked_frame(random: Random, size: int) -> bytes:
    opcode = random.randint(1, 2)
    return reference.encode_frame(opcode, random.randbytes(size), mask=random.randbytes(4))


@check("ex05", points=3, title="XOR with the key, over and over", lesson="06", rfc="5.3")
def mask_it(student: Student) -> None:
    for data, key in student.vectors(data_and_key, 12):
        student.expect("apply_mask", data, key, right=reference.apply_mask)
    for size in (0, 1, 2, 3, 4, 5, 7, 8):
        data, key = student.random.randbytes(size), student.random.randbytes(4)
        student.expect("apply_mask", data, key, right=reference.apply_mask)


@check("ex05", points=3, title="One payload in many chunks", lesson="06", rfc="5.3")
def in_chunks(student: Student) -> None:
    for data, key in student.vectors(data_and_key, 10):
        for chunks in (single(data), cut(student.random, data), [b"", data, b""]):
            student.expect("unmask_stream", chunks, key, right=reference.unmask_stream)


@check("ex05", points=3, title="Read a masked frame with no secret", lesson="06", rfc="5.3")
def no_secret(student: Student) -> None:
    # Whole groups of four: that a rest is masked, too, is asked above.
    for size in (4, 8, 60, 124, 128, 132, 256, 300, 65532, 65536, 65540):
        frame = a_masked_frame(student.random, size)
        student.expect("eavesdrop", frame, right=reference.eavesdrop)


@check("ex05", points=1, title="A frame that is not masked", lesson="06", rfc="5.1",
       needs=["no_secret"])  # fmt: skip
def nothing_to_take_off(student: Student) -> None:
    for size in (0, 1, 4, 5, 10, 125, 126, 300):
        frame = reference.encode_frame(1, student.random.randbytes(size))
        student.refuses("eavesdrop", frame, because="the MASK bit of this frame is 0")
