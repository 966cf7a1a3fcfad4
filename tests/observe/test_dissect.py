"""From bytes to labelled fields: every byte once, with the reason of the parser where it stops."""

import pytest

from tests.protocol.streams import (
    BINARY,
    CLOSE,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    frame,
)
from wslab import tcp_echo, ws_echo
from wslab.observe.dissect import Dissection, Dissector, dissect
from wslab.observe.fields import Item
from wslab.observe.recording import Event, Recording
from wslab.protocol.rfc import Role

C, S = Role.CLIENT, Role.SERVER

BAD_REQUEST = RFC_REQUEST.replace(b"Version: 13", b"Version: 8")
REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n"


def record(*said: tuple[Role, bytes]) -> Recording:
    """A recording of these bytes; each pair is an event, a tenth of a second after the last."""
    ticks = iter(range(len(said) + 1))
    recording = Recording(clock=lambda: next(ticks) / 10)
    for sender, data in said:
        recording.add(sender, data)
    return recording


def labels(dissection: Dissection) -> list[str]:
    return [field.label for field in dissection.fields]


def summaries(dissection: Dissection) -> list[str]:
    return [item.summary for item in dissection]


def last_field(data: bytes, sender: Role | None = None) -> tuple[str, str]:
    field = dissect(data, sender=sender).fields[-1]
    return field.label, field.meaning


def bytes_of(items: list[Item], sender: Role) -> bytes:
    """The bytes of one end, after a look whether they stand side by side."""
    fields = [field for item in items if item.sender is sender for field in item.fields]
    position = 0
    for field in fields:
        assert field.start == position
        assert field.raw
        position += len(field.raw)
    return b"".join(field.raw for field in fields)


# ---------------------------------------------------------------- the bytes of the RFC


