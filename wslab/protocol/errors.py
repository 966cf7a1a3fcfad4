"""What can go wrong. The peer's faults carry the code and the section of the rule they break."""

from __future__ import annotations


class ProtocolError(Exception):
    """The peer broke a rule after the opening handshake.

    ``code`` is the close code that says so on the wire, ``section`` the section of RFC 6455.
    ``hint`` is the likely cause, if we know one; the peer is not told.
    """

    hint = ""

    def __init__(self, code: int, reason: str, section: str) -> None:
        super().__init__(f"{reason} (RFC 6455 §{section})")
        self.code = code
        self.reason = reason
        self.section = section


class HandshakeError(Exception):
    """The opening handshake failed, so there is no WebSocket connection.

    ``status`` is the HTTP status code that a server answers, or that a client was answered
    (0 when there was none); ``section`` the section of RFC 6455. ``said`` is the start of the
    server's own text about it, on one line; empty if it sent none.
    """

    def __init__(self, status: int, reason: str, section: str, *, said: str = "") -> None:
        what = f"{reason} (RFC 6455 §{section})"
        super().__init__(f"{what}. The server says: {said}" if said else what)
        self.status = status
        self.reason = reason
        self.section = section
        self.said = said


class ConnectionClosed(Exception):
    """The conversation is over: there is nothing more to receive, and nothing can be sent.

    ``code`` and ``reason`` are those of the peer's Close frame: 1005 when it carried no code, 1006
    when no Close frame came (§7.1.5). If the peer broke a rule, ``__cause__`` is the ProtocolError.
    """

    def __init__(self, code: int, reason: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.reason = reason
