"""What the judge hands to a function in place of a socket, and what it then sees of it.

A script is a recipe: plain, and the same for every run. ``play()`` makes the thing itself, anew for
the student's answer, for the right answer, and for each wrong belief that it is compared with. It
stays in the judge's process: the student's code calls it over the pipe, and what was sent and how
much was taken is counted here, where nothing can be forged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

PATIENCE = 3
"""So often ``b""``, the end of the stream, may be read. Who goes on would go on for ever."""

MOST_CALLS = 20_000


class GaveUp(Exception):
    """The code would never end; the text says what it does, as in "it keeps on reading"."""


class Play(Protocol):
    """A thing that is being played with."""

    methods: tuple[str, ...]
    """What the student's code may call on it; empty for a function."""

    def __call__(self, *args: Any) -> Any:
        """What the function does."""

    def seen(self) -> Any:
        """What happened to it, as plain data: part of the answer."""


class Script(Protocol):
    """A recipe for a thing to play with."""

    def play(self) -> Play:
        """Make one."""

    def __str__(self) -> str:
        """What it does, in a few words."""


# ---------------------------------------------------------------- recv


@dataclass(frozen=True)
class Recv:
    """A function ``recv(n)`` that gives these chunks, never more than n bytes; then ``b""``.

    >>> recv = Recv(b"He", b"llo").play()
    >>> recv(5), recv(1), recv(5), recv(5)
    (b'He', b'l', b'lo', b'')
    """

    chunks: tuple[bytes, ...]

    def __init__(self, *chunks: bytes) -> None:
        object.__setattr__(self, "chunks", chunks)

    def play(self) -> Play:
        """Make one."""
        return _Receiving(self.chunks)

    def __str__(self) -> str:
        return f"recv() gives {_list(self.chunks)}"


@dataclass
class _Receiving:
    chunks: tuple[bytes, ...]
    methods: tuple[str, ...] = ()
    taken: int = 0
    ends: int = 0
    calls: int = 0

    def __post_init__(self) -> None:
        self.waiting = [chunk for chunk in self.chunks if chunk]

    def __call__(self, *args: Any) -> bytes:
        (size,) = args
        if type(size) is not int:
            raise TypeError("recv(n) takes a number")
        if size < 0:
            raise ValueError("recv(n): n is negative")
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise GaveUp("it calls recv() again and again")
        if not self.waiting:
            self.ends += 1
            if self.ends > PATIENCE:
                raise GaveUp('it reads on after recv() gave b"", the end')
            return b""
        data = self.waiting[0][:size]
        rest = self.waiting[0][size:]
        self.waiting[:1] = [rest] if rest else []
        if not data and size == 0:
            self.calls += MOST_CALLS // 100  # recv(0) says b"" too, and nothing moves
        self.taken += len(data)
        return data

    def seen(self) -> Any:
        return self.taken


# ---------------------------------------------------------------- send


@dataclass(frozen=True)
class Send:
    """A function ``send(data)`` that takes at most so many bytes a call, and says how many.

    >>> send = Send(3, 1).play()
    >>> send(b"Hello"), send(b"lo"), send(b"o"), send.seen()
    (3, 1, 1, b'Hello')
    """

    takes: tuple[int, ...]

    def __init__(self, *takes: int) -> None:
        object.__setattr__(self, "takes", takes)

    def play(self) -> Play:
        """Make one."""
        return _Sending(self.takes)

    def __str__(self) -> str:
        return f"send() takes {', '.join(map(str, self.takes))} bytes, again and again"


@dataclass
class _Sending:
    takes: tuple[int, ...]
    methods: tuple[str, ...] = ()
    sent: bytearray = field(default_factory=bytearray)
    calls: int = 0

    def __call__(self, *args: Any) -> int:
        (data,) = args
        if type(data) is not bytes:
            raise TypeError("send(data) takes bytes")
        if self.calls >= MOST_CALLS:
            raise GaveUp("it calls send() again and again")
        size = min(len(data), self.takes[self.calls % len(self.takes)])
        self.calls += 1
        self.sent += data[:size]
        return size

    def seen(self) -> Any:
        return bytes(self.sent)


# ---------------------------------------------------------------- both in one


@dataclass(frozen=True)
class Socket:
    """A connected socket: ``recv`` gives the chunks, ``send`` takes so many bytes a call."""

    chunks: tuple[bytes, ...]
    takes: tuple[int, ...] = (1 << 16,)
    shows_close: bool = False
    """Whether `seen` is "open" or "closed" at the end, in place of what was sent."""

    def play(self) -> Play:
        """Make one."""
        return _Connected(_Receiving(self.chunks), _Sending(self.takes), self.shows_close)

    def __str__(self) -> str:
        return f"sock.recv() gives {_list(self.chunks)}"


@dataclass
class _Connected:
    receiving: _Receiving
    sending: _Sending
    shows_close: bool = False
    closed: bool = False
    methods: tuple[str, ...] = (
        "recv", "send", "sendall", "shutdown", "close", "settimeout", "setsockopt",
    )  # fmt: skip

    def __call__(self, *args: Any) -> Any:
        raise TypeError("a socket is no function")

    def recv(self, *args: Any) -> bytes:
        return self.receiving(*args)

    def send(self, *args: Any) -> int:
        return self.sending(*args)

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[self.sending(data) :]

    def shutdown(self, how: int) -> None: ...
    def close(self) -> None:
        self.closed = True

    def settimeout(self, seconds: float | None) -> None: ...
    def setsockopt(self, *args: Any) -> None: ...

    def seen(self) -> Any:
        if self.shows_close:
            return "the socket, closed" if self.closed else "the socket, open"
        return self.sending.seen()


def method(play: Play, name: str) -> Callable[..., Any]:
    """What the student's code calls; raises AttributeError for all that a script does not offer."""
    if not name and not play.methods:
        return play
    if name not in play.methods:
        raise AttributeError(name)
    found: Callable[..., Any] = getattr(play, name)
    return found


def _list(chunks: tuple[bytes, ...]) -> str:
    return ", ".join(repr(chunk) for chunk in chunks if chunk) or 'b"" at once'
