"""Build a message frame by frame, whether the RFC allows it or not, and see what a receiver says.

Pure computation: :mod:`.widgets` puts fields and buttons around it.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from ..observe.dissect import Dissection, dissect
from ..observe.fields import Item
from ..protocol.connection import Connection
from ..protocol.events import Failed
from ..protocol.frames import encode_frame
from ..protocol.rfc import Opcode, Role
from ..unhex import unhex
from .columns import printable
from .html import bits_html, item_html

MOST_BYTES = 100_000
"""The longest payload in bytes: enough to see all three forms of the length."""

MOST_FRAGMENTS = 8
"""Into so many frames a message is cut at most."""

KEY = bytes.fromhex("37fa213d")
"""The masking key of the RFC's own examples (§5.7). A real client takes a fresh one a frame."""


class Built(NamedTuple):
    """Frames, and what an endpoint that receives them has to say.

    ``data`` is what goes over the wire. ``broken`` is the rule that a receiver would close the
    connection for, with its close code and section; empty if there is none.
    """

    data: bytes
    dissection: Dissection
    broken: str

    @property
    def verdict(self) -> str:
        """One sentence: allowed, or the rule that is broken."""
        size = f"{len(self.data)} {'byte' if len(self.data) == 1 else 'bytes'}"
        if self.broken:
            return f"Not allowed. The receiver fails the connection with {self.broken}."
        frames = len(self.dissection)
        last = self.dissection.items[-1].fields[0].raw[0]
        goes_on = "" if last & 0x80 else " FIN is 0: the message goes on in the next frame (§5.4)."
        return f"Allowed: {size} in {frames} {'frame' if frames == 1 else 'frames'}.{goes_on}"

    def __repr__(self) -> str:
        return f"{self.verdict}\n\n{self.dissection}"

    def _repr_html_(self) -> str:
        parts = [f"<p><b>{escape(printable(self.verdict))}</b></p>\n"]
        for number, item in enumerate(self.dissection):
            # The bits of the first header; the bytes of all have their bits in their tables.
            parts += [item_html(item), *(() if number else _header_bits(item))]
        return f"<div>{''.join(parts)}</div>"


def _header_bits(item: Item) -> Iterator[str]:
    with contextlib.suppress(ValueError):  # bytes after a broken rule: nobody reads their header
        yield bits_html(item)


def build(
    payload: bytes,
    opcode: int = Opcode.TEXT,
    *,
    sender: Role = Role.CLIENT,
    key: bytes = KEY,
    fin: bool = True,
    fragments: int = 1,
) -> Built:
    """The frames of one message, and the judgement of the endpoint that would receive them.

    ``key`` masks each frame; without it they are not masked. ``fin`` is that of the last frame.
    What the RFC forbids is built all the same, for the receiver to refuse.

    >>> build(b"Hello", Opcode.TEXT).data.hex(" ")
    '81 85 37 fa 21 3d 7f 9f 4d 51 58'
    >>> build(bytes(126), Opcode.PING).broken
    '1002: a control frame carries at most 125 bytes (RFC 6455 §5.5)'

    Raises:
        TypeError: A payload that is not bytes, an opcode that is no number.
        ValueError: A key that is not of 4 bytes, an opcode that needs more than 4 bits, too many
            bytes or fragments; the text says so in one sentence.
    """
    if not isinstance(payload, (bytes, bytearray)):
        raise TypeError('the payload is bytes: b"Hello"')
    if not isinstance(opcode, int):
        raise TypeError(f"an opcode is a number, or a name as Opcode.PING, not {opcode!r}")
    if len(key) not in (0, 4):
        raise ValueError(f"a masking key has 4 bytes, this one has {len(key)}")
    if not 0 <= opcode <= 15:
        raise ValueError(f"an opcode has 4 bits, so it is 0 to 15, not {opcode}")
    if len(payload) > MOST_BYTES:
        raise ValueError(f"{len(payload)} bytes are too many to show: {MOST_BYTES} at most")
    if not 1 <= fragments <= MOST_FRAGMENTS:
        raise ValueError(f"a message is cut into 1 to {MOST_FRAGMENTS} frames, not {fragments}")
    frames = []
    for number, piece in enumerate(_cut(payload, fragments)):
        # §5.4: the first frame says what the message is, the others are continuations.
        kind = Opcode.CONTINUATION if number else opcode
        last = number == fragments - 1
        frames.append(encode_frame(kind, piece, key, fin=last and fin))
    data = b"".join(frames)
    return Built(data, dissect(data, "websocket", sender, opened=True), _broken(data, sender))


def _cut(payload: bytes, fragments: int) -> list[bytes]:
    """Pieces of nearly the same size; some are empty if there are not enough bytes."""
    ends = [len(payload) * number // fragments for number in range(fragments + 1)]
    return [payload[start:end] for start, end in itertools.pairwise(ends)]


def _broken(data: bytes, sender: Role) -> str:
    """The rule that the receiver gives up for, in its own words."""
    receiver = Connection(sender.peer, opened=True)
    for event in receiver.receive(data):
        if isinstance(event, Failed) and event.error is not None:
            return f"{event.error.code}: {event.error}"
    return ""


def read_payload(text: str, as_hex: bool, repeat: int = 1) -> bytes:
    r"""What somebody typed, as bytes: text in UTF-8, or hex; ``repeat`` times.

    >>> read_payload("né", as_hex=False).hex(" "), read_payload("81 05", as_hex=True, repeat=2)
    ('6e c3 a9', b'\x81\x05\x81\x05')

    Raises:
        ValueError: That is no hex, or it would be too long.
    """
    if as_hex:
        data = b"".join(piece.data for piece in unhex(text)) if text.strip() else b""
    else:
        data = text.encode()
    if len(data) * repeat > MOST_BYTES:
        raise ValueError(f"{len(data) * repeat} bytes are too many to show: {MOST_BYTES} at most")
    return data * repeat
