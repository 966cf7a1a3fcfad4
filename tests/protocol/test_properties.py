"""What holds for every stream of bytes: cut anywhere, glued, mutated, broken off.

The parser has two readers of its own (the grammar with its labels, and the shortcut for whole
messages). A connection with ``on_field`` takes only the grammar, so each comparison of the two here
holds the shortcut against it.
"""

from __future__ import annotations

import os

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
    cut,
    feed,
    frame,
    merge,
    need,
    new_end,
    open_end,
    plain,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Closed, Failed, Lost, Opened, Pinged, Ponged, Refused
from wslab.protocol.grammar import FieldType
from wslab.protocol.rfc import Role, State, may_be_sent

need("hypothesis")
from hypothesis import assume, example, given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

EVENTS = (str, bytes, Opened, Refused, Pinged, Ponged, Closed, Failed, Lost)
LIMITS = {"max_message": 2000, "max_fragments": 10, "max_head": 1000}

# The machine of a learner may be slow: time is what pytest-timeout watches, not hypothesis.
EXAMPLES = 150 if os.environ.get("CI") else 50
thorough = settings(deadline=None, max_examples=EXAMPLES, derandomize=True)

texts = st.text(max_size=40) | st.integers(0, 5).map(lambda n: "ä€🙂" * 40 * n)
binaries = st.binary(max_size=40) | st.integers(1, 7).map(lambda n: bytes(range(256)) * n)
roles = st.sampled_from(Role)
cuts = st.lists(st.integers(0, 3000), max_size=12)


@st.composite
def messages(draw: st.DrawFn, key: bytes) -> bytes:
    """The frames of one message, perhaps fragmented, perhaps with control frames in between."""
    opcode = draw(st.sampled_from((TEXT, BINARY)))
    data = draw(texts).encode() if opcode == TEXT else draw(binaries)
    parts = cut(data, draw(st.lists(st.integers(0, len(data)), max_size=3)))
    frames = b""
    for number, part in enumerate(parts, 1):
        frames += frame(opcode, part, key, fin=number == len(parts))
        if draw(st.integers(0, 3)) == 0:
            frames += frame(draw(st.sampled_from((PING, PONG))), draw(st.binary(max_size=125)), key)
        opcode = CONTINUATION
    return frames


@st.composite
def closes(draw: st.DrawFn, key: bytes) -> bytes:
    """A Close that is allowed, with what a peer may still send after it."""
    code = draw(st.none() | st.sampled_from((1000, 1001, 1011, 1014, 3000, 4999)))
    if code is None:
        return frame(CLOSE, b"", key)
    reason = draw(st.text(max_size=30)).encode()
    return close_frame(code, reason, key) + draw(st.binary(max_size=10))


@st.composite
def streams(draw: st.DrawFn, role: Role) -> bytes:
    """All that a well-behaved peer sends to ``role``, from the handshake on."""
    key = draw(st.binary(min_size=4, max_size=4)) if role is Role.SERVER else b""
    handshake = RFC_REQUEST if role is Role.SERVER else RFC_RESPONSE
    frames = draw(st.lists(messages(key), max_size=5))
    return handshake + b"".join(frames) + draw(st.just(b"") | closes(key))


@st.composite
def mutated(draw: st.DrawFn, role: Role) -> bytes:
    """Such a stream, with some bytes changed, left out, put in, doubled, or cut off."""
    data = bytearray(draw(streams(role)))
    head = len(RFC_REQUEST if role is Role.SERVER else RFC_RESPONSE)
    for _ in range(draw(st.integers(1, 3))):
        # Most often behind the handshake, where more can go wrong.
        first = draw(st.sampled_from((0, head)))
        place = draw(st.integers(min(first, len(data)), len(data)))
        size = draw(st.integers(0, 9))
        piece = bytes(data[place : place + size])
        new = draw(st.sampled_from((b"", piece * 2, bytes(size))) | st.binary(max_size=9))
        data[place : place + size] = new
    return bytes(data[: draw(st.just(len(data)) | st.integers(0, len(data)))])


any_case = st.tuples(roles, st.booleans()).flatmap(
    lambda drawn: st.tuples(
        st.just(drawn[0]), mutated(drawn[0]) if drawn[1] else streams(drawn[0]), cuts
    )
)


@thorough
@given(any_case)
def test_pieces_change_nothing(case: tuple[Role, bytes, list[int]]) -> None:
    """All at once, in any pieces, byte by byte: the same events, the same bytes to send."""
    role, data, places = case
    expected = feed(new_end(role, **LIMITS), [data])
    assert feed(new_end(role, **LIMITS), cut(data, places)) == expected
    assert feed(new_end(role, **LIMITS), cut(data, range(len(data)))) == expected


@thorough
@given(any_case)
def test_every_byte_is_shown_once_and_in_order(case: tuple[Role, bytes, list[int]]) -> None:
    role, data, places = case
    shown: list[list[tuple[FieldType, bytes]]] = []
    for pieces in ([data], cut(data, places), cut(data, range(len(data)))):
        fields: list[tuple[FieldType, bytes]] = []
        end = new_end(role, **LIMITS, on_field=lambda *field, to=fields: to.append(field))
        # With and without labels: the grammar and the shortcut read the same.
        assert feed(end, pieces) == feed(new_end(role, **LIMITS), pieces)
        joined = b"".join(piece for _, piece in fields)
        assert data.startswith(joined)
        assert all(piece for _, piece in fields), "an empty field is none"
        # What is not shown follows a fault, or belongs to a field whose end has not come.
        if end.want is not None:
            assert len(joined) + end._reader.held == len(data)
        shown.append(merge(fields))
    # A text that is not UTF-8 ends with the piece in which that is seen: the last payload may be
    # longer in one case than in another. Up to there all is the same.
    assert [field for field, _ in shown[0]] == [field for field, _ in shown[1]]
    assert [field for field, _ in shown[0]] == [field for field, _ in shown[2]]
    assert shown[0][:-1] == shown[1][:-1] == shown[2][:-1]
    if end.failure is None:
        assert shown[0] == shown[1] == shown[2]


