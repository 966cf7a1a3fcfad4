"""Compressed messages of others: what permessage-deflate changes for one who looks on (RFC 7692).

Our own endpoints decline every extension. But a browser offers this one, and many servers accept:
then RSV1 in the first frame of a message says that its payload is compressed. Nothing else of the
framing changes, so the parser of RFC 6455 only has to be told that RSV1 is allowed there.
"""

from __future__ import annotations

import zlib

from ..protocol.grammar import FieldType
from ..protocol.http import Response
from ..protocol.rfc import Opcode

NAME = "permessage-deflate"
COMPRESSED = FieldType(f"compressed payload ({NAME})", "5.8")

RSV1 = 0x40
FIRST_BYTES = {
    fin << 7 | RSV1 | opcode: (bool(fin), Opcode.BINARY)
    for fin in (0, 1)
    for opcode in (Opcode.TEXT, Opcode.BINARY)
}
"""First bytes that are allowed now: RSV1 stands in the first frame of a message (RFC 7692 §6). For
the parser all of them are binary: what is compressed is no text in UTF-8."""

MOST_INFLATED = 2**26
"""How many bytes one direction may inflate to: a few compressed bytes can stand for a million."""

_TAIL = b"\0\0\xff\xff"  # the sender has taken it off each message (RFC 7692 §7.2.1)


def agreed(response: Response) -> set[str] | None:
    """The parameters with which the server accepted permessage-deflate; None if it did not.

    >>> from wslab.protocol.http import Headers
    >>> field = "Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover"
    >>> agreed(Response(101, "", Headers([field])))
    {'server_no_context_takeover'}
    """
    for extension in response.headers.members("Sec-WebSocket-Extensions"):
        name, *parameters = (part.strip() for part in extension.split(";"))
        if name == NAME:
            return {parameter.partition("=")[0].strip() for parameter in parameters}
    return None


class Inflater:
    """Undoes the compression of one direction, message by message (RFC 7692 §7.2.2).

    With ``takeover`` a message may repeat bytes of those before it: they share one context.
    """

    def __init__(self, takeover: bool) -> None:
        self._takeover = takeover
        self._left = MOST_INFLATED
        # Raw DEFLATE, whatever window was agreed on: the largest one reads them all.
        self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)

    def inflate(self, data: bytes, last: bool) -> bytes | None:
        """What the next payload stands for; ``last`` ends its message.

        None if that cannot be known: it is damaged, too much, or comes after one that was.
        """
        if self._left < 0:
            return None
        try:
            found = self._zlib.decompress(data + _TAIL * last, self._left + 1)
        except zlib.error:
            self.give_up()
            return None
        self._left -= len(found)
        if last and (not self._takeover or self._zlib.eof):
            self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
        return found if self._left >= 0 else None

    def give_up(self) -> None:
        """Bytes are missing or damaged: nothing from here on can be known."""
        self._left = -1
