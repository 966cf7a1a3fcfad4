"""Exercise 2: messages over a stream (lesson 02).

A stream has no places where one message ends and the next begins. A protocol must say it, and
there are two classic ways: a sign at the end (here a line feed), or a length in front. The word
for it is framing. WebSocket is, at its heart, one more answer to this very question.

Beliefs to get rid of: "what I send together arrives together" · "what comes behind a message can
be thrown away".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex02   (in the folder of the course)
"""

from __future__ import annotations

from collections.abc import Iterable

HEADER = 4  # bytes of the length in front of each message


def split_lines(chunks: Iterable[bytes]) -> tuple[list[bytes], bytes]:
    r"""Find the lines in a stream that arrives in ``chunks``, wherever those were cut.

    Gives the complete lines without their ``\n``, and the leftover: the bytes behind the last
    ``\n``, which are the beginning of a line that has not arrived yet. Only ``\n`` ends a line.

    >>> split_lines([b"one\ntw", b"o\nthr"])
    ([b'one', b'two'], b'thr')
    >>> split_lines([b"\n"])
    ([b''], b'')
    """
    raise NotImplementedError(
        "split_lines: think of all chunks as one long piece of bytes; where does a line end in it?"
    )


def pack(message: bytes) -> bytes:
    r"""Put the length of ``message`` in front of it: 4 bytes, big-endian.

    >>> pack(b"Hello")
    b'\x00\x00\x00\x05Hello'
    """
    raise NotImplementedError(
        "pack: write len(message) as 4 bytes, the biggest first, and put the message behind it"
    )


def unpack(buffer: bytes) -> tuple[list[bytes], bytes]:
    r"""Find the messages in ``buffer``: all that arrived so far of a stream of packed messages.

    Gives the complete messages, and the leftover: the bytes behind the last complete message
    (length bytes included), to be put in front of what arrives next.

    >>> unpack(b"\x00\x00\x00\x02Hi\x00\x00\x00\x05Hel")
    ([b'Hi'], b'\x00\x00\x00\x05Hel')
    >>> unpack(b"\x00\x00")
    ([], b'\x00\x00')
    """
    raise NotImplementedError(
        "unpack: read a length; is the whole message here? Take it and look again, or stop"
    )
