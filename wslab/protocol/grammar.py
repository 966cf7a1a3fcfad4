"""How bytes that arrive in pieces become fields: one grammar, two readers.

A parser in this package is a generator. It *yields what it wants* ("two bytes: the length, §5.2")
and is sent those bytes as soon as they are there, so it reads like code that blocks, though it
never does. A :class:`Reader` collects the pieces and drives the parser. The connection uses the
parser for what it means; the dissector passes ``on_field`` and sees, under its label, each byte
that the parser took: what is shown is what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple, TypeVar


class FieldType(NamedTuple):
    """What some bytes on the wire are called, and where RFC 6455 says so."""

    label: str
    section: str


EXACTLY, LINE, PARTLY = 0, 1, 2
"""How many bytes satisfy a want of ``size``: exactly so many · up to and with the first line feed,
``size`` bytes at most · whatever is there, from one byte up to ``size``."""

Want = tuple[FieldType, int, int]
"""A parser's wish for its next bytes: (field, size in bytes, one of EXACTLY, LINE, PARTLY)."""

Result = TypeVar("Result")
Parser = Generator[Want, bytes, Result]
"""A parser: yields wants, is sent bytes, and returns what it has read."""

OnField = Callable[[FieldType, bytes], None]
"""Is shown each field with its bytes, in the order of the stream; no byte is left out."""


class Reader:
    r"""Drives a parser with bytes that come in any pieces.

    >>> got = []
    >>> def parser():
    ...     length = yield FieldType("length", "5.2"), 1, EXACTLY
    ...     got.append((yield FieldType("payload", "5.2"), length[0], EXACTLY))
    >>> reader = Reader(parser())
    >>> _ = reader.feed(b"\x05He"), reader.feed(b"llo")
    >>> got
    [b'Hello']
    """

    __slots__ = ("_on_field", "_parser", "_pieces", "held", "want")

    def __init__(self, parser: Parser[None], on_field: OnField | None = None) -> None:
        self._parser = parser
        self._on_field = on_field
        # Pieces of a field that is not complete yet. They are joined once, when it is: to append
        # each to what is there would copy a large field over and over.
        self._pieces: list[bytes] = []
        self.held = 0
        """How many bytes wait here because their field is not complete."""
        self.want: Want | None = next(parser, None)
        """What the parser waits for; None when it has ended."""

    @property
    def rest(self) -> bytes:
        """The bytes that wait here."""
        return b"".join(self._pieces)

    def feed(self, data: bytes, start: int = 0, pause_at: Want | None = None) -> int:
        """Give the parser every field that ``data`` completes from ``start`` on; hold what is left.

        Returns the position up to which ``data`` is taken: its end, unless the parser came to want
        ``pause_at`` after it had read something. An exception that it raises goes through.
        """
        total = len(data)
        if self.held:
            data, start = self._join(data[start:] if start else data), 0
        want, send, on_field = self.want, self._parser.send, self._on_field
        position, end = start, len(data)
        paused = False
        try:
            while want is not None and not paused:
                field, size, how = want
                if how:
                    size = _line(data, position, size) if how == LINE else min(size, end - position)
                    if not size:
                        break
                stop = position + size
                if stop > end:
                    break
                piece = data[position:stop]
                position = stop
                if on_field is not None:
                    on_field(field, piece)
                want = send(piece)
                paused = want is pause_at
        except StopIteration:
            want = None
        except BaseException:
            want = None
            raise
        finally:
            self.want = want
        if paused:
            return total - (end - position)
        if position < end and want is not None:
            self._hold(data[position:] if position else data)
        return total

    def _hold(self, data: bytes) -> None:
        self._pieces.append(data)
        self.held += len(data)

    def _join(self, data: bytes) -> bytes:
        """All that is held and ``data``; nothing as long as the field stays incomplete."""
        self._hold(data)
        if self.want is not None:
            _, size, how = self.want
            if self.held < size and not (how == LINE and b"\n" in data):
                return b""
        data = b"".join(self._pieces)
        self._pieces.clear()
        self.held = 0
        return data


def _line(data: bytes, start: int, longest: int) -> int:
    """The size of the line that begins at ``start``, with its line feed; 0 if its end is not there.

    A line that goes on too long is given without its end, so that the parser can refuse it.
    """
    found = data.find(b"\n", start, start + longest)
    if found >= 0:
        return found + 1 - start
    return longest if len(data) - start >= longest else 0
