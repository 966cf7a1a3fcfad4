"""The closing handshake in both roles, and what is left to say after the end."""

from collections.abc import Callable

import pytest

from tests.protocol.streams import (
    CLOSE,
    KEY,
    PING,
    PONG,
    TEXT,
    close_frame,
    code_sent,
    frame,
    key_for,
    new_end,
    open_end,
    peer_failed,
)
from wslab.protocol.connection import Connection
from wslab.protocol.errors import ConnectionClosed
from wslab.protocol.events import Closed, Failed, Lost, Pinged, Ponged, Refused
from wslab.protocol.frames import close_payload
from wslab.protocol.grammar import FieldType
from wslab.protocol.rfc import Role, State

CLIENT, SERVER = Role.CLIENT, Role.SERVER
both_roles = pytest.mark.parametrize("role", [CLIENT, SERVER])


# ---------------------------------------------------------------- the closing handshake


@both_roles
@pytest.mark.parametrize(
    ("body", "code", "reason"),
    [
        (b"", 1005, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x03\xe9bye", 1001, "bye"),
        (b"\x0f\xa0" + "tschüß".encode(), 4000, "tschüß"),
        (b"\x03\xe8" + b"x" * 123, 1000, "x" * 123),
        (b"\x13\x87", 4999, ""),
    ],
)
def test_the_peer_closes(role: Role, body: bytes, code: int, reason: str) -> None:
    end = open_end(role)
    assert end.receive(frame(CLOSE, body, key_for(role))) == [Closed(code, reason)]
    assert (end.close_code, end.close_reason) == (code, reason)
    assert (end.state, end.close_received, end.close_sent) == (State.OPEN, True, False)
    # §5.5.1: the code comes back, the reason does not.
    key = (1).to_bytes(4, "big") if role is CLIENT else b""
    assert end.to_send() == frame(CLOSE, body[:2], key)
    assert (end.state, end.close_sent) == (State.CLOSING, True)
    assert end.close() == b""
    assert end.receive_eof() == []
    assert end.state is State.CLOSED


def test_we_close() -> None:
    client = open_end(CLIENT)
    assert client.close(1001, "bye") == close_frame(1001, b"bye", key=(1).to_bytes(4, "big"))
    assert (client.state, client.close_sent) == (State.CLOSING, True)
    assert client.close() == b""  # once is enough
    assert client.receive(frame(TEXT, b"late")) == ["late"]  # sent before they saw ours
    assert client.receive(close_frame(1001)) == [Closed(1001, "")]
    assert client.to_send() == b""
    assert client.receive_eof() == []
    assert client.close_code == 1001


def test_a_close_between_fragments() -> None:
    """§5.4: control frames may be injected there, a Close too; the message stays unfinished."""
    server = open_end(SERVER)
    half = frame(TEXT, b"Hel", KEY, fin=False)
    assert server.receive(half + close_frame(1001, key=KEY)) == [Closed(1001, "")]
    assert code_sent(server) == 1001


def test_what_comes_after_the_close_is_dropped() -> None:
    fields: list[tuple[FieldType, bytes]] = []
    server = open_end(SERVER, on_field=lambda *field: fields.append(field))
    late = frame(TEXT, b"late", KEY) + b"\xff" * 100
    assert server.receive(close_frame(1000, key=KEY) + late) == [Closed(1000, "")]
    assert server.receive(late) == []
    assert code_sent(server) == 1000
    assert {field.label for field, _ in fields[-2:]} == {"after the Close frame"}
    assert b"".join(data for _, data in fields[-2:]) == late + late


@pytest.mark.parametrize(
    ("body", "code", "section"),
    [
        (b"\x03", 1002, "5.5.1"),
        (b"\x03\xed", 1002, "7.4"),  # 1005
        (b"\x03\xee", 1002, "7.4"),  # 1006
        (b"\x03\xf7", 1002, "7.4"),  # 1015
        (b"\x00\x00", 1002, "7.4"),
        (b"\x07\xd0bye", 1002, "7.4"),  # 2000
        (b"\xff\xff", 1002, "7.4"),
        (b"\x03\xe8\xff", 1007, "8.1"),
        (b"\x03\xe8" + "ü".encode()[:1], 1007, "8.1"),
        (b"\x03\xed\xff", 1002, "7.4"),  # two faults: the first in the stream counts
    ],
)
def test_a_close_that_breaks_a_rule(body: bytes, code: int, section: str) -> None:
    server = open_end(SERVER)
    [event] = server.receive(frame(CLOSE, body, KEY))
    assert isinstance(event, Failed)
    assert (event.error.code, event.error.section) == (code, section)
    assert code_sent(server) == code
    assert (server.close_received, server.close_code) == (False, 1006)


@pytest.mark.parametrize(
    ("code", "reason", "text"),
    [
        (1005, "", "must not stand on the wire"),
        (1006, "", "must not stand on the wire"),
        (1015, "", "must not stand on the wire"),
        (999, "", "must not stand on the wire"),
        (5000, "", "must not stand on the wire"),
        (1000, "x" * 124, "at most 123 bytes, this one 124"),
        (1000, "€" * 42, "at most 123 bytes, this one 126"),
        (None, "why", "needs a close code"),
    ],
)
def test_a_close_that_cannot_be_sent(code: int | None, reason: str, text: str) -> None:
    server = open_end(SERVER)
    with pytest.raises(ValueError, match=text):
        server.close(code, reason)
    assert server.state is State.OPEN  # nothing has happened
    assert server.close(1000, "€" * 41) == close_frame(1000, "€".encode() * 41)


def test_a_close_without_a_code() -> None:
    assert open_end(SERVER).close(None) == frame(CLOSE)
    assert close_payload(None) == b""


def test_before_the_handshake_there_is_nothing_to_close() -> None:
    assert new_end(SERVER).close() == b""


# ---------------------------------------------------------------- the end, told to the caller


def lost(end: Connection) -> None:
    assert end.receive_eof() == [Lost()]


def peer_closed(end: Connection) -> None:
    end.receive(close_frame(1001, b"bye", KEY))


def we_closed(end: Connection) -> None:
    end.close()


def they_answered(end: Connection) -> None:
    end.close()
    end.receive(close_frame(1000, b"", KEY))


@pytest.mark.parametrize(
    ("story", "code", "reason", "text"),
    [
        (lost, 1006, "", "the connection is lost: the stream ended without a Close frame"),
        (peer_closed, 1001, "bye", "the peer closed with 1001 bye"),
        (we_closed, 1006, "", "the connection was closed from this side"),
        (they_answered, 1000, "", "this side closed, and the peer answered with 1000"),
        (peer_failed, 1006, "", "failed with 1002: opcode 3 is reserved"),
    ],
)
def test_after_the_end_nothing_can_be_sent(
    story: Callable[[Connection], None], code: int, reason: str, text: str
) -> None:
    end = open_end(SERVER)
    story(end)
    end.to_send()
    for send in (lambda: end.send("x"), lambda: end.send_fragments(["x"]), end.ping):
        with pytest.raises(ConnectionClosed, match=text) as caught:
            send()
        assert (caught.value.code, caught.value.reason) == (code, reason)
        assert caught.value.__cause__ is end.failure
    assert end.close() == b""


def test_before_the_handshake_nothing_can_be_sent() -> None:
    with pytest.raises(ConnectionClosed):
        new_end(CLIENT).send("x")


@both_roles
def test_a_stream_that_breaks_off(role: Role) -> None:
    end = open_end(role)
    end.receive(frame(TEXT, b"Hello", key_for(role))[:-1])
    assert end.receive_eof() == [Lost()]
    assert (end.state, end.close_code) == (State.CLOSED, 1006)
    assert end.receive_eof() == []  # told once
    assert not end.has_to_send


def test_a_stream_that_ends_after_a_fault_is_no_loss() -> None:
    end = open_end(SERVER)
    peer_failed(end)
    assert end.receive_eof() == []
    assert end.state is State.CLOSED


def test_a_stream_that_ends_after_a_refusal_is_no_loss() -> None:
    client = new_end(CLIENT)
    client.receive(b"HTTP/1.1 404 Not Found\r\n\r\n")
    # Without a Content-Length the end of the stream is the end of what the server says.
    assert [type(event) for event in client.receive_eof()] == [Refused]
    assert client.receive_eof() == []


def test_what_came_before_the_close_may_be_answered_until_ours_leaves() -> None:
    """§5.5.1: an endpoint "MAY delay sending a Close frame until its current message is sent"."""
    server = open_end(SERVER)
    key = key_for(SERVER)
    stream = frame(TEXT, b"last", key) + frame(PING, b"?", key) + frame(CLOSE, b"\x03\xe8", key)
    assert server.receive(stream) == ["last", Pinged(b"?"), Closed(1000, "")]
    assert server.to_send(with_close=False) == frame(PONG, b"?")
    assert server.has_to_send
    assert server.send("heard") == frame(TEXT, b"heard")
    assert server.to_send() == frame(CLOSE, b"\x03\xe8")
    with pytest.raises(ConnectionClosed):
        server.send("too late")


@both_roles
def test_what_came_before_a_fault_may_be_answered_until_our_close_leaves(role: Role) -> None:
    end, key = open_end(role), key_for(role)
    stream = frame(TEXT, b"last", key) + frame(PING, b"?", key) + frame(TEXT, b"\xff", key)
    message, ping, failed = end.receive(stream)
    assert (message, ping) == ("last", Pinged(b"?"))
    assert isinstance(failed, Failed)
    peer = open_end(role.peer)
    assert peer.receive(end.to_send(with_close=False)) == [Ponged(b"?")]
    assert peer.receive(end.send("heard")) == ["heard"]
    # A caller that knows nothing of the fault and closes tells it all the same (§7.1.7).
    assert peer.receive(end.close(1000, "bye")) == [Closed(1007, failed.error.reason)]
    assert end.to_send() == b""
    with pytest.raises(ConnectionClosed, match="1007"):
        end.send("too late")
