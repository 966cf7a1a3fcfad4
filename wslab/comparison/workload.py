"""What is to be said: so many messages of such a size, one by one, each after its answer."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass

from ..errors import Error

Answers = Generator[bytes, None, None]
"""The echoes of the messages, one by one."""

MAX_MESSAGES = 10_000
MAX_SIZE = 65_536
"""In bytes. TCP's echo answers while it still receives: a message must fit the socket buffers."""

MAX_TOTAL = 2**26
"""All messages together, in bytes."""

MAX_PACE = 60.0
MAX_DURATION = 3600.0
"""How long the pauses of one run may take together, in seconds."""


@dataclass(frozen=True)
class Workload:
    """``messages`` messages of ``size`` bytes, and one every ``pace`` seconds at most.

    With a pace of 0 each goes out as soon as the answer to the one before is there. Raises
    Error.

    >>> list(Workload(2, 4))
    [b'0000', b'0001']
    """

    messages: int = 100
    size: int = 16
    pace: float = 0.0

    def __post_init__(self) -> None:
        _check("messages", self.messages, MAX_MESSAGES)
        _check("size (bytes)", self.size, MAX_SIZE)
        if self.messages * self.size > MAX_TOTAL:
            text = f"{self.messages} messages of {self.size} bytes are too much"
            raise Error(f"{text}: together at most {MAX_TOTAL} bytes.")
        check_seconds("pace", self.pace, MAX_PACE)
        if self.messages * self.pace > MAX_DURATION:
            text = f"{self.messages} messages, one every {self.pace:g} s, take too long"
            raise Error(f"{text}: at most {MAX_DURATION:g} s.")

    def __iter__(self) -> Iterator[bytes]:
        """The messages: digits, because server-sent events carry nothing but text."""
        return (f"{number:0{self.size}d}"[-self.size :].encode() for number in range(self.messages))


def _check(name: str, number: int, most: int) -> None:
    if type(number) is not int or not 1 <= number <= most:
        raise Error(f"{name} must be a whole number from 1 to {most}, not {number!r}.")


def check_seconds(name: str, seconds: object, most: float, *, positive: bool = False) -> None:
    """Raise Error unless ``seconds`` is a number from 0 (or above it) to ``most``."""
    good = isinstance(seconds, (int, float)) and math.isfinite(seconds) and 0 <= seconds <= most
    if not good or (positive and not seconds):
        least = "above 0, up to" if positive else "from 0 to"
        raise Error(f"{name} must be a number of seconds {least} {most:g}, not {seconds!r}.")
