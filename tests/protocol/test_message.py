"""A message while it arrives: fragments, limits, and UTF-8 that may be cut anywhere."""

import tracemalloc

import pytest

from wslab.protocol.errors import ProtocolError
from wslab.protocol.message import Message
from wslab.protocol.rfc import Opcode

TEXT = "κόσμε, 世界, 🙂"


def message_of(opcode: Opcode, *pieces: bytes) -> str | bytes:
    """A message from its pieces."""
    message = Message(opcode)
    for number, piece in enumerate(pieces, 1):
        message.add(piece, last=number == len(pieces))
    return message.finish()


def test_text_and_binary() -> None:
    assert message_of(Opcode.TEXT) == ""
    assert message_of(Opcode.BINARY) == b""
    assert message_of(Opcode.TEXT, b"Hel", b"lo") == "Hello"
    assert message_of(Opcode.BINARY, b"\xff", b"", b"\xfe") == b"\xff\xfe"


def test_text_may_be_cut_inside_a_code_point() -> None:
    data = TEXT.encode()
    for place in range(len(data) + 1):
        assert message_of(Opcode.TEXT, data[:place], data[place:]) == TEXT
    assert message_of(Opcode.TEXT, *(bytes([byte]) for byte in data)) == TEXT


@pytest.mark.parametrize(
    "bad",
    [
        b"\xff",  # a byte that never occurs
        b"\x80",  # a continuation without a beginning
        b"\xc0\xaf",  # overlong
        b"\xed\xa0\x80",  # a surrogate
        b"\xf4\x90\x80\x80",  # beyond U+10FFFF
        b"\xe2\x82",  # the end is missing
    ],
)
def test_text_that_is_not_utf8(bad: bytes) -> None:
    for pieces in ([bad], [b"ok", bad], [bad[:1], bad[1:]], [b"", bad, b""]):
        with pytest.raises(ProtocolError) as caught:
            message_of(Opcode.TEXT, *pieces)
        assert (caught.value.code, caught.value.section) == (1007, "8.1")


def test_a_fault_is_seen_as_soon_as_it_arrives() -> None:
    message = Message(Opcode.TEXT)
    message.add(b"fine \xf0\x9f", last=False)
    with pytest.raises(ProtocolError, match="not UTF-8"):
        message.add(b"\xff and more to come", last=False)


@pytest.mark.parametrize(
    ("lengths", "refused"),
    [([10], False), ([11], True), ([5, 5], False), ([5, 5, 0], False), ([5, 6], True),
     ([0, 0, 0], False), ([0, 0, 0, 0], True), ([2**63 - 1], True)],
)  # fmt: skip
def test_limits_are_checked_on_what_is_announced(lengths: list[int], refused: bool) -> None:
    message = Message(Opcode.BINARY)
    for length in lengths[:-1]:
        message.announce(length, max_message=10, max_fragments=3)
    if refused:
        with pytest.raises(ProtocolError) as caught:
            message.announce(lengths[-1], max_message=10, max_fragments=3)
        assert (caught.value.code, caught.value.section) == (1009, "10.4")
    else:
        message.announce(lengths[-1], max_message=10, max_fragments=3)


def test_thousands_of_tiny_pieces_weigh_what_they_carry() -> None:
    message = Message(Opcode.BINARY)
    tracemalloc.start()
    try:
        for number in range(20_000):
            message.add(number.to_bytes(2, "big"), last=False)
        weight, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # An object for each piece would make it a million bytes; joined now and then it is near 40,000.
    assert weight < 120_000
    assert len(message.finish()) == 40_000
