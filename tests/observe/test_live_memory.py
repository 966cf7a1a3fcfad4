"""An observer keeps nothing of what it explains, however long a conversation goes on."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from tests.observe.test_deflate import AGREED, HELLO, OFFER, compressed
from tests.protocol.streams import PING, RFC_REQUEST, RFC_RESPONSE, TEXT, frame
from tests.support.peers import masked
from wslab.observe.dissect import Dissector
from wslab.observe.recording import Event, Recording
from wslab.protocol.rfc import Role
from wslab.views.live import Live

C, S = Role.CLIENT, Role.SERVER
Flood = Callable[[Role], Iterator[bytes]]


class Nowhere(io.TextIOBase):
    """A terminal that nobody looks at."""

    def write(self, text: str) -> int:
        return len(text)


def pings(sender: Role) -> Iterator[bytes]:
    """300 KB in 2,000 Pings: each must be answered, but not by an observer."""
    one = masked(PING, bytes(125)) if sender is C else frame(PING, bytes(125))
    for _ in range(20):
        yield one * 100


def fragments(sender: Role) -> Iterator[bytes]:
    """A message of 10 MB that never ends."""
    for number in range(400):
        opcode = 0 if number else TEXT
        data = b"a" * 25_000
        yield masked(opcode, data, fin=False) if sender is C else frame(opcode, data, fin=False)


def one_frame(sender: Role) -> Iterator[bytes]:
    """10 MB of a frame of a terabyte."""
    yield b"\x82" + bytes([127 | 0x80 * (sender is C)]) + (10**12).to_bytes(8, "big")
    for _ in range(400):
        yield bytes(25_000)


def start_line(sender: Role) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: a\r\n" if sender is C else b"HTTP/1.1 200 OK\r\n"


def one_head(sender: Role) -> Iterator[bytes]:
    """10 MB of header fields."""
    yield start_line(sender)
    for number in range(400):
        yield b"X-%d: %s\r\n" % (number, b"a" * 25_000)


def one_line(sender: Role) -> Iterator[bytes]:
    """10 MB of a header field that never ends."""
    yield start_line(sender) + b"X: "
    for _ in range(400):
        yield b"a" * 25_000


def one_chunk(sender: Role) -> Iterator[bytes]:
    """10 MB of a body's chunk of a terabyte."""
    yield start_line(sender) + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"
    for _ in range(400):
        yield bytes(25_000)


HTTP = one_head, one_line, one_chunk


def kept(recording: Recording, data: Iterator[bytes], sender: Role) -> int:
    """How many bytes of memory stay in use after all that has crossed."""
    tracemalloc.start()
    try:
        for piece in data:
            recording.add(sender, piece)
        return tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("flood", [pings, fragments, one_frame, *HTTP])
@pytest.mark.parametrize("sender", Role)
def test_an_observer_does_not_grow(flood: Flood, sender: Role) -> None:
    dissector = Dissector("websocket", opened=flood not in HTTP, max_item=2**20)
    recording = Recording(max_total=0, on_event=dissector.feed)
    # Of a frame or a head that has not ended something is kept, to explain it.
    assert kept(recording, flood(sender), sender) < (60_000 if flood is pings else 2_500_000)


def test_what_a_live_view_keeps_of_one_frame_is_bounded() -> None:
    recording = Live(Nowhere(), "auto").recording()  # type: ignore[arg-type]
    recording.add(C, RFC_REQUEST)
    recording.add(S, RFC_RESPONSE)
    assert kept(recording, one_frame(S), S) < 6_000_000


def test_a_full_recording_stops_growing() -> None:
    recording = Recording(max_total=100_000)
    pieces = (bytes(bytearray(131)) for _ in range(5000))
    assert kept(recording, pieces, C) < 300_000
    assert recording.size(C) == 5000 * 131


def test_a_frame_that_is_too_large_is_explained_as_far_as_it_is_kept() -> None:
    dissector = Dissector("websocket", opened=True, max_item=1000)
    wire = frame(2, bytes(5000)) + frame(TEXT, b"Hello")
    pieces = [wire[at : at + 300] for at in range(0, len(wire), 300)]
    items = [item for data in pieces for item in dissector.feed(Event(0.0, S, data, len(data)))]
    large, gap, hello = items
    kept = large.fields[-1].raw
    assert kept == bytes(896)  # of three pieces, without the 4 bytes of header
    assert "896 of its 5000 bytes" in large.fields[-1].meaning
    assert (gap.kind, gap.fields) == ("gap", ())
    assert f"{5000 - 896} bytes" in gap.summary
    assert (hello.fields[0].start, hello.summary) == (5004, "text 'Hello'")


def test_after_a_compressed_frame_that_is_too_large_nothing_is_inflated() -> None:
    dissector = Dissector("websocket", max_item=1000)
    for role, data in ((C, OFFER), (S, AGREED)):
        dissector.feed(Event(0.0, role, data, len(data)))
    wire = compressed(b"\x00\x05\x00\xfa\xffHello" * 300) + compressed(HELLO)
    pieces = [wire[at : at + 300] for at in range(0, len(wire), 300)]
    items = [item for data in pieces for item in dissector.feed(Event(0.0, S, data, len(data)))]
    assert items[1].kind == "gap"
    assert "cannot be inflated" in items[2].fields[-1].meaning


def test_what_is_left_out_at_the_end_is_said_too() -> None:
    dissector = Dissector("websocket", opened=True, max_item=1000)
    wire = frame(2, bytes(5000))[:-1]
    items = []
    for at in range(0, len(wire), 300):
        data = wire[at : at + 300]
        items += dissector.feed(Event(0.0, S, data, len(data)))
    items += dissector.end()
    assert [item.kind for item in items] == ["frame", "gap"]
    assert f"{4999 - 896} bytes" in items[1].summary


def test_what_comes_after_a_chunk_that_is_too_large_is_explained() -> None:
    dissector = Dissector("websocket", max_item=1000)
    chunk = start_line(S) + b"Transfer-Encoding: chunked\r\n\r\n1388\r\n" + bytes(5000)
    wire = chunk + b"\r\n0\r\n\r\n" + b"HTTP/1.1 204 No Content\r\n\r\n"
    items = []
    for at in range(0, len(wire), 300):
        data = wire[at : at + 300]
        items += dissector.feed(Event(0.0, S, data, len(data)))
    assert [item.kind for item in items] == ["handshake", "other", "gap", "other", "handshake"]
    last = items[-1].fields
    assert last[0].value == "HTTP/1.1 204 No Content"
    assert last[-1].start + len(last[-1].raw) == len(wire)


def test_a_head_that_is_too_large_is_given_up_with_a_reason() -> None:
    dissector = Dissector("websocket", max_item=1000)
    recording = [RFC_REQUEST[:-2], *[b"X: %s\r\n" % (b"a" * 100)] * 20]
    items = [u for data in recording for u in dissector.feed(Event(0.0, C, data, len(data)))]
    assert items[0].kind == "handshake"
    assert {item.kind for item in items[1:]} == {"unparsed"}
    assert "more than 1000 bytes" in items[1].summary
