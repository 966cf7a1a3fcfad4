"""Sections 5 and 6: frames, masking, fragments, control frames, sending and receiving."""

from __future__ import annotations

import inspect
import os

import pytest

import wslab
from tests.rfc.rules import (
    client,
    fails,
    not_for_us,
    our_request,
    rule,
    server,
)
from tests.support.peers import masked
from wslab.protocol.connection import Connection
from wslab.protocol.events import Closed, Pinged, Ponged
from wslab.protocol.frames import encode_frame
from wslab.protocol.rfc import Opcode, Role, State

INTERMEDIARY = "a rule for intermediaries, and wslab is an endpoint"
NO_EXTENSION = "a rule for the authors of extensions, and wslab uses none"

KEY = bytes.fromhex("37fa213d")


def every_frame(end: Connection) -> list[bytes]:
    """One frame of each kind that this end can send, the Pong and the Close last."""
    frames = [end.send("text"), end.send(b"binary"), end.ping(b"ping")]
    frames += [end.send("a" * 200), end.send(b"b" * 70_000), end.send("")]
    end.receive(encode_frame(Opcode.PING, b"pong", KEY if end.role is Role.SERVER else b""))
    return [*frames, end.to_send(), end.close(1000, "bye")]


# ------------------------------------------------------------ 5.1. Overview


@rule("5.1", "a client must mask all frames", MUST=1)
def client_masks() -> None:
    assert all(frame[1] & 0x80 for frame in every_frame(client()))


@rule("5.1", "a server must close on a frame that is not masked", MUST=1)
def server_wants_masks() -> None:
    for opcode in Opcode:
        if opcode is not Opcode.CONTINUATION:
            fails(server(), encode_frame(opcode, b""), 1002, "not masked")
    fails(server(), b"\x81\x05Hello", 1002, "not masked")


@rule("5.1", "a server must not mask", MUST_NOT=1)
def server_does_not_mask() -> None:
    assert not any(frame[1] & 0x80 for frame in every_frame(server()))


@rule("5.1", "a client must close on a masked frame", MUST=1)
def client_wants_no_masks() -> None:
    for opcode in Opcode:
        if opcode is not Opcode.CONTINUATION:
            fails(client(), masked(opcode), 1002, "masked")


# ------------------------------------------------------------ 5.2. Base framing protocol


@rule("5.2", "RSV1, RSV2, RSV3 must be 0 (here, and three times in the ABNF)", MUST=4)
def reserved_bits_are_0() -> None:
    for end in (client(), server()):
        assert all(frame[0] & 0x70 == 0 for frame in every_frame(end))


@rule("5.2", "a reserved bit that no extension defines: fail", MUST=1)
def reserved_bits_are_refused() -> None:
    for number, bit in enumerate((0x40, 0x20, 0x10), 1):
        for opcode in (Opcode.TEXT, Opcode.PING, Opcode.CLOSE):
            data = bytes([0x80 | bit | opcode, 0x80]) + KEY
            fails(server(), data, 1002, f"RSV{number} is set")


@rule("5.2", "an unknown opcode: fail", MUST=1)
def unknown_opcodes_are_refused() -> None:
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        fails(server(), bytes([0x80 | opcode, 0x80]) + KEY, 1002, f"opcode {opcode} is reserved")
        fails(client(), bytes([0x80 | opcode, 0x00]), 1002, f"opcode {opcode} is reserved")


@rule("5.2", "the top bit of a 64-bit length must be 0", MUST=1)
def top_bit_is_0() -> None:
    fails(client(), b"\x82\x7f\x80" + bytes(7), 1002, "top bit")
    fails(client(), b"\x82\x7f" + b"\xff" * 8, 1002, "top bit")


@rule("5.2", "the length must take the fewest bytes", MUST=1)
def shortest_length() -> None:
    sizes = {0: 2, 125: 2, 126: 4, 65535: 4, 65536: 10}
    for size, header in sizes.items():
        assert len(server().send(bytes(size))) == header + size
    for length in (0, 125):
        fails(client(), b"\x82\x7e" + length.to_bytes(2, "big"), 1002, "shortest")
    for length in (0, 126, 65535):
        fails(client(), b"\x82\x7f" + length.to_bytes(8, "big"), 1002, "shortest")


