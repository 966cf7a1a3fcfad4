"""Exercise 5: masking (lesson 06).

A client masks every frame: each byte is XORed with one of four key bytes, in turn. It looks like
encryption. But the key stands in the frame, in front of the payload, for everybody to read. Write
the mask, and then read somebody else's frame without any secret.

Beliefs to get rid of: "masking hides my data" · "the key has to be as long as the data" · "a new
chunk begins with the first key byte again" · "a new frame goes on where the last one stopped".

What to do: replace each ``raise NotImplementedError`` by your code; add functions and imports of
your own as you like. Keep the names and the parameters.
Check yourself:  python3 -m wslab check ex05   (in the folder of the course)
"""

from __future__ import annotations

from collections.abc import Iterable


def apply_mask(data: bytes, key: bytes) -> bytes:
    """XOR each byte of ``data`` with the byte of ``key`` (4 bytes) whose turn it is.

    >>> apply_mask(b"Hello", bytes.fromhex("37fa213d")).hex(" ")
    '7f 9f 4d 51 58'
    >>> apply_mask(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    raise NotImplementedError(
        "apply_mask: byte number i meets key byte number i % 4; ^ is XOR in Python"
    )


def unmask_stream(chunks: Iterable[bytes], key: bytes) -> bytes:
    """Unmask ONE payload that arrives in ``chunks``, wherever those were cut.

    >>> unmask_stream([b"\\x7f\\x9f", b"", b"\\x4d\\x51\\x58"], bytes.fromhex("37fa213d"))
    b'Hello'
    """
    raise NotImplementedError(
        "unmask_stream: which key byte is next when a new chunk comes? Something must remember it"
    )


def eavesdrop(frame: bytes) -> bytes:
    """The payload of a masked ``frame`` (one whole frame), read by somebody who has no secret.

    The payload may have any length, so the header may have any of its three forms.
    Raises ValueError if the frame is not masked.

    >>> eavesdrop(bytes.fromhex("81 85 37fa213d 7f9f4d5158"))
    b'Hello'
    """
    raise NotImplementedError(
        "eavesdrop: where in the frame do the four key bytes stand? The second byte tells"
    )
