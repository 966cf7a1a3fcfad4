"""Random questions: each function takes a ``random.Random``, and makes one.

All that is random comes from there, so the same seed asks the same questions, everywhere.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from random import Random

WORDS = ("echo", "Hello", "socket", "été", "naïve", "回声", "42", "", "a b c", "wave 👋")


def some_bytes(least: int, most: int) -> Callable[[Random], bytes]:
    """Questions of so many bytes, any bytes."""
    return lambda random: random.randbytes(random.randint(least, most))


def sentence(random: Random) -> str:
    return " ".join(random.choices(WORDS, k=random.randint(1, 6)))


def cut(random: Random, data: bytes, most: int = 8) -> list[bytes]:
    """``data`` in pieces, cut where chance will have it."""
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(1, most)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if a < b]


def single(data: bytes) -> list[bytes]:
    """``data`` byte by byte."""
    return [data[i : i + 1] for i in range(len(data))]


def key(random: Random) -> str:
    """A Sec-WebSocket-Key."""
    return base64.b64encode(random.randbytes(16)).decode()


def mixed_case(random: Random, text: str) -> str:
    return "".join(random.choice((c.lower(), c.upper())) for c in text)


def shuffled(random: Random, items: Sequence[str]) -> list[str]:
    return random.sample(items, len(items))
