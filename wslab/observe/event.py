"""What a recording is made of, for those who make one and for those who write it to a file."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ..protocol.rfc import Role


class Event(NamedTuple):
    """Bytes that crossed the socket in one call.

    ``time`` is in seconds since the recording began, ``sender`` the end that sent them, ``data``
    what was kept; ``size`` is how many there were. An event of size 0 ends that direction.
    """

    time: float
    sender: Role
    data: bytes
    size: int


class Recorded(Protocol):
    """What a file keeps of a recording; :class:`wslab.observe.tap.Recording` has it."""

    events: list[Event]
    start: float
    dropped: dict[Role, int]
