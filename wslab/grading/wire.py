"""How values cross the pipe between judge and worker: 4 bytes of length, then JSON.

Only plain data of *exactly* these types: None, bool, int, float, str, bytes, list, tuple, dict, and
the two below. A subclass could bring an ``__eq__`` that always says yes; here nothing of it
arrives. What is too deep, too long or not plain is refused on both sides; the reader trusts nothing
that it reads. No pickle: to unpickle is to run the sender's code.
"""

from __future__ import annotations

import base64
import json
import math
import os
import select
import struct
import time
from typing import Any, NamedTuple

MOST_DEPTH = 12
MOST_BITS = 256
"""Longer whole numbers are refused: turning their digits into a number takes quadratic time."""

MOST_PARTS = 10_000
"""A value with more parts is refused: to look at each of them takes us longer than to send it."""
MOST_KEYS = 1000
"""So is a longer dict: all keys can have one hash, and then each is compared with each."""

_HEAD = struct.Struct("!I")


class WireError(ValueError):
    """These bytes are no message, or this value is no plain data."""


class Other(NamedTuple):
    """Stands for a value that is no plain data: what its type is called, and how it looks.

    It equals nothing but its like; as a mere tuple it would equal a tuple of the same words.
    """

    kind: str
    text: str = ""

    def __eq__(self, other: object) -> bool:
        return type(other) is Other and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:  # a tuple's own would not ask __eq__
        return not self == other

    def __hash__(self) -> int:
        return hash(tuple(self))


class Handle(NamedTuple):
    """Stands for an object that stays with the judge: the worker calls its methods over the pipe.

    Without methods it is a function, as the ``recv`` in ``recv_exactly(recv, n)``.
    """

    number: int
    methods: tuple[str, ...] = ()


# ---------------------------------------------------------------- a message on the pipe


def message(value: object, most: int) -> bytes:
    """All that crosses the pipe for ``value``.

    Raises WireError if it is no plain data, or longer than ``most`` bytes.
    """
    data = encode(value)
    if len(data) > most:
        raise WireError(f"too long: {len(data)} bytes, and {most} are the most")
    return _HEAD.pack(len(data)) + data


def write(fd: int, value: object, most: int) -> None:
    """Write ``value``, and wait as long as it takes. Raises WireError."""
    data = message(value, most)
    while data:
        data = data[os.write(fd, data) :]


class Reader:
    """The messages that come out of a pipe, each of at most ``most`` bytes."""

    def __init__(self, fd: int, most: int) -> None:
        self.fd, self.most = fd, most
        self._come = bytearray()

    def read(self, deadline: float | None = None) -> Any:
        """Wait for a value and return it.

        Raises EOFError at the end of the stream, WireError, and TimeoutError when it is not there
        by the deadline (by ``time.monotonic()``; Windows cannot do that: see `inbox`).
        """
        head = _HEAD.size
        self._gather(head, deadline)
        (size,) = _HEAD.unpack_from(self._come)
        if size > self.most:  # before a byte of it is read, so that no length fills the memory
            raise WireError(f"too long: {size} bytes, and {self.most} are the most")
        self._gather(head + size, deadline)
        data = bytes(self._come[head : head + size])
        del self._come[: head + size]
        return decode(data)

    def _gather(self, size: int, deadline: float | None) -> None:
        """Read until there are so many bytes."""
        while len(self._come) < size:
            if deadline is not None:
                self._wait(deadline)
            part = os.read(self.fd, 1 << 16)
            if not part:
                raise EOFError("the pipe is closed")
            self._come += part

    def _wait(self, deadline: float) -> None:
        poll = select.poll()  # select() knows only the first 1,024 descriptors
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(1000 * max(0.0, deadline - time.monotonic())):
            raise TimeoutError


# ---------------------------------------------------------------- a value as JSON


def encode(value: object) -> bytes:
    """A value as bytes. Raises WireError.

    >>> encode((b"Hello", True))
    b'{"tuple":[{"bytes":"SGVsbG8="},true]}'
    """
    return _dumps(_wrapped(value, MOST_DEPTH, Room())).encode("ascii")


