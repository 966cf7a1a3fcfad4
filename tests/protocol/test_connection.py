"""One end of a conversation, told as a script: bytes in, events out, bytes to send."""

import pytest

from tests.protocol.streams import (
    BINARY,
    CONTINUATION,
    KEY,
    PING,
    PONG,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    feed,
    frame,
    key_for,
    new_end,
    open_end,
)
from wslab.protocol.connection import Connection
from wslab.protocol.events import Pinged, Ponged
from wslab.protocol.rfc import Role

CLIENT, SERVER = Role.CLIENT, Role.SERVER
both_roles = pytest.mark.parametrize("role", [CLIENT, SERVER])


# ---------------------------------------------------------------- messages


@both_roles
def test_messages(role: Role) -> None:
    key = key_for(role)
    end = open_end(role)
    assert end.receive(frame(TEXT, b"Hello", key)) == ["Hello"]
    assert end.receive(frame(BINARY, b"\xff\x00", key)) == [b"\xff\x00"]
    assert end.receive(frame(TEXT, b"", key)) == [""]
    assert end.receive(frame(BINARY, b"", key)) == [b""]
    assert end.receive(frame(BINARY, bytes(70_000), key)) == [bytes(70_000)]
    assert end.to_send() == b""


@both_roles
def test_fragments_with_control_frames_between_them(role: Role) -> None:
    key = key_for(role)
    end = open_end(role)
    assert end.receive(frame(TEXT, b"H\xc3", key, fin=False)) == []
    assert end.receive(frame(PING, b"?", key)) == [Pinged(b"?")]
    assert end.receive(frame(CONTINUATION, b"", key, fin=False)) == []
    assert end.receive(frame(PONG, b"!", key)) == [Ponged(b"!")]
    assert end.receive(frame(CONTINUATION, b"\xa4", key)) == ["Hä"]
    assert end.receive(frame(BINARY, b"", key, fin=False)) == []
    assert end.receive(frame(CONTINUATION, b"", key)) == [b""]


def test_the_fragmented_message_of_the_rfc() -> None:
    assert open_end(CLIENT).receive(bytes.fromhex("010348656c 80026c6f")) == ["Hello"]


def test_a_frame_in_pieces_is_unmasked_as_one() -> None:
    data = bytes(range(256)) * 5
    server = open_end(SERVER)
    wire = frame(BINARY, data, KEY)
    events, _ = feed(server, (wire[start : start + 7] for start in range(0, len(wire), 7)))
    assert events == [data]


def test_sending() -> None:
    server = open_end(SERVER)
    assert server.send("Hellö") == frame(TEXT, "Hellö".encode())
    assert server.send(b"\xff") == frame(BINARY, b"\xff")
    for like_bytes in (bytearray(b"\xff"), memoryview(b"\xff")):
        assert server.send(like_bytes) == frame(BINARY, b"\xff")  # type: ignore[arg-type]
    assert server.send_fragments(["Hel", "lo"]) == (
        frame(TEXT, b"Hel", fin=False) + frame(CONTINUATION, b"lo")
    )
    assert server.send_fragments([b"a"]) == frame(BINARY, b"a")
    assert server.ping(b"?") == frame(PING, b"?")
    assert server.ping() == frame(PING)


def test_a_client_takes_a_fresh_key_for_every_frame() -> None:
    client = open_end(CLIENT)  # its "random" keys are 1, 2, 3, …
    keys = [number.to_bytes(4, "big") for number in range(1, 6)]
    assert client.send("a") == frame(TEXT, b"a", keys[0])
    assert client.send_fragments([b"b", b"c"]) == (
        frame(BINARY, b"b", keys[1], fin=False) + frame(CONTINUATION, b"c", keys[2])
    )
    assert client.ping(b"d") == frame(PING, b"d", keys[3])
    assert client.close() == close_frame(1000, key=keys[4])


def test_keys_cannot_be_foretold() -> None:
    client = Connection(CLIENT, opened=True)
    keys = {client.send("")[2:6] for _ in range(100)}
    assert len(keys) == 100