not_for_us("5.2", "specify the extension data's length, negotiate its use", NO_EXTENSION, MUST=2)

# ------------------------------------------------------------ 5.3. Masking


@rule("5.3", "a masked frame must have MASK set to 1", MUST=1)
def mask_bit() -> None:
    connection = Connection(Role.CLIENT, opened=True, random=lambda n: KEY[:n])
    assert connection.send("Hello") == bytes.fromhex("818537fa213d7f9f4d5158")  # §5.7


@rule("5.3", "a fresh masking key for each frame", MUST=1)
def key_is_fresh() -> None:
    keys = iter([b"key1", b"key2", b"key3", b"key4"])
    connection = Connection(Role.CLIENT, opened=True, random=lambda n: next(keys)[:n])
    frames = [connection.send("a"), connection.send_fragments(["a", "b"]), connection.close()]
    assert [key for key in (b"key1", b"key2", b"key3", b"key4") if key in b"".join(frames)] == [
        b"key1",
        b"key2",
        b"key3",
        b"key4",
    ]


@rule("5.3", "keys from strong entropy, of which the next cannot be predicted", MUST=1, MUST_NOT=1)
def key_is_unpredictable() -> None:
    for function in (Connection.__init__, wslab.connect):
        assert inspect.signature(function).parameters["random"].default is os.urandom
    connection = client()
    keys = {connection.send("same")[2:6] for _ in range(100)}
    assert len(keys) == 100


# ------------------------------------------------------------ 5.4. Fragmentation


@rule("5.4", "control frames must not be fragmented", MUST_NOT=1)
def control_frame_is_whole() -> None:
    for opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG):
        fails(server(), masked(opcode, b"", fin=False), 1002, "must not be fragmented")


@rule("5.4", "fragments are delivered in the order they were sent", MUST=1)
def fragments_in_order() -> None:
    parts = [str(number) for number in range(100)]
    assert client().receive(server().send_fragments(parts)) == ["".join(parts)]


@rule("5.4", "fragments of two messages must not be mixed", MUST_NOT=1)
def messages_are_not_mixed() -> None:
    begun = masked(Opcode.TEXT, b"a", fin=False)
    for opcode in (Opcode.TEXT, Opcode.BINARY):
        for fin in (False, True):
            data = begun + masked(opcode, b"b", fin=fin)
            fails(server(), data, 1002, "inside a fragmented one")


@rule("5.4", "handle control frames in the middle of a fragmented message", MUST=1)
def control_frame_between_fragments() -> None:
    connection = client()
    fragments = [b"\x01\x03Hel", b"\x89\x01?", b"\x8a\x00", b"\x80\x02lo"]  # §5.7, and two more
    received = [event for data in fragments for event in connection.receive(data)]
    assert received[0] == Pinged(b"?")
    assert received[-1] == "Hello"
    server_side = server()
    server_side.receive(connection.to_send())
    assert server_side.failure is None


@rule("5.4", "receive fragmented and unfragmented messages", MUST=1)
def both_kinds_are_received() -> None:
    for send, receive in ((client(), server()), (server(), client())):
        data = send.send("Hello") + send.send_fragments(["He", "", "llo"])
        assert receive.receive(data) == ["Hello", "Hello"]


not_for_us("5.4", "do not fragment a control frame", INTERMEDIARY, MUST_NOT=1)
not_for_us(
    "5.4", "leave fragments with unknown reserved bits as they are", INTERMEDIARY, MUST_NOT=1
)
not_for_us(
    "5.4", "leave them when extensions or the handshake are unknown", INTERMEDIARY, MUST_NOT=2
)


@rule("5.4", "all fragments of a message are of one type", MUST=1)
def one_type_a_message() -> None:
    first, second = server().send_fragments([b"\xff", b"\xfe"])[:3], b"\x80\x01\xfe"
    assert first == b"\x02\x01\xff"
    assert client().receive(first + second) == [b"\xff\xfe"]  # not text, so not UTF-8
    with pytest.raises(TypeError):
        server().send_fragments(["text", b"binary"])