_dumps = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Room:
    """For so many more parts of one value."""

    def __init__(self) -> None:
        self.left = MOST_PARTS

    def take(self, count: int, most: int = MOST_PARTS) -> None:
        """Raises WireError if that's too much."""
        self.left -= count
        if self.left < 0 or count > most:
            raise WireError(f"too many parts: {count}")


def _wrapped(value: Any, depth: int, room: Room) -> Any:
    """What JSON has no word for becomes an object with one name, which says what it is."""
    kind = type(value)
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        if value.bit_length() > MOST_BITS:
            raise WireError(f"a number of {value.bit_length()} bits")
        return value
    if kind is float:
        if not math.isfinite(value):
            raise WireError(f"the number {value}")
        return value
    if kind is bytes:
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if not depth:
        raise WireError("nested too deeply")
    if kind in (list, tuple, dict):
        room.take(len(value), MOST_KEYS if kind is dict else MOST_PARTS)
    if kind is list:
        return [_wrapped(item, depth - 1, room) for item in value]
    if kind is tuple:
        return {"tuple": [_wrapped(item, depth - 1, room) for item in value]}
    if kind is dict:
        pairs = [[_wrapped(a, 0, room), _wrapped(b, depth - 1, room)] for a, b in value.items()]
        return {"dict": pairs}
    if kind is Other:
        return {"other": [_text(value.kind), _text(value.text)]}
    if kind is Handle:
        return {"handle": [value.number, *map(_text, value.methods)]}
    raise WireError(f"a value of the type {kind.__name__}")


def _text(value: object) -> str:
    if type(value) is not str:
        raise WireError("text is due")
    if not value.isascii():
        value.encode()  # raises a ValueError for half a surrogate pair: it can't be written down
    return value


def decode(data: bytes) -> Any:
    """The value that these bytes stand for. Raises WireError, whatever the bytes are.

    >>> decode(encode({"a": [1, (b"x",)]}))
    {'a': [1, (b'x',)]}
    """
    try:
        return _unwrapped(_loads(data.decode("ascii")), MOST_DEPTH, Room())
    except RecursionError:
        raise WireError("nested too deeply") from None
    except WireError:
        raise
    except (ValueError, TypeError, KeyError, IndexError) as error:
        raise WireError(f"not a message: {type(error).__name__}") from None


def _number(digits: str) -> int:
    if len(digits) > MOST_BITS // 3:
        raise WireError("a number of too many digits")
    return int(digits)


def _no_number(text: str) -> None:
    raise WireError(f"the number {text}")


_loads = json.JSONDecoder(parse_int=_number, parse_constant=_no_number).decode


def _unwrapped(value: Any, depth: int, room: Room) -> Any:
    if type(value) is float and not math.isfinite(value):  # 1e999
        raise WireError(f"the number {value}")
    if type(value) is str:
        return _text(value)
    if type(value) not in (list, dict):
        return value
    if not depth and type(value) is list:
        raise WireError("nested too deeply")
    if type(value) is list:
        room.take(len(value))
        return [_unwrapped(item, depth - 1, room) for item in value]
    ((name, content),) = value.items()
    if name == "bytes":
        return base64.b64decode(content, validate=True)
    if not depth or type(content) is not list:
        raise WireError("nested too deeply, or no list")
    if name == "tuple":
        room.take(len(content))
        return tuple(_unwrapped(item, depth - 1, room) for item in content)
    if name == "dict":
        room.take(len(content), MOST_KEYS)
        return {
            _unwrapped(key, 0, room): _unwrapped(item, depth - 1, room) for key, item in content
        }
    if name == "other":
        kind, text = content
        return Other(_text(kind), _text(text))
    if name == "handle":
        number, *methods = content
        if type(number) is not int:
            raise WireError("a handle is a number")
        return Handle(number, tuple(map(_text, methods)))
    raise WireError("an object of an unknown kind")
