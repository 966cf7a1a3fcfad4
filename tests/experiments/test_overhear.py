"""The eavesdropper's reader: all that it needs is the stream."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wslab.experiments.overhear import frames, handshake_value, messages
from wslab.protocol.connection import Connection
from wslab.protocol.rfc import Role

REQUEST = b"GET /chat HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
ANSWER = b"HTTP/1.1 101 Yes\r\nsec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"


def test_the_examples_of_the_rfc() -> None:
    """§5.7: unmasked, masked, fragmented, a Ping, 256 bytes, 64 KiB."""
    hello = bytes.fromhex("810548656c6c6f")
    masked = bytes.fromhex("818537fa213d7f9f4d5158")
    fragments = bytes.fromhex("010348656c 80026c6f")
    ping = bytes.fromhex("890548656c6c6f")
    binary = bytes.fromhex("827e0100") + bytes(256) + bytes.fromhex("827f0000000000010000")
    assert messages(REQUEST + hello + masked) == ("Hello", "Hello")
    assert messages(ANSWER + fragments[:5] + ping + fragments[5:]) == ("Hello",)
    assert messages(ANSWER + binary + bytes(65536)) == (bytes(256), bytes(65536))
    assert [frame.opcode for frame in frames(fragments + ping)] == [1, 0, 9]


texts = st.lists(st.text(max_size=300) | st.binary(max_size=300), max_size=5)


@given(texts)
def test_what_a_client_masks_is_read_with_no_key_but_the_one_in_the_frame(
    said: list[str | bytes],
) -> None:
    client = Connection(Role.CLIENT, opened=True)
    assert messages(REQUEST + b"".join(map(client.send, said))) == tuple(said)


def test_what_has_not_crossed_whole_is_left_out() -> None:
    stream = REQUEST + Connection(Role.CLIENT, opened=True).send("x" * 200)
    assert messages(stream) == ("x" * 200,)
    for size in range(len(stream)):
        assert messages(stream[:size]) == ()


def test_no_opening_handshake_no_messages() -> None:
    hello = bytes.fromhex("810548656c6c6f")
    for head in (
        b"",
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\x16\x03\x01GET / HTTP/1.1\r\n\r\n",
    ):
        assert messages(head + hello) == ()


def test_the_values_of_the_handshake() -> None:
    assert handshake_value(REQUEST) == "dGhlIHNhbXBsZSBub25jZQ=="
    assert handshake_value(ANSWER) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert handshake_value(b"GET / HTTP/1.1\r\n\r\nSec-WebSocket-Key: behind\r\n") == ""