# ------------------------------------------------------------ 5.5. Control frames


@rule(
    "5.5", "control frames carry 125 bytes at most, and must not be fragmented", MUST=1, MUST_NOT=1
)
def control_frames_are_short() -> None:
    assert server().receive(masked(Opcode.PING, bytes(125))) == [Pinged(bytes(125))]
    for opcode in (Opcode.CLOSE, Opcode.PING, Opcode.PONG):
        fails(server(), masked(opcode, bytes(126)), 1002, "at most 125 bytes")
        fails(server(), masked(opcode, bytes(1), fin=False), 1002, "fragmented")
    with pytest.raises(ValueError, match="at most 125"):
        client().ping(bytes(126))
    with pytest.raises(ValueError, match="at most 123"):
        client().close(1000, "ä" * 62)


@rule("5.5.1", "a Close's body begins with a code of 2 bytes", MUST=1)
def close_code_has_two_bytes() -> None:
    assert server().close(1001, "bye") == b"\x88\x05\x03\xe9bye"
    fails(server(), masked(Opcode.CLOSE, b"\x03"), 1002, "2 bytes of code")


not_for_us(
    "5.5.1",
    "clients must not show the reason to end users",
    "the reason goes to the program; the command line has developers and learners as its users",
    MUST_NOT=1,
)


@rule("5.5.1", "Close frames of a client must be masked (in lower case)")
def close_is_masked() -> None:
    assert client().close()[1] == 0x82


@rule("5.5.1", "no data after a Close", MUST_NOT=1)
def nothing_after_close() -> None:
    for end in (client(), server()):
        end.close()
        for send in (end.send, lambda text, end=end: end.send_fragments([text])):
            with pytest.raises(wslab.ConnectionClosed):
                send("late")
        assert end.close() == b""


@rule("5.5.1", "a Close must be answered with a Close, as soon as practical", MUST=1, SHOULD=1)
def close_is_answered() -> None:
    for body in (b"", b"\x03\xe8", b"\x0f\xa0reason"):
        connection = server()
        (event,) = connection.receive(masked(Opcode.CLOSE, body))
        assert isinstance(event, Closed)
        assert connection.to_send() == encode_frame(Opcode.CLOSE, body[:2])
    # As soon as practical: also in the middle of a message that is still arriving.
    connection = server()
    connection.receive(masked(Opcode.TEXT, b"a", fin=False) + masked(Opcode.CLOSE))
    assert connection.to_send() == b"\x88\x00"


# That TCP is closed then, by whom and when: see closing.py, over real sockets.


@rule("5.5.2", "a Ping must be answered with a Pong, as soon as practical", MUST=1, SHOULD=1)
def ping_is_answered() -> None:
    connection = server()
    assert connection.receive(masked(Opcode.PING, b"Hello")) == [Pinged(b"Hello")]
    assert connection.to_send() == b"\x8a\x05Hello"  # §5.7
    connection.receive(masked(Opcode.CLOSE) + masked(Opcode.PING))
    assert connection.to_send() == b"\x88\x00"  # no Pong once a Close has come


@rule("5.5.3", "a Pong must have the Ping's application data (in lower case)")
def pong_has_the_same_data() -> None:
    for payload in (b"", b"\x00\xff" * 62, b"Hello"):
        connection = client()
        connection.receive(encode_frame(Opcode.PING, payload))
        assert server_reads(connection.to_send()) == payload


def server_reads(data: bytes) -> bytes:
    (event,) = server().receive(data)
    assert isinstance(event, Ponged)
    return event.payload


@rule("5.6", "a whole text message must be UTF-8; a frame of it may cut a character", MUST=1)
def text_is_utf8() -> None:
    text = "€ 😀 ä"
    data = text.encode()
    single = b"".join(
        masked(Opcode.TEXT if not i else 0, data[i : i + 1], fin=i == len(data) - 1)
        for i in range(len(data))
    )
    assert server().receive(single) == [text]
    fails(server(), masked(Opcode.TEXT, data[:2]), 1007, "not UTF-8")