@pytest.mark.parametrize("wrong", [5, None, ["text"], 1.5])
def test_what_is_no_message(wrong: object) -> None:
    with pytest.raises(TypeError, match="a message is str or bytes, not"):
        open_end(SERVER).send(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [[], ["a", b"b"], [b"a", "b"]])
def test_what_are_no_fragments(wrong: list[str | bytes]) -> None:
    with pytest.raises(TypeError, match="all str or all bytes, at least one"):
        open_end(SERVER).send_fragments(wrong)


def test_a_ping_has_at_most_125_bytes() -> None:
    server = open_end(SERVER)
    assert len(server.ping(bytes(125))) == 127
    with pytest.raises(ValueError, match="at most 125 bytes, not 126"):
        server.ping(bytes(126))


# ---------------------------------------------------------------- ping and pong


@both_roles
def test_a_ping_is_answered_with_the_same_payload(role: Role) -> None:
    end = open_end(role)
    key = (1).to_bytes(4, "big") if role is CLIENT else b""
    for payload in (b"", b"Hello", bytes(125)):
        assert end.receive(frame(PING, payload, key_for(role))) == [Pinged(payload)]
        assert end.has_to_send
        assert end.to_send() == frame(PONG, payload, key)
        assert not end.has_to_send
        key = key and (int.from_bytes(key, "big") + 1).to_bytes(4, "big")


def test_a_pong_that_nobody_asked_for_is_no_fault() -> None:
    server = open_end(SERVER)
    assert server.receive(frame(PONG, b"hi", KEY)) == [Ponged(b"hi")]
    assert not server.has_to_send


def test_the_ping_of_the_rfc() -> None:
    client = Connection(CLIENT, opened=True, random=lambda _: KEY)
    assert client.receive(bytes.fromhex("890548656c6c6f")) == [Pinged(b"Hello")]
    assert client.to_send() == bytes.fromhex("8a8537fa213d7f9f4d5158")


def test_a_ping_is_answered_after_our_close_until_theirs() -> None:
    """§5.5.2: a Pong is due "unless it already received a Close frame"; ours changes nothing."""
    server = open_end(SERVER)
    server.close()
    assert server.receive(frame(PING, b"1", KEY)) == [Pinged(b"1")]
    assert server.to_send() == frame(PONG, b"1")
    events, sent = feed(server, [frame(PING, b"2", KEY) + close_frame(1000, key=KEY)])
    assert events == [("Pinged", b"2"), ("Closed", 1000, "")]
    assert sent == frame(PONG, b"2")
    assert server.receive(frame(PING, b"3", KEY)) == []
    assert server.to_send() == b""


# ---------------------------------------------------------------- between messages


@both_roles
def test_between_messages(role: Role) -> None:
    """A peer that is silent here owes us nothing; elsewhere it does."""
    key = key_for(role)
    end = new_end(role)
    assert not end.between_messages
    end.receive(RFC_REQUEST if role is SERVER else RFC_RESPONSE)
    assert end.between_messages
    hello = frame(TEXT, b"Hello", key)
    for place in range(1, len(hello)):
        assert not end.between_messages or place == 1
        end.receive(hello[place - 1 : place])
    end.receive(hello[-1:])
    assert end.between_messages
    end.receive(frame(TEXT, b"Hel", key, fin=False))
    assert not end.between_messages
    end.receive(frame(PING, b"", key))
    assert not end.between_messages
    end.receive(frame(CONTINUATION, b"lo", key))
    assert end.between_messages
    end.receive(close_frame(1000, key=key))
    assert not end.between_messages


def test_what_is_read_next() -> None:
    server = new_end(SERVER)
    labels = []
    for piece in (b"", RFC_REQUEST[:20], RFC_REQUEST[20:], b"\x81\x85", KEY, KEY, b"\xff"):
        server.receive(piece)
        labels.append(server.want[0].label if server.want else None)
    assert labels == [
        "request line", "header field", "frame header", "masking key", "payload", "payload", None,
    ]  # fmt: skip
