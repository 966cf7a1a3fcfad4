"""What the fields say: values, meanings, sections of the RFC, and bits."""

import pytest

from tests.protocol.streams import (
    BINARY,
    CLOSE,
    CONTINUATION,
    KEY,
    PING,
    RFC_REQUEST,
    RFC_RESPONSE,
    TEXT,
    close_frame,
    frame,
)
from wslab.observe.dissect import dissect
from wslab.observe.fields import Field, show
from wslab.observe.meaning import opcode_name
from wslab.protocol.rfc import CLOSE_CODES, Role


def fields(data: bytes, sender: Role | None = None) -> dict[str, Field]:
    return {field.label: field for field in dissect(data, sender=sender).fields}


def summary(data: bytes) -> str:
    return dissect(data).items[0].summary


# ---------------------------------------------------------------- the header, bit by bit


@pytest.mark.parametrize("first", [0x81, 0x02, 0xF3, 0x8A, 0x00])
@pytest.mark.parametrize("second", [0x00, 0x85, 0x7E, 0xFF])
def test_the_bits_of_a_header_are_those_of_the_header(first: int, second: int) -> None:
    header = dissect(bytes([first, second]), sender=Role.CLIENT).fields[0]
    assert header.label == "frame header"
    assert header.value == f"{first:08b} {second:08b}"
    assert [bits.label for bits in header.bits] == [
        "FIN", "RSV1", "RSV2", "RSV3", "opcode", "MASK", "length",
    ]  # fmt: skip
    number, end = first << 8 | second, 0
    for bits in header.bits:
        assert bits.offset == end, "side by side, from the first bit on"
        end += bits.size
        assert bits.value == number >> 16 - end & (1 << bits.size) - 1
        assert bits.meaning
    assert end == 16


def test_what_the_bits_mean() -> None:
    def meaning(first: int, second: int, label: str) -> str:
        bits = dissect(bytes([first, second]), sender=Role.SERVER).fields[0].bits
        return next(each.meaning for each in bits if each.label == label)

    assert meaning(0x81, 0, "FIN") == "the last frame of its message"
    assert meaning(0x01, 0, "FIN") == "more frames of this message follow"
    assert meaning(0x81, 0, "RSV2") == "no extension"
    assert meaning(0xA1, 0, "RSV2") == "needs an extension that was agreed on"
    assert meaning(0x81, 0, "MASK") == "not masked: only a server may"
    assert meaning(0x81, 0x80, "MASK") == "masked: only a client may"
    assert meaning(0x81, 125, "length") == "bytes of payload"
    assert meaning(0x81, 126, "length") == "the length follows in 2 bytes"
    assert meaning(0x81, 127, "length") == "the length follows in 8 bytes"
    assert meaning(0x8B, 0, "opcode") == "reserved"


def test_opcodes_have_names() -> None:
    names = [opcode_name(number) for number in range(16)]
    assert [names[n] for n in (0, 1, 2, 8, 9, 10)] == [
        "continuation", "text", "binary", "close", "ping", "pong",
    ]  # fmt: skip
    assert names.count("reserved") == 10


# ---------------------------------------------------------------- the rest of a frame


def test_lengths_and_keys() -> None:
    found = fields(frame(BINARY, bytes(300), KEY))
    length = found["extended payload length"]
    assert (length.value, length.section) == ("300", "5.2")
    assert length.meaning == "bytes of payload, in 16 bits, big-endian"
    assert (
        fields(frame(BINARY, bytes(70_000)))["extended payload length"].meaning.count("64 bits")
        == 1
    )
    assert found["masking key"].value == "37 fa 21 3d"
    assert found["masking key"].section == "5.3"


@pytest.mark.parametrize("key", [b"", KEY], ids=["server", "client"])
def test_payloads_are_shown_unmasked(key: bytes) -> None:
    undone = ", XOR with the key undone" if key else ""
    for opcode, data, value, meaning in (
        (TEXT, "né".encode(), "'né'", "text in UTF-8"),
        (BINARY, b"Hi", "48 69", "binary data"),
        (PING, b"Hi", "'Hi'", "to come back in the Pong"),
    ):
        payload = fields(frame(opcode, data, key))["payload"]
        assert (payload.value, payload.meaning) == (value, meaning + undone)


@pytest.mark.parametrize("key", [b"", KEY], ids=["server", "client"])
def test_a_close_frame(key: bytes) -> None:
    found = fields(close_frame(1001, b"bye", key))
    undone = ", XOR with the key undone" if key else ""
    assert found["close code"].value == "1001"
    assert found["close code"].meaning == (
        f"going away: a server shuts down, a page is left; in hexadecimal 03 e9{undone}"
    )
    assert found["close reason"].value == "'bye'"
    assert found["close reason"].meaning == f"for whoever reads the logs{undone}"
    assert {found[label].section for label in ("close code", "close reason")} == {"5.5.1"}