@rule("5.8", "extensions must be negotiated in the opening handshake (none is)", MUST=1)
def no_extension_without_negotiation() -> None:
    assert our_request().headers.get("Sec-WebSocket-Extensions") is None
    fails(client(), b"\xc1\x00", 1002, "no extension was negotiated")


# ------------------------------------------------------------ 6. Sending and receiving


@rule("6.1", "to send a message: these steps", MUST=1)
def message_goes_through() -> None:
    for message in ("", "Hello", b"", b"\x00", "é" * 40_000, bytes(70_000)):
        assert server().receive(client().send(message)) == [message]


@rule("6.1", "be in state OPEN, and stop when the state changes", MUST=2)
def only_open_sends() -> None:
    ends = [Connection(Role.CLIENT, request=our_request()), client(), client(), server()]
    ends[1].close()
    ends[2].receive(b"\x88\x00")
    ends[2].to_send()
    ends[3].receive_eof()
    assert [end.state for end in ends] == [
        State.CONNECTING,
        State.CLOSING,
        State.CLOSING,
        State.CLOSED,
    ]
    for end in ends:
        with pytest.raises(wslab.ConnectionClosed):
            end.send("no")


@rule("6.1", "encapsulate the data in a frame, or in a series of frames", MUST=1)
def data_is_in_frames() -> None:
    assert server().send("Hello") == b"\x81\x05Hello"  # §5.7
    assert server().send_fragments(["Hel", "lo"]) == b"\x01\x03Hel\x80\x02lo"  # §5.7
    assert server().send(bytes(256)) == b"\x82\x7e\x01\x00" + bytes(256)  # §5.7
    assert server().send(bytes(65536)) == b"\x82\x7f" + (65536).to_bytes(8, "big") + bytes(65536)


@rule("6.1", "the first frame's opcode says text or binary", MUST=1)
def first_opcode_says_the_type() -> None:
    assert [server().send(message)[0] & 0x0F for message in ("a", b"a")] == [1, 2]
    assert [server().send_fragments([part, part])[0] & 0x0F for part in ("a", b"a")] == [1, 2]


@rule("6.1", "the last frame's FIN is 1", MUST=1)
def last_frame_has_fin() -> None:
    frames = server().send_fragments([b"a", b"b", b"c"])
    assert [byte >> 7 for byte in frames[::3]] == [0, 0, 1]
    assert server().send("a")[0] >> 7 == 1


@rule("6.1", "a client's data frames must be masked", MUST=1)
def data_frames_are_masked() -> None:
    frames = client().send_fragments(["a", "b"])
    assert [frames[1], frames[8]] == [0x81, 0x81]
    assert len(frames) == 2 * 7


@rule("6.1", "the frames must be transmitted", MUST=1)
def frames_reach_the_peer() -> None:
    with wslab.ws_echo.serve() as echo, wslab.connect(echo.url) as ws:
        for message in ("text", b"binary", ""):
            ws.send(message)
            assert ws.recv(5) == message
        ws.send_fragments(["a", "b", "c"])
        assert ws.recv(5) == "abc"


@rule("6.2", "incoming data must be parsed as frames", MUST=1)
def data_is_parsed() -> None:
    connection = server()
    data = masked(1, b"Hello") + masked(2, bytes(300))
    received = [e for i in range(len(data)) for e in connection.receive(data[i : i + 1])]
    assert received == ["Hello", bytes(300)]


@rule("6.2", "control frames are handled as such", MUST=1)
def control_frames_are_no_messages() -> None:
    connection = server()
    events = connection.receive(masked(9, b"a") + masked(10) + masked(1, b"text") + masked(8))
    assert [event for event in events if isinstance(event, (str, bytes))] == ["text"]
    assert connection.close_received


@rule("6.2", "note the type; what follows a message is a new one", MUST=2)
def types_are_noted() -> None:
    frames = [masked(1, b"a", fin=False), masked(0, b"b"), masked(2, b"c"), masked(1, b"d")]
    assert server().receive(b"".join(frames)) == ["ab", b"c", "d"]


@rule("6.2", "a server must remove the masking", MUST=1)
def masking_is_removed() -> None:
    assert server().receive(bytes.fromhex("818537fa213d7f9f4d5158")) == ["Hello"]  # §5.7
