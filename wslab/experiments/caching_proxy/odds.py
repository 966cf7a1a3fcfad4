"""How likely a frame looks like a request although its key is random: counted, not felt."""

from __future__ import annotations

from ...protocol.frames import encode_frame
from ...protocol.rfc import Opcode
from .proxy import find_request

KEYS = 2**32
"""How many masking keys there are: four bytes (§5.3)."""

SHORT = 125
"""How many payload bytes a frame holds whose header has two bytes (§5.2)."""

_BEGINNING = b"GET "


def keys_that_make_a_request(payload: bytes) -> tuple[bytes, ...]:
    r"""Every key, of all 2**32, with which the proxy takes a frame with ``payload`` for a request.

    A request begins with four bytes, "GET" and a space, and a key has four bytes too: for each
    place in the frame where they could appear there is one key that makes them appear. So a few
    tries tell about all keys. The key itself stands in front of the payload, and looks to the
    proxy like any other bytes; the two bytes before it are no text, for MASK is 1. Longer payloads
    than 125 bytes have a longer header, which could be text, and raise ValueError.

    >>> from .people import FAKE_REQUEST
    >>> keys_that_make_a_request(FAKE_REQUEST)  # as plain text only if nothing is masked
    (b'\x00\x00\x00\x00',)
    """
    if len(payload) > SHORT:
        raise ValueError(f"{len(payload)} bytes are too many to count keys for; at most {SHORT}.")
    # As if the key were masked zeros: then for all bytes wire[i] is padded[i] ^ key[i % 4].
    padded = bytes(4) + payload
    found = []
    for start in range(len(padded) - 3):
        key = bytearray(4)
        for at, wanted in enumerate(_BEGINNING, start):
            key[at % 4] = padded[at] ^ wanted
        if find_request(encode_frame(Opcode.BINARY, payload, bytes(key))):
            found.append(bytes(key))
    return tuple(found)