@pytest.mark.parametrize("code", [*CLOSE_CODES, 2999, 3000, 4999, 65535])
def test_every_close_code_has_a_meaning(code: int) -> None:
    assert fields(close_frame(code))["close code"].meaning


# ---------------------------------------------------------------- one line for a frame


def test_summaries() -> None:
    assert summary(frame(TEXT, b"Hi", KEY)) == "text 'Hi'"
    assert summary(frame(TEXT, b"", KEY)) == "text, no payload"
    assert summary(frame(TEXT, b"Hi", fin=False)) == "text, not the last of its message 'Hi'"
    assert summary(frame(CONTINUATION, b"")).startswith("continuation, no payload; refused, 1002: ")
    assert summary(frame(CLOSE)) == "close, no payload"
    assert summary(close_frame(1000, b"bye")) == "close 1000 'bye'"


@pytest.mark.parametrize("size", [5, 200, 70_000])
def test_a_payload_that_was_never_read_is_not_called_empty(size: int) -> None:
    data = frame(TEXT, bytes(size), KEY)
    for end in range(2, len(data) - size):
        assert summary(data[:end]) == "text, payload not read"
    assert summary(frame(0x3, b"Hello")).startswith("reserved, payload not read; refused")


# ---------------------------------------------------------------- heads


def test_header_fields_are_explained_whatever_their_case() -> None:
    [host] = [field for field in dissect(RFC_REQUEST).fields if field.label == "Host"]
    assert host.value == "server.example.com"
    shouted = RFC_REQUEST.replace(b"Host:", b"HOST:  ")
    [loud] = [field for field in dissect(shouted).fields if field.label == "HOST"]
    assert (loud.value, loud.meaning) == (host.value, host.meaning)
    unknown = fields(RFC_REQUEST.replace(b"Origin", b"X-Files"))["X-Files"]
    assert unknown.meaning == "not used by WebSocket itself"


def test_a_field_that_the_rfc_says_nothing_of_has_no_section() -> None:
    for name in ("X-Files", "User-Agent", "Content-Length", "Content-Type"):
        added = RFC_REQUEST.replace(b"Origin", name.encode())
        assert fields(added)[name].section == ""
    assert fields(RFC_REQUEST)["Connection"].section == "4.1"


@pytest.mark.parametrize("value", ["Upgrade", "keep-alive, upgrade", "keep-alive", "close"])
def test_connection_speaks_of_upgrade_only_where_it_stands(value: str) -> None:
    head = f"GET / HTTP/1.1\r\nHost: a\r\nConnection: {value}\r\n\r\n"
    connection = fields(head.encode())["Connection"]
    assert ("Upgrade" in connection.meaning) is ("upgrade" in value.lower())
    assert (connection.section == "4.1") is ("upgrade" in value.lower())
    assert "this hop, not the whole way" in connection.meaning


def test_the_ends_of_a_head() -> None:
    found = fields(RFC_RESPONSE)
    assert found["status line"].meaning == "agreed: with this head HTTP ends, and WebSocket begins"
    assert (found["blank line"].value, found["blank line"].raw) == ("CR LF", b"\r\n")
    other = fields(b"HTTP/1.1 404 Not Found 101\r\n\r\n")["status line"]
    # What follows on that line is why: without the request it may have been a refusal.
    assert other.meaning.startswith("only 101 opens a WebSocket; this is another answer")


# ---------------------------------------------------------------- data for a reader


def test_show() -> None:
    assert show(b"it's", text=True) == '"it\'s"'
    assert show(b"\x1b[2J\n", text=True) == r"'\x1b[2J\n'", "nothing that acts on a terminal"
    assert show(b"\xc3", text=True) == "c3", "perhaps the rest comes with the next fragment"
    assert show(b"Hi", text=False) == "48 69"
    assert show(b"", text=False) == ""


def test_show_cuts_what_is_long_and_says_so() -> None:
    assert show(b"a" * 60, text=True) == repr("a" * 60)
    assert show(b"a" * 61, text=True) == repr("a" * 50) + "... (61 bytes)"
    assert show("ä".encode() * 61, text=True).endswith("... (122 bytes)")
    assert show(bytes(20), text=False) == bytes(20).hex(" ")
    assert show(bytes(21), text=False) == bytes(16).hex(" ") + " ... (21 bytes)"
