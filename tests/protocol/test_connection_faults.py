"""The peer breaks a rule: the right close code, the section, and then silence."""

import pytest

from tests.protocol.streams import (
    BINARY,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    TEXT,
    close_frame,
    code_sent,
    feed,
    frame,
    open_end,
    peer_failed,
)
from wslab.protocol.errors import ProtocolError
from wslab.protocol.events import Event, Failed
from wslab.protocol.rfc import Role

CLIENT, SERVER = Role.CLIENT, Role.SERVER


@pytest.mark.parametrize(
    ("wire", "code", "section", "text"),
    [
        (frame(TEXT, b"x"), 1002, "5.1", "the frame is not masked"),
        (b"\xc1", None, "", ""),  # half a header is no fault yet
        (b"\xc1\x80", 1002, "5.2", "RSV1 is set"),
        (frame(3, b"x", KEY), 1002, "5.2", "opcode 3 is reserved"),
        (frame(PING, b"", KEY, fin=False), 1002, "5.5", "must not be fragmented"),
        (frame(PING, bytes(126), KEY), 1002, "5.5", "at most 125 bytes"),
        (frame(CONTINUATION, b"x", KEY), 1002, "5.4", "no message to continue"),
        (frame(TEXT, b"x", KEY, fin=False) + frame(TEXT, b"x", KEY), 1002, "5.4", "inside a"),
        (frame(TEXT, b"x", KEY) + frame(CONTINUATION, b"", KEY), 1002, "5.4", "to continue"),
        (frame(TEXT, b"\xff", KEY), 1007, "8.1", "not UTF-8"),
        (frame(TEXT, b"\xff", KEY, fin=False), 1007, "8.1", "not UTF-8"),
        (frame(TEXT, b"\xffmore to come", KEY)[:-9], 1007, "8.1", "not UTF-8"),
        (frame(TEXT, b"\xc3", KEY), 1007, "8.1", "not UTF-8"),
        (frame(TEXT, b"\xc3", KEY, fin=False) + frame(CONTINUATION, b"", KEY), 1007, "8.1", ""),
        (frame(BINARY, bytes(1001), KEY), 1009, "10.4", "longer than 1000 bytes"),
        (bytes.fromhex("82ff7fffffffffffffff") + KEY, 1009, "10.4", "longer than 1000 bytes"),
        (frame(BINARY, b"", KEY, fin=False) + frame(CONTINUATION, b"", KEY, fin=False) * 3,
         1009, "10.4", "more than 3 fragments"),
    ],
)  # fmt: skip
def test_faults(wire: bytes, code: int | None, section: str, text: str) -> None:
    server = open_end(SERVER, max_message=1000, max_fragments=3)
    events = server.receive(frame(TEXT, b"fine", KEY) + wire)
    if code is None:
        assert events == ["fine"]
        return
    before, failed = events[:-1], events[-1]
    assert before[0] == "fine"
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ProtocolError)
    assert (failed.error.code, failed.error.section) == (code, section)
    assert text in failed.error.reason
    assert f"§{section}" in str(failed.error)
    assert server.failure is failed.error
    assert code_sent(server) == code
    # §7.1.7: "MUST NOT continue to attempt to process data", not even a Close.
    assert server.receive(frame(TEXT, b"more", KEY) + close_frame(1000, key=KEY)) == []
    assert not server.has_to_send


def test_a_server_that_masks() -> None:
    client = open_end(CLIENT)
    [event] = client.receive(frame(TEXT, b"x", KEY))
    assert isinstance(event, Failed)
    assert event.error.section == "5.1"
    assert client.to_send().startswith(b"\x88")


def test_what_was_owed_before_the_fault_is_sent_before_the_close() -> None:
    events, sent = feed(open_end(SERVER), [frame(PING, b"?", KEY) + frame(3, b"", KEY)])
    assert [type(event) for event in events] == [tuple, tuple]
    assert sent.startswith(frame(PONG, b"?") + b"\x88")


def test_a_fault_after_our_close_is_not_answered() -> None:
    server = open_end(SERVER)
    server.close()
    peer_failed(server)
    assert server.to_send() == b""
    assert server.failure is not None


def test_a_connection_that_is_failed_from_outside() -> None:
    """Too slow, for example: only those who have a clock can know."""
    server = open_end(SERVER)
    server.receive(frame(TEXT, b"Hello", KEY)[:4])
    [event] = server.fail(ProtocolError(1008, "too slow", "7.4.1"))
    assert isinstance(event, Failed)
    assert code_sent(server) == 1008
    rest: list[Event] = server.receive(frame(TEXT, b"Hello", KEY)[4:] + frame(PING, b"", KEY))
    assert (rest, server.to_send()) == ([], b"")
