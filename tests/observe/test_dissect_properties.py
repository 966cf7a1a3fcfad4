"""Whatever crosses, and in whatever pieces: every byte is covered once, and live is like later."""

import random
from itertools import groupby

from tests.observe.test_dissect import bytes_of
from tests.protocol.streams import KEY, RFC_REQUEST, RFC_RESPONSE, close_frame, cut, frame, need
from wslab.observe.dissect import Dissector, dissect
from wslab.observe.fields import Item
from wslab.observe.recording import Recording
from wslab.protocol.rfc import Role

need("hypothesis")
from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

thorough = settings(deadline=None, max_examples=60, derandomize=True)

texts = st.text(max_size=20).map(str.encode)
payloads = st.one_of(st.binary(max_size=20), texts, st.binary(min_size=126, max_size=300))


@st.composite
def valid_streams(draw: st.DrawFn, role: Role, opened: bool) -> bytes:
    """What one end may send: messages in fragments, control frames between them, a Close."""
    key = KEY if role is Role.CLIENT else b""
    handshake = RFC_REQUEST if role is Role.CLIENT else RFC_RESPONSE
    parts = [b"" if opened else handshake]
    for text in draw(st.lists(st.booleans(), max_size=4)):
        fragments = draw(st.lists(texts if text else payloads, min_size=1, max_size=3))
        for number, fragment in enumerate(fragments):
            opcode = (1 if text else 2) if not number else 0
            parts.append(frame(opcode, fragment, key, fin=number + 1 == len(fragments)))
            if draw(st.booleans()):
                parts.append(frame(draw(st.sampled_from([9, 10])), b"ping", key))
    if draw(st.booleans()):
        parts.append(close_frame(1000, draw(texts), key))
    return b"".join(parts)


@st.composite
def streams(draw: st.DrawFn, role: Role, opened: bool) -> bytes:
    """Valid or not: with bytes changed, left out, added, or nothing but noise."""
    data = bytearray(draw(valid_streams(role, opened)))
    for _ in range(draw(st.integers(0, 3)) if data else 0):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return draw(st.one_of(st.just(bytes(data)), st.binary(max_size=40)))


@st.composite
def recordings(draw: st.DrawFn, faulty: bool, opened: bool) -> Recording:
    """Both directions, in any pieces and any order between them."""
    kind = streams if faulty else valid_streams
    events = []
    for role in draw(st.sampled_from([[Role.CLIENT], [Role.SERVER], list(Role)])):
        data = draw(kind(role, opened))
        if draw(st.booleans()):
            data = data[: draw(st.integers(0, len(data)))]
        pieces = cut(data, draw(st.lists(st.integers(0, len(data)), max_size=8)))
        events.append([(role, piece) for piece in pieces if piece])
    order = [number for number, queue in enumerate(events) for _ in queue]
    random.Random(draw(st.integers(0, 99))).shuffle(order)
    recording = Recording(clock=lambda: 0.0)
    for number in order:
        recording.add(*events[number].pop(0))
    return recording


def whole(recording: Recording) -> Recording:
    """The same bytes with each direction in one piece."""
    glued = Recording(clock=lambda: 0.0)
    for role in Role:
        if data := recording.stream(role):
            glued.add(role, data)
    return glued


def of_one_end(items: list[Item], role: Role) -> list[Item]:
    """The items of one direction; what was passed over piece by piece becomes one item."""
    mine = [item for item in items if item.sender is role]
    merged = []
    for kind, group in groupby(mine, key=lambda item: item.kind):
        same = list(group)
        if kind in ("other", "unparsed"):
            raw = b"".join(item.raw for item in same)
            same = [same[0]._replace(fields=(same[0].fields[0]._replace(raw=raw, value=""),))]
        merged += same
    return merged


@thorough
@given(st.booleans().flatmap(lambda opened: st.tuples(recordings(True, opened), st.just(opened))))
def test_every_byte_is_covered_exactly_once(case: tuple[Recording, bool]) -> None:
    recording, opened = case
    for protocol in ("tcp", "websocket"):
        items = dissect(recording, protocol, opened=opened).items
        for role in Role:
            assert bytes_of(items, role) == recording.stream(role)


@thorough
@given(st.binary(max_size=60) | streams(Role.CLIENT, False) | streams(Role.SERVER, True))
def test_every_byte_without_a_recording(data: bytes) -> None:
    for sender in (None, *Role):
        found = dissect(data, sender=sender)
        assert b"".join(field.raw for field in found.fields) == data
        starts = [field.start for field in found.fields]
        assert starts == sorted(set(starts))


@thorough
@given(st.booleans().flatmap(lambda opened: st.tuples(recordings(True, opened), st.just(opened))))
def test_live_is_like_later(case: tuple[Recording, bool]) -> None:
    recording, opened = case
    dissector = Dissector("websocket", opened=opened)
    live = [item for event in recording for item in dissector.feed(event)]
    assert live + dissector.end() == dissect(recording, "websocket", opened=opened).items


@thorough
@given(st.booleans().flatmap(lambda opened: st.tuples(recordings(False, opened), st.just(opened))))
def test_how_the_stream_was_cut_does_not_matter(case: tuple[Recording, bool]) -> None:
    recording, opened = case
    found = dissect(recording, "websocket", opened=opened).items
    expected = dissect(whole(recording), "websocket", opened=opened).items
    for role in Role:
        assert of_one_end(found, role) == of_one_end(expected, role)


@thorough
@given(st.lists(st.sampled_from(list(Role)), max_size=12), st.data())
def test_frames_of_both_ends_in_one_row(senders: list[Role], data: st.DataObject) -> None:
    parts = []
    for role in senders:
        key = KEY if role is Role.CLIENT else b""
        parts.append(frame(data.draw(st.sampled_from([2, 9, 10])), data.draw(payloads)[:125], key))
    found = dissect(b"".join(parts))
    assert [item.sender for item in found] == senders
    assert [item.raw for item in found] == parts
