"""From a recording to labelled fields: every byte of both directions, explained once.

The dissector has no grammar of its own. For each direction it runs the very parser of the endpoint
that received those bytes, and notes which field each byte was taken for. Where that parser stops,
the rest is labelled "unparsed", with the parser's own reason.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from typing import Literal

from ..protocol.errors import ProtocolError
from ..protocol.frames import HEADER, PAYLOAD, read_header
from ..protocol.grammar import EXACTLY, FieldType, Parser, Reader
from ..protocol.rfc import Role
from .deflate import FIRST_BYTES
from .direction import Direction, Talk
from .fields import Field, Item, show
from .recording import Event, Recording

Protocol = Literal["auto", "tcp", "websocket"]

_HTTP = re.compile(rb"(?:\r?\n)?(?:(HTTP/)|GET |[A-Z]+ [!-~]+ HTTP/)")


class Dissector:
    """Explains a conversation while it goes on: feed it events, get the items that they complete.

    ``protocol`` "auto" is decided by the first bytes: WebSocket begins with HTTP. With ``opened``
    the events begin after the opening handshake. Of a frame no more than ``max_item`` bytes are
    kept, and a longer head isn't read on.
    """

    def __init__(
        self, protocol: Protocol = "auto", *, opened: bool = False, max_item: int = sys.maxsize
    ) -> None:
        self._protocol = "websocket" if opened and protocol == "auto" else protocol
        self._opened = opened
        self._max_item = max_item
        self._talk = Talk()
        self._directions: dict[Role, Direction] = {}
        self._positions = {Role.CLIENT: 0, Role.SERVER: 0}

    def feed(self, event: Event) -> list[Item]:
        """The items that are complete with this event, in order."""
        if self._protocol == "auto" and event.data:
            self._protocol = "websocket" if looks_like_http(event.data) else "tcp"
        if self._protocol != "websocket":
            return self._raw(event)
        direction = self.direction(event.sender)
        if event.data:
            before = self._talk.switched
            direction.feed(event.data, event.time)
            if before is None and self._talk.switched is not None:
                self.direction(Role.CLIENT).agree(self._talk.switched)
        if len(event.data) < event.size:
            direction.skip(event.size - len(event.data))
        elif not event.size:
            direction.end()
        return direction.take()

    def end(self) -> list[Item]:
        """What is left when the conversation is over: items that broke off."""
        items = []
        for direction in self._directions.values():
            direction.end()
            items += direction.take()
        return items

    def direction(self, sender: Role) -> Direction:
        """What is known about the bytes of that end."""
        known = self._directions.get(sender)
        if known is None:
            known = self._directions[sender] = Direction(
                sender, self._opened, self._talk, self._max_item
            )
        return known

    def _raw(self, event: Event) -> list[Item]:
        """Without a protocol bytes are just bytes."""
        items = []
        start, kept = self._positions[event.sender], len(event.data)
        self._positions[event.sender] += event.size
        if kept:
            value = show(event.data, True)
            meaning = "a stream of bytes: where one message ends, TCP does not say"
            field = Field(start, event.data, "bytes", value, meaning, "")
            items.append(Item(event.sender, event.time, "bytes", value, (field,)))
        if kept < event.size:
            summary = f"{event.size - kept} bytes crossed here and were not kept"
            items.append(Item(event.sender, event.time, "gap", summary, ()))
        return items


class Dissection:
    """The items of a conversation, in the order in which they were complete."""

    def __init__(self, items: list[Item]) -> None:
        self.items = items

    @property
    def fields(self) -> list[Field]:
        """All fields of all items."""
        return [field for item in self.items for field in item.fields]

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __str__(self) -> str:
        from ..views.text import explain  # only here: to look is not to draw

        return explain(self.items)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from ..views.html import explain_html  # only here: to look is not to draw

        return explain_html(self)


def dissect(
    what: Recording | bytes,
    protocol: Protocol = "auto",
    sender: Role | None = None,
    *,
    opened: bool = False,
) -> Dissection:
    """Explain a recording (both directions), or bytes.

    ``protocol`` "auto" takes a recording that begins with HTTP for WebSocket, any other for raw
    TCP; ``opened`` says that it is WebSocket and begins after the opening handshake. Bytes are a
    handshake if they begin with HTTP, frames if they do not. Without a ``sender`` they may come
    from both ends, one item after the other: requests and masked frames are the client's.

    >>> hello = dissect(bytes.fromhex("8105 48656c6c6f"))
    >>> [(field.start, field.label, field.value) for field in hello.fields]
    [(0, 'frame header', '10000001 00000101'), (2, 'payload', "'Hello'")]
    """
    if isinstance(what, Recording):
        if protocol == "auto" and not opened:
            first = next((event.sender for event in what if event.data), Role.CLIENT)
            protocol = "websocket" if looks_like_http(what.stream(first)) else "tcp"
        dissector = Dissector(protocol, opened=opened)
        items = [item for event in what for item in dissector.feed(event)]
        return Dissection(items + dissector.end())
    data = bytes(what)
    if protocol == "tcp":
        return Dissection(Dissector("tcp").feed(_event(sender or Role.CLIENT, data)))
    if sender is None:
        return Dissection(_dissect_one(data) or _dissect_both(data))
    dissector = Dissector("websocket", opened=not looks_like_http(data))
    return Dissection(dissector.feed(_event(sender, data)) + dissector.end())


def _event(sender: Role, data: bytes) -> Event:
    return Event(0.0, sender, data, len(data))


def _dissect_one(data: bytes) -> list[Item]:
    """All of it from one end; nothing if there are signs that it is not."""
    dissector = Dissector("websocket", opened=not looks_like_http(data))
    sender = _sender(data, 0, Role.SERVER)
    items = dissector.feed(_event(sender, data)) + dissector.end()
    doubtful = dissector.direction(sender).failure or any(
        item.kind not in ("handshake", "frame") for item in items
    )
    return [] if doubtful else items


def _dissect_both(data: bytes) -> list[Item]:
    """Units of both ends, one after the other in one piece: slower, for each is cut out first."""
    dissector = Dissector("websocket", opened=not looks_like_http(data))
    items: list[Item] = []
    sender, at = _sender(data, 0, Role.SERVER), 0
    direction = dissector.direction(sender)
    frames: dict[int, int] | None = None
    while at < len(data):
        size = 0
        if direction.between_messages or (direction.waits and _HTTP.match(data, at)):
            # Whoever was interrupted by a 100 goes on; otherwise what begins tells who sent it.
            other = dissector.direction(sender.peer)
            sender = _sender(data, at, sender) if other.between_messages else sender.peer
            direction = dissector.direction(sender)
            # Alone a direction counts its own bytes; here all of them stand in one row.
            direction.position = at
            direction.expect(data, at)
            if direction.wanted is HEADER:
                frames = _whole_frames(data, at) if frames is None else frames
                size = frames.get(at, 0)
        size = size or direction.bite(data, at)
        items += dissector.feed(_event(sender, data[at : at + size]))
        at += size
    return items + dissector.end()


def _whole_frames(data: bytes, at: int) -> dict[int, int]:
    """The frames that stand side by side from ``at`` on, whoever sent them: start and size."""
    sizes: dict[int, int] = {}
    end = at

    def count(field: FieldType, raw: bytes) -> None:
        nonlocal end
        end += len(raw)

    def walk() -> Parser[None]:
        while True:
            start = end
            header = yield from read_header(None, FIRST_BYTES)
            if header.length:
                yield PAYLOAD, header.length, EXACTLY
            sizes[start] = end - start

    with contextlib.suppress(ProtocolError):  # what is wrong, the reader of its direction will say
        Reader(walk(), count).feed(data, at)
    return sizes


def _sender(data: bytes, at: int, before: Role) -> Role:
    """Who sent the item that begins there (§5.1: a client masks all frames, a server none)."""
    if http := _HTTP.match(data, at):
        return Role.SERVER if http[1] else Role.CLIENT
    if at + 1 >= len(data):
        return before
    return Role.CLIENT if data[at + 1] & 0x80 else Role.SERVER


def looks_like_http(data: bytes) -> bool:
    """Whether these bytes begin as an opening handshake does; no frame begins with a letter."""
    return _HTTP.match(data) is not None
