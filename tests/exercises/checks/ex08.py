"""Exercise 8: what a message costs, over TCP, over WebSocket, over HTTP."""

from __future__ import annotations

from random import Random

from wslab.grading.check import check
from wslab.grading.student import Student

from .. import reference

BORDERS = (0, 1, 125, 126, 127, 128, 65535, 65536, 65537, 1 << 40)

AWAY_FROM_BORDERS = ((0, 120), (130, 60_000), (70_000, 1_000_000))
"""Sizes in each of the three forms: that the borders are right is asked by one check only."""


def a_size(random: Random) -> int:
    return random.randint(*random.choice(AWAY_FROM_BORDERS))


def a_workload(random: Random) -> tuple[int, int]:
    """So many messages, of so many bytes."""
    return random.choice((1, 2, 10, random.randint(2, 5000))), a_size(random)


def heads(random: Random, size: int, saved: int) -> tuple[int, int]:
    """Two heads of HTTP that are so many bytes longer than the headers of a frame there and back"""
    both = sum(reference.websocket_bytes(1, size)) - 2 * size + saved
    up = random.randint(0, both)
    return up, both - up


def one_that_pays(random: Random) -> tuple[int, int, int, int]:
    """A size, a handshake, two heads of HTTP. Little is saved, so that every byte counts."""
    size = a_size(random)
    return size, random.randint(200, 700), *heads(random, size, random.randint(1, 60))


def on_the_point(random: Random) -> tuple[int, int, int, int]:
    """The handshake is paid for exactly: after so many messages, both cost the same."""
    size, saved = a_size(random), random.randint(10, 300)
    return size, saved * random.randint(2, 9), *heads(random, size, saved)


@check("ex08", points=2, title="The header of a frame", lesson="10", rfc="5.2")
def header_size(student: Student) -> None:
    for size in [*BORDERS, *student.vectors(a_size, 6)]:
        for masked in (True, False):
            student.expect("frame_header", size, masked=masked, right=reference.frame_header)


@check("ex08", points=2, title="An echo over WebSocket, both directions", lesson="10", rfc="5.1",
       needs=["header_size"])  # fmt: skip
def over_websocket(student: Student) -> None:
    for messages, size in student.vectors(a_workload, 14):
        student.expect("websocket_bytes", messages, size, right=reference.websocket_bytes)


@check("ex08", points=1, title="An echo over TCP, a length in front", lesson="10")
def over_tcp(student: Student) -> None:
    for messages, size in student.vectors(a_workload, 12):
        student.expect("length_prefix_bytes", messages, size % 10_000,
                       right=reference.length_prefix_bytes)  # fmt: skip


@check("ex08", points=2, title="An echo over HTTP", lesson="10")
def over_http(student: Student) -> None:
    for messages, size in student.vectors(a_workload, 12):
        lengths = student.random.randint(30, 400), student.random.randint(30, 400)
        student.expect("http_bytes", messages, size, *lengths, right=reference.http_bytes)


@check("ex08", points=3, title="From when on WebSocket is cheaper", lesson="10",
       needs=["header_size"])  # fmt: skip
def pays_off(student: Student) -> None:
    for workload in [*student.vectors(one_that_pays, 10), *student.vectors(on_the_point, 6)]:
        student.expect("break_even", *workload, right=reference.break_even)


@check("ex08", points=1, title="When WebSocket never is", lesson="10", needs=["pays_off"])
def never_pays(student: Student) -> None:
    for size in student.vectors(a_size, 10):
        for less in (0, student.random.randint(1, 8)):
            up, down = heads(student.random, size, -less)
            handshake = student.random.randint(200, 700)
            student.expect("break_even", size, handshake, up, down, right=reference.break_even,
                           because=f"HTTP adds {up + down} bytes to a message and its echo: no "
                           "more than WebSocket")  # fmt: skip
