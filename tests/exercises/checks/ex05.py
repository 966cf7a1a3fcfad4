"""Exercise 5: masking, which is no encryption (RFC 6455 §5.3)."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference
from ..vectors import cut, single


def data_and_key(random: Random) -> tuple[bytes, bytes]:
    return random.randbytes(random.randint(5, 60)), random.randbytes(4)


def a_masked_frame(random: Random, size: int, *, fin: bool) -> bytes:
    opcode, payload = random.randint(1, 2), random.randbytes(size)
    return reference.encode_frame(opcode, payload, fin=fin, mask=random.randbytes(4))


def blame(student: Student) -> str:
    """A word for those who use their apply_mask in another function, if it is not right yet."""
    for _ in range(2):
        data, key = student.random.randbytes(7), student.random.randbytes(4)
        if student.call("apply_mask", data, key).value != reference.apply_mask(data, key):
            return "your apply_mask is not right yet: if this uses it, mend that first"
    return ""


@check("ex05", points=3, title="XOR with the key, over and over", lesson="06", rfc="5.3")
def mask_it(student: Student) -> None:
    for data, key in student.vectors(data_and_key, 12):
        student.expect("apply_mask", data, key, right=reference.apply_mask)
    for size in (0, 1, 2, 3, 4, 5, 7, 8):
        data, key = student.random.randbytes(size), student.random.randbytes(4)
        student.expect("apply_mask", data, key, right=reference.apply_mask)


@check("ex05", points=3, title="One payload in many chunks", lesson="06", rfc="5.3")
def in_chunks(student: Student) -> None:
    why = blame(student)
    for data, key in student.vectors(data_and_key, 10):
        for chunks in (single(data), cut(student.random, data), [b"", data, b""]):
            student.expect("unmask_stream", chunks, key, right=reference.unmask_stream,
                           because=why)  # fmt: skip


@check("ex05", points=3, title="Read a masked frame with no secret", lesson="06", rfc="5.3")
def no_secret(student: Student) -> None:
    why = blame(student)
    # Whole groups of four: that a rest is masked, too, is asked above.
    for number, size in enumerate((4, 8, 60, 124, 128, 132, 256, 300, 65532, 65536, 65540)):
        frame = a_masked_frame(student.random, size, fin=number % 2 == 0)
        student.expect("eavesdrop", frame, right=reference.eavesdrop, because=why)


@check("ex05", points=1, title="A frame that is not masked", lesson="06", rfc="5.1",
       needs=["no_secret"])  # fmt: skip
def nothing_to_take_off(student: Student) -> None:
    for size in (0, 1, 4, 5, 10, 125, 126, 300):
        frame = reference.encode_frame(1, student.random.randbytes(size))
        student.refuses("eavesdrop", frame, because="the MASK bit of this frame is 0")
