"""How bytes reach a program: TCP promises their order, and nothing about where they are cut."""

from __future__ import annotations

import random
from enum import Enum


class Delivery(Enum):
    """How our bytes reach the student's program; the values are for people."""

    WHOLE = "each message in a piece of its own"
    BYTES = "one byte at a time"
    RANDOM = "cut at random places"
    GLUED = "all in one piece"


def pieces(
    messages: tuple[bytes, ...], delivery: Delivery, randomness: random.Random
) -> list[bytes]:
    """The messages as they go out.

    >>> pieces((b"ab", b"c"), Delivery.GLUED, random.Random(1))
    [b'abc']
    >>> pieces((b"ab", b"c"), Delivery.BYTES, random.Random(1))
    [b'a', b'b', b'c']
    """
    if delivery is Delivery.WHOLE:
        return list(messages)
    stream = b"".join(messages)
    if delivery is Delivery.GLUED:
        return [stream]
    if delivery is Delivery.BYTES:
        return [stream[i : i + 1] for i in range(len(stream))]
    cuts = sorted(randomness.randrange(len(stream) + 1) for _ in range(min(len(stream), 9)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True) if a < b]
