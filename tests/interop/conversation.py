"""What both sides of the tests with other libraries talk about."""

from __future__ import annotations

from tests.interop.clients import Message
from wslab.protocol.rfc import CLOSE_CODES

SIZES = [0, 1, 125, 126, 127, 65535, 65536, 2**20]
"""Around every change of the length field (§5.2), and the largest message that we take."""

MESSAGES: list[Message] = [
    *(bytes(i % 251 for i in range(size)) for size in SIZES),
    *("x" * size for size in SIZES),
    "Grüße, 世界 🌍",
    b"\xff\x00 not UTF-8",
]

FRAGMENTS = [f"{number}," for number in range(10_000)]

CODES = [row.code for row in CLOSE_CODES.values() if row.may_be_sent] + [3000, 3999, 4000, 4999]

LONG_REASON = "é" * 61 + "x"
"""As long as a reason may be: 123 bytes of UTF-8."""
assert len(LONG_REASON.encode()) == 123

CLOSES = [(code, f"{code} as agreed") for code in CODES] + [(4000, LONG_REASON), (4001, "")]
