"""A message while it arrives: fragments, limits, UTF-8 that may be cut anywhere (§5.4, §8.1)."""

from __future__ import annotations

import codecs

from .errors import ProtocolError
from .rfc import Opcode

_Utf8Decoder = codecs.getincrementaldecoder("utf-8")


class Message:
    """Collects the payload of one message over all pieces and fragments."""

    __slots__ = ("_decoder", "_pieces", "fragments", "opcode", "size")

    def __init__(self, opcode: Opcode) -> None:
        self.opcode = opcode
        self.size = 0
        self.fragments = 0
        self._pieces: list[bytes] = []
        self._decoder: codecs.IncrementalDecoder | None = None

    def announce(self, length: int, max_message: int, max_fragments: int) -> None:
        """A frame with ``length`` bytes of payload is about to come: is that too much?"""
        self.size += length
        self.fragments += 1
        # §10.4: "MUST protect themselves against exceeding those limits"; §7.4.1: 1009 says so.
        if self.size > max_message:
            raise ProtocolError(1009, f"the message is longer than {max_message} bytes", "10.4")
        if self.fragments > max_fragments:
            why = f"the message has more than {max_fragments} fragments"
            raise ProtocolError(1009, why, "10.4")

    def add(self, piece: bytes, last: bool) -> None:
        """Store a piece of the payload. Text is checked as it arrives, not when it is complete."""
        self._pieces.append(piece)
        if len(self._pieces) >= 1024:
            # Thousands of tiny pieces would weigh many times what they carry.
            self._pieces = [b"".join(self._pieces)]
        # The last piece of all is checked by finish(); a message in one piece needs no decoder.
        if not last:
            self._check(piece)

    def _check(self, piece: bytes, last: bool = False) -> None:
        """Whether the text is UTF-8 so far."""
        if self.opcode is Opcode.TEXT:
            if self._decoder is None:
                self._decoder = _Utf8Decoder()
            try:
                self._decoder.decode(piece, last)
            except UnicodeDecodeError:
                raise _not_utf8() from None

    def finish(self) -> str | bytes:
        """The whole message: text as str, binary as bytes."""
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self.opcode is not Opcode.TEXT:
            return data
        try:
            return str(data, "utf-8")
        except UnicodeDecodeError:
            raise _not_utf8() from None


class PassingMessage(Message):
    """A message that only passes by: it's checked, but not kept, however long it is."""

    __slots__ = ()

    def add(self, piece: bytes, last: bool) -> None:
        """Check a piece of the payload; the only piece of a text is checked by finish()."""
        if last and self._decoder is None:
            self._pieces.append(piece)
        else:
            self._check(piece)

    def finish(self) -> str | bytes:
        """The message has ended, perhaps inside a character. What it gives isn't the whole."""
        if self._decoder is None:
            return super().finish()
        self._check(b"", last=True)
        return ""


def _not_utf8() -> ProtocolError:
    # §5.6: "the whole message MUST contain valid UTF-8"; a code point may be cut by a frame's end.
    return ProtocolError(1007, "the text is not UTF-8", "8.1")