# §5.7, word for word: the bytes, and what is said there about them.
EXAMPLES = {
    "81 05 48 65 6c 6c 6f": (S, ["text 'Hello'"]),
    "81 85 37 fa 21 3d 7f 9f 4d 51 58": (C, ["text 'Hello'"]),
    "01 03 48 65 6c 80 02 6c 6f": (
        S,
        ["text, not the last of its message 'Hel'", "continuation 'lo'"],
    ),
    "89 05 48 65 6c 6c 6f": (S, ["ping 'Hello'"]),
    "8a 85 37 fa 21 3d 7f 9f 4d 51 58": (C, ["pong 'Hello'"]),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_section_5_7(text: str) -> None:
    sender, expected = EXAMPLES[text]
    found = dissect(bytes.fromhex(text))
    assert summaries(found) == expected
    assert {item.sender for item in found} == {sender}
    assert bytes_of(found.items, sender) == bytes.fromhex(text)


@pytest.mark.parametrize(
    ("size", "header"), [(256, "82 7e 0100"), (65536, "82 7f 0000000000010000")]
)
def test_the_long_examples_of_section_5_7(size: int, header: str) -> None:
    found = dissect(bytes.fromhex(header) + bytes(size))
    assert labels(found) == ["frame header", "extended payload length", "payload"]
    assert [field.start for field in found.fields] == [0, 2, len(bytes.fromhex(header))]
    assert found.fields[1].value == str(size)
    assert len(found.fields[2].raw) == size


def test_the_handshake_of_section_1_3() -> None:
    found = dissect(record((C, RFC_REQUEST), (S, RFC_RESPONSE)))
    assert summaries(found) == ["GET /chat HTTP/1.1", "HTTP/1.1 101 Switching Protocols"]
    assert labels(found) == [
        "request line", "Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Origin",
        "Sec-WebSocket-Protocol", "Sec-WebSocket-Version", "blank line",
        "status line", "Upgrade", "Connection", "Sec-WebSocket-Accept", "blank line",
    ]  # fmt: skip
    assert "refused" not in str(found)
    assert [item.time for item in found] == [0.1, 0.2]


# ---------------------------------------------------------------- whole conversations


def test_a_conversation_that_took_place() -> None:
    recording = Recording()
    with ws_echo.serve() as server, ws_echo.connect(server.url, tap=recording) as ws:
        assert list(ws_echo.say(ws, ["Hello", b"\x00\x01", ""])) == ["Hello", b"\x00\x01", ""]
    found = dissect(recording)
    kinds = [item.kind for item in found]
    assert kinds == ["handshake"] * 2 + ["frame"] * 8
    assert summaries(found)[2::2] == [
        "text 'Hello'",
        "binary 00 01",
        "text, no payload",
        "close 1000",
    ]
    assert summaries(found)[3::2] == summaries(found)[2::2]
    for role in Role:
        assert bytes_of(found.items, role) == recording.stream(role)


def test_over_tcp_bytes_are_bytes() -> None:
    recording = Recording()
    with tcp_echo.serve() as server, tcp_echo.connect(server.url, tap=recording) as sock:
        assert list(tcp_echo.say(sock, [b"Hello", b"\xff\x00"])) == [b"Hello", b"\xff\x00"]
    found = dissect(recording)
    assert {item.kind for item in found} == {"bytes"}
    assert [field.start for field in found.fields] == [0, 0, 5, 5]
    assert [field.value for field in found.fields] == ["'Hello'"] * 2 + ["ff 00"] * 2
    assert bytes_of(found.items, C) == bytes_of(found.items, S) == b"Hello\xff\x00"


def test_a_handshake_that_drips_is_still_a_handshake() -> None:
    drops = [(C, RFC_REQUEST[n : n + 1]) for n in range(len(RFC_REQUEST))]
    found = dissect(record(*drops, (S, RFC_RESPONSE)))
    assert [item.kind for item in found] == ["handshake", "handshake"]
    assert found.items[0].time == 0.1, "an item has the time of its first byte"


def test_a_frame_glued_to_the_handshake() -> None:
    found = dissect(record((C, RFC_REQUEST + frame(TEXT, b"early", KEY)), (S, RFC_RESPONSE)))
    assert summaries(found)[1] == "text 'early'"


def test_control_frames_between_the_fragments_of_a_message() -> None:
    pieces = (
        frame(TEXT, "né".encode()[:2], KEY, fin=False)  # cut inside the é
        + frame(PING, b"there?", KEY)
        + frame(CONTINUATION, "né".encode()[2:], KEY, fin=False)
        + frame(CONTINUATION, b"", KEY)
    )
    found = dissect(pieces)
    assert summaries(found) == [
        "text, not the last of its message 6e c3",
        "ping 'there?'",
        "continuation, not the last of its message a9",
        "continuation, no payload",
    ]


def test_a_fragment_is_shown_as_what_its_message_is() -> None:
    """A continuation does not say whether it is text or binary; the first fragment did."""
    text = frame(TEXT, b"He", fin=False) + frame(CONTINUATION, b"llo")
    binary = frame(BINARY, b"He", fin=False) + frame(CONTINUATION, b"llo")
    assert dissect(text).fields[-1].value == "'llo'"
    assert dissect(binary).fields[-1].value == "6c 6c 6f"


def test_a_close_with_a_reason_and_bytes_after_it() -> None:
    data = close_frame(1001, "tschüß".encode(), KEY) + frame(TEXT, b"ignored", KEY)
    found = dissect(data, sender=C)
    assert summaries(found) == ["close 1001 'tschüß'", "after the Close frame"]
    assert labels(found)[2:] == ["close code", "close reason", "after the Close frame"]
    assert bytes_of(found.items, C) == data


def test_a_refusal_with_a_body_in_two_pieces() -> None:
    found = dissect(record((C, RFC_REQUEST), (S, REFUSAL + b"hello"), (S, b"world")))
    assert labels(found)[-2:] == ["HTTP body", "HTTP body"]
    assert [item.kind for item in found] == ["handshake", "handshake", "other", "other"]
    assert "refused, the server answered 403 Forbidden instead of 101" in found.items[1].summary
    assert bytes_of(found.items, S) == REFUSAL + b"helloworld"


PAGE_REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@pytest.mark.parametrize("request_", [PAGE_REQUEST, PAGE_REQUEST.replace(b"GET", b"POST")])
def test_who_asks_for_a_page_is_not_refused(request_: bytes) -> None:
    found = dissect(record((C, request_), (S, PAGE + b"Hi")))
    asked = request_.partition(b"\r")[0].decode()
    assert summaries(found) == [
        f"{asked}; no WebSocket asked for",
        "HTTP/1.1 200 OK",
        "HTTP body",
    ]
    assert "refused" not in str(found)
    assert "426" not in str(found)
    assert summaries(dissect(request_ + PAGE + b"Hi")) == summaries(found), "in one piece"


def test_after_a_request_for_a_page_another_may_come() -> None:
    found = dissect(record((C, PAGE_REQUEST), (S, PAGE + b"Hi"), (C, PAGE_REQUEST), (S, PAGE)))
    assert summaries(found)[3:] == [
        "GET / HTTP/1.1; no WebSocket asked for",
        "HTTP/1.1 200 OK",
    ]


def test_an_answer_to_a_page_request_that_is_no_http() -> None:
    found = dissect(record((C, PAGE_REQUEST), (S, b"220 mail.example\r\n\r\n")))
    assert "which is not HTTP" in str(found.items[1].fields[-1].meaning)


def test_an_answer_that_does_not_fit_the_request() -> None:
    wrong = RFC_RESPONSE.replace(b"s3pPLM", b"xxxxxx")
    found = dissect(record((C, RFC_REQUEST), (S, wrong + frame(TEXT, b"Hi"))))
    assert "does not fit our key" in found.items[1].summary
    [fault] = [field for field in found.fields if "does not fit our key" in field.meaning]
    assert fault.label == "Sec-WebSocket-Accept"
    assert summaries(found)[-1] == "text 'Hi'", "a 101 has no body"
    alone = dissect(wrong)
    assert "refused" not in str(alone), "without the request nobody can tell"


@pytest.mark.parametrize("role", Role)
def test_one_direction_alone(role: Role) -> None:
    handshake = RFC_REQUEST if role is C else RFC_RESPONSE
    key = KEY if role is C else b""
    found = dissect(record((role, handshake), (role, frame(TEXT, b"Hi", key))))
    assert [item.kind for item in found] == ["handshake", "frame"]
    assert bytes_of(found.items, role) == handshake + frame(TEXT, b"Hi", key)


# ---------------------------------------------------------------- where the parser stops


REFUSED = {
    "RSV": (C, frame(TEXT | 0x40, b"", KEY), "RSV1 is set"),
    "opcode": (C, frame(0x3, b"", KEY), "opcode 3 is reserved"),
    "a client without a mask": (C, frame(TEXT, b"Hello"), "a client masks every frame"),
    "a server with a mask": (S, frame(TEXT, b"Hello", KEY), "a server masks no frame"),
    "code 1005": (S, close_frame(1005), "must not stand on the wire"),
    "no UTF-8": (S, frame(TEXT, b"\xff\xfe"), "1007: the text is not UTF-8"),
    "nothing to continue": (S, frame(CONTINUATION, b"Hi"), "no message to continue"),
    "a fragmented ping": (S, frame(PING, b"", fin=False), "must not be fragmented"),
    "a large ping": (S, frame(PING, bytes(126)), "at most 125 bytes"),
    "a long length": (S, bytes.fromhex("81 7e 0005 48656c6c6f"), "not in its shortest form"),
    "old version": (C, BAD_REQUEST, "426: Sec-WebSocket-Version must be 13"),
    "no request": (C, b"GET / HTTP/1.1\nHost: a\n\n", "400: a line ends with LF alone"),
    "no response": (S, b"HTTP/1.1 101\r\nUpgrade: h2c\r\n\r\n", "lacks Upgrade: websocket"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_even_if_no_byte_is_left(name: str) -> None:
    sender, data, why = REFUSED[name]
    found = dissect(data, sender=sender)
    refused = next(item for item in found if "; refused, " in item.summary)
    assert why in refused.summary
    assert [field for field in refused.fields if why in field.meaning]
    assert bytes_of(found.items, sender) == data


def test_after_a_fault_nothing_more_is_read() -> None:
    rest = frame(TEXT, b"fine", KEY)
    recording = record((C, frame(0x7, b"", KEY) + rest), (C, rest))
    found = dissect(recording, opened=True)
    assert [item.kind for item in found] == ["frame", "unparsed", "unparsed"]
    assert found.items[0].summary == (
        "reserved, no payload; refused, 1002: opcode 7 is reserved (RFC 6455 §5.2)"
    )
    for item in found.items[1:]:
        assert item.summary == "unparsed: 1002: opcode 7 is reserved (RFC 6455 §5.2)"
        assert item.fields[0].label == "unparsed"
    assert bytes_of(found.items, C) == recording.stream(C)


BROKEN_OFF = {
    "in the header": (frame(TEXT, b"Hello")[:1], "frame header (RFC 6455 §5.2)"),
    "in the length": (frame(TEXT, bytes(200))[:3], "extended payload length (RFC 6455 §5.2)"),
    "in the key": (frame(TEXT, b"Hello", KEY)[:4], "masking key (RFC 6455 §5.3)"),
    "in a ping": (frame(PING, b"Hello")[:4], "payload (RFC 6455 §5.2)"),
    "in the code": (close_frame(1000)[:3], "close code (RFC 6455 §5.5.1)"),
    "in a line": (RFC_REQUEST[:30], "header field (RFC 6455 §4.1)"),
    "in the first line": (b"GET /ch", "request line (RFC 6455 §4.1)"),
}


@pytest.mark.parametrize("name", BROKEN_OFF)
def test_a_stream_that_breaks_off(name: str) -> None:
    data, inside = BROKEN_OFF[name]
    assert last_field(data) == ("unparsed", f"the stream breaks off inside: {inside}")


def test_a_payload_that_breaks_off() -> None:
    """As much as was read is a payload; it says how much is missing."""
    label, meaning = last_field(frame(TEXT, b"Hello, world", KEY)[:-5])
    assert label == "payload"
    assert "only 7 of its 12 bytes were read" in meaning
    assert dissect(frame(TEXT, b"Hello")[:2]).items[0].summary == "text, payload not read"


def test_the_end_of_a_stream_shows_what_it_broke_off() -> None:
    dissector = Dissector("websocket", opened=True)
    start = frame(TEXT, b"Hello")[:4]
    assert dissector.feed(Event(0.0, S, start, len(start))) == []
    [item] = dissector.feed(Event(0.5, S, b"", 0))
    assert item.fields[-1].meaning.endswith("only 2 of its 5 bytes were read")
    [late] = dissector.feed(Event(0.6, S, b"llo", 3))
    assert late.summary == "unparsed: comes after the end of the stream"
    assert dissector.end() == []


# ---------------------------------------------------------------- recordings with gaps


def test_a_recording_that_was_cut() -> None:
    recording = Recording(clock=lambda: 0.0)
    recording.events = [
        Event(0.0, C, frame(TEXT, b"Hello", KEY)[:4], 11),
        Event(0.0, S, frame(PONG), 2),
        Event(0.0, C, frame(PING, b"", KEY)[:4], 4),
    ]
    found = dissect(recording, opened=True)
    assert [(item.sender, item.kind) for item in found] == [
        (C, "frame"), (C, "unparsed"), (C, "gap"), (S, "frame"), (C, "unparsed"),
    ]  # fmt: skip
    assert found.items[1].summary == "unparsed: bytes are missing: the recording was cut"
    assert found.items[2].summary == "7 bytes crossed here and were not kept"
    assert found.items[2].fields == ()
    assert [field.start for field in found.fields if field.label == "unparsed"] == [2, 11]
    assert "not kept" in str(found)


def test_a_recording_that_is_full() -> None:
    recording = Recording(max_total=200, clock=lambda: 0.0)
    for _ in range(9):
        recording.add(S, frame(BINARY, bytes(40)))
    found = dissect(recording, opened=True)
    kept = sum(len(event.data) for event in recording)
    assert 0 < kept == sum(len(item.raw) for item in found) <= 200
    assert "gap" in [item.kind for item in found]


def test_a_gap_over_tcp() -> None:
    recording = Recording(clock=lambda: 0.0)
    recording.events = [Event(0.0, C, b"He", 5), Event(0.0, C, b"!", 1)]
    found = dissect(recording, "tcp")
    assert summaries(found) == ["'He'", "3 bytes crossed here and were not kept", "'!'"]
    assert [field.start for field in found.fields] == [0, 5], (
        "the place in the stream, not the file"
    )


# ---------------------------------------------------------------- bytes without a recording


def test_both_directions_in_one_piece() -> None:
    """The Ping of §5.7 and its Pong: the MASK bit says who speaks."""
    data = bytes.fromhex("89 05 48656c6c6f 8a 85 37fa213d 7f9f4d5158")
    found = dissect(data)
    assert [(item.sender, item.summary) for item in found] == [
        (S, "ping 'Hello'"),
        (C, "pong 'Hello'"),
    ]
    starts = [field.start for field in found.fields]
    assert starts == [0, 2, 7, 9, 13]
    assert b"".join(field.raw for field in found.fields) == data


def test_a_whole_conversation_in_one_piece() -> None:
    data = (
        RFC_REQUEST + RFC_RESPONSE
        + frame(TEXT, b"on", KEY, fin=False) + frame(PING) + frame(CONTINUATION, b"e", KEY)
        + frame(PONG, b"", KEY) + frame(TEXT, b"one")
        + close_frame(1000, b"", KEY) + close_frame(1000)
    )  # fmt: skip
    found = dissect(data)
    assert [item.sender for item in found] == [C, S, C, S, C, C, S, C, S]
    assert {item.kind for item in found} == {"handshake", "frame"}
    assert "refused" not in str(found)
    assert b"".join(field.raw for field in found.fields) == data


def test_in_one_piece_a_body_and_what_follows_a_close_have_no_end() -> None:
    body = dissect(RFC_REQUEST + REFUSAL + b"0123456789")
    assert [item.kind for item in body] == ["handshake", "handshake", "other"]
    after = dissect(close_frame(1000) + frame(CLOSE, b"", KEY) + frame(PING) + b"!")
    assert [(item.sender, item.kind) for item in after] == [
        (S, "frame"),
        (C, "frame"),
        (S, "other"),
    ]


def test_a_last_byte_alone_belongs_to_who_spoke_before() -> None:
    found = dissect(frame(PING) + frame(PONG, b"", KEY) + b"\x81")
    assert found.items[-1].sender is C
    assert found.items[-1].kind == "unparsed"


def test_who_sent_bytes_can_be_told() -> None:
    assert dissect(frame(TEXT, b"Hi"), sender=C).fields[-1].meaning.startswith("1002: ")
    assert dissect(b"Hello", "tcp").items[0].sender is C
    assert dissect(b"Hello", "tcp", sender=S).items[0].sender is S
    assert dissect(bytearray(b"\x89\x00")).items[0].summary == "ping, no payload"  # type: ignore[arg-type]


def test_text_that_speaks_of_http_is_no_handshake() -> None:
    assert dissect(frame(TEXT, b"What is HTTP/1.1?")).items[0].kind == "frame"


def test_no_bytes_are_no_items() -> None:
    assert len(dissect(b"")) == len(dissect(Recording())) == len(dissect(b"", "tcp")) == 0
    assert str(dissect(b"")) == ""


# ---------------------------------------------------------------- live


def test_live_and_later_give_the_same_items() -> None:
    recording = record(
        (C, RFC_REQUEST[:40]), (C, RFC_REQUEST[40:] + frame(TEXT, b"Hi", KEY)), (S, RFC_RESPONSE),
        (S, frame(TEXT, b"Hi")[:3]), (C, b""), (S, b"i" + frame(PING) + b"\x81"), (S, b""),
    )  # fmt: skip
    dissector = Dissector()
    live = [dissector.feed(event) for event in recording]
    assert [len(items) for items in live] == [0, 2, 1, 0, 0, 2, 1]
    assert [item for items in live for item in items] == dissect(recording).items
    assert dissector.end() == []


def test_live_the_first_bytes_decide_what_it_is() -> None:
    hello = Event(0.0, C, b"Hello", 5)
    end = Event(0.0, S, b"", 0)
    dissector = Dissector()
    assert dissector.feed(end) == []
    assert [item.kind for item in dissector.feed(hello)] == ["bytes"]
    assert [item.kind for item in Dissector(opened=True).feed(hello)] == ["frame", "unparsed"]


def test_a_large_payload_in_small_pieces_is_one_field() -> None:
    data = frame(BINARY, bytes(300_000), KEY)
    recording = record(*((C, data[at : at + 1000]) for at in range(0, len(data), 1000)))
    found = dissect(recording, opened=True)
    assert labels(found) == ["frame header", "extended payload length", "masking key", "payload"]
    assert bytes_of(found.items, C) == data
