"""The table of requirements: how a row is written, and what the checks have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from wslab.protocol.connection import Connection
from wslab.protocol.errors import ProtocolError
from wslab.protocol.events import Event, Refused
from wslab.protocol.handshake import make_request
from wslab.protocol.http import Request
from wslab.protocol.rfc import Role, State
from wslab.protocol.uri import parse_url

MUST, MUST_NOT, SHOULD, SHOULD_NOT = "MUST", "MUST NOT", "SHOULD", "SHOULD NOT"


class Rule(NamedTuple):
    """One requirement: where it stands, the keywords of the RFC that it covers, what it asks for.

    ``check`` exercises wslab. Where there is nothing to exercise, ``reason`` says why. ``keywords``
    is empty for what the RFC demands in lower case.
    """

    section: str
    keywords: Counter[str]
    text: str
    check: Callable[[], None] | None
    reason: str = ""

    def __str__(self) -> str:
        return f"{self.section}: {self.text}"


RULES: list[Rule] = []


def rule(section: str, text: str, **keywords: int) -> Callable[[Callable[[], None]], None]:
    """Add a row that is checked by the function below it."""

    def add(check: Callable[[], None]) -> None:
        RULES.append(Rule(section, _count(keywords), text, check))

    return add


def not_for_us(section: str, text: str, because: str, **keywords: int) -> None:
    """Add a row with the reason why there is nothing to check."""
    RULES.append(Rule(section, _count(keywords), text, None, because))


def _count(keywords: dict[str, int]) -> Counter[str]:
    return Counter({name.replace("_", " "): number for name, number in keywords.items()})


# ------------------------------------------------------------ both ends, without a socket


def server() -> Connection:
    """A server behind the opening handshake."""
    return Connection(Role.SERVER, opened=True)


def client() -> Connection:
    """A client behind the opening handshake."""
    return Connection(Role.CLIENT, opened=True)


def our_request(url: str = "ws://example.org/chat", nonce: bytes = bytes(16)) -> Request:
    """The opening handshake that our client sends."""
    return make_request(parse_url(url), nonce)


def served(data: bytes, **options: object) -> tuple[Connection, list[Event]]:
    """A server that was sent ``data`` as opening handshake, and what it made of it."""
    connection = Connection(Role.SERVER, **options)  # type: ignore[arg-type]
    return connection, connection.receive(data)


def answered(data: bytes) -> tuple[Connection, list[Event]]:
    """A client that sent the key of §1.3 and was answered ``data``."""
    nonce = b"the sample nonce"
    connection = Connection(Role.CLIENT, request=our_request(nonce=nonce))
    connection.to_send()
    return connection, connection.receive(data)


def refused_by_server(data: bytes, status: int, words: str) -> bytes:
    """The server's answer to an opening handshake that it must refuse."""
    connection, events = served(data)
    assert isinstance(events[0], Refused)
    assert connection.state is State.CLOSED
    answer = connection.to_send()
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert words in answer.decode(), answer
    assert connection.receive(b"\x81\x80abcd") == []
    return answer


def refused_by_client(data: bytes, words: str) -> None:
    """Our client must not take this answer for a WebSocket."""
    connection, events = answered(data)
    # The end of the stream ends the text of a refusal that gives no length (RFC 9112 §6.3).
    events += connection.receive_eof()
    assert len(events) == 1
    assert isinstance(events[0], Refused)
    assert words in str(events[0].error), events
    assert connection.state is State.CLOSED
    assert connection.to_send() == b""


def fails(connection: Connection, data: bytes, code: int, words: str) -> ProtocolError:
    """The connection must fail: a Close with ``code`` says why, and nothing is read any more."""
    connection.receive(data)
    error = connection.failure
    assert error is not None, f"{data.hex(' ')} was taken"
    assert (error.code, words in error.reason) == (code, True), error
    peer = Connection(connection.role.peer, opened=True)
    peer.receive(connection.to_send())
    assert (peer.close_code, peer.close_reason) == (code, error.reason)
    assert connection.receive(b"\x81\x85abcdefghi" * 2) == []
    return error
