"""What the dissector shows: fields with their bytes, and items of fields that belong together."""

from __future__ import annotations

from typing import NamedTuple

from ..protocol.rfc import Role


class Bits(NamedTuple):
    """Some bits of a field; ``offset`` counts from its first, most significant bit."""

    offset: int
    size: int
    label: str
    value: int
    meaning: str


class Field(NamedTuple):
    """Bytes of a stream with what they are. ``start`` counts bytes from the start of the stream.

    ``value`` is what the bytes say (a number, a text), ``meaning`` what that is good for;
    ``section`` is of RFC 6455, or empty where it says nothing; ``bits`` takes the bytes apart.
    """

    start: int
    raw: bytes
    label: str
    value: str
    meaning: str
    section: str
    bits: tuple[Bits, ...] = ()

    def _repr_html_(self) -> str:
        from ..views.html import field_html  # only here: to look is not to draw

        return field_html(self)


class Item(NamedTuple):
    """Fields that belong together: the head of a handshake, one frame, a chunk of raw bytes.

    ``time`` is in seconds since the recording began, when its first byte crossed.
    """

    sender: Role
    time: float
    kind: str
    summary: str
    fields: tuple[Field, ...]

    @property
    def raw(self) -> bytes:
        """All its bytes."""
        return b"".join(field.raw for field in self.fields)

    def _repr_html_(self) -> str:
        from ..views.html import item_html  # only here: to look is not to draw

        return item_html(self)


def show(data: bytes, text: bool) -> str:
    r"""Data for a reader: text in quotes if it is text, otherwise hex; cut if it is long.

    >>> show(b"Hello", text=True), show(b"\x00\xff", text=False)
    ("'Hello'", '00 ff')
    """
    if text:
        try:
            words = data.decode()
            return repr(words) if len(words) <= 60 else f"{words[:50]!r}... ({len(data)} bytes)"
        except UnicodeDecodeError:
            pass  # perhaps cut inside a code point, at the end of a fragment
    return data.hex(" ") if len(data) <= 20 else f"{data[:16].hex(' ')} ... ({len(data)} bytes)"
