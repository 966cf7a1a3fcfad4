"""The tables of RFC 6455: opcodes, close codes and the fixed numbers, each with its section."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import NamedTuple

VERSION = 13
"""The only version of the protocol that is in use (§4.1, item 9)."""

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""Appended to the client's key before hashing (§1.3): a constant of this protocol, no secret."""

MAX_CONTROL_PAYLOAD = 125
"""A control frame carries at most so many bytes (§5.5)."""

MAX_CLOSE_REASON = MAX_CONTROL_PAYLOAD - 2
"""What the two bytes of the close code leave for the reason, in bytes of UTF-8 (§5.5.1)."""

LENGTH_16 = 126
"""In the 7-bit length: the real length follows as 16 bits (§5.2)."""

LENGTH_64 = 127
"""In the 7-bit length: the real length follows as 64 bits (§5.2)."""

DEFAULT_PORTS = {"ws": 80, "wss": 443}
"""The ports that a URL means when it names none (§3)."""


class Role(Enum):
    """Which end of the connection we are; it decides who masks (§5.1)."""

    CLIENT = "client"
    SERVER = "server"

    @property
    def peer(self) -> Role:
        """The other end."""
        return Role.SERVER if self is Role.CLIENT else Role.CLIENT


class State(IntEnum):
    """Where a connection stands, in the words of §4.1 and §7.1."""

    CONNECTING = 0
    OPEN = 1
    CLOSING = 2
    CLOSED = 3


class Opcode(IntEnum):
    """What a frame is (§5.2, §11.8). Values that are not in this table are reserved."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


def is_control(opcode: int) -> bool:
    """Control frames are those whose opcode has its highest bit set (§5.5).

    >>> is_control(Opcode.PING), is_control(Opcode.TEXT)
    (True, False)
    """
    return opcode >= 0x8


class CloseCode(NamedTuple):
    """One row of the table of close codes."""

    code: int
    name: str
    meaning: str
    may_be_sent: bool
    section: str


_CLOSE_CODES = (
    CloseCode(1000, "normal closure", "the purpose is fulfilled", True, "7.4.1"),
    CloseCode(1001, "going away", "a server shuts down, a page is left", True, "7.4.1"),
    CloseCode(1002, "protocol error", "the peer broke a rule of the protocol", True, "7.4.1"),
    CloseCode(1003, "unsupported data", "a kind of message it cannot accept", True, "7.4.1"),
    CloseCode(1004, "reserved", "has no meaning yet", False, "7.4.1"),
    CloseCode(1005, "no code present", "the Close frame had no code", False, "7.4.1"),
    CloseCode(1006, "abnormal closure", "no Close frame arrived at all", False, "7.4.1"),
    CloseCode(1007, "invalid payload", "text that is not UTF-8, for example", True, "7.4.1"),
    CloseCode(1008, "policy violation", "a message that is not allowed here", True, "7.4.1"),
    CloseCode(1009, "message too big", "more than the endpoint can take", True, "7.4.1"),
    CloseCode(1010, "extension missing", "the client needs an extension", True, "7.4.1"),
    CloseCode(1011, "internal error", "the server met something unexpected", True, "7.4.1"),
    # Registered with IANA after the RFC was published (§11.7 says how).
    CloseCode(1012, "service restart", "the server restarts: come back later", True, "11.7"),
    CloseCode(1013, "try again later", "the server is overloaded", True, "11.7"),
    CloseCode(1014, "bad gateway", "a gateway got an invalid answer", True, "11.7"),
    CloseCode(1015, "TLS failure", "the TLS handshake failed", False, "7.4.1"),
)

CLOSE_CODES = {row.code: row for row in _CLOSE_CODES}
"""Every close code that has a name, by its number."""


def may_be_sent(code: int) -> bool:
    """Whether an endpoint may put this code into a Close frame (§7.4).

    1005, 1006 and 1015 describe what an endpoint *found*; they never stand on the wire.

    >>> may_be_sent(1000), may_be_sent(1006), may_be_sent(4000), may_be_sent(999)
    (True, False, True, False)
    """
    row = CLOSE_CODES.get(code)
    # §7.4.2: 3000-3999 belong to libraries, 4000-4999 to applications, those below to the RFC.
    return row.may_be_sent if row else 3000 <= code <= 4999


def close_code_meaning(code: int) -> str:
    """A close code in words.

    >>> close_code_meaning(1001)
    'going away: a server shuts down, a page is left'
    >>> close_code_meaning(4242)
    'private use: what the application agreed on'
    """
    row = CLOSE_CODES.get(code)
    if row:
        return f"{row.name}: {row.meaning}"
    if 3000 <= code <= 3999:
        return "registered by a library or framework"
    if 4000 <= code <= 4999:
        return "private use: what the application agreed on"
    return "not a valid close code"