@thorough
@given(roles.flatmap(lambda role: st.tuples(st.just(role), streams(role))))
def test_a_well_behaved_peer_meets_no_fault(case: tuple[Role, bytes]) -> None:
    role, data = case
    fields: list[tuple[FieldType, bytes]] = []
    end = new_end(role, on_field=lambda *field: fields.append(field))
    events, _ = feed(end, [data])
    names = {event[0] for event in events if isinstance(event, tuple)}
    assert names <= {"Opened", "Pinged", "Ponged", "Closed"}
    assert b"".join(piece for _, piece in fields) == data


@thorough
@given(any_case)
@example((Role.SERVER, b"", []))
@example((Role.CLIENT, RFC_RESPONSE + b"\x88\x01\x00", []))
def test_nothing_but_events(case: tuple[Role, bytes, list[int]]) -> None:
    """Whatever comes, no exception gets out, and after the end nothing more comes or goes."""
    role, data, places = case
    end = new_end(role, **LIMITS)
    end.to_send()
    for piece in cut(data, places):
        for event in end.receive(piece):
            assert isinstance(event, EVENTS)
            if isinstance(event, (str, bytes)):
                assert len(event) <= LIMITS["max_message"]
    end.to_send()
    over = end.failure is not None or end.close_received or end.state is State.CLOSED
    if over:
        for piece in (data, bytes(100), frame(PING, b"", KEY), b"\r\n\r\n"):
            assert end.receive(piece) == []
            assert not end.has_to_send
    last = end.receive_eof()
    assert [type(event) for event in last] in ([], [Lost], [Refused])
    assert not over or last == []
    assert end.state is State.CLOSED
    end.to_send()
    assert end.receive_eof() == []


@thorough
@given(st.sampled_from((RFC_REQUEST, RFC_RESPONSE)), st.binary(max_size=60), cuts)
def test_any_bytes_at_all(handshake: bytes, noise: bytes, places: list[int]) -> None:
    for role in Role:
        for data in (noise, handshake + noise):
            expected = feed(new_end(role), [data])
            assert feed(new_end(role), cut(data, places)) == expected


# ---------------------------------------------------------------- round trips

sayings = st.one_of(
    texts,
    binaries,
    st.sampled_from((65_535, 65_536)).map(bytes),
    st.lists(st.text(max_size=9), min_size=1, max_size=5),
    st.lists(st.binary(max_size=9), min_size=1, max_size=5),
    st.tuples(st.just("ping"), st.binary(max_size=125)),
)


def say(end: Connection, saying: object) -> tuple[bytes, object]:
    """The bytes of one saying, and what the other end should report."""
    if isinstance(saying, tuple):
        return end.ping(saying[1]), ("Pinged", saying[1])
    if isinstance(saying, list):
        return end.send_fragments(saying), type(saying[0])().join(saying)
    assert isinstance(saying, (str, bytes))
    return end.send(saying), saying


@thorough
@given(roles, st.lists(sayings, max_size=6), cuts)
def test_what_one_end_says_the_other_understands(
    role: Role, all_said: list[object], places: list[int]
) -> None:
    speaker, listener = open_end(role), open_end(role.peer)
    said = [say(speaker, each) for each in all_said]
    stream = b"".join(data for data, _ in said)
    events, answers = feed(listener, cut(stream, places))
    assert events == [report for _, report in said]
    # And the pongs come back to whoever pinged.
    pings = [event[1] for event in events if isinstance(event, tuple)]
    assert feed(speaker, [answers])[0] == [("Ponged", payload) for payload in pings]


@thorough
@given(roles, st.none() | st.integers(0, 70_000), st.text(max_size=50))
def test_a_close_reaches_the_other_end(role: Role, code: int | None, reason: str) -> None:
    assume(code is None or may_be_sent(code))
    reason = "" if code is None else reason.encode()[:123].decode(errors="ignore")
    closer, other = open_end(role), open_end(role.peer)
    events, answer = feed(other, [closer.close(code, reason)])
    assert events == [("Closed", 1005 if code is None else code, reason)]
    # §7.1.5: both ends know the same code afterwards; the reason does not come back.
    assert feed(closer, [answer])[0] == [("Closed", 1005 if code is None else code, "")]
    assert closer.close_code == other.close_code


@thorough
@given(cuts, cuts)
def test_two_ends_of_ours_open(there: list[int], back: list[int]) -> None:
    client, server = new_end(Role.CLIENT), new_end(Role.SERVER)
    events, answer = feed(server, cut(client.to_send(), there))
    assert [event[0] for event in events if isinstance(event, tuple)] == ["Opened"]
    events, nothing = feed(client, cut(answer, back))
    assert [event[0] for event in events if isinstance(event, tuple)] == ["Opened"]
    assert nothing == b""
    assert client.state is server.state is State.OPEN


def test_the_comparison_sees_a_difference() -> None:
    """Without this, all of the above might compare nothing with nothing."""
    good = RFC_REQUEST + frame(TEXT, b"Hello", KEY)
    bad = RFC_REQUEST + frame(TEXT, b"Hellp", KEY)
    assert feed(new_end(Role.SERVER), [good]) != feed(new_end(Role.SERVER), [bad])
    failed = [plain(event) for event in new_end(Role.SERVER).receive(b"\r\n")]
    other = [plain(event) for event in new_end(Role.SERVER).receive(b"\n")]
    assert failed != other
