"""What a connection reports: messages, and what happens beside them."""

from __future__ import annotations

from typing import NamedTuple

from .errors import HandshakeError, ProtocolError
from .http import Request, Response


class Opened(NamedTuple):
    """The opening handshake is complete; ``subprotocol`` is the one in use, if any."""

    request: Request | None
    response: Response
    subprotocol: str | None


class Refused(NamedTuple):
    """The opening handshake failed. ``response`` is the HTTP answer, if there is one."""

    error: HandshakeError | None
    response: Response | None


class Pinged(NamedTuple):
    """A Ping arrived; its Pong waits in ``to_send``."""

    payload: bytes


class Ponged(NamedTuple):
    """A Pong arrived."""

    payload: bytes


class Closed(NamedTuple):
    """The peer's Close arrived; if we had not sent ours, it waits in ``to_send``."""

    code: int
    reason: str


class Failed(NamedTuple):
    """The peer broke a rule, and the connection fails; a Close that says so is in ``to_send``."""

    error: ProtocolError


class Lost(NamedTuple):
    """The stream ended without a Close frame."""


Event = str | bytes | Opened | Refused | Pinged | Ponged | Closed | Failed | Lost
"""What ``receive`` reports. A message is its text (str) or its data (bytes)."""
