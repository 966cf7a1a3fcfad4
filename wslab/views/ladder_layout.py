"""Where the arrows of a ladder diagram go: from what was recorded to times on paper."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple, Protocol

from ..observe.deflate import COMPRESSED
from ..observe.dissect import Dissection, dissect
from ..observe.fields import Item
from ..observe.recording import Recording
from ..protocol.rfc import Opcode, Role, is_control
from .columns import shorten

MAX_ITEMS = 30
"""So many items of a conversation are drawn; the rest is counted."""

STEP = 0.4
"""How far apart items of one sender are at least, in delays: room for a label."""

LONG = 2.0
"""A pause of more delays than this is drawn as so much, and its length written down."""

_SAID = {"payload", COMPRESSED.label, "close code", "close reason"}


class Told(Protocol):
    """A conversation as :mod:`wslab.commands.demo` has it."""

    @property
    def recording(self) -> Recording:
        """What crossed."""

    @property
    def dissection(self) -> Dissection:
        """The same, explained."""


class Arrow(NamedTuple):
    """One item in its place; ``sent`` and ``arrives`` in seconds, as drawn."""

    sender: Role
    kind: str
    what: str
    bytes: str
    sent: float
    arrives: float

    @property
    def label(self) -> str:
        """What it is, and its bytes."""
        return f"{self.what} {self.bytes}".strip()


class Panel(NamedTuple):
    """One conversation; ``left_out`` items are too many to be drawn."""

    title: str
    arrows: list[Arrow]
    left_out: int


class Step(NamedTuple):
    """One item or the end of a stream, when it was recorded."""

    time: float
    sender: Role
    kind: str
    what: str
    bytes: str
    size: int = 0


def take_apart(what: Told | Recording | Dissection) -> tuple[list[Step], bool]:
    """The items of a conversation and the ends of its streams in order; whether it is WebSocket."""
    recording: Iterable[Any] = ()
    if isinstance(what, Recording):
        recording, items = what, dissect(what)
    elif isinstance(what, Dissection):
        items = what
    else:
        recording, items = what.recording, what.dissection
    events = list(recording)
    passed = {role: [*accumulate(e.size * (e.sender is role) for e in events)] for role in Role}
    placed = []
    for item in items:
        start = item.fields[0].start if item.fields else 0
        placed.append((bisect_right(passed[item.sender], start), _step(item)))
    for number, e in enumerate(events):
        if not e.size:
            placed.append((number, Step(e.time, e.sender, "end", "end of stream", "")))
    # What has the same time keeps the order in which it was recorded.
    steps = [step for place, step in sorted(placed, key=lambda each: (each[1].time, each[0]))]
    return steps, any(item.kind in ("handshake", "frame") for item in items)


def _step(item: Item) -> Step:
    """What is written on the arrow of an item; a frame's bytes as header + payload."""
    size = sum(len(field.raw) for field in item.fields)
    kind, count = "other", f"({size} B)" if size else ""
    if item.kind == "handshake":
        kind = "handshake"
    elif item.kind == "bytes":
        kind = "data"
    elif item.kind == "frame":
        first, second = item.fields[0].raw
        opcode = Opcode(first & 0x0F) if first & 0x0F in set(Opcode) else None
        if opcode is not None:
            kind = "control" if is_control(opcode) else "data"
        said = sum(len(field.raw) for field in item.fields if field.label in _SAID)
        count = f"({size - said}+{said} B{', masked' if second & 0x80 else ''})"
    return Step(item.time, item.sender, kind, shorten(item.summary, 60), count, size)


def lay_out(steps: list[Step], websocket: bool, delay: float) -> Panel:
    """Lay the items out in time, each after what it may be the answer to."""
    arrows: list[Arrow] = []
    for before, step in zip([None, *steps], steps[:MAX_ITEMS], strict=False):
        sent, count = 0.0, step.bytes
        if before is not None:
            pause = step.time - before.time
            if pause > LONG * delay:
                count += f" after {pause:.1f} s" if pause >= 1 else f" after {1000 * pause:.0f} ms"
                pause = LONG * delay
            if step.sender is before.sender:
                sent = arrows[-1].sent + max(pause, STEP * delay)
            else:
                sent = arrows[-1].arrives + pause
        arrows.append(Arrow(*step[1:4], count.strip(), sent, sent + delay))
    title = "WebSocket: messages over that stream" if websocket else "Raw TCP: a stream of bytes"
    return Panel(title, arrows, max(0, len(steps) - MAX_ITEMS))
